"""The methods by name, with what each asks of a ballot."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from mvoting.voting.methods import budget, irv, schulze, star, stv, totals
from mvoting.voting.methods.types import CannotCount, Contest, CountResult, Patterns, TieBreak


class AnswerKind(StrEnum):
    """The form of an answer."""

    CHOICE = "choice"
    RANKING = "ranking"
    SCORES = "scores"


@dataclass(frozen=True)
class Method:
    """A counting method.

    answers: the forms it can count, the first is the usual one. one_seat: there is exactly one winner.
    equal_ranks: whether a ballot may rank options equally.
    """

    name: str
    count: Callable[[Patterns, Contest, TieBreak], CountResult]
    answers: tuple[AnswerKind, ...]
    ko: str
    en: str
    one_seat: bool = False
    equal_ranks: bool = False
    needs_costs: bool = False


_ALL = (
    Method("plurality", totals.count_plurality, (AnswerKind.CHOICE,), "하나 고르기", "Plurality"),
    Method("multiple", totals.count_multiple, (AnswerKind.CHOICE,), "여러 개 고르기", "Multiple choice"),
    Method("approval", totals.count_approval, (AnswerKind.CHOICE,), "찬성 투표", "Approval"),
    Method("score", totals.count_score, (AnswerKind.SCORES,), "점수 투표", "Score"),
    Method("star", star.count, (AnswerKind.SCORES,), "점수 뒤 결선(STAR)", "STAR", one_seat=True),
    Method("borda", totals.count_borda, (AnswerKind.RANKING,), "보르다 점수", "Borda count", equal_ranks=True),
    Method("irv", irv.count, (AnswerKind.RANKING,), "선호 투표(즉석 결선)", "Instant runoff", one_seat=True),
    Method("stv", stv.count, (AnswerKind.RANKING,), "단기 이양식 투표", "Single transferable vote"),
    Method("schulze", schulze.count, (AnswerKind.RANKING,), "슐체 방식", "Schulze", equal_ranks=True),
    Method(
        "budget_greedy",
        budget.count_greedy,
        (AnswerKind.CHOICE, AnswerKind.SCORES),
        "예산: 득표순",
        "Budget, by votes",
        needs_costs=True,
    ),
    Method(
        "budget_equal_shares",
        budget.count_equal_shares,
        (AnswerKind.CHOICE,),
        "예산: 동등 지분",
        "Budget, equal shares",
        needs_costs=True,
    ),
)

METHODS = {method.name: method for method in _ALL}


def count(method: str, ballots: Patterns, contest: Contest, tie_break: TieBreak) -> CountResult:
    """Count by the named method.

    Raises: CannotCount when the contest does not fit the method.
    """
    if method not in METHODS:
        raise CannotCount(f"{method} 방식은 없습니다.", f"There is no method {method}.")
    if not contest.options:
        raise CannotCount("선택지가 없습니다.", "There are no options.")
    if contest.seats < 1:
        raise CannotCount("뽑을 수는 1 이상이어야 합니다.", "There must be at least one seat.")
    return METHODS[method].count(ballots, contest, tie_break)
