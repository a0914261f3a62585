"""The lines of an archive, hashed anew: what may be done by several processes, each on its own piece. Pure."""

import base64
import binascii
from collections import Counter
from dataclasses import dataclass, field

import msgspec

from mvoting.core import merkle
from mvoting.voting import canonical
from mvoting.voting.ballots.leaf import NONCE_BYTES, open_leaf, sealed_leaf
from mvoting.voting.board.entries import ballot_bytes
from mvoting.voting.board.verify.leaves import LEAF_BYTES
from mvoting.voting.board.verify.strict import read_json

BARE_BYTES = len('{"entry":}') + len(ballot_bytes("0" * 64, None))
REPLACING_BYTES = len('{"entry":}') + len(ballot_bytes("0" * 64, "0" * 64))


class _Entry(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    type: str
    leaf: str
    replaces: str | msgspec.UnsetType = msgspec.UNSET


class _Ballot(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    entry: _Entry
    choices: msgspec.Raw = msgspec.Raw(b"")
    nonce: str = ""
    sealed: str = ""


_decode = msgspec.json.Decoder(_Ballot).decode


@dataclass
class Run:
    """Ballots that follow one another. Hashes are joined; other members name ballots by their place in the run."""

    hashes: bytearray = field(default_factory=bytearray)  # of the entries, as leaves of the tree
    leaves: bytearray = field(default_factory=bytearray)
    replaces: dict[int, bytes] = field(default_factory=dict)
    bare: list[int] = field(default_factory=list)  # without content
    changed: list[int] = field(default_factory=list)  # whose content is not what the leaf commits to
    contents: Counter[bytes] = field(default_factory=Counter)
    sealed: dict[int, bytes] = field(default_factory=dict)

    def leaf(self, place: int) -> bytes:
        """Give one ballot's leaf."""
        return bytes(self.leaves[place * LEAF_BYTES : (place + 1) * LEAF_BYTES])

    def __len__(self) -> int:
        return len(self.leaves) // LEAF_BYTES


def digest(definition_hash: bytes, is_sealed: bool, block: bytes) -> list[Run | bytes]:
    """Hash a block of whole lines anew.

    Returns: in order, runs of ballots, and as they are the lines that are no well-formed ballots.
    """
    parts: list[Run | bytes] = []
    run = Run()
    for line in block.splitlines():
        try:
            ballot = _decode(line)
            if len(line) != _shortest(ballot):
                read_json(line)  # blanks and other spellings are harmless, a member that stands twice is not
            _add(run, ballot, definition_hash, is_sealed=is_sealed)
        except (ValueError, RecursionError):
            if run:
                parts.append(run)
                run = Run()
            parts.append(line)
    if run:
        parts.append(run)
    return parts


def _shortest(ballot: _Ballot) -> int:
    """Give the length of a ballot's line in which each member stands once and nothing else does."""
    entry = ballot.entry
    length = BARE_BYTES if entry.replaces is msgspec.UNSET else REPLACING_BYTES
    if ballot.choices:
        length += len(',"choices":') + len(ballot.choices)
    if ballot.nonce:
        length += len(',"nonce":""') + len(ballot.nonce)
    return length + len(',"sealed":""') + len(ballot.sealed) if ballot.sealed else length


def _add(run: Run, ballot: _Ballot, definition_hash: bytes, *, is_sealed: bool) -> None:
    """Raises: ValueError (or one of its kind) for what is not a ballot's line; then the run is as it was."""
    entry, place = ballot.entry, len(run)
    if entry.type != "ballot":
        raise ValueError("another kind of entry")
    leaf = _hash(entry.leaf)
    earlier = None if entry.replaces is msgspec.UNSET else entry.replaces
    replaces = None if earlier is None else _hash(earlier)
    if is_sealed:
        is_changed = _add_sealed(run, place, _sealed_content(ballot), leaf, definition_hash)
    else:
        is_changed = _add_open(run, place, _open_content(ballot, leaf, definition_hash))
    if is_changed:
        run.changed.append(place)
    if replaces:
        run.replaces[place] = replaces
    run.leaves += leaf
    run.hashes += merkle.leaf_hash(ballot_bytes(entry.leaf, earlier))


def _add_sealed(run: Run, place: int, ciphertext: bytes | None, leaf: bytes, definition_hash: bytes) -> bool:
    if ciphertext is None:
        run.bare.append(place)
        return False
    run.sealed[place] = ciphertext
    return sealed_leaf(definition_hash, ciphertext) != leaf


def _add_open(run: Run, place: int, content: tuple[bytes, bool] | None) -> bool:
    if content is None:
        run.bare.append(place)
        return False
    run.contents[content[0]] += 1
    return content[1]


def _sealed_content(ballot: _Ballot) -> bytes | None:
    if ballot.choices or ballot.nonce:
        raise ValueError("open choices in a sealed poll")
    try:
        return base64.b64decode(ballot.sealed, validate=True) if ballot.sealed else None
    except binascii.Error:
        raise ValueError("not base64") from None


def _open_content(ballot: _Ballot, leaf: bytes, definition_hash: bytes) -> tuple[bytes, bool] | None:
    """Give the canonical choices and whether they differ from what the leaf commits to."""
    if ballot.sealed:
        raise ValueError("a sealed ballot in an open poll")
    written = bytes(ballot.choices)
    if not written:
        return None
    nonce = bytes.fromhex(ballot.nonce)
    if len(nonce) != NONCE_BYTES or nonce.hex() != ballot.nonce:
        raise ValueError("not a nonce in lower-case hex")
    if open_leaf(definition_hash, written, nonce) == leaf:
        return written, False
    content = canonical.encode(read_json(written))  # written with blanks, or in another order
    return content, open_leaf(definition_hash, content, nonce) != leaf


def _hash(text: str) -> bytes:
    value = bytes.fromhex(text)
    if len(value) != LEAF_BYTES or value.hex() != text:
        raise ValueError("not a hash in lower-case hex")
    return value
