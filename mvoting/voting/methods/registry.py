"""The methods by name, with what each asks of a ballot."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import partial

from mvoting.voting.methods import budget, irv, schulze, star, stv, totals
from mvoting.voting.methods.types import Answer, CannotCount, Contest, CountResult, Patterns, Tally, TieBreak


class AnswerKind(StrEnum):
    """The form of an answer."""

    CHOICE = "choice"
    RANKING = "ranking"
    SCORES = "scores"


@dataclass(frozen=True)
class Method:
    """A counting method.

    begin: starts a tally. answers: the forms it can count, the first is the usual one. one_seat: there is exactly one
    winner. equal_ranks: whether a ballot may rank options equally.
    """

    name: str
    begin: Callable[[Contest], Tally]
    answers: tuple[AnswerKind, ...]
    ko: str
    en: str
    one_seat: bool = False
    equal_ranks: bool = False
    needs_costs: bool = False


class Collected:
    """A tally that keeps every different answer, for methods that move a ballot from one option to the next."""

    def __init__(self, contest: Contest, *, count: Callable[[Patterns, Contest, TieBreak], CountResult]) -> None:
        self.contest, self.count = contest, count
        self.ballots: Counter[Answer] = Counter()

    def add(self, ballots: Patterns) -> None:
        self.ballots.update(ballots)

    def result(self, tie_break: TieBreak) -> CountResult:
        return self.count(self.ballots, self.contest, tie_break)


def _collect(count: Callable[[Patterns, Contest, TieBreak], CountResult]) -> Callable[[Contest], Tally]:
    return partial(Collected, count=count)


def _add_up(kind: Callable[..., Tally], name: str) -> Callable[[Contest], Tally]:
    return partial(kind, method=name)


_ALL = (
    Method("plurality", _add_up(totals.ChoiceTally, "plurality"), (AnswerKind.CHOICE,), "하나 고르기", "Plurality"),
    Method("multiple", _add_up(totals.ChoiceTally, "multiple"), (AnswerKind.CHOICE,), "여러 개 고르기", "Multiple choice"),
    Method("approval", _add_up(totals.ChoiceTally, "approval"), (AnswerKind.CHOICE,), "찬성 투표", "Approval"),
    Method("score", _add_up(totals.ScoreTally, "score"), (AnswerKind.SCORES,), "점수 투표", "Score"),
    Method("star", star.StarTally, (AnswerKind.SCORES,), "점수 뒤 결선(STAR)", "STAR", one_seat=True),
    Method("borda", _add_up(totals.BordaTally, "borda"), (AnswerKind.RANKING,), "보르다 점수", "Borda count", equal_ranks=True),
    Method("irv", _collect(irv.count), (AnswerKind.RANKING,), "선호 투표(즉석 결선)", "Instant runoff", one_seat=True),
    Method("stv", _collect(stv.count), (AnswerKind.RANKING,), "단기 이양식 투표", "Single transferable vote"),
    Method("schulze", schulze.SchulzeTally, (AnswerKind.RANKING,), "슐체 방식", "Schulze", equal_ranks=True),
    Method(
        "budget_greedy",
        budget.GreedyTally,
        (AnswerKind.CHOICE, AnswerKind.SCORES),
        "예산: 득표순",
        "Budget, by votes",
        needs_costs=True,
    ),
    Method(
        "budget_equal_shares",
        _collect(budget.count_equal_shares),
        (AnswerKind.CHOICE,),
        "예산: 동등 지분",
        "Budget, equal shares",
        needs_costs=True,
    ),
)

METHODS = {method.name: method for method in _ALL}


def begin(method: str, contest: Contest) -> Tally:
    """Begin a count by the named method, to which ballots are added in parts.

    Raises: CannotCount when the contest does not fit the method.
    """
    if method not in METHODS:
        raise CannotCount(f"{method} 방식은 없습니다.", f"There is no method {method}.")
    if not contest.options:
        raise CannotCount("선택지가 없습니다.", "There are no options.")
    if contest.seats < 1:
        raise CannotCount("뽑을 수는 1 이상이어야 합니다.", "There must be at least one seat.")
    return METHODS[method].begin(contest)


def count(method: str, ballots: Patterns, contest: Contest, tie_break: TieBreak) -> CountResult:
    """Count ballots by the named method.

    Raises: CannotCount when the contest or the ballots do not fit the method.
    """
    tally = begin(method, contest)
    tally.add(ballots)
    return tally.result(tie_break)
