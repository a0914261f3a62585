"""How many people one member of staff rings alone in 24 hours, however many polls they are spread over.

A person's window is one document, changed by one atomic write, so that sweeps at the same moment let nobody past. Asking
again for what was counted finds the same answer.
"""

from datetime import datetime, timedelta
from typing import Any

from pymongo import ReturnDocument
from pymongo.collection import Collection

from mvoting.core.settings import settings
from notifications.campaigns.models import AlonePushes

WINDOW = timedelta(hours=24)


def limit() -> int:
    """Give how many people one rings alone in a window."""
    return settings().push_alone_max


def take(staff_id: str, what: str, count: int, *, now: datetime) -> bool:
    """Count `count` people for what is about to ring on one person's word, where the window has room for them.

    Args: what: names what rings; it is counted once in a window, with the most people it was said to ring.
    Returns: False when a second person is needed; then nothing is counted.
    """
    ring: dict[str, Any] = {"what": what, "count": {"$max": ["$earlier.count", count]}, "at": now}
    room = {"$lte": [{"$add": [{"$sum": "$others.count"}, "$ring.count"]}, limit()]}
    recent = {"$filter": {"input": {"$ifNull": ["$rung", []]}, "cond": {"$gt": ["$$this.at", now - WINDOW]}}}
    stages: list[dict[str, Any]] = [
        {"$set": {"at": now, "rung": recent}},
        {
            "$set": {
                "earlier": {"$first": {"$filter": {"input": "$rung", "cond": {"$eq": ["$$this.what", what]}}}},
                "others": {"$filter": {"input": "$rung", "cond": {"$ne": ["$$this.what", what]}}},
            }
        },
        {"$set": {"ring": ring}},
        {"$set": {"is_taken": room}},
        {"$set": {"rung": {"$cond": ["$is_taken", {"$concatArrays": ["$others", ["$ring"]]}, "$rung"]}}},
        {"$unset": ["earlier", "others", "ring"]},
    ]
    window: Any = _windows().find_one_and_update({"_id": staff_id}, stages, upsert=True, return_document=ReturnDocument.AFTER)
    return bool(window["is_taken"])


def _windows() -> Collection[dict[str, Any]]:
    collection: Collection[dict[str, Any]] = AlonePushes._get_collection()
    return collection
