"""Seoul's 25 districts (자치구) by the first five digits of their administrative standard code (법정동코드)."""

from typing import NamedTuple


class DistrictName(NamedTuple):
    """A district's official name in both languages."""

    ko: str
    en: str


DISTRICTS: dict[str, DistrictName] = {
    "11110": DistrictName("종로구", "Jongno-gu"),
    "11140": DistrictName("중구", "Jung-gu"),
    "11170": DistrictName("용산구", "Yongsan-gu"),
    "11200": DistrictName("성동구", "Seongdong-gu"),
    "11215": DistrictName("광진구", "Gwangjin-gu"),
    "11230": DistrictName("동대문구", "Dongdaemun-gu"),
    "11260": DistrictName("중랑구", "Jungnang-gu"),
    "11290": DistrictName("성북구", "Seongbuk-gu"),
    "11305": DistrictName("강북구", "Gangbuk-gu"),
    "11320": DistrictName("도봉구", "Dobong-gu"),
    "11350": DistrictName("노원구", "Nowon-gu"),
    "11380": DistrictName("은평구", "Eunpyeong-gu"),
    "11410": DistrictName("서대문구", "Seodaemun-gu"),
    "11440": DistrictName("마포구", "Mapo-gu"),
    "11470": DistrictName("양천구", "Yangcheon-gu"),
    "11500": DistrictName("강서구", "Gangseo-gu"),
    "11530": DistrictName("구로구", "Guro-gu"),
    "11545": DistrictName("금천구", "Geumcheon-gu"),
    "11560": DistrictName("영등포구", "Yeongdeungpo-gu"),
    "11590": DistrictName("동작구", "Dongjak-gu"),
    "11620": DistrictName("관악구", "Gwanak-gu"),
    "11650": DistrictName("서초구", "Seocho-gu"),
    "11680": DistrictName("강남구", "Gangnam-gu"),
    "11710": DistrictName("송파구", "Songpa-gu"),
    "11740": DistrictName("강동구", "Gangdong-gu"),
}


def is_district(code: str) -> bool:
    """Tell whether `code` names one of the districts."""
    return code in DISTRICTS


def district_name(code: str, language: str = "ko") -> str:
    """Give the district's name in "ko" or "en"."""
    name = DISTRICTS[code]
    return name.en if language == "en" else name.ko
