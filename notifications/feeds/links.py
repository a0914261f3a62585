"""The links of feeds: what is to be fetched, when it is tried again, and when that is given up.

A link that failed, or held what cannot be read (perhaps half written), is tried again after 30 s, doubling to an hour, for
about a day. One that a feed lists with another time of change, or without any, is fetched anew.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from pymongo import ReturnDocument, UpdateOne
from pymongo.collection import Collection

from notifications.feeds.models import FeedLink

Document = dict[str, Any]

RETRY_FIRST, RETRY_MAX, TRIES_MAX = timedelta(seconds=30), timedelta(hours=1), 30
LOOK_AGAIN = timedelta(minutes=5)  # at a link without a time of change
CLAIM = timedelta(minutes=2)


def note_listed(source_id: str, listed: Iterable[tuple[str, str | None]], *, now: datetime) -> None:
    """Note the links of a feed with the time of change that it names, as it writes it; new and changed ones are due at once."""
    writes = [UpdateOne({"_id": _id(source_id, url)}, _listed(source_id, url, stamp, now), upsert=True) for url, stamp in listed]
    if writes:
        _links().bulk_write(writes, ordered=False)


def _listed(source_id: str, url: str, stamp: str | None, now: datetime) -> list[Document]:
    is_new = {"$eq": [{"$type": "$url"}, "missing"]}
    is_changed: Document = {"$and": [{"$ne": [stamp, None]}, {"$ne": [{"$ifNull": ["$stamp", None]}, stamp]}]}
    is_old = {"$and": [{"$eq": [stamp, None]}, {"$lte": ["$settled_at", now - LOOK_AGAIN]}, {"$gt": ["$settled_at", None]}]}
    fresh = {"$or": [is_new, is_changed, is_old]}
    return [
        {
            "$set": {
                "due_at": {"$cond": [fresh, now, "$due_at"]},
                "tries": {"$cond": [fresh, 0, "$tries"]},
                "settled_at": {"$cond": [fresh, None, "$settled_at"]},
            }
        },
        {"$set": {"source_id": source_id, "url": url, "stamp": stamp, "listed_at": now}},
    ]


def claim_due(source_id: str, *, now: datetime) -> Document | None:
    """Take one link that is due, so that no other process fetches it now; a process that dies leaves it due again."""
    return _links().find_one_and_update(
        {"source_id": source_id, "due_at": {"$lte": now}},
        {"$set": {"due_at": now + CLAIM}, "$inc": {"tries": 1}},
        sort=[("due_at", 1)],
        return_document=ReturnDocument.AFTER,
    )


def settle(link: Document, *, etag: str | None, now: datetime) -> None:
    """Note that what lies there was taken in."""
    _change(link, {"due_at": None, "settled_at": now, "etag": etag, "error": None, "tries": 0})


def postpone(link: Document, error: str, *, now: datetime) -> None:
    """Have a link tried again later, or given up."""
    is_last = link["tries"] >= TRIES_MAX
    wait = min(RETRY_FIRST * 2 ** min(link["tries"] - 1, 10), RETRY_MAX)
    _change(link, {"due_at": None if is_last else now + wait, "settled_at": now if is_last else None, "error": error})


def _change(link: Document, fields: Document) -> None:
    # Not where the feed has listed it anew meanwhile.
    _links().update_one({"_id": link["_id"], "due_at": link["due_at"]}, {"$set": fields})


def trouble(source_id: str) -> str | None:
    """Give the error of a link that is still tried, None when there is none."""
    failing = _links().find_one({"source_id": source_id, "due_at": {"$ne": None}, "error": {"$ne": None}}, {"error": 1})
    return str(failing["error"]) if failing else None


def _id(source_id: str, url: str) -> str:
    return sha256(f"{source_id} {url}".encode()).hexdigest()


def _links() -> Collection[Document]:
    collection: Collection[Document] = FeedLink._get_collection()
    return collection
