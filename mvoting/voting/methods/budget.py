"""Participatory budgets: which projects are funded with the money there is."""

from collections.abc import Mapping
from itertools import chain

from mvoting.voting.methods.ranks import unknown_option
from mvoting.voting.methods.shares import equal_shares
from mvoting.voting.methods.types import CannotCount, Contest, CountResult, Funding, Number, Patterns, Round, Sentence, TieBreak


class GreedyTally:
    """Projects from the most votes downwards, skipping what the money left does not cover.

    Ballots are approvals (one vote for each project) or points. A project without votes is not funded. Ties: the
    lower cost, then the lot.
    """

    def __init__(self, contest: Contest) -> None:
        _check(contest)
        self.contest = contest
        self.totals: dict[str, Number] = dict.fromkeys(contest.options, 0)
        self.ballots = self.blank = 0

    def add(self, ballots: Patterns) -> None:
        self.ballots += sum(ballots.values())
        self.blank += ballots.get((), 0)
        for answer, times in ballots.items():
            for entry in answer:
                option, points = (entry, 1) if isinstance(entry, str) else entry
                if option not in self.totals:
                    raise unknown_option(option)
                self.totals[option] += points * times

    def result(self, tie_break: TieBreak) -> CountResult:
        contest, totals = self.contest, self.totals
        order = sorted(contest.options, key=lambda o: (-totals[o], contest.costs[o], tie_break.order.index(o)))
        left, fundings = contest.budget, []
        for option in order:
            cost = contest.costs[option]
            reason = "no_votes" if not totals[option] else "funded" if cost <= left else "too_costly"
            left -= cost if reason == "funded" else 0
            fundings.append(Funding(option, cost, totals[option], reason == "funded", reason, left))
        return _result("budget_greedy", self.ballots, self.blank, contest, totals, fundings, ())


def count_equal_shares(ballots: Patterns, contest: Contest, tie_break: TieBreak) -> CountResult:
    """Fund projects by the method of equal shares with budget increase.

    Everyone holds an equal share of the money and pays for approved projects only, each time the one with the lowest
    price per unit of its cost. The share then grows by a thousandth, at least one unit of money a person, and the count
    starts again, until the next step would overspend the true budget. Approvals only. Ties: more votes, then the
    lower cost, then the lot.
    Source: D. Peters, G. Pierczyński, P. Skowron, Proportional Participatory Budgeting with Additive Utilities
    (NeurIPS 2021); increase as rule "equalshares/add1" of pabulib.
    """
    _check(contest)
    if not {*map(type, chain.from_iterable(ballots))} <= {str}:
        raise CannotCount("동등 지분 방식은 찬성 투표만 셀 수 있습니다.", "Equal shares counts approvals, not points.")
    chosen, share, totals = equal_shares(ballots, contest, tie_break)
    everyone, blank = sum(ballots.values()), ballots.get((), 0)
    left, fundings = contest.budget, []
    for option in chosen:
        left -= contest.costs[option]
        fundings.append(Funding(option, contest.costs[option], totals[option], True, "funded", left))
    others = sorted((o for o in contest.options if o not in chosen), key=lambda o: (-totals[o], tie_break.order.index(o)))
    for option in others:
        reason = "no_votes" if not totals[option] else "too_costly" if contest.costs[option] > left else "share"
        fundings.append(Funding(option, contest.costs[option], totals[option], False, reason, left))
    opening = (Sentence("equal-share", (), (contest.budget, everyone - blank, share)),)
    return _result("budget_equal_shares", everyone, blank, contest, totals, fundings, opening)


def _check(contest: Contest) -> None:
    missing = [option for option in contest.options if contest.costs.get(option, 0) <= 0]
    if missing or contest.budget <= 0:
        raise CannotCount(
            "예산 투표에는 예산과 모든 사업의 비용이 있어야 합니다.",
            "A budget count needs a budget and a cost for every project.",
        )


def _result(
    method: str,
    everyone: int,
    blank: int,
    contest: Contest,
    totals: Mapping[str, Number],
    fundings: list[Funding],
    opening: tuple[Sentence, ...],
) -> CountResult:
    winners = tuple(funding.option for funding in fundings if funding.is_funded)
    spent = sum(contest.costs[option] for option in winners)
    sentences = [Sentence("budget-totals", (), (everyone - blank, blank, contest.budget)), *opening]
    sentences += [_explain(funding) for funding in fundings]
    sentences.append(Sentence("budget-spent", (), (len(winners), spent, contest.budget - spent)))
    closing = Round(totals, elected=winners, exhausted=blank, sentences=tuple(sentences))
    return CountResult(
        method=method,
        seats=len(winners),
        ballots=everyone,
        blank=blank,
        winners=winners,
        rounds=(closing,),
        fundings=tuple(fundings),
    )


def _explain(funding: Funding) -> Sentence:
    return Sentence(f"budget-{funding.reason}", (funding.option,), (funding.votes, funding.cost, funding.left))
