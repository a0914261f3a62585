"""Rolls as files: phone or member numbers from .csv and .xlsx, row by row. Pure.

A file is somebody else's: bombs, formulas, broken and mixed text are found here and named by row.
"""

import io
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from openpyxl import load_workbook

from mvoting.core.ids import is_id
from mvoting.voting.formats.csv_text import rows as csv_rows
from mvoting.voting.formats.election import FormatError
from mvoting.voting.formats.lines import read_lines

MAX_ROWS = 200_000
MAX_FILE_BYTES = 12 * 1024 * 1024
MAX_UNPACKED_BYTES = 128 * 1024 * 1024
MAX_STRINGS_BYTES = 32 * 1024 * 1024
"""Of a workbook's shared texts, which are held in memory; the rest is streamed."""
STRINGS = "sharedStrings.xml"
MAX_SHEET_ROWS = 1_048_576
"""As in Excel. A row may call itself the billionth, and the library would give all the empty ones before it."""
MAX_COLUMNS = 50
HEADERS = ("phone", "mobile", "전화", "휴대", "연락처", "member", "회원", "번호", "number")


@dataclass(frozen=True)
class Row:
    """One row: the number written in it, or why there is none (empty, formula, not-a-number)."""

    number: int
    value: str = ""
    reason: str = ""


class RollFileError(ValueError):
    """The file as a whole cannot be read; says why in both languages."""

    def __init__(self, ko: str, en: str) -> None:
        super().__init__(en)
        self.ko, self.en = ko, en


def read_roll(data: bytes) -> Iterator[Row]:
    """Read the rows of a .csv or .xlsx file that may hold a number; empty rows are passed over.

    The column is the one whose title speaks of phones or members, else the first one with anything in it.

    Raises: RollFileError.
    """
    table = _sheet_rows(data) if data[:2] == b"PK" else _text_rows(data)
    column: int | None = None
    count = 0
    for number, cells in table:
        if not any(cells):
            continue
        if count == 0 and column is None:
            column = next((n for n, cell in enumerate(cells) if any(word in cell.lower() for word in HEADERS)), None)
            if column is not None:
                continue
        count += 1
        if count > MAX_ROWS:
            raise RollFileError(f"{MAX_ROWS:,}줄까지 올릴 수 있습니다.", f"A roll has at most {MAX_ROWS:,} rows.")
        yield _row(number, cells, column)
    if not count:
        raise RollFileError("파일에 내용이 없습니다.", "The file holds nothing.")


def _row(number: int, cells: list[str], column: int | None) -> Row:
    at = column if column is not None else next(n for n, cell in enumerate(cells) if cell)
    value = cells[at].strip() if at < len(cells) else ""
    if not value:
        return Row(number, reason="empty")
    if value[0] in "=@" or (value[0] == "+" and not value[1:].replace("-", "").replace(" ", "").isdigit()):
        return Row(number, reason="formula")
    return Row(number, value=value)


def tidy_number(value: str) -> str:
    """Give a number as it was meant: spreadsheets drop the first 0 of 010…, and write 1012345678.0."""
    digits = value.removesuffix(".0")
    if is_id(digits.lower()):
        return digits.lower()
    return "0" + digits if digits.isascii() and digits.isdigit() and len(digits) == 10 and digits.startswith("1") else digits


def _text_rows(data: bytes) -> Iterator[tuple[int, list[str]]]:
    try:
        for number, cells in csv_rows(read_lines(io.BytesIO(data))):
            yield number, [cell.strip() for cell in cells[:MAX_COLUMNS]]
    except FormatError as error:
        place = f"{error.line}번째 줄: " if error.line else ""
        raise RollFileError(place + error.ko, str(error)) from error


def _sheet_rows(data: bytes) -> Iterator[tuple[int, list[str]]]:
    broken = RollFileError("엑셀 파일을 읽을 수 없습니다.", "The spreadsheet cannot be read.")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            members = packed.infolist()
            strings = sum(member.file_size for member in members if member.filename.lower().endswith(STRINGS.lower()))
            unpacked = sum(member.file_size for member in members)
            if unpacked > MAX_UNPACKED_BYTES or strings > MAX_STRINGS_BYTES or len(members) > 1000:
                raise RollFileError("압축을 푼 크기가 너무 큽니다.", "The spreadsheet is too large when unpacked.")
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=False, keep_links=False)
        if not book.worksheets:
            raise broken
        yield from _cells(book.worksheets[0].iter_rows(max_row=MAX_SHEET_ROWS, max_col=MAX_COLUMNS, values_only=True))
        book.close()
    except RollFileError:
        raise
    except Exception as error:  # the library raises almost anything for a broken or hostile file
        raise broken from error


def _cells(rows: Iterable[Iterable[object]]) -> Iterator[tuple[int, list[str]]]:
    for number, row in enumerate(rows, start=1):
        yield number, ["" if cell is None else str(cell)[:200].strip() for cell in row]
