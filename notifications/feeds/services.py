"""What can be done with CAP sources: register, change, give keys, find."""

import base64
import json
import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bson import Binary
from pymongo import ReturnDocument
from pymongo.client_session import ClientSession
from pymongo.collection import Collection

from mvoting.core import audit
from mvoting.core.database import in_transaction
from mvoting.core.ids import new_id
from mvoting.core.pagination import keyset_page
from mvoting.core.problems import PreconditionFailed
from mvoting.core.secrets import keyed, seal, unseal
from mvoting.core.settings import settings
from notifications.cap import signature
from notifications.feeds import addresses, errors
from notifications.feeds.models import Source
from notifications.listings.errors import KeySeen

Document = dict[str, Any]

LISTING_KIND = "cap_source"
LOGIN_PURPOSE = "cap-feed-login"


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


def names(source_ids: list[str]) -> dict[str, str]:
    """Give the names of sources by id."""
    return {source["_id"]: source["name"] for source in _sources().find({"_id": {"$in": source_ids}}, {"name": 1})}


def sources_to_poll() -> list[Document]:
    """Give the active sources that have a feed."""
    return list(_sources().find({"is_active": True, "url": {"$ne": None}}).limit(100))


def note_polled(source_id: str, *, etag: str | None, error: str | None, now: datetime) -> None:
    """Note how fetching a feed went."""
    _sources().update_one({"_id": source_id}, {"$set": {"polled_at": now, "etag": etag, "poll_error": error}})


def _sources() -> Collection[Document]:
    collection: Collection[Document] = Source._get_collection()
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
