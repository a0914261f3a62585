"""Lists as files: CSV streamed row by row, XLSX written through a temporary file; formulas are made harmless."""

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from flask import Response
from openpyxl import Workbook

from admin.words import local, say
from mvoting.core import tables
from mvoting.core.clock import now
from mvoting.core.problems import NotFound

TYPES = {"csv": "text/csv; charset=utf-8", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
XLSX_ROWS_MAX = 1_000_000


def table_answer(name: str, columns: Sequence[str], rows: Iterable[Sequence[Any]], kind: str) -> Response:
    """Answer a small table as a file; long ones are jobs.

    Args: kind: "csv" or "xlsx".
    Raises: NotFound (core.not-found, 404) for another kind.
    """
    if kind not in TYPES:
        raise NotFound
    pieces = csv_pieces(columns, rows) if kind == "csv" else xlsx_pieces(columns, rows)
    return file_answer(f"mvoting-{name}-{local(now()):%Y%m%d-%H%M}.{kind}", pieces)


def file_answer(file_name: str, pieces: Iterator[bytes]) -> Response:
    """Answer a file to keep, by its ending."""
    disposition = f'attachment; filename="{file_name}"'
    return Response(pieces, mimetype=TYPES[file_name.rpartition(".")[2]], headers={"Content-Disposition": disposition})


def cell_of(value: Any) -> Any:
    """Give a cell that no spreadsheet takes for a formula; numbers stay numbers, moments are the city's."""
    if isinstance(value, datetime):
        return local(value).isoformat(timespec="seconds")
    if value is None:
        return ""
    if isinstance(value, bool):
        return say("예", "yes") if value else say("아니요", "no")
    if isinstance(value, int | float):
        return value
    return tables.harmless("".join(letter for letter in str(value) if letter >= " " or letter in "\t\n\r"))


def csv_pieces(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[bytes]:
    """Give a list as CSV, in pieces."""
    return tables.csv_pieces(columns, ([cell_of(value) for value in row] for row in rows))


def xlsx_pieces(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[bytes]:
    """Give a workbook with one sheet; rows go to a temporary file, never into memory all at once."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.append([cell_of(column) for column in columns])
    for count, row in enumerate(rows, 1):
        if count > XLSX_ROWS_MAX:
            break
        sheet.append([cell_of(value) for value in row])
    with tempfile.TemporaryFile() as file:
        book.save(file)
        file.seek(0)
        while piece := file.read(tables.PIECE_BYTES):
            yield piece
