from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from proposals import ranking

NOW = datetime(2026, 11, 22, tzinfo=UTC)
counts = st.integers(0, 100_000)


def test_ten_times_the_endorsements_outweigh_a_week():
    old = ranking.hot(999, NOW - timedelta(days=7))
    assert abs(old - ranking.hot(99, NOW)) < 1e-9
    assert ranking.hot(50, NOW) > ranking.hot(50, NOW - timedelta(hours=1))


def test_wilson_prefers_many_votes_to_one():
    # 95 % Wilson lower bounds of 1/1 and 90/100, as published in tables of the interval.
    assert abs(ranking.wilson(1, 0) - 0.2065) < 1e-3
    assert abs(ranking.wilson(90, 10) - 0.8256) < 1e-3
    assert ranking.wilson(0, 0) == 0.0 == ranking.wilson(0, 10)


@given(counts, counts)
def test_wilson_lies_below_the_share(up, down):
    assert 0 <= ranking.wilson(up, down) <= (up / (up + down) if up + down else 0) + 1e-12


@given(counts, counts)
def test_controversial_is_symmetric_and_needs_both_sides(up, down):
    assert ranking.controversial(up, down) == ranking.controversial(down, up)
    assert (ranking.controversial(up, down) > 0) == (up > 0 and down > 0)


def test_an_even_split_of_many_is_most_controversial():
    assert ranking.controversial(50, 50) > ranking.controversial(90, 10) > ranking.controversial(99, 1)
    assert ranking.controversial(50, 50) > ranking.controversial(5, 5)
