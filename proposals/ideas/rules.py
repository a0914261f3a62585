"""Pure decisions about ideas."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from proposals.ideas.pipeline import EDITABLE, Event, Role, State, next_state
from proposals.ideas.programmes import Consequence, Counted

TITLE_MIN, BODY_MIN = 5, 10
MOST_PHOTOS = 10
MOST_COAUTHORS = 5

VERDICTS = ("accepted", "partly", "declined", "reply")
NEED_REASON = ("partly", "declined")


def coordinates(roles: Iterable[str]) -> bool:
    """Tell whether these roles make a coordinator, who acts for every department."""
    return not {"proposal_officer", "administrator"}.isdisjoint(roles)


def roles_of_staff(roles: Iterable[str], *, is_responsible: bool) -> list[Role]:
    """Say which roles of the pipeline a staff member plays for an idea.

    Args: is_responsible: whether the idea belongs to a department that the staff member speaks for.
    """
    held = set(roles)
    if coordinates(held):
        return [Role.COORDINATOR, Role.DEPARTMENT]
    return [Role.DEPARTMENT] if is_responsible and "department_officer" in held else []


def answer_event(pipeline: str, state: State, verdict: str, roles: Sequence[Role]) -> Event | None:
    """Choose what publishing an answer does: it moves the idea where the pipeline awaits a verdict, else it replies."""
    wanted = {"accepted": Event.ACCEPT, "partly": Event.ACCEPT, "declined": Event.DECLINE, "reply": Event.REPLY}[verdict]
    for event in (wanted, Event.REPLY):
        if any(next_state(pipeline, state, event, role) for role in roles):
            return event
    return None


def is_complete(title: str, body: str) -> bool:
    return len(title.strip()) >= TITLE_MIN and len(body.strip()) >= BODY_MIN


def text_is_fixed(idea: Mapping[str, Any]) -> bool:
    """Whoever endorsed a text endorsed that text: it changes only while nobody has, or as a draft."""
    return idea["state"] not in EDITABLE or idea["endorsement_count"] > 0


def threshold_key(threshold: Mapping[str, Any]) -> str:
    return f"{threshold['counted']}:{threshold['count']}"


def endorsement_thresholds(thresholds: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [t for t in thresholds if t["counted"] == Counted.ENDORSEMENTS]


def next_reached(idea: Mapping[str, Any], counted: Counted, count: int) -> Mapping[str, Any] | None:
    """Find the lowest threshold that a count reaches and that has had no consequence yet."""
    for threshold in idea["thresholds"]:
        if threshold["counted"] == counted and count >= threshold["count"] and threshold_key(threshold) not in idea["reached"]:
            return threshold
    return None


def step_to_next(idea: Mapping[str, Any], reached: Mapping[str, Any]) -> int | None:
    """Say how many more endorsements the next threshold needs than this one; None after the last."""
    higher = [t["count"] for t in endorsement_thresholds(idea["thresholds"]) if t["count"] > reached["count"]]
    return min(higher) - reached["count"] if higher else None


def next_threshold(thresholds: Sequence[Mapping[str, Any]], reached: Sequence[str]) -> dict[str, Any] | None:
    """Give the count and consequence of the threshold of endorsements ahead, as lists show it."""
    for threshold in endorsement_thresholds(thresholds):
        if threshold_key(threshold) not in reached:
            return {"count": threshold["count"], "consequence": str(threshold["consequence"])}
    return None


def promise(kind: str, promise_id: str, department: str | None, days: int, *, now: datetime) -> dict[str, Any]:
    """Make the record of a reply that is owed by a date."""
    return {
        "id": promise_id,
        "kind": kind,
        "department": department,
        "made_at": now,
        "due_at": now + timedelta(days=days),
        "kept_at": None,
        "reminded": [],
    }


def open_promises(idea: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [p for p in idea.get("promises", ()) if p["kept_at"] is None]


def keeps(role: Role, promise: Mapping[str, Any]) -> bool:
    """Tell whether an answer in a role keeps a promise: a department does not reply in the mayor's place."""
    return promise["kind"] != Consequence.MAYOR_REPLY or role is not Role.DEPARTMENT


def is_the_mayors(idea: Mapping[str, Any], event: Event, roles: Sequence[Role]) -> bool:
    """Tell whether a verdict would end an idea whose reply the mayor still owes, by somebody who only speaks for a department."""
    is_verdict = event in (Event.ACCEPT, Event.DECLINE)
    return is_verdict and Role.COORDINATOR not in roles and any(not keeps(Role.DEPARTMENT, p) for p in open_promises(idea))


def earliest_due(promises: Iterable[Mapping[str, Any]]) -> datetime | None:
    return min((p["due_at"] for p in promises if p["kept_at"] is None), default=None)


def reminders_due(promise: Mapping[str, Any], before_days: Sequence[int], *, now: datetime) -> list[str]:
    """List the reminders whose time has come and that were not sent: `7d`, `1d`, `overdue`."""
    marks = [(f"{days}d", promise["due_at"] - timedelta(days=days)) for days in before_days]
    marks.append(("overdue", promise["due_at"]))
    return [mark for mark, at in marks if now >= at and mark not in promise["reminded"] and promise["kept_at"] is None]
