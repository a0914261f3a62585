"""One person: from a proven identifier to the one account it may open.

Every step is one atomic write on one document, and an identifier is claimed before its person is made, so that two phones
at once, or a crash in between, end at one person.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from pymongo.client_session import ClientSession
from pymongo.errors import DuplicateKeyError

from mvoting.accounts import registers, rules, sessions
from mvoting.accounts.consents import Consents, given, require_current
from mvoting.accounts.errors import (
    IdentifierTaken,
    NumberResting,
    PhoneRequired,
    SecondFactRequired,
    SessionEnded,
    TooManyIdentifiers,
)
from mvoting.accounts.identifiers import IDENTIFIERS_MAX, Proof
from mvoting.accounts.models import Identifier, Person, PollHorizon
from mvoting.core import log
from mvoting.core.clock import now
from mvoting.core.database import in_transaction
from mvoting.core.ids import new_id
from mvoting.core.secrets import seal

FACT_FIELDS = ("facts_sealed", "facts_keys", "facts_source", "facts_confirmed_at")
PERSONAL_FIELDS = (
    *FACT_FIELDS,
    "guardian",
    "awaiting_since",
    "consents",
    "used_on",
    "changes",
)
IN_USE = {"state": sessions.IN_USE}
# Access tokens of a person who was erased or joined to another are refused everywhere after this (sessions.require_open).
SETTLED_AFTER = timedelta(seconds=10)
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


def open_door(
    proof: Proof, consents: Consents | None, *, is_confirmed: bool = False, session: ClientSession | None = None
) -> str:
    """Give the id of the person whom a proven identifier opens, joining a new one where that is due.

    Args: is_confirmed: a second fact has confirmed that the holder of the identifier is its person.
    Raises: ConsentRequired, PhoneRequired, SecondFactRequired (403), NumberResting (409).
    """
    identifier = Identifier._get_collection().find_one({"_id": proof.key}, session=session)
    match leads_to(proof, identifier, session):
        case rules.Door.CLOSED:
            raise PhoneRequired
        case rules.Door.RESTING:
            raise NumberResting
        case rules.Door.SECOND_FACT if not is_confirmed:
            raise SecondFactRequired
        case rules.Door.JOIN:
            agreed = require_current(consents)
            person_id = _claim(proof, identifier, session=session)
            if person_id is None:  # somebody moved it meanwhile
                return open_door(proof, consents, is_confirmed=is_confirmed, session=session)
            _make_person(person_id, agreed, proof, session)
            return _followed(person_id, session)
    assert identifier is not None
    if not _touch(proof, identifier["person_id"], session):  # given up, moved or erased meanwhile
        return open_door(proof, consents, is_confirmed=is_confirmed, session=session)
    return _followed(str(identifier["person_id"]), session)


def has_door(person_id: str, *, session: ClientSession | None = None) -> bool:
    """Tell whether anything that makes a person still opens this one's door."""
    makes_person = {"person_id": person_id, "state": "active", "kind": {"$ne": "social"}}
    return Identifier._get_collection().find_one(makes_person, {"_id": 1}, session=session) is not None


def owner(proof: Proof, *, session: ClientSession | None = None) -> str | None:
    """Give the person whose door an identifier is at present, without opening it."""
    mine = {"_id": proof.key, "state": "active"}
    identifier = Identifier._get_collection().find_one(mine, {"person_id": 1}, session=session)
    return _followed(str(identifier["person_id"]), session) if identifier else None


def is_open(proof: Proof) -> bool:
    """Tell whether an identifier alone opens its person's door: an idle number, which may have a new holder, does not."""
    return leads_to(proof, Identifier._get_collection().find_one({"_id": proof.key}), None) is rules.Door.OPEN


def connect(person_id: str, proof: Proof, *, session: ClientSession | None = None) -> None:
    """Connect a newly proven identifier to a person who is signed in: a new number, another way to sign in.

    Raises: IdentifierTaken, NumberResting, TooManyIdentifiers (409), SessionEnded (401) when the person is gone meanwhile.
    """
    if session is None:
        return in_transaction(lambda session: connect(person_id, proof, session=session))
    # Erasing, joining and connecting touch this document, so that of two at once one sees the other.
    touched = Person._get_collection().update_one({"_id": person_id, **IN_USE}, {"$inc": {"changes": 1}}, session=session)
    if not touched.matched_count:
        raise SessionEnded
    collection = Identifier._get_collection()
    others = {"person_id": person_id, "state": "active", "_id": {"$ne": proof.key}}
    if collection.count_documents(others, session=session) >= IDENTIFIERS_MAX:
        raise TooManyIdentifiers(limit=IDENTIFIERS_MAX)
    identifier = collection.find_one({"_id": proof.key}, session=session)
    if identifier is not None and identifier["state"] == "active":
        if _followed(identifier["person_id"], session) != person_id:
            raise IdentifierTaken
        _touch(proof, identifier["person_id"], session)
        return None
    is_own = identifier is not None and identifier["person_id"] == person_id
    if identifier is not None and not is_own and not rules.is_forgotten(identifier.get("left_at"), horizon()):
        raise NumberResting
    if _claim(proof, identifier, person_id=person_id, session=session) != person_id:
        raise IdentifierTaken
    return None


def person(person_id: str, *, session: ClientSession | None = None) -> dict[str, Any] | None:
    """Give the stored person."""
    return Person._get_collection().find_one({"_id": person_id}, session=session)


def how_many() -> int:
    """Give the number of persons, with those who left while polls open then are not counted; merged ones are in it too."""
    return Person._get_collection().estimated_document_count()


def confirmed_fact_keys(person_id: str) -> list[str]:
    """Give the keyed hashes of what the city confirmed about a person."""
    found = Person._get_collection().find_one({"_id": person_id}, {"facts_keys": 1})
    return list((found or {}).get("facts_keys") or ())


def horizon() -> datetime:
    """Give the moment at or after which every poll that is still to be counted opened."""
    stored = PollHorizon._get_collection().find_one({"_id": "polls"})
    return stored["at"] if stored else BEGINNING


def note_poll_horizon(at: datetime) -> None:
    """Note that every poll still to be counted opened at or after `at`; it only ever moves forward."""
    PollHorizon._get_collection().update_one({"_id": "polls"}, {"$max": {"at": at}}, upsert=True)


def leads_to(proof: Proof, identifier: Mapping[str, Any] | None, session: ClientSession | None) -> rules.Door:
    """Tell what a proven identifier leads to, by what is stored of it."""
    return rules.door(proof.kind, _facts(identifier, session), now=now(), horizon=horizon())


def _facts(identifier: Mapping[str, Any] | None, session: ClientSession | None) -> rules.DoorFacts | None:
    if identifier is None:
        return None
    owner = Person._get_collection().find_one({"_id": identifier["person_id"]}, {"state": 1}, session=session)
    return rules.DoorFacts(
        identifier_state=identifier["state"],
        person_state=owner["state"] if owner else None,
        verified_at=identifier["verified_at"],
        left_at=identifier.get("left_at"),
    )


def _followed(person_id: str, session: ClientSession | None = None) -> str:
    """Follow a merged person to the one it became."""
    stored = Person._get_collection().find_one({"_id": person_id}, {"state": 1, "merged_into": 1}, session=session)
    if stored is not None and stored["state"] == "merged":
        return str(stored["merged_into"])
    return person_id


def _touch(proof: Proof, person_id: str, session: ClientSession | None = None) -> bool:
    mine = {"_id": proof.key, "state": "active", "person_id": person_id}
    return Identifier._get_collection().update_one(mine, {"$set": {"verified_at": now()}}, session=session).matched_count == 1


def _make_person(person_id: str, consents: Consents, proof: Proof, session: ClientSession | None) -> None:
    at = now()
    fresh = {
        "state": "active" if consents.is_fourteen else "awaiting_guardian",
        "trust": "member",
        "created_at": at,
        "used_on": sessions.day(at),
        "consents": given(consents, at=at),
        **({} if consents.is_fourteen else {"awaiting_since": at}),
    }
    collection, back = Person._get_collection(), {"$set": fresh, "$unset": {"erased_at": ""}}
    made = collection.update_one({"_id": person_id}, {"$setOnInsert": fresh}, upsert=True, session=session)
    if made.matched_count:
        collection.update_one({"_id": person_id, "state": "erased"}, back, session=session)
    log.event("accounts.person_joined", person_id=person_id, kind=proof.kind)


def _claim(
    proof: Proof,
    identifier: Mapping[str, Any] | None,
    *,
    person_id: str | None = None,
    session: ClientSession | None = None,
) -> str | None:
    """Make the identifier open one person's door. Returns: that person's id, whoever was quicker; None to look again."""
    collection = Identifier._get_collection()
    ours = {
        "kind": proof.kind,
        "provider": proof.provider,
        "state": "active",
        "verified_at": now(),
        "label_sealed": seal("identifier-label", proof.label.encode(), bound_to=proof.key.encode()),
    }
    if identifier is None:
        fresh = {**ours, "person_id": person_id or new_id()}
        try:
            stored = collection.find_one_and_update(
                {"_id": proof.key}, {"$setOnInsert": fresh}, upsert=True, return_document=True, session=session
            )
        except DuplicateKeyError:  # two upserts at once
            stored = None
        return str(stored["person_id"]) if stored else None
    # Erased: the same person comes back, so that what was voted counts once. Given up, or unused for long: somebody new.
    keeps = not rules.may_have_changed_hands(proof.kind, identifier, now=now())
    new_owner = person_id or (identifier["person_id"] if keeps else new_id())
    if proof.kind == "phone" and new_owner != identifier["person_id"]:
        registers.note_changed_hands([proof.key], session=session)
    elif proof.kind == "phone":
        registers.note_came_back(proof.key, session=session)
    stored = collection.find_one_and_update(
        {"_id": proof.key, "state": identifier["state"], "person_id": identifier["person_id"]},
        {"$set": {**ours, "person_id": new_owner}, "$unset": {"left_at": ""}},
        return_document=True,
        session=session,
    )
    return str(stored["person_id"]) if stored else None
