"""Counting closed polls: from the board's contents to a published result, exactly once."""

import logging
from datetime import datetime
from typing import Any

from mvoting.accounts.guards import Person
from mvoting.core import lease, log
from mvoting.voting.ballots import services as ballots
from mvoting.voting.board import services as board
from mvoting.voting.board.records import stated_change
from mvoting.voting.polls import services as polls
from mvoting.voting.polls.rules import result_visible, visible_figures
from mvoting.voting.tally.counting import count_contents
from mvoting.voting.tally.errors import FiguresHidden, ResultNotPublished

LEASE_S = 120.0
"""Longer than any count (a million ballots take well under a minute); a worker that dies delays the result by this much."""


def tally_due(*, now: datetime) -> list[str]:
    """Count and publish every poll whose ballots are all on its board. Returns the ids published now."""
    published = []
    for poll_id in polls.polls_to_tally():
        try:
            if tally_poll(poll_id, now=now):
                published.append(poll_id)
        except Exception as error:  # one poll that cannot be counted must not hold up the others
            log.event("voting.tally_failed", level=logging.ERROR, poll_id=poll_id, kind=type(error).__name__, text=str(error))
    return published


def tally_poll(poll_id: str, *, now: datetime) -> bool:
    """Count a closed poll and publish its result; whoever comes second changes nothing.

    The lease only saves double work: what makes the result one is the compare-and-swap on the poll's state.

    Returns: whether this call published the result.
    """
    if not _is_countable(poll_id):
        return False  # without the lease, which a worker that dies with it would hold while the trustees open the ballots
    if lease.acquire(f"tally {poll_id}", seconds=LEASE_S) is None:
        return False
    try:
        poll: dict[str, Any] | None = polls.poll_document(poll_id)
        if poll and poll["state"] == "closed":
            poll = _count(poll, now=now)
        if poll is None or poll["state"] != "tallied":
            return False
        board.publish_result(poll_id, poll["result"])
        return polls.record_published(poll_id, now=now)
    finally:
        lease.release(f"tally {poll_id}")


def published_result(poll_id: str, person_id: str | None) -> tuple[dict[str, Any], dict[str, Any]]:
    """Give a poll with its published result, and beside that `later_changes`: acts of staff after the final head.

    The board has no place for those: its archive is out, and they touch no ballot.
    Raises: PollNotFound (404), ResultNotPublished (voting.result-not-published, 404).
    """
    poll = polls.get_poll(poll_id, person_id)
    if not result_visible(polls.facts_of(poll)):
        raise ResultNotPublished
    result = poll["result"]
    later = [stated_change(change) for change in poll.get("changes", [])[len(result["changes"]) :]]
    return poll, {**result, "later_changes": later}


def figures(poll_id: str, person: Person | None, *, now: datetime) -> dict[str, Any]:
    """Give the totals of the last batch, where the poll's rule lets this person see them.

    Raises: PollNotFound (404), FiguresHidden (voting.figures-hidden, 403).
    """
    poll = polls.get_poll(poll_id, person.id if person else None)
    facts = polls.facts_of(poll)
    has_voted = person is not None and bool(facts.salt) and ballots.ballot_state(poll_id, person)["revision"] > 0
    if visible_figures(facts, has_voted=has_voted, now=now) != "totals":
        raise FiguresHidden
    return {"totals": board.live_totals(poll_id)}


def _is_countable(poll_id: str) -> bool:
    return board.can_be_counted(poll_id) and not board.awaits_tie_seed(poll_id)


def _count(poll: dict[str, Any], *, now: datetime) -> dict[str, Any] | None:
    poll_id = poll["_id"]
    if not _is_countable(poll_id):
        return None
    result = count_contents(poll["definition"], board.iter_contents(poll_id), seed=board.tie_seed(poll_id))
    log.event("voting.poll_counted", poll_id=poll_id, ballots=result["ballots"], invalid=result["invalid"])
    min_turnout = poll["definition"].get("min_turnout", 0)
    result |= {"min_turnout": min_turnout, "is_valid": result["ballots"] >= min_turnout, "changes": board.changes(poll_id)}
    return polls.record_tally(poll_id, result, now=now)
