"""What the city confirmed about a resident: stored sealed, found by keyed hashes, shown to others only as totals."""

import json
from collections.abc import Mapping
from typing import Any

from mvoting.core.secrets import keyed, seal, unseal


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


def fact_keys(facts: Mapping[str, Any]) -> list[str]:
    """Give the keyed hashes by which an audience query finds people with these facts."""
    pairs = [(name, facts.get(name)) for name in ("district", "birth_year", "gender")]
    pairs += [("tag", tag) for tag in facts.get("tags") or ()]
    return [fact_key(name, value) for name, value in pairs if value is not None]


def fact_key(name: str, value: object) -> str:
    """Give the keyed hash of one fact, for example `fact_key("district", "11440")`."""
    return keyed("resident-fact", f"{name}={value}")[:32]
