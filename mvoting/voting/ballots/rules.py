"""What a cast must be, and the one update that stores it. Pure: times are compared by the database, not here."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mvoting.core.problems import Problem
from mvoting.voting import canonical
from mvoting.voting.ballots import errors
from mvoting.voting.ballots.leaf import open_leaf, sealed_leaf
from mvoting.voting.ballots.schemas import MAX_CHANGES, Cast
from mvoting.voting.polls.errors import PollCancelled, PollNotFound
from mvoting.voting.polls.rules import PollFacts, answers_problem
from mvoting.voting.sealing.hpke import ciphertext_bytes

CONTENT_LIMIT_BYTES = 16 * 1024
NOT_OPEN_YET, CLOSED = "not-open-yet", "closed"


@dataclass(frozen=True)
class Envelope:
    """A checked cast in the form in which it is stored."""

    cast_id: bytes
    replaced_revision: int
    leaf: bytes
    content: bytes
    nonce: bytes


def cast_refusal(facts: PollFacts, cast: Cast) -> Problem | None:
    """Tell why a cast cannot be taken, whatever the time is."""
    if facts.state == "draft" or facts.is_hidden:
        return PollNotFound()
    if facts.state == "cancelled":
        return PollCancelled()
    if cast.definition_hash != facts.definition_hash:
        return errors.DefinitionChanged(definition_hash=facts.definition_hash)
    if cast.revision and not facts.is_changeable:
        return errors.BallotFinal()
    if cast.revision > MAX_CHANGES:
        return errors.TooManyChanges(limit=MAX_CHANGES)
    return None


def envelope(facts: PollFacts, cast: Cast) -> Envelope:
    """Check a cast's content and commit to it.

    Raises: InvalidBallot (voting.invalid-ballot, 422).
    """
    definition_hash = bytes.fromhex(facts.definition_hash)
    if facts.secrecy == "sealed":
        content, nonce = _sealed_content(facts.definition, cast), b""
        leaf = sealed_leaf(definition_hash, content)
    else:
        content, nonce = _open_content(facts, cast), bytes.fromhex(cast.nonce or "")
        leaf = open_leaf(definition_hash, content, nonce)
    return Envelope(bytes.fromhex(cast.cast_id), cast.revision, leaf, content, nonce)


def _open_content(facts: PollFacts, cast: Cast) -> bytes:
    if cast.choices is None or cast.sealed is not None:
        raise errors.InvalidBallot("choices-expected")
    if cast.nonce is None:
        raise errors.InvalidBallot("nonce-missing")
    if wrong := answers_problem(facts.answer_rules, cast.choices):
        question, reason = wrong
        raise errors.InvalidBallot(reason, question=question)
    try:
        content = canonical.encode(cast.choices)
    except canonical.NotCanonical:
        raise errors.InvalidBallot("not-canonical") from None
    if len(content) > CONTENT_LIMIT_BYTES:
        raise errors.InvalidBallot("too-long")
    return content


def _sealed_content(definition: Mapping[str, Any], cast: Cast) -> bytes:
    if cast.sealed is None or cast.choices is not None:
        raise errors.InvalidBallot("sealed-expected")
    try:
        content = base64.urlsafe_b64decode(cast.sealed + "=" * (-len(cast.sealed) % 4))
    except binascii.Error:
        raise errors.InvalidBallot("not-base64url") from None
    if len(content) != ciphertext_bytes(definition["sealing"]["padded_bytes"]):
        raise errors.InvalidBallot("sealed-length")
    return content


def cast_update(poll_id: str, ballot: Envelope, opens_at: datetime, closes_at: datetime) -> list[dict[str, Any]]:
    """Give the aggregation pipeline that stores a cast, or leaves everything as it is, or fails with code 241.

    Left as it is: a cast already known, a revision that is not the stored one, a withdrawn ballot, the same ballot again. Failing is the only
    way in which an upsert can store nothing, so it refuses what comes before opening or after closing by `$$NOW`.
    """
    leaves = {"$ifNull": ["$leaves", []]}
    casts = {"$ifNull": ["$casts", []]}
    stored = {
        "_id": "$_id",
        "poll": poll_id,
        "leaves": {"$concatArrays": [leaves, [ballot.leaf]]},
        "casts": {"$concatArrays": [casts, [ballot.cast_id]]},
        "content": ballot.content,
        "nonce": ballot.nonce,
        "boarded": {"$ifNull": ["$boarded", 0]},
        "pending": True,
    }
    branches = [
        {"case": {"$in": [ballot.cast_id, casts]}, "then": "$$ROOT"},
        {"case": {"$ne": [{"$size": leaves}, ballot.replaced_revision]}, "then": "$$ROOT"},
        {"case": {"$ifNull": ["$withdrawn", False]}, "then": "$$ROOT"},
        # The unique index sees a leaf in two ballots, not twice in one.
        {"case": {"$in": [ballot.leaf, leaves]}, "then": "$$ROOT"},
        {"case": {"$lt": ["$$NOW", opens_at]}, "then": _failing(NOT_OPEN_YET)},
        {"case": {"$gte": ["$$NOW", closes_at]}, "then": _failing(CLOSED)},
    ]
    return [{"$replaceWith": {"$switch": {"branches": branches, "default": stored}}}]


def last_moment(facts: PollFacts) -> datetime:
    """Give the moment from which nothing new is stored: long past once the closing is recorded.

    So a database whose clock goes back afterwards, or the next primary's that is behind, takes no ballot behind the final head.
    """
    return facts.closes_at if facts.state in ("scheduled", "open") else facts.opens_at


def write_limit(facts: PollFacts) -> datetime:
    """Give the moment from which a cast must not be stored by these facts: the end, or when they are too old to know it."""
    end = last_moment(facts)
    return min(end, facts.known_until) if facts.known_until else end


def _failing(word: str) -> dict[str, Any]:
    # Not a constant, or the server would compute it, and fail, before it looks at the branches.
    return {"$toInt": {"$concat": [word, " ", {"$toString": "$$NOW"}]}}


def outcome(ballot: Envelope, stored: Mapping[str, Any] | None) -> int | Problem:
    """Read from the document after the update which revision this cast is, or why it is none.

    Returns: the revision, 1 for a first ballot.
    """
    casts = stored["casts"] if stored else []
    if ballot.cast_id in casts:
        at = casts.index(ballot.cast_id)
        return at + 1 if stored and stored["leaves"][at] == ballot.leaf else errors.CastIdReused()
    if stored and stored.get("withdrawn"):
        return errors.BallotWithdrawn()
    if stored and ballot.replaced_revision == len(casts) and ballot.leaf in stored["leaves"]:
        return errors.DuplicateBallot()
    return errors.RevisionConflict(revision=len(casts))
