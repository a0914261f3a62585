"""What happened, in one order, for whoever tells people about it.

A document's change and its event are one write: the event waits in the document's `outbox`. The relay moves it to
`proposal_events` and numbers it, in one transaction that every relay shares a counter with: positions appear in order, so
a reader that remembers the last one misses nothing. Events hold ids and facts of the pipeline, never a person's text.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from mongoengine import DateTimeField, DictField, Document, IntField, StringField
from pymongo.client_session import ClientSession

from mvoting.core.database import database
from mvoting.core.hints import hint
from mvoting.core.ids import new_id

OUTBOXES = ("ideas", "debates", "comments", "idea_additions", "moderation_cases")
WAITING = {"outbox.id": {"$gt": ""}}
OUTBOX_INDEX = {"fields": ["outbox.id"], "sparse": True}
BATCH = 200


class ProposalEvent(Document):
    """One thing that happened. `to` names who is told: {"kind": "followers" | "endorsers" | "person" | "department", "id"}."""

    id = StringField(primary_key=True)
    position = IntField(required=True, unique=True)
    kind = StringField(required=True)
    at = DateTimeField(required=True)
    subject = DictField(required=True)  # {"kind": "idea" | "debate" | "comment" | …, "id"}
    to = DictField()
    facts = DictField()
    meta = {"collection": "proposal_events", "auto_create_index": False, "indexes": ["subject.id", "to.id"]}


class EventCounter(Document):
    """The last position given out."""

    id = StringField(primary_key=True)
    position = IntField()
    meta = {"collection": "proposal_event_counter", "auto_create_index": False}


def entry(kind: str, subject: tuple[str, str], at: datetime, *, to: tuple[str, str], **facts: Any) -> dict[str, Any]:
    """Make an event for a document's outbox, to be pushed in the very write that makes it true."""
    return {
        "id": new_id(),
        "kind": kind,
        "at": at,
        "subject": {"kind": subject[0], "id": subject[1]},
        "to": {"kind": to[0], "id": to[1]},
        "facts": facts,
    }


def pushed(entries: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Give the `$push` of entries into an outbox."""
    return {"outbox": {"$each": list(entries)}}


def announce() -> None:
    """Hint that an outbox waits; the sweep finds it anyway."""
    hint("proposals.relay_events")


def relay() -> int:
    """Move waiting events of every outbox to `proposal_events`. Returns how many."""
    return sum(_relay_outbox(name) for name in OUTBOXES)


def _relay_outbox(name: str) -> int:
    moved = 0
    while ids := [found["_id"] for found in database()[name].find(WAITING, {"_id": 1}).limit(BATCH)]:
        with database().client.start_session() as session:
            moved += session.with_transaction(partial(_relay_documents, name=name, ids=ids))
        if len(ids) < BATCH:
            break
    return moved


def _relay_documents(session: ClientSession, name: str, ids: Iterable[str]) -> int:
    collection = database()[name]
    documents = list(collection.find({"_id": {"$in": list(ids)}, **WAITING}, {"outbox": 1}, session=session))
    entries = sorted((e for document in documents for e in document["outbox"]), key=lambda e: str(e["id"]))
    if not entries:
        return 0
    counter: Any = database()["proposal_event_counter"].find_one_and_update(
        {"_id": "events"}, {"$inc": {"position": len(entries)}}, upsert=True, return_document=True, session=session
    )
    first = counter["position"] - len(entries) + 1
    rows = [
        {"_id": e["id"], "position": first + n, **{key: e[key] for key in ("kind", "at", "subject", "to", "facts")}}
        for n, e in enumerate(entries)
    ]
    database()["proposal_events"].insert_many(rows, session=session)
    for document in documents:
        told = [e["id"] for e in document["outbox"]]
        collection.update_one({"_id": document["_id"]}, {"$pull": {"outbox": {"id": {"$in": told}}}}, session=session)
    return len(entries)


def events_since(position: int, *, limit: int = 500) -> list[dict[str, Any]]:
    """List events after a position, in order; the last one's `position` is where to go on."""
    condition = {"position": {"$gt": position}}
    return list(database()["proposal_events"].find(condition).sort("position", 1).limit(limit))
