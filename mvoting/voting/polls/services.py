"""What can be done with polls: load, decide, one write."""

import os
import time
from datetime import datetime
from typing import Any

from bson import Binary
from pymongo import ReturnDocument
from pymongo.collection import Collection

from mvoting.core import log
from mvoting.core.ids import new_id
from mvoting.core.pagination import keyset_page
from mvoting.voting.polls import errors, rules
from mvoting.voting.polls.definition import definition_hash
from mvoting.voting.polls.models import Poll
from mvoting.voting.polls.rules import PollFacts

FACTS_LIFETIME_S = 2.0
_facts: dict[str, tuple[float, PollFacts]] = {}

PUBLIC_STATES = ["scheduled", "open", "closed", "tallied", "published", "cancelled"]


def _polls() -> Collection[dict[str, Any]]:
    collection: Collection[dict[str, Any]] = Poll._get_collection()
    return collection


def create_poll(
    content: dict[str, Any], opens_at: datetime, closes_at: datetime, created_by: dict[str, str], *, now: datetime
) -> dict[str, Any]:
    """Store a draft.

    Args: content: the definition without its poll id.
    Raises: PollTimesInvalid (voting.poll-times, 422).
    """
    if closes_at <= max(opens_at, now):
        raise errors.PollTimesInvalid
    poll_id = new_id()
    definition = {"poll": poll_id, **content}
    poll = {
        "_id": poll_id,
        "state": "draft",
        "definition": definition,
        "definition_hash": definition_hash(definition),
        "opens_at": opens_at,
        "closes_at": closes_at,
        "created_at": now,
        "created_by": created_by,
        "salt": Binary(os.urandom(32)),
        "version": 1,
    }
    _polls().insert_one(poll)
    return poll


def schedule_poll(poll_id: str, *, now: datetime) -> dict[str, Any]:
    """Freeze a draft; from then on it opens and closes by its times.

    Raises: PollNotFound (404), PollTimesInvalid (422), PollStateChanged (voting.poll-state, 409).
    """
    poll = _get(poll_id)
    if poll["closes_at"] <= now:
        raise errors.PollTimesInvalid
    return _move(poll_id, ["draft"], "scheduled", {"scheduled_at": now})


def cancel_poll(poll_id: str, reason: str, *, now: datetime) -> dict[str, Any]:
    """Call a poll off, with a public reason.

    Raises: PollNotFound (404), PollStateChanged (voting.poll-state, 409).
    """
    return _move(poll_id, ["draft", "scheduled", "open"], "cancelled", {"cancelled_at": now, "cancel_reason": reason})


def get_poll(poll_id: str) -> dict[str, Any]:
    """Load a poll that the public may see.

    Raises: PollNotFound (404).
    """
    poll = _get(poll_id)
    if poll["state"] not in PUBLIC_STATES:
        raise errors.PollNotFound
    return poll


def list_polls(phase: str | None, *, after: str | None, limit: int) -> tuple[list[dict[str, Any]], str | None]:
    """List public polls, the latest opening first."""
    states = [phase] if phase else PUBLIC_STATES
    return keyset_page(_polls(), {"state": {"$in": states}}, sort=[("opens_at", -1), ("_id", -1)], after=after, limit=limit)


def poll_facts(poll_id: str) -> PollFacts:
    """Give a poll's facts, at most `FACTS_LIFETIME_S` old.

    Raises: PollNotFound (404).
    """
    known = _facts.get(poll_id)
    if known and known[0] > time.monotonic():
        return known[1]
    facts = facts_of(_get(poll_id))
    if len(_facts) > 10_000:
        _facts.clear()
    _facts[poll_id] = (time.monotonic() + FACTS_LIFETIME_S, facts)
    return facts


def facts_of(poll: dict[str, Any]) -> PollFacts:
    """Pick a poll document's facts."""
    return PollFacts(
        id=poll["_id"],
        state=poll["state"],
        definition=poll["definition"],
        definition_hash=poll["definition_hash"],
        opens_at=poll["opens_at"],
        closes_at=poll["closes_at"],
        salt=bytes(poll.get("salt") or b""),
    )


def admission(facts: PollFacts, *, trust: str, claims: dict[str, Any]) -> None:
    """Let a person of the poll's audience pass.

    Raises: NotEligible (voting.not-eligible, 403).
    """
    if refusal := rules.admission_refusal(facts.audience, trust, claims):
        raise refusal


def roll_size(facts: PollFacts) -> int | None:
    """Give the number of people who may vote, None where the audience has no roll."""
    return None


def polls_with_open_board() -> list[str]:
    """Name polls whose boards may still take ballots."""
    unfinished = {"final_head_at": None, "state": {"$in": ["scheduled", "open", "closed"]}}
    return [poll["_id"] for poll in _polls().find(unfinished, {"_id": 1}).sort("_id", 1).limit(1000)]


def record_final_head(poll_id: str, *, now: datetime) -> None:
    """Destroy a poll's salt: from here on nobody can compute whose ballot is whose."""
    _polls().update_one({"_id": poll_id, "final_head_at": None}, {"$set": {"final_head_at": now}, "$unset": {"salt": ""}})
    _facts.pop(poll_id, None)


def polls_to_tally() -> list[str]:
    """Name closed polls whose ballots are all on the board and whose result is not published."""
    due = {"state": {"$in": ["closed", "tallied"]}, "final_head_at": {"$ne": None}}
    return [poll["_id"] for poll in _polls().find(due, {"_id": 1}).sort("closes_at", 1).limit(1000)]


def poll_document(poll_id: str) -> dict[str, Any]:
    """Load a poll with everything in it, whatever its state; for the tally and for staff.

    Raises: PollNotFound (404).
    """
    return _get(poll_id)


def record_tally(poll_id: str, result: dict[str, Any], *, now: datetime) -> dict[str, Any] | None:
    """Keep a closed poll's result, not yet shown; None when somebody was quicker."""
    return _swap(poll_id, "closed", "tallied", {"result": result, "tallied_at": now})


def record_published(poll_id: str, *, now: datetime) -> bool:
    """Show a counted poll's result. Returns: whether this call did."""
    published = _swap(poll_id, "tallied", "published", {"published_at": now})
    if published:
        log.event("voting.poll_published", poll_id=poll_id)
    return published is not None


def record_openings(*, now: datetime) -> list[str]:
    """Record that polls whose time has come are open. Returns the ids newly recorded."""
    return _record({"state": "scheduled", "opens_at": {"$lte": now}}, "open", "opened_at", now)


def record_closings(*, now: datetime) -> list[str]:
    """Record that polls whose time is over are closed. Returns the ids newly recorded."""
    return _record({"state": "open", "closes_at": {"$lte": now}}, "closed", "closed_at", now)


def opened_since(since: datetime, *, now: datetime) -> list[dict[str, Any]]:
    """Give the polls that are open by their times and opened after `since`, at most 200."""
    due = {"state": {"$in": ["scheduled", "open"]}, "opens_at": {"$gt": since, "$lte": now}, "closes_at": {"$gt": now}}
    return list(_polls().find(due).limit(200))


def closing_before(until: datetime, *, now: datetime) -> list[dict[str, Any]]:
    """Give the open polls that close before `until`, at most 200."""
    return list(_polls().find({"state": "open", "closes_at": {"$gt": now, "$lte": until}}).limit(200))


def published_since(since: datetime, *, now: datetime) -> list[dict[str, Any]]:
    """Give the polls whose result was published after `since`, at most 200."""
    return list(_polls().find({"state": "published", "published_at": {"$gt": since, "$lte": now}}).limit(200))


def _record(due: dict[str, Any], state: str, stamp: str, now: datetime) -> list[str]:
    moved = []
    for poll in _polls().find(due, {"_id": 1, "state": 1}).limit(200):
        if (
            _polls()
            .update_one({"_id": poll["_id"], **due}, {"$set": {"state": state, stamp: now}, "$inc": {"version": 1}})
            .modified_count
        ):
            log.event(f"voting.poll_{state}", poll_id=poll["_id"])
            moved.append(poll["_id"])
    return moved


def _get(poll_id: str) -> dict[str, Any]:
    poll = _polls().find_one({"_id": poll_id})
    if poll is None:
        raise errors.PollNotFound
    return poll


def _swap(poll_id: str, state: str, to: str, changes: dict[str, Any]) -> dict[str, Any] | None:
    moved = _polls().find_one_and_update(
        {"_id": poll_id, "state": state},
        {"$set": {"state": to, **changes}, "$inc": {"version": 1}},
        return_document=ReturnDocument.AFTER,
    )
    _facts.pop(poll_id, None)
    return moved


def _move(poll_id: str, states: list[str], to: str, changes: dict[str, Any]) -> dict[str, Any]:
    moved = _polls().find_one_and_update(
        {"_id": poll_id, "state": {"$in": states}},
        {"$set": {"state": to, **changes}, "$inc": {"version": 1}},
        return_document=ReturnDocument.AFTER,
    )
    if moved is None:
        raise errors.PollStateChanged(state=_get(poll_id)["state"])
    _facts.pop(poll_id, None)
    return moved
