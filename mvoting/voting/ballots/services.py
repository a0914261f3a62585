"""Casting: load, decide, one write."""

import hashlib
import hmac
import os
import threading
from typing import Any

from pymongo import MongoClient, ReturnDocument
from pymongo.collection import Collection
from pymongo.errors import AutoReconnect, DuplicateKeyError, OperationFailure, WTimeoutError
from pymongo.write_concern import WriteConcern

from mvoting.accounts.guards import Person
from mvoting.core.keys import current_key
from mvoting.core.problems import Unavailable
from mvoting.core.secrets import derive_key
from mvoting.core.settings import settings
from mvoting.voting.ballots import errors, rules
from mvoting.voting.ballots.models import Ballot
from mvoting.voting.ballots.schemas import Cast
from mvoting.voting.polls import services as polls
from mvoting.voting.polls.errors import PollClosed, PollNotOpen
from mvoting.voting.polls.rules import PollFacts
from mvoting.voting.statements import Receipt, sign

TIME_LIMIT_MS = 2000
CONVERSION_FAILURE = 241  # what cast_update's failing branches raise
SHOWN = {"_id": 0, "leaves": 1, "casts": 1, "withdrawn": 1}

_connecting = threading.Lock()
_connected: tuple[int, Collection[dict[str, Any]]] | None = None


def cast_ballot(poll_id: str, cast: Cast, person: Person) -> dict[str, Any]:
    """Cast or change a ballot; sent again with the same cast_id it changes nothing and gives the same receipt.

    Returns: {"revision", "receipt"}.
    Raises: PollNotFound (404), NotEligible (voting.not-eligible, 403), InvalidBallot (voting.invalid-ballot, 422) and, all
        409: PollNotOpen, PollClosed, PollCancelled, DefinitionChanged, RevisionConflict, CastIdReused, BallotFinal,
        TooManyChanges, BallotWithdrawn, DuplicateBallot.
    """
    facts = polls.poll_facts(poll_id)
    if refusal := rules.cast_refusal(facts, cast):
        raise refusal
    polls.admission(facts, trust=person.trust, claims=person.claims)
    ballot = rules.envelope(facts, cast)
    stored = _store(facts, ballot_id(facts, person.id), ballot)
    revision = rules.outcome(ballot, stored)
    if not isinstance(revision, int):
        raise revision
    replaces = stored["leaves"][revision - 2].hex() if stored and revision > 1 else None
    key = current_key("board")
    receipt = Receipt(poll_id, facts.definition_hash, ballot.leaf.hex(), replaces)
    return {"revision": revision, "receipt": sign(receipt, key.private, key.kid)}


def ballot_id(facts: PollFacts, person_id: str) -> bytes:
    """Give the key of a person's ballot in a poll.

    Raises: PollClosed (409) once the poll's salt is destroyed and nobody can compute it any more.
    """
    if not facts.salt:
        raise PollClosed(closed_at=facts.closes_at.isoformat())
    return hmac.digest(derive_key(f"ballots of {facts.id}", facts.salt), person_id.encode(), hashlib.sha256)


def ballot_state(poll_id: str, person: Person) -> dict[str, Any]:
    """Tell whether a person has voted, never what.

    Raises: PollNotFound (404), PollClosed (409) once the salt is destroyed.
    """
    stored = _ballots().find_one({"_id": ballot_id(polls.poll_facts(poll_id), person.id)}, {"casts": 1, "withdrawn": 1})
    return {"revision": len(stored["casts"]) if stored else 0, "is_withdrawn": bool(stored and stored.get("withdrawn"))}


def _store(facts: PollFacts, key: bytes, ballot: rules.Envelope) -> dict[str, Any] | None:
    update = rules.cast_update(facts.id, ballot, facts.opens_at, facts.closes_at)
    for is_last_try in (False, True):
        try:
            return _ballots().find_one_and_update(
                {"_id": key},
                update,
                projection=SHOWN,
                # Only a first ballot may make a document; a change of a ballot that is not there is a conflict.
                upsert=ballot.replaced_revision == 0,
                return_document=ReturnDocument.AFTER,
                maxTimeMS=TIME_LIMIT_MS,
            )
        except AutoReconnect:
            # The driver does not retry here (retryWrites costs 12 % of mongod); the cast_id makes it safe to do so.
            if is_last_try:
                raise
        except DuplicateKeyError:
            raise errors.DuplicateBallot from None
        except WTimeoutError:
            raise Unavailable(headers={"Retry-After": "2"}) from None  # perhaps stored; the phone's retry will tell
        except OperationFailure as refused:
            if refused.code != CONVERSION_FAILURE:
                raise
            if rules.NOT_OPEN_YET in str(refused):
                raise PollNotOpen(opens_at=facts.opens_at.isoformat()) from None
            raise PollClosed(closed_at=facts.closes_at.isoformat()) from None
    return None


def _ballots() -> Collection[dict[str, Any]]:
    """Give the collection on this process's own client, which waits for majority and journal and does not retry."""
    global _connected
    if _connected and _connected[0] == os.getpid():
        return _connected[1]
    with _connecting:
        if not _connected or _connected[0] != os.getpid():
            client: MongoClient[dict[str, Any]] = MongoClient(
                settings().mongodb_uri,
                tz_aware=True,
                retryWrites=False,
                serverSelectionTimeoutMS=4000,
                maxPoolSize=64,
                appname="mvoting-cast",
            )
            collection = client[settings().mongodb_name].get_collection(
                Ballot._get_collection_name(), write_concern=WriteConcern("majority", wtimeout=TIME_LIMIT_MS, j=True)
            )
            _connected = (os.getpid(), collection)
        return _connected[1]
