"""From what an author enters to what is stored: area checked, texts composed, correction and all-clear prepared."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from mvoting.core.settings import settings
from notifications.alerts import errors, rules
from notifications.alerts.rules import Kind, Label, Wording
from notifications.areas.geometry import Area, AreaRefused, Circle, check_area, geojson_shapes

Document = dict[str, Any]
Words = Mapping[str, Mapping[str, str]]

PARTS = ("issuer", "where", "what", "action")
MAKERS = {Kind.CORRECTION: rules.correction_wording, Kind.ALL_CLEAR: rules.all_clear_wording}


def alert_fields(content: Mapping[str, Any]) -> Document:
    """Give the stored fields of an alert.

    Raises: AreaInvalid (alerts.area, 422).
    """
    wording = _whole(content["wording"])
    fields = {
        "kind": Kind.ALERT.value,
        "mode": settings().alert_mode,
        "alert_class": content["alert_class"],
        "hazard": content["hazard"],
        "wording": wording,
        "prepared": _prepared(wording, content["hazard"]) | {k: _whole(v) for k, v in (content.get("prepared") or {}).items()},
        **_area_fields(content["area"]),
        "expires_at": content["expires_at"],
        "links": list(content.get("links", ())),
        "shelters": list(content.get("shelters", ())),
        "is_exercise": content.get("is_exercise", False),
    }
    return rendered(fields)


def follow_up_fields(original: Document, content: Mapping[str, Any]) -> Document:
    """Give the stored fields of a correction or all-clear: words and expiry are its own, all else is the original's."""
    kept = ("kind", "mode", "alert_class", "hazard", "area", "shapes", "is_exercise", "prepared")
    fields = {name: original[name] for name in kept} | {
        "wording": _whole(content["wording"]),
        "expires_at": content["expires_at"],
        "links": list(content.get("links", ())),
        "shelters": list(content.get("shelters", ())),
    }
    return rendered(fields)


def rendered(fields: Document) -> Document:
    """Give `fields` with the texts and headings exactly as people will read them."""
    labels = marks(fields)
    facts = {"kind": Kind(fields["kind"]), "alert_class": fields["alert_class"], "hazard": fields["hazard"]}
    texts = {language: rules.compose(words, language, labels) for language, words in wordings(fields["wording"]).items()}
    titles = {language: rules.title(language=language, marks=labels, **facts) for language in rules.LANGUAGES}
    return {**fields, "texts": texts, "titles": titles}


def marks(alert: Mapping[str, Any]) -> tuple[Label, ...]:
    """Give the labels that every text of this alert carries."""
    return rules.labels(is_exercise=alert["is_exercise"], is_test=alert["mode"] == "test")


def wordings(words: Words) -> dict[str, Wording]:
    """Give stored words as the rules take them."""
    return {language: Wording(**{part: parts[part] for part in PARTS}) for language, parts in words.items()}


def gaps(alert: Mapping[str, Any]) -> dict[str, str]:
    """Name what keeps the alert, or what is prepared with it, from being sent: path → `missing` or `too-long`."""
    found = rules.text_gaps(wordings(alert["wording"]), marks(alert))
    for kind, prepared in alert["prepared"].items():
        found |= {f"{kind}.{path}": gap for path, gap in rules.text_gaps(wordings(prepared), marks(alert)).items()}
    return found


def prepared_texts(alert: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """Give the prepared correction and all-clear as people would read them."""
    return {
        kind: {language: rules.compose(words, language, marks(alert)) for language, words in wordings(prepared).items()}
        for kind, prepared in alert["prepared"].items()
    }


def confirmation(alert: Mapping[str, Any]) -> dict[str, str]:
    """Give the words an approver types, in either language."""
    return {language: rules.confirmation(language=language, **confirmation_facts(alert)) for language in rules.LANGUAGES}


def confirmation_facts(alert: Mapping[str, Any]) -> dict[str, Any]:
    """Give what the confirmation names."""
    return {"alert_class": alert["alert_class"], "districts": alert["area"]["districts"], "marks": marks(alert)}


def digest(alert: Mapping[str, Any]) -> str:
    """Give the SHA-256 of all that an author enters, for the audit log, where polygons would be too long."""
    entered = {name: alert.get(name) for name in ("alert_class", "hazard", "wording", "prepared", "area", "links", "shelters")}
    return hashlib.sha256(json.dumps(entered, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def _whole(words: Words) -> dict[str, dict[str, str]]:
    return {language: {part: parts.get(part, "") for part in PARTS} for language, parts in words.items()}


def _prepared(words: Words, hazard: str) -> Document:
    return {
        kind.value: {
            language: vars(make(Wording(**parts), hazard=hazard, language=language)) for language, parts in words.items()
        }
        for kind, make in MAKERS.items()
    }


def _area_fields(area: Mapping[str, Any]) -> Document:
    checked = _checked(area)
    return {
        "area": {
            "districts": list(checked.districts),
            "named": list(checked.named),
            "polygons": [[list(point) for point in ring] for ring in checked.polygons],
            "circles": [{"lon": c.lon, "lat": c.lat, "radius_m": c.radius_m} for c in checked.circles],
        },
        "shapes": geojson_shapes(checked),
    }


def _checked(area: Mapping[str, Any]) -> Area:
    circles = [Circle(**circle) for circle in area.get("circles", ())]
    try:
        return check_area(districts=area.get("districts", ()), polygons=area.get("polygons", ()), circles=circles)
    except AreaRefused as refusal:
        raise errors.AreaInvalid(reason=refusal.reason) from None
