"""The formats by the ending of a file's name."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from mvoting.voting.formats import abif, blt, csv_ballots, json_text, pabulib, preflib
from mvoting.voting.formats.election import Election, FormatError
from mvoting.voting.formats.lines import Line, open_lines


@dataclass(frozen=True)
class Format:
    """How a kind of file is read and written, line by line."""

    read: Callable[[Iterable[Line]], Election]
    write: Callable[[Election], Iterator[str]]


FORMATS = {
    "blt": Format(blt.read, blt.write),
    "abif": Format(abif.read, abif.write),
    "csv": Format(csv_ballots.read, csv_ballots.write),
    "json": Format(json_text.read, json_text.write),
    "pb": Format(pabulib.read, pabulib.write),
    **{kind: Format(preflib.read, partial(preflib.write, kind=kind)) for kind in ("soc", "soi", "toc", "toi")},
}


def format_of(name: str) -> str:
    """Give the format that a file's name announces, also beneath .gz.

    Raises: FormatError if it announces none.
    """
    ending = name.lower().removesuffix(".gz").rpartition(".")[2]
    if ending not in FORMATS:
        known = ", ".join("." + kind for kind in FORMATS)
        raise FormatError(0, f"파일 이름이 {known} 중 하나로 끝나야 합니다.", f"The file's name must end in one of {known}.")
    return ending


def read_file(path: Path) -> Election:
    """Read an election file.

    Raises: FormatError with the line, OSError if it cannot be opened.
    """
    return FORMATS[format_of(path.name)].read(open_lines(path))
