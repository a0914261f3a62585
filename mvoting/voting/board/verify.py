"""Check a published archive without the server: hashes, signatures, promises, opening, recount. Pure.

Shares with the server only the counting methods, the hash tree and the shapes of what is hashed and signed; how a board is
read and judged is written here anew, so that a mistake in the server's reading is not repeated.
"""

import base64
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from hashlib import sha256
from itertools import islice
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from mvoting.core import merkle
from mvoting.voting import canonical, statements
from mvoting.voting.ballots.leaf import open_leaf, sealed_leaf
from mvoting.voting.board import ties
from mvoting.voting.board.entries import entry_bytes
from mvoting.voting.methods import registry
from mvoting.voting.methods.answers import freeze
from mvoting.voting.methods.questions import contest
from mvoting.voting.methods.types import CannotCount, CountResult, TieBreak, decimal_text
from mvoting.voting.sealing import hpke, opened, trustees

CHUNK = 2000
RECORDS = ("opening", "withdrawal", "change", "closing", "opened", "tie-seed", "result")


@dataclass
class Report:
    """What was checked (code → figure) and what is wrong: (code, what exactly)."""

    checked: dict[str, int] = field(default_factory=dict)
    wrong: list[tuple[str, str]] = field(default_factory=list)

    def fail(self, code: str, detail: str = "") -> None:
        if len(self.wrong) < 1000:
            self.wrong.append((code, detail))


@dataclass
class Archive:
    """An archive as far as it was read; leaves are hex text."""

    definition: Mapping[str, Any] = field(default_factory=dict)
    definition_hash: str = ""
    keys: Mapping[str, bytes] = field(default_factory=dict)
    tree: merkle.Frontier = field(default_factory=merkle.Frontier)
    roots: dict[int, str] = field(default_factory=dict)  # of the sizes asked about
    replaced_by: dict[str, str] = field(default_factory=dict)
    leaves: dict[str, str | None] = field(default_factory=dict)  # every ballot's leaf → the leaf it replaces
    withdrawn: set[str] = field(default_factory=set)
    with_content: set[str] = field(default_factory=set)
    contents: Counter[bytes] = field(default_factory=Counter)  # of an open poll
    sealed: list[tuple[str, bytes]] = field(default_factory=list)  # leaf and ciphertext
    records: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    heads: int = 0
    final_head: statements.TreeHead | None = None

    @property
    def poll_id(self) -> str:
        return str(self.definition.get("poll", ""))

    @property
    def is_sealed(self) -> bool:
        return self.definition.get("secrecy") == "sealed"

    def counting_leaves(self) -> set[str]:
        return set(self.leaves) - set(self.replaced_by) - self.withdrawn


def verify(
    lines: Iterable[bytes],
    *,
    receipts: Sequence[Mapping[str, Any]] = (),
    kept_heads: Sequence[Mapping[str, Any]] = (),
    processes: int = 1,
) -> Report:
    """Check an archive's lines, and with them receipts and heads that somebody kept.

    Never raises for what the archive holds: everything found is in the report.
    """
    report, archive = Report(), Archive()
    sizes = {head["size"] for head in kept_heads if isinstance(head.get("size"), int)}
    _read(archive, report, lines, sizes)
    if not archive.definition:
        return report
    _check_ballots(archive, report)
    contents = _opened_contents(archive, report, processes) if archive.is_sealed else archive.contents
    if contents is not None:
        _check_result(archive, report, contents)
    for head in kept_heads:
        _check_kept_head(archive, report, head)
    for receipt in receipts:
        _check_receipt(archive, report, receipt)
    return report


# Reading: every entry is hashed into the tree, every head compared with it


def _read(archive: Archive, report: Report, lines: Iterable[bytes], sizes: set[int]) -> None:
    for number, raw in enumerate(lines, 1):
        try:
            line = msgspec.json.decode(raw)
            if number == 1:
                _read_first(archive, report, line)
            elif "head" in line:
                _read_head(archive, report, line["head"])
            else:
                _read_entry(archive, report, line)
        except (msgspec.DecodeError, canonical.NotCanonical, KeyError, TypeError, ValueError, AttributeError) as error:
            report.fail("unreadable", f"line {number}: {type(error).__name__}")
        if archive.tree.size in sizes and archive.tree.size not in archive.roots:
            archive.roots[archive.tree.size] = archive.tree.root().hex()
    if not archive.definition:
        report.fail("unreadable", "there is no first line with the poll's definition")
    report.checked["entries"] = archive.tree.size
    report.checked["heads"] = archive.heads
    if archive.definition and archive.final_head is None:
        report.fail("no-final-head")
    if archive.definition and archive.heads and archive.roots.get(-1) != archive.tree.root().hex():
        report.fail("entries-after-last-head")


def _read_first(archive: Archive, report: Report, line: Mapping[str, Any]) -> None:
    if line["archive"] != 1:
        raise ValueError("another kind of archive")
    archive.definition, archive.definition_hash = line["definition"], line["definition_hash"]
    archive.keys = {kid: bytes.fromhex(key) for kid, key in line["keys"].items()}
    if sha256(canonical.encode(line["definition"])).hexdigest() != line["definition_hash"]:
        report.fail("changed-definition")


def _read_head(archive: Archive, report: Report, document: Mapping[str, Any]) -> None:
    size = archive.tree.size
    try:
        head = statements.check(document, statements.TreeHead, archive.keys)
    except statements.ForgedSignature:
        report.fail("forged-head", f"after entry {size - 1}")
        return
    root = archive.tree.root().hex()
    archive.roots[-1] = root
    expected = (archive.poll_id, archive.definition_hash, archive.heads, size, root)
    if (head.poll_id, head.definition_hash, head.number, head.size, head.root) != expected:
        report.fail("head-does-not-fit", f"head {head.number} over {head.size} entries")
    if bool(head.is_final) != ("closing" in archive.records):
        report.fail("head-does-not-fit", f"head {head.number} is wrongly marked final or not")
    if head.is_final and archive.final_head is None:
        archive.final_head = head
    archive.heads += 1


def _read_entry(archive: Archive, report: Report, line: Mapping[str, Any]) -> None:
    entry, index = line["entry"], archive.tree.size
    archive.tree.append(merkle.leaf_hash(entry_bytes(entry)))
    if entry["type"] == "ballot":
        _read_ballot(archive, report, line, index)
        return
    if entry["type"] not in RECORDS:
        report.fail("unknown-record", f"entry {index}")
    if (entry["type"] == "opening") != (index == 0) or (
        entry["type"] in ("opened", "tie-seed", "result", "closing") and entry["type"] in archive.records
    ):
        report.fail("record-out-of-place", f"entry {index}: {entry['type']}")
    if entry["type"] == "withdrawal":
        archive.withdrawn.add(entry["leaf"])
    archive.records[entry["type"]] = entry


def _read_ballot(archive: Archive, report: Report, line: Mapping[str, Any], index: int) -> None:
    leaf, replaces = line["entry"]["leaf"], line["entry"].get("replaces")
    if set(line["entry"]) - {"type", "leaf", "replaces"}:
        report.fail("unknown-record", f"entry {index}")
    if leaf in archive.leaves:
        report.fail("duplicated-ballot", leaf)
    if "closing" in archive.records:
        report.fail("ballot-after-closing", leaf)
    if replaces is not None:
        if replaces not in archive.leaves or replaces in archive.replaced_by:
            report.fail("wrong-replacement", leaf)
        archive.replaced_by[replaces] = leaf
    archive.leaves[leaf] = replaces
    definition_hash = bytes.fromhex(archive.definition_hash)
    if "choices" in line:
        content = canonical.encode(line["choices"])
        made = open_leaf(definition_hash, content, bytes.fromhex(line["nonce"]))
        archive.contents[content] += 1
    elif "sealed" in line:
        content = base64.b64decode(line["sealed"], validate=True)
        made = sealed_leaf(definition_hash, content)
        archive.sealed.append((leaf, content))
    else:
        return
    archive.with_content.add(leaf)
    if made.hex() != leaf:
        report.fail("changed-ballot", leaf)


# What the board says of itself


def _check_ballots(archive: Archive, report: Report) -> None:
    counting = archive.counting_leaves()
    report.checked["ballots"] = len(counting)
    for leaf in sorted(counting - archive.with_content):
        report.fail("removed-ballot", leaf)
    for leaf in sorted(archive.with_content - counting):
        report.fail("ballot-that-does-not-count", leaf)
    for leaf in sorted(archive.withdrawn - set(archive.leaves)):
        report.fail("wrong-withdrawal", leaf)
    opening, closing = archive.records.get("opening", {}), archive.records.get("closing", {})
    stated = (archive.poll_id, archive.definition_hash, archive.definition.get("audience"), archive.definition.get("sealing"))
    if tuple(opening.get(name) for name in ("poll_id", "definition_hash", "audience", "sealing")) != stated:
        report.fail("opening-does-not-fit")
    if opening.get("tie_commitment") != archive.definition.get("tie_commitment"):
        report.fail("opening-does-not-fit")
    if closing.get("ballots") != len(counting):
        report.fail("wrong-ballot-count", f"{closing.get('ballots')} stated, {len(counting)} on the board")
    roll = closing.get("roll")
    if roll is not None:
        report.checked["roll"] = roll
        if len(counting) > roll:
            report.fail("more-ballots-than-people", f"{len(counting)} ballots, {roll} people")


def _opened_contents(archive: Archive, report: Report, processes: int) -> Counter[bytes] | None:
    """Open sealed ballots with the published key, or take what the trustees signed."""
    record = archive.records.get("opened")
    if record is None:
        report.fail("not-opened")
        return None
    try:
        ceremony = trustees.Ceremony.from_document({**archive.definition["sealing"], "poll_id": archive.poll_id})
        report.checked["trustees"] = len(ceremony.commitments)
        if "private_key" in record:
            return _open_all(archive, report, record, ceremony, processes)
        return _signed_contents(archive, report, record, ceremony)
    except (KeyError, TypeError, ValueError):
        report.fail("opening-cannot-be-read")
        return None


def _open_all(
    archive: Archive, report: Report, record: Mapping[str, Any], ceremony: trustees.Ceremony, processes: int
) -> Counter[bytes]:
    private = bytes.fromhex(record["private_key"])
    if X25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw() != ceremony.public_key:
        report.fail("wrong-key")
    info = hpke.sealing_info(archive.poll_id, bytes.fromhex(archive.definition_hash))
    counting = archive.counting_leaves()
    ballots = [one for one in archive.sealed if one[0] in counting]
    contents, spoiled = open_chunks(private, info, archive.definition, ballots, processes=processes)
    report.checked["opened"] = sum(contents.values())
    if sorted(spoiled) != record["spoiled"]:
        report.fail("wrong-spoiled-list", f"{len(record['spoiled'])} stated, {len(spoiled)} found")
    return contents


def open_chunks(
    private: bytes, info: bytes, definition: Mapping[str, Any], ballots: Sequence[tuple[str, bytes]], *, processes: int
) -> tuple[Counter[bytes], list[str]]:
    """Open ballots (leaf, ciphertext) in several processes; gives the contents and the leaves of spoiled ones."""
    open_some = partial(_open_some, private, info, definition)
    contents: Counter[bytes] = Counter()
    spoiled: list[str] = []
    if processes > 1:
        with ProcessPoolExecutor(processes) as pool:
            outcomes = list(pool.map(open_some, _chunks(ballots)))
    else:
        outcomes = [open_some(chunk) for chunk in _chunks(ballots)]
    for some, some_spoiled in outcomes:
        contents.update(some)
        spoiled += some_spoiled
    return contents, spoiled


def _chunks(items: Sequence[Any]) -> Iterable[list[Any]]:
    rest = iter(items)
    while chunk := list(islice(rest, CHUNK)):
        yield chunk


def _open_some(
    private: bytes, info: bytes, definition: Mapping[str, Any], ballots: Sequence[tuple[str, bytes]]
) -> tuple[Counter[bytes], list[str]]:
    key = X25519PrivateKey.from_private_bytes(private)
    contents: Counter[bytes] = Counter()
    spoiled = []
    judged: dict[bytes, bool] = {}
    for leaf, ciphertext in ballots:
        try:
            content = hpke.open_ballot(ciphertext, key, info)
        except hpke.CannotOpen:
            spoiled.append(leaf)
            continue
        if content not in judged:
            judged[content] = opened.spoiled_reason(definition, content) is None
        if judged[content]:
            contents[content] += 1
        else:
            spoiled.append(leaf)
    return contents, spoiled


def _signed_contents(archive: Archive, report: Report, record: Mapping[str, Any], ceremony: trustees.Ceremony) -> Counter[bytes]:
    root = archive.final_head.root if archive.final_head else ""
    digest = opened.contents_digest(archive.definition_hash, root, record["patterns"], record["spoiled"])
    good = 0
    for index, signature in record["signatures"].items():
        try:
            trustees.check_contents_signature(ceremony, int(index), digest, bytes.fromhex(signature))
            good += 1
        except trustees.BadShare:
            report.fail("forged-trustee-signature", f"trustee {index}")
    if good < ceremony.threshold:
        report.fail("too-few-trustees", f"{good} of {ceremony.threshold}")
    contents = Counter({content.encode(): times for content, times in record["patterns"]})
    if sum(contents.values()) + len(record["spoiled"]) != len(archive.counting_leaves()):
        report.fail("wrong-ballot-count", "in the trustees' contents")
    for content in contents:
        if opened.spoiled_reason(archive.definition, content):
            report.fail("wrong-spoiled-list", "an invalid content is counted")
    report.checked["contents_signed"] = good
    return contents


# Recount


def _check_result(archive: Archive, report: Report, contents: Counter[bytes]) -> None:
    record = archive.records.get("result")
    if record is None:
        report.fail("no-result")
        return
    revealed = archive.records.get("tie-seed", {}).get("seed", "")
    if revealed and ties.tie_commitment(bytes.fromhex(revealed)) != archive.definition.get("tie_commitment"):
        report.fail("wrong-tie-seed")
    seed = ties.tie_seed((bytes.fromhex(leaf) for leaf in archive.leaves), bytes.fromhex(revealed))
    published = {q.get("id"): q for q in record["result"].get("questions", [])}
    answers: dict[str, Counter[Any]] = {q["id"]: Counter() for q in archive.definition["questions"]}
    for content, times in contents.items():
        for question_id, answer in msgspec.json.decode(content).items():
            answers[question_id][freeze(answer)] += times
    for question in archive.definition["questions"]:
        name = question["id"]
        decided = contest(question)
        lot = TieBreak.from_seed(seed + b"\x00" + name.encode(), decided.options)
        try:
            counted = _plain(registry.count(question["method"], answers[name], decided, lot))
        except CannotCount as refused:
            report.fail("cannot-count", f"{name}: {refused}")
            continue
        stated = published.get(name, {})
        for part, value in counted.items():
            if _stated(stated, part) != value:
                report.fail("wrong-result", f"{name}: {part}")
        report.checked["questions"] = report.checked.get("questions", 0) + 1
    if record["result"].get("ballots") != sum(contents.values()):
        report.fail("wrong-result", "ballots")


def _plain(counted: CountResult) -> dict[str, Any]:
    return {
        "winners": list(counted.winners),
        "ballots": counted.ballots,
        "blank": counted.blank,
        "rounds": [
            ({option: decimal_text(votes) for option, votes in r.totals.items()}, list(r.elected), list(r.eliminated))
            for r in counted.rounds
        ],
        "exhausted": decimal_text(counted.exhausted),
        "ranking": [list(tier) for tier in counted.ranking],
        "fundings": [(f.option, f.is_funded) for f in counted.fundings],
    }


def _stated(stated: Mapping[str, Any], part: str) -> Any:
    if part == "rounds":
        return [(r["totals"], r["elected"], r["eliminated"]) for r in stated.get("rounds", [])]
    if part == "fundings":
        return [(f["option"], f["funded"]) for f in stated.get("fundings", [])]
    return stated.get(part, [] if part == "ranking" else None)


# What somebody kept


def _check_kept_head(archive: Archive, report: Report, document: Mapping[str, Any]) -> None:
    try:
        head = statements.check(document, statements.TreeHead, archive.keys)
    except statements.ForgedSignature:
        report.fail("forged-kept-head", "or the archive names other keys than those that signed it")
        return
    if head.poll_id != archive.poll_id:
        report.fail("kept-head-of-another-poll")
    elif head.size > archive.tree.size or archive.roots.get(head.size) != head.root:
        report.fail("rewritten-archive", f"the head over {head.size} entries that you kept is not of this board")
    else:
        report.checked["kept_heads"] = report.checked.get("kept_heads", 0) + 1


def _check_receipt(archive: Archive, report: Report, document: Mapping[str, Any]) -> None:
    document = document.get("receipt", document)
    try:
        receipt = statements.check(document, statements.Receipt, archive.keys)
    except statements.ForgedSignature:
        report.fail("forged-receipt", "or the archive names other keys than those that signed it")
        return
    if receipt.poll_id != archive.poll_id or receipt.definition_hash != archive.definition_hash:
        report.fail("receipt-of-another-poll")
    elif receipt.leaf not in archive.leaves or archive.leaves[receipt.leaf] != receipt.replaces:
        report.fail("broken-promise", receipt.leaf)
    else:
        name = "receipts_counted"
        if receipt.leaf in archive.replaced_by:
            name = "receipts_replaced"
        elif receipt.leaf in archive.withdrawn:
            name = "receipts_withdrawn"
        report.checked[name] = report.checked.get(name, 0) + 1
