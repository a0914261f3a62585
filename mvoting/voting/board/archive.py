"""The published archive of a poll: JSON lines, and the same as a table. Pure.

First line: {"archive": 1, "definition", "definition_hash", "keys"}. Then, in the order of the tree, {"entry", …} lines,
which carry "choices" and "nonce" (open) or "sealed" (base64) where a ballot counts, and after each batch its {"head"} line.
"""

import base64
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from mvoting.voting.board import entries

VERSION = 1
CSV_HEADER = ["index", "type", "leaf", "replaces", "is_counted", "choices", "sealed", "nonce"]

_encoder = msgspec.json.Encoder()


def first_line(definition: Mapping[str, Any], definition_hash: str, keys: Mapping[str, str]) -> dict[str, Any]:
    """Make the line that says what was asked and who signs."""
    return {"archive": VERSION, "definition": dict(definition), "definition_hash": definition_hash, "keys": dict(keys)}


def entry_line(entry: entries.Entry, *, is_sealed: bool, is_counted: bool) -> dict[str, Any]:
    """Make the line of one entry; contents only of ballots that count."""
    line: dict[str, Any] = {"entry": entries.public_form(entry)}
    if "content" in entry and is_counted:
        if is_sealed:
            line["sealed"] = base64.b64encode(entry["content"]).decode()
        else:
            line |= {"choices": msgspec.json.decode(entry["content"]), "nonce": entry["nonce"].hex()}
    return line


def head_line(head: Mapping[str, Any]) -> dict[str, Any]:
    """Make the line of a signed head."""
    return {"head": dict(head)}


def json_lines(lines: Iterable[Mapping[str, Any]]) -> Iterator[bytes]:
    """Write lines as JSON."""
    for line in lines:
        yield _encoder.encode(line) + b"\n"


def csv_rows(lines: Iterable[Mapping[str, Any]]) -> Iterator[list[str]]:
    """Give the entries as a table, header first; cells hold JSON where they are structured."""
    yield CSV_HEADER
    index = 0
    for line in lines:
        if "entry" not in line:
            continue
        entry = line["entry"]
        is_counted = str(int("choices" in line or "sealed" in line)) if entry["type"] == "ballot" else ""
        choices = _encoder.encode(line["choices"]).decode() if "choices" in line else ""
        cells = [entry["type"], entry.get("leaf", ""), entry.get("replaces", ""), is_counted, choices]
        yield [str(index), *cells, line.get("sealed", ""), line.get("nonce", "")]
        index += 1
