"""A poll on its way from scheduled to published; every step is recorded once, whoever takes it."""

from datetime import datetime
from typing import Any

from pymongo.client_session import ClientSession

from mvoting.core import log
from mvoting.core.problems import PreconditionFailed
from mvoting.voting.polls import admissions, errors, rolls, rules
from mvoting.voting.polls.services import store

ENDED: dict[str, Any] = {"$currentDate": {"ended_at": True}}


def schedule_poll(
    poll_id: str, *, now: datetime, staff_id: str | None, is_waiting: bool = False, version: int | None = None
) -> dict[str, Any]:
    """Freeze a draft; from then on it opens and closes by its times.

    Args: staff_id: None when its author, a citizen, does it. is_waiting: only while it waits for the city's look, which
        this ends. version: of the draft that somebody looked at; None where that does not matter.
    Raises: PollNotFound (404), PollTimesInvalid (422), RollMissing (voting.roll-missing, 409), PollStateChanged
        (voting.poll-state, 409), PreconditionFailed (412) when a draft was changed since it was looked at.
    """
    review = {"review": "waiting"} if is_waiting else {}
    by = {"scheduled_by": staff_id} if staff_id else {}
    act = "approve" if is_waiting else "schedule"
    while True:
        poll = store.poll_document(poll_id)
        if version is not None and poll["state"] == "draft" and poll["version"] != version:
            raise PreconditionFailed
        if poll["closes_at"] <= now:
            raise errors.PollTimesInvalid
        if poll["definition"]["audience"]["kind"] == "list" and not rolls.is_ready(poll):
            raise errors.RollMissing
        # What was looked at is what is frozen: neither the draft nor its roll may have changed since.
        seen = {"version": poll["version"], "roll_changes": poll.get("roll_changes")}
        # What no staff member has seen is in no list before moderation has looked at it.
        unseen = {"is_listed": False} if staff_id is None and "room" not in poll else {}
        to_look_at = {"to_look_at": now} if poll["created_by"]["kind"] == "person" else {}
        scheduled = {"state": "scheduled", "scheduled_at": now, **by, **unseen, **to_look_at}
        update = {"$set": scheduled, "$unset": {"review": "", "review_reason": ""}}
        if moved := store.change_poll(poll_id, {"state": "draft", **seen, **review}, update, act=act, staff_id=staff_id):
            return moved
        if poll["state"] != "draft" or (is_waiting and poll.get("review") != "waiting"):
            raise errors.PollStateChanged(state=poll["state"])


def cancel_poll(poll_id: str, reason: str, *, staff_id: str) -> dict[str, Any]:
    """Call a poll off, with a public reason.

    Raises: PollNotFound (404), PollStateChanged (voting.poll-state, 409).
    """
    update = {"$set": {"state": "cancelled", "cancel_reason": reason}, "$currentDate": {"cancelled_at": True}}
    running = {"state": {"$in": ["draft", "scheduled", "open"]}}
    return _move(poll_id, running, update, act="cancel", staff_id=staff_id, reason=reason)


def move_closing(
    poll_id: str, closes_at: datetime, reason: str, *, seen: datetime | None = None, now: datetime, staff_id: str
) -> dict[str, Any]:
    """Extend a poll, or close it early, for a reason that everybody reads; never nearer than `store.SETTLE` from now.

    Args: seen: the end that somebody looked at; None where that does not matter.
    Raises: PollNotFound (404), PollTimesInvalid (422), ExtensionTooLate, SealedNotExtended, PollStateChanged (409),
        PreconditionFailed (412) when the end was moved since.
    """
    poll = store.poll_document(poll_id)
    if seen is not None and seen != poll["closes_at"]:
        raise PreconditionFailed
    if refusal := rules.extension_refusal(store.facts_of(poll), closes_at, now=now, settle=store.SETTLE):
        raise refusal
    kind = "extended" if closes_at > poll["closes_at"] else "closed-early"
    change = {"kind": kind, "at": now, "closes_at": closes_at, "reason": reason}
    still = {"state": {"$in": ["scheduled", "open"]}, "closes_at": poll["closes_at"]}
    # Judged again at the write: one that other entries of the log held up must not reach processes after either end.
    latest = min(poll["closes_at"], closes_at) - store.SETTLE / 2
    still["$expr"] = {"$lt": ["$$NOW", latest]}
    update = {"$set": {"closes_at": closes_at}, "$push": {"changes": change}}
    act = "extend" if kind == "extended" else "close_early"
    moved = _move(poll_id, still, update, act=act, staff_id=staff_id, reason=reason)
    log.event("voting.poll_end_moved", poll_id=poll_id, kind=kind)
    return moved


def begin_final_scan(poll_id: str) -> None:
    """Note that all ballots are taken to the board now: no withdrawal is written behind that."""
    store.polls().update_one({"_id": poll_id, "is_scanned": None}, {"$set": {"is_scanned": True}})


def note_withdrawal(poll_id: str, session: ClientSession) -> None:
    """Note a withdrawal in its own transaction, which cannot then end behind the beginning of the final scan.

    Raises: PollClosed (409) once that began.
    """
    before = {"_id": poll_id, "is_scanned": None}
    if not store.polls().update_one(before, {"$inc": {"withdrawals": 1}}, session=session).matched_count:
        raise errors.PollClosed(closed_at=store.poll_document(poll_id)["closes_at"].isoformat())


def record_final_head(poll_id: str, *, now: datetime) -> None:
    """Destroy a poll's salt: from here on nobody can compute whose ballot is whose."""
    store.polls().update_one({"_id": poll_id, "final_head_at": None}, {"$set": {"final_head_at": now}, "$unset": {"salt": ""}})
    store.forget_facts(poll_id)


def record_tally(poll_id: str, result: dict[str, Any], *, now: datetime) -> dict[str, Any] | None:
    """Keep a closed poll's result, not yet shown; None when somebody was quicker."""
    return store.move_state(poll_id, "closed", "tallied", {"result": result, "tallied_at": now})


def record_published(poll_id: str, *, now: datetime) -> bool:
    """Show a counted poll's result. Returns: whether this call did."""
    published = store.move_state(poll_id, "tallied", "published", {"published_at": now})
    if published:
        log.event("voting.poll_published", poll_id=poll_id)
        admissions.forget(poll_id)
    return published is not None


def record_archived(poll_id: str) -> None:
    """Note that a poll's archives are kept."""
    store.polls().update_one({"_id": poll_id, "is_archived": None}, {"$set": {"is_archived": True}})


def record_openings(*, now: datetime) -> list[str]:
    """Record that polls whose time has come, by the database's clock as well, are open. Returns the ids newly recorded."""
    due = {"state": "scheduled", "opens_at": {"$lte": now}, "$expr": {"$lte": ["$opens_at", "$$NOW"]}}
    return _record(due, "open", "opened_at", now)


def record_closings(*, now: datetime) -> list[str]:
    """Record that polls whose time is over are closed. Returns the ids newly recorded.

    The database's clock decides, as it does about ballots: a worker whose clock is ahead closes nothing early.
    """
    due = {"state": "open", "closes_at": {"$lte": now}, "$expr": {"$lte": ["$closes_at", "$$NOW"]}}
    return _record(due, "closed", "closed_at", now, **ENDED)


def record_end(poll_id: str) -> datetime | None:
    """Record that a poll is over, where it is by the database's clock or was called off; then its end cannot be moved.

    In writes of their own: one inside a transaction is seen by others long after its moment, when whoever made it slept.
    Returns: since when whoever asks is told so, by the database's clock; None while the poll runs.
    """
    polls, over = store.polls(), {"$expr": {"$lte": ["$closes_at", "$$NOW"]}}
    due = {"_id": poll_id, "state": {"$in": ["scheduled", "open"]}, **over}
    polls.update_one(
        due, {"$set": {"state": "closed"}, "$currentDate": {"closed_at": True, "ended_at": True}, "$inc": {"version": 1}}
    )
    polls.update_one({"_id": poll_id, "state": {"$in": ["closed", "cancelled"]}, "ended_at": None}, ENDED)
    poll = polls.find_one({"_id": poll_id}, {"ended_at": 1})
    return poll.get("ended_at") if poll else None


def _record(due: dict[str, Any], state: str, stamp: str, now: datetime, **more: Any) -> list[str]:
    moved = []
    change = {"$set": {"state": state, stamp: now}, "$inc": {"version": 1}, **more}
    for poll in store.polls().find(due, {"_id": 1, "state": 1}).limit(200):
        if store.polls().update_one({"_id": poll["_id"], **due}, change).modified_count:
            log.event(f"voting.poll_{state}", poll_id=poll["_id"])
            store.forget_facts(poll["_id"])
            moved.append(poll["_id"])
    return moved


def _move(
    poll_id: str, expected: dict[str, Any], update: dict[str, Any], *, act: str, staff_id: str | None, reason: str = ""
) -> dict[str, Any]:
    moved = store.change_poll(poll_id, expected, update, act=act, staff_id=staff_id, reason=reason)
    if moved is None:
        raise errors.PollStateChanged(state=store.poll_document(poll_id)["state"])
    return moved
