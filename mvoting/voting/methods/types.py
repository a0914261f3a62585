"""What every counting method takes and gives: patterns in, a result with its rounds out."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any, Protocol, TypeAlias

Ranking: TypeAlias = tuple[tuple[str, ...], ...]
"""Tiers, best first; options inside one tier are ranked equally."""

Choice: TypeAlias = tuple[str, ...]
"""Chosen options, sorted."""

Scores: TypeAlias = tuple[tuple[str, int], ...]
"""Option and score, sorted by option; an option left out has score 0."""

Answer: TypeAlias = tuple[Any, ...]
"""One answer, a Ranking, Choice or Scores, in hashable form; the empty tuple is a blank vote."""

Patterns: TypeAlias = Mapping[Answer, int]
"""How many ballots gave each answer."""

Number: TypeAlias = int | Fraction | Decimal


class CannotCount(ValueError):
    """The contest and the method do not fit together; says why in both languages."""

    def __init__(self, ko: str, en: str):
        super().__init__(en)
        self.ko, self.en = ko, en


@dataclass(frozen=True)
class Contest:
    """What is decided.

    options: ids in ballot order. costs and budget: whole units of money, for budget methods only.
    """

    options: tuple[str, ...]
    seats: int = 1
    max_score: int = 5
    costs: Mapping[str, int] = field(default_factory=dict)
    budget: int = 0


@dataclass(frozen=True)
class TieBreak:
    """The lot, drawn beforehand: where nothing else decides, it falls on the tied option that comes first in `order`.

    The lot answers the question asked: among candidates tied for a seat the drawn one gets it,
    among candidates tied for elimination the drawn one leaves.
    """

    order: tuple[str, ...]

    @classmethod
    def from_seed(cls, seed: bytes, options: Sequence[str]) -> "TieBreak":
        """Draw the lot from a seed: options in the order of SHA-256(seed, 0x00, option id)."""
        return cls(tuple(sorted(options, key=lambda option: hashlib.sha256(seed + b"\0" + option.encode()).digest())))

    def draw(self, tied: Sequence[str]) -> str:
        return min(tied, key=self.order.index)

    def sort(self, tied: Sequence[str]) -> list[str]:
        return sorted(tied, key=self.order.index)


@dataclass(frozen=True)
class Sentence:
    """One sentence of the explanation, rendered by `words.say` once the options' names are known."""

    key: str
    options: tuple[str, ...] = ()
    numbers: tuple[Number, ...] = ()
    others: tuple[str, ...] = ()


@dataclass(frozen=True)
class Tie:
    """Options that were level, the one the decision fell on, and what decided."""

    between: tuple[str, ...]
    drawn: str
    by: str


@dataclass(frozen=True)
class Round:
    """One step of a count.

    totals: votes of the options still in the count and of those elected. exhausted: votes that no longer
    go to anyone, since the beginning. rounding: votes lost to truncation, since the beginning.
    """

    totals: Mapping[str, Number]
    elected: tuple[str, ...] = ()
    eliminated: tuple[str, ...] = ()
    exhausted: Number = 0
    rounding: Number = 0
    ties: tuple[Tie, ...] = ()
    sentences: tuple[Sentence, ...] = ()


@dataclass(frozen=True)
class Funding:
    """What a budget count decided about one project. `reason` is one of funded, too_costly, no_votes, share."""

    option: str
    cost: int
    votes: Number
    is_funded: bool
    reason: str
    left: int


@dataclass(frozen=True)
class CountResult:
    """The outcome: winners in the order in which they won, and how it came about.

    ballots: all ballots counted, blank ones included. quota: votes that secure a seat, where the method has one.
    """

    method: str
    seats: int
    ballots: int
    blank: int
    winners: tuple[str, ...]
    rounds: tuple[Round, ...]
    quota: Number | None = None
    fundings: tuple[Funding, ...] = ()
    ranking: tuple[tuple[str, ...], ...] = ()

    @property
    def exhausted(self) -> Number:
        return self.rounds[-1].exhausted if self.rounds else 0


class Tally(Protocol):
    """A count that takes its ballots in parts: what it keeps of them is for the method to say."""

    def add(self, ballots: Patterns) -> None:
        """Take a further part of the ballots."""

    def result(self, tie_break: TieBreak) -> CountResult:
        """Count what was added.

        Raises: CannotCount when the contest and the ballots do not fit the method.
        """


def decimal_text(number: Number) -> str:
    """Write a number exactly as a decimal; a fraction without a finite one is cut after ten places."""
    if isinstance(number, Fraction):
        if number.denominator == 1:
            return str(number.numerator)
        scaled = number * 10**10
        text = f"{Decimal(scaled.numerator // scaled.denominator).scaleb(-10):f}"
        return text.rstrip("0").rstrip(".")
    return f"{number:f}" if isinstance(number, Decimal) else str(number)
