"""Decisions about ideas, debates and moderation, each at its edges."""

from datetime import UTC, datetime, timedelta

import pytest

from proposals import markdown
from proposals.debates import rules as debates
from proposals.ideas import rules as ideas
from proposals.ideas.pipeline import Role
from proposals.moderation import rules as moderation
from proposals.moderation.rules import Record, Trust

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)


def test_a_debate_is_open_from_its_beginning_until_its_end():
    debate = {"opens_at": NOW, "closes_at": NOW + DAY}
    phases = [debates.phase(debate, now=at) for at in (NOW - SECOND, NOW, NOW + DAY - SECOND, NOW + DAY)]
    assert phases == ["scheduled", "open", "open", "closed"]


def test_a_debate_lies_ahead_and_is_not_too_long():
    longest = NOW + debates.LONGEST_DEBATE
    assert debates.period_is_valid(NOW, longest, now=NOW)
    assert not debates.period_is_valid(NOW, longest + SECOND, now=NOW)
    assert not debates.period_is_valid(NOW, NOW, now=NOW)
    assert not debates.period_is_valid(NOW - DAY, NOW, now=NOW)


@pytest.mark.parametrize(
    ("sides", "side", "is_reply", "is_official", "missing", "too_much"),
    [
        ("sides", None, False, False, True, False),
        ("sides", "for", False, False, False, False),
        ("sides", None, True, False, False, False),
        ("sides", None, False, True, False, False),
        ("sides", "for", True, False, False, True),
        ("none", "for", False, False, False, True),
        ("none", None, False, False, False, False),
    ],
)
def test_opinions_take_sides_where_there_are_some_and_replies_never(sides, side, is_reply, is_official, missing, too_much):
    debate = {"sides": sides}
    assert debates.side_is_missing(debate, side, is_reply=is_reply, is_official=is_official) is missing
    assert debates.side_is_too_much(debate, side, is_reply=is_reply) is too_much


def test_an_edit_is_silent_for_five_minutes():
    assert debates.edit_is_silent(NOW, now=NOW + timedelta(minutes=5))
    assert not debates.edit_is_silent(NOW, now=NOW + timedelta(minutes=5) + SECOND)


def test_a_text_is_fixed_by_the_first_endorsement_and_by_moving_on():
    assert not ideas.text_is_fixed({"state": "collecting", "endorsement_count": 0})
    assert ideas.text_is_fixed({"state": "collecting", "endorsement_count": 1})
    assert ideas.text_is_fixed({"state": "reviewing", "endorsement_count": 0})


def test_an_idea_needs_a_title_and_a_text():
    assert ideas.is_complete("다섯 글자", "열 글자가 되는 본문")
    assert not ideas.is_complete("네글자 ", "열 글자가 되는 본문")
    assert not ideas.is_complete("다섯 글자", "아홉 글자 본문임")


def test_thresholds_are_reached_one_after_another_and_once():
    low, high = ({"counted": "endorsements", "count": count, "consequence": "department_reply"} for count in (50, 100))
    idea = {"thresholds": [low, high], "reached": []}
    assert ideas.next_reached(idea, "endorsements", 49) is None
    assert ideas.next_reached(idea, "endorsements", 50) is low
    assert ideas.next_reached(idea | {"reached": ["endorsements:50"]}, "endorsements", 99) is None
    assert ideas.next_reached(idea | {"reached": ["endorsements:50"]}, "endorsements", 100) is high
    assert ideas.next_reached(idea, "debaters", 1000) is None
    assert (ideas.step_to_next(idea, low), ideas.step_to_next(idea, high)) == (50, None)
    assert ideas.next_threshold(idea["thresholds"], ["endorsements:50"])["count"] == 100


def test_a_department_does_not_reply_in_the_mayors_place():
    mayors, departments = {"kind": "mayor_reply"}, {"kind": "department_reply"}
    assert not ideas.keeps(Role.DEPARTMENT, mayors)
    assert ideas.keeps(Role.COORDINATOR, mayors)
    assert ideas.keeps(Role.DEPARTMENT, departments)


def test_reminders_are_due_on_their_day_and_once():
    owed = ideas.promise("department_reply", "p", "교통실", 30, now=NOW)
    due = owed["due_at"]
    assert due == NOW + 30 * DAY
    assert ideas.reminders_due(owed, [7, 1], now=due - 7 * DAY - SECOND) == []
    assert ideas.reminders_due(owed, [7, 1], now=due - 7 * DAY) == ["7d"]
    assert ideas.reminders_due(owed | {"reminded": ["7d"]}, [7, 1], now=due) == ["1d", "overdue"]
    assert ideas.reminders_due(owed | {"kept_at": NOW}, [7, 1], now=due + DAY) == []


def test_the_earliest_promise_that_is_not_kept_counts():
    first, second = ({"due_at": NOW + days * DAY, "kept_at": None} for days in (1, 2))
    assert ideas.earliest_due([second, first]) == first["due_at"]
    assert ideas.earliest_due([second, first | {"kept_at": NOW}]) == second["due_at"]
    assert ideas.earliest_due([]) is None


def test_a_summary_is_one_line_that_fits():
    whole = "가" * markdown.SUMMARY_LETTERS
    assert markdown.summary_of(whole) == whole
    assert markdown.summary_of(f"{whole}나") == "가" * (markdown.SUMMARY_LETTERS - 1) + "…"
    assert markdown.summary_of("두\n\n 줄") == "두 줄"


@pytest.mark.parametrize(
    ("posted", "hidden", "days", "trust"),
    [
        (3, 0, 1, Trust.KNOWN),
        (2, 0, 1, Trust.NEW),
        (3, 0, 0, Trust.NEW),
        (20, 1, 30, Trust.TRUSTED),
        (19, 0, 30, Trust.KNOWN),
        (20, 0, 29, Trust.KNOWN),
        (20, 2, 30, Trust.KNOWN),
        (5, 1, 30, Trust.KNOWN),
        (4, 1, 30, Trust.NEW),
    ],
)
def test_trust_is_earned_by_texts_that_stand_and_lost_by_hidden_ones(posted, hidden, days, trust):
    assert moderation.trust_of(Record(posted, hidden, NOW - days * DAY), now=NOW) is trust


def test_who_never_wrote_is_new():
    assert moderation.trust_of(Record(), now=NOW) is Trust.NEW


def test_who_wrote_all_that_is_allowed_waits_until_the_oldest_is_an_hour_old():
    times = [NOW - timedelta(minutes=minutes) for minutes in (10, 20, 30)]
    assert moderation.retry_after_s(times, 4, now=NOW) is None
    assert moderation.retry_after_s(times, 3, now=NOW) == 30 * 60
    assert moderation.retry_after_s([NOW - moderation.RATE_WINDOW], 1, now=NOW) is None


def test_an_appeal_goes_to_somebody_else_within_thirty_days():
    assert not moderation.may_decide_appeal("mod-a", "mod-a")
    assert moderation.may_decide_appeal("mod-a", "mod-b")
    last = NOW + timedelta(days=moderation.APPEAL_DAYS)
    assert moderation.appeal_is_open(NOW, now=last)
    assert not moderation.appeal_is_open(NOW, now=last + SECOND)


def test_listed_words_are_found_through_disguises_but_not_within_others():
    words = {"ko": ["카지노"], "en": ["casino"]}
    assert moderation.word_hints("카 지.노 무료", words) == ["ko:카지노"]
    assert moderation.word_hints("Ｃａｓｉｎｏ now", words) == ["en:casino"]
    assert moderation.word_hints("occasinos", words) == []
