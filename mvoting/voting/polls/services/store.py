"""The polls as they are stored: their facts remembered for a moment, every change a compare-and-swap."""

import time
from datetime import timedelta
from typing import Any

from pymongo import ReturnDocument
from pymongo.client_session import ClientSession
from pymongo.collection import Collection

from mvoting.core import audit
from mvoting.core.database import in_transaction
from mvoting.voting.polls import errors
from mvoting.voting.polls.models import Poll
from mvoting.voting.polls.rules import PollFacts

FACTS_LIFETIME_S = 2.0
SETTLE = timedelta(seconds=2 * FACTS_LIFETIME_S)
"""After this every process knows a changed end."""
FACTS_GOOD_FOR = timedelta(seconds=FACTS_LIFETIME_S + 1)
"""So long after they were read a ballot may be written by these facts; a process that slept longer asks again."""
_FACTS = ("state", "definition", "definition_hash", "opens_at", "closes_at", "salt", "is_hidden", "is_held")
_facts: dict[str, tuple[float, PollFacts]] = {}


def polls() -> Collection[dict[str, Any]]:
    collection: Collection[dict[str, Any]] = Poll._get_collection()
    return collection


def poll_facts(poll_id: str) -> PollFacts:
    """Give a poll's facts, at most `FACTS_LIFETIME_S` old.

    Raises: PollNotFound (404).
    """
    known = _facts.get(poll_id)
    if known and known[0] > time.monotonic():
        return known[1]
    poll = polls().find_one({"_id": poll_id}, {**dict.fromkeys(_FACTS, 1), "read_at": "$$NOW"})
    if poll is None:
        raise errors.PollNotFound
    facts = facts_of(poll)
    if len(_facts) > 10_000:
        forget_facts()
    _facts[poll_id] = (time.monotonic() + FACTS_LIFETIME_S, facts)
    return facts


def forget_facts(poll_id: str | None = None) -> None:
    """Read a poll's facts, or those of all, anew when they are next asked for."""
    if poll_id is None:
        _facts.clear()
    else:
        _facts.pop(poll_id, None)


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
        is_hidden=bool(poll.get("is_hidden") and not poll.get("is_held")),
        known_until=poll["read_at"] + FACTS_GOOD_FOR if "read_at" in poll else None,
    )


def poll_document(poll_id: str) -> dict[str, Any]:
    """Load a poll with everything in it, whatever its state; for the tally and for staff.

    Raises: PollNotFound (404).
    """
    poll = polls().find_one({"_id": poll_id})
    if poll is None:
        raise errors.PollNotFound
    return poll


def move_state(poll_id: str, state: str, to: str, changes: dict[str, Any]) -> dict[str, Any] | None:
    moved = polls().find_one_and_update(
        {"_id": poll_id, "state": state},
        {"$set": {"state": to, **changes}, "$inc": {"version": 1}},
        return_document=ReturnDocument.AFTER,
    )
    forget_facts(poll_id)
    return moved


def change_poll(
    poll_id: str, expected: dict[str, Any], update: dict[str, Any], *, act: str, staff_id: str | None, reason: str = ""
) -> dict[str, Any] | None:
    """Change a poll that is as `expected`, with an entry in the audit log unless its author does it (`staff_id` None).

    Returns: the changed poll, None when it was not as expected; then nothing is written.
    """

    def swap(session: ClientSession | None) -> dict[str, Any] | None:
        return polls().find_one_and_update(
            {"_id": poll_id, **expected},
            {**update, "$inc": {"version": 1}},
            return_document=ReturnDocument.AFTER,
            session=session,
        )

    def swap_and_record(session: ClientSession, staff_id: str) -> dict[str, Any] | None:
        before = polls().find_one({"_id": poll_id}, session=session)
        changed = swap(session)
        if before is not None and changed is not None:
            told: dict[str, Any] = {
                "reason": reason,
                "before": audited(before),
                "after": audited(changed),
                "person_id": _citizen(changed),
            }
            audit.record(f"polls.{act}", f"poll:{poll_id}", staff_id=staff_id, session=session, **told)
        return changed

    changed = swap(None) if staff_id is None else in_transaction(lambda session: swap_and_record(session, staff_id))
    forget_facts(poll_id)
    return changed


def audited(poll: dict[str, Any]) -> dict[str, Any]:
    """Give what the audit log tells of a poll; the hash stands for the content, which may be longer than an entry."""
    shown = ("state", "version", "opens_at", "closes_at", "definition_hash", "review", "is_hidden")
    return {name: poll[name] for name in shown if name in poll}


def _citizen(poll: dict[str, Any]) -> str | None:
    """Name the citizen about whose poll an entry tells, so that it can be erased with them."""
    return poll["created_by"]["id"] if poll["created_by"]["kind"] == "person" else None
