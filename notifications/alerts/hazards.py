"""Alert classes and hazards, as Korean emergency messages name them, with what CAP 1.2 calls the same."""

from dataclasses import dataclass
from enum import StrEnum


class AlertClass(StrEnum):
    """How grave: 위급 cannot be muted; 긴급 may be muted; 안전안내 may be muted and keeps quiet hours."""

    EXTREME = "extreme"
    SEVERE = "severe"
    ADVISORY = "advisory"


@dataclass(frozen=True)
class ClassFacts:
    """What follows from a class. `severity`, `urgency`, `certainty` are CAP's words."""

    ko: str
    en: str
    severity: str
    urgency: str
    certainty: str
    rank: int


CLASSES: dict[str, ClassFacts] = {
    AlertClass.EXTREME: ClassFacts("위급", "Extreme", "Extreme", "Immediate", "Observed", 3),
    AlertClass.SEVERE: ClassFacts("긴급", "Severe", "Severe", "Immediate", "Likely", 2),
    AlertClass.ADVISORY: ClassFacts("안전안내", "Advisory", "Moderate", "Expected", "Likely", 1),
}


@dataclass(frozen=True)
class Hazard:
    """A kind of danger; `category` and `response` are CAP's words; `action` is what people are told when in doubt."""

    ko: str
    en: str
    category: str
    response: str
    action_ko: str
    action_en: str


HAZARDS: dict[str, Hazard] = {
    "flood": Hazard(
        "호우·침수",
        "Flooding",
        "Met",
        "Evacuate",
        "하천변과 지하 공간에서 나와 높은 곳으로 대피하세요",
        "Leave riversides and basements for higher ground",
    ),
    "typhoon": Hazard(
        "태풍", "Typhoon", "Met", "Shelter", "실내에 머물고 창문에서 떨어지세요", "Stay indoors, away from windows"
    ),
    "landslide": Hazard(
        "산사태",
        "Landslide",
        "Geo",
        "Evacuate",
        "산과 비탈에서 벗어나 지정 대피소로 이동하세요",
        "Leave slopes and go to your designated shelter",
    ),
    "earthquake": Hazard(
        "지진",
        "Earthquake",
        "Geo",
        "Shelter",
        "탁자 아래로 몸을 보호하고 흔들림이 멈추면 넓은 곳으로 나가세요",
        "Take cover; once shaking stops, go to open ground",
    ),
    "heavy_snow": Hazard(
        "대설", "Heavy snow", "Met", "Avoid", "외출을 줄이고 대중교통을 이용하세요", "Stay home if you can; use public transport"
    ),
    "cold_wave": Hazard(
        "한파",
        "Cold wave",
        "Met",
        "Prepare",
        "따뜻한 실내에 머물고 수도를 보온하세요",
        "Stay warm indoors and protect water pipes",
    ),
    "heat_wave": Hazard(
        "폭염",
        "Heat wave",
        "Met",
        "Avoid",
        "한낮 야외 활동을 멈추고 물을 자주 드세요",
        "Avoid midday outdoors and drink water often",
    ),
    "fine_dust": Hazard(
        "미세먼지", "Fine dust", "Env", "Avoid", "외출을 줄이고 보건용 마스크를 쓰세요", "Stay in if possible; wear a filter mask"
    ),
    "fire": Hazard(
        "화재",
        "Fire",
        "Fire",
        "Evacuate",
        "연기를 피해 낮은 자세로 대피하고 창문을 닫으세요",
        "Keep low, leave the area, close windows",
    ),
    "chemical": Hazard(
        "유해화학물질",
        "Chemical release",
        "CBRNE",
        "Shelter",
        "실내로 들어가 창문을 닫고 바람 부는 쪽을 피하세요",
        "Go indoors, shut windows, keep out of the wind's path",
    ),
    "collapse": Hazard(
        "붕괴·지반침하", "Collapse", "Infra", "Avoid", "현장에 다가가지 말고 돌아가세요", "Keep away and take another way"
    ),
    "outage": Hazard(
        "정전·단수",
        "Power or water outage",
        "Infra",
        "Prepare",
        "승강기를 쓰지 말고 필요한 물을 받아 두세요",
        "Do not use lifts; store the water you need",
    ),
    "transport": Hazard(
        "교통 통제",
        "Traffic closure",
        "Transport",
        "Avoid",
        "우회로나 대중교통을 이용하세요",
        "Take a detour or public transport",
    ),
    "epidemic": Hazard(
        "감염병",
        "Epidemic",
        "Health",
        "Prepare",
        "손을 씻고 증상이 있으면 진료를 받으세요",
        "Wash hands; see a doctor if you feel ill",
    ),
    "air_raid": Hazard(
        "민방공",
        "Civil defence",
        "Security",
        "Shelter",
        "가까운 지하 대피소로 즉시 이동하세요",
        "Go to the nearest underground shelter now",
    ),
    "missing_person": Hazard(
        "실종자 찾기", "Missing person", "Rescue", "Monitor", "보신 분은 112로 알려 주세요", "If seen, call 112"
    ),
    "other": Hazard("기타", "Other", "Other", "Monitor", "안내에 따라 행동하세요", "Follow the instructions of officials"),
}
