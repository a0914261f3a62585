"""What holds pushes back: an extreme alert that is going out, and platforms that the service refuses."""

import logging
import time
from datetime import datetime
from typing import Any

from pymongo.collection import Collection

from mvoting.core.log import event
from notifications.campaigns.models import LIVE_STATES, Campaign, PlatformStop
from notifications.campaigns.rules import PAUSE_CACHE_S, PAUSE_MAX, PAUSE_POLL_S, PLATFORM_STOP
from notifications.channels import registry

_paused: tuple[float, bool] = (0.0, False)


def make_way() -> None:
    """Hold every bulk sender back at once, for two seconds; by then each has found the alert in the database.

    The word goes through Redis, where senders ask for each hundred pushes. Without Redis they stop half a second later.
    """
    registry.throttle("default").hold(PAUSE_POLL_S)


def is_bulk_paused(*, now: datetime) -> bool:
    """Tell whether an extreme alert is going out, at most `PAUSE_CACHE_S` old. It holds bulk back for `PAUSE_MAX` at most."""
    global _paused
    if time.monotonic() < _paused[0]:
        return _paused[1]
    going_out = {"state": {"$in": LIVE_STATES}, "lane": "alerts", "starts_at": {"$gt": now - PAUSE_MAX, "$lte": now}}
    is_paused = Campaign._get_collection().find_one({**going_out, "urgency": "extreme"}, {"_id": 1}) is not None
    _paused = (time.monotonic() + PAUSE_CACHE_S, is_paused)
    return is_paused


def forget_pause() -> None:
    """Ask the database anew at the next look."""
    global _paused
    _paused = (0.0, False)


def _stops() -> Collection[dict[str, Any]]:
    collection: Collection[dict[str, Any]] = PlatformStop._get_collection()
    return collection


def stop_platform(platform: str, reason: str, *, now: datetime) -> None:
    """Hold pushes to a platform back for a while and warn; then one is tried again."""
    _stops().update_one({"_id": platform}, {"$set": {"until": now + PLATFORM_STOP, "reason": reason}}, upsert=True)
    event("push.platform_stopped", level=logging.ERROR, platform=platform, reason=reason)


def platform_stops() -> dict[str, datetime]:
    """Give until when each stopped platform is held back."""
    return {stop["_id"]: stop["until"] for stop in _stops().find()}
