"""Methods that add up once and take the highest: plurality, multiple, approval, score, Borda."""

from collections.abc import Mapping
from decimal import Decimal

from mvoting.voting.methods.ranks import rank_matrix, unknown_option
from mvoting.voting.methods.types import CannotCount, Contest, CountResult, Number, Patterns, Round, Sentence, Tie, TieBreak


class _Totals:
    """Points by option over the ballots added so far; the `seats` highest win, ties by the lot."""

    def __init__(self, contest: Contest, method: str) -> None:
        self.contest, self.method = contest, method
        self.totals: dict[str, Number] = dict.fromkeys(contest.options, 0)
        self.ballots = self.blank = 0

    def add(self, ballots: Patterns) -> None:
        self.ballots += sum(ballots.values())
        self.blank += ballots.get((), 0)
        self._add_points(ballots)

    def _add_points(self, ballots: Patterns) -> None:
        raise NotImplementedError

    def result(self, tie_break: TieBreak) -> CountResult:
        has_votes = any(self.totals.values())
        winners, ties = highest(self.totals, self.contest.seats, tie_break) if has_votes else ([], [])
        sentences = [Sentence(f"{self.method}-totals", (), (self.ballots - self.blank, self.blank))]
        sentences += [Sentence("tie-lot", (tie.drawn,), (), tie.between) for tie in ties]
        sentences += [Sentence(f"{self.method}-winner", (option,), (self.totals[option],)) for option in winners]
        sentences += [] if has_votes else [Sentence("no-votes")]
        closing = Round(self.totals, elected=tuple(winners), exhausted=self.blank, ties=tuple(ties), sentences=tuple(sentences))
        return CountResult(
            method=self.method,
            seats=self.contest.seats,
            ballots=self.ballots,
            blank=self.blank,
            winners=tuple(winners),
            rounds=(closing,),
        )


class ChoiceTally(_Totals):
    """One vote for each chosen option."""

    def _add_points(self, ballots: Patterns) -> None:
        add_choices(self.totals, ballots)


class ScoreTally(_Totals):
    """The sum of the scores; an option without a score gets 0."""

    def _add_points(self, ballots: Patterns) -> None:
        add_scores(self.totals, ballots)


class BordaTally(_Totals):
    """One point for every option ranked below and half a point for every one ranked equally.

    Options left out are ranked below all others and equally; a blank ballot gives nothing.
    Source: J.-C. de Borda (1781); equal ranks as in D. Black, The Theory of Committees and Elections (1958).
    """

    def __init__(self, contest: Contest, method: str) -> None:
        super().__init__(contest, method)
        self.halves = dict.fromkeys(contest.options, 0)

    def _add_points(self, ballots: Patterns) -> None:
        marked = {ranking: times for ranking, times in ballots.items() if ranking}
        ranks, weights = rank_matrix(marked, self.contest)
        for column, option in enumerate(self.contest.options):
            own = ranks[:, [column]]
            halves = 2 * (own < ranks).sum(axis=1) + (own == ranks).sum(axis=1) - 1
            self.halves[option] += int(weights @ halves)
            self.totals[option] = Decimal(self.halves[option] * 5).scaleb(-1)


def add_choices(totals: dict[str, Number], ballots: Patterns) -> None:
    """Add one vote for each chosen option."""
    for choice, times in ballots.items():
        for option in choice:
            if not isinstance(option, str):
                raise CannotCount("이 방식은 순위 투표에 쓸 수 없습니다.", "This method does not count rankings.")
            if option not in totals:
                raise unknown_option(option)
            totals[option] += times


def add_scores(totals: dict[str, Number], ballots: Patterns) -> None:
    """Add up the scores of each option."""
    for scores, times in ballots.items():
        for option, score in scores:
            if option not in totals:
                raise unknown_option(option)
            totals[option] += score * times


def highest(totals: Mapping[str, Number], seats: int, tie_break: TieBreak) -> tuple[list[str], list[Tie]]:
    """Take the options with the most votes, in order; the lot decides where a tie crosses a place."""
    left = dict(totals)
    taken: list[str] = []
    ties: list[Tie] = []
    while left and len(taken) < seats:
        most = max(left.values())
        level = [option for option, total in left.items() if total == most]
        drawn = tie_break.draw(level)
        if len(level) > seats - len(taken):
            ties.append(Tie(tuple(level), drawn, "lot"))
        taken.append(drawn)
        del left[drawn]
    return taken, ties
