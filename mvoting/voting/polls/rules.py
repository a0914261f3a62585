"""Decisions about polls. Pure: the clock is an argument."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from mvoting.core.problems import Problem
from mvoting.voting.methods.answers import AnswerRules, invalid_reason
from mvoting.voting.methods.questions import answer_rules
from mvoting.voting.polls import errors


@dataclass(frozen=True)
class PollFacts:
    """What decisions about a poll need; shared by threads, never changed.

    is_hidden: a moderator decided so; a poll that is only held until one decides goes on taking ballots.
    known_until: by the database's clock; a write that comes later must ask again, because the end may have been moved.
    """

    id: str
    state: str
    definition: Mapping[str, Any]
    definition_hash: str
    opens_at: datetime
    closes_at: datetime
    salt: bytes
    is_hidden: bool = False
    known_until: datetime | None = None

    @property
    def audience(self) -> Mapping[str, Any]:
        audience: Mapping[str, Any] = self.definition["audience"]
        return audience

    @property
    def secrecy(self) -> str:
        return str(self.definition["secrecy"])

    @property
    def is_changeable(self) -> bool:
        return bool(self.definition["changeable"])

    @cached_property
    def answer_rules(self) -> Mapping[str, AnswerRules]:
        """What a valid answer is, by question; worked out once for all casts that share these facts."""
        return {question["id"]: answer_rules(question) for question in self.definition["questions"]}


def phase(facts: PollFacts, *, now: datetime) -> str:
    """Give the phase a poll is in by its times: a dead queue keeps nobody out and lets nobody in.

    Returns: draft, scheduled, open, closed, tallied, published or cancelled.
    """
    if facts.state in ("scheduled", "open"):
        if now >= facts.closes_at:
            return "closed"
        return "open" if now >= facts.opens_at else "scheduled"
    return facts.state


def answers_problem(rules: Mapping[str, AnswerRules], choices: Any) -> tuple[str, str] | None:
    """Tell what is wrong with a ballot's choices, None when nothing is.

    Args: rules: by question id; choices: {question id: answer}; null is a blank answer.
    Returns: the question's id, empty for the ballot as a whole, and a key of `methods.words.INVALID`.
    """
    if not isinstance(choices, dict) or choices.keys() != rules.keys():
        return "", "questions"
    for question_id, answer in choices.items():
        if reason := invalid_reason(answer, rules[question_id]):
            return question_id, reason
    return None


FIGURES = ("live", "after_vote", "after_closing")


def visible_figures(facts: PollFacts, *, has_voted: bool, now: datetime) -> str:
    """Tell which figures may be shown; every surface, every role and every export asks here.

    Returns: "result" once it is published, "totals" (of the last batch) while the poll's rule allows them, else "none".
    Staff see no more than everybody: before closing the answer depends on the poll and on the person's own vote only.
    """
    if facts.state == "published":
        return "result"
    if facts.secrecy == "sealed" or phase(facts, now=now) not in ("open", "closed", "tallied"):
        return "none"
    shown = {"live": True, "after_vote": has_voted, "after_closing": False}
    return "totals" if shown[facts.definition["figures"]] else "none"


def result_visible(facts: PollFacts) -> bool:
    """Tell whether the result may be shown."""
    return facts.state == "published"


def extension_refusal(facts: PollFacts, closes_at: datetime, *, now: datetime, settle: timedelta) -> Problem | None:
    """Tell why a poll's end cannot be moved to `closes_at`.

    Args: settle: how long it takes until every process knows; neither the old nor the new end may fall into it.
    """
    if phase(facts, now=now) not in ("scheduled", "open"):
        return errors.PollStateChanged(state=phase(facts, now=now))
    if closes_at <= max(facts.opens_at, now):
        return errors.PollTimesInvalid()
    if min(facts.closes_at, closes_at) < now + settle:
        return errors.ExtensionTooLate()
    if facts.secrecy == "sealed" and closes_at > facts.closes_at:
        return errors.SealedNotExtended()
    return None
