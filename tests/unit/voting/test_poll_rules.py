"""Decisions about polls and casts, each at its edges."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from mvoting.voting.ballots import errors as refusals
from mvoting.voting.ballots.rules import Envelope, cast_refusal, outcome
from mvoting.voting.ballots.schemas import MAX_CHANGES
from mvoting.voting.polls import errors
from mvoting.voting.polls.rules import PollFacts, answers_problem, extension_refusal, phase, result_visible, visible_figures

OPENS = datetime(2026, 12, 1, 9, tzinfo=UTC)
CLOSES = OPENS + timedelta(days=7)
SECOND, SETTLE = timedelta(seconds=1), timedelta(seconds=30)
HASH = "5f" * 32


def poll(state="scheduled", *, is_hidden=False, **definition):
    content = {"secrecy": "open", "figures": "after_closing", "changeable": True, "questions": [], **definition}
    return PollFacts("poll", state, content, HASH, OPENS, CLOSES, b"salt", is_hidden)


@pytest.mark.parametrize(
    ("at", "wanted"),
    [(OPENS - SECOND, "scheduled"), (OPENS, "open"), (CLOSES - SECOND, "open"), (CLOSES, "closed")],
)
@pytest.mark.parametrize("state", ["scheduled", "open"])
def test_the_times_decide_what_a_poll_is_whatever_a_queue_has_done(state, at, wanted):
    assert phase(poll(state), now=at) == wanted


@pytest.mark.parametrize("state", ["draft", "closed", "tallied", "published", "cancelled"])
def test_what_has_ended_or_not_begun_stays_so(state):
    assert phase(poll(state), now=OPENS) == state


@pytest.mark.parametrize(
    ("figures", "has_voted", "shown"),
    [
        ("live", False, "totals"),
        ("after_vote", False, "none"),
        ("after_vote", True, "totals"),
        ("after_closing", True, "none"),
    ],
)
@pytest.mark.parametrize("state", ["open", "closed", "tallied"])
def test_figures_are_shown_as_the_poll_says(figures, has_voted, shown, state):
    assert visible_figures(poll(state, figures=figures), has_voted=has_voted, now=OPENS) == shown


def test_nothing_is_shown_of_a_sealed_poll_nor_before_opening_nor_of_a_cancelled_one():
    for facts, at in ((poll(secrecy="sealed", figures="live"), OPENS), (poll(figures="live"), OPENS - SECOND)):
        assert visible_figures(facts, has_voted=True, now=at) == "none"
    assert visible_figures(poll("cancelled", figures="live"), has_voted=True, now=OPENS) == "none"


def test_the_result_is_shown_once_it_is_published():
    assert visible_figures(poll("published", secrecy="sealed"), has_voted=False, now=CLOSES) == "result"
    assert result_visible(poll("published"))
    assert not result_visible(poll("tallied"))


def extension(closes_at, *, now=OPENS, facts=None):
    refusal = extension_refusal(facts or poll(), closes_at, now=now, settle=SETTLE)
    return type(refusal) if refusal else None


def test_an_end_is_moved_only_while_everybody_can_still_learn_of_it():
    assert extension(CLOSES + timedelta(days=1)) is None
    assert extension(OPENS + SETTLE) is None
    assert extension(OPENS + SETTLE - SECOND) is errors.ExtensionTooLate
    assert extension(CLOSES + timedelta(days=1), now=CLOSES - SETTLE) is None
    assert extension(CLOSES + timedelta(days=1), now=CLOSES - SETTLE + SECOND) is errors.ExtensionTooLate
    assert extension(OPENS, now=OPENS) is errors.PollTimesInvalid
    assert extension(CLOSES + SECOND, now=CLOSES) is errors.PollStateChanged


def test_a_sealed_poll_may_end_sooner_but_not_later():
    assert extension(CLOSES + SECOND, facts=poll(secrecy="sealed")) is errors.SealedNotExtended
    assert extension(CLOSES - SECOND, facts=poll(secrecy="sealed")) is None


def test_every_question_is_answered_and_no_other():
    assert answers_problem({"q1": None}, {}) == ("", "questions")
    assert answers_problem({}, {"q1": ["o1"]}) == ("", "questions")
    assert answers_problem({}, ["q1"]) == ("", "questions")
    assert answers_problem({}, {}) is None


def refused(facts, **cast):
    refusal = cast_refusal(facts, SimpleNamespace(**{"definition_hash": HASH, "revision": 0, **cast}))
    return type(refusal) if refusal else None


def test_a_cast_is_refused_for_what_the_poll_is():
    assert refused(poll("open")) is None
    assert refused(poll("draft")) is errors.PollNotFound
    assert refused(poll("open", is_hidden=True)) is errors.PollNotFound
    assert refused(poll("cancelled")) is errors.PollCancelled
    assert refused(poll("open"), definition_hash="00" * 32) is refusals.DefinitionChanged


def test_a_ballot_is_changed_only_where_that_is_allowed_and_so_often():
    final = poll("open", changeable=False)
    assert refused(final) is None
    assert refused(final, revision=1) is refusals.BallotFinal
    assert refused(poll("open"), revision=MAX_CHANGES) is None
    assert refused(poll("open"), revision=MAX_CHANGES + 1) is refusals.TooManyChanges


def after(stored, *, cast_id=b"new", revision=1, leaf=b"leaf"):
    given = outcome(Envelope(cast_id, revision, leaf, b"", b""), stored)
    return given if isinstance(given, int) else type(given)


def test_what_became_of_a_cast_is_read_from_the_stored_ballot():
    stored = {"casts": [b"first", b"second"], "leaves": [b"one", b"two"]}
    assert after(stored, cast_id=b"first", leaf=b"one") == 1
    assert after(stored, cast_id=b"second", leaf=b"two") == 2
    assert after(stored, cast_id=b"second", leaf=b"one") is refusals.CastIdReused
    assert after(stored, revision=1) is refusals.RevisionConflict
    assert after(stored, revision=2, leaf=b"one") is refusals.DuplicateBallot
    assert after({**stored, "withdrawn": True}, revision=2) is refusals.BallotWithdrawn
    assert after(None, revision=1) is refusals.RevisionConflict
