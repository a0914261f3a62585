"""Two accounts that turn out to be one person's: joined by staff, with every door leading to the one that is kept.

What the person did twice is put right by the packages that know of it, each when it can: a merger names who still has to.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from pymongo.client_session import ClientSession

from mvoting.accounts import sessions
from mvoting.accounts.errors import NotTwoPersons
from mvoting.accounts.models import Identifier, Merger, Person
from mvoting.accounts.persons import IN_USE, PERSONAL_FIELDS
from mvoting.core import audit, upgrade
from mvoting.core.clock import now
from mvoting.core.database import in_transaction
from mvoting.core.ids import new_id

JOINED_MAX = 100
# Who has something to carry over from the dropped account to the kept one.
PARTS = ("voting", "proposals")


def merge(kept: str, dropped: str, *, staff_id: str, reason: str) -> None:
    """Link two persons who are one: the dropped one's doors lead to the kept one, and what both did counts once.

    Ballots in open polls, endorsements and the like are put right from the merger stored here, by those who know of them.
    Raises: NotTwoPersons (accounts.not-two-persons, 409).
    """

    def work(session: ClientSession) -> None:
        persons, at = Person._get_collection(), now()
        if (
            kept == dropped
            or not persons.update_one({"_id": kept, **IN_USE}, {"$inc": {"changes": 1}}, session=session).matched_count
        ):
            raise NotTwoPersons
        gone = {"$set": {"state": "merged", "merged_into": kept}, "$unset": dict.fromkeys(PERSONAL_FIELDS, "")}
        if not persons.update_one({"_id": dropped, **IN_USE}, gone, session=session).matched_count:
            raise NotTwoPersons
        persons.update_many({"merged_into": dropped}, {"$set": {"merged_into": kept}}, session=session)
        Identifier._get_collection().update_many({"person_id": dropped}, {"$set": {"person_id": kept}}, session=session)
        sessions.end_all(dropped, because="merged", session=session)
        merger = {"_id": new_id(), "kept": kept, "dropped": dropped, "due": list(PARTS), "at": at}
        Merger._get_collection().insert_one(merger, session=session)
        audit.record(
            "person.link",
            f"person:{kept}",
            staff_id=staff_id,
            reason=reason,
            after={"dropped": dropped},
            person_id=kept,
            session=session,
        )

    in_transaction(work)


def open_mergers(part: str, *, before: datetime) -> list[dict[str, Any]]:
    """Give mergers for which one of `PARTS` still has something to do: {"_id", "kept", "dropped", "at"}, the oldest first."""
    return list(Merger._get_collection().find({"due": part, "at": {"$lt": before}}).sort("at", 1).limit(100))


def close_merger(merger_id: str, part: str) -> None:
    """Note that one of `PARTS` has done what it had to do for a merger."""
    Merger._get_collection().update_one({"_id": merger_id}, {"$pull": {"due": part}})


def fill_due() -> Iterator[list[dict[str, Any]]]:
    """Let the mergers of an earlier release be looked at once more by everybody; twice is once."""
    return upgrade.fill(Merger._get_collection(), "due", {}, [], lambda _: {"due": list(PARTS)})


def joined_to(person_id: str) -> list[str]:
    """Give the persons who turned out to be this one, under whose ids older things still stand."""
    found = Person._get_collection().find({"merged_into": person_id, "state": "merged"}, {"_id": 1}).sort("_id", 1)
    return [one["_id"] for one in found.limit(JOINED_MAX)]
