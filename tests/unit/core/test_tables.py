"""Files for spreadsheets: nothing in them runs, and they read as they were written."""

import csv
import io

import pytest

from mvoting.core.tables import FORMULA_STARTS, PIECE_BYTES, csv_pieces, harmless


def read(pieces):
    return list(csv.reader(io.StringIO(b"".join(pieces).decode("utf-8-sig"))))


@pytest.mark.parametrize("start", FORMULA_STARTS)
def test_what_a_spreadsheet_would_run_becomes_a_text(start):
    assert harmless(f"{start}HYPERLINK(1)") == f"'{start}HYPERLINK(1)"


@pytest.mark.parametrize("text", ["", "가로등", "1+1=2", "a@b.example", "'=already"])
def test_other_texts_stay_as_they_are(text):
    assert harmless(text) == text


def test_cells_are_read_as_they_were_written():
    rows = [['쉼표, "따옴표"\n줄바꿈', -3, None], ["＝1+1", 0.5, "끝"]]
    assert read(csv_pieces(["글", "수", "없음"], rows)) == [
        ["글", "수", "없음"],
        ['쉼표, "따옴표"\n줄바꿈', "-3", ""],
        ["'＝1+1", "0.5", "끝"],
    ]


def test_a_long_table_comes_in_pieces_and_none_is_lost():
    rows = [[f"{number:07}"] for number in range(PIECE_BYTES // 4)]
    pieces = list(csv_pieces(["number"], rows))
    assert len(pieces) > 2
    assert read(pieces)[1:] == rows
