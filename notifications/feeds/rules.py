"""From a CAP message to an alert: what is used, as which class and hazard, in which words. Pure."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from notifications.alerts import rules as alerts
from notifications.alerts.hazards import CLASSES, HAZARDS, AlertClass
from notifications.alerts.rules import LANGUAGES, Wording, place_name
from notifications.cap.message import CapInfo, CapMessage
from notifications.feeds.area import Note, Reading, districts_of, read_area

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
    in_force = _in_force(message, now=now)
    if message.msg_type == "Cancel" or (not in_force and any(_is_over(info) for info in message.infos)):
        return Intake("withdraw")
    if not in_force:
        return Intake("nothing", "expired" if message.infos else "no-info")
    return Intake("update" if message.msg_type == "Update" else "alert")


def _is_over(info: CapInfo) -> bool:
    """Korean practice tells the all-clear by an Alert whose urgency is Past; elsewhere by the response type."""
    return info.urgency == "Past" or "AllClear" in info.response_types


@dataclass(frozen=True)
class Part:
    """What a message says in one class, as an author would enter it; `is_guessed`: no machine sends it by itself."""

    content: dict[str, Any]
    is_guessed: bool = False


def parts_of(message: CapMessage, source_name: str, *, now: datetime) -> tuple[list[Part], list[Note]]:
    """Give a message's parts in force, one for each class, the gravest first, and what is not used as it stands.

    Infos of several gravities are several alerts: the watch for the whole city must not ring like the warning for one
    district beside it. Districts that the graver part of the same hazard names are not warned a second time.
    """
    in_force = _in_force(message, now=now)
    parts, warned = list[Part](), dict[str, set[str]]()
    notes = [Note("part-over", info.event) for info in message.infos if info not in in_force]
    for alert_class in sorted(CLASSES, key=lambda name: -CLASSES[name].rank):
        infos = [info for info in in_force if class_of(info) == alert_class]
        if not infos:
            continue
        hazard, reading = hazard_of(infos[0]), read_area([area for info in infos for area in info.areas])
        notes += reading.notes
        area = reading.area and _without(reading.area, warned.get(hazard, set()))
        if area:
            parts.append(Part(_content(message, infos, hazard, area, source_name, now=now), reading.is_guessed))
            warned[hazard] = warned.get(hazard, set()).union(area["districts"])
        else:
            notes.append(Note(_why_unused(reading), infos[0].event))
    return parts, list(dict.fromkeys(notes))


def _why_unused(reading: Reading) -> str:
    if reading.area:
        return "warned-more-gravely"
    return "area-unreadable" if reading.notes else "outside-city"


def _without(area: dict[str, Any], warned: Collection[str]) -> dict[str, Any] | None:
    """Take named districts out of an area, None when nothing is left; shapes stay whole."""
    left = [code for code in area["districts"] if code not in warned]
    return {**area, "districts": left} if left or area["polygons"] or area["circles"] else None


def _content(
    message: CapMessage, infos: Sequence[CapInfo], hazard: str, area: dict[str, Any], source_name: str, *, now: datetime
) -> dict[str, Any]:
    facts, districts = infos[0], districts_of(area)
    expires_at = min(max(facts.expires or now + LASTS, now + alerts.EXPIRY_MIN), now + alerts.EXPIRY_MAX)
    return {
        "alert_class": class_of(facts),
        "hazard": hazard,
        "wording": {language: vars(_wording(infos, language, hazard, districts, source_name)) for language in LANGUAGES},
        "area": area,
        "expires_at": expires_at,
        "is_exercise": message.status == "Exercise",
        "links": [{"title": {"ko": source_name}, "url": facts.web}] if _is_web(facts.web) else [],
    }


def _in_force(message: CapMessage, *, now: datetime) -> list[CapInfo]:
    return [info for info in message.infos if not _is_over(info) and not (info.expires and info.expires <= now)]


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


def _is_web(address: str | None) -> bool:
    return bool(address) and str(address).startswith(("https://", "http://")) and len(str(address)) <= 500


def _wording(infos: Sequence[CapInfo], language: str, hazard: str, districts: Collection[str], source_name: str) -> Wording:
    """Give one language's words, from the info in that language or, where there is none, from the hazard alone."""
    danger = HAZARDS[hazard]
    where = place_name(districts, language)
    info = next((each for each in infos if each.language.lower().startswith(language)), None)
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
    return [code for code in districts_of(update) if code not in original]
