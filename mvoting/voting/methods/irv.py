"""Instant runoff: the last is eliminated until one has more than half."""

import numpy as np

from mvoting.voting.methods.ranks import END, Cards, break_tie
from mvoting.voting.methods.types import Contest, CountResult, Number, Patterns, Round, Sentence, Tie, TieBreak


def count(ballots: Patterns, contest: Contest, tie_break: TieBreak) -> CountResult:
    """Count by instant runoff until one option has more than half of the ballots still in the count.

    A ballot is exhausted where it ends or gives a rank to two options still in the count. Ties for elimination: the latest earlier
    round in which the tied differed, then the lot. One winner, whatever `contest.seats`.
    Source: Minneapolis Code of Ordinances, ch. 167 (batch elimination left out).
    """
    cards = Cards(ballots, contest)
    everyone = int(cards.weights.sum())
    hopeful = np.ones(len(contest.options), dtype=bool)
    history: list[dict[str, Number]] = []
    rounds: list[Round] = []
    leaving: str | None = None
    tie = None
    while True:
        totals = _totals(cards, contest, hopeful)
        rounds.append(_round(totals, history, leaving, tie, everyone))
        if rounds[-1].elected or not any(totals.values()):
            break
        least = min(totals.values())
        tied = [option for option, total in totals.items() if total == least]
        leaving, tie = break_tie(tied, history, tie_break, want_lowest=True)
        history.append(totals)
        gone = contest.options.index(leaving)
        hopeful[gone] = False
        cards.settle(np.flatnonzero(cards.holder == gone), hopeful)
    return CountResult(
        method="irv",
        seats=1,
        ballots=everyone,
        blank=ballots.get((), 0),
        winners=rounds[-1].elected,
        rounds=tuple(rounds),
    )


def _totals(cards: Cards, contest: Contest, hopeful: np.ndarray) -> dict[str, Number]:
    held = cards.holder != END
    votes = np.zeros(len(contest.options), dtype=np.int64)
    np.add.at(votes, cards.holder[held], cards.weights[held])
    return {o: int(v) for o, v, h in zip(contest.options, votes, hopeful, strict=True) if h}


def _round(
    totals: dict[str, Number], history: list[dict[str, Number]], leaving: str | None, tie: Tie | None, everyone: int
) -> Round:
    counted = sum(int(votes) for votes in totals.values())
    winner = _winner(totals, counted)
    sentences = [] if tie is None else [_drawn(tie)]
    sentences.append(_opening(leaving, history, counted, everyone))
    sentences += [] if winner is None else [_won(winner, totals, counted)]
    sentences += [] if counted else [Sentence("no-votes")]
    return Round(
        totals,
        elected=() if winner is None else (winner,),
        eliminated=() if leaving is None else (leaving,),
        exhausted=everyone - counted,
        ties=() if tie is None else (tie,),
        sentences=tuple(sentences),
    )


def _winner(totals: dict[str, Number], counted: int) -> str | None:
    leader = max(totals, key=lambda option: totals[option])
    return leader if totals[leader] * 2 > counted else None


def _opening(leaving: str | None, history: list[dict[str, Number]], counted: int, everyone: int) -> Sentence:
    if leaving is None:
        return Sentence("first-preferences", (), (counted, everyone - counted))
    return Sentence("eliminated", (leaving,), (history[-1][leaving],))


def _won(winner: str, totals: dict[str, Number], counted: int) -> Sentence:
    return Sentence("majority", (winner,), (totals[winner], counted))


def _drawn(tie: Tie) -> Sentence:
    return Sentence(f"tie-{tie.by}", (tie.drawn,), (), tie.between)
