"""Corrections and all-clears: what they hold, and how one takes the place of its original."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from pymongo import ReturnDocument
from pymongo.client_session import ClientSession

from notifications.alerts import content, errors, rules, sendable, store
from notifications.alerts.rules import Kind, State

Document = dict[str, Any]

FOLLOW_UP_LASTS = timedelta(hours=6)
UNSENT = (State.APPROVED, State.SENDING)


def followable(alert_id: str, kind: Kind) -> Document:
    """Load an alert that a message of this kind may follow.

    Raises: AlertNotFound (404), CannotFollow (409), WrongMode (409).
    """
    original = store.get(alert_id)
    sendable.refuse_other_mode(original)
    facts: dict[str, Any] = {"original_kind": Kind(original["kind"]), "original_state": State(original["state"])}
    if rules.followup_refusal(kind=kind, has_audience="approved_at" in original, **facts):
        raise errors.CannotFollow(state=original["state"])
    return original


def message(original: Document, kind: Kind, now: datetime, entry: Document, wording: Mapping[str, Any] | None = None) -> Document:
    """Give a follow-up to be stored, in the prepared words unless there are others."""
    entered = {"wording": wording or original["prepared"][kind], "expires_at": now + FOLLOW_UP_LASTS, "links": original["links"]}
    fields = content.follow_up_fields({**original, "kind": kind.value, "prepared": {}}, entered)
    return {
        **store.new(entry["who"], entry["act"], now),
        "trail": [entry],
        "origin": {"kind": "follow_up", "id": original["_id"]},
        "original_id": original["_id"],
        "author_ids": original["author_ids"],
        **fields,
    }


def store_prepared(session: ClientSession, message: Document, now: datetime) -> Document:
    """Claim the original's one prepared message of this kind and store it as released."""
    claim = f"followed_by.{message['kind']}"
    condition = {"_id": message["original_id"], claim: None}
    if not store.alerts().update_one(condition, {"$set": {claim: message["_id"]}}, session=session).modified_count:
        raise errors.AlreadyFollowed
    store.insert(message, session)
    return take_over(session, message, now)


def take_over(session: ClientSession, message: Document, now: datetime) -> Document:
    """Put a follow-up in the place of its original and of earlier follow-ups; what those have not sent stays unsent."""
    entry = {**message["trail"][-1], "act": message["kind"]}
    original: Any = store.alerts().find_one_and_update(
        {"_id": message["original_id"]},
        {"$inc": {"revision": 1, "version": 1}, "$push": {"trail": entry}},
        return_document=ReturnDocument.AFTER,
        session=session,
    )
    references = list(_earlier(original, session))
    family = {"$or": [{"_id": original["_id"]}, {"original_id": original["_id"]}], "_id": {"$ne": message["_id"]}}
    store.alerts().update_many({**family, "superseded_at": None}, {"$set": {"superseded_at": now}}, session=session)
    for unsent in store.alerts().find({**family, "state": {"$in": UNSENT}}, {"_id": 1}, session=session):
        store.stop(unsent["_id"], {**entry, "act": "cancel"}, session)
    taken: Any = store.alerts().find_one_and_update(
        {"_id": message["_id"]},
        {"$set": {"revision": original["revision"], "references": references}},
        return_document=ReturnDocument.AFTER,
        session=session,
    )
    return taken


def _earlier(original: Document, session: ClientSession) -> Iterator[Document]:
    """Name what a follow-up refers to: the original and the follow-ups already released."""
    yield {"id": original["_id"], "sent_at": original["approved_at"]}
    released = {"original_id": original["_id"], "approved_at": {"$exists": True}, "revision": {"$lt": original["revision"]}}
    for message in (
        store.alerts().find({**released, "references": {"$exists": True}}, {"approved_at": 1}, session=session).sort("_id", 1)
    ):
        yield {"id": message["_id"], "sent_at": message["approved_at"]}
