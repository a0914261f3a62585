"""Named leases: one process at a time does a piece of work, and a fencing number tells late writers apart.

Source: Gray and Cheriton, "Leases" (SOSP 1989); the times are the database's own.
"""

import os
from typing import Any

from mongoengine import DateTimeField, Document, IntField, StringField
from pymongo import ReturnDocument
from pymongo.collection import Collection
from pymongo.errors import DuplicateKeyError

HOLDER = os.urandom(8).hex()


class Lease(Document):
    """Who holds which work until when."""

    name = StringField(primary_key=True)
    holder = StringField()
    until = DateTimeField()
    fence = IntField()
    meta = {"collection": "leases", "auto_create_index": False}


def acquire(name: str, *, seconds: float, holder: str = "") -> int | None:
    """Take or prolong a lease.

    Returns: its fencing number, which grows with every change of holder; None when somebody else holds it.
    """
    me = holder or f"{HOLDER}:{os.getpid()}"
    collection: Collection[dict[str, Any]] = Lease._get_collection()
    mine = {"$eq": ["$holder", me]}
    free = {"$or": [{"$lte": ["$until", "$$NOW"]}, mine]}
    taken = {
        "fence": {"$cond": [free, {"$add": [{"$ifNull": ["$fence", 0]}, {"$cond": [mine, 0, 1]}]}, "$fence"]},
        "until": {"$cond": [free, {"$add": ["$$NOW", int(seconds * 1000)]}, "$until"]},
        "holder": {"$cond": [free, me, "$holder"]},
    }
    while True:
        try:
            after = collection.find_one_and_update(
                {"_id": name}, [{"$set": taken}], upsert=True, return_document=ReturnDocument.AFTER
            )
        except DuplicateKeyError:
            continue  # two first holders raced; now the document is there
        return int(after["fence"]) if after and after["holder"] == me else None


def release(name: str, *, holder: str = "") -> None:
    """Give a lease back early."""
    me = holder or f"{HOLDER}:{os.getpid()}"
    Lease._get_collection().update_one({"_id": name, "holder": me}, [{"$set": {"until": "$$NOW"}}])
