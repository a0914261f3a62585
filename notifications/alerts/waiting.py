"""Drafts that wait for people: when their duty phones ring, and whose."""

from datetime import datetime, timedelta
from typing import Any

from pymongo import ReturnDocument

from mvoting.core.settings import settings
from notifications.alerts import store
from notifications.alerts.rules import State

ROLES = ("alert_author", "alert_approver")
KNOCK_EVERY = timedelta(minutes=3)
KNOCK_SOON = timedelta(seconds=15)
KNOCKS_MAX = 20


def take_due(*, now: datetime) -> dict[str, Any] | None:
    """Claim one draft whose phones are due to ring, so that nobody else rings for it; None when there is none.

    Such are drafts handed over for approval, and drafts of sources and sensors that no person has taken up.
    """
    is_waiting: list[dict[str, Any]] = [{"state": State.SUBMITTED.value}, {"state": State.DRAFT.value, "author_ids": []}]
    return store.alerts().find_one_and_update(
        {
            "$or": [{**each, "knock_at": {"$lte": now}} for each in is_waiting],
            "knocks": {"$lt": KNOCKS_MAX},
            "expires_at": {"$gt": now},
            "mode": settings().alert_mode,
        },
        {"$set": {"knock_at": now + KNOCK_EVERY}, "$inc": {"knocks": 1}},
        projection={"trail": 0},
        return_document=ReturnDocument.AFTER,
    )


def knock_soon(alert_id: str, *, now: datetime) -> None:
    """Have a knock that no phone got tried again."""
    store.alerts().update_one({"_id": alert_id}, {"$set": {"knock_at": now + KNOCK_SOON}})


def wanted(alert: dict[str, Any]) -> tuple[tuple[str, ...], set[str]]:
    """Give the roles that are asked for, and the people who cannot help: nobody approves what they wrote."""
    if alert["state"] == State.SUBMITTED:
        return ("alert_approver",), set(alert["author_ids"])
    return ROLES, set()
