"""Reading an archive in its order: every entry goes into the tree, every head is compared with it. Pure."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from hashlib import sha256
from itertools import chain
from typing import Any

from mvoting.core import merkle
from mvoting.voting import canonical, statements
from mvoting.voting.board.entries import entry_bytes
from mvoting.voting.board.verify.contents import Contents
from mvoting.voting.board.verify.leaves import LEAF_BYTES, Leaves
from mvoting.voting.board.verify.lines import Run, digest
from mvoting.voting.board.verify.pool import in_order
from mvoting.voting.board.verify.report import Report
from mvoting.voting.board.verify.spool import Spool
from mvoting.voting.board.verify.strict import read_json

ONCE = ("opening", "closing", "opened", "tie-seed", "result")
# A record comes before all of a later stage.
STAGES = {"opening": 0, "withdrawal": 1, "change": 1, "closing": 2, "opened": 3, "tie-seed": 3, "result": 4}
FIRST = {"archive", "definition", "definition_hash", "keys"}
UNREADABLE = (KeyError, TypeError, ValueError, AttributeError, RecursionError)

Progress = Callable[[str, int], None]
"""Told how far it is: ("read" or "open", how many more)."""


@dataclass
class Archive:
    """An archive as far as it was read; leaves are bytes, everything else as it stands in the file."""

    definition: Mapping[str, Any] = field(default_factory=dict)
    definition_hash: str = ""
    keys: Mapping[str, bytes] = field(default_factory=dict)
    tree: merkle.Frontier = field(default_factory=merkle.Frontier)
    roots: dict[int, str] = field(default_factory=dict)  # of the sizes asked about
    head_root: str = ""  # of the last head
    leaves: Leaves = field(default_factory=Leaves)  # every ballot's
    replaces: dict[bytes, bytes] = field(default_factory=dict)  # a change's leaf → the leaf it replaces
    replaced: dict[bytes, int] = field(default_factory=dict)  # a replaced leaf → the place of the change
    withdrawn: set[bytes] = field(default_factory=set)
    bare: set[bytes] = field(default_factory=set)  # leaves without content
    contents: Contents = field(default_factory=Contents)  # of an open poll; of a sealed one once it is opened again
    sealed: Spool = field(default_factory=Spool)  # ciphertexts
    records: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    changes: list[Mapping[str, Any]] = field(default_factory=list)
    stage: int = 0  # the latest of the records so far
    heads: int = 0
    final_head: statements.TreeHead | None = None
    batch: set[bytes] = field(default_factory=set)  # leaves since the last head
    batch_ballots: int = 0  # ballots of different people since the last head
    batch_sizes: list[tuple[int, int]] = field(default_factory=list)  # (head, ballots) of the batches that hold any

    @property
    def poll_id(self) -> str:
        return str(self.definition.get("poll", ""))

    @property
    def is_sealed(self) -> bool:
        return self.definition.get("secrecy") == "sealed"

    def gone(self) -> set[bytes]:
        """Give the leaves on the board that do not count: replaced or withdrawn."""
        return {leaf for leaf in chain(self.replaced, self.withdrawn) if leaf in self.leaves}

    def counting(self) -> Iterator[tuple[bytes, bytes]]:
        """Give the sealed ballots that count, leaf and ciphertext."""
        gone = self.gone()
        return ((leaf, ciphertext) for leaf, ciphertext in self.sealed if leaf not in gone)

    def close(self) -> None:
        """Give back what lies on disk."""
        self.leaves.close()
        self.sealed.close()
        self.contents.close()


def read_archive(
    archive: Archive, blocks: Iterable[bytes], report: Report, sizes: set[int], *, processes: int, progress: Progress
) -> None:
    """Read into `archive`, and note in `report` what is wrong with its lines, heads and order.

    Args: blocks: pieces of whole lines; sizes: of trees whose root will be asked for.
    """
    blocks = iter(blocks)
    first, _, rest = next(blocks, b"").partition(b"\n")
    line = 1
    try:
        _read_first(archive, report, read_json(first))
    except UNREADABLE as error:
        report.fail("unreadable", f"line 1: {type(error).__name__}")
    if not archive.definition:
        report.fail("unreadable", "there is no first line with the poll's definition")
        return
    # What the first line says of itself was checked; nothing else depends on whether it was right.
    work = partial(digest, bytes.fromhex(archive.definition_hash), archive.is_sealed)
    for parts in in_order(work, chain([rest] if rest else [], blocks), processes=processes):
        for part in parts:
            lines = len(part) if isinstance(part, Run) else 1
            if isinstance(part, Run):
                _read_run(archive, report, part, sizes)
            else:
                _read_other(archive, report, part, line + 1)
                _note_root(archive, sizes)
            line += lines
        progress("read", sum(len(part) if isinstance(part, Run) else 1 for part in parts))
    _read_end(archive, report)


def _read_end(archive: Archive, report: Report) -> None:
    report.checked["entries"] = archive.tree.size
    report.checked["heads"] = archive.heads
    if archive.final_head is None:
        report.fail("no-final-head")
    if archive.heads and archive.head_root != archive.tree.root().hex():
        report.fail("entries-after-last-head")


def _read_first(archive: Archive, report: Report, line: Mapping[str, Any]) -> None:
    if line.keys() != FIRST or line["archive"] != 1 or len(bytes.fromhex(line["definition_hash"])) != LEAF_BYTES:
        raise ValueError("another kind of archive")
    if not isinstance(line["definition"], dict):
        raise TypeError("no definition")
    keys = {kid: bytes.fromhex(key) for kid, key in line["keys"].items()}
    if sha256(canonical.encode(line["definition"])).hexdigest() != line["definition_hash"]:
        report.fail("changed-definition")
    archive.definition, archive.definition_hash, archive.keys = line["definition"], line["definition_hash"], keys


# Ballots


def _read_run(archive: Archive, report: Report, run: Run, sizes: set[int]) -> None:
    start, end = archive.tree.size, archive.tree.size + len(run)
    for cut in sorted({*(size for size in sizes if start < size < end), end}):
        archive.tree.extend(run.hashes[(archive.tree.size - start) * LEAF_BYTES : (cut - start) * LEAF_BYTES])
        _note_root(archive, sizes)
    raw = bytes(run.leaves)
    leaves = [raw[at : at + LEAF_BYTES] for at in range(0, len(raw), LEAF_BYTES)]
    if "closing" in archive.records:
        for leaf in leaves:
            report.fail("ballot-after-closing", leaf.hex())
    archive.leaves.add(raw, start)
    archive.batch.update(leaves)
    archive.batch_ballots += len(leaves)
    for place, replaced in run.replaces.items():
        _read_replacement(archive, report, leaves[place], replaced, start + place)
    for place in run.changed:
        report.fail("changed-ballot", leaves[place].hex())
    archive.bare.update(leaves[place] for place in run.bare)
    archive.contents.add(run.contents)
    for place, ciphertext in run.sealed.items():
        archive.sealed.add(leaves[place], ciphertext)


def _read_replacement(archive: Archive, report: Report, leaf: bytes, replaced: bytes, place: int) -> None:
    if replaced in archive.replaced or replaced in archive.withdrawn:
        report.fail("wrong-replacement", leaf.hex())
    archive.replaced[replaced] = place
    archive.replaces[leaf] = replaced
    archive.batch_ballots -= replaced in archive.batch  # two revisions of one person


# Heads and records


def _read_other(archive: Archive, report: Report, raw: bytes, number: int) -> None:
    try:
        line = read_json(raw)
        if line.keys() == {"head"}:
            _read_head(archive, report, line["head"])
        elif line.keys() == {"entry"}:
            _read_record(archive, report, line["entry"])
        else:
            raise ValueError("neither a head nor an entry")
    except UNREADABLE as error:
        report.fail("unreadable", f"line {number}: {type(error).__name__}")


def _read_head(archive: Archive, report: Report, document: Mapping[str, Any]) -> None:
    size = archive.tree.size
    try:
        head = statements.check(document, statements.TreeHead, archive.keys)
    except statements.ForgedSignature:
        report.fail("forged-head", f"after entry {size - 1}")
        return
    archive.head_root = archive.tree.root().hex()
    expected = (archive.poll_id, archive.definition_hash, archive.heads, size, archive.head_root)
    if (head.poll_id, head.definition_hash, head.number, head.size, head.root) != expected:
        report.fail("head-does-not-fit", f"head {head.number} over {head.size} entries")
    if bool(head.is_final) != ("closing" in archive.records):
        report.fail("head-does-not-fit", f"head {head.number} is wrongly marked final or not")
    if head.is_final and archive.final_head is None:
        archive.final_head = head
    if archive.batch_ballots:
        archive.batch_sizes.append((head.number, archive.batch_ballots))
    archive.batch, archive.batch_ballots = set(), 0
    archive.heads += 1


def _read_record(archive: Archive, report: Report, entry: Mapping[str, Any]) -> None:
    kind, index = entry["type"], archive.tree.size
    archive.tree.append(merkle.leaf_hash(entry_bytes(entry)))
    if kind not in STAGES:
        report.fail("unknown-record", f"entry {index}")
        return
    is_repeated = kind in ONCE and kind in archive.records
    if (kind == "opening") != (index == 0) or is_repeated or STAGES[kind] < archive.stage:
        report.fail("record-out-of-place", f"entry {index}: {kind}")
    archive.stage = max(archive.stage, STAGES[kind])
    if kind == "change":
        archive.changes.append(entry)
    if kind == "withdrawal":
        leaf = bytes.fromhex(entry["leaf"])
        archive.withdrawn.add(leaf)
        archive.batch_ballots += leaf not in archive.batch
    archive.records[kind] = entry


def _note_root(archive: Archive, sizes: set[int]) -> None:
    if archive.tree.size in sizes and archive.tree.size not in archive.roots:
        archive.roots[archive.tree.size] = archive.tree.root().hex()
