"""Entries of a poll's board: their public form, their hashes, and how waiting ballots become entries. Pure.

Entry 0 is the opening; then come ballots (each names its leaf, and the leaf it replaces if the voter changed it), acts of
staff with their reasons, the closing, the opening of sealed ballots, the result. An entry is stored with its index in the
tree, "at", as {"leaf", "replaces"?, "content"?, "nonce"?} in bytes or as {"record": {"type": …}}.
"""

import os
from collections.abc import Mapping, Sequence
from typing import Any

from mvoting.core import merkle
from mvoting.voting import canonical

Entry = Mapping[str, Any]
KEY_BYTES = 16  # of the lot that orders a batch


def public_form(entry: Entry) -> dict[str, Any]:
    """Give an entry as everybody reads it and as it is hashed: never content, never nonce."""
    if "record" in entry:
        return dict(entry["record"])
    ballot = {"type": "ballot", "leaf": entry["leaf"].hex()}
    return {**ballot, "replaces": entry["replaces"].hex()} if "replaces" in entry else ballot


def entry_bytes(public: Mapping[str, Any]) -> bytes:
    """Give the canonical JSON of an entry's public form; ballots, of which there are millions, take a short cut."""
    if public.get("type") != "ballot":
        return canonical.encode(dict(public))
    return ballot_bytes(public["leaf"], public.get("replaces"))


def ballot_bytes(leaf: str, replaces: str | None) -> bytes:
    """Give the canonical JSON of a ballot's entry; leaves in hex."""
    if replaces is not None:
        return f'{{"leaf":"{leaf}","replaces":"{replaces}","type":"ballot"}}'.encode()
    return f'{{"leaf":"{leaf}","type":"ballot"}}'.encode()


def entry_hash(entry: Entry) -> bytes:
    """Hash a stored entry as a leaf of the tree."""
    if "record" in entry:
        return merkle.leaf_hash(canonical.encode(entry["record"]))
    return merkle.leaf_hash(ballot_bytes(entry["leaf"].hex(), entry["replaces"].hex() if "replaces" in entry else None))


def draw(waiting: Sequence[Any], k: int, *, is_last: bool) -> list[Any]:
    """Choose in random order which waiting ballots form the next batch: at least k of them, or none.

    All but k are taken once 2k wait, so that the last batch has k as well; `is_last` takes everything.
    """
    if not is_last and len(waiting) < 2 * k:
        return []
    # A secret key for each, from the system's own generator in one call; what follows from them is the order.
    lot = os.urandom(KEY_BYTES * len(waiting))
    order = sorted(range(len(waiting)), key=lambda n: lot[n * KEY_BYTES : (n + 1) * KEY_BYTES])
    drawn = [waiting[n] for n in order]
    return drawn if is_last else drawn[: len(drawn) - k]


def entries_of(ballot: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Give the entries that a waiting ballot adds; only the choice that counts now keeps its content."""
    leaves = ballot["leaves"]
    entries: list[dict[str, Any]] = []
    for at in range(ballot["boarded"], len(leaves)):
        entries.append({"leaf": leaves[at], "replaces": leaves[at - 1]} if at else {"leaf": leaves[at]})
    withdrawn = ballot.get("withdrawn")
    if entries and not withdrawn:
        entries[-1] |= {"content": ballot["content"], "nonce": ballot["nonce"]}
    if withdrawn:
        record = {"type": "withdrawal", "leaf": leaves[-1].hex(), "reason": withdrawn["reason"]}
        entries.append({"record": record})
    return entries
