"""Check what voters saw against what the board holds in the end. Pure.

A history is the list of attempts that phones made, each with what they know of its outcome; a board is its entries in order.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Attempt:
    """One cast of one voter. `acknowledged`: the receipt's (revision, replaces), None when no answer ever came."""

    voter: str
    leaf: str
    acknowledged: tuple[int, str | None] | None


@dataclass(frozen=True)
class Entry:
    """A ballot on the board."""

    leaf: str
    replaces: str | None


def faults(history: Sequence[Attempt], board: Sequence[Entry], counted: Iterable[str]) -> list[str]:
    """Name everything that must not be: lost, doubled, reordered or invented ballots. Empty when all is well.

    Args: counted: the leaves whose contents are in the final count, as often as they are.
    """
    counted = list(counted)
    found = []
    place = {entry.leaf: n for n, entry in enumerate(board)}
    by_leaf: Mapping[str, Entry] = {entry.leaf: entry for entry in board}
    attempts = {attempt.leaf: attempt for attempt in history}
    replaced = {entry.replaces for entry in board if entry.replaces}
    if len(place) != len(board):
        found.append("an entry stands twice on the board")
    found += [f"invented: {entry.leaf}" for entry in board if entry.leaf not in attempts]
    for entry in board:
        if entry.replaces and place.get(entry.replaces, len(board)) >= place[entry.leaf]:
            found.append(f"replaces what is not before it: {entry.leaf}")
    for attempt in history:
        if attempt.acknowledged and attempt.leaf not in place:
            found.append(f"lost: {attempt.leaf}")
        elif attempt.acknowledged and by_leaf[attempt.leaf].replaces != attempt.acknowledged[1]:
            found.append(f"another replacement than promised: {attempt.leaf}")
    if sorted(counted) != sorted(set(place) - replaced):
        found.append("the count is not that of the ballots that were not replaced")
    for voter in {attempt.voter for attempt in history}:
        found += _voter_faults(voter, [a for a in history if a.voter == voter], by_leaf, counted)
    return found


def _voter_faults(voter: str, own: Sequence[Attempt], board: Mapping[str, Entry], counted: Sequence[str]) -> list[str]:
    leaves = {attempt.leaf for attempt in own}
    counting = [leaf for leaf in counted if leaf in leaves]
    if len(counting) > 1:
        return [f"two votes of one person: {voter}"]
    acknowledged = [attempt for attempt in own if attempt.acknowledged]
    if not acknowledged:
        return []
    if not counting:
        return [f"the vote of {voter} is not counted"]
    last = max(acknowledged, key=lambda attempt: attempt.acknowledged[0] if attempt.acknowledged else 0)
    # What counts is the last acknowledged cast, or an unanswered one that was built upon it.
    leaf: str | None = counting[0]
    while leaf is not None and leaf != last.leaf:
        leaf = board[leaf].replaces if leaf in board else None
    return [] if leaf else [f"an older vote of {voter} counts than the last acknowledged one"]
