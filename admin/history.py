"""Who changed a setting, when, and what: read from the audit log, the latest first."""

from collections.abc import Callable, Mapping
from typing import Any

from admin.forms import Form
from admin.words import LABELS, actor, label
from mvoting.accounts import staff_management
from mvoting.core import audit

SHOWN = 20


def acts_on(target: str) -> list[dict[str, Any]]:
    """Give the latest acts of staff on a thing: [{"at", "by", "act", "reason", "before", "after"}], the latest first."""
    entries, _ = audit.entries({"target": target}, after=None, limit=SHOWN)
    names = staff_management.names(sorted({entry["staff_id"] for entry in entries}))
    kept = ("at", "reason", "before", "after")
    return [
        {name: entry[name] for name in kept}
        | {"act": entry["action"].partition(".")[2], "by": names.get(entry["staff_id"]) or actor(entry["staff_id"])}
        for entry in entries
    ]


def changes_of(target: str) -> list[dict[str, Any]]:
    """Give the latest changes of a thing: [{"at", "by", "reason", "fields": [(name, before, after)]}].

    An entry that kept no `before` is compared with the entry before it.
    """
    entries, _ = audit.entries({"target": target}, after=None, limit=SHOWN)
    names = staff_management.names(sorted({entry["staff_id"] for entry in entries}))
    shown: list[dict[str, Any]] = []
    known: dict[str, Any] = {}
    for entry in reversed(entries):
        known |= flat(entry["before"])
        after = flat(entry["after"])
        fields = [(name, known.get(name), value) for name, value in after.items() if known.get(name) != value]
        known |= after
        by = names.get(entry["staff_id"]) or actor(entry["staff_id"])
        shown.append({"at": entry["at"], "by": by, "reason": entry["reason"], "fields": fields})
    return shown[::-1]


def differences(before: Any, after: Any) -> list[tuple[str, Any, Any]]:
    """Give what differs between two shapes of one thing: [(dotted name, before, after)]."""
    old, new = flat(before), flat(after)
    return [(name, old.get(name), new.get(name)) for name in {**old, **new} if old.get(name) != new.get(name)]


def typed_differences(
    form: Form, stored: Mapping[str, Any], name_of: Callable[[str], str], *, but: tuple[str, ...] = ()
) -> list[tuple[str, str, str]]:
    """Give what differs between what is stored, as the form's fields, and what was typed: [(name, stored, typed)]."""
    kept = form.restarted(stored)
    pairs = []
    for field, value in stored.items():
        is_list = isinstance(value, list | tuple)
        texts = [", ".join(sorted(one.values(field))) if is_list else one.value(field) for one in (kept, form)]
        theirs, mine = (text.replace("\r\n", "\n").strip() for text in texts)
        if field not in but and theirs != mine:
            pairs.append((name_of(field), theirs or "–", mine or "–"))
    return pairs


def field_name(dotted: str) -> str:
    """Name a field of a setting by its dotted name: "thresholds.1.count"."""
    name = ""
    for part in dotted.split("."):
        divider = "" if not name else " " if part.isdecimal() else ": "
        name += divider + label("field", part)
    return name


def field_value(value: Any, dotted: str) -> Any:
    """Give a setting's value as people read it, where it is a code."""
    kind = dotted.rpartition(".")[2]
    return label(kind, value) if kind in ("counted", "consequence", "pipeline") and str(value) in LABELS[kind] else value


def flat(value: Any, prefix: str = "") -> dict[str, Any]:
    """Give a nested value as dotted names with plain values; a list of plain values is one text."""
    if isinstance(value, Mapping):
        inner = [flat(part, f"{prefix}.{name}" if prefix else str(name)) for name, part in value.items()]
    elif isinstance(value, list) and any(isinstance(part, Mapping) for part in value):
        inner = [flat(part, f"{prefix}.{place}") for place, part in enumerate(value, 1)]
    else:
        return {prefix: ", ".join(map(str, value)) if isinstance(value, list) else value} if prefix else {}
    return {name: part for parts in inner for name, part in parts.items()}
