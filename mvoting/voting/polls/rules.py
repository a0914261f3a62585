"""Decisions about polls. Pure: the clock is an argument."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mvoting.core.problems import Problem
from mvoting.voting.polls import errors


@dataclass(frozen=True)
class PollFacts:
    """What decisions about a poll need; shared by threads, never changed."""

    id: str
    state: str
    definition: Mapping[str, Any]
    definition_hash: str
    opens_at: datetime
    closes_at: datetime
    salt: bytes

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


def phase(facts: PollFacts, *, now: datetime) -> str:
    """Give the phase a poll is in by its times: a dead queue keeps nobody out and lets nobody in.

    Returns: draft, scheduled, open, closed, tallied, published or cancelled.
    """
    if facts.state in ("scheduled", "open"):
        if now >= facts.closes_at:
            return "closed"
        return "open" if now >= facts.opens_at else "scheduled"
    return facts.state


def casting_refusal(facts: PollFacts, *, now: datetime) -> Problem | None:
    """Tell why nobody can cast at `now`; the database decides again about `closes_at` with its own clock."""
    match phase(facts, now=now):
        case "open":
            return None
        case "scheduled" | "draft":
            return errors.PollNotOpen(opens_at=facts.opens_at.isoformat())
        case "cancelled":
            return errors.PollCancelled()
        case _:
            return errors.PollClosed(closed_at=facts.closes_at.isoformat())


def admission_refusal(audience: Mapping[str, Any], trust: str, claims: Mapping[str, Any]) -> Problem | None:
    """Tell why a person is not in a poll's audience."""
    if audience["kind"] == "everyone":
        return None
    return errors.NotEligible()


def answers_problem(definition: Mapping[str, Any], choices: Any) -> str | None:
    """Tell in English what is wrong with a ballot's choices, None when nothing is.

    Args: choices: {question id: answer}; null is a blank answer.
    """
    questions = {question["id"]: question for question in definition["questions"]}
    if not isinstance(choices, dict) or set(choices) != set(questions):
        return "choices must hold an answer, or null, for exactly the poll's questions"
    for question_id, answer in choices.items():
        if answer is not None and (wrong := _answer_problem(questions[question_id], answer)):
            return f"{question_id}: {wrong}"
    return None


def _answer_problem(question: Mapping[str, Any], answer: Any) -> str | None:
    options = {option["id"] for option in question["options"]}
    match question["method"]:
        case "plurality":
            fits = isinstance(answer, list) and len(answer) == 1 and isinstance(answer[0], str) and answer[0] in options
            return None if fits else "one option must be chosen"
        case "irv" | "stv" | "schulze" | "borda":
            return _ranking_problem(options, answer)
    return "this method is not known"


def _ranking_problem(options: set[str], answer: Any) -> str | None:
    if not isinstance(answer, list) or not answer or not all(isinstance(tier, list) and tier for tier in answer):
        return "a ranking is a list of ranks, each a list of options"
    ranked = [option for tier in answer for option in tier]
    if not all(isinstance(option, str) and option in options for option in ranked):
        return "there is no such option"
    return None if len(set(ranked)) == len(ranked) else "an option is ranked twice"


def result_visible(facts: PollFacts) -> bool:
    """Tell whether the result may be shown; every surface and every role asks here."""
    return facts.state == "published"
