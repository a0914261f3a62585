"""The planner: walks the ids of an audience once and writes the ledger's rows.

Each row begins after the last device of the row before it, and its id is its number; so a planner that is killed, or
runs twice at once, leaves the same ledger.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from bson import Binary
from pymongo.errors import BulkWriteError

from notifications.campaigns import audience as audiences
from notifications.campaigns import ledger
from notifications.campaigns.audience import Audience
from notifications.campaigns.rules import BATCH_SIZE, batch_id, jitter_s
from notifications.devices import services as devices
from notifications.people_lists import services as people_lists

# The first row alone, so that an alert's first phones ring while the rest is still being planned.
FIRST_ROWS, ROWS_AT_ONCE = 1, 10


def plan(campaign: Mapping[str, Any], *, now: datetime, planned: Callable[[], bool]) -> int:
    """Write the rows that are missing.

    Args: planned: called after each group of new rows; False stops (the campaign was cancelled).
    Returns: how many devices the ledger holds.
    """
    audience = audiences.from_document(campaign["audience"])
    while True:
        number, last, count = _position(campaign["_id"])
        rows = _rows(campaign, ids(audience, after=last), number, now=now)
        try:
            while group := list(islice(rows, ROWS_AT_ONCE if count else FIRST_ROWS)):
                ledger.batches().insert_many(group, ordered=True)
                count += sum(len(row["devices"]) for row in group)
                if not planned():
                    return count
            return count
        except BulkWriteError as error:
            if not _is_duplicate(error):
                raise
            # Another planner was here first: go on from where it is.


def _position(campaign_id: str) -> tuple[int, str, int]:
    """Give the next row's number, the last device planned and how many there are."""
    last = ledger.batches().find_one({"campaign_id": campaign_id}, {"number": 1, "devices": 1}, sort=[("number", -1)])
    if last is None:
        return 0, "", 0
    return last["number"] + 1, last["devices"][-1], last["number"] * BATCH_SIZE + len(last["devices"])


def _rows(campaign: Mapping[str, Any], walk: Iterator[str], number: int, *, now: datetime) -> Iterator[dict[str, Any]]:
    first_due = max(now, campaign["starts_at"])
    while members := list(islice(walk, BATCH_SIZE)):
        name = batch_id(campaign["_id"], number)
        yield {
            "_id": name,
            "campaign_id": campaign["_id"],
            "number": number,
            "lane": campaign["lane"],
            "state": "pending",
            "first": members[0],
            "devices": members,
            "results": Binary(bytes(len(members))),
            "due_at": first_due + timedelta(seconds=jitter_s(name, number, campaign.get("spread_s") or 0.0)),
            "attempt": 0,
            "lost": 0,
        }
        number += 1


def ids(audience: Audience, *, after: str) -> Iterator[str]:
    """Walk the ids of an audience's devices in order, beyond `after`."""
    if audience.ledger_of:
        return _ledger_ids(audience.ledger_of, after)
    if audience.people or audience.lists:
        return iter(_named_ids(audience, after))
    return devices.matching_ids(audiences.condition(audience), after)


def _ledger_ids(campaign_id: str, after: str) -> Iterator[str]:
    for row in ledger.batches().find({"campaign_id": campaign_id}, {"devices": 1}).sort("number", 1):
        yield from (device for device in row["devices"] if device > after)


def _named_ids(audience: Audience, after: str) -> list[str]:
    found = devices.ids_of_people(audience.people, after, audiences.narrowing(audience))
    if audience.lists:
        found |= devices.ids_of_people(people_lists.people_of(audience.lists), after, audiences.condition(audience))
    elif audience.everyone or audience.districts or audience.shapes:
        found.update(devices.matching_ids(audiences.condition(audience), after))
    return sorted(found)


def _is_duplicate(error: BulkWriteError) -> bool:
    return all(write.get("code") == 11000 for write in error.details["writeErrors"])
