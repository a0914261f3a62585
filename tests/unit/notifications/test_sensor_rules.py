"""Sensor rules: threshold, duration, hysteresis, silence, late and doubled readings."""

import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notifications.sensors.rules import Limits, Reading, cleared_by, filled, limits_gap, raised_by, time_refusal

START = datetime(2026, 7, 20, 18, 0, tzinfo=UTC)
LIMITS = Limits(threshold=3.0, clear_at=2.5, duration=timedelta(minutes=5), gap_max=timedelta(minutes=10))


def row(*values, step_min=1.0, start=START):
    return [Reading(start + timedelta(minutes=step_min * n), value) for n, value in enumerate(values)]


def end(readings):
    return max(reading.at for reading in readings)


def test_a_limit_passed_for_long_enough_raises():
    readings = row(2.0, 3.0, 3.1, 3.2, 3.1, 3.0, 3.3)
    assert raised_by(readings, LIMITS, now=end(readings)) == readings[6]
    assert raised_by(readings[:-1], LIMITS, now=end(readings)) is None


@pytest.mark.parametrize(
    "values",
    [(3.0, 3.1, 2.9, 3.0, 3.1, 3.2, 3.1), (2.99,) * 12, (9.0,), (3.5, 3.5, 3.5, 3.5, 3.5)],
)
def test_a_dip_a_near_miss_and_a_short_peak_raise_nothing(values):
    readings = row(*values)
    assert raised_by(readings, LIMITS, now=end(readings)) is None


def test_a_single_reading_raises_where_no_duration_is_asked():
    limits = Limits(3.0, 2.5, timedelta(), timedelta(minutes=10))
    readings = row(9.0)
    assert raised_by(readings, limits, now=end(readings)) == readings[0]


def test_a_silence_breaks_the_duration():
    readings = [*row(3.1, 3.1, 3.1), *row(3.1, 3.1, 3.1, start=START + timedelta(minutes=30))]
    assert raised_by(readings, LIMITS, now=end(readings)) is None


def test_falling_values_raise_where_low_is_dangerous():
    limits = Limits(-10.0, -8.0, timedelta(minutes=2), timedelta(minutes=10), is_above=False)
    readings = row(-9.0, -10.0, -11.0, -12.0)
    assert raised_by(readings, limits, now=end(readings)) == readings[3]
    assert cleared_by(row(-9.0, -9.0, -9.0), limits) is None
    assert cleared_by(row(-8.0, -7.0, -7.5), limits) is not None


def test_wavering_about_the_threshold_does_not_clear():
    assert cleared_by(row(*([2.9, 3.1] * 10)), LIMITS) is None
    assert cleared_by(row(*([2.51] * 10)), LIMITS) is None
    assert cleared_by(row(2.5, 2.4, 2.4, 2.4, 2.4, 2.4), LIMITS) is not None
    assert cleared_by(row(2.5, 2.4, 2.6, 2.4, 2.4, 2.4), LIMITS) is None


def test_a_late_low_reading_in_the_middle_prevents_the_alarm():
    readings = row(3.1, 3.1, 3.1, 3.1, 3.1, 3.1, 3.1)
    late = Reading(START + timedelta(minutes=3, seconds=30), 1.0)
    assert raised_by(readings, LIMITS, now=end(readings)) is not None
    assert raised_by([*readings, late], LIMITS, now=end(readings)) is None


def test_what_happened_long_ago_raises_nothing_now():
    readings = row(*[3.5] * 10)
    assert raised_by(readings, LIMITS, now=end(readings) + timedelta(minutes=9)) is not None
    assert raised_by(readings, LIMITS, now=end(readings) + timedelta(minutes=11)) is None


@settings(deadline=None)  # a busy machine is no failure
@given(st.lists(st.sampled_from([2.0, 2.6, 3.0, 3.5]), min_size=1, max_size=30), st.randoms(use_true_random=False))
def test_order_of_arrival_and_doubles_change_nothing(values, chance: random.Random):
    readings = row(*values)
    shuffled = readings + chance.sample(readings, min(3, len(readings)))
    chance.shuffle(shuffled)
    assert raised_by(shuffled, LIMITS, now=end(readings)) == raised_by(readings, LIMITS, now=end(readings))
    assert cleared_by(shuffled, LIMITS) == cleared_by(readings, LIMITS)


def test_the_clearing_value_lies_on_the_calm_side():
    assert limits_gap(LIMITS) is None
    assert limits_gap(Limits(3.0, 3.5, timedelta(), timedelta())) == "clear-at"
    assert limits_gap(Limits(-10.0, -12.0, timedelta(), timedelta(), is_above=False)) == "clear-at"


def test_times_must_be_credible():
    assert time_refusal(START, now=START) is None
    assert time_refusal(START + timedelta(minutes=3), now=START) == "future"
    assert time_refusal(START - timedelta(days=8), now=START) == "too-old"


def test_templates_are_filled_and_nothing_else_is_read():
    text = filled("{station} {value}{unit} {time} {value.__class__} {0}", station="홍제천", value=3.25, unit="m", at=START)
    assert text == "홍제천 3.25m 03:00 {value.__class__} {0}"
