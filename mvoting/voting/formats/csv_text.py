"""Rows of separated values with the numbers of their lines."""

import csv
import io
from collections.abc import Iterable, Iterator

from mvoting.voting.formats.election import FormatError
from mvoting.voting.formats.lines import MAX_LINE_BYTES, Line

csv.field_size_limit(MAX_LINE_BYTES)


def rows(lines: Iterable[Line], delimiter: str = ",") -> Iterator[tuple[int, list[str]]]:
    """Split lines into cells; quoted cells may hold line breaks."""
    at = 0

    def texts() -> Iterator[str]:
        nonlocal at
        for number, text in lines:
            at = number
            yield text + "\n"

    reader = csv.reader(texts(), delimiter=delimiter, strict=True)
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise FormatError(at, "CSV 형식이 올바르지 않습니다.", f"This is not well-formed CSV ({error}).") from error
        yield at, row


def join(cells: Iterable[str], delimiter: str = ",") -> str:
    """Write one row."""
    buffer = io.StringIO()
    csv.writer(buffer, delimiter=delimiter, lineterminator="").writerow(cells)
    return buffer.getvalue()
