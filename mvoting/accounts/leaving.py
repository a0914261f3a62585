"""Leaving: accounts that are erased by their owner or by staff, or forgotten because nobody used them for long.

What makes the person one and the same stays, keyed, until no poll that was open then is left (PIPA art. 21, 36).
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from pymongo.client_session import ClientSession

from mvoting.accounts import joining, persons, registers, sessions
from mvoting.accounts.errors import PersonNotFound
from mvoting.accounts.models import Erasure, Identifier, Merger, Person
from mvoting.core import audit, upgrade
from mvoting.core.clock import now
from mvoting.core.database import in_transaction


def erase(person_id: str, *, staff_id: str | None = None, reason: str = "", unused_since: datetime | None = None) -> None:
    """Erase an account at once: facts, labels, sessions, the key of its audit values. Ballots stay counted.

    Identifiers stay as tombstones until no poll open now is left, so that coming back gives the same person.

    Args: unused_since: erase it only if nobody used it since; what it published stays, under an id that leads to nobody.
    Raises: PersonNotFound (404).
    """
    condition = {"_id": person_id, **persons.IN_USE, **({"used_on": {"$lt": unused_since}} if unused_since else {})}

    def work(session: ClientSession) -> None:
        at = now()
        gone = dict.fromkeys(persons.PERSONAL_FIELDS, "")
        erased = {"$set": {"state": "erased", "erased_at": at, "trust": "member"}, "$unset": gone}
        if not Person._get_collection().update_one(condition, erased, session=session).matched_count:
            raise PersonNotFound
        if unused_since is not None:  # its numbers may belong to others by now
            mine = {"person_id": person_id, "state": "active", "kind": "phone"}
            numbers = [i["_id"] for i in Identifier._get_collection().find(mine, {"_id": 1}, session=session)]
            registers.note_changed_hands(numbers, session=session)
        Identifier._get_collection().update_many(
            {"person_id": person_id, "state": "active"},
            {"$set": {"state": "erased", "left_at": at}, "$unset": {"label_sealed": ""}},
            session=session,
        )
        sessions.end_all(person_id, because="erased", session=session)
        for one in (person_id, *joining.joined_to(person_id)):
            audit.destroy_personal_key(one, session=session)
        erasure = {"state": "open", "at": at, "was_unused": unused_since is not None}
        Erasure._get_collection().update_one({"_id": person_id}, {"$set": erasure}, upsert=True, session=session)
        if staff_id is not None:
            audit.record("person.erase", f"person:{person_id}", staff_id=staff_id, reason=reason, session=session)

    in_transaction(work)


def open_erasures() -> list[dict[str, Any]]:
    """Give erasures whose data other packages may still hold: {"_id" of the person, "at", "was_unused"}."""
    return list(Erasure._get_collection().find({"state": "open"}).sort("at", 1).limit(100))


def is_settled(erasure: Mapping[str, Any]) -> bool:
    """Tell whether nothing can be written any more with an access token of before; who came back writes on."""
    stored = persons.person(erasure["_id"])
    has_come_back = stored is not None and stored["state"] != "erased"
    return has_come_back or bool(erasure["at"] < now() - persons.SETTLED_AFTER)


def close_erasure(person_id: str) -> None:
    """Note that every package has removed what it knew."""
    Erasure._get_collection().update_one({"_id": person_id, "state": "open"}, {"$set": {"state": "done"}})


def unused(before: datetime, *, limit: int) -> list[str]:
    """Give persons whose account nobody has used since."""
    found = Person._get_collection().find({**persons.IN_USE, "used_on": {"$lt": before}}, {"_id": 1})
    return [person["_id"] for person in found.limit(limit)]


def fill_used_on() -> Iterator[list[dict[str, Any]]]:
    """Let accounts of an earlier release count as used on the day of the upgrade, so that nobody is forgotten too early."""
    today = sessions.day(now())
    return upgrade.fill(Person._get_collection(), "used_on", persons.IN_USE, ["state"], lambda _: {"used_on": today})


def forget_the_left(*, limit: int = 1000) -> int:
    """Delete tombstones, erased persons and traces of joining that no open poll needs any more. Returns: how many."""
    past, people = {"$lt": persons.horizon()}, Person._get_collection()
    identifiers = [i["_id"] for i in Identifier._get_collection().find({"left_at": past}, {"_id": 1}).limit(limit)]
    gone = Identifier._get_collection().delete_many({"_id": {"$in": identifiers}, "left_at": past}).deleted_count
    erased = [p["_id"] for p in people.find({"erased_at": past}, {"_id": 1}).limit(limit)]
    done = [e["_id"] for e in Erasure._get_collection().find({"_id": {"$in": erased}, "state": "done"}, {"_id": 1})]
    gone += people.delete_many({"_id": {"$in": done}, "erased_at": past}).deleted_count
    left = set(done) - {p["_id"] for p in people.find({"_id": {"$in": done}}, {"_id": 1})}  # nobody came back meanwhile
    gone += people.delete_many({"merged_into": {"$in": sorted(left)}, "state": "merged"}).deleted_count
    Erasure._get_collection().delete_many({"_id": {"$in": done}, "state": "done"})
    mergers = [m["_id"] for m in Merger._get_collection().find({"due": [], "at": past}, {"_id": 1}).limit(limit)]
    return gone + Merger._get_collection().delete_many({"_id": {"$in": mergers}}).deleted_count
