"""Schulze: the winner beats every other by the stronger chain of pairwise majorities."""

import numpy as np

from mvoting.voting.methods.ranks import pairwise
from mvoting.voting.methods.types import Contest, CountResult, Patterns, Round, Sentence, Tie, TieBreak


class SchulzeTally:
    """The Schulze method with winning votes; the first `seats` of the order win.

    Equal ranks express no preference; options left out are ranked below all others and equally. The round's totals
    are how many options each one beats. Ties: the lot.
    Source: M. Schulze, A new monotonic, clone-independent, reversal symmetric, and Condorcet-consistent
    single-winner election method, Social Choice and Welfare 36 (2011).
    """

    def __init__(self, contest: Contest) -> None:
        self.contest = contest
        self.prefer = np.zeros((len(contest.options), len(contest.options)), dtype=np.int64)
        self.ballots = self.blank = 0

    def add(self, ballots: Patterns) -> None:
        self.ballots += sum(ballots.values())
        self.blank += ballots.get((), 0)
        self.prefer += pairwise(ballots, self.contest)

    def result(self, tie_break: TieBreak) -> CountResult:
        contest = self.contest
        if self.ballots == self.blank:
            nothing = Round(dict.fromkeys(contest.options, 0), exhausted=self.blank, sentences=(Sentence("no-votes"),))
            return CountResult("schulze", contest.seats, self.ballots, self.blank, (), (nothing,))
        paths = _strongest_paths(self.prefer)
        beats = paths > paths.T
        wins = {option: int(beats[row].sum()) for row, option in enumerate(contest.options)}
        order, ties = _order(contest, beats, tie_break)
        winners = tuple(order[: contest.seats])
        sentences = [Sentence("pairs", (), (self.ballots - self.blank, self.blank))]
        sentences += [_duel(contest, self.prefer, winners[0], other) for other in order if other != winners[0]]
        sentences += [Sentence("tie-lot", (tie.drawn,), (), tie.between) for tie in ties]
        sentences += [Sentence("schulze-winner", (option,), (wins[option],)) for option in winners]
        closing = Round(wins, elected=winners, exhausted=self.blank, ties=tuple(ties), sentences=tuple(sentences))
        return CountResult(
            method="schulze",
            seats=contest.seats,
            ballots=self.ballots,
            blank=self.blank,
            winners=winners,
            rounds=(closing,),
            ranking=tuple((option,) for option in order),
        )


def _strongest_paths(prefer: np.ndarray) -> np.ndarray:
    paths = np.where(prefer > prefer.T, prefer, 0)
    for middle in range(len(paths)):
        paths = np.maximum(paths, np.minimum(paths[:, [middle]], paths[[middle], :]))
    return paths


def _order(contest: Contest, beats: np.ndarray, tie_break: TieBreak) -> tuple[list[str], list[Tie]]:
    """Put the options in an order that respects every `beats`; the lot decides among those unbeaten at each step."""
    left = list(range(len(contest.options)))
    order: list[str] = []
    ties: list[Tie] = []
    while left:
        unbeaten = [contest.options[o] for o in left if not any(beats[other, o] for other in left)]
        drawn = tie_break.draw(unbeaten)
        if len(unbeaten) > 1 and len(order) < contest.seats:
            ties.append(Tie(tuple(unbeaten), drawn, "lot"))
        order.append(drawn)
        left.remove(contest.options.index(drawn))
    return order, ties


def _duel(contest: Contest, prefer: np.ndarray, winner: str, other: str) -> Sentence:
    row, column = contest.options.index(winner), contest.options.index(other)
    return Sentence("duel", (winner,), (int(prefer[row, column]), int(prefer[column, row])), (other,))
