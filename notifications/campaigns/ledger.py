"""The ledger: claim, checkpoint, release and finish batches. Every write of a sender is fenced by its attempt."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from bson import Binary
from pymongo import ReturnDocument, WriteConcern
from pymongo.collection import Collection as MongoCollection

from mvoting.core.database import union
from mvoting.core.settings import settings
from notifications.campaigns.models import Batch
from notifications.campaigns.rules import LOST_MAX, Result, counts, lease


def batches() -> MongoCollection[dict[str, Any]]:
    """Give the ledger's collection."""
    collection: MongoCollection[dict[str, Any]] = Batch._get_collection()
    return collection


def _lease() -> timedelta:
    return lease(settings().push_timeout_s)


def claim(batch_id: str, *, now: datetime) -> dict[str, Any] | None:
    """Take a batch that is due, or whose sender's lease ran out. None when it is not there to be taken."""
    take = {"state": "leased", "lease_until": now + _lease()}
    due = batches().find_one_and_update(
        {"_id": batch_id, "state": "pending", "due_at": {"$lte": now}},
        {"$set": take, "$inc": {"attempt": 1}},
        return_document=ReturnDocument.AFTER,
    )
    if due is not None:
        return due
    abandoned = batches().find_one_and_update(
        {"_id": batch_id, "state": "leased", "lease_until": {"$lte": now}, "lost": {"$lt": LOST_MAX}},
        {"$set": take, "$inc": {"attempt": 1, "lost": 1}},
        return_document=ReturnDocument.AFTER,
    )
    if abandoned is None:
        _give_up(batch_id, now=now)
    return abandoned


def _give_up(batch_id: str, *, now: datetime) -> None:
    """End a batch whose senders died again and again, so that it cannot take the workers down for ever."""
    lost = {"_id": batch_id, "state": "leased", "lease_until": {"$lte": now}, "lost": {"$gte": LOST_MAX}}
    batch = batches().find_one(lost)
    if batch is not None:
        results = bytes(batch["results"]).replace(bytes([Result.PENDING]), bytes([Result.FAILED]))
        finish(batch, results, "failed", now=now)


def checkpoint(batch: Mapping[str, Any], results: bytes, *, now: datetime) -> bool:
    """Write what was done so far and prolong the lease.

    Returns: False when the batch was cancelled or another sender has it; then nothing more may be sent.
    """
    # Not waiting for the majority: a checkpoint that is lost repeats at most what it covered. An update, for the server
    # keeps a copy of the whole batch for each find-and-modify that may be retried.
    unacknowledged = batches().with_options(write_concern=WriteConcern(1))
    fenced, done = {"_id": batch["_id"], "attempt": batch["attempt"]}, Binary(results)
    prolonged = {"$set": {"results": done, "lease_until": now + _lease()}}
    if unacknowledged.update_one({**fenced, "state": "leased"}, prolonged).matched_count:
        return True
    unacknowledged.update_one({**fenced, "state": "cancelled"}, {"$set": {"results": done}})
    return False


def release(batch: Mapping[str, Any], results: bytes, due_at: datetime) -> None:
    """Give a batch back with what is left of it, due at `due_at`."""
    _write(batch, results, {"state": "pending", "due_at": due_at})


def finish(batch: Mapping[str, Any], results: bytes, state: str, *, now: datetime) -> None:
    """End a batch as `done` or `failed`; a cancelled one keeps that state, and every result is kept in any case."""
    _write(batch, results, {"state": state, "finished_at": now})


def _write(batch: Mapping[str, Any], results: bytes, change: Mapping[str, Any]) -> None:
    fenced = {"_id": batch["_id"], "attempt": batch["attempt"]}
    outcome = {"results": Binary(results), "counts": counts(results)}
    if batches().update_one({**fenced, "state": "leased"}, {"$set": {**outcome, **change}}).matched_count:
        return
    left = results.replace(bytes([Result.PENDING]), bytes([Result.CANCELLED]))
    batches().update_one({**fenced, "state": "cancelled"}, {"$set": {"results": Binary(left), "counts": counts(left)}})


def cancel_all(campaign_id: str, *, now: datetime) -> None:
    """Cancel every batch of a campaign that is not over; a sender sees it at its next checkpoint."""
    open_states = {"$in": ["pending", "leased"]}
    batches().update_many(
        {"campaign_id": campaign_id, "state": open_states}, {"$set": {"state": "cancelled", "finished_at": now}}
    )


def has_open(campaign_id: str) -> bool:
    """Tell whether a campaign has batches that are not over."""
    return batches().find_one({"campaign_id": campaign_id, "state": {"$in": ["pending", "leased"]}}, {"_id": 1}) is not None


def holding(campaign_ids: Collection[str], device_ids: Sequence[str]) -> set[str]:
    """Give those campaigns whose ledger holds one of these devices: an indexed read for each of both, in one question."""
    questions: list[list[dict[str, Any]]] = [
        [
            {"$match": {"campaign_id": campaign_id, "first": {"$lte": device_id}}},
            {"$sort": {"first": -1}},
            {"$limit": 1},
            {"$match": {"devices": device_id}},
            {"$project": {"_id": "$campaign_id"}},
        ]
        for campaign_id in sorted(campaign_ids)
        for device_id in device_ids
    ]
    return {row["_id"] for row in union(batches(), questions)}


def totals(campaign_id: str) -> dict[str, int]:
    """Add up a campaign's ledger by result; phones of rows never begun count as pending, of cancelled rows as cancelled."""
    total: dict[str, int] = {}
    for row in batches().find({"campaign_id": campaign_id}, {"results": 1, "state": 1}):
        results = bytes(row["results"])
        if row["state"] == "cancelled":
            results = results.replace(bytes([Result.PENDING]), bytes([Result.CANCELLED]))
        for name, number in counts(results).items():
            total[name] = total.get(name, 0) + number
    return total


def due(lane: str, *, now: datetime, limit: int) -> list[str]:
    """Give ids of batches of a lane that are due or whose sender is gone, the earliest first."""
    pending = (
        batches().find({"lane": lane, "state": "pending", "due_at": {"$lte": now}}, {"_id": 1}).sort("due_at", 1).limit(limit)
    )
    abandoned = batches().find({"lane": lane, "state": "leased", "lease_until": {"$lte": now}}, {"_id": 1}).limit(limit)
    return [batch["_id"] for batch in (*abandoned, *pending)][:limit]
