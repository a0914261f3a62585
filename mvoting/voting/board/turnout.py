"""Turnout by the hour. Coarse on purpose: ballots and batches hold no time, and nothing here stands beside one."""

from datetime import datetime
from typing import Any

from mvoting.voting.board import services
from mvoting.voting.board.models import Turnout

HOURS_MAX = 24 * 366


def note(poll_id: str, *, now: datetime) -> None:
    """Note how many ballots are on a poll's board in this hour; nothing below the smallest batch, as everywhere."""
    counted = services.board(poll_id, now=now)["ballots"]
    if not counted:
        return
    hour = now.replace(minute=0, second=0, microsecond=0)
    update = {"$max": {"ballots": counted}, "$setOnInsert": {"poll": poll_id, "hour": hour}}
    Turnout._get_collection().update_one({"_id": f"{poll_id}:{hour:%Y%m%d%H}"}, update, upsert=True)


def by_hour(poll_id: str) -> list[dict[str, Any]]:
    """Give {"hour", "ballots"} of each hour in which the board grew, in order."""
    found = Turnout._get_collection().find({"poll": poll_id}, {"_id": 0, "hour": 1, "ballots": 1})
    return list(found.sort("hour", 1).limit(HOURS_MAX))
