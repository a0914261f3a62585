"""Whom a campaign addresses: as data, as a database condition on devices, and as a decision about one person. Pure."""

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from typing import Any

EVERYONE, AREA, LEDGER = "*", "area", "ledger"
PEOPLE_MAX = 50_000


@dataclass(frozen=True)
class Audience:
    """The union of `everyone`, `districts`, `shapes`, `people` and `ledger_of`, narrowed by all that follow.

    `topics` are those that people follow, `lists` are people lists that staff uploaded: of each one must fit. `facts` are groups of keyed hashes of confirmed facts; of each group one must be the person's.

    `shapes` are GeoJSON polygons (lon,lat): phones with an exact position are found by it, all others by
    `shape_districts`, the districts that the shapes touch. `ledger_of` names a campaign: exactly its phones again.
    """

    everyone: bool = False
    districts: tuple[str, ...] = ()
    shapes: tuple[dict[str, Any], ...] = ()
    shape_districts: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    ledger_of: str | None = None
    languages: tuple[str, ...] = ()
    trust: str | None = None
    alert_mode: str | None = None
    facts: tuple[tuple[str, ...], ...] = ()
    topics: tuple[str, ...] = ()
    lists: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if len(self.people) > PEOPLE_MAX:
            raise ValueError(f"at most {PEOPLE_MAX} people by name")
        if not (self.everyone or self.districts or self.shapes or self.people or self.ledger_of):
            raise ValueError("the audience is empty")
        if self.lists and (self.people or self.ledger_of):
            raise ValueError("a list narrows places, not named people")

    def document(self) -> dict[str, Any]:
        return {key: list(value) if isinstance(value, tuple) else value for key, value in asdict(self).items() if value}


def from_document(document: Mapping[str, Any]) -> Audience:
    """Read a stored audience."""
    fields: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in document.items()}
    if "facts" in fields:
        fields["facts"] = tuple(tuple(group) for group in fields["facts"])
    return Audience(**fields)


def selectors(audience: Audience) -> list[str]:
    """Give the words by which an inbox finds the campaigns that may concern a person."""
    words = [f"d:{code}" for code in audience.districts] + [f"p:{person}" for person in audience.people]
    if audience.everyone:
        words.append(EVERYONE)
    if audience.shapes:
        words.append(AREA)
    if audience.ledger_of:
        words.append(LEDGER)
    return words


def selectors_of_person(person_id: str, places: Collection[str], *, has_phone: bool) -> list[str]:
    """Give the words that concern one person; a shape or a ledger holds phones only."""
    return [EVERYONE, *((AREA, LEDGER) if has_phone else ()), f"p:{person_id}", *(f"d:{code}" for code in places)]


def condition(audience: Audience) -> dict[str, Any]:
    """Give the condition on device documents, for every part of the audience but `people`, `ledger_of` and `lists`."""
    parts: list[dict[str, Any]] = []
    if audience.districts:
        parts.append({"places": {"$in": list(audience.districts)}})
    if audience.shapes:
        shape = {"type": "MultiPolygon", "coordinates": [polygon["coordinates"] for polygon in audience.shapes]}
        parts.append({"position": {"$geoWithin": {"$geometry": shape}}})
        if audience.shape_districts:
            parts.append({"position": None, "places": {"$in": list(audience.shape_districts)}})
    narrowed = narrowing(audience)
    if audience.everyone:
        return narrowed
    if not parts:
        return {**narrowed, "_id": {"$in": []}}
    return {**narrowed, **parts[0]} if len(parts) == 1 else {"$or": [{**narrowed, **part} for part in parts]}


def narrowing(audience: Audience) -> dict[str, Any]:
    """Give what every device of the audience must fit, but for `lists`."""
    narrowed: dict[str, Any] = {"state": "active"}
    if audience.languages:
        narrowed["language"] = {"$in": list(audience.languages)}
    if audience.trust:
        narrowed["trust"] = audience.trust
    if audience.topics:
        narrowed["topics"] = {"$in": list(audience.topics)}
    if audience.facts:
        narrowed["$and"] = [{"facts_keys": {"$in": list(group)}} for group in audience.facts]
    if audience.alert_mode:
        narrowed["alert_mode"] = audience.alert_mode
    return narrowed


def concerns(
    audience: Audience,
    person_id: str,
    *,
    places: Collection[str],
    languages: Collection[str],
    trust: str,
    facts_keys: Collection[str] = (),
    topics: Collection[str] = (),
    lists: Collection[str] = (),
) -> bool:
    """Tell whether a person is in the part of the audience that is not a shape or a ledger."""
    if audience.trust and trust != audience.trust:
        return False
    if not all(set(group) & set(facts_keys) for group in audience.facts):
        return False
    if audience.topics and not set(audience.topics) & set(topics):
        return False
    if audience.lists and not set(audience.lists) & set(lists):
        return False
    if audience.languages and languages and not set(audience.languages) & set(languages):
        return False
    return audience.everyone or person_id in audience.people or bool(set(audience.districts) & set(places))
