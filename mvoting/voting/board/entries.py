"""Entries of a poll's board: their public form, their hashes, and how waiting ballots become entries. Pure.

Entry 0 is the opening; then come ballots (each names its leaf, and the leaf it replaces if the voter changed it), acts of
staff with their reasons, the closing, the opening of sealed ballots, the result. An entry is stored as
{"leaf", "replaces"?, "content"?, "nonce"?} in bytes or as {"record": {"type": …}}.
"""

import random
from collections.abc import Mapping, Sequence
from typing import Any

from mvoting.core import merkle
from mvoting.voting import canonical

Entry = Mapping[str, Any]

_order = random.SystemRandom()


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
    if "replaces" in public:
        return f'{{"leaf":"{public["leaf"]}","replaces":"{public["replaces"]}","type":"ballot"}}'.encode()
    return f'{{"leaf":"{public["leaf"]}","type":"ballot"}}'.encode()


def entry_hash(entry: Entry) -> bytes:
    """Hash a stored entry as a leaf of the tree."""
    return merkle.leaf_hash(entry_bytes(public_form(entry)))


def draw(waiting: Sequence[Any], k: int, *, is_last: bool) -> list[Any]:
    """Choose in random order which waiting ballots form the next batch: at least k of them, or none.

    All but k are taken once 2k wait, so that the last batch has k as well; `is_last` takes everything.
    """
    if not is_last and len(waiting) < 2 * k:
        return []
    drawn = list(waiting)
    _order.shuffle(drawn)
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
