"""One person: from a proven identifier to the one account it may open.

Every step is one atomic write on one document, and an identifier is claimed before its person is made, so that two phones
at once, or a crash in between, end at one person.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from mvoting.accounts import rules
from mvoting.accounts.errors import ConsentRequired, NumberResting, PhoneRequired, SecondFactRequired
from mvoting.accounts.models import Identifier, Person, PollHorizon
from mvoting.core import log
from mvoting.core.clock import now
from mvoting.core.ids import new_id
from mvoting.core.secrets import keyed, seal, unseal

TERMS_VERSION = 1
PRIVACY_VERSION = 1
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


@dataclass(frozen=True)
class Consents:
    """What a person agreed to when joining."""

    terms: int
    privacy: int
    is_fourteen: bool


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


def open_door(proof: Proof, consents: Consents | None, *, is_confirmed: bool = False) -> str:
    """Give the id of the person whom a proven identifier opens, joining a new one where that is due.

    Args: is_confirmed: a second fact has confirmed that the holder of the identifier is its person.
    Raises: ConsentRequired, PhoneRequired, SecondFactRequired (403), NumberResting (409).
    """
    identifier = Identifier._get_collection().find_one({"_id": proof.key})
    match rules.door(proof.kind, _facts(identifier), now=now(), horizon=horizon()):
        case rules.Door.CLOSED:
            raise PhoneRequired
        case rules.Door.RESTING:
            raise NumberResting
        case rules.Door.SECOND_FACT if not is_confirmed:
            raise SecondFactRequired
        case rules.Door.JOIN:
            return _join(proof, identifier, consents)
    assert identifier is not None
    _touch(proof)
    return _followed(str(identifier["person_id"]))


def person(person_id: str) -> dict[str, Any] | None:
    """Give the stored person."""
    return Person._get_collection().find_one({"_id": person_id})


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


def _facts(identifier: Mapping[str, Any] | None) -> rules.DoorFacts | None:
    if identifier is None:
        return None
    owner = Person._get_collection().find_one({"_id": identifier["person_id"]}, {"state": 1})
    return rules.DoorFacts(
        identifier_state=identifier["state"],
        person_state=owner["state"] if owner else None,
        verified_at=identifier["verified_at"],
        left_at=identifier.get("left_at"),
    )


def _followed(person_id: str) -> str:
    """Follow a merged person to the one it became; make good a person whose making was cut short."""
    stored = Person._get_collection().find_one({"_id": person_id}, {"state": 1, "merged_into": 1})
    if stored is not None and stored["state"] == "merged":
        return str(stored["merged_into"])
    return person_id


def _touch(proof: Proof) -> None:
    Identifier._get_collection().update_one({"_id": proof.key, "state": "active"}, {"$set": {"verified_at": now()}})


def _join(proof: Proof, identifier: Mapping[str, Any] | None, consents: Consents | None) -> str:
    if consents is None or consents.terms != TERMS_VERSION or consents.privacy != PRIVACY_VERSION:
        raise ConsentRequired(terms=TERMS_VERSION, privacy=PRIVACY_VERSION)
    person_id = _claim(proof, identifier)
    at = now()
    fresh = {
        "state": "active" if consents.is_fourteen else "awaiting_guardian",
        "trust": "member",
        "created_at": at,
        "consents": [
            {"document": "terms", "version": consents.terms, "at": at},
            {"document": "privacy", "version": consents.privacy, "at": at},
        ],
    }
    Person._get_collection().update_one({"_id": person_id}, {"$setOnInsert": fresh}, upsert=True)
    Person._get_collection().update_one({"_id": person_id, "state": "erased"}, {"$set": fresh, "$unset": {"erased_at": ""}})
    log.event("accounts.person_joined", person_id=person_id, kind=proof.kind)
    return person_id


def _claim(proof: Proof, identifier: Mapping[str, Any] | None) -> str:
    """Make the identifier open one person's door. Returns: that person's id, whoever was quicker."""
    collection = Identifier._get_collection()
    ours = {
        "kind": proof.kind,
        "provider": proof.provider,
        "state": "active",
        "verified_at": now(),
        "label_sealed": seal("identifier-label", proof.label.encode(), bound_to=proof.key.encode()),
    }
    if identifier is None:
        stored = collection.find_one_and_update(
            {"_id": proof.key}, {"$setOnInsert": {**ours, "person_id": new_id()}}, upsert=True, return_document=True
        )
    else:
        # Erased: the same person comes back, so that what was voted counts once. Released and forgotten: somebody new.
        keeps = identifier["state"] != "released"
        stored = collection.find_one_and_update(
            {"_id": proof.key, "state": identifier["state"], "person_id": identifier["person_id"]},
            {"$set": {**ours, "person_id": identifier["person_id"] if keeps else new_id()}, "$unset": {"left_at": ""}},
            return_document=True,
        ) or collection.find_one({"_id": proof.key})
    assert stored is not None
    return str(stored["person_id"])
