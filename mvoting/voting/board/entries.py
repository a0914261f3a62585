"""Entries of a poll's board, and their hashes. Pure.

Entry 0 is the opening; then come ballots (each names its leaf, and the leaf it replaces if the voter changed it), acts of
staff with their reasons, the closing, the opening of sealed ballots, the result.
"""

from collections.abc import Mapping
from typing import Any

from mvoting.voting import canonical
from mvoting.voting.board import merkle


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
