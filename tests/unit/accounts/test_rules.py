"""Decisions about persons and sessions, each at its edges."""

from datetime import UTC, datetime, timedelta

import pytest

from mvoting.accounts import rules
from mvoting.accounts.rules import Door, DoorFacts, Refresh

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("010-1234-5678", "+821012345678"),
        (" (010) 1234.5678 ", "+821012345678"),
        ("+82 010 1234 5678", "+821012345678"),
        ("0082-10-1234-5678", "+821012345678"),
        ("+1 202 555 0100", "+12025550100"),
        ("+82 0010", None),
        ("1234", None),
        ("+0123456789", None),
        ("+8210123456789012", None),
        ("+８２1012345678", None),
        ("010-1234-567a", None),
    ],
)
def test_a_phone_number_has_one_form_or_is_none(text, number):
    assert rules.normal_phone(text) == number


def test_of_a_number_only_its_end_is_shown():
    assert rules.masked_phone("+821012345678") == "***-5678"


def door(kind="phone", identifier="active", person="active", verified=NOW, left_at=None):
    return rules.door(kind, DoorFacts(identifier, person, verified, left_at), now=NOW, horizon=NOW - timedelta(days=5))


def test_an_identifier_that_nobody_had_makes_a_person_unless_it_is_social():
    assert rules.door("phone", None, now=NOW, horizon=NOW) is Door.JOIN
    assert rules.door("social", None, now=NOW, horizon=NOW) is Door.CLOSED
    assert door(kind="social", person="erased") is Door.CLOSED


def test_a_number_that_was_idle_for_ninety_days_needs_a_second_fact():
    idle = NOW - timedelta(days=90)
    assert door(verified=idle) is Door.OPEN
    assert door(verified=idle - SECOND) is Door.SECOND_FACT
    assert door(kind="national", verified=idle - SECOND) is Door.OPEN


def test_an_identifier_given_up_rests_until_no_poll_of_its_time_is_to_be_counted():
    horizon = NOW - timedelta(days=5)
    assert door(identifier="released", left_at=horizon - SECOND) is Door.JOIN
    assert door(identifier="released", left_at=horizon) is Door.RESTING
    assert door(identifier="released", left_at=None) is Door.RESTING
    assert door(person="erased") is Door.JOIN
    assert door(person=None) is Door.JOIN


def refresh(generation=7, device="device", *, at=NOW, **changes):
    session = {"generation": 7, "device_key": "device", "rotated_at": NOW, "expires_at": NOW + timedelta(days=30)}
    return rules.refresh_decision(session | changes, generation, device, now=at)


def test_a_refresh_token_is_good_once_and_for_its_device():
    assert refresh() is Refresh.ROTATE
    assert refresh(device="another") is Refresh.REPLAY
    assert refresh(generation=5) is Refresh.REPLAY
    assert refresh(generation=8) is Refresh.REPLAY


def test_the_device_that_lost_the_answer_may_repeat_for_a_minute():
    minute = timedelta(seconds=60)
    assert refresh(generation=6, at=NOW + minute) is Refresh.REPEAT
    assert refresh(generation=6, at=NOW + minute + SECOND) is Refresh.REPLAY
    assert refresh(generation=6, device="another") is Refresh.REPLAY


def test_an_ended_session_stays_ended():
    assert refresh(ended_at=NOW) is Refresh.ENDED
    assert refresh(expires_at=NOW) is Refresh.ENDED
    assert refresh(expires_at=NOW + SECOND) is Refresh.ROTATE


def test_ages_count_only_once_the_birthday_has_passed_for_certain():
    assert rules.may_be_guardian({"birth_year": 2006}, now=NOW)
    assert not rules.may_be_guardian({"birth_year": 2007}, now=NOW)
    assert not rules.may_be_guardian({}, now=NOW)
    assert not rules.may_be_guardian(None, now=NOW)
    assert rules.needs_guardian(2013, now=NOW)
    assert not rules.needs_guardian(2012, now=NOW)


def test_an_idle_number_of_an_erased_account_rests_and_then_is_somebody_elses():
    idle, horizon = NOW - timedelta(days=91), NOW - timedelta(days=5)
    assert door(identifier="erased", person="erased", verified=idle, left_at=horizon) is Door.RESTING
    assert door(identifier="erased", person="erased", verified=idle, left_at=horizon - SECOND) is Door.JOIN
    assert rules.may_have_changed_hands("phone", {"state": "erased", "verified_at": idle}, now=NOW)
    assert not rules.may_have_changed_hands("phone", {"state": "erased", "verified_at": NOW}, now=NOW)
    assert not rules.may_have_changed_hands("national", {"state": "erased", "verified_at": idle}, now=NOW)
    assert rules.may_have_changed_hands("national", {"state": "released", "verified_at": NOW}, now=NOW)
