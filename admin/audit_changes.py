"""What an entry of the audit trail tells, in words: field by field what was before and what is after."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from admin.history import flat
from admin.words import LABELS, actor, district, label, say, topic

STATES = {
    "alerts": "alert_state",
    "campaigns": "campaign_state",
    "listings": "listing_state",
    "polls": "poll_state",
    "proposals": "idea_state",
    "staff": "staff_state",
    "templates": "template_state",
}
KINDS = {"alerts": "alert_kind", "listings": "subject_kind"}
# What a field's codes are called; "filter" names are of lists that were taken as files.
CODES = {
    "alert_class": "alert_class",
    "classes": "alert_class",
    "consequence": "consequence",
    "counted": "counted",
    "gender": "gender",
    "hazard": "hazard",
    "languages": "language",
    "login_kind": "feed_login",
    "mode": "alert_mode",
    "pipeline": "pipeline",
    "platform": "platform",
    "review": "review",
    "roles": "role",
    "trust": "level",
    "verdict": "verdict",
}
PEOPLE = ("staff_id", "author_ids", "officer_ids")

Change = tuple[str, Any, Any]


def facts(value: Any) -> dict[str, Any]:
    """Give what an entry told, before or after, as dotted names with plain values; a bare list is of roles."""
    return flat({"roles": value} if isinstance(value, list) else value)


def people_in(entries: Iterable[Mapping[str, Any]]) -> set[str]:
    """Give the staff members who acted or are named in entries, to look their names up at once."""
    told = [(entry["staff_id"], facts(entry["before"]), facts(entry["after"])) for entry in entries]
    found = {staff_id for staff_id, _, _ in told}
    for _, *sides in told:
        found |= {one for side in sides for name in PEOPLE for one in _listed(side.get(name))}
    return found


def changes(entry: Mapping[str, Any], names: Mapping[str, str], *, known: Mapping[str, Any] | None = None) -> list[Change]:
    """Give what an entry changed as (field, before, after), in words; moments stay moments, None stands where nothing is told.

    Args: names: of staff members by id; known: what earlier entries told of the same thing, where they are looked at.
    """
    before, after = {**(known or {}), **facts(entry["before"])}, facts(entry["after"])
    shown = [*after, *(name for name in facts(entry["before"]) if name not in after)]
    area = entry["action"].partition(".")[0]
    found = []
    for name in shown:
        if name in after and name in before and before[name] == after[name]:
            continue
        told = [_words(area, name, side[name], names) if name in side else None for side in (before, after)]
        found.append((field_name(name), told[0], told[1]))
    return found


def known_before(earlier: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Give what earlier entries about a thing told of it last. Args: earlier: the latest first."""
    known: dict[str, Any] = {}
    for entry in earlier:
        known = {**facts(entry["before"]), **facts(entry["after"]), **known}
    return known


def field_name(dotted: str) -> str:
    """Name what was changed by its dotted name: "texts.ko", "query.state"."""
    named, within = "", dotted.split(".")
    for part in within:
        kind = next((kind for kind in kinds_of_name(within[0]) if part in LABELS[kind]), "audit_field")
        named += ("" if not named else " " if part.isdecimal() else ": ") + (part if part.isdecimal() else label(kind, part))
    return named


def kinds_of_name(first: str) -> tuple[str, ...]:
    """Give the kinds of labels in which the parts of a field's name are looked for."""
    return ("filter", "audit_field") if first == "query" else ("audit_field", "field")


def _listed(value: Any) -> list[str]:
    return [one for one in str(value or "").split(", ") if one]


def _words(area: str, dotted: str, value: Any, names: Mapping[str, str]) -> Any:
    field = dotted.rpartition(".")[2]
    if value is None or value == "":
        return say("없음", "none")
    if isinstance(value, bool):
        return say("예", "yes") if value else say("아니요", "no")
    if field.endswith("_at") and (moment := _moment(value)):
        return moment
    if field in PEOPLE:
        return ", ".join(names.get(one) or actor(one) for one in _listed(value))
    if field in ("district", "districts"):
        return ", ".join(district(code) for code in _listed(value))
    if field == "topics":
        return ", ".join(topic(code) for code in _listed(value))
    kind = {"state": STATES.get(area), "kind": KINDS.get(area)}.get(field) or CODES.get(field)
    return ", ".join(label(kind, code) for code in _listed(value)) if kind else value


def _moment(value: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(str(value))
    except ValueError:
        return None
