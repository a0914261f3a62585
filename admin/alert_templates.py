"""What an alert of each hazard usually says, to begin from: class, how long it lasts, what happened.

What to do comes from the hazards themselves (`notifications.alerts.hazards`).
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Template:
    """The usual beginning of an alert."""

    alert_class: str
    hours: int
    what_ko: str
    what_en: str


TEMPLATES = {
    "flood": Template("severe", 3, "물이 빠르게 불어나고 있습니다", "the water is rising fast"),
    "typhoon": Template("severe", 12, "태풍으로 매우 강한 바람이 불고 있습니다", "a typhoon brings very strong winds"),
    "landslide": Template("severe", 6, "산사태가 일어날 위험이 큽니다", "there is a high risk of landslides"),
    "earthquake": Template(
        "extreme", 3, "지진이 일어났습니다. 여진에 대비해야 합니다", "an earthquake struck; aftershocks may follow"
    ),
    "heavy_snow": Template("advisory", 12, "많은 눈이 내려 길이 미끄럽습니다", "heavy snow makes roads slippery"),
    "cold_wave": Template("advisory", 24, "한파가 이어지고 있습니다", "severe cold continues"),
    "heat_wave": Template("advisory", 12, "폭염이 이어지고 있습니다", "extreme heat continues"),
    "fine_dust": Template("advisory", 12, "미세먼지 농도가 매우 높습니다", "fine dust levels are very high"),
    "fire": Template("severe", 3, "큰불이 나서 연기가 퍼지고 있습니다", "a large fire is spreading smoke"),
    "chemical": Template("extreme", 3, "유해화학물질이 새어 나왔습니다", "hazardous chemicals have leaked"),
    "collapse": Template("severe", 6, "땅이 꺼져 주변이 통제되고 있습니다", "the ground has collapsed and the area is closed"),
    "outage": Template("advisory", 6, "전기 또는 수돗물 공급이 끊겼습니다", "power or water is cut off"),
    "transport": Template("advisory", 6, "도로 통행이 통제되고 있습니다", "roads are closed to traffic"),
    "epidemic": Template("advisory", 24, "감염병이 퍼지고 있습니다", "an infectious disease is spreading"),
    "air_raid": Template("extreme", 3, "공습경보가 발령되었습니다", "an air-raid warning is in force"),
    "missing_person": Template("advisory", 12, "실종자를 찾고 있습니다", "a person is missing"),
    "other": Template("advisory", 6, "", ""),
}
