"""The history checker of the chaos test, on histories that are right and on forged ones."""

import pytest

from tests.integration.voting.history import Attempt, Entry, faults

# Two voters: a casts twice, both acknowledged; b casts once; c's cast was never answered but was stored.
HISTORY = [
    Attempt("a", "a1", (1, None)),
    Attempt("a", "a2", (2, "a1")),
    Attempt("b", "b1", (1, None)),
    Attempt("c", "c1", None),
    Attempt("d", "d1", None),
]
BOARD = [Entry("b1", None), Entry("a1", None), Entry("a2", "a1"), Entry("c1", None)]
COUNTED = ["a2", "b1", "c1"]


def test_a_right_history_has_no_faults():
    assert faults(HISTORY, BOARD, COUNTED) == []


def test_an_unanswered_change_may_count_or_not():
    history = [*HISTORY, Attempt("b", "b2", None)]
    assert faults(history, BOARD, COUNTED) == []
    assert faults(history, [*BOARD, Entry("b2", "b1")], ["a2", "b2", "c1"]) == []


FORGED = {
    "lost: b1": (HISTORY, BOARD[1:], ["a2", "c1"]),
    "an entry stands twice": (HISTORY, [*BOARD, BOARD[0]], COUNTED),
    "invented: x1": (HISTORY, [*BOARD, Entry("x1", None)], [*COUNTED, "x1"]),
    "replaces what is not before it: a2": (HISTORY, [BOARD[2], BOARD[0], BOARD[1], BOARD[3]], COUNTED),
    "another replacement than promised: b1": (HISTORY, [*BOARD[1:], Entry("b1", "c1")], ["a2", "b1"]),
    "the count is not that": (HISTORY, BOARD, ["a2", "b1"]),
    "two votes of one person: a": (HISTORY, [BOARD[0], BOARD[1], Entry("a2", None), BOARD[3]], ["a1", *COUNTED]),
    "the vote of b is not counted": (HISTORY, BOARD, ["a2", "c1"]),
    "an older vote of a": (HISTORY, BOARD, ["a1", "b1", "c1"]),
    "the count is not": (HISTORY, BOARD, [*COUNTED, "b1"]),
}


@pytest.mark.parametrize("fault", FORGED)
def test_each_forgery_is_found(fault):
    assert any(found.startswith(fault) for found in faults(*FORGED[fault]))
