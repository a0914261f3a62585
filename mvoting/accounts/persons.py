"""One person: from a proven identifier to the one account it may open.

Every step is one atomic write on one document, and an identifier is claimed before its person is made, so that two phones
at once, or a crash in between, end at one person.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from pymongo.client_session import ClientSession
from pymongo.errors import DuplicateKeyError

from mvoting.accounts import rules, sessions
from mvoting.accounts.consents import Consents, given, require_current
from mvoting.accounts.errors import (
    IdentifierTaken,
    LastIdentifier,
    NotTwoPersons,
    NumberResting,
    PhoneRequired,
    SecondFactRequired,
    SessionEnded,
    TooManyIdentifiers,
)
from mvoting.accounts.models import Identifier, Merger, Person, PollHorizon, Session
from mvoting.core import audit, log
from mvoting.core.clock import now
from mvoting.core.database import in_transaction
from mvoting.core.ids import new_id
from mvoting.core.problems import NotFound
from mvoting.core.secrets import keyed, seal, unseal

IDENTIFIERS_MAX = 10
JOINED_MAX = 100
SESSION_REACH = timedelta(minutes=10)  # an access token outlives the refresh that gave it by this
FACT_FIELDS = ("facts_sealed", "facts_keys", "facts_source", "facts_confirmed_at")
# By which kind of identifier each source of facts knows a person.
CONFIRMS = {"national": "identity_provider", "phone": "register", "document": "staff"}
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


@dataclass(frozen=True)
class Proof:
    """An identifier that somebody just proved to hold.

    Args: value: E.164 phone number, or the provider's name for the person.
    """

    kind: str
    value: str
    provider: str = ""
    label: str = ""

    @property
    def key(self) -> str:
        """The keyed hash under which the identifier is stored."""
        return identifier_key(self.kind, self.value, provider=self.provider)


def identifier_key(kind: str, value: str, *, provider: str = "") -> str:
    """Give the keyed hash of an identifier; lists of phone numbers are stored as these keys, too."""
    return keyed("identifier", f"{kind}:{provider}:{value}")


def phone_key(text: str) -> str | None:
    """Give the stored key of a phone number in any usual form; None when it is none."""
    phone = rules.normal_phone(text)
    return identifier_key("phone", phone) if phone else None


def keys_of(person_id: str) -> list[str]:
    """Give the keys of the identifiers that open this person's door."""
    return [
        i["_id"] for i in Identifier._get_collection().find({"person_id": person_id, "state": "active"}, {"_id": 1}).limit(50)
    ]


def open_door(
    proof: Proof, consents: Consents | None, *, is_confirmed: bool = False, session: ClientSession | None = None
) -> str:
    """Give the id of the person whom a proven identifier opens, joining a new one where that is due.

    Args: is_confirmed: a second fact has confirmed that the holder of the identifier is its person.
    Raises: ConsentRequired, PhoneRequired, SecondFactRequired (403), NumberResting (409).
    """
    identifier = Identifier._get_collection().find_one({"_id": proof.key}, session=session)
    match _door(proof, identifier, session):
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


def owner(proof: Proof, *, session: ClientSession | None = None) -> str | None:
    """Give the person whose door an identifier is at present, without opening it."""
    mine = {"_id": proof.key, "state": "active"}
    identifier = Identifier._get_collection().find_one(mine, {"person_id": 1}, session=session)
    return _followed(str(identifier["person_id"]), session) if identifier else None


def is_open(proof: Proof) -> bool:
    """Tell whether an identifier alone opens its person's door: an idle number, which may have a new holder, does not."""
    return _door(proof, Identifier._get_collection().find_one({"_id": proof.key}), None) is rules.Door.OPEN


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


def disconnect(person_id: str, key: str) -> None:
    """Give an identifier up. It opens nothing until every poll that is open now has closed.

    What was confirmed by one of its kind goes with it, until another confirms it: one identity must not make residents of
    one account after another.

    Raises: NotFound (404), LastIdentifier (409).
    """

    def work(session: ClientSession) -> None:
        collection = Identifier._get_collection()
        # Both removals of somebody who removes two at once touch this document, so that one of them sees the other.
        Person._get_collection().update_one({"_id": person_id}, {"$inc": {"changes": 1}}, session=session)
        mine = {"person_id": person_id, "state": "active"}
        left = {"$set": {"state": "released", "left_at": now()}, "$unset": {"label_sealed": ""}}
        given_up = collection.find_one_and_update({"_id": key, **mine}, left, session=session)
        if given_up is None:
            raise NotFound
        if not collection.count_documents({**mine, "kind": {"$ne": "social"}}, session=session):
            raise LastIdentifier
        by_it = {"_id": person_id, "facts_source": CONFIRMS.get(given_up["kind"], "")}
        not_confirmed = {"$set": {"trust": "member"}, "$unset": dict.fromkeys(FACT_FIELDS, "")}
        Person._get_collection().update_one(by_it, not_confirmed, session=session)

    in_transaction(work)


def release_to_newcomer(proof: Proof) -> None:
    """Take an idle number from its former person, because its present holder says that the account is not theirs.

    The number rests until every poll in which the former person may have voted has closed.
    """
    identifier = Identifier._get_collection().find_one({"_id": proof.key, "state": "active"})
    if identifier is None or _door(proof, identifier, None) is not rules.Door.SECOND_FACT:
        return
    latest = Session._get_collection().find_one(
        {"person_id": identifier["person_id"]}, {"rotated_at": 1}, sort=[("rotated_at", -1)]
    )
    left_at = max(identifier["verified_at"], latest["rotated_at"] + SESSION_REACH if latest else BEGINNING)
    Identifier._get_collection().update_one(
        {"_id": proof.key, "state": "active", "verified_at": identifier["verified_at"]},
        {"$set": {"state": "released", "left_at": left_at}, "$unset": {"label_sealed": ""}},
    )


def identifiers_of(person_id: str) -> list[dict[str, Any]]:
    """Give the ways by which a person signs in: id, kind, label, verified_at."""
    found = Identifier._get_collection().find({"person_id": person_id, "state": "active"}).limit(IDENTIFIERS_MAX)
    return [{"id": i["_id"], "kind": i["kind"], "label": label(i), "verified_at": i["verified_at"]} for i in found]


def merge(kept: str, dropped: str, *, staff_id: str, reason: str) -> None:
    """Link two persons who are one: the dropped one's doors lead to the kept one, and its ballots in open polls are withdrawn.

    The withdrawing is done by voting, from the merger stored here.
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
        merger = {"_id": new_id(), "kept": kept, "dropped": dropped, "state": "open", "at": at}
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


def open_mergers(*, before: datetime) -> list[dict[str, Any]]:
    """Give mergers whose ballots are still to be withdrawn: {"_id", "kept", "dropped", "at"}."""
    return list(Merger._get_collection().find({"state": "open", "at": {"$lt": before}}).sort("at", 1).limit(100))


def close_merger(merger_id: str) -> None:
    """Note that the ballots of a merger's dropped person are withdrawn."""
    Merger._get_collection().update_one({"_id": merger_id}, {"$set": {"state": "done"}})


def person(person_id: str, *, session: ClientSession | None = None) -> dict[str, Any] | None:
    """Give the stored person."""
    return Person._get_collection().find_one({"_id": person_id}, session=session)


def joined_to(person_id: str) -> list[str]:
    """Give the persons who turned out to be this one, under whose ids older things still stand."""
    found = Person._get_collection().find({"merged_into": person_id, "state": "merged"}, {"_id": 1}).sort("_id", 1)
    return [one["_id"] for one in found.limit(JOINED_MAX)]


def how_many() -> int:
    """Give the number of persons, with those who left while polls open then are not counted; merged ones are in it too."""
    return Person._get_collection().estimated_document_count()


def confirmed_fact_keys(person_id: str) -> list[str]:
    """Give the keyed hashes of what the city confirmed about a person."""
    found = Person._get_collection().find_one({"_id": person_id}, {"facts_keys": 1})
    return list((found or {}).get("facts_keys") or ())


def holders(keys: list[str]) -> set[str]:
    """Give the people whose doors these identifier keys open now."""
    found = Identifier._get_collection().find({"_id": {"$in": keys}, "state": "active"}, {"person_id": 1})
    return {identifier["person_id"] for identifier in found}


def label(identifier: Mapping[str, Any]) -> str:
    """Open what the person is shown of an identifier."""
    sealed = identifier.get("label_sealed")
    return unseal("identifier-label", bytes(sealed), bound_to=identifier["_id"].encode()).decode() if sealed else ""


def horizon() -> datetime:
    """Give the moment at or after which every poll that is still to be counted opened."""
    stored = PollHorizon._get_collection().find_one({"_id": "polls"})
    return stored["at"] if stored else BEGINNING


def note_poll_horizon(at: datetime) -> None:
    """Note that every poll still to be counted opened at or after `at`; it only ever moves forward."""
    PollHorizon._get_collection().update_one({"_id": "polls"}, {"$max": {"at": at}}, upsert=True)


def _door(proof: Proof, identifier: Mapping[str, Any] | None, session: ClientSession | None) -> rules.Door:
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
    # Erased: the same person comes back, so that what was voted counts once. Released and forgotten: somebody new.
    keeps = identifier["state"] != "released"
    new_owner = person_id or (identifier["person_id"] if keeps else new_id())
    stored = collection.find_one_and_update(
        {"_id": proof.key, "state": identifier["state"], "person_id": identifier["person_id"]},
        {"$set": {**ours, "person_id": new_owner}, "$unset": {"left_at": ""}},
        return_document=True,
        session=session,
    )
    return str(stored["person_id"]) if stored else None
