"""What somebody kept, compared with an archive: heads of the board and receipts. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from mvoting.voting import statements
from mvoting.voting.board.verify.leaves import LEAF_BYTES
from mvoting.voting.board.verify.reading import Archive
from mvoting.voting.board.verify.report import Report


def check_kept_head(archive: Archive, report: Report, document: Mapping[str, Any]) -> None:
    """Check that a head somebody kept is an earlier state of this board."""
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


def check_witnesses(
    archive: Archive, report: Report, documents: Sequence[Mapping[str, Any]], witnesses: Mapping[str, str]
) -> None:
    """Check that each witness cosigned the final head, or one behind it, of this very board.

    Args: witnesses: Ed25519 public keys, hex by name, as the witnesses themselves gave them.
    """
    keys = {name: bytes.fromhex(key) for name, key in witnesses.items()}
    content: set[str] = set()
    for document in documents:
        try:
            head = statements.check(document, statements.Cosignature, keys)
        except statements.ForgedSignature:
            continue  # whoever was not named proves nothing, and nothing against the board
        if head.poll_id != archive.poll_id:
            continue
        if head.size > archive.tree.size or archive.roots.get(head.size) != head.root:
            report.fail("rewritten-archive", f"{document['kid']} cosigned another board over {head.size} entries")
        elif head.is_final:
            content.add(document["kid"])
    for name in sorted(witnesses.keys() - content):
        report.fail("not-witnessed", name)
    report.checked["witnesses"] = len(content)


def promised_leaf(document: Mapping[str, Any]) -> bytes:
    """Give the leaf that a receipt speaks of, as far as it can be read."""
    try:
        return bytes.fromhex(document.get("receipt", document)["leaf"])[:LEAF_BYTES]
    except (KeyError, TypeError, ValueError, AttributeError):
        return b""


def check_receipt(archive: Archive, report: Report, document: Mapping[str, Any]) -> None:
    """Check that what a receipt promised stands on this board."""
    document = document.get("receipt", document)
    try:
        receipt = statements.check(document, statements.Receipt, archive.keys)
        leaf = bytes.fromhex(receipt.leaf)
        replaces = bytes.fromhex(receipt.replaces) if receipt.replaces is not None else None
    except (statements.ForgedSignature, TypeError, ValueError):
        report.fail("forged-receipt", "or the archive names other keys than those that signed it")
        return
    if receipt.poll_id != archive.poll_id or receipt.definition_hash != archive.definition_hash:
        report.fail("receipt-of-another-poll")
    elif leaf not in archive.leaves or archive.replaces.get(leaf) != replaces:
        report.fail("broken-promise", receipt.leaf)
    else:
        name = "receipts_counted"
        if leaf in archive.replaced:
            name = "receipts_replaced"
        elif leaf in archive.withdrawn:
            name = "receipts_withdrawn"
        report.checked[name] = report.checked.get(name, 0) + 1
