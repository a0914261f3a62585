"""What an election file holds, the limits on it, and the error that names the line."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from mvoting.voting.methods.types import Answer, Ranking, Scores

MAX_OPTIONS = 1_000
MAX_MARKS = 10_000_000
"""On all different ballots together; keeps a file of nothing but different ballots out of memory."""
MARKS_A_BALLOT = 8
"""What a ballot takes beside its marks."""
MAX_COUNT = 10**12
MAX_BALLOTS = 10**13
"""In one file. STV counts in units of 0.00001 vote, so that every sum of votes stays below 2^63."""


class FormatError(ValueError):
    """A file that cannot be read: says why in both languages, and in which line (0: the file as a whole)."""

    def __init__(self, line: int, ko: str, en: str) -> None:
        super().__init__(f"line {line}: {en}" if line else en)
        self.line, self.ko, self.en = line, ko, en


class CannotCarry(ValueError):
    """The format has no way to write what the election holds."""

    def __init__(self, ko: str, en: str) -> None:
        super().__init__(en)
        self.ko, self.en = ko, en


class Ballot(NamedTuple):
    """One ballot as a file gives it: tiers, best first, and scores where there are any."""

    ranking: Ranking
    scores: Scores | None = None


@dataclass
class Election:
    """An election file's contents.

    names: option id → name, in ballot order. ballots: how many times each different ballot occurs.
    """

    names: dict[str, str]
    ballots: Counter[Ballot]
    title: str = ""
    seats: int | None = None
    costs: dict[str, int] = field(default_factory=dict)
    budget: int = 0

    def rankings(self) -> Counter[Answer]:
        """Give the ranking patterns."""
        return self._patterns(lambda ballot: ballot.ranking)

    def choices(self) -> Counter[Answer]:
        """Give the approval patterns: options with a score above 0 or, without scores, all that are ranked."""
        return self._patterns(_approved)

    def first_choices(self) -> Counter[Answer]:
        """Give each ballot's one first option; two first ones make it blank."""
        return self._patterns(lambda ballot: ballot.ranking[0] if ballot.ranking and len(ballot.ranking[0]) == 1 else ())

    def scores(self) -> Counter[Answer]:
        """Give the score patterns.

        Raises: FormatError if a ballot that marks anything has no scores.
        """
        if any(ballot.scores is None and ballot.ranking for ballot in self.ballots):
            raise FormatError(0, "이 파일에는 점수가 없습니다.", "This file holds no scores.")
        return self._patterns(lambda ballot: ballot.scores or ())

    def _patterns(self, form: Callable[[Ballot], Answer]) -> Counter[Answer]:
        patterns: Counter[Answer] = Counter()
        for ballot, times in self.ballots.items():
            patterns[form(ballot)] += times
        return patterns


class BallotBox:
    """Collects the ballots of a file as patterns, within the limits."""

    def __init__(self) -> None:
        self.ballots: Counter[Ballot] = Counter()
        self._tiers: dict[tuple[str, ...], tuple[str, ...]] = {}
        self._marks = 0
        self._times = 0

    def add(self, line: int, tiers: Iterable[Iterable[str]], scores: dict[str, int] | None, times: int) -> None:
        """Add a ballot `times` times; an option marked twice counts at its first place."""
        seen: set[str] = set()
        ranking = []
        for tier in tiers:
            fresh = tuple(sorted({option for option in tier if option not in seen}))
            seen.update(fresh)
            if fresh:
                ranking.append(self._tiers.setdefault(fresh, fresh))
        ballot = Ballot(tuple(ranking), None if scores is None else tuple(sorted(scores.items())))
        if ballot not in self.ballots:
            self._marks += len(seen) + MARKS_A_BALLOT
            if self._marks > MAX_MARKS:
                raise FormatError(line, "서로 다른 투표지가 너무 많습니다.", "There are too many different ballots.")
        self._times += times
        if self._times > MAX_BALLOTS:
            raise FormatError(line, "투표지가 너무 많습니다.", "There are too many ballots.")
        self.ballots[ballot] += times


def read_count(line: int, text: str) -> int:
    """Read how many ballots a line stands for: a whole number of at least 1, also written like 3.0."""
    whole, _, rest = text.strip().partition(".")
    if not (whole.isascii() and whole.isdigit()) or rest.strip("0") or not 1 <= len(whole) <= 13:
        raise FormatError(line, f"투표지 수 '{text[:40]}'이(가) 정수가 아닙니다.", f"'{text[:40]}' is not a whole number.")
    if not 1 <= int(whole) <= MAX_COUNT:
        raise FormatError(line, f"투표지 수 {whole}은(는) 쓸 수 없습니다.", f"A count of {whole} is out of range.")
    return int(whole)


def read_int(line: int, text: str) -> int:
    """Read a whole number of at most nine digits."""
    digits = text.strip().removeprefix("-")
    if not (digits.isascii() and digits.isdigit()) or len(digits) > 12:
        raise FormatError(line, f"'{text[:40]}'은(는) 정수가 아닙니다.", f"'{text[:40]}' is not a whole number.")
    return int(text)


def check_options(line: int, count: int) -> None:
    """Refuse a file with more options than any count is meant for."""
    if not 1 <= count <= MAX_OPTIONS:
        raise FormatError(
            line,
            f"선택지는 1개부터 {MAX_OPTIONS}개까지 가능합니다. 이 파일에는 {count}개가 있습니다.",
            f"There may be 1 to {MAX_OPTIONS} options; this file has {count}.",
        )


def unknown_option(line: int, option: str) -> FormatError:
    return FormatError(line, f"선택지 '{option[:40]}'이(가) 없습니다.", f"There is no option '{option[:40]}'.")


def ended(line: int) -> FormatError:
    return FormatError(line, "파일이 중간에 끝났습니다.", "The file ends too early.")


def _approved(ballot: Ballot) -> Answer:
    if ballot.scores is not None:
        return tuple(option for option, score in ballot.scores if score > 0)
    return tuple(sorted(option for tier in ballot.ranking for option in tier))
