import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proposals.ideas.pipeline import MOVES, STATE_NAMES, Event, Role, State, find_move, next_state
from proposals.ideas.programmes import DEMOCRACY_SEOUL, OASIS, SEEDED, programme_faults

# Phase × role: what each role may do in each state, written out by hand, apart from the table under test.
MAY = {
    ("oasis", "draft", "author"): {"submit": "collecting", "retire": "retired"},
    ("oasis", "collecting", "author"): {"retire": "retired"},
    ("oasis", "collecting", "system"): {"reach": "reviewing", "expire": "expired", "merge": "merged"},
    ("oasis", "collecting", "department"): {"adopt_at_once": "executing"},
    ("oasis", "collecting", "coordinator"): {"lift": "reviewing"},
    ("oasis", "expired", "author"): {"retire": "retired"},
    ("oasis", "expired", "system"): {"merge": "merged"},
    ("oasis", "expired", "coordinator"): {"lift": "reviewing"},
    ("oasis", "reviewing", "department"): {
        "reply": "reviewing", "accept": "working", "decline": "declined", "adopt_at_once": "executing",
    },
    ("oasis", "reviewing", "coordinator"): {"reply": "reviewing", "accept": "working", "decline": "declined"},
    ("oasis", "working", "department"): {"advance": "deciding", "decline": "declined", "adopt_at_once": "executing"},
    ("oasis", "working", "coordinator"): {"advance": "deciding", "decline": "declined"},
    ("oasis", "deciding", "coordinator"): {"accept": "executing", "decline": "declined"},
    ("oasis", "executing", "department"): {"complete": "done"},
    ("oasis", "executing", "coordinator"): {"complete": "done"},
    ("oasis", "done", "coordinator"): {"reopen": "executing"},
    ("democracy-seoul", "draft", "author"): {"submit": "collecting", "retire": "retired"},
    ("democracy-seoul", "collecting", "author"): {"retire": "retired"},
    ("democracy-seoul", "collecting", "system"): {"reach": "debating", "expire": "expired", "merge": "merged"},
    ("democracy-seoul", "collecting", "department"): {"reply": "collecting"},
    ("democracy-seoul", "collecting", "coordinator"): {"lift": "debating", "reply": "collecting"},
    ("democracy-seoul", "expired", "author"): {"retire": "retired"},
    ("democracy-seoul", "expired", "system"): {"merge": "merged"},
    ("democracy-seoul", "expired", "department"): {"reply": "expired"},
    ("democracy-seoul", "expired", "coordinator"): {"lift": "debating", "reply": "expired"},
    ("democracy-seoul", "debating", "department"): {"reply": "debating"},
    ("democracy-seoul", "debating", "coordinator"): {"reply": "debating"},
    ("democracy-seoul", "debating", "system"): {"close_debate": "answering"},
    ("democracy-seoul", "answering", "department"): {
        "reply": "answering", "accept": "executing", "decline": "declined",
    },
    ("democracy-seoul", "answering", "coordinator"): {
        "reply": "answering", "accept": "executing", "decline": "declined",
    },
    ("democracy-seoul", "executing", "department"): {"complete": "done"},
    ("democracy-seoul", "executing", "coordinator"): {"complete": "done"},
    ("democracy-seoul", "done", "coordinator"): {"reopen": "executing"},
}  # fmt: skip


@pytest.mark.parametrize(("pipeline", "state", "role"), list(itertools.product(MOVES, State, Role)))
def test_each_role_may_do_in_each_state_what_the_matrix_says_and_nothing_else(pipeline, state, role):
    expected = MAY.get((pipeline, state.value, role.value), {})
    found = {event.value: next_state(pipeline, state, event, role) for event in Event}
    assert {event: to.value for event, to in found.items() if to is not None} == expected


@given(st.sampled_from(sorted(MOVES)), st.lists(st.tuples(st.sampled_from(Event), st.sampled_from(Role)), max_size=40))
def test_no_walk_leaves_the_table(pipeline, steps):
    state = State.DRAFT
    for event, role in steps:
        to = next_state(pipeline, state, event, role)
        if to is None:
            continue
        move = find_move(pipeline, state, event)
        assert move is not None
        assert (state in move.sources, role in move.roles, to in (move.target, state)) == (True, True, True)
        state = to
    assert state in STATE_NAMES


@pytest.mark.parametrize("pipeline", MOVES)
def test_a_state_and_an_event_have_one_row(pipeline):
    rows = [(source, move.event) for move in MOVES[pipeline] for source in move.sources]
    assert len(rows) == len(set(rows))


@pytest.mark.parametrize("pipeline", MOVES)
def test_every_state_of_a_pipeline_can_reach_an_end_and_be_reached(pipeline):
    edges = {(source, move.target or source) for move in MOVES[pipeline] for source in move.sources}
    reached = {State.DRAFT}
    while grown := {to for source, to in edges if source in reached} - reached:
        reached |= grown
    assert reached == {state for edge in edges for state in edge}
    ends = {State.DONE, State.DECLINED, State.EXPIRED, State.RETIRED, State.MERGED}
    while grown := {source for source, to in edges if to in ends} - ends:
        ends |= grown
    assert reached <= ends


@pytest.mark.parametrize("programme", SEEDED)
def test_the_seeded_programmes_can_run(programme):
    assert programme_faults(programme.to_document()) == []


def test_programmes_that_cannot_run_are_told_why():
    broken = DEMOCRACY_SEOUL.to_document()
    broken["thresholds"][0]["count"] = 500
    broken["collecting_days"] = 0
    broken["pipeline"] = "nowhere"
    assert len(programme_faults(broken)) == 3
    without_end = OASIS.to_document() | {"thresholds": []}
    assert [en for _, en in programme_faults(without_end)] == ["exactly one endorsement threshold must advance the idea"]
