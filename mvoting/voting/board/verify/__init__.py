"""Check a published archive without the server: hashes, signatures, promises, opening, recount. Pure.

Shares with the server only the counting methods, the hash tree and the shapes of what is hashed and signed; how a board is
read and judged is written here anew, so that a mistake in the server's reading is not repeated.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from itertools import chain
from typing import Any

from mvoting.voting.board.verify.kept import check_kept_head, check_receipt, check_witnesses, promised_leaf
from mvoting.voting.board.verify.opening import read_opened, spoiled_leaves
from mvoting.voting.board.verify.reading import Archive, Progress, read_archive
from mvoting.voting.board.verify.recount import check_result
from mvoting.voting.board.verify.report import Report


def verify(
    blocks: Iterable[bytes],
    *,
    receipts: Sequence[Mapping[str, Any]] = (),
    kept_heads: Sequence[Mapping[str, Any]] = (),
    cosignatures: Sequence[Mapping[str, Any]] = (),
    witnesses: Mapping[str, str] | None = None,
    processes: int = 1,
    progress: Progress = lambda *_: None,
) -> Report:
    """Check an archive, and with it receipts and heads that somebody kept.

    Never raises for what the archive holds: everything found is in the report.
    Args: blocks: pieces of the archive, of whole lines each; witnesses: who must have cosigned the final head, public keys
        in hex by name; progress: told of each piece ("read" or "open", how many).
    """
    report = Report()
    sizes = {head["size"] for head in chain(kept_heads, cosignatures) if isinstance(head.get("size"), int)}
    promised = {promised_leaf(receipt) for receipt in receipts}
    with closing(Archive()) as archive:
        read_archive(archive, blocks, report, sizes, processes=processes, progress=progress)
        if not archive.definition:
            return report
        check_board(archive, report, promised)
        if not archive.is_sealed or read_opened(archive, report, processes=processes, progress=progress):
            check_result(archive, report)
        for head in kept_heads:
            check_kept_head(archive, report, head)
        if witnesses:
            check_witnesses(archive, report, cosignatures, witnesses)
        for receipt in receipts:
            check_receipt(archive, report, receipt)
    return report


def check_board(archive: Archive, report: Report, promised: set[bytes]) -> None:
    """Check what can be checked before anything is opened or counted: leaves, ballots, batches, what the board states.

    Args: promised: leaves that receipts name, about which the archive will be asked.
    """
    _check_leaves(archive, report, promised)
    _check_ballots(archive, report)
    _check_batches(archive, report)
    _check_statements(archive, report)


def _check_leaves(archive: Archive, report: Report, promised: set[bytes]) -> None:
    """A leaf stands once, and what a change replaces stands before it."""
    asked = promised | archive.withdrawn | archive.replaced.keys() | spoiled_leaves(archive)
    for leaf in archive.leaves.settle(asked):
        report.fail("duplicated-ballot", leaf.hex())
    for leaf, place in archive.replaced.items():
        if leaf not in archive.leaves or archive.leaves.place(leaf) >= place:
            report.fail("wrong-replacement", f"of {leaf.hex()}")


def _check_ballots(archive: Archive, report: Report) -> None:
    gone = archive.gone()
    counting = len(archive.leaves) - len(gone)
    report.checked["ballots"] = counting
    for leaf in sorted(archive.bare - gone):
        report.fail("removed-ballot", leaf.hex())
    for leaf in sorted(gone - archive.bare):
        report.fail("ballot-that-does-not-count", leaf.hex())
    for leaf in sorted(leaf for leaf in archive.withdrawn if leaf not in archive.leaves):
        report.fail("wrong-withdrawal", leaf.hex())
    stated = archive.records.get("closing", {}).get("ballots")
    if stated != counting:
        report.fail("wrong-ballot-count", f"{stated} stated, {counting} on the board")


def _check_batches(archive: Archive, report: Report) -> None:
    """A batch that is too small could single somebody out; only a board whose ballots all came in one may have fewer than k."""
    k = archive.definition.get("k")
    if type(k) is not int or k < 1:
        report.fail("small-batch", "the poll promises no size")
        return
    if len(archive.batch_sizes) < 2:
        return
    report.checked["batches"] = len(archive.batch_sizes)
    for number, ballots in archive.batch_sizes:
        if ballots < k:
            report.fail("small-batch", f"head {number}: {ballots} ballots, {k} are the least")


def _check_statements(archive: Archive, report: Report) -> None:
    opening, end = archive.records.get("opening", {}), archive.records.get("closing", {})
    known = ("audience", "sealing", "tie_commitment")
    stated = {name: archive.definition.get(name) for name in known}
    stated |= {"poll_id": archive.poll_id, "definition_hash": archive.definition_hash}
    if {name: opening.get(name) for name in stated} != stated:
        report.fail("opening-does-not-fit")
    roll: Any
    roll, ballots, whose = end.get("roll"), report.checked["ballots"], _roll_of(archive)
    are_numbers = type(roll) is type(opening.get("roll")) is int
    if not are_numbers or [end.get("roll_of"), opening.get("roll_of")] != [whose, whose]:
        report.fail("no-roll")
        return
    if whose == "list" and roll != opening["roll"]:
        report.fail("changed-roll", f"{opening['roll']} people at the opening, {roll} at the end")
    report.checked["roll" if whose == "list" else "people"] = roll
    if ballots > roll:
        report.fail("more-ballots-than-people", f"{ballots} ballots, {roll} people")


def _roll_of(archive: Archive) -> str:
    """Name what bounds the ballots of the poll's audience."""
    audience = archive.definition.get("audience")
    kind = audience.get("kind") if isinstance(audience, dict) else None
    return kind if kind in ("list", "room") else "members"


__all__ = ["Report", "check_board", "verify"]
