"""Entries of a poll's board and the commitments that stand in them.

A ballot's *leaf* commits to the definition answered, the choices (or their ciphertext) and the phone's nonce. The board's
entry names the leaf, and the one it replaces if the voter changed the ballot; the tree hashes entries.
"""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from mvoting.voting import canonical
from mvoting.voting.board import merkle

OPEN, SEALED = b"\x00", b"\x01"
NONCE_BYTES = 16
_DOMAIN = b"mvoting ballot leaf v1\x00"


def ballot_leaf(definition_hash: bytes, content: bytes, nonce: bytes, *, sealed: bool) -> bytes:
    """Commit to one ballot; every part before the content has a fixed length. Shape: 32 bytes."""
    if len(definition_hash) != 32 or len(nonce) != NONCE_BYTES:
        raise ValueError("a definition hash has 32 bytes and a nonce 16")
    return sha256(_DOMAIN + definition_hash + (SEALED if sealed else OPEN) + nonce + content).digest()


def ballot_entry(leaf: str, replaces: str | None = None) -> dict[str, Any]:
    """Make the entry of one ballot; leaves in hex."""
    entry = {"type": "ballot", "leaf": leaf}
    return entry if replaces is None else {**entry, "replaces": replaces}


def ballot_entry_bytes(leaf: str, replaces: str | None = None) -> bytes:
    """Give `canonical.encode(ballot_entry(…))`, ten times as fast."""
    if replaces is None:
        return f'{{"leaf":"{leaf}","type":"ballot"}}'.encode()
    return f'{{"leaf":"{leaf}","replaces":"{replaces}","type":"ballot"}}'.encode()


def entry_hash(entry: Mapping[str, Any]) -> bytes:
    """Hash an entry as a leaf of the tree."""
    if entry.get("type") == "ballot":
        return merkle.leaf_hash(ballot_entry_bytes(entry["leaf"], entry.get("replaces")))
    return merkle.leaf_hash(canonical.encode(dict(entry)))
