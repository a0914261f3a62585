"""Ballots as CSV: cast-vote records (`rank1`, `rank2`, …) and scores (one column per option)."""

import re
from collections.abc import Iterable, Iterator

from mvoting.voting.formats.abif import by_score
from mvoting.voting.formats.csv_text import join, rows
from mvoting.voting.formats.election import (
    BallotBox,
    CannotCarry,
    Election,
    FormatError,
    check_options,
    ended,
    read_count,
    read_int,
)
from mvoting.voting.formats.lines import Line

_RANK = re.compile(r"rank\s*_?([0-9]{1,4})", re.IGNORECASE)
_NOTHING = {"", "undervote", "skipped", "overvote"}


def read(lines: Iterable[Line]) -> Election:
    """Read ballots: ranks if a column is called rank1, scores otherwise. A `weight` column multiplies a row.

    Two columns with the same rank hold options ranked equally. `undervote`, `skipped` and `overvote` name nobody and
    the next rank counts. Other columns beside ranks are ignored. A score left empty is no score.
    """
    table = rows(lines)
    number, header = next(table, (0, []))
    titles = [cell.strip() for cell in header]
    if not any(titles):
        raise ended(number)
    weight = next((column for column, title in enumerate(titles) if title.lower() == "weight"), None)
    ranks = {column: int(found[1]) for column, title in enumerate(titles) if (found := _RANK.fullmatch(title))}
    if ranks:
        return _read_ranks(table, ranks, weight)
    return _read_scores(number, table, titles, weight)


def write(election: Election) -> Iterator[str]:
    """Write scores if every ballot has them, ranks otherwise, with a weight column.

    Raises: CannotCarry when two options have one name, or a name is one of the markers.
    """
    names = election.names
    if len(set(names.values())) < len(names) or _NOTHING & {name.strip().lower() for name in names.values()}:
        raise CannotCarry("CSV에 쓰려면 선택지 이름이 서로 달라야 합니다.", "CSV needs a different name for each option.")
    if all(ballot.scores is not None or not ballot.ranking for ballot in election.ballots):
        yield join(["weight", *names.values()])
        for ballot, times in election.ballots.items():
            scores = dict(ballot.scores or ())
            yield join([str(times), *(str(scores.get(option, "")) for option in names)])
        return
    widths: list[int] = []
    for ballot in election.ballots:
        for place, tier in enumerate(ballot.ranking):
            widths[place:] = [max(len(tier), widths[place] if place < len(widths) else 0), *widths[place + 1 :]]
    yield join(["weight", *(f"rank{place}" for place, width in enumerate(widths, start=1) for _ in range(width))])
    for ballot, times in election.ballots.items():
        cells = []
        for place, width in enumerate(widths):
            tier = ballot.ranking[place] if place < len(ballot.ranking) else ()
            cells += [names[option] for option in tier] + [""] * (width - len(tier))
        yield join([str(times), *cells])


def _read_ranks(table: Iterator[tuple[int, list[str]]], ranks: dict[int, int], weight: int | None) -> Election:
    box = BallotBox()
    names: set[str] = set()
    columns = sorted(ranks, key=lambda column: (ranks[column], column))
    number = 0
    for number, row in table:
        if not row:
            continue
        tiers: dict[int, list[str]] = {}
        for column in columns:
            name = row[column].strip() if column < len(row) else ""
            if name.lower() not in _NOTHING:
                tiers.setdefault(ranks[column], []).append(name)
        names.update(name for tier in tiers.values() for name in tier)
        check_options(number, len(names) or 1)
        box.add(number, tiers.values(), None, _times(number, row, weight))
    check_options(number, len(names))
    return Election({name: name for name in sorted(names)}, box.ballots)


def _read_scores(number: int, table: Iterator[tuple[int, list[str]]], titles: list[str], weight: int | None) -> Election:
    columns = {column: title for column, title in enumerate(titles) if column != weight}
    if not all(columns.values()) or len(set(columns.values())) < len(columns):
        raise FormatError(
            number, "첫 줄의 선택지 이름이 비었거나 되풀이됩니다.", "An option's name in the first line is empty or repeated."
        )
    check_options(number, len(columns))
    box = BallotBox()
    for number, row in table:
        if not row:
            continue
        if len(row) > len(titles):
            raise FormatError(number, "칸이 첫 줄보다 많습니다.", "There are more cells than in the first line.")
        scores = {
            title: read_int(number, row[column]) for column, title in columns.items() if column < len(row) and row[column].strip()
        }
        box.add(number, by_score(scores), scores, _times(number, row, weight))
    return Election({title: title for title in columns.values()}, box.ballots)


def _times(number: int, row: list[str], weight: int | None) -> int:
    return 1 if weight is None else read_count(number, row[weight] if weight < len(row) else "")
