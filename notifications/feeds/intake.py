"""Taking in the messages of CAP sources. A message is stored with what it led to, or not at all."""

import logging
from contextlib import suppress
from datetime import datetime
from typing import Any

from pymongo.client_session import ClientSession
from pymongo.collection import Collection
from pymongo.errors import DuplicateKeyError

from mvoting.core import log
from mvoting.core.database import in_transaction
from mvoting.core.ids import new_id
from mvoting.core.pagination import keyset_page
from notifications.alerts import services as alerts
from notifications.alerts.errors import AlertStateChanged, AlreadyFollowed, CannotFollow, FollowUpLate
from notifications.alerts.rules import Kind, State
from notifications.cap import signature
from notifications.cap.message import CapMessage
from notifications.cap.reader import CapRefused, read
from notifications.feeds import errors, rules
from notifications.feeds.models import Receipt
from notifications.feeds.services import LISTING_KIND
from notifications.listings import services as listings

Document = dict[str, Any]

UNSENT = (State.DRAFT, State.SUBMITTED)


def list_receipts(*, after: str | None, limit: int) -> tuple[list[Document], str | None]:
    """List what was received and what became of it, the newest first."""
    return keyset_page(_receipts(), {}, sort=[("_id", -1)], after=after, limit=limit)


def receive(source: Document, data: bytes, *, now: datetime, url: str | None = None) -> Document:
    """Take in one message of a source, once.

    Returns: its receipt; `is_duplicate` tells that it was there already.
    Raises: CapMessageRefused (feeds.message-refused, 422), SenderNotOfSource (feeds.sender-not-of-source, 403).
    """
    try:
        message = read(data)
        if source.get("certificate"):
            message = read(signature.signed_part(data, source["certificate"]))
    except signature.SignatureRefused as refusal:
        log.event("feeds.signature_refused", level=logging.WARNING, source_id=source["_id"], reason=str(refusal))
        raise errors.CapMessageRefused(reason=str(refusal), where="alert/Signature") from None
    except CapRefused as refusal:
        log.event("feeds.message_refused", source_id=source["_id"], reason=refusal.reason)
        raise errors.CapMessageRefused(reason=refusal.reason, where=refusal.where) from None
    if message.sender != source["sender"]:
        raise errors.SenderNotOfSource(sender=message.sender[:200])
    if known := _known(message):
        return {**known, "is_duplicate": True}
    try:
        receipt = _take(source, message, url, now)
    except DuplicateKeyError:
        return {**(_known(message) or {}), "is_duplicate": True}
    log.event("feeds.message_received", source_id=source["_id"], outcome=receipt["outcome"], alert_id=receipt.get("alert_id"))
    return {**receipt, "is_duplicate": False}


def note_refused(source: Document, url: str, reason: str, *, now: datetime) -> None:
    """Remember that what lies at an address of a feed cannot be used, so that it is not fetched for ever."""
    _receipts().insert_one(
        {"_id": new_id(), "source_id": source["_id"], "url": url, "outcome": "refused", "reason": reason, "received_at": now}
    )


def is_fetched(source: Document, url: str) -> bool:
    """Tell whether the message at this address was taken in or refused already."""
    return _receipts().find_one({"source_id": source["_id"], "url": url}, {"_id": 1}) is not None


def _take(source: Document, message: CapMessage, url: str | None, now: datetime) -> Document:
    """Store the receipt and what the message leads to."""
    intake = rules.intake(message, now=now)
    receipt = {
        "_id": new_id(),
        "source_id": source["_id"],
        "sender": message.sender,
        "identifier": message.identifier,
        "sent": message.sent,
        "event": message.infos[0].event[:200] if message.infos else "",
        "received_at": now,
        **({"url": url} if url else {}),
    }
    if intake.act == "nothing":
        return _store(receipt, {"outcome": "ignored", "reason": intake.reason})
    earlier = _earlier(source, message, is_over=intake.act == "withdraw", now=now)
    if intake.act == "withdraw":
        return _withdraw(source, receipt, earlier, now)
    if intake.act == "update" and earlier:
        return _update(source, message, receipt, earlier, now)
    return _draft(source, message, receipt, now)


def _draft(source: Document, message: CapMessage, receipt: Document, now: datetime, **narrowed: Any) -> Document:
    content = rules.content_of(message, source["name"], now=now)
    if content is None:
        return _store(receipt, {"outcome": "ignored", "reason": "outside-city"})
    content |= narrowed

    def write(session: ClientSession) -> Document:
        origin = {"kind": "cap", "id": source["_id"]}
        alert = alerts.create_draft(content, by=None, now=now, origin=origin, session=session)
        return _store(receipt, {"outcome": "drafted", "alert_id": alert["_id"]}, session)

    stored = in_transaction(write)
    return _release(source, stored, content["alert_class"], now)


def _release(source: Document, receipt: Document, alert_class: str, now: datetime) -> Document:
    """Let the draft go out by itself where two people listed source and class for that."""
    listing = listings.listing_for(LISTING_KIND, source["_id"], source["revision"], alert_class)
    if listing and alerts.release_listed(receipt["alert_id"], listing, now=now):
        _receipts().update_one({"_id": receipt["_id"]}, {"$set": {"outcome": "sent"}})
        return {**receipt, "outcome": "sent"}
    return receipt


def _withdraw(source: Document, receipt: Document, earlier: Document | None, now: datetime) -> Document:
    """Take back: an unsent draft is cancelled, a released alert gets its all-clear.

    The act comes before the receipt: should this process die between, the source hands in again and the act is refused.
    """
    if earlier is None:
        return _store(receipt, {"outcome": "ignored", "reason": "nothing-to-withdraw"})
    by, result = f"cap:{source['_id']}", {"outcome": "withdrawn", "alert_id": earlier["_id"]}
    try:
        if earlier["state"] in UNSENT:
            alerts.cancel(earlier["_id"], note="CAP Cancel", by=by, now=now)
        elif listings.listing_for(LISTING_KIND, source["_id"], source["revision"], earlier["alert_class"]):
            alerts.send_prepared(earlier["_id"], Kind.ALL_CLEAR, note="CAP Cancel", by=by, now=now)
        else:
            alerts.draft_follow_up(earlier["_id"], Kind.ALL_CLEAR, by=by, now=now)
    except (AlertStateChanged, CannotFollow, AlreadyFollowed, FollowUpLate) as refusal:
        result["reason"] = refusal.code
    return _store(receipt, result)


def _update(source: Document, message: CapMessage, receipt: Document, earlier: Document, now: datetime) -> Document:
    """An unsent draft is replaced; a released alert gets a draft of a correction, and new districts a draft of their own.

    What became of the draft before loses no update: one that was stopped, or replaced by an update that this one does not
    name, is followed by a new draft.
    """
    by = f"cap:{source['_id']}"
    content = rules.content_of(message, source["name"], now=now)
    if content is None:
        return _store(receipt, {"outcome": "ignored", "reason": "outside-city"})
    if "approved_at" not in earlier:
        with suppress(AlertStateChanged):
            alerts.cancel(earlier["_id"], note="CAP Update", by=by, now=now)
        return _draft(source, message, receipt, now)
    correction = alerts.draft_follow_up(earlier["_id"], Kind.CORRECTION, by=by, now=now, wording=content["wording"])
    added = rules.added_districts(content["area"], earlier["area"]["districts"])
    if added:
        return _draft(source, message, receipt, now, area={"districts": added})
    return _store(receipt, {"outcome": "drafted", "alert_id": correction["_id"]})


def _earlier(source: Document, message: CapMessage, *, is_over: bool, now: datetime) -> Document | None:
    """Find the alert that a message refers to, among those of the same source only.

    An all-clear without references, as Korean practice sends it, means the source's last alert about the same event.
    """
    names = [reference.identifier for reference in message.references]
    of_source: Document = {"source_id": source["_id"], "alert_id": {"$exists": True}}
    if names:
        found = _receipts().find_one({**of_source, "identifier": {"$in": names}}, sort=[("_id", -1)])
    elif is_over and message.infos:
        recent = {"event": message.infos[0].event[:200], "received_at": {"$gte": now - rules.LASTS * 4}}
        found = _receipts().find_one({**of_source, **recent}, sort=[("received_at", -1)])
    else:
        found = None
    return alerts.get_alert(found["alert_id"]) if found else None


def _known(message: CapMessage) -> Document | None:
    return _receipts().find_one({"sender": message.sender, "identifier": message.identifier, "sent": message.sent})


def _store(receipt: Document, result: Document, session: ClientSession | None = None) -> Document:
    stored = {**receipt, **result}
    _receipts().insert_one(stored, session=session)
    return stored


def _receipts() -> Collection[Document]:
    collection: Collection[Document] = Receipt._get_collection()
    return collection
