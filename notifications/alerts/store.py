"""The stored alerts: each change is one compare-and-swap that also writes the alert's trail and the audit log."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NoReturn

from pymongo import ReturnDocument
from pymongo.client_session import ClientSession
from pymongo.collection import Collection

from mvoting.core import audit
from mvoting.core.database import in_transaction
from mvoting.core.ids import new_id
from mvoting.core.problems import PreconditionFailed
from notifications.alerts import content, errors, rules
from notifications.alerts.models import Alert
from notifications.alerts.rules import State

Document = dict[str, Any]

AUDITED = ("kind", "state", "version", "mode", "alert_class", "hazard", "texts", "author_ids", "expires_at")
CANCELLABLE = rules.sources_of(State.CANCELLED)


def alerts() -> Collection[Document]:
    """Give the collection."""
    collection: Collection[Document] = Alert._get_collection()
    return collection


def get(alert_id: str, session: ClientSession | None = None) -> Document:
    """Load an alert.

    Raises: AlertNotFound (404).
    """
    alert = alerts().find_one({"_id": alert_id}, session=session)
    if alert is None:
        raise errors.AlertNotFound
    return alert


def new(who: str, act: str, now: datetime) -> Document:
    """Give what every new message begins with."""
    return {"_id": new_id(), "version": 1, "revision": 1, "followed_by": {}, "created_at": now, "trail": [entry(act, who, now)]}


def entry(act: str, who: str, at: datetime, note: str = "") -> Document:
    """Give a line of the trail."""
    return {"at": at, "who": who, "act": act, "note": note}


def insert(alert: Document, session: ClientSession) -> Document:
    """Store a new message."""
    alerts().insert_one(alert, session=session)
    return alert


def recorded(
    act: str, by: str | None, note: str, write: Callable[[ClientSession], Document], session: ClientSession | None = None
) -> Document:
    """Do an act and put it into the audit log, together or not at all; a source's or sensor's act is the system's."""

    def both(session: ClientSession) -> Document:
        alert = write(session)
        after = {**{name: alert[name] for name in AUDITED}, "content_sha256": content.digest(alert)}
        target = f"alert:{alert['_id']}"
        audit.record(f"alerts.{act}", target, staff_id=_staff(by), reason=note, after=after, session=session)
        return alert

    return both(session) if session else in_transaction(both)


def _staff(by: str | None) -> str:
    return "system" if by is None or ":" in by else by


@dataclass(frozen=True)
class Change:
    """A step of one alert, written if it still is in `source` and in the version that the person saw."""

    alert_id: str
    version: int
    source: State
    fields: Document
    entry: Document
    author: str | None = None
    also: Mapping[str, Any] = field(default_factory=dict)

    def write(self, session: ClientSession) -> Document:
        """Write the step, with its line of the trail.

        Raises: AlertNotFound (404), AlertStateChanged (409), PreconditionFailed (412).
        """
        update: Document = {"$set": self.fields, "$inc": {"version": 1}, "$push": {"trail": self.entry}}
        if self.author:
            update["$addToSet"] = {"author_ids": self.author}
        condition = {"_id": self.alert_id, "version": self.version, "state": self.source, **self.also}
        moved = alerts().find_one_and_update(condition, update, return_document=ReturnDocument.AFTER, session=session)
        if moved is None:
            _explain(get(self.alert_id, session), self.source)
        return moved


def _explain(alert: Document, source: State) -> NoReturn:
    if alert["state"] != source:
        raise errors.AlertStateChanged(state=alert["state"])
    raise PreconditionFailed


def stop(alert_id: str, entry: Document, session: ClientSession | None = None) -> Document:
    """Mark an alert as cancelled; its campaign is stopped after this write.

    Raises: AlertNotFound (404), AlertStateChanged (409).
    """
    update = {
        "$set": {"state": State.CANCELLED, "cancelled_at": entry["at"], "is_stop_due": True},
        "$inc": {"version": 1},
        "$push": {"trail": entry},
    }
    condition = {"_id": alert_id, "state": {"$in": CANCELLABLE}}
    stopped = alerts().find_one_and_update(condition, update, return_document=ReturnDocument.AFTER, session=session)
    if stopped is None:
        raise errors.AlertStateChanged(state=get(alert_id, session)["state"])
    return stopped
