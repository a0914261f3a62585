"""An alert's form: from what an author typed to the API's own shape, and back. Sensor rules share its words and its area."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from admin.alert_templates import TEMPLATES
from admin.forms import Form
from admin.words import LABELS, label
from mvoting.core.clock import now
from notifications.alerts.content import MAKERS, PARTS
from notifications.alerts.hazards import HAZARDS
from notifications.alerts.rules import Wording

LANGUAGES = ("ko", "en")
ISSUERS = {"issuer_ko": "서울특별시", "issuer_en": "Seoul"}
LASTS = timedelta(hours=3)
Content = dict[str, Any]


def new() -> Content:
    """Give what the form of a new alert starts with."""
    start = now().replace(second=0, microsecond=0)
    return {"class": "severe", "hazard": "flood", **ISSUERS, "expires_at": start + LASTS}


def content_of(form: Form) -> Content:
    """Give the form as the API's body."""
    content = {
        "class": form.text("class"),
        "hazard": form.text("hazard"),
        "wording": wording_of(form),
        "area": area_of(form),
        "expires_at": form.moment("expires_at"),
        "is_exercise": bool(form.text("exercise")),
        "links": _links(form.text("links")),
        "shelters": _shelters(form.text("shelters")),
        "prepared": {kind.value: _prepared(form, kind.value) for kind in MAKERS if _is_written(form, kind.value)},
    }
    return {key: value for key, value in content.items() if value is not None}


def initial_of(alert: Mapping[str, Any]) -> Content:
    """Give a stored alert as the form's fields."""
    fields = {
        "version": alert["version"],
        "class": alert["alert_class"],
        "hazard": alert["hazard"],
        "expires_at": alert["expires_at"],
        "exercise": "1" if alert["is_exercise"] else "",
        "links": "\n".join(_names_line(link["title"], link["url"]) for link in alert["links"]),
        "shelters": "\n".join(_shelter_line(shelter) for shelter in alert["shelters"]),
        **words_fields(alert["wording"]),
        **area_fields(alert["area"]),
    }
    for kind, make in MAKERS.items():
        made = {
            code: vars(make(Wording(**parts), hazard=alert["hazard"], language=code)) for code, parts in alert["wording"].items()
        }
        stored = alert["prepared"].get(kind.value) or made
        for code in LANGUAGES if stored != made else ():
            fields |= {f"{kind.value}_{part}_{code}": stored[code][part] for part in ("what", "action")}
    return fields


def wording_of(form: Form) -> Content:
    """Give who, where, what and what to do, in both languages."""
    return {code: {part: form.text(f"{part}_{code}") for part in PARTS} for code in LANGUAGES}


def area_of(form: Form) -> Content:
    """Give districts, polygons and circles."""
    return {"districts": form.values("districts"), "polygons": _polygons(form), "circles": _circles(form)}


def words_fields(wording: Mapping[str, Mapping[str, str]]) -> Content:
    """Give an alert's words as fields."""
    return {f"{part}_{code}": wording[code][part] for code in LANGUAGES for part in PARTS}


def area_fields(area: Mapping[str, Any]) -> Content:
    """Give an area as fields."""
    rings = ("\n".join(f"{lon}, {lat}" for lon, lat in ring) for ring in area["polygons"])
    return {
        "districts": area.get("named", area["districts"]),
        "polygons": "\n\n".join(rings),
        "circles": "\n".join(f"{c['lon']}, {c['lat']}, {c['radius_m']:g}" for c in area["circles"]),
    }


def fill(form: Form) -> Content:
    """Give the form's fields with the usual words of its hazard wherever nothing was typed."""
    hazard = form.text("hazard") if form.text("hazard") in HAZARDS else "other"
    usual, facts = TEMPLATES[hazard], HAZARDS[hazard]
    filled: Content = {name: form.values(name) if name == "districts" else form.value(name) for name in field_names()}
    filled["class"] = usual.alert_class
    for name, text in (("what_ko", usual.what_ko), ("what_en", usual.what_en), *_actions(facts)):
        filled[name] = filled[name] or text
    return filled


def field_names() -> list[str]:
    """List the fields of the form."""
    words = [f"{part}_{code}" for part in PARTS for code in LANGUAGES]
    prepared = [f"{kind.value}_{part}_{code}" for kind in MAKERS for part in ("what", "action") for code in LANGUAGES]
    rest = ["version", "class", "hazard", "expires_at", "exercise", "districts", "polygons", "circles", "links", "shelters"]
    return [*words, *prepared, *rest]


def place_errors(form: Form) -> None:
    """Bring what was refused to its fields on the page."""
    for path, gap in (form.members.get("gaps") or {}).items():
        code, _, part = path.rpartition(".")
        form.errors[f"{part}_{code}" if code in LANGUAGES else path.replace(".", "_")] = [label("gap", gap)]
    for name, texts in list(form.errors.items()):
        if name.startswith(("wording_", "alert_wording_")):
            code, part = name.rsplit("_", 2)[1:]
            form.errors[f"{part}_{code}"] = form.errors.pop(name)
        elif name.startswith(("area_", "alert_area_", "prepared_", "links_", "shelters_")):
            kind = next(k for k in ("area", "prepared", "links", "shelters") if k in name)
            form.errors[kind] = [*form.errors.get(kind, []), *texts]
            del form.errors[name]
    reason = form.members.get("reason")
    if form.problem and reason in LABELS["refusal"]:
        form.problem = f"{form.problem} {label('refusal', reason)}"


def _actions(facts: Any) -> tuple[tuple[str, str], tuple[str, str]]:
    return ("action_ko", facts.action_ko), ("action_en", facts.action_en)


def _is_written(form: Form, kind: str) -> bool:
    return any(form.text(f"{kind}_{part}_{code}") for part in ("what", "action") for code in LANGUAGES)


def _prepared(form: Form, kind: str) -> Content:
    """Give a prepared text in the author's words; who and where are the alert's."""
    return {
        code: {part: form.text(f"{kind}_{part}_{code}" if part in ("what", "action") else f"{part}_{code}") for part in PARTS}
        for code in LANGUAGES
    }


def _polygons(form: Form) -> list[list[list[float]]]:
    """Read polygons: a corner "lon, lat" a line, a blank line between two polygons."""
    rings: list[list[list[float]]] = [[]]
    for line in form.text("polygons").splitlines():
        numbers = _numbers(line, 2)
        if numbers:
            rings[-1].append(numbers)
        elif not line.strip() and rings[-1]:
            rings.append([])
    return [ring if ring[0] == ring[-1] else [*ring, ring[0]] for ring in rings if ring]


def _circles(form: Form) -> list[Content]:
    """Read circles: "lon, lat, radius in metres", one a line."""
    found = (_numbers(line, 3) for line in form.text("circles").splitlines())
    return [{"lon": lon, "lat": lat, "radius_m": radius} for lon, lat, radius in (numbers for numbers in found if numbers)]


def _numbers(line: str, count: int) -> list[float]:
    try:
        numbers = [float(part) for part in line.replace(",", " ").split()]
    except ValueError:
        return []
    return numbers if len(numbers) == count else []


def _links(text: str) -> list[Content]:
    """Read "제목 | title | address", one a line; the English title may be left out."""
    return [{"title": _named(names), "url": address} for names, address in (_parted(line) for line in _lines(text))]


def _shelters(text: str) -> list[Content]:
    """Read "이름 | name | address", one a line; the English name may be left out."""
    return [{"name": _named(names), "address": address} for names, address in (_parted(line) for line in _lines(text))]


def _lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.strip()]


def _parted(line: str) -> tuple[list[str], str]:
    *names, last = (part.strip() for part in line.split("|"))
    return names, last


def _named(names: list[str]) -> Content:
    pair = dict(zip(LANGUAGES, names, strict=False))
    return {"ko": pair.get("ko") or "안내", **({"en": pair["en"]} if pair.get("en") else {})}


def _names_line(names: Mapping[str, str], last: str) -> str:
    return " | ".join([*(names[code] for code in LANGUAGES if names.get(code)), last])


def _shelter_line(shelter: Mapping[str, Any]) -> str:
    return _names_line(shelter["name"], shelter["address"])
