"""What can be done with CAP sources and their messages. A message is stored with what it led to, or not at all."""

import base64
import json
import logging
import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bson import Binary
from pymongo import ReturnDocument
from pymongo.client_session import ClientSession
from pymongo.collection import Collection
from pymongo.errors import DuplicateKeyError

from mvoting.core import audit, log
from mvoting.core.database import in_transaction
from mvoting.core.ids import new_id
from mvoting.core.pagination import keyset_page
from mvoting.core.problems import PreconditionFailed
from mvoting.core.secrets import keyed, seal, unseal
from mvoting.core.settings import settings
from notifications.alerts import services as alerts
from notifications.alerts.errors import AlertStateChanged, AlreadyFollowed, CannotFollow
from notifications.alerts.rules import Kind, State
from notifications.cap import signature
from notifications.cap.message import CapMessage
from notifications.cap.reader import CapRefused, read
from notifications.feeds import addresses, errors, rules
from notifications.feeds.models import Receipt, Source
from notifications.listings import services as listings
from notifications.listings.errors import KeySeen

Document = dict[str, Any]

LISTING_KIND = "cap_source"
LOGIN_PURPOSE = "cap-feed-login"
UNSENT = (State.DRAFT, State.SUBMITTED)


def create_source(entered: Mapping[str, Any], *, by: str, now: datetime) -> tuple[Document, str]:
    """Register a source. Returns it with its key, which is shown this once.

    Raises: AddressRefused (feeds.address-refused, 422), CertificateRefused (feeds.certificate-refused, 422).
    """
    source_id, key = new_id(), secrets.token_urlsafe(32)
    source = {
        "_id": source_id,
        **_fields(source_id, entered, now=now),
        "key_hash": keyed("cap-source", key),
        "revision": 1,
        "is_active": True,
        "created_by": by,
        "created_at": now,
    }
    return _audited("create_source", by, lambda session: _insert_source(source, session)), key


def change_source(source_id: str, changes: Mapping[str, Any], *, seen: int | None = None, by: str, now: datetime) -> Document:
    """Change a source or switch it off; what was listed for automatic sending is so no more.

    Args: seen: the revision that somebody looked at; None where that does not matter.
    Raises: SourceNotFound (404), AddressRefused (422), CertificateRefused (422), PreconditionFailed (412) when it has
        another revision by now.
    """
    fields = _fields(source_id, changes, now=now)
    return _audited("change_source", by, lambda session: _update_source(source_id, {"$set": fields}, session, seen=seen))


def _fields(source_id: str, entered: Mapping[str, Any], *, now: datetime) -> Document:
    """Give what is stored of what was entered: the feed's credentials only sealed, its certificate only when it can be used."""
    fields = dict(entered)
    if fields.get("url") and not addresses.is_written_well(fields["url"], public_only=settings().is_production):
        raise errors.AddressRefused
    if fields.get("certificate") and (refusal := signature.certificate_refusal(fields["certificate"], now=now)):
        raise errors.CertificateRefused(reason=refusal)
    if "feed_login" in fields:
        login = fields.pop("feed_login")
        plain = json.dumps([login.get("user"), login["secret"]]).encode() if login else b""
        fields["login_sealed"] = Binary(seal(LOGIN_PURPOSE, plain, bound_to=source_id.encode())) if login else None
        fields["login_kind"] = ("basic" if login.get("user") else "bearer") if login else None
    return fields


def feed_headers(source: Document) -> dict[str, str]:
    """Give the headers by which a source's feed lets us in."""
    if not source.get("login_sealed"):
        return {}
    opened = unseal(LOGIN_PURPOSE, bytes(source["login_sealed"]), bound_to=source["_id"].encode())
    user, secret = json.loads(opened)
    if user is None:
        return {"Authorization": f"Bearer {secret}"}
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{secret}".encode()).decode()}


def renew_key(source_id: str, *, by: str) -> tuple[Document, str]:
    """Give a source a new key; the old one is void at once.

    Raises: SourceNotFound (404).
    """
    key = secrets.token_urlsafe(32)
    changes = {"key_hash": keyed("cap-source", key), "key_taken_at": None}
    return _audited("renew_source_key", by, lambda session: _update_source(source_id, {"$set": changes}, session)), key


def take_key(source: Document, *, now: datetime) -> tuple[Document, str]:
    """Give the holder of a source's key a new one, which nobody else has seen; the old one is void at once."""
    key = secrets.token_urlsafe(32)
    changes = {"key_hash": keyed("cap-source", key), "key_taken_at": now}
    return _audited("take_source_key", "system", lambda within: _update_source(source["_id"], {"$set": changes}, within)), key


def drop_key(source_id: str, *, by: str) -> Document:
    """Leave a source without a key: from then on its messages are only fetched.

    Raises: SourceNotFound (404).
    """
    gone = {"$unset": {"key_hash": "", "key_taken_at": ""}}
    return _audited("drop_source_key", by, lambda session: _update_source(source_id, gone, session))


def listable_revision(source_id: str) -> int:
    """Give the revision by which a source is listed: no member of staff could send with its key.

    Raises: SourceNotFound (404), KeySeen (listings.key-seen, 409).
    """
    source = get_source(source_id)
    if source.get("key_hash") and not source.get("key_taken_at") and not source.get("certificate"):
        raise KeySeen
    return int(source["revision"])


def source_of_key(key: str) -> Document:
    """Give the active source that a key belongs to.

    Raises: SourceUnknown (feeds.source-unknown, 401).
    """
    source = _sources().find_one({"key_hash": keyed("cap-source", key)})
    if source is None or not source["is_active"]:
        raise errors.SourceUnknown
    return source


def get_source(source_id: str) -> Document:
    """Load a source.

    Raises: SourceNotFound (404).
    """
    source = _sources().find_one({"_id": source_id})
    if source is None:
        raise errors.SourceNotFound
    return source


def list_sources(*, after: str | None, limit: int) -> tuple[list[Document], str | None]:
    """List sources, the newest first."""
    return keyset_page(_sources(), {}, sort=[("_id", -1)], after=after, limit=limit)


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


def sources_to_poll() -> list[Document]:
    """Give the active sources that have a feed."""
    return list(_sources().find({"is_active": True, "url": {"$ne": None}}).limit(100))


def note_polled(source_id: str, *, etag: str | None, error: str | None, now: datetime) -> None:
    """Note how fetching a feed went."""
    _sources().update_one({"_id": source_id}, {"$set": {"polled_at": now, "etag": etag, "poll_error": error}})


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
    except (AlertStateChanged, CannotFollow, AlreadyFollowed) as refusal:
        result["reason"] = refusal.code
    return _store(receipt, result)


def _update(source: Document, message: CapMessage, receipt: Document, earlier: Document, now: datetime) -> Document:
    """An unsent draft is replaced; a released alert gets a draft of a correction, and new districts a draft of their own."""
    by = f"cap:{source['_id']}"
    content = rules.content_of(message, source["name"], now=now)
    if content is None:
        return _store(receipt, {"outcome": "ignored", "reason": "outside-city"})
    if earlier["state"] in UNSENT:
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


def _sources() -> Collection[Document]:
    collection: Collection[Document] = Source._get_collection()
    return collection


def _receipts() -> Collection[Document]:
    collection: Collection[Document] = Receipt._get_collection()
    return collection


def _insert_source(source: Document, session: ClientSession) -> Document:
    _sources().insert_one(source, session=session)
    return source


def _update_source(source_id: str, update: Document, session: ClientSession, *, seen: int | None = None) -> Document:
    changed = _sources().find_one_and_update(
        {"_id": source_id} | ({} if seen is None else {"revision": seen}),
        {**update, "$inc": {"revision": 1}},
        return_document=ReturnDocument.AFTER,
        session=session,
    )
    if changed is None:
        get_source(source_id)
        raise PreconditionFailed
    return changed


def _audited(act: str, by: str, write: Any) -> Document:
    def both(session: ClientSession) -> Document:
        source: Document = write(session)
        after = {
            name: source.get(name) for name in ("name", "sender", "url", "login_kind", "certificate", "revision", "is_active")
        }
        audit.record(f"feeds.{act}", f"cap_source:{source['_id']}", staff_id=by, after=after, session=session)
        return source

    return in_transaction(both)
