"""Tables that people open in a spreadsheet.

Sources: RFC 4180 (CSV); CWE-1236 and OWASP, CSV injection.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

# The wide forms count as well: spreadsheets with an East Asian input method take them for the narrow ones.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
PIECE_BYTES = 64 * 1024


def harmless(text: str) -> str:
    """Give a text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def csv_pieces(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[bytes]:
    """Give CSV in pieces, header first; texts are made harmless, None is an empty cell.

    It begins with a byte order mark, without which Korean spreadsheets guess the wrong encoding.
    """
    piece = io.StringIO()
    piece.write("\ufeff")
    writer = csv.writer(piece)
    writer.writerow(columns)
    for row in rows:
        writer.writerow([harmless(cell) if isinstance(cell, str) else cell for cell in row])
        if piece.tell() > PIECE_BYTES:
            yield piece.getvalue().encode()
            piece.seek(0)
            piece.truncate()
    yield piece.getvalue().encode()
