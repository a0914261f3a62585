"""Who is told of an event: the people behind `to` in `proposal_events`."""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from mvoting.core.database import database

# Each holds one document per person with the id `subject:person`.
COLLECTIONS = {"followers": "follows", "endorsers": "idea_endorsements", "participants": "debate_participants"}


def groups_told(to: Mapping[str, Any], *, size: int) -> Iterator[list[str]]:
    """Give the ids of the people, at most `size` at a time; departments and districts are nobody in particular.

    Args: to: {"kind": "person" | "followers" | "endorsers" | "participants" | …, "id": …}.
    """
    if to["kind"] == "person" and to["id"]:
        yield [to["id"]]
    if to["kind"] not in COLLECTIONS:
        return
    of_subject = {"_id": {"$gte": f"{to['id']}:", "$lt": f"{to['id']};"}}  # ";" is the letter after ":"
    people = (row["person_id"] for row in database()[COLLECTIONS[to["kind"]]].find(of_subject, {"person_id": 1}).sort("_id", 1))
    while group := list(islice(people, size)):
        yield group
