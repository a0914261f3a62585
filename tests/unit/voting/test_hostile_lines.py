"""Lines made to keep a parser busy: every one is read or refused in time linear in its length, and names its line."""

import string
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mvoting.voting.formats.election import FormatError
from mvoting.voting.formats.registry import FORMATS
from mvoting.voting.polls.roll_files import RollFileError, read_roll, tidy_number

LETTERS = 100_000
SECONDS = 10.0  # for what takes a fraction of one, also on a machine that does other things
HANGS_MS = 20_000
START = {
    "blt": ["2 1", "1 1 0", "0"],
    "csv": ["rank1,rank2"],
    "pb": [
        "META",
        "key;value",
        "budget;10",
        "vote_type;cumulative",
        "PROJECTS",
        "project_id;cost",
        "1;5",
        "VOTES",
        "voter_id;vote",
    ],
}
REPEATED = [*'"\\#=:>,/{}[]();-0 1a\t', '\\"', '" ', "{1", "1,", "a>", "a/1,", "=[a", "1=2=", "# :", "A "]


@pytest.mark.parametrize("kind", ["blt", "abif", "soi", "toc", "csv", "pb", "json"])
def test_no_line_keeps_a_parser_busy(kind):
    """Every likely piece, over and over, with every likely beginning: what backtracks would need hours for one of them."""
    for piece in REPEATED:
        for begin, end in (("", ""), ("#", "x"), ('"', ""), ("=", "x"), ("1:", "{"), ('{"title": "', "x")):
            line = begin + piece * (LETTERS // len(piece)) + end
            texts = [*START.get(kind, []), line]
            began = time.process_time()
            refused = refusal(lambda texts=texts: FORMATS[kind].read(enumerate(texts, 1)))
            assert time.process_time() - began < SECONDS, (kind, begin, piece, end)
            assert refused is None or 0 <= refused.line <= len(texts)


cells = st.text(alphabet=string.printable + "가나다전화번호=@+-", max_size=30)


@settings(deadline=HANGS_MS, max_examples=200, suppress_health_check=[HealthCheck.too_slow])
@given(rows=st.lists(st.lists(cells, max_size=4), max_size=8), encoding=st.sampled_from(["utf-8", "cp949", "utf-16"]))
def test_every_row_of_a_roll_is_a_number_or_has_a_reason(rows, encoding):
    data = "\n".join(",".join(row) for row in rows).encode(encoding, "replace")
    found = []
    refusal(lambda: found.extend(read_roll(data)))
    assert len(found) <= len(data.decode(encoding, "replace").splitlines())
    for row in found:
        assert bool(row.value) != bool(row.reason)
        assert row.reason in ("", "empty", "formula")
        assert isinstance(tidy_number(row.value), str)


@settings(deadline=HANGS_MS, max_examples=200)
@given(data=st.binary(max_size=300) | st.binary(max_size=100).map(lambda tail: b"PK\x03\x04" + tail))
def test_nothing_crashes_the_reader_of_rolls(data):
    refusal(lambda: list(read_roll(data)))


def refusal(reading):
    """Give the one error that may come of reading, in both languages, or None."""
    try:
        reading()
    except (FormatError, RollFileError) as refused:
        return refused if refused.ko and refused.en else pytest.fail("a refusal without words")
    return None
