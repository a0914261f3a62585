"""Along the pipeline: every move is one compare-and-swap that writes state, timeline, promises and event together."""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from pymongo import ReturnDocument
from pymongo.client_session import ClientSession

from mvoting.core import log
from mvoting.core.ids import new_id
from mvoting.core.problems import PreconditionFailed
from proposals import acts, events
from proposals.debates import services as debates
from proposals.ideas import errors, rules
from proposals.ideas.pipeline import Event, Role, State, next_state
from proposals.ideas.programmes import Consequence, Counted
from proposals.ideas.services import departments
from proposals.ideas.services.collections import ideas
from proposals.ideas.services.writing import timeline_entry
from proposals.visibility import PUBLIC, is_public

ANSWER_DAYS = 30
DEBATE_DAYS = 30
TRIES = 20


def load(idea_id: str) -> dict[str, Any]:
    """Load an idea as staff see it.

    Raises: IdeaNotFound (404).
    """
    idea = ideas().find_one({"_id": idea_id})
    if idea is None or idea["state"] == State.DRAFT:
        raise errors.IdeaNotFound
    return idea


def load_seen(idea_id: str) -> dict[str, Any]:
    """Load an idea that everybody sees, for an act of staff: what is hidden rests until it is seen again.

    Raises: IdeaNotFound (404), IdeaHidden (410).
    """
    idea = load(idea_id)
    if not is_public(idea):
        raise errors.IdeaHidden
    return idea


def move(
    idea: dict[str, Any],
    event: Event,
    roles: Sequence[Role],
    *,
    now: datetime,
    reason: str | None = None,
    changes: dict[str, Any] | None = None,
    pushes: dict[str, Any] | None = None,
    condition: dict[str, Any] | None = None,
    more_events: Sequence[dict[str, Any]] = (),
    staff_id: str | None = None,
    also: Callable[[ClientSession | None], object] = lambda _: None,
) -> dict[str, Any] | None:
    """Bring an event about, if the table lets one of these roles do so; an act of staff is recorded with it.

    Args: also: what else is written with the move.
    Returns: the moved idea, or None when it changed since it was loaded.
    Raises: MoveNotAllowed (proposals.move-not-allowed, 409).
    """
    was = State(idea["state"])
    role = next((role for role in roles if next_state(idea["pipeline"], was, event, role)), None)
    to = next_state(idea["pipeline"], was, event, role) if role else None
    if role is None or to is None:
        raise errors.MoveNotAllowed(state=was.value)
    update = _update_of(
        idea, event, role, to, now, reason=reason, changes=changes or {}, pushes=pushes or {}, more_events=more_events
    )
    expected = {"_id": idea["_id"], "state": was.value, "version": idea["version"], **(condition or {})}

    def write(session: ClientSession | None) -> dict[str, Any] | None:
        moved = ideas().find_one_and_update(expected, update, return_document=ReturnDocument.AFTER, session=session)
        if moved is not None:
            also(session)
        return moved

    act, target, after = f"proposals.{event}", f"idea:{idea['_id']}", {"state": to.value}
    moved = acts.recorded(act, target, staff_id, write, reason=reason or "", after=after) if staff_id else write(None)
    if moved is None:
        return None
    log.event("proposals.idea_moved", idea_id=idea["_id"], event_name=str(event), state=to.value)
    if to is State.DEBATING:
        open_its_debate(moved, now)
    events.announce()
    return moved


def _update_of(
    idea: dict[str, Any],
    event: Event,
    role: Role,
    to: State,
    now: datetime,
    *,
    reason: str | None,
    changes: dict[str, Any],
    pushes: dict[str, Any],
    more_events: Sequence[dict[str, Any]],
) -> dict[str, Any]:
    """Give the one update that a move writes."""
    promises = _promises_after(idea, event, role, to, now)
    written: dict[str, Any] = {"state": to.value, "promises": promises, "updated_at": now, **changes}
    if to is State.DONE:
        written["done_at"] = now
    if to is State.DEBATING:
        written |= {"debate_id": new_id(), "debate_closes_at": now + timedelta(days=_debate_days(idea))}
    update = _with_due(written, promises)
    facts = {"reason": reason} if reason else {}
    pushed = {"timeline": timeline_entry(event, State(idea["state"]), to, role, now, **facts), **pushes}
    told = events.entry("idea_moved", ("idea", idea["_id"]), now, to=("followers", idea["_id"]), event=str(event), state=to.value)
    update["$push"] = {**pushed, **events.pushed([told, *more_events])}
    if to is State.DEBATING:
        update["$addToSet"] = {"settle": "debate"}
    update["$inc"] = {"version": 1}
    return update


def _with_due(written: dict[str, Any], promises: list[dict[str, Any]]) -> dict[str, Any]:
    due = rules.earliest_due(promises)
    if due is None:
        return {"$set": written, "$unset": {"next_due_at": ""}}
    return {"$set": {**written, "next_due_at": due}}


def _promises_after(idea: dict[str, Any], event: Event, role: Role, to: State, now: datetime) -> list[dict[str, Any]]:
    """A verdict or reply keeps what was promised; entering a review or the answering promises anew."""
    promises = [dict(p) for p in idea["promises"]]
    if event in (Event.REPLY, Event.ACCEPT, Event.DECLINE, Event.ADOPT_AT_ONCE, Event.RETIRE, Event.MERGE):
        for promise in promises:
            if promise["kept_at"] is None and rules.keeps(role, promise):
                promise["kept_at"] = now
    days = _reply_days(idea) if to is State.REVIEWING and event in (Event.REACH, Event.LIFT) else 0
    if to is State.ANSWERING and event is Event.CLOSE_DEBATE and not rules.open_promises({"promises": promises}):
        days = ANSWER_DAYS
    if days:
        promises.append(rules.promise("department_reply", new_id(), idea.get("department"), days, now=now))
    return promises


def _advance_threshold(idea: dict[str, Any]) -> dict[str, Any]:
    return next((t for t in idea["thresholds"] if t["consequence"] == Consequence.ADVANCE), {})


def _reply_days(idea: dict[str, Any]) -> int:
    return int(_advance_threshold(idea).get("reply_days") or ANSWER_DAYS)


def _debate_days(idea: dict[str, Any]) -> int:
    return int(_advance_threshold(idea).get("debate_days") or DEBATE_DAYS)


def open_its_debate(idea: dict[str, Any], now: datetime) -> None:
    """Make the debate whose id the move chose; a sweep does it when this process dies here."""
    debates.open_debate_of_idea(idea["debate_id"], idea, idea["debate_closes_at"], now=now)
    ideas().update_one({"_id": idea["_id"]}, {"$pull": {"settle": "debate"}})


# --- thresholds ------------------------------------------------------------------------------------------------------


def cross_thresholds(idea_id: str, *, now: datetime) -> int:
    """Bring about what the reached thresholds of endorsements say, each exactly once. Returns how many."""
    return _cross(idea_id, Counted.ENDORSEMENTS, None, now)


def cross_debate_thresholds(idea_id: str, participants: int, *, now: datetime) -> int:
    """The same for thresholds of debate participants."""
    return _cross(idea_id, Counted.DEBATERS, participants, now)


def _cross(idea_id: str, counted: Counted, count: int | None, now: datetime) -> int:
    crossed = 0
    for _ in range(TRIES):
        idea = ideas().find_one({"_id": idea_id})
        if idea is None:
            return crossed
        reached_count = idea["endorsement_count"] if count is None else count
        threshold = rules.next_reached(idea, counted, reached_count)
        if threshold is None or State(idea["state"]) not in (State.COLLECTING, State.DEBATING):
            return crossed
        if counted is Counted.ENDORSEMENTS and idea["state"] != State.COLLECTING:
            return crossed
        crossed += _bring_about(idea, dict(threshold), counted, now)
    return crossed


def _bring_about(idea: dict[str, Any], threshold: dict[str, Any], counted: Counted, now: datetime) -> bool:
    """Write a threshold's consequence under the version it was read at; somebody else's write makes the caller look again."""
    key = rules.threshold_key(threshold)
    condition: dict[str, Any] = {"reached": {"$ne": key}}
    if counted is Counted.ENDORSEMENTS:
        condition["endorsement_count"] = {"$gte": threshold["count"]}
    if threshold["consequence"] == Consequence.ADVANCE:
        return move(idea, Event.REACH, [Role.SYSTEM], now=now, pushes={"reached": key}, condition=condition) is not None
    kind = str(threshold["consequence"])
    promises = [*idea["promises"], rules.promise(kind, new_id(), idea.get("department"), threshold["reply_days"], now=now)]
    state = State(idea["state"])
    line = timeline_entry("reach", state, state, Role.SYSTEM, now, counted=str(counted), count=threshold["count"], promise=kind)
    told = events.entry(
        "threshold_reached", ("idea", idea["_id"]), now, to=("followers", idea["_id"]), count=threshold["count"], consequence=kind
    )
    steps: dict[str, Any] = {"version": 1}
    if counted is Counted.ENDORSEMENTS and (step := rules.step_to_next(idea, threshold)) is not None:
        steps["to_threshold"] = step
    ahead = rules.next_threshold(idea["thresholds"], [*idea["reached"], key])
    update = _with_due({"promises": promises, "next_threshold": ahead}, promises)
    update |= {"$inc": steps, "$push": {"reached": key, "timeline": line, **events.pushed([told])}}
    done = ideas().update_one({"_id": idea["_id"], "state": idea["state"], "version": idea["version"], **condition}, update)
    if done.modified_count:
        log.event("proposals.threshold_reached", idea_id=idea["_id"], count=threshold["count"], consequence=kind)
        events.announce()
    return done.modified_count == 1


# --- staff -----------------------------------------------------------------------------------------------------------

STAFF_EVENTS = (Event.LIFT, Event.ADVANCE, Event.ADOPT_AT_ONCE, Event.COMPLETE, Event.REOPEN)


def move_by_staff(
    idea_id: str,
    event: Event,
    held: Collection[str],
    reason: str,
    staff_id: str,
    *,
    seen: str | None = None,
    now: datetime,
) -> dict[str, Any]:
    """Move an idea with a reason that everybody reads.

    Args: held: the staff member's roles. seen: the stage that it had when somebody looked; None where that does not matter.
    Raises: IdeaNotFound (404), IdeaHidden (410), OtherDepartment (403), MoveNotAllowed (409), PreconditionFailed (412) when
        somebody else was quicker.
    """
    idea = load_seen(idea_id)
    if seen is not None and seen != idea["state"]:
        raise PreconditionFailed
    moved = move(idea, event, departments.roles_about(idea, held, staff_id), now=now, reason=reason, staff_id=staff_id)
    if moved is None:
        raise PreconditionFailed
    return moved


def assign_department(idea_id: str, department: str, staff_id: str, *, seen: str | None = None, now: datetime) -> dict[str, Any]:
    """Say which department answers for an idea, for what it owes too.

    Args: seen: the department that it had when somebody looked, "" for none; None where that does not matter.
    Raises: IdeaNotFound (404), IdeaHidden (410), PreconditionFailed (412) when it is another's by now.
    """
    present = load_seen(idea_id).get("department") or ""
    if seen is not None and seen != present:
        raise PreconditionFailed
    return change_by_staff(
        "assign",
        idea_id,
        staff_id,
        {"_id": idea_id, "state": {"$ne": State.DRAFT}, "department": present or None},
        {
            "$set": {"department": department, "updated_at": now, "promises.$[open].department": department},
            "$push": {"timeline": {"at": now, "event": "assign", "by": Role.COORDINATOR.value, "department": department}},
            "$inc": {"version": 1},
        },
        after={"department": department},
        array_filters=[{"open.kept_at": None}],
    )


def change_by_staff(
    act: str, idea_id: str, staff_id: str, expected: dict[str, Any], update: dict[str, Any], *, after: Any, **options: Any
) -> dict[str, Any]:
    """Change an idea that everybody sees as an act of staff.

    Raises: IdeaNotFound (404), IdeaHidden (410), MoveNotAllowed (409) when it is not as `expected`.
    """
    expected = {**expected, **PUBLIC}

    def write(session: ClientSession) -> dict[str, Any] | None:
        return ideas().find_one_and_update(expected, update, return_document=ReturnDocument.AFTER, session=session, **options)

    changed = acts.recorded(f"proposals.{act}", f"idea:{idea_id}", staff_id, write, after=after)
    if changed is None:
        raise errors.MoveNotAllowed(state=load_seen(idea_id)["state"])
    return changed


def set_hall_of_fame(idea_id: str, staff_id: str, *, is_in: bool, now: datetime) -> dict[str, Any]:
    """Put an idea that was carried out into the hall of fame, or take it out.

    Raises: IdeaNotFound (404), IdeaHidden (410), MoveNotAllowed (409).
    """
    update: dict[str, Any] = {"$set": {"is_in_hall_of_fame": True}} if is_in else {"$unset": {"is_in_hall_of_fame": ""}}
    update["$inc"] = {"version": 1}
    update["$push"] = {"timeline": {"at": now, "event": "hall_of_fame", "by": Role.COORDINATOR.value, "is_in": is_in}}
    return change_by_staff(
        "hall_of_fame", idea_id, staff_id, {"_id": idea_id, "state": State.DONE}, update, after={"is_in": is_in}
    )
