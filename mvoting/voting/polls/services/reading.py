"""Polls found and listed: what people and staff may see, and what the sweeps have to do."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from mvoting.core import upgrade
from mvoting.core.pagination import keyset_page
from mvoting.voting.polls import admissions, errors, searching
from mvoting.voting.polls.services import store

# Polls that people are told of by push. A citizen's poll is found, not announced: else anybody could ring every phone.
TOLD = {"created_by.kind": "staff", "is_hidden": {"$ne": True}}
TOLD_MAX = 2000
PUBLIC_STATES = ["scheduled", "open", "closed", "tallied", "published", "cancelled"]


def get_poll(poll_id: str, person_id: str | None = None) -> dict[str, Any]:
    """Load a poll that the person, or everybody, may see: not drafts, not hidden ones, rooms only from inside.

    Raises: PollNotFound (404).
    """
    poll = store.poll_document(poll_id)
    is_author = person_id is not None and poll["created_by"] == {"kind": "person", "id": person_id}
    if is_author:
        return poll
    if poll["state"] not in PUBLIC_STATES or poll.get("is_hidden"):
        raise errors.PollNotFound
    if "room" in poll and (person_id is None or not admissions.is_admitted(poll["definition"]["audience"], poll_id, person_id)):
        raise errors.PollNotFound
    return poll


def list_polls(phase: str | None, *, after: str | None, limit: int) -> tuple[list[dict[str, Any]], str | None]:
    """List public polls, the latest opening first."""
    condition = {"is_listed": True, "state": {"$in": [phase] if phase else PUBLIC_STATES}}
    fields = {"result": 0, "salt": 0, "room": 0, "letters": 0}
    sort = [("opens_at", -1), ("_id", -1)]
    return keyset_page(store.polls(), condition, sort=sort, after=after, limit=limit, projection=fields)


def list_for_staff(
    state: str | None, *, words: str = "", after: str | None, limit: int
) -> tuple[list[dict[str, Any]], str | None]:
    """List polls of every kind for poll officers, the newest first; results and secrets are left out.

    Args: words: of their titles.
    """
    condition = ({"state": state} if state else {}) | searching.condition(words)
    fields = {"result": 0, "salt": 0, "room.password_hash": 0, "letters": 0}
    return keyset_page(store.polls(), condition, sort=[("_id", -1)], after=after, limit=limit, projection=fields)


def polls_of(person_id: str, *, after: str | None, limit: int) -> tuple[list[dict[str, Any]], str | None]:
    """List a citizen's own polls, the newest first."""
    fields = {"result": 0, "salt": 0, "room.password_hash": 0, "letters": 0}
    return keyset_page(
        store.polls(), {"created_by.id": person_id}, sort=[("_id", -1)], after=after, limit=limit, projection=fields
    )


def fill_letters() -> Iterator[list[dict[str, Any]]]:
    """Give polls of earlier releases what they are found by, batch by batch."""
    return upgrade.fill(
        store.polls(), "letters", {}, ["definition"], lambda poll: {"letters": searching.letters_of(poll["definition"])}
    )


def poll_changes(poll_id: str) -> list[dict[str, Any]]:
    """Give the acts of staff on a running poll in order: {"kind", "at", "closes_at"?, "reason"}."""
    poll = store.polls().find_one({"_id": poll_id}, {"changes": 1})
    return poll.get("changes", []) if poll else []


def polls_with_open_board(*, now: datetime) -> list[str]:
    """Name polls that opened, or would have, and whose boards may still take ballots; the first to close come first."""
    states = ["scheduled", "open", "closed", "cancelled"]
    unfinished = {"final_head_at": None, "state": {"$in": states}, "opens_at": {"$lte": now}}
    return [poll["_id"] for poll in store.polls().find(unfinished, {"_id": 1}).sort("closes_at", 1)]


def counting_since(*, now: datetime) -> datetime:
    """Give a moment at or after which every opened poll that is still to be counted opened; `now` when there is none."""
    unfinished = {"final_head_at": None, "state": {"$in": ["scheduled", "open", "closed"]}, "opens_at": {"$lte": now}}
    first = store.polls().find_one(unfinished, {"opens_at": 1}, sort=[("opens_at", 1)])
    return first["opens_at"] if first else now


def polls_to_tally() -> list[str]:
    """Name closed polls whose ballots are all on the board and whose result is not published."""
    due = {"state": {"$in": ["closed", "tallied"]}, "final_head_at": {"$ne": None}}
    return [poll["_id"] for poll in store.polls().find(due, {"_id": 1}).sort("closes_at", 1).limit(1000)]


def polls_to_archive() -> list[str]:
    """Name published polls whose archives are not kept yet."""
    return [poll["_id"] for poll in store.polls().find({"state": "published", "is_archived": None}, {"_id": 1}).limit(100)]


def opened_since(since: datetime, *, now: datetime) -> list[dict[str, Any]]:
    """Give the city's polls that are open by their times and opened after `since`, at most `TOLD_MAX`."""
    due = {"state": {"$in": ["scheduled", "open"]}, "opens_at": {"$gt": since, "$lte": now}, "closes_at": {"$gt": now}}
    return list(store.polls().find({**due, **TOLD}).limit(TOLD_MAX))


def closing_before(until: datetime, *, now: datetime) -> list[dict[str, Any]]:
    """Give the city's open polls that close before `until`, at most `TOLD_MAX`."""
    return list(store.polls().find({"state": "open", "closes_at": {"$gt": now, "$lte": until}, **TOLD}).limit(TOLD_MAX))


def published_since(since: datetime, *, now: datetime) -> list[dict[str, Any]]:
    """Give the city's polls whose result was published after `since`, at most `TOLD_MAX`."""
    return list(store.polls().find({"state": "published", "published_at": {"$gt": since, "$lte": now}, **TOLD}).limit(TOLD_MAX))
