"""Moments as the city's people read them. Stored and exchanged times stay UTC."""

from datetime import datetime
from zoneinfo import ZoneInfo

CITY_TIME = ZoneInfo("Asia/Seoul")


def in_words(moment: datetime, *, with_year: bool = False) -> dict[str, str]:
    """Write a moment in the city's time: {"ko": "11월 22일 오후 7시 22분", "en": "22 Nov 19:22"}, for what is kept with its year."""
    local = moment.astimezone(CITY_TIME)
    minutes = f" {local.minute}분" if local.minute else ""
    half = "오전" if local.hour < 12 else "오후"
    return {
        "ko": (f"{local.year}년 " if with_year else "")
        + f"{local.month}월 {local.day}일 {half} {local.hour % 12 or 12}시{minutes}",
        "en": f"{local.day} {local:%b} " + (f"{local.year} " if with_year else "") + f"{local:%H:%M}",
    }
