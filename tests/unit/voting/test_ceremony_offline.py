"""The trustees' commands and `board verify` as people run them: from an empty folder, without settings, servers or a network."""

import base64
import gzip
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from mvoting.voting.board import trustee_command
from mvoting.voting.sealing import hpke, trustees
from tests.unit.voting import operator as pen

ROOT = Path(__file__).resolve().parents[3]
NO_NETWORK = """
import sys

def refuse(event, _):
    if event in ("socket.connect", "socket.bind", "socket.getaddrinfo"):
        raise RuntimeError("the network was asked")

sys.addaudithook(refuse)
"""


@pytest.fixture
def offline(tmp_path):
    """Run `python -m mvoting …` in an empty folder with an empty environment, where every connection fails."""
    site, folder = tmp_path / "site", tmp_path / "work"
    site.mkdir()
    folder.mkdir()
    (site / "sitecustomize.py").write_text(NO_NETWORK)

    def run(*arguments):
        return subprocess.run(
            [sys.executable, "-m", "mvoting", *arguments],
            cwd=folder,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": f"{site}:{ROOT}", "LANG": "C.UTF-8"},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    run.folder = folder
    return run


def write(path, definition, lines):
    path.write_bytes(gzip.compress(b"\n".join(pen.text(pen.signed(definition, lines))) + b"\n"))


def cast_into(folder):
    """Write the archive of a closed poll that is sealed for the ceremony in `folder`; gives definition and lines."""
    sealing = json.loads((folder / "sealing.json").read_text())
    definition = pen.definition_of(secrecy="sealed", figures="after_closing", sealing=sealing)
    return definition, pen.sealed_lines(definition)


def test_deal_share_open_and_verify(offline):
    folder = offline.folder
    dealt = offline(
        "trustee", "deal", "--poll", "poll", "--trustees", "3", "--threshold", "2", "--recount", "trustees", "--padded-bytes", "64", "--out", "c"
    )  # fmt: skip
    assert dealt.returncode == 0, dealt.stderr
    assert sorted(path.name for path in (folder / "c").iterdir()) == ["sealing.json", *(f"share-{n}.txt" for n in (1, 2, 3))]
    checked = offline("trustee", "share", "c/share-2.txt", "--public", "c/sealing.json")
    assert "committed to as number 2 of 3" in checked.stdout, checked.stderr
    definition, lines = cast_into(folder / "c")
    write(folder / "closed.jsonl.gz", definition, lines)
    opening = offline(
        "trustee", "open", "closed.jsonl.gz", "--share", "c/share-1.txt", "--share", "c/share-3.txt", "--out", "o.json"
    )
    assert opening.returncode == 0, opening.stderr
    handed_in = json.loads((folder / "o.json").read_text())
    assert dict(handed_in["patterns"]) == {pen.choice(o).decode(): pen.VOTES.count(o) for o in ("o1", "o2", "o3")}
    told = [*lines, {"entry": {"type": "opened", **handed_in}}, pen.HEAD]
    contents = [content.encode() for content, times in handed_in["patterns"] for _ in range(times)]
    write(folder / "whole.jsonl.gz", definition, [*told, pen.result(definition, told, contents), pen.HEAD])
    verified = offline("board", "verify", "whole.jsonl.gz", "--language", "en")
    assert verified.returncode == 0, verified.stdout
    assert "2 trustees signed the opened contents" in verified.stdout


@pytest.fixture
def ceremony(tmp_path):
    """A ceremony and an archive beside it; gives the folder, definition and lines."""
    folder = tmp_path / "c"
    sizes = ["--trustees", "3", "--threshold", "2", "--recount", "trustees", "--padded-bytes", "64"]
    assert trustee_command.main(["deal", "--poll", "poll", *sizes, "--out", str(folder)]) == 0
    definition, lines = cast_into(folder)
    write(folder / "closed.jsonl.gz", definition, lines)
    return folder, definition, lines


def opened(folder, *shares, archive="closed.jsonl.gz"):
    named = [word for share in shares for word in ("--share", str(folder / share))]
    status = trustee_command.main(["open", str(folder / archive), *named, "--out", str(folder / "out.json")])
    assert (folder / "out.json").exists() == (status == 0)
    return status


def test_shares_that_open_nothing(ceremony, capsys):
    folder, *_ = ceremony
    text = (folder / "share-1.txt").read_text()
    code = text.splitlines()[3]
    other = "B" if code[0] != "B" else "C"
    (folder / "misread.txt").write_text(text.replace(code, other + code[1:]))
    (folder / "renumbered.txt").write_text(text.replace("share 1,", "share 2,"))
    (folder / "cut.txt").write_text(text[:-12])
    (folder / "elsewhere.txt").write_text(trustees.share_text(trustees.deal("another", 2, 3)[1][0]))
    (folder / "again.txt").write_text(trustees.share_text(trustees.deal("poll", 2, 3)[1][0]))
    for share, words in [
        ("misread.txt", "checksum"),
        ("renumbered.txt", "checksum"),
        ("cut.txt", "cannot be read"),
        ("elsewhere.txt", "another poll"),
        ("again.txt", "not the one that was committed to"),
        ("absent.txt", "absent.txt"),
        ("sealing.json", "not a trustee's share"),
    ]:
        assert opened(folder, share, "share-3.txt") == 1
        assert words in capsys.readouterr().err, share
    for too_few in (["share-1.txt"], ["share-1.txt", "share-1.txt"]):
        assert opened(folder, *too_few) == 1
        assert "2 shares are needed, 1 came" in capsys.readouterr().err
    (folder / "spaced.txt").write_text(text.replace(code, code.lower().replace(" ", "-")))
    assert opened(folder, "spaced.txt", "share-3.txt") == 0


def swapped(lines, definition):
    """Let an operator put an own ciphertext where a voter's was, under the voter's leaf."""
    place = next(n for n, line in enumerate(lines) if "sealed" in line)
    info = hpke.sealing_info("poll", bytes.fromhex(pen.definition_hash(definition)))
    forged = hpke.seal_ballot(pen.choice("o3"), bytes.fromhex(definition["sealing"]["public_key"]), info, 64)
    lines[place] = {**lines[place], "sealed": base64.b64encode(forged).decode()}


def test_trustees_open_no_archive_that_was_tampered_with(ceremony, capsys):
    """They would sign a false count, which nobody but they could find out."""
    folder, definition, lines = ceremony
    good = [json.loads(line) for line in pen.text(pen.signed(definition, lines))]
    altered = [json.loads(json.dumps(line)) for line in good]
    swapped(altered, definition)
    without = [{"entry": line["entry"]} if n == 3 else line for n, line in enumerate(good)]
    removed = [line for n, line in enumerate(good) if n != 3]
    doubled = [*good[:4], good[3], *good[4:]]
    unclosed = good[:-2]
    another = [{**good[0], "definition": {**definition, "title": {"ko": "다른 투표"}}}, *good[1:]]
    cases = [("changed-ballot", altered), ("removed-ballot", without), ("head-does-not-fit", removed)]
    cases += [("head-does-not-fit", doubled), ("no final head", unclosed), ("changed-definition", another)]
    for words, archive in cases:
        (folder / "bad.jsonl.gz").write_bytes(gzip.compress(b"\n".join(pen.text(archive))))
        assert opened(folder, "share-1.txt", "share-2.txt", archive="bad.jsonl.gz") == 1
        assert words in capsys.readouterr().err
    (folder / "bad.jsonl.gz").write_bytes((folder / "closed.jsonl.gz").read_bytes()[:-20])
    assert opened(folder, "share-1.txt", "share-2.txt", archive="bad.jsonl.gz") == 1
    assert opened(folder, "share-1.txt", "share-2.txt") == 0
