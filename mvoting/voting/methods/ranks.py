"""Ranking patterns as integer arrays, the form in which the ranked methods count them."""

from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from mvoting.voting.methods.types import CannotCount, Contest, Number, Patterns, Tie, TieBreak

END = -1
"""Marks the end of a ballot in `Sequences.order`."""


@dataclass(frozen=True)
class _Marks:
    """All marks of all ballots, one after the other: which ballot, which option, and where."""

    row: NDArray[np.int64]
    option: NDArray[np.int64]
    place: NDArray[np.int64]  # among the marks of the ballot
    rank: NDArray[np.int64]  # of its tier
    last: NDArray[np.int64]  # place of the last mark in its tier


def _marks(ballots: Patterns, contest: Contest) -> _Marks:
    """Take rankings apart by arrays: with a hundred thousand patterns a loop in Python is most of a count."""
    tiers = list(chain.from_iterable(ballots))
    if not {*map(type, tiers)} <= {tuple}:
        raise CannotCount("이 방식은 순위 투표에만 쓸 수 있습니다.", "This method counts rankings only.")
    number = {option: index for index, option in enumerate(contest.options)}
    try:
        option = np.fromiter(map(number.__getitem__, chain.from_iterable(tiers)), dtype=np.int64)
    except KeyError as unknown:
        raise unknown_option(str(unknown.args[0])) from None
    ranks = np.fromiter(map(len, ballots), dtype=np.int64, count=len(ballots))
    sizes = np.fromiter(map(len, tiers), dtype=np.int64, count=len(tiers))
    tier_of_mark = np.repeat(np.arange(len(tiers)), sizes)
    row_of_tier = np.repeat(np.arange(len(ballots)), ranks)
    row = row_of_tier[tier_of_mark]
    first_mark = np.searchsorted(row, np.arange(len(ballots)))
    place = np.arange(len(option)) - first_mark[row]
    if len(place) and place.max() >= len(number):
        raise CannotCount("한 선택지를 두 번 쓴 투표지가 있습니다.", "A ballot names an option twice.")
    first_tier = np.cumsum(ranks) - ranks
    rank = np.arange(len(tiers)) - first_tier[row_of_tier]
    last_mark = np.cumsum(sizes) - 1
    return _Marks(row, option, place, rank[tier_of_mark], place[last_mark[tier_of_mark]])


class Cards:
    """Ranking ballots being read: each pattern lies with the first option on it that still stands, or with nobody.

    A ballot is exhausted where it ends, and where it gives its next rank to two or more options that still stand.
    weights: ballots of each pattern. holder: number of the option a pattern lies with, or END.
    """

    def __init__(self, ballots: Patterns, contest: Contest) -> None:
        width = len(contest.options) + 1
        marks = _marks(ballots, contest)
        self.weights = _weights(ballots)
        # [patterns × options + 1] option numbers in reading order, then END.
        self._order = np.full((len(ballots), width), END, dtype=np.int64)
        self._order[marks.row, marks.place] = marks.option
        # Where the rank at this place ends; beyond the place itself only for equal ranks.
        self._last = np.tile(np.arange(width), (len(ballots), 1))
        self._last[marks.row, marks.place] = marks.last
        self._at = np.zeros(len(ballots), dtype=np.int64)
        self.holder = np.full(len(ballots), END, dtype=np.int64)
        self.settle(np.arange(len(ballots)), np.ones(len(contest.options), dtype=bool))

    def settle(self, rows: NDArray[np.int64], standing: NDArray[np.bool_]) -> None:
        """Move these ballots on to the next option that stands, from where they are."""
        moving = rows
        while moving.size:
            option = self._order[moving, self._at[moving]]
            self.holder[moving] = option
            moving = moving[(option != END) & ~standing[option]]
            self._at[moving] += 1
        for row in rows[self._last[rows, self._at[rows]] > self._at[rows]]:
            rivals = self._order[row, self._at[row] + 1 : self._last[row, self._at[row]] + 1]
            if standing[rivals].any():
                self._at[row] = self._order.shape[1] - 1
                self.holder[row] = END


def rank_matrix(ballots: Patterns, contest: Contest) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Give [patterns × options] ranks from 0, and the weights; options that a ballot leaves out share the last rank."""
    marks = _marks(ballots, contest)
    ranks = np.full((len(ballots), len(contest.options)), len(contest.options), dtype=np.int64)
    ranks[marks.row, marks.option] = marks.rank
    return ranks, _weights(ballots)


def pairwise(ballots: Patterns, contest: Contest) -> NDArray[np.int64]:
    """Count for each pair how many ballots rank the row's option above the column's."""
    ranks, weights = rank_matrix(ballots, contest)
    size = len(contest.options)
    prefer = np.zeros((size, size), dtype=np.int64)
    for option in range(size):
        prefer[option] = weights @ (ranks[:, [option]] < ranks).astype(np.int64)
    return prefer


def break_tie(
    tied: list[str], history: list[dict[str, Number]], tie_break: TieBreak, *, want_lowest: bool
) -> tuple[str, Tie | None]:
    """Choose among options with equal votes: by the latest earlier round in which they differed, else by lot.

    Source: Scottish Local Government Elections Order 2007 (SSI 2007/42), Schedule 1, rules 49(4) and 50(3).
    """
    if len(tied) == 1:
        return tied[0], None
    level = list(tied)
    for totals in reversed(history):
        best = (min if want_lowest else max)(totals[option] for option in level)
        level = [option for option in level if totals[option] == best]
        if len(level) == 1:
            return level[0], Tie(tuple(tied), level[0], "earlier-round")
    drawn = tie_break.draw(level)
    return drawn, Tie(tuple(tied), drawn, "lot")


def unknown_option(option: str) -> CannotCount:
    return CannotCount(f"선택지 {option}이(가) 이 투표에 없습니다.", f"There is no option {option} in this contest.")


def _weights(ballots: Patterns) -> NDArray[np.int64]:
    return np.fromiter(ballots.values(), dtype=np.int64, count=len(ballots))
