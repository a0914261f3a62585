"""The method of equal shares: who pays for what, exactly.

Prices are computed in floating point together with a bound of their error; where two figures lie within their bounds the
count is made again with fractions, so that the outcome is always the exact one. A sum of n terms is off by at most n · 2^-53
of it (Higham, Accuracy and Stability of Numerical Algorithms, 2002, ch. 4); a voter's money by what the prices that the
voter paid were off, and by nothing once it is all spent.
"""

from fractions import Fraction
from itertools import chain
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mvoting.voting.methods.ranks import unknown_option
from mvoting.voting.methods.types import Contest, Patterns, TieBreak

ROUNDING = 2.0**-52
"""Twice the unit roundoff: covers an operation together with the conversion of what goes into it."""

NEAR = 1e-6
"""Voters whose money is within this of the price, relative, may be on either side of it; errors must be smaller than that."""

SMALLEST_SHARE = 100
"""Where a share is smaller, money is counted in tenths, hundredths … of the unit, so that steps stay fine."""


class Shared(NamedTuple):
    """The projects funded, in order; each voter's final share; the votes for each project."""

    funded: list[str]
    share: Fraction
    votes: dict[str, int]


def equal_shares(ballots: Patterns, contest: Contest, tie_break: TieBreak) -> Shared:
    """Share the budget equally, and raise the shares for as long as what is bought stays within it.

    A project's price for a supporter is the same for all who can pay it; the others give what they have left. At each
    turn the project with the lowest price per unit of cost is bought. See `budget.count_equal_shares`.
    """
    voters = sum(ballots.values()) - ballots.get((), 0)
    if not voters:
        return Shared([], Fraction(0), dict.fromkeys(contest.options, 0))
    scale = 1
    while contest.budget * scale < SMALLEST_SHARE * voters:
        scale *= 10
    market = _Market(ballots, contest, tie_break, scale)
    votes = dict(zip(contest.options, market.votes, strict=True))
    if sum(market.costs[project] for project in market.supported) <= contest.budget * scale:
        return Shared(market.in_order(market.supported), Fraction(contest.budget, voters), votes)
    share = contest.budget * scale // voters
    bought = market.buy(share)
    while True:
        raised = share + max(1, share // 1000)
        following = market.buy(raised)
        if sum(market.costs[project] for project in following) > contest.budget * scale:
            return Shared([contest.options[project] for project in bought], Fraction(share, scale), votes)
        share, bought = raised, following


def one_share(ballots: Patterns, contest: Contest, share: int) -> list[str]:
    """Give what is bought, in order, when everyone holds `share` units of money; ties fall in ballot order."""
    bought = _Market(ballots, contest, TieBreak(contest.options), 1).buy(share)
    return [contest.options[project] for project in bought]


class _Doubt(Exception):
    """Floating point cannot tell two figures apart."""


class _Price(NamedTuple):
    """What each supporter of a project pays who can, how far that may be off, and whether all of them pay it."""

    each: float
    error: float
    is_even: bool


class _Market:
    """Voters grouped by what they approve; prices in whole scaled units."""

    def __init__(self, ballots: Patterns, contest: Contest, tie_break: TieBreak, scale: int) -> None:
        self.contest = contest
        number = {option: index for index, option in enumerate(contest.options)}
        try:
            marks = np.fromiter(map(number.__getitem__, chain.from_iterable(ballots)), dtype=np.int64)
        except KeyError as unknown:
            raise unknown_option(str(unknown.args[0])) from None
        lengths = np.fromiter(map(len, ballots), dtype=np.int64, count=len(ballots))
        rows = np.repeat(np.arange(len(ballots)), lengths)[np.argsort(marks, kind="stable")]
        self.groups = np.split(rows, np.cumsum(np.bincount(marks, minlength=len(number)))[:-1])
        self.people = np.fromiter(ballots.values(), dtype=np.int64, count=len(ballots))
        self.costs = [contest.costs[option] * scale for option in contest.options]
        self.votes = [int(self.people[rows].sum()) for rows in self.groups]
        self.people_of = [self.people[rows].astype(np.float64) for rows in self.groups]
        self.supported = [project for project, votes in enumerate(self.votes) if votes]
        self.rank = [(-self.votes[n], self.costs[n], tie_break.order.index(o)) for n, o in enumerate(contest.options)]

    def in_order(self, projects: list[int]) -> list[str]:
        return [self.contest.options[project] for project in sorted(projects, key=lambda project: self.rank[project])]

    def buy(self, share: int) -> list[int]:
        """Give what is bought when everyone holds `share`: by floating point where it decides, else by fractions."""
        try:
            return self._buy_fast(share)
        except _Doubt:
            return self.buy_exactly(share)

    def _buy_fast(self, share: int) -> list[int]:
        # What each voter has, and how far that may be off.
        money, off = np.full(len(self.people), float(share)), np.zeros(len(self.people))
        worst = 0.0
        # Money only shrinks, so a project's last price is a lower bound of its next; prices per unit of cost.
        bounds = {project: (1 - ROUNDING) / self.votes[project] for project in self.supported}
        bought: list[int] = []
        while True:
            best: tuple[int, _Price] | None = None
            for project in sorted(bounds, key=lambda project: (bounds[project], self.rank[project])):
                if best and bounds[project] * self.costs[best[0]] > best[1].each + best[1].error:
                    break
                price = self._price_fast(project, money, off, worst)
                if price is None:
                    del bounds[project]
                    continue
                bounds[project] = (price.each - price.error) / self.costs[project] * (1 - 2 * ROUNDING)
                best = self._better(best, (project, price)) if best else (project, price)
            if best is None:
                return bought
            project, price = best
            rows = self.groups[project]
            left = money[rows] - price.each
            more = price.error + share * ROUNDING
            worst += more
            # Whoever is clearly poorer has nothing left, exactly.
            off[rows] = np.where(left < -worst, 0.0, off[rows] + more)
            money[rows] = np.maximum(left, 0.0)
            del bounds[project]
            bought.append(project)

    def _better(self, one: tuple[int, _Price], other: tuple[int, _Price]) -> tuple[int, _Price]:
        """Give the project with the lower price per unit of cost; among equals the announced order decides."""
        if one[1].is_even and other[1].is_even:
            return min(one, other, key=lambda found: self.rank[found[0]])  # 1 / votes: the order begins with the votes
        lower, higher = sorted((one, other), key=lambda found: found[1].each / self.costs[found[0]])
        most = (lower[1].each + lower[1].error) / self.costs[lower[0]] * (1 + 2 * ROUNDING)
        if most >= (higher[1].each - higher[1].error) / self.costs[higher[0]]:
            raise _Doubt
        return lower

    def _price_fast(self, project: int, money: NDArray[np.float64], off: NDArray[np.float64], worst: float) -> _Price | None:
        """Give a project's price, or None if its supporters cannot pay. `worst`: the largest of `off`, or more."""
        cost, votes, people = float(self.costs[project]), float(self.votes[project]), self.people_of[project]
        rows = self.groups[project]
        have = money[rows]
        held = float(have @ people)
        rounding = (len(have) + 4) * ROUNDING * max(held, cost)
        if abs(held - cost) <= votes * worst + rounding and abs(held - cost) <= float(off[rows] @ people) * 2 + rounding:
            raise _Doubt
        if held < cost:
            return None
        each = cost / votes
        if have.min() - worst >= each * (1 + ROUNDING):
            return _Price(each, each * ROUNDING, is_even=True)
        # Who has less than the price gives it all, and the others pay more: the price rises until nobody is left behind.
        worth, rich, behind = have * people, votes, 0.0
        while (poor := float(people @ (short := have < each))) > behind:
            behind, rich = poor, votes - poor
            each = (cost - float(worth @ short)) / rich
        # The price is off by what the money of those who give all is off, shared among those who surely do not.
        surely_rich = have >= each * (1 + NEAR)
        richer = float(people @ surely_rich)
        given_off = float(people @ np.where(surely_rich, 0.0, off[rows]))
        error = 2 * (given_off + rounding) / richer if richer else float("inf")
        if error + worst > each * NEAR / 2:
            raise _Doubt
        return _Price(each, error, is_even=False)

    def buy_exactly(self, share: int) -> list[int]:
        """Give what is bought when everyone holds `share`, by fractions throughout."""
        money = [Fraction(share)] * len(self.people)
        bounds = {project: Fraction(1, self.votes[project]) for project in self.supported}
        bought: list[int] = []
        while bounds:
            best, best_price = -1, Fraction(0)
            for project in sorted(bounds, key=lambda project: (bounds[project], self.rank[project])):
                if best >= 0 and bounds[project] > best_price:
                    break
                price = self._price_exactly(project, money)
                if price is None:
                    del bounds[project]
                    continue
                bounds[project] = price
                if best < 0 or (price, self.rank[project]) < (best_price, self.rank[best]):
                    best, best_price = project, price
            if best < 0:
                break
            for row in self.groups[best]:
                money[row] -= min(money[row], best_price * self.costs[best])
            del bounds[best]
            bought.append(best)
        return bought

    def _price_exactly(self, project: int, money: list[Fraction]) -> Fraction | None:
        due, still = Fraction(self.costs[project]), self.votes[project]
        holdings: dict[Fraction, int] = {}
        for row in self.groups[project]:
            holdings[money[row]] = holdings.get(money[row], 0) + int(self.people[row])
        for have in sorted(holdings):
            if due <= have * still:
                return due / still / self.costs[project]
            due -= have * holdings[have]
            still -= holdings[have]
        return None
