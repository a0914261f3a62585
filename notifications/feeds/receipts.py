"""What was received and what became of it; nothing that a source sent is dropped without a receipt that staff can read."""

from datetime import datetime
from hashlib import sha256
from typing import Any

from pymongo.client_session import ClientSession
from pymongo.collection import Collection

from mvoting.core.ids import new_id
from mvoting.core.pagination import keyset_page
from notifications.cap.message import CapMessage
from notifications.feeds.models import Receipt

Document = dict[str, Any]

TROUBLES = ["refused", "unreachable"]


def list_receipts(*, after: str | None, limit: int) -> tuple[list[Document], str | None]:
    """List what was received and what became of it, the newest first."""
    return keyset_page(_receipts(), {}, sort=[("_id", -1)], after=after, limit=limit)


def of_message(message: CapMessage) -> Document | None:
    """Find the receipt of a message that was taken in already."""
    return _receipts().find_one({"sender": message.sender, "identifier": message.identifier, "sent": message.sent})


def latest(condition: Document, order: str) -> Document | None:
    """Find the latest receipt by a condition, among those that led to an alert."""
    return _receipts().find_one({**condition, "alert_id": {"$exists": True}}, sort=[(order, -1)])


def store(receipt: Document, result: Document, session: ClientSession | None = None) -> Document:
    """Store a receipt with its result."""
    stored = {**receipt, **result}
    _receipts().insert_one(stored, session=session)
    return stored


def note_parts(receipt: Document, parts: list[Document], outcome: str) -> Document:
    """Note what became of a message's parts after its receipt was stored."""
    _receipts().update_one({"_id": receipt["_id"]}, {"$set": {"parts": parts, "outcome": outcome}})
    return {**receipt, "parts": parts, "outcome": outcome}


def note_refused(source: Document, data: bytes, reason: str, *, url: str | None, now: datetime) -> None:
    """Keep that a source sent what cannot be used; the same again is counted, not kept anew."""
    _note_trouble(source, "refused", sha256(data).hexdigest(), reason, url, now)


def note_unreachable(source: Document, url: str, reason: str, *, now: datetime) -> None:
    """Keep that what lies at an address of a feed could not be fetched."""
    _note_trouble(source, "unreachable", url, reason, url, now)


def _note_trouble(source: Document, outcome: str, what: str, reason: str, url: str | None, now: datetime) -> None:
    _receipts().update_one(
        {"source_id": source["_id"], "trouble": what},
        {
            "$set": {"outcome": outcome, "reason": reason, "last_at": now, **({"url": url} if url else {})},
            "$setOnInsert": {"_id": new_id(), "received_at": now},
            "$inc": {"times": 1},
        },
        upsert=True,
    )


def note_recovered(source: Document, url: str) -> None:
    """Note that what lies at an address could be used after all."""
    troubled = {"source_id": source["_id"], "url": url, "outcome": {"$in": TROUBLES}}
    _receipts().update_many(troubled, {"$set": {"outcome": "recovered"}})


def _receipts() -> Collection[Document]:
    collection: Collection[Document] = Receipt._get_collection()
    return collection
