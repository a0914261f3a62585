"""When each task of the workers last ran, how long it took and whether it failed: for the page that tells staff how the system is."""

import time
from datetime import datetime
from typing import Any

from mongoengine import DateTimeField, Document, FloatField, StringField
from pymongo.errors import PyMongoError

from mvoting.core.clock import now

NOTED_EVERY_S = 10.0
_noted: dict[str, float] = {}


class TaskRun(Document):
    """The last run of a task, at most `NOTED_EVERY_S` old; a failure is noted at once and kept beside the success after it."""

    id = StringField(primary_key=True)
    first_at = DateTimeField()
    at = DateTimeField()
    took_s = FloatField()
    failed_at = DateTimeField()
    failure = StringField()  # the kind of error, never its text
    meta = {"collection": "task_runs", "auto_create_index": False}


def note(task: str, *, took_s: float, failure: str = "") -> None:
    """Note that a task ran; says nothing when the database does not answer, because nothing hangs on it."""
    if not failure and _noted.get(task, 0.0) > time.monotonic():
        return
    _noted[task] = time.monotonic() + NOTED_EVERY_S
    changes: dict[str, Any] = {"took_s": round(took_s, 4)}
    changes |= {"failed_at": now(), "failure": failure} if failure else {"at": now()}
    try:
        TaskRun._get_collection().update_one({"_id": task}, {"$set": changes, "$setOnInsert": {"first_at": now()}}, upsert=True)
    except PyMongoError:
        return


def last_runs() -> dict[str, dict[str, Any]]:
    """Give the last run of each task by its name."""
    return {run["_id"]: run for run in TaskRun._get_collection().find().limit(200)}


def watched_since(last: dict[str, dict[str, Any]]) -> datetime | None:
    """Tell when the first of all tasks ran for the first time; None before any did."""
    return min((run["first_at"] for run in last.values() if "first_at" in run), default=None)


def is_late(run: dict[str, Any] | None, every_s: float, *, since: datetime | None, now: datetime) -> bool:
    """Tell whether a task that should run every so many seconds has not, by far.

    Args: since: when the workers began (`watched_since`); a task that never ran is not late before it was due.
    """
    latest = (run or {}).get("at") or since
    return latest is None or (now - latest).total_seconds() > 3 * every_s + 2 * NOTED_EVERY_S
