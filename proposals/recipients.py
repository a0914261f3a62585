"""Who is told of an event: the people behind `to` in `proposal_events`."""

from collections.abc import Mapping
from typing import Any

from mvoting.core.database import database

# Each holds one document per person with the id `subject:person`.
COLLECTIONS = {"followers": "follows", "endorsers": "idea_endorsements", "participants": "debate_participants"}


def people_told(to: Mapping[str, Any], *, limit: int) -> list[str]:
    """Give the ids of at most `limit` people; departments and districts are nobody in particular.

    Args: to: {"kind": "person" | "followers" | "endorsers" | "participants" | …, "id": …}.
    """
    if to["kind"] == "person":
        return [to["id"]] if to["id"] else []
    if to["kind"] not in COLLECTIONS:
        return []
    of_subject = {"_id": {"$gte": f"{to['id']}:", "$lt": f"{to['id']};"}}  # ";" is the letter after ":"
    found = database()[COLLECTIONS[to["kind"]]].find(of_subject, {"person_id": 1}).limit(limit)
    return [row["person_id"] for row in found]
