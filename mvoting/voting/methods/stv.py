"""Single transferable vote as counted in Scottish local elections (weighted inclusive Gregory)."""

from decimal import Decimal

import numpy as np

from mvoting.voting.methods.ranks import END, Cards, break_tie
from mvoting.voting.methods.types import Contest, CountResult, Number, Patterns, Round, Sentence, Tie, TieBreak

PLACES = 5
"""Decimal places of a ballot's value; what lies beyond is cut off."""
UNIT = 10**PLACES


def count(ballots: Patterns, contest: Contest, tie_break: TieBreak) -> CountResult:
    """Count by single transferable vote.

    Quota: valid ballots / (seats + 1), whole part, plus 1. A surplus moves with every ballot of the elected at
    value × surplus / votes, cut to five places. Round 1 is the count of first preferences; each later round is one
    transfer, of the largest surplus or else of the lowest candidate. A ballot is exhausted where it ends or gives
    a rank to two candidates still in the count. Ties: the latest earlier round in which the tied differed, then the lot.
    Source: Scottish Local Government Elections Order 2007 (SSI 2007/42), Schedule 1, rules 45 to 52; the last
    candidate's ballots are still transferred when the rest fill the seats, so that the round can be published.
    """
    return _Count(ballots, contest, tie_break).run()


class _Count:
    """The state of one count. Values are integers in units of 0.00001 vote."""

    def __init__(self, ballots: Patterns, contest: Contest, tie_break: TieBreak) -> None:
        self.options, self.seats, self.tie_break = contest.options, contest.seats, tie_break
        self.cards = Cards(ballots, contest)
        self.weights = self.cards.weights
        self.value = np.full(len(self.weights), UNIT, dtype=np.int64)
        self.hopeful = np.ones(len(self.options), dtype=bool)
        self.ballots, self.blank = int(self.weights.sum()), ballots.get((), 0)
        self.votes = self._held()
        self.valid = int(self.votes.sum()) // UNIT
        self.quota = (self.valid // (self.seats + 1) + 1) * UNIT
        self.lost = 0
        self.winners: list[int] = []
        self.pending: list[int] = []
        self.out: set[int] = set()
        self.rounds: list[Round] = []

    def run(self) -> CountResult:
        opening = [
            Sentence("first-preferences", (), (self.valid, self.ballots - self.valid)),
            Sentence("quota", (), (self.seats, self.valid, self.quota // UNIT)),
        ]
        if self.valid == 0:
            self.hopeful[:] = False
            opening = [Sentence("no-votes")]
        self._close_round(opening, tie=None, leaving=None)
        while not self._is_complete():
            if self.pending:
                self._transfer_surplus()
            else:
                self._eliminate()
        return CountResult(
            method="stv",
            seats=self.seats,
            ballots=self.ballots,
            blank=self.blank,
            winners=tuple(self.options[option] for option in self.winners),
            rounds=tuple(self.rounds),
            quota=_decimal(self.quota),
        )

    def _is_complete(self) -> bool:
        vacant = self.seats - len(self.winners)
        return vacant <= 0 or not self.hopeful.any()

    def _transfer_surplus(self) -> None:
        most = max(self.votes[option] for option in self.pending)
        option, tie = self._choose([o for o in self.pending if self.votes[o] == most], want_lowest=False)
        self.pending.remove(option)
        surplus, total = int(self.votes[option]) - self.quota, int(self.votes[option])
        rows = np.flatnonzero(self.cards.holder == option)
        old, places = np.unique(self.value[rows], return_inverse=True)
        # Python's integers: a value times a surplus may exceed 64 bits.
        new = np.array([int(value) * surplus // total for value in old], dtype=np.int64)
        self.value[rows] = new[places]
        moved = int((self.value[rows] * self.weights[rows]).sum())
        self.lost += surplus - moved
        self.cards.settle(rows, self.hopeful)
        self.votes = self._held()
        for elected in self.winners:
            if elected not in self.pending:
                self.votes[elected] = self.quota
        self._close_round([Sentence("surplus", (self.options[option],), (_decimal(surplus),))], tie=tie, leaving=None)

    def _eliminate(self) -> None:
        hopeful = [int(option) for option in np.flatnonzero(self.hopeful)]
        least = min(self.votes[option] for option in hopeful)
        option, tie = self._choose([o for o in hopeful if self.votes[o] == least], want_lowest=True)
        sentence = Sentence("eliminated", (self.options[option],), (_decimal(int(least)),))
        self.hopeful[option] = False
        self.out.add(option)
        self.cards.settle(np.flatnonzero(self.cards.holder == option), self.hopeful)
        settled = {winner: self.votes[winner] for winner in self.winners}
        self.votes = self._held()
        for winner, votes in settled.items():
            self.votes[winner] = votes
        self._close_round([sentence], tie=tie, leaving=option)

    def _close_round(self, sentences: list[Sentence], *, tie: Tie | None, leaving: int | None) -> None:
        """Elect whom the round's totals elect, and record the round."""
        vacant = self.seats - len(self.winners)
        hopeful = sorted(map(int, np.flatnonzero(self.hopeful)), key=lambda option: -self.votes[option])
        if len(hopeful) <= vacant:
            elected = hopeful
            sentences += [Sentence("remaining", (self.options[o],), (_decimal(int(self.votes[o])),)) for o in elected]
        else:
            elected = [option for option in hopeful if self.votes[option] >= self.quota]
            sentences += [
                Sentence("reached-quota", (self.options[o],), (_decimal(int(self.votes[o])), self.quota // UNIT)) for o in elected
            ]
            self.pending += elected
        self.winners += elected
        self.hopeful[elected] = False
        totals = {self.options[o]: _decimal(int(self.votes[o])) for o in range(len(self.options)) if o not in self.out}
        exhausted = self.ballots * UNIT - sum(int(self.votes[o]) for o in range(len(self.options))) - self.lost
        self.rounds.append(
            Round(
                totals,
                elected=tuple(self.options[o] for o in elected),
                eliminated=() if leaving is None else (self.options[leaving],),
                exhausted=_decimal(exhausted),
                rounding=_decimal(self.lost),
                ties=() if tie is None else (tie,),
                sentences=tuple(([] if tie is None else [drawn(tie)]) + sentences),
            )
        )

    def _choose(self, tied: list[int], *, want_lowest: bool) -> tuple[int, Tie | None]:
        history = [dict(closed.totals) for closed in self.rounds]
        name, tie = break_tie([self.options[o] for o in tied], history, self.tie_break, want_lowest=want_lowest)
        return self.options.index(name), tie

    def _held(self) -> np.ndarray:
        held = self.cards.holder != END
        votes = np.zeros(len(self.options), dtype=np.int64)
        np.add.at(votes, self.cards.holder[held], self.value[held] * self.weights[held])
        return votes


def drawn(tie: Tie) -> Sentence:
    """Say how a tie was decided."""
    return Sentence(f"tie-{tie.by}", (tie.drawn,), (), tie.between)


def _decimal(value: int) -> Number:
    return Decimal(value).scaleb(-PLACES)
