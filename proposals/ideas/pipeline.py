"""The one table of an idea's way: state × event × role → state, for each programme.

Pure. The table in docs/PROPOSALS.md is drawn from here; `rules.move_refusal` and every service ask only this table.
"""

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    DRAFT = "draft"
    COLLECTING = "collecting"
    DEBATING = "debating"
    REVIEWING = "reviewing"
    WORKING = "working"
    DECIDING = "deciding"
    ANSWERING = "answering"
    EXECUTING = "executing"
    DONE = "done"
    DECLINED = "declined"
    EXPIRED = "expired"
    RETIRED = "retired"
    MERGED = "merged"


class Event(StrEnum):
    SUBMIT = "submit"
    REACH = "reach"
    LIFT = "lift"
    EXPIRE = "expire"
    CLOSE_DEBATE = "close_debate"
    REPLY = "reply"
    ACCEPT = "accept"
    DECLINE = "decline"
    ADVANCE = "advance"
    ADOPT_AT_ONCE = "adopt_at_once"
    COMPLETE = "complete"
    REOPEN = "reopen"
    RETIRE = "retire"
    MERGE = "merge"


class Role(StrEnum):
    AUTHOR = "author"
    DEPARTMENT = "department"
    COORDINATOR = "coordinator"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Move:
    """In these states, this event by one of these roles leads there; `target` None stays where it is."""

    sources: tuple[State, ...]
    event: Event
    roles: tuple[Role, ...]
    target: State | None


S, E, R = State, Event, Role
STAFF = (R.DEPARTMENT, R.COORDINATOR)

_BOTH = (
    Move((S.DRAFT,), E.SUBMIT, (R.AUTHOR,), S.COLLECTING),
    Move((S.COLLECTING,), E.EXPIRE, (R.SYSTEM,), S.EXPIRED),
    Move((S.EXECUTING,), E.COMPLETE, STAFF, S.DONE),
    Move((S.DONE,), E.REOPEN, (R.COORDINATOR,), S.EXECUTING),
    Move((S.DRAFT, S.COLLECTING, S.EXPIRED), E.RETIRE, (R.AUTHOR,), S.RETIRED),
    Move((S.COLLECTING, S.EXPIRED), E.MERGE, (R.SYSTEM,), S.MERGED),
)

MOVES: dict[str, tuple[Move, ...]] = {
    "oasis": (
        *_BOTH,
        Move((S.COLLECTING,), E.REACH, (R.SYSTEM,), S.REVIEWING),
        Move((S.COLLECTING, S.EXPIRED), E.LIFT, (R.COORDINATOR,), S.REVIEWING),
        Move((S.COLLECTING, S.REVIEWING, S.WORKING), E.ADOPT_AT_ONCE, (R.DEPARTMENT,), S.EXECUTING),
        Move((S.REVIEWING,), E.REPLY, STAFF, None),
        Move((S.REVIEWING,), E.ACCEPT, STAFF, S.WORKING),
        Move((S.REVIEWING, S.WORKING), E.DECLINE, STAFF, S.DECLINED),
        Move((S.WORKING,), E.ADVANCE, STAFF, S.DECIDING),
        Move((S.DECIDING,), E.ACCEPT, (R.COORDINATOR,), S.EXECUTING),
        Move((S.DECIDING,), E.DECLINE, (R.COORDINATOR,), S.DECLINED),
    ),
    "democracy-seoul": (
        *_BOTH,
        Move((S.COLLECTING,), E.REACH, (R.SYSTEM,), S.DEBATING),
        Move((S.COLLECTING, S.EXPIRED), E.LIFT, (R.COORDINATOR,), S.DEBATING),
        Move((S.COLLECTING, S.DEBATING, S.EXPIRED), E.REPLY, STAFF, None),
        Move((S.DEBATING,), E.CLOSE_DEBATE, (R.SYSTEM,), S.ANSWERING),
        Move((S.ANSWERING,), E.REPLY, STAFF, None),
        Move((S.ANSWERING,), E.ACCEPT, STAFF, S.EXECUTING),
        Move((S.ANSWERING,), E.DECLINE, STAFF, S.DECLINED),
    ),
}

STATE_NAMES: dict[State, dict[str, str]] = {
    S.DRAFT: {"ko": "작성 중", "en": "Draft"},
    S.COLLECTING: {"ko": "공감 모으는 중", "en": "Collecting endorsements"},
    S.DEBATING: {"ko": "토론 중", "en": "In debate"},
    S.REVIEWING: {"ko": "부서 검토 중", "en": "Department review"},
    S.WORKING: {"ko": "실무회의", "en": "Working meeting"},
    S.DECIDING: {"ko": "실현회의", "en": "Realisation meeting"},
    S.ANSWERING: {"ko": "답변 준비 중", "en": "Answer due"},
    S.EXECUTING: {"ko": "실행 중", "en": "Being carried out"},
    S.DONE: {"ko": "실현됨", "en": "Done"},
    S.DECLINED: {"ko": "채택되지 않음", "en": "Declined"},
    S.EXPIRED: {"ko": "기간 종료", "en": "Period over"},
    S.RETIRED: {"ko": "제안 철회", "en": "Retired by its author"},
    S.MERGED: {"ko": "다른 제안과 합침", "en": "Merged into another idea"},
}

# In these an endorsement can still be given; in the last one it may also be taken back until the idea moved on.
ENDORSABLE = frozenset({S.COLLECTING})
# What the author may still change.
EDITABLE = frozenset({S.DRAFT, S.COLLECTING})


def find_move(pipeline: str, state: State, event: Event) -> Move | None:
    """Find the row for a state and an event; there is at most one."""
    for move in MOVES[pipeline]:
        if move.event is event and state in move.sources:
            return move
    return None


def next_state(pipeline: str, state: State, event: Event, role: Role) -> State | None:
    """Answer the state an event leads to, or None when this role may not bring it about here."""
    move = find_move(pipeline, state, event)
    if move is None or role not in move.roles:
        return None
    return move.target or state


def allowed_events(pipeline: str, state: State, role: Role) -> list[Event]:
    """List what a role can do in a state, for screens."""
    return [event for event in Event if next_state(pipeline, state, event, role) is not None]


def table_markdown() -> str:
    """Draw the table for docs/PROPOSALS.md."""
    lines = []
    for pipeline, moves in MOVES.items():
        lines += [f"### {pipeline}", "", "| state | event | by | next state |", "|---|---|---|---|"]
        for source in State:
            for event in Event:
                for move in moves:
                    if move.event is event and source in move.sources:
                        roles = ", ".join(move.roles)
                        lines.append(f"| {source} | {event} | {roles} | {move.target or source} |")
        lines.append("")
    return "\n".join(lines)


def diagram_mermaid(pipeline: str) -> str:
    """Draw one programme's way as a Mermaid state diagram."""
    lines = ["stateDiagram-v2", f"    [*] --> {State.DRAFT}"]
    for move in MOVES[pipeline]:
        for source in move.sources:
            lines.append(f"    {source} --> {move.target or source}: {move.event} ({', '.join(move.roles)})")
    return "\n".join(lines)
