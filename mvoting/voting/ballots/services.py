"""Casting: load, decide, one write."""

import hashlib
import hmac
import os
import threading
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pymongo
from pymongo import MongoClient, ReturnDocument
from pymongo.client_session import ClientSession
from pymongo.collection import Collection
from pymongo.errors import AutoReconnect, DuplicateKeyError, OperationFailure, WriteConcernError
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

from mvoting.accounts.guards import Person
from mvoting.core.clock import now
from mvoting.core.database import in_transaction
from mvoting.core.group_commit import GroupCommit
from mvoting.core.keys import current_key
from mvoting.core.problems import Unavailable
from mvoting.core.secrets import derive_key
from mvoting.core.settings import settings
from mvoting.voting.acts import recorded
from mvoting.voting.ballots import errors, rules
from mvoting.voting.ballots.models import Ballot
from mvoting.voting.ballots.schemas import Cast
from mvoting.voting.polls import services as polls
from mvoting.voting.polls.errors import AdmissionNeeded, NotEligible, PollCancelled, PollClosed, PollNotOpen, ResidentsOnly
from mvoting.voting.polls.rules import PollFacts
from mvoting.voting.statements import Receipt, sign

TIME_LIMIT_MS = 2000
MOST_AT_ONCE = 32  # first ballots in one command
CONVERSION_FAILURE = 241  # what cast_update's failing branches raise
SHOWN = {"_id": 0, "leaves": 1, "casts": 1, "withdrawn": 1}
READINGS = 3  # of a poll's facts for one cast
AFTERWARDS = (AdmissionNeeded, NotEligible, ResidentsOnly, PollCancelled, PollClosed)
"""Refusals that may begin when a ballot is already accepted: sent again it still gets its receipt."""


Update = list[dict[str, Any]]


class _FactsTooOld(Exception):
    """The poll's end may have been moved since its facts were read."""


_connecting = threading.Lock()
_connected: tuple[int, Collection[dict[str, Any]]] | None = None


def cast_ballot(poll_id: str, cast: Cast, person: Person) -> dict[str, Any]:
    """Cast or change a ballot; sent again with the same cast_id it changes nothing and gives the same receipt.

    Returns: {"revision", "receipt"}.
    Raises: PollNotFound (404), NotEligible (voting.not-eligible, 403), InvalidBallot (voting.invalid-ballot, 422) and, all
        409: PollNotOpen, PollClosed, PollCancelled, DefinitionChanged, RevisionConflict, CastIdReused, BallotFinal,
        TooManyChanges, BallotWithdrawn, DuplicateBallot.
    """
    for _ in range(READINGS):
        try:
            return _cast(polls.poll_facts(poll_id), cast, person)
        except _FactsTooOld:
            polls.forget_facts(poll_id)
    raise Unavailable(headers={"Retry-After": "2"})


def _cast(facts: PollFacts, cast: Cast, person: Person) -> dict[str, Any]:
    try:
        if refusal := rules.cast_refusal(facts, cast):
            raise refusal
        polls.admission(facts, person)
        if not facts.salt:
            raise PollClosed(closed_at=facts.closes_at.isoformat())
    except AFTERWARDS as refused:
        ballot = rules.envelope(facts, cast)
        if stored := _known(facts, person, ballot):
            return _acknowledged(facts, ballot, stored)
        raise refused from None
    ballot = rules.envelope(facts, cast)
    return _acknowledged(facts, ballot, _store(facts, ballot_id(facts, person.id), ballot))


def _acknowledged(facts: PollFacts, ballot: rules.Envelope, stored: Mapping[str, Any] | None) -> dict[str, Any]:
    revision = rules.outcome(ballot, stored)
    if not isinstance(revision, int):
        raise revision
    replaces = stored["leaves"][revision - 2].hex() if stored and revision > 1 else None
    key = current_key("board")
    receipt = Receipt(facts.id, facts.definition_hash, ballot.leaf.hex(), replaces)
    return {"revision": revision, "receipt": sign(receipt, key.private, key.kid)}


def _known(facts: PollFacts, person: Person, ballot: rules.Envelope) -> dict[str, Any] | None:
    committed = _ballots().with_options(read_concern=ReadConcern("majority"))
    # Without the salt nobody's ballot is found by the person; by its leaf it is, which only who made the ballot can name.
    place = {"_id": ballot_id(facts, person.id)} if facts.salt else {"leaves": ballot.leaf, "poll": facts.id}
    return committed.find_one({**place, "casts": ballot.cast_id}, SHOWN)


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


def export_personal_data(person_id: str) -> dict[str, Any]:
    """Tell in which unfinished polls a person has voted; never what, and of finished polls nobody can tell any more."""
    voted = []
    for poll_id in polls.polls_with_open_board(now=now()):
        facts = polls.poll_facts(poll_id)
        stored = facts.salt and Ballot._get_collection().find_one({"_id": ballot_id(facts, person_id)}, {"casts": 1})
        if stored:
            voted.append({"poll_id": poll_id, "revision": len(stored["casts"])})
    return {"ballots_in_unfinished_polls": voted}


def erase_personal_data(person_id: str) -> None:
    """Leave ballots as they are: they name nobody once the poll's salt is destroyed, and a closed result never changes."""


def voted_among(poll_id: str, person_ids: Sequence[str]) -> set[str]:
    """Tell which of these people have voted, never what: for reminders, asked at sending time and kept nowhere.

    Raises: PollNotFound (404), PollClosed (409) once the salt is destroyed.
    """
    facts = polls.poll_facts(poll_id)
    people = {ballot_id(facts, person_id): person_id for person_id in person_ids}
    found = _ballots().find({"_id": {"$in": list(people)}}, {"_id": 1})
    return {people[bytes(ballot["_id"])] for ballot in found}


def waiting_ballots(poll_id: str, limit: int, session: ClientSession | None) -> list[dict[str, Any]]:
    """Read majority-committed ballots that are not, or not wholly, on the board yet."""
    committed = Ballot._get_collection().with_options(read_concern=ReadConcern("majority"))
    found = committed.find({"poll": poll_id, "pending": True}, {"poll": 0, "casts": 0, "pending": 0}, session=session)
    return list(found.limit(limit))


def is_waiting(poll_id: str, count: int) -> bool:
    """Tell whether at least `count` ballots wait for the board."""
    return Ballot._get_collection().count_documents({"poll": poll_id, "pending": True}, limit=count) == count


def is_known_leaf(poll_id: str, leaf: bytes) -> bool:
    """Tell whether a leaf was handed in, on the board or not."""
    return Ballot._get_collection().find_one({"leaves": leaf, "poll": poll_id}, {"_id": 1}) is not None


def mark_boarded(groups: Iterable[Mapping[str, Any]]) -> None:
    """Note on ballots how far they stand on the board; those changed meanwhile go on waiting. May be repeated.

    Args: groups: {"ids", "revision", "is_withdrawn"} as they were put on the board.
    """
    collection = Ballot._get_collection()
    for group in groups:
        these, boarded = {"_id": {"$in": group["ids"]}}, {"boarded": group["revision"]}
        unchanged = {**these, "casts": {"$size": group["revision"]}, "withdrawn": {"$exists": group["is_withdrawn"]}}
        marked = collection.update_many(unchanged, {"$set": boarded, "$unset": {"pending": ""}}).matched_count
        if marked < len(group["ids"]):
            collection.update_many({**these, "boarded": {"$lt": group["revision"]}}, {"$set": boarded})


def withdraw_ballot(poll_id: str, person_id: str, reason: Mapping[str, str], *, staff_id: str | None) -> None:
    """Take a person's ballot out of the count, with a public reason; it cannot be cast again.

    Args: staff_id: None for the sweep after a merger: an entry beside the merger's would tell in which polls they voted.
    Raises: PollNotFound (404), PollClosed (409) once all ballots are taken to the board, NothingToWithdraw (voting.nothing-to-withdraw, 409).
    """
    key = ballot_id(polls.poll_facts(poll_id), person_id)
    withdrawal = {"$set": {"withdrawn": {"reason": dict(reason)}, "pending": True}}

    def write(session: ClientSession) -> int:
        polls.note_withdrawal(poll_id, session)
        counted = {"_id": key, "withdrawn": {"$exists": False}}
        modified: int = Ballot._get_collection().update_one(counted, withdrawal, session=session).modified_count
        return modified

    # Neither the person nor the ballot is named.
    def recorded_write(session: ClientSession | None) -> int:
        return in_transaction(write) if session is None else write(session)

    if not recorded("withdraw_ballot", f"poll:{poll_id}", staff_id, recorded_write, reason=" / ".join(reason.values())):
        raise errors.NothingToWithdraw


def _store(facts: PollFacts, key: bytes, ballot: rules.Envelope) -> dict[str, Any] | None:
    limit = rules.write_limit(facts)
    update = rules.cast_update(facts.id, ballot, facts.opens_at, limit)
    try:
        with pymongo.timeout(None):  # a request's time limit would take the place of the narrower one below
            try:
                return _store_together(key, update, ballot) or _store_alone(key, update, ballot)
            except AutoReconnect:
                # The driver does not retry here (retryWrites costs 12 % of mongod); the cast_id makes it safe to do so.
                return _store_alone(key, update, ballot)
    except DuplicateKeyError:
        raise errors.DuplicateBallot from None
    except WriteConcernError:  # not majority-committed in time, or a primary stepped down: the phone's retry will tell
        raise Unavailable(headers={"Retry-After": "2"}) from None
    except OperationFailure as refused:
        if refused.code != CONVERSION_FAILURE:
            raise
        if rules.NOT_OPEN_YET in str(refused):
            raise PollNotOpen(opens_at=facts.opens_at.isoformat()) from None
        if limit < rules.last_moment(facts):
            raise _FactsTooOld from None
        raise PollClosed(closed_at=facts.closes_at.isoformat()) from None


def _store_alone(key: bytes, update: Update, ballot: rules.Envelope) -> dict[str, Any] | None:
    return _ballots().find_one_and_update(
        {"_id": key},
        update,
        projection=SHOWN,
        # Only a first ballot may make a document; a change of a ballot that is not there is a conflict.
        upsert=ballot.replaced_revision == 0,
        return_document=ReturnDocument.AFTER,
        maxTimeMS=TIME_LIMIT_MS,
    )


def _store_together(key: bytes, update: Update, ballot: rules.Envelope) -> dict[str, Any] | None:
    """Store a first ballot in one command with others that come at this moment, which halves what a cast costs.

    Returns: the ballot as `_store_alone` gives it; None when no ballot was made, or not surely: the same write alone then
    tells what became of it, because a cast that is stored already is known by its cast_id.
    """
    if ballot.replaced_revision or not _first_ballots.submit({"q": {"_id": key}, "u": update, "upsert": True}):
        return None
    return {"leaves": [ballot.leaf], "casts": [ballot.cast_id]}


def _make_ballots(updates: list[dict[str, Any]]) -> list[bool]:
    """Write several casts. Returns: for each whether it made a ballot that is on the disks of a majority."""
    collection = _ballots()
    limits = {"writeConcern": collection.write_concern.document, "maxTimeMS": TIME_LIMIT_MS}
    try:
        done = collection.database.command({"update": collection.name, "updates": updates, "ordered": False, **limits})
    except OperationFailure:
        return [False] * len(updates)
    made = set() if "writeConcernError" in done else {ballot["index"] for ballot in done.get("upserted", ())}
    return [index in made for index in range(len(updates))]


_first_ballots: GroupCommit[dict[str, Any], bool] = GroupCommit(_make_ballots, most=MOST_AT_ONCE)


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
