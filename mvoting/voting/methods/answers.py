"""Answers as they travel (JSON) and as they are counted (hashable), and what makes one invalid."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from mvoting.voting.methods.registry import METHODS, AnswerKind
from mvoting.voting.methods.types import Answer


@dataclass(frozen=True)
class AnswerRules:
    """What a valid answer to one question is.

    min_choices, max_choices: how many options a choice or ranking names; 0 for max means all.
    max_points: the largest sum of points on a budget ballot, which then holds points; 0 means that it holds approvals.
    """

    method: str
    options: tuple[str, ...]
    min_choices: int = 1
    max_choices: int = 0
    max_score: int = 5
    max_points: int = 0
    allows_blank: bool = True
    allows_equal_ranks: bool = False

    @cached_property
    def known(self) -> frozenset[str]:
        return frozenset(self.options)

    @cached_property
    def kind(self) -> AnswerKind:
        kinds = METHODS[self.method].answers
        return AnswerKind.SCORES if self.max_points and AnswerKind.SCORES in kinds else kinds[0]


def freeze(answer: Any) -> Answer:
    """Give the hashable form of an answer; the same answer written differently freezes to the same.

    Answers are null (blank), a list of option ids (choice), a list of lists (ranking) or an object (scores).
    """
    if not answer:
        return ()
    if isinstance(answer, Mapping):
        return tuple(sorted((option, score) for option, score in answer.items()))
    if isinstance(answer[0], str):
        return tuple(sorted(answer))
    return tuple(tuple(sorted(tier)) for tier in answer)


def thaw(answer: Answer) -> Any:
    """Give the JSON form of a frozen answer."""
    if not answer:
        return None
    if isinstance(answer[0], str):
        return list(answer)
    if isinstance(answer[0][-1], int):
        return dict(answer)
    return [list(tier) for tier in answer]


def invalid_reason(answer: Any, rules: AnswerRules) -> str | None:
    """Say why an answer cannot be accepted, or None if it can.

    Returns one of: blank, shape, unknown-option, twice, too-few, too-many, equal-ranks, score, points.
    """
    if answer is None:
        return None if rules.allows_blank else "blank"
    if rules.kind is AnswerKind.SCORES:
        return _scores_reason(answer, rules) if isinstance(answer, dict) else "shape"
    if not isinstance(answer, list) or not answer:
        return "shape"
    if rules.kind is AnswerKind.CHOICE:
        return _options_reason(answer, rules)
    if not all(isinstance(tier, list) and tier for tier in answer):
        return "shape"
    if not rules.allows_equal_ranks and any(len(tier) > 1 for tier in answer):
        return "equal-ranks"
    return _options_reason([option for tier in answer for option in tier], rules)


def _options_reason(options: list[Any], rules: AnswerRules) -> str | None:
    if not all(isinstance(option, str) for option in options):
        return "shape"
    named = set(options)
    if len(options) > len(rules.options) or len(named) != len(options):
        return "twice"
    if not named <= rules.known:
        return "unknown-option"
    if len(options) < rules.min_choices:
        return "too-few"
    limit = 1 if rules.method == "plurality" else rules.max_choices or len(rules.options)
    return "too-many" if len(options) > limit else None


def _scores_reason(answer: dict[Any, Any], rules: AnswerRules) -> str | None:
    if not answer.keys() <= rules.known:
        return "unknown-option"
    if not answer or not all(type(score) is int for score in answer.values()):
        return "shape"
    least, most = min(answer.values()), max(answer.values())
    if METHODS[rules.method].needs_costs:
        return "points" if least < 0 or not 1 <= sum(answer.values()) <= rules.max_points else None
    return None if least >= 0 and most <= rules.max_score else "score"
