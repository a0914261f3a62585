"""Files of 200 MB: streamed or refused, never loaded. Each is read in a process of its own, whose memory is measured."""

import gzip
import io
import json
import re
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

import pytest

from mvoting.voting.polls import roll_files

MEGABYTE = 1 << 20
LARGE = 200 * MEGABYTE
RESIDENT_LIMIT = 220 * MEGABYTE  # the interpreter with numpy takes about 70 MB of it


def run(*arguments):
    """Run `python ARGUMENTS`. Returns: exit status, what it said, its largest resident memory in bytes.

    The memory is read while it runs: the `ru_maxrss` of an ended child also counts what its parent had when it was made.
    """
    with tempfile.TemporaryFile() as output:
        process, largest = subprocess.Popen([sys.executable, *arguments], stdout=output, stderr=subprocess.STDOUT), 0
        while process.poll() is None:
            largest = max(largest, high_water(process.pid))
            time.sleep(0.01)
        output.seek(0)
        return process.returncode, output.read().decode(), largest


def high_water(pid):
    """Give the largest resident memory so far, in bytes; 0 when it has just ended. Source: proc(5), VmHWM."""
    try:
        found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return int(found[1]) * 1024 if found else 0


def write(path, head, block, *, until=LARGE, gzipped=False):
    with gzip.open(path, "wb", compresslevel=1) if gzipped else path.open("wb") as file:
        file.write(head)
        for _ in range(until // len(block) + 1):
            file.write(block)


@pytest.mark.slow
@pytest.mark.parametrize("gzipped", [False, True])
def test_cast_vote_records_are_streamed(tmp_path, gzipped):
    path = tmp_path / ("records.csv.gz" if gzipped else "records.csv")
    rows = b"".join(b"%s,A,B,%s\n" % (b"p" * 5000, (b"C", b"skipped")[n % 2]) for n in range(200))
    write(path, b"precinct,rank1,rank2,rank3\n", rows, gzipped=gzipped)
    status, said, resident = run("-m", "mvoting", "tally", str(path), "--method", "irv")
    assert status == 0, said[-2000:]
    assert json.loads(said)["winners"] == ["A"]
    assert resident < RESIDENT_LIMIT, resident


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "head", "block", "reason"),
    [
        ("whole.json", b'{"options":[', b'{"id":"1","name":"a"},\n' * 1000, "too large"),
        ("line.csv", b"rank1\n", b"a" * 4096, "too long"),
        ("bomb.blt.gz", b"3 2\n", b" " * 65535 + b"\n", "ends too early"),
        ("names.abif", b"", b"".join(b"1:c%d>x\n" % n for n in range(2000)), "options"),
    ],
)
def test_what_cannot_be_streamed_is_refused(tmp_path, name, head, block, reason):
    path = tmp_path / name
    write(path, head, block, gzipped=name.endswith(".gz"))
    began = time.monotonic()
    status, said, resident = run("-m", "mvoting", "tally", str(path), "--method", "irv")
    assert (status, reason in said) == (1, True), said[-2000:]
    assert "Traceback" not in said
    assert resident < RESIDENT_LIMIT, resident
    assert time.monotonic() - began < 120


READ_ROLL = """
import sys
from pathlib import Path
from mvoting.voting.polls.roll_files import RollFileError, read_roll
try:
    print(sum(1 for row in read_roll(Path(sys.argv[1]).read_bytes()) if row.value))
except RollFileError as refused:
    print(refused)
"""


def packed(path, members):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book:
        for name, blocks in members.items():
            with book.open(name, "w") as member:
                for block in blocks:
                    member.write(block)
    assert path.stat().st_size < roll_files.MAX_FILE_BYTES


def sheet(strings, *, row="1"):
    """Give the parts of a workbook of one sheet with one row, whose shared strings are `strings`."""
    types = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    names = {"worksheet": "worksheets/sheet1", "sharedStrings": "sharedStrings"}
    overrides = "".join(
        f'<Override PartName="/xl/{part}.xml" ContentType="{types}.{kind}+xml"/>'
        for part, kind in (("workbook", "sheet.main"), ("worksheets/sheet1", "worksheet"), ("sharedStrings", "sharedStrings"))
    )
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    relation = '<Relationship Id="r{}" Type="{}/{}" Target="{}.xml"/>'
    package = "http://schemas.openxmlformats.org/package/2006"
    main = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    return {
        "[Content_Types].xml": [f'<Types xmlns="{package}/content-types">{overrides}</Types>'.encode()],
        "_rels/.rels": [
            f'<Relationships xmlns="{package}/relationships">'.encode(),
            relation.format(1, office, "officeDocument", "xl/workbook").encode() + b"</Relationships>",
        ],
        "xl/_rels/workbook.xml.rels": [
            f'<Relationships xmlns="{package}/relationships">'.encode(),
            *(relation.format(n, office, kind, part).encode() for n, (kind, part) in enumerate(names.items(), 1)),
            b"</Relationships>",
        ],
        "xl/workbook.xml": [
            f'<workbook {main} xmlns:r="{office}"><sheets><sheet name="1" sheetId="1" r:id="r1"/></sheets></workbook>'.encode()
        ],
        "xl/worksheets/sheet1.xml": [
            f'<worksheet {main}><sheetData><row r="{row}"><c r="A{row}" t="s"><v>0</v></c></row></sheetData></worksheet>'.encode()
        ],
        "xl/sharedStrings.xml": strings(main),
    }


def honest(main):
    return [f"<sst {main}>".encode(), b"<si><t>010-5555-0001</t></si>", b"</sst>"]


def many(main):
    block = b"<si><t>010-5555-0001</t></si>" * 10_000
    return [f"<sst {main}>".encode(), *([block] * (roll_files.MAX_STRINGS_BYTES // len(block) + 1)), b"</sst>"]


def entities(main):
    levels = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10 if n else "010" * 10}">' for n in range(9))
    return [f"<?xml version='1.0'?><!DOCTYPE sst [{levels}]><sst {main}><si><t>&e8;</t></si></sst>".encode()]


@pytest.mark.parametrize(
    ("strings", "row", "said"),
    [
        (honest, "1", "1"),
        (honest, "999999999999", "holds nothing"),
        (many, "1", "too large when unpacked"),
        (entities, "1", "cannot be read"),
    ],
)
def test_spreadsheet_bombs(tmp_path, strings, row, said):
    packed(tmp_path / "roll.xlsx", sheet(strings, row=row))
    began = time.monotonic()
    status, answer, resident = run("-c", READ_ROLL, str(tmp_path / "roll.xlsx"))
    assert (status, said in answer) == (0, True), answer[-2000:]
    assert resident < RESIDENT_LIMIT
    assert time.monotonic() - began < 30


def test_a_member_that_lies_about_its_size_is_refused(tmp_path):
    """The size in the archive's directory says 100 bytes; what is packed goes on for 200 MB."""
    packed(tmp_path / "roll.xlsx", sheet(many))
    data = bytearray((tmp_path / "roll.xlsx").read_bytes())
    at = data.rindex(b"PK\x01\x02")  # the directory's entry of the last member, the strings
    for place in (at + 24, data.index(b"xl/sharedStrings.xml") - 8):
        data[place : place + 4] = (100).to_bytes(4, "little")
    (tmp_path / "lie.xlsx").write_bytes(data)
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        assert book.getinfo("xl/sharedStrings.xml").file_size == 100
    status, answer, resident = run("-c", READ_ROLL, str(tmp_path / "lie.xlsx"))
    assert (status, "cannot be read" in answer) == (0, True), answer[-2000:]
    assert resident < RESIDENT_LIMIT
