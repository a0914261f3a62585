"""Nobody can be picked out of a published table, also not by subtracting from its totals."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mvoting.core.small_groups import SHOWN_MIN, suppressed

UNHURRIED = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])  # a machine may be busy
TABLES = st.integers(1, 6).flatmap(
    lambda width: st.lists(st.lists(st.integers(0, 40), min_size=width, max_size=width), min_size=1, max_size=6)
)


def lines(table):
    return [list(row) for row in table] + [list(column) for column in zip(*table, strict=True)]


@UNHURRIED
@given(TABLES)
def test_no_small_group_is_shown_and_none_can_be_computed_from_totals(table):
    shown = suppressed(table)
    for seen, real in zip(lines(shown), lines(table), strict=True):
        assert all(cell is None or cell == 0 or cell >= SHOWN_MIN for cell in seen)
        hidden = [count for cell, count in zip(seen, real, strict=True) if cell is None]
        if hidden and len(hidden) < len(seen):
            assert len(hidden) >= 2
            assert sum(hidden) >= SHOWN_MIN or sum(real) == sum(hidden), "a total this small is not published"


@UNHURRIED
@given(TABLES)
def test_what_is_shown_is_right_and_large_tables_stay_whole(table):
    for seen, real in zip(suppressed(table), table, strict=True):
        assert all(cell in (None, count) for cell, count in zip(seen, real, strict=True))
    large = [[count + SHOWN_MIN for count in row] for row in table]
    assert suppressed(large) == large


def test_one_small_group_hides_a_second_one_but_nobody_is_shown_as_nobody():
    assert suppressed([[3, 50, 12], [40, 60, 70]]) == [[None, 50, None], [None, 60, None]]
    assert suppressed([[0, 50, 12], [0, 60, 70]]) == [[0, 50, 12], [0, 60, 70]]
    assert suppressed([]) == []
