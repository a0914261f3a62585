"""Identifiers that change hands: given up by their person, or a number that its present holder says is not the account's.

Numbers are given out again by their carriers. Whoever gets one gets a number: not the account behind it, not what the city
knew of the former holder, and no second ballot in a poll in which that one may have voted. And a holder who says "not mine"
of an account of their own loses that account, so that nobody takes part as two.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from pymongo.client_session import ClientSession

from mvoting.accounts import persons, registers, rules, sessions
from mvoting.accounts.errors import LastIdentifier
from mvoting.accounts.identifiers import Proof
from mvoting.accounts.models import Identifier, Person, Session
from mvoting.accounts.persons import FACT_FIELDS
from mvoting.core import log
from mvoting.core.clock import now
from mvoting.core.database import in_transaction
from mvoting.core.problems import NotFound

SESSION_REACH = timedelta(minutes=10)  # an access token outlives the refresh that gave it by this
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
# By which kind of identifier each source of facts knows a person.
CONFIRMS = {"national": "identity_provider", "phone": "register", "document": "staff"}
NOT_CONFIRMED = {"$set": {"trust": "member"}, "$unset": dict.fromkeys(FACT_FIELDS, "")}


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
        _forget_what_it_confirmed(person_id, given_up, session)

    in_transaction(work)


def release_to_newcomer(proof: Proof) -> None:
    """Take an idle number from its former person, because its present holder says that the account is not theirs.

    The number rests until every poll in which the former person may have voted has closed. What it confirmed goes, and a
    register that names it confirms nobody any more. An account that nothing else makes a person is closed: its sessions
    end, and only staff can join it to another (`joining.merge`).
    """

    def work(session: ClientSession) -> None:
        collection = Identifier._get_collection()
        identifier = collection.find_one({"_id": proof.key, "state": "active"}, session=session)
        if identifier is None or persons.leads_to(proof, identifier, session) is not rules.Door.SECOND_FACT:
            return
        former = identifier["person_id"]
        # Signing in and connecting touch this document, so that of two at once one sees the other.
        Person._get_collection().update_one({"_id": former}, {"$inc": {"changes": 1}}, session=session)
        left_at = max(identifier["verified_at"], _last_reach(former, session))
        left = {"$set": {"state": "released", "left_at": left_at}, "$unset": {"label_sealed": ""}}
        collection.update_one({"_id": proof.key}, left, session=session)
        _forget_what_it_confirmed(former, identifier, session)
        if not persons.has_door(former, session=session):
            _close(former, session)
        log.event("accounts.number_released", person_id=former)

    in_transaction(work)


def _last_reach(person_id: str, session: ClientSession) -> datetime:
    """Give until when a person's access tokens may have been good."""
    newest = Session._get_collection().find_one(
        {"person_id": person_id}, {"rotated_at": 1}, sort=[("rotated_at", -1)], session=session
    )
    return newest["rotated_at"] + SESSION_REACH if newest else BEGINNING


def _forget_what_it_confirmed(person_id: str, identifier: Mapping[str, Any], session: ClientSession) -> None:
    by_it = {"_id": person_id, "facts_source": CONFIRMS.get(identifier["kind"], "")}
    Person._get_collection().update_one(by_it, NOT_CONFIRMED, session=session)
    if identifier["kind"] == "phone":
        registers.note_changed_hands([identifier["_id"]], session=session)


def _close(person_id: str, session: ClientSession) -> None:
    """Let nobody in any more: social sign-ins alone make no person, and the city knows of none any longer."""
    left = {"$set": {"state": "released", "left_at": now()}, "$unset": {"label_sealed": ""}}
    Identifier._get_collection().update_many({"person_id": person_id, "state": "active"}, left, session=session)
    Person._get_collection().update_one({"_id": person_id}, NOT_CONFIRMED, session=session)
    sessions.end_all(person_id, because="number_released", session=session)
