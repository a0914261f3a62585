"""A question as a poll's definition holds it, made ready for checking answers and for counting.

Shape: {"id", "title", "method", "seats", "options": [{"id", "title", "cost"?}], "min_choices"?, "max_choices"?,
"max_score"?, "max_points"?, "budget"?, "blank"?, "equal_ranks"?}; a setting left out has the default of `AnswerRules`.
"""

from collections.abc import Mapping
from typing import Any

from mvoting.voting.methods.answers import AnswerRules
from mvoting.voting.methods.registry import METHODS
from mvoting.voting.methods.types import Contest

Question = Mapping[str, Any]

MAX_SCORE = 5
_SETTINGS = ("min_choices", "max_choices", "max_score", "max_points")


def answer_rules(question: Question) -> AnswerRules:
    """Give what a valid answer to the question is."""
    return AnswerRules(
        method=question["method"],
        options=tuple(option["id"] for option in question["options"]),
        allows_blank=question.get("blank", True),
        allows_equal_ranks=question.get("equal_ranks", METHODS[question["method"]].equal_ranks),
        **{name: question[name] for name in _SETTINGS if name in question},
    )


def contest(question: Question) -> Contest:
    """Give what the question decides."""
    return Contest(
        options=tuple(option["id"] for option in question["options"]),
        seats=question.get("seats", 1),
        max_score=question.get("max_score", MAX_SCORE),
        costs={option["id"]: option["cost"] for option in question["options"] if "cost" in option},
        budget=question.get("budget", 0),
    )


def option_names(question: Question, language: str) -> dict[str, str]:
    """Give the options' names in a language, in Korean where there is none in it."""
    return {option["id"]: option["title"].get(language) or option["title"]["ko"] for option in question["options"]}
