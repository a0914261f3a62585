"""Counting closed polls: from the board's contents to a published result, exactly once."""

from datetime import datetime
from typing import Any

from mvoting.core import lease, log
from mvoting.voting.board import services as board
from mvoting.voting.polls import services as polls
from mvoting.voting.tally.counting import count_contents

LEASE_S = 600.0
"""Longer than any count; a worker that dies while counting delays the result by at most this."""


def tally_due(*, now: datetime) -> list[str]:
    """Count and publish every poll whose ballots are all on its board. Returns the ids published now."""
    return [poll_id for poll_id in polls.polls_to_tally() if tally_poll(poll_id, now=now)]


def tally_poll(poll_id: str, *, now: datetime) -> bool:
    """Count a closed poll and publish its result; whoever comes second changes nothing.

    The lease only saves double work: what makes the result one is the compare-and-swap on the poll's state.

    Returns: whether this call published the result.
    """
    if lease.acquire(f"tally {poll_id}", seconds=LEASE_S) is None:
        return False
    try:
        poll = polls.poll_document(poll_id)
        if poll["state"] == "closed":
            poll = _count(poll, now=now)
        if poll is None or poll["state"] != "tallied":
            return False
        board.append_result(poll_id, poll["result"])
        return polls.record_published(poll_id, now=now)
    finally:
        lease.release(f"tally {poll_id}")


def _count(poll: dict[str, Any], *, now: datetime) -> dict[str, Any] | None:
    contents = board.iter_contents(poll["_id"])
    if contents is None:
        return None
    result = count_contents(poll["definition"], contents, seed=board.tie_seed(poll["_id"]))
    log.event("voting.poll_counted", poll_id=poll["_id"], ballots=result["ballots"], invalid=result["invalid"])
    return polls.record_tally(poll["_id"], result, now=now)
