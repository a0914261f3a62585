"""What the city confirmed about a resident: stored sealed, found by keyed hashes, shown to others only as totals."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

import pymongo
from pymongo.client_session import ClientSession
from pymongo.errors import ExecutionTimeout, NetworkTimeout

from mvoting.accounts import rules
from mvoting.accounts.errors import PersonNotFound
from mvoting.accounts.models import Person
from mvoting.core import figures
from mvoting.core.clock import now
from mvoting.core.districts import DISTRICTS
from mvoting.core.secrets import keyed, seal, unseal
from mvoting.core.small_groups import SHOWN_MIN

BANDS = ("0", "20", "30", "40", "50", "60", "70")
NOT_KNOWN = "-"
FIGURE = "residents"
GROUPED_AT_ONCE = 5000
COUNT_LIMIT_S = 1.5


def facts_of(person: Mapping[str, Any]) -> dict[str, Any] | None:
    """Open the sealed facts of a person document; None when nothing is confirmed."""
    sealed = person.get("facts_sealed")
    if not sealed:
        return None
    facts: dict[str, Any] = json.loads(unseal("resident-facts", bytes(sealed), bound_to=person["_id"].encode()))
    return facts


def sealed_facts(person_id: str, facts: Mapping[str, Any]) -> dict[str, Any]:
    """Give the fields under which `facts` are stored in a person document.

    Args: facts: {"district": code, "birth_year": year, "gender": "female" | "male" | None, "tags": [tag]}.
    """
    return {
        "facts_sealed": seal("resident-facts", json.dumps(facts).encode(), bound_to=person_id.encode()),
        "facts_keys": fact_keys(facts),
    }


def confirm(
    person_id: str, facts: Mapping[str, Any], *, source: str, session: ClientSession | None = None
) -> dict[str, Any] | None:
    """Store confirmed facts and make the person a resident. Returns: the facts before.

    Somebody who turns out to be under 14 and has no guardian's consent waits for it from now on.
    Raises: PersonNotFound (accounts.person-not-found, 404).
    """
    persons = Person._get_collection()
    stored = persons.find_one({"_id": person_id, "state": {"$in": ["active", "awaiting_guardian"]}}, session=session)
    if stored is None:
        raise PersonNotFound
    at = now()
    changes = {"trust": "resident", "facts_source": source, "facts_confirmed_at": at, **sealed_facts(person_id, facts)}
    if rules.needs_guardian(facts["birth_year"], now=at) and not stored.get("guardian"):
        changes |= {"state": "awaiting_guardian", "awaiting_since": stored.get("awaiting_since", at)}
    persons.update_one({"_id": person_id, "state": stored["state"]}, {"$set": changes}, session=session)
    return facts_of(stored)


def confirmed_at(person_id: str, session: ClientSession) -> datetime | None:
    """Give when a person's facts were last confirmed, within a transaction."""
    found = Person._get_collection().find_one({"_id": person_id}, {"facts_confirmed_at": 1}, session=session)
    return (found or {}).get("facts_confirmed_at")


def count_by_district(districts: Sequence[str]) -> dict[str, int]:
    """Count residents by district, as last refreshed; fewer than ten are given as 0, so that nobody can be picked out."""
    groups = (figures.kept(FIGURE) or refresh_counts(now=now()))["value"]
    counts = {district: sum(groups.get(district, {}).values()) for district in districts}
    return {district: count if count >= SHOWN_MIN else 0 for district, count in counts.items()}


def count_matching(audience: Mapping[str, Any]) -> int | None:
    """Count the people whom an audience means, rounded down to tens, so that no single one can be told from two counts.

    Args: audience: {"trust": "member" | "resident", "districts"?, "birth_years"?: [from, to], "genders"?, "tags"?}.
    Returns: None when counting takes longer than `COUNT_LIMIT_S`.
    """
    persons, wanted = Person._get_collection(), _wanted_facts(audience)
    if not wanted and audience.get("trust") != "resident":
        counted = persons.estimated_document_count()
    else:
        conditions: list[dict[str, Any]] = [{"facts_keys": {"$in": keys}} for keys in wanted] or [
            {"facts_keys": {"$exists": True}}
        ]
        try:
            with pymongo.timeout(COUNT_LIMIT_S):
                counted = persons.count_documents({"$and": conditions, "state": "active"})
        except (ExecutionTimeout, NetworkTimeout):
            return None
    return counted // SHOWN_MIN * SHOWN_MIN


def _wanted_facts(audience: Mapping[str, Any]) -> list[list[str]]:
    """Give, for each condition, the keys of which a person must have one."""
    years = audience.get("birth_years") or []
    wanted = [
        ("district", audience.get("districts") or []),
        ("birth_year", list(range(years[0], years[1] + 1)) if years else []),
        ("gender", audience.get("genders") or []),
        ("tag", audience.get("tags") or []),
    ]
    return [[fact_key(name, value) for value in values] for name, values in wanted if values]


def refresh_counts(*, now: datetime) -> dict[str, Any]:
    """Count residents by district and age band, and keep the figure. Returns: {"value": {district: {band: count}}, "at"}."""
    groups = _by_group({"state": "active", "trust": "resident"}, now=now)
    value: dict[str, dict[str, int]] = {}
    for (district, band), count in groups.items():
        value.setdefault(district or NOT_KNOWN, {})[band or NOT_KNOWN] = count
    figures.keep(FIGURE, value, now=now)
    return {"value": value, "at": now}


def groups_of(person_ids: Iterable[str], *, now: datetime) -> Counter[tuple[str | None, str | None]]:
    """Count people by (district, age band), None where it was not confirmed."""
    groups: Counter[tuple[str | None, str | None]] = Counter()
    ids = iter(person_ids)
    while some := list(islice(ids, GROUPED_AT_ONCE)):
        groups += _by_group({"_id": {"$in": some}}, now=now)
    return groups


def age_band(birth_year: int, *, now: datetime) -> str:
    """Give the first age of somebody's band: "0", "20", "30", … "70" (everybody older)."""
    age = now.year - birth_year
    return "0" if age < 20 else str(min(age // 10 * 10, 70))


def _by_group(condition: Mapping[str, Any], *, now: datetime) -> Counter[tuple[str | None, str | None]]:
    # The first two keys are those of the district and the year of birth, where both are known (`fact_keys`).
    pipeline = [
        {"$match": condition},
        {"$group": {"_id": {"$slice": [{"$ifNull": ["$facts_keys", []]}, 2]}, "n": {"$sum": 1}}},
    ]
    districts = {fact_key("district", code): code for code in DISTRICTS}
    bands = {fact_key("birth_year", year): age_band(year, now=now) for year in range(1900, now.year + 1)}
    groups: Counter[tuple[str | None, str | None]] = Counter()
    for found in Person._get_collection().aggregate(pipeline, allowDiskUse=True):
        keys = found["_id"]
        district = next((districts[key] for key in keys if key in districts), None)
        groups[district, next((bands[key] for key in keys if key in bands), None)] += found["n"]
    return groups


def fact_keys(facts: Mapping[str, Any]) -> list[str]:
    """Give the keyed hashes by which an audience query finds people with these facts."""
    pairs = [(name, facts.get(name)) for name in ("district", "birth_year", "gender")]
    pairs += [("tag", tag) for tag in facts.get("tags") or ()]
    return [fact_key(name, value) for name, value in pairs if value is not None]


def fact_key(name: str, value: object) -> str:
    """Give the keyed hash of one fact, for example `fact_key("district", "11440")`."""
    return keyed("resident-fact", f"{name}={value}")[:32]
