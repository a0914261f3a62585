"""STAR: score, then automatic runoff between the two best."""

from typing import TypeAlias

from mvoting.voting.methods.totals import score_sums
from mvoting.voting.methods.types import Contest, CountResult, Number, Patterns, Round, Sentence, Tie, TieBreak

Tables: TypeAlias = list[tuple[dict[str, int], int]]


def count(ballots: Patterns, contest: Contest, tie_break: TieBreak) -> CountResult:
    """Count by STAR; one winner.

    Round 1 holds the sums of the scores, round 2 how many ballots score each finalist above the other; ballots that
    score them equally are exhausted there. Ties for the final: the tied option that most others of the tied lose to
    head to head, then the most highest scores, then the lot. A tied final: the higher sum, then the most highest
    scores, then the lot.
    Source: Equal Vote Coalition, STAR Voting, Official Tiebreaker Protocol.
    """
    everyone, blank = sum(ballots.values()), ballots.get((), 0)
    sums = score_sums(ballots, contest)
    tables = [(dict(scores), times) for scores, times in ballots.items()]
    if not any(sums.values()):
        closing = Round(sums, exhausted=blank, sentences=(Sentence("no-votes"),))
        return CountResult("star", 1, everyone, blank, (), (closing,))
    finalists, ties = _finalists(sums, tables, contest, tie_break)
    opening = [Sentence("score-totals", (), (everyone - blank, blank))]
    opening += [Sentence(f"tie-{tie.by}", (tie.drawn,), (), tie.between) for tie in ties]
    opening += [Sentence("finalist", (option,), (sums[option],)) for option in finalists]
    first = Round(sums, exhausted=blank, ties=tuple(ties), sentences=tuple(opening))
    if len(finalists) == 1:
        winner, final = finalists[0], None
    else:
        winner, final = _runoff(finalists, sums, tables, contest, everyone, tie_break)
    rounds = (first,) if final is None else (first, final)
    return CountResult("star", 1, everyone, blank, (winner,), rounds)


def _finalists(sums: dict[str, Number], tables: Tables, contest: Contest, tie_break: TieBreak) -> tuple[list[str], list[Tie]]:
    left = dict(sums)
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
        chosen, by = _break_score_tie(level, tables, contest, tie_break)
        ties.append(Tie(tuple(level), chosen, by))
        finalists.append(chosen)
        del left[chosen]
    return finalists, ties


def _break_score_tie(level: list[str], tables: Tables, contest: Contest, tie_break: TieBreak) -> tuple[str, str]:
    wins = {
        option: sum(_prefer(tables, option, other) > _prefer(tables, other, option) for other in level if other != option)
        for option in level
    }
    leaders = _leaders(level, wins)
    if len(leaders) == 1:
        return leaders[0], "head-to-head"
    return _by_highest_scores(leaders, tables, contest, tie_break)


def _by_highest_scores(level: list[str], tables: Tables, contest: Contest, tie_break: TieBreak) -> tuple[str, str]:
    top = contest.max_score
    leaders = _leaders(level, {o: sum(n for scores, n in tables if scores.get(o, 0) == top) for o in level})
    return (leaders[0], "highest-scores") if len(leaders) == 1 else (tie_break.draw(leaders), "lot")


def _runoff(
    finalists: list[str], sums: dict[str, Number], tables: Tables, contest: Contest, everyone: int, tie_break: TieBreak
) -> tuple[str, Round]:
    one, two = finalists
    totals: dict[str, Number] = {one: _prefer(tables, one, two), two: _prefer(tables, two, one)}
    ties = []
    if totals[one] != totals[two]:
        winner = max(finalists, key=lambda option: totals[option])
    else:
        if sums[one] != sums[two]:
            winner, by = max(finalists, key=lambda option: sums[option]), "higher-sum"
        else:
            winner, by = _by_highest_scores(finalists, tables, contest, tie_break)
        ties.append(Tie((one, two), winner, by))
    loser = two if winner == one else one
    sentences = [Sentence(f"tie-{tie.by}", (tie.drawn,), (), tie.between) for tie in ties]
    sentences.append(Sentence("star-winner", (winner,), (totals[winner], totals[loser]), (loser,)))
    exhausted = everyone - sum(totals.values())
    return winner, Round(totals, elected=(winner,), exhausted=exhausted, ties=tuple(ties), sentences=tuple(sentences))


def _leaders(level: list[str], figures: dict[str, int]) -> list[str]:
    most = max(figures[option] for option in level)
    return [option for option in level if figures[option] == most]


def _prefer(tables: Tables, one: str, other: str) -> int:
    return sum(times for scores, times in tables if scores.get(one, 0) > scores.get(other, 0))
