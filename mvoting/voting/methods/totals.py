"""Methods that add up once and take the highest: plurality, multiple, approval, score, Borda."""

from collections.abc import Mapping
from decimal import Decimal
from functools import partial

from mvoting.voting.methods.ranks import rank_matrix, unknown_option
from mvoting.voting.methods.types import CannotCount, Contest, CountResult, Number, Patterns, Round, Sentence, Tie, TieBreak


def count_choices(ballots: Patterns, contest: Contest, tie_break: TieBreak, *, method: str) -> CountResult:
    """Count one vote for each chosen option; the `seats` highest win, ties by the lot."""
    totals: dict[str, Number] = dict.fromkeys(contest.options, 0)
    for choice, times in ballots.items():
        for option in choice:
            _add(totals, option, times)
    return _highest(totals, ballots, contest, tie_break, method=method)


count_plurality = partial(count_choices, method="plurality")
count_multiple = partial(count_choices, method="multiple")
count_approval = partial(count_choices, method="approval")


def count_score(ballots: Patterns, contest: Contest, tie_break: TieBreak) -> CountResult:
    """Add up the scores; the `seats` highest sums win, ties by the lot. An option without a score gets 0."""
    return _highest(score_sums(ballots, contest), ballots, contest, tie_break, method="score")


def count_borda(ballots: Patterns, contest: Contest, tie_break: TieBreak) -> CountResult:
    """Give each option one point for every option ranked below it and half a point for every one ranked equally.

    Options left out are ranked below all others and equally; a blank ballot gives nothing.
    Source: J.-C. de Borda (1781); equal ranks as in D. Black, The Theory of Committees and Elections (1958).
    """
    marked = {ranking: times for ranking, times in ballots.items() if ranking}
    ranks, weights = rank_matrix(marked, contest)
    halves = dict.fromkeys(contest.options, 0)
    for column, option in enumerate(contest.options):
        own = ranks[:, [column]]
        points = 2 * (own < ranks).sum(axis=1) + (own == ranks).sum(axis=1) - 1
        halves[option] = int(weights @ points)
    totals: dict[str, Number] = {option: Decimal(value * 5).scaleb(-1) for option, value in halves.items()}
    return _highest(totals, ballots, contest, tie_break, method="borda")


def score_sums(ballots: Patterns, contest: Contest) -> dict[str, Number]:
    """Add up the scores of each option."""
    totals: dict[str, Number] = dict.fromkeys(contest.options, 0)
    for scores, times in ballots.items():
        for option, score in scores:
            _add(totals, option, score * times)
    return totals


def _add(totals: dict[str, Number], option: str, votes: int) -> None:
    if not isinstance(option, str):
        raise CannotCount("이 방식은 순위 투표에 쓸 수 없습니다.", "This method does not count rankings.")
    if option not in totals:
        raise unknown_option(option)
    totals[option] += votes


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


def _highest(totals: dict[str, Number], ballots: Patterns, contest: Contest, tie_break: TieBreak, *, method: str) -> CountResult:
    everyone, blank = sum(ballots.values()), ballots.get((), 0)
    has_votes = any(totals.values())
    winners, ties = highest(totals, contest.seats, tie_break) if has_votes else ([], [])
    sentences = [Sentence(f"{method}-totals", (), (everyone - blank, blank))]
    sentences += [Sentence("tie-lot", (tie.drawn,), (), tie.between) for tie in ties]
    sentences += [Sentence(f"{method}-winner", (option,), (totals[option],)) for option in winners]
    sentences += [] if has_votes else [Sentence("no-votes")]
    closing = Round(totals, elected=tuple(winners), exhausted=blank, ties=tuple(ties), sentences=tuple(sentences))
    return CountResult(
        method=method, seats=contest.seats, ballots=everyone, blank=blank, winners=tuple(winners), rounds=(closing,)
    )
