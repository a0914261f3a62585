"""The method of equal shares: who pays for what, exactly."""

from fractions import Fraction

import numpy as np

from mvoting.voting.methods.ranks import unknown_option
from mvoting.voting.methods.types import Contest, Patterns, TieBreak

MARGIN = 1e-9
"""Two figures closer than this, relative, are told apart by fractions. Floating-point error stays below 1e-11 here."""

SMALLEST_SHARE = 100
"""Where a share is smaller, money is counted in tenths, hundredths … of the unit, so that steps stay fine."""


def equal_shares(ballots: Patterns, contest: Contest, tie_break: TieBreak) -> tuple[list[str], Fraction]:
    """Give the projects that equal shares with budget increase funds, in order, and each voter's final share.

    A project's price for a supporter is the same for all who can pay it; the others give what they have left. At each
    turn the project with the lowest price per unit of cost is bought. See `budget.count_equal_shares`.
    """
    voters = sum(times for answer, times in ballots.items() if answer)
    scale = 1
    while contest.budget * scale < SMALLEST_SHARE * voters:
        scale *= 10
    market = _Market(ballots, contest, tie_break, scale)
    if sum(market.costs[project] for project in market.supported) <= contest.budget * scale:
        return market.in_order(market.supported), Fraction(contest.budget, voters)
    share = contest.budget * scale // voters
    bought = market.buy(share)
    while True:
        raised = share + max(1, share // 1000)
        following = market.buy(raised)
        if sum(market.costs[project] for project in following) > contest.budget * scale:
            return [contest.options[project] for project in bought], Fraction(share, scale)
        share, bought = raised, following


class _Doubt(Exception):
    """Floating point cannot tell two figures apart."""


class _Market:
    """Voters grouped by what they approve; prices in whole scaled units."""

    def __init__(self, ballots: Patterns, contest: Contest, tie_break: TieBreak, scale: int) -> None:
        self.contest = contest
        number = {option: index for index, option in enumerate(contest.options)}
        groups: list[list[int]] = [[] for _ in number]
        for row, answer in enumerate(ballots):
            for option in answer:
                if option not in number:
                    raise unknown_option(option)
                groups[number[option]].append(row)
        self.groups = [np.array(rows, dtype=np.int64) for rows in groups]
        self.people = np.fromiter(ballots.values(), dtype=np.int64, count=len(ballots))
        self.costs = [contest.costs[option] * scale for option in contest.options]
        self.votes = [int(self.people[rows].sum()) for rows in self.groups]
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
        money = np.full(len(self.people), float(share))
        # Money only shrinks, so a project's last price is a lower bound of its next.
        bounds = {project: 1.0 / self.votes[project] for project in self.supported}
        bought: list[int] = []
        while bounds:
            best, best_price, best_even = -1, float("inf"), False
            for project in sorted(bounds, key=lambda project: (bounds[project], self.rank[project])):
                if bounds[project] > best_price * (1 + MARGIN):
                    break
                found = self._price_fast(project, money)
                if found is None:
                    del bounds[project]
                    continue
                price, is_even = found
                bounds[project] = price
                if price < best_price * (1 - MARGIN):
                    best, best_price, best_even = project, price, is_even
                elif price <= best_price * (1 + MARGIN):
                    if not (is_even and best_even) or self.votes[project] != self.votes[best]:
                        raise _Doubt
                    best = min(best, project, key=lambda n: self.rank[n])
            if best < 0:
                break
            rows = self.groups[best]
            money[rows] -= np.minimum(money[rows], best_price * self.costs[best])
            del bounds[best]
            bought.append(best)
        return bought

    def _price_fast(self, project: int, money: np.ndarray) -> tuple[float, bool] | None:
        """Give the price per unit of cost and whether all supporters pay alike, or None if they cannot pay."""
        rows, cost = self.groups[project], self.costs[project]
        have, people = money[rows], self.people[rows]
        held = float(have @ people)
        if abs(held - cost) <= MARGIN * cost:
            raise _Doubt
        if held < cost:
            return None
        if have.min() * self.votes[project] >= cost * (1 + MARGIN):
            return 1.0 / self.votes[project], True
        # Who has less than the price gives it all, and the others pay more: the price rises until nobody is left behind.
        price, poor = cost / self.votes[project], 0
        while (behind := int(np.count_nonzero(short := have < price))) > poor:
            poor = behind
            rich = float(self.votes[project] - int(people[short].sum()))
            price = (cost - float(have[short] @ people[short])) / rich if rich else float("inf")
        return price / cost, False

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
