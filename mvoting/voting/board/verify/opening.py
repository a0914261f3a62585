"""Opening sealed ballots again with the published key, or taking what the trustees signed. Pure."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import islice
from typing import Any

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from mvoting.voting.board.verify.pool import in_order
from mvoting.voting.board.verify.reading import Archive, Progress
from mvoting.voting.board.verify.report import Report
from mvoting.voting.sealing import hpke, opened, trustees

CHUNK = 2000

OPENED = {
    "public": {"type", "private_key", "shares", "spoiled"},
    "trustees": {"type", "patterns", "signatures", "spoiled"},
}
"""What the record of an opening holds, by how the poll was to be recounted."""

Sealed = tuple[bytes, bytes]
"""A leaf and its ciphertext."""


def read_opened(archive: Archive, report: Report, *, processes: int, progress: Progress) -> bool:
    """Put the contents of the sealed ballots that count into `archive.contents`.

    Returns: False when nobody has opened them, or nobody can read what was opened.
    """
    record = archive.records.get("opened")
    if record is None:
        report.fail("not-opened")
        return False
    try:
        ceremony = trustees.Ceremony.from_document({**archive.definition["sealing"], "poll_id": archive.poll_id})
        report.checked["trustees"] = len(ceremony.commitments)
        if set(record) != OPENED.get(archive.definition["sealing"]["recount"]):
            report.fail("other-recount")
        if "private_key" in record:
            _check_key(report, record, ceremony)
            _open_again(archive, report, record, processes=processes, progress=progress)
        else:
            archive.contents.add(_signed_contents(archive, report, record, ceremony))
        return True
    except (KeyError, TypeError, ValueError, AttributeError):
        report.fail("opening-cannot-be-read")
        return False


def spoiled_leaves(archive: Archive) -> set[bytes]:
    """Give the leaves that the opening calls spoiled, as far as they can be read."""
    try:
        return {bytes.fromhex(leaf) for leaf in archive.records["opened"]["spoiled"]}
    except (KeyError, TypeError, ValueError):
        return set()


def _check_key(report: Report, record: Mapping[str, Any], ceremony: trustees.Ceremony) -> None:
    good = 0
    for index, value in record["shares"].items():
        share = trustees.Share(ceremony.poll_id, _number(index), ceremony.threshold, bytes.fromhex(value))
        try:
            trustees.check_share(share, ceremony)
            good += 1
        except trustees.BadShare:
            report.fail("foreign-share", f"trustee {index}")
    report.checked["shares"] = good
    private = X25519PrivateKey.from_private_bytes(bytes.fromhex(record["private_key"]))
    if private.public_key().public_bytes_raw() != ceremony.public_key:
        report.fail("wrong-key")
    elif good < ceremony.threshold:
        report.fail("too-few-trustees", f"{good} of {ceremony.threshold}")


def _number(index: str) -> int:
    """Read a trustee's number, which can be written in one way only: 01 would be trustee 1 once more."""
    if str(int(index)) != index:
        raise ValueError("not a trustee's number")
    return int(index)


def _open_again(archive: Archive, report: Report, record: Mapping[str, Any], *, processes: int, progress: Progress) -> None:
    info = hpke.sealing_info(archive.poll_id, bytes.fromhex(archive.definition_hash))
    spoiled: list[str] = []
    private = bytes.fromhex(record["private_key"])
    for some, some_spoiled in open_all(private, info, archive.definition, archive.counting(), processes=processes):
        archive.contents.add(some)
        spoiled += [leaf.hex() for leaf in some_spoiled]
        progress("open", sum(some.values()) + len(some_spoiled))
    report.checked["opened"] = archive.contents.total
    if sorted(spoiled) != record["spoiled"]:
        report.fail("wrong-spoiled-list", f"{len(record['spoiled'])} stated, {len(spoiled)} found")


def open_all(
    private: bytes, info: bytes, definition: Mapping[str, Any], ballots: Iterable[Sealed], *, processes: int
) -> Iterator[tuple[Counter[bytes], list[bytes]]]:
    """Open ballots in several processes; gives piece by piece the contents and the leaves of spoiled ballots."""
    return in_order(partial(_open_some, private, info, definition), _chunks(ballots), processes=processes)


def _chunks(items: Iterable[Sealed]) -> Iterator[list[Sealed]]:
    rest = iter(items)
    while chunk := list(islice(rest, CHUNK)):
        yield chunk


def _open_some(
    private: bytes, info: bytes, definition: Mapping[str, Any], ballots: Sequence[Sealed]
) -> tuple[Counter[bytes], list[bytes]]:
    key, judge = X25519PrivateKey.from_private_bytes(private), opened.Judge(definition)
    contents: Counter[bytes] = Counter()
    spoiled = []
    for leaf, ciphertext in ballots:
        try:
            content = hpke.open_ballot(ciphertext, key, info)
        except hpke.CannotOpen:
            spoiled.append(leaf)
            continue
        if judge.is_valid(content):
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
            trustees.check_contents_signature(ceremony, _number(index), digest, bytes.fromhex(signature))
            good += 1
        except trustees.BadShare:
            report.fail("forged-trustee-signature", f"trustee {index}")
    if good < ceremony.threshold:
        report.fail("too-few-trustees", f"{good} of {ceremony.threshold}")
    contents = _contents(record["patterns"])
    gone = archive.gone()
    if sum(contents.values()) + len(record["spoiled"]) != len(archive.leaves) - len(gone):
        report.fail("wrong-ballot-count", "in the trustees' contents")
    spoiled = spoiled_leaves(archive)
    if len(spoiled) != len(record["spoiled"]) or not all(leaf in archive.leaves for leaf in spoiled) or spoiled & gone:
        report.fail("wrong-spoiled-list", "it names what is no ballot that counts")
    judge = opened.Judge(archive.definition)
    if not all(map(judge.is_valid, contents)):
        report.fail("wrong-spoiled-list", "an invalid content is counted")
    report.checked["contents_signed"] = good
    return contents


def _contents(patterns: Sequence[Sequence[Any]]) -> Counter[bytes]:
    contents: Counter[bytes] = Counter()
    for content, times in patterns:
        if type(times) is not int or times < 1 or content.encode() in contents:
            raise ValueError("not how often each content occurs")
        contents[content.encode()] = times
    return contents
