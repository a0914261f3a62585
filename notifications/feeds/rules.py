"""From a CAP message to an alert: what is used, as which class and hazard, in which words. Pure."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from mvoting.core.districts import is_district
from notifications.alerts import rules as alerts
from notifications.alerts.hazards import CLASSES, HAZARDS, AlertClass
from notifications.alerts.rules import LANGUAGES, Wording, place_name
from notifications.areas.geometry import AreaRefused, Circle, check_area, cut_to_korea
from notifications.cap.message import CapArea, CapCircle, CapInfo, CapMessage

LASTS = timedelta(hours=6)
LABEL_ROOM = 20  # characters kept free for labels of exercise and test

# Words in a message's event or headline that name a hazard, the more special ones first.
HAZARD_WORDS: dict[str, tuple[str, ...]] = {
    "landslide": ("산사태", "landslide", "mudslide"),
    "typhoon": ("태풍", "typhoon", "hurricane"),
    "earthquake": ("지진", "earthquake", "seismic"),
    "heavy_snow": ("대설", "폭설", "snow", "blizzard"),
    "cold_wave": ("한파", "cold", "frost"),
    "heat_wave": ("폭염", "heat"),
    "fine_dust": ("미세먼지", "황사", "dust", "air quality"),
    "flood": ("호우", "홍수", "침수", "범람", "flood", "rain", "thunderstorm"),
    "chemical": ("화학", "가스", "chemical", "gas leak"),
    "fire": ("산불", "화재", "fire"),
    "collapse": ("붕괴", "침하", "싱크홀", "collapse", "sinkhole"),
    "outage": ("정전", "단수", "outage", "blackout"),
    "air_raid": ("공습", "민방공", "air raid", "missile"),
    "missing_person": ("실종", "missing", "abduct", "amber"),
    "epidemic": ("감염", "전염", "epidemic", "outbreak"),
    "transport": ("교통", "통제", "road", "traffic", "rail"),
}
HAZARD_OF_CATEGORY = {
    "Fire": "fire",
    "Health": "epidemic",
    "Transport": "transport",
    "Infra": "outage",
    "CBRNE": "chemical",
    "Rescue": "missing_person",
}


@dataclass(frozen=True)
class Intake:
    """What a message asks for: `alert`, `update`, `withdraw`, or nothing with a reason."""

    act: str
    reason: str = ""


def intake(message: CapMessage, *, now: datetime) -> Intake:
    """Decide what to do with a message that was read."""
    if message.status not in ("Actual", "Exercise"):
        return Intake("nothing", "not-actual")
    if message.scope != "Public":
        return Intake("nothing", "not-public")
    if message.msg_type in ("Ack", "Error"):
        return Intake("nothing", "no-alert")
    if message.msg_type == "Cancel" or (message.infos and all(_is_over(info) for info in message.infos)):
        return Intake("withdraw")
    if not message.infos:
        return Intake("nothing", "no-info")
    if all(info.expires and info.expires <= now for info in message.infos):
        return Intake("nothing", "expired")
    return Intake("update" if message.msg_type == "Update" else "alert")


def _is_over(info: CapInfo) -> bool:
    """Korean practice tells the all-clear by an Alert whose urgency is Past; elsewhere by the response type."""
    return info.urgency == "Past" or "AllClear" in info.response_types


def content_of(message: CapMessage, source_name: str, *, now: datetime) -> dict[str, Any] | None:
    """Give the message as an author would enter it, or None when its area lies outside the city."""
    message = replace(message, infos=_gravest(message, now=now) or message.infos)
    area = area_of(message)
    if area is None:
        return None
    facts = message.infos[0]
    hazard = hazard_of(facts)
    districts = check_area(
        districts=area["districts"], polygons=area["polygons"], circles=[Circle(**c) for c in area["circles"]]
    ).districts
    expires_at = min(max(facts.expires or now + LASTS, now + alerts.EXPIRY_MIN), now + alerts.EXPIRY_MAX)
    return {
        "alert_class": class_of(facts),
        "hazard": hazard,
        "wording": {language: vars(_wording(message, language, hazard, districts, source_name)) for language in LANGUAGES},
        "area": area,
        "expires_at": expires_at,
        "is_exercise": message.status == "Exercise",
        "links": [{"title": {"ko": source_name}, "url": facts.web}] if _is_web(facts.web) else [],
    }


def _gravest(message: CapMessage, *, now: datetime) -> tuple[CapInfo, ...]:
    """Give the parts of a message that are in force and of its gravest class: a lesser part's area must not ring like it."""
    in_force = [info for info in message.infos if not _is_over(info) and not (info.expires and info.expires <= now)]
    gravest = max((CLASSES[class_of(info)].rank for info in in_force), default=0)
    return tuple(info for info in in_force if CLASSES[class_of(info)].rank == gravest)


def class_of(info: CapInfo) -> str:
    """Give the Korean class that fits severity and urgency; what is unknown is advisory, for a person to raise."""
    if info.severity == "Extreme" and info.urgency in ("Immediate", "Expected"):
        return AlertClass.EXTREME.value
    return (AlertClass.SEVERE if info.severity in ("Extreme", "Severe") else AlertClass.ADVISORY).value


def hazard_of(info: CapInfo) -> str:
    """Give the hazard that the event's words or the category name."""
    own = dict(info.event_codes).get("mvoting:hazard", "")
    if own in HAZARDS:
        return own
    words = f"{info.event} {info.headline or ''}".lower()
    named = next((hazard for hazard, names in HAZARD_WORDS.items() if any(name in words for name in names)), None)
    return named or next((HAZARD_OF_CATEGORY[c] for c in info.categories if c in HAZARD_OF_CATEGORY), "other")


def area_of(message: CapMessage) -> dict[str, Any] | None:
    """Give the part of a message's area that touches the city; shapes before codes, which only name whole districts.

    Shapes that are no use together (they overlap, or are too many) stand for the districts that they touch: rather too wide
    than nobody warned.
    """
    districts, polygons, circles = set[str](), list[list[list[float]]](), list[dict[str, float]]()
    for area in {area for info in message.infos for area in info.areas}:
        outlines = [[list(point) for point in part] for ring in area.polygons for part in cut_to_korea(ring)]
        rings = [ring for ring in outlines if _touched(polygons=[ring])]
        rounds = [round_ for round_ in map(_circle, area.circles) if _touched(circles=[Circle(**round_)])]
        # The same outline stands once in each language.
        polygons += [ring for ring in rings if ring not in polygons]
        circles += [round_ for round_ in rounds if round_ not in circles]
        if not rings and not rounds:
            districts.update(_codes(area))
    if not districts and not polygons and not circles:
        return None
    if not _touched(districts=districts, polygons=polygons, circles=[Circle(**circle) for circle in circles]):
        each = [*(_touched(polygons=[ring]) for ring in polygons), *(_touched(circles=[Circle(**c)]) for c in circles)]
        return {"districts": sorted(districts.union(*each)), "polygons": [], "circles": []}
    return {"districts": sorted(districts), "polygons": polygons, "circles": circles}


def _circle(circle: CapCircle) -> dict[str, float]:
    return {"lon": circle.centre[0], "lat": circle.centre[1], "radius_m": circle.radius_km * 1000}


def _codes(area: CapArea) -> Collection[str]:
    """Give the districts that an area's geocodes name, by five digits or by the ten of the full code."""
    codes = {value.strip()[:5] for _, value in area.geocodes if value.strip().isdecimal() and len(value.strip()) in (5, 10)}
    return {code for code in codes if is_district(code)}


def _touched(**area: Any) -> tuple[str, ...]:
    """Give the districts of an area, none when it cannot be used."""
    try:
        return check_area(**area).districts
    except AreaRefused:
        return ()


def _is_web(address: str | None) -> bool:
    return bool(address) and str(address).startswith(("https://", "http://")) and len(str(address)) <= 500


def _wording(message: CapMessage, language: str, hazard: str, districts: Collection[str], source_name: str) -> Wording:
    """Give one language's words, from the info in that language or, where there is none, from the hazard alone."""
    danger = HAZARDS[hazard]
    where = place_name(districts, language)
    info = next((each for each in message.infos if each.language.lower().startswith(language)), None)
    generic = (f"{danger.ko} 상황 발생", danger.action_ko) if language == "ko" else (f"{danger.en} warning", danger.action_en)
    what = (info and (info.headline or info.event)) or generic[0]
    action = (info and info.instruction) or generic[1]
    issuer = (info and info.sender_name) or source_name
    return fitted(Wording(issuer, where, what, action), language)


def fitted(wording: Wording, language: str) -> Wording:
    """Shorten words so that the text, with room for labels, keeps to 157 characters: first what happened, then what to do."""
    short = Wording(
        _cut(wording.issuer, alerts.ISSUER_MAX),
        _cut(wording.where, alerts.WHERE_MAX),
        _cut(wording.what, alerts.WHAT_MAX),
        _cut(wording.action, alerts.ACTION_MAX),
    )
    for part, least in (("what", 30), ("action", 20)):
        over = len(alerts.compose(short, language)) + LABEL_ROOM - alerts.TEXT_MAX
        if over > 0:
            text = getattr(short, part)
            short = Wording(**{**vars(short), part: _cut(text, max(len(text) - over, least))})
    return short


def _cut(text: str, length: int) -> str:
    text = " ".join(text.split())
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


def added_districts(update: Mapping[str, Any], original: Collection[str]) -> list[str]:
    """Give the districts that an update reaches and its original did not."""
    circles = [Circle(**circle) for circle in update["circles"]]
    area = check_area(districts=update["districts"], polygons=update["polygons"], circles=circles)
    return [code for code in area.districts if code not in original]
