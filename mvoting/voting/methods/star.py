"""STAR: score, then automatic runoff between the two best."""

from itertools import chain

import numpy as np
from numpy.typing import NDArray

from mvoting.voting.methods.totals import add_scores
from mvoting.voting.methods.types import Contest, CountResult, Number, Patterns, Round, Sentence, Tie, TieBreak


class StarTally:
    """STAR; one winner.

    Round 1 holds the sums of the scores, round 2 how many ballots score each finalist above the other; ballots that
    score them equally are exhausted there. Ties for the final: the tied option that most others of the tied lose to
    head to head, then the most highest scores, then the lot. A tied final: the higher sum, then the most highest
    scores, then the lot.
    Source: Equal Vote Coalition, STAR Voting, Official Tiebreaker Protocol.
    """

    def __init__(self, contest: Contest) -> None:
        self.contest = contest
        self.sums: dict[str, Number] = dict.fromkeys(contest.options, 0)
        # How many ballots score the row's option above the column's, and each option as high as can be.
        self.prefer = np.zeros((len(contest.options), len(contest.options)), dtype=np.int64)
        self.tops = np.zeros(len(contest.options), dtype=np.int64)
        self.ballots = self.blank = 0

    def add(self, ballots: Patterns) -> None:
        self.ballots += sum(ballots.values())
        self.blank += ballots.get((), 0)
        add_scores(self.sums, ballots)
        scores = _score_matrix(ballots, self.contest)
        weights = np.fromiter(ballots.values(), dtype=np.int64, count=len(ballots))
        self.tops += weights @ (scores == self.contest.max_score)
        for option in range(len(self.contest.options)):
            self.prefer[option] += weights @ (scores[:, [option]] > scores)

    def result(self, tie_break: TieBreak) -> CountResult:
        if not any(self.sums.values()):
            closing = Round(self.sums, exhausted=self.blank, sentences=(Sentence("no-votes"),))
            return CountResult("star", 1, self.ballots, self.blank, (), (closing,))
        finalists, ties = self._finalists(tie_break)
        opening = [Sentence("score-totals", (), (self.ballots - self.blank, self.blank))]
        opening += [Sentence(f"tie-{tie.by}", (tie.drawn,), (), tie.between) for tie in ties]
        opening += [Sentence("finalist", (option,), (self.sums[option],)) for option in finalists]
        first = Round(self.sums, exhausted=self.blank, ties=tuple(ties), sentences=tuple(opening))
        if len(finalists) == 1:
            return CountResult("star", 1, self.ballots, self.blank, (finalists[0],), (first,))
        winner, final = self._runoff(finalists, tie_break)
        return CountResult("star", 1, self.ballots, self.blank, (winner,), (first, final))

    def _finalists(self, tie_break: TieBreak) -> tuple[list[str], list[Tie]]:
        left = dict(self.sums)
        finalists: list[str] = []
        ties: list[Tie] = []
        while left and len(finalists) < 2:
            most = max(left.values())
            level = [option for option, total in left.items() if total == most]
            if len(level) <= 2 - len(finalists):
                finalists += level
                for option in level:
                    del left[option]
                continue
            chosen, by = self._break_score_tie(level, tie_break)
            ties.append(Tie(tuple(level), chosen, by))
            finalists.append(chosen)
            del left[chosen]
        return finalists, ties

    def _break_score_tie(self, level: list[str], tie_break: TieBreak) -> tuple[str, str]:
        wins = {o: sum(self._preferring(o, other) > self._preferring(other, o) for other in level) for o in level}
        leaders = _leaders(level, wins)
        return (leaders[0], "head-to-head") if len(leaders) == 1 else self._by_highest_scores(leaders, tie_break)

    def _by_highest_scores(self, level: list[str], tie_break: TieBreak) -> tuple[str, str]:
        leaders = _leaders(level, {option: int(self.tops[self.contest.options.index(option)]) for option in level})
        return (leaders[0], "highest-scores") if len(leaders) == 1 else (tie_break.draw(leaders), "lot")

    def _runoff(self, finalists: list[str], tie_break: TieBreak) -> tuple[str, Round]:
        one, two = finalists
        totals: dict[str, Number] = {one: self._preferring(one, two), two: self._preferring(two, one)}
        ties = []
        if totals[one] != totals[two]:
            winner = max(finalists, key=lambda option: totals[option])
        else:
            if self.sums[one] != self.sums[two]:
                winner, by = max(finalists, key=lambda option: self.sums[option]), "higher-sum"
            else:
                winner, by = self._by_highest_scores(finalists, tie_break)
            ties.append(Tie((one, two), winner, by))
        loser = two if winner == one else one
        sentences = [Sentence(f"tie-{tie.by}", (tie.drawn,), (), tie.between) for tie in ties]
        sentences.append(Sentence("star-winner", (winner,), (totals[winner], totals[loser]), (loser,)))
        exhausted = self.ballots - sum(totals.values())
        return winner, Round(totals, elected=(winner,), exhausted=exhausted, ties=tuple(ties), sentences=tuple(sentences))

    def _preferring(self, one: str, other: str) -> int:
        return int(self.prefer[self.contest.options.index(one), self.contest.options.index(other)])


def _score_matrix(ballots: Patterns, contest: Contest) -> NDArray[np.int64]:
    """Give [patterns × options] scores; an option left out has 0."""
    number = {option: index for index, option in enumerate(contest.options)}
    marks = list(chain.from_iterable(ballots))
    columns = np.fromiter((number[option] for option, _ in marks), dtype=np.int64, count=len(marks))
    given = np.fromiter((score for _, score in marks), dtype=np.int64, count=len(marks))
    lengths = np.fromiter(map(len, ballots), dtype=np.int64, count=len(ballots))
    scores = np.zeros((len(ballots), len(contest.options)), dtype=np.int64)
    scores[np.repeat(np.arange(len(ballots)), lengths), columns] = given
    return scores


def _leaders(level: list[str], figures: dict[str, int]) -> list[str]:
    most = max(figures[option] for option in level)
    return [option for option in level if figures[option] == most]
