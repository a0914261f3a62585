"""What can be done with alerts. Every act is one compare-and-swap that also writes the trail.

The state of the alert is what decides; its campaign follows. A process that dies between the two leaves work that
`carry_on` finds, and the campaign's id is the alert's, so that nothing is started twice.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NoReturn

from pymongo import ReturnDocument
from pymongo.client_session import ClientSession
from pymongo.collection import Collection

from mvoting.core import audit, log
from mvoting.core.database import in_transaction
from mvoting.core.ids import new_id
from mvoting.core.pagination import keyset_page
from mvoting.core.problems import PreconditionFailed, Problem
from mvoting.core.settings import settings
from notifications.alerts import content, delivery, errors, rules
from notifications.alerts.hazards import CLASSES
from notifications.alerts.models import Alert
from notifications.alerts.rules import Kind, State
from notifications.listings import services as listings
from notifications.listings.errors import ListingNotFound

Document = dict[str, Any]

FOLLOW_UP_LASTS = timedelta(hours=6)
REPEATS_SHOWN_MAX = 20
CARRIED_MAX = 200
AUDITED = ("kind", "state", "version", "mode", "alert_class", "hazard", "texts", "author_ids", "expires_at")
CANCELLABLE = rules.sources_of(State.CANCELLED)
UNSENT = (State.APPROVED, State.SENDING)


def create_draft(
    entered: Mapping[str, Any],
    *,
    by: str | None,
    now: datetime,
    origin: Document | None = None,
    session: ClientSession | None = None,
) -> Document:
    """Store a draft. A draft by a source or sensor has no author until a person changes or submits it.

    Args: session: the transaction in which a source's receipt is stored as well.

    Raises: AreaInvalid (alerts.area, 422).
    """
    origin = origin or {"kind": "staff", "id": by}
    alert = {
        **_new(by or f"{origin['kind']}:{origin['id']}", "draft", now),
        "state": State.DRAFT.value,
        "origin": origin,
        "author_ids": [by] if by else [],
        **content.alert_fields(entered),
    }
    _recorded("draft", by, "", lambda within: _insert(alert, within), session)
    log.event("alerts.drafted", alert_id=alert["_id"], origin=origin["kind"])
    return alert


def edit_draft(alert_id: str, version: int, entered: Mapping[str, Any], *, by: str, now: datetime) -> Document:
    """Replace a draft's content; who edits becomes one of its authors. A follow-up keeps its original's class and area.

    Raises: AlertNotFound (404), AlertStateChanged (409), PreconditionFailed (412), AreaInvalid (422).
    """
    alert = _get(alert_id)
    is_original = alert["kind"] == Kind.ALERT
    fields = content.alert_fields(entered) if is_original else content.follow_up_fields(alert, entered)
    change = _Change(alert_id, version, State.DRAFT, {"state": State.DRAFT, **fields}, _entry("edit", by, now), author=by)
    return _recorded("edit", by, "", change.write)


def submit(alert_id: str, version: int, *, repeats_seen: Sequence[str], by: str, now: datetime) -> Document:
    """Hand a draft over for approval; who submits becomes one of its authors.

    Raises: AlertNotFound (404), AlertStateChanged (409), PreconditionFailed (412), AlertIncomplete (422),
        ExpiryInvalid (422), RepeatedAlert (409), WrongMode (409).
    """
    _refuse_unsendable(_get(alert_id), repeats_seen, now)
    change = _Change(alert_id, version, State.DRAFT, {"state": State.SUBMITTED}, _entry("submit", by, now), author=by)
    return _recorded("submit", by, "", change.write)


def return_to_draft(alert_id: str, version: int, *, note: str, by: str, now: datetime) -> Document:
    """Give a submitted alert back for changes.

    Raises: AlertNotFound (404), AlertStateChanged (409), PreconditionFailed (412).
    """
    change = _Change(alert_id, version, State.SUBMITTED, {"state": State.DRAFT}, _entry("return", by, now, note))
    return _recorded("return", by, note, change.write)


def approve(alert_id: str, version: int, *, typed: str, repeats_seen: Sequence[str], by: str, now: datetime) -> Document:
    """Release a submitted alert: from this write on it is public, and its pushes go out.

    Args: version: of the alert that the approver read; typed: the confirmation; repeats_seen: earlier alerts confirmed.
    Raises: AlertNotFound (404), AlertStateChanged (409), PreconditionFailed (412), OwnAlert (403), NotConfirmed (422),
        AlertIncomplete (422), ExpiryInvalid (422), RepeatedAlert (409), WrongMode (409).
    """
    alert = _get(alert_id)
    if refusal := rules.approval_refusal(author_ids=alert["author_ids"], approver_id=by):
        raise errors.OwnAlert(reason=refusal)
    _refuse_unsendable(alert, repeats_seen, now)
    if not rules.is_confirmed(typed, **content.confirmation_facts(alert)):
        raise errors.NotConfirmed(confirmation=content.confirmation(alert))
    delivery.make_way(alert)
    released = _recorded("approve", by, "", lambda session: _release(session, alert_id, version, repeats_seen, by, now))
    log.event("alerts.approved", alert_id=alert_id, alert_class=alert["alert_class"], mode=alert["mode"])
    return _begin(released, now)


def cancel(alert_id: str, *, note: str, by: str, now: datetime) -> Document:
    """Stop an alert that is not wholly sent; one person suffices. Pushes not yet handed over stay unsent.

    Raises: AlertNotFound (404), AlertStateChanged (alerts.state, 409): what is sent is taken back by a correction.
    """
    stopped = _recorded("cancel", by, note, lambda session: _stop(alert_id, _entry("cancel", by, now, note), session))
    log.event("alerts.cancelled", alert_id=alert_id)
    _halt(stopped, now)
    return stopped


def send_prepared(alert_id: str, kind: Kind, *, note: str, by: str, now: datetime) -> Document:
    """Send the correction or all-clear that was prepared and approved with the alert: one person, one action.

    It goes to those whom the original reached, in the same class; what the original has not sent yet stays unsent.
    Raises: AlertNotFound (404), CannotFollow (409), AlreadyFollowed (409), WrongMode (409).
    """
    original = _followable(alert_id, kind)
    if original["followed_by"].get(kind):
        raise errors.AlreadyFollowed(follow_up_id=original["followed_by"][kind])
    message = _follow_up(original, kind, now, _entry("send_prepared", by, now, note))
    message |= {"state": State.APPROVED.value, "approved_by": original["approved_by"], "approved_at": now, "is_prepared": True}
    message = _recorded(f"send_prepared_{kind}", by, note, lambda session: _store_prepared(session, message, now))
    log.event("alerts.followed", alert_id=alert_id, kind=kind, follow_up_id=message["_id"])
    _halt(_get(alert_id), now)
    return _begin(message, now)


def draft_follow_up(alert_id: str, kind: Kind, *, by: str, now: datetime, wording: Mapping[str, Any] | None = None) -> Document:
    """Open a correction or all-clear to be reworded, filled in from the prepared one; two people release it.

    Args: by: a staff member, or "cap:" and a source, which makes nobody an author.
    Raises: AlertNotFound (404), CannotFollow (409), WrongMode (409).
    """
    original = _followable(alert_id, kind)
    message = _follow_up(original, kind, now, _entry("draft", by, now), wording)
    message |= {"state": State.DRAFT.value, "author_ids": [] if ":" in by else [by]}
    return _recorded("draft_follow_up", by, "", lambda session: _insert(message, session))


def release_listed(alert_id: str, listing: Document, *, now: datetime) -> Document | None:
    """Release a machine's draft that two people listed for this; None when it must wait for people after all.

    It waits when anything is missing, when it repeats an alert of the last 24 h, or when a person has begun to work on it.
    """
    alert = _get(alert_id)
    try:
        _refuse_unsendable(alert, (), now)
    except Problem as refusal:
        log.event("alerts.not_released_by_listing", alert_id=alert_id, code=refusal.code)
        return None
    entry = _entry("approve", f"listing:{listing['_id']}", now, f"{listing['proposed_by']} + {listing['agreed_by']}")
    fields = {"state": State.APPROVED, "approved_by": entry["who"], "approved_at": now}
    change = _Change(alert_id, alert["version"], State.DRAFT, fields, entry, also={"author_ids": []})

    def write(session: ClientSession) -> Document:
        listings.use(listing["_id"], session=session, now=now)
        released = change.write(session)
        _refuse_unseen_repeats(released, (), now, session)
        return released

    try:
        released = _recorded("approve", entry["who"], entry["note"], write)
    except (errors.AlertStateChanged, errors.RepeatedAlert, PreconditionFailed, ListingNotFound):
        return None
    return _begin(released, now)


def carry_on(*, now: datetime) -> None:
    """Bring every alert to where it should stand by now; what a process left undone is done here. Safe to run twice."""
    _carry_on({"state": State.APPROVED}, lambda alert: _begin(alert, now))
    _carry_on({"state": State.SENDING}, lambda alert: _finish(alert, now))
    _carry_on({"is_stop_due": True}, lambda alert: _halt(alert, now))
    over = {"state": State.SENT, "expires_at": {"$lte": now}}
    _alerts().update_many(over, {"$set": {"state": State.ENDED}, "$inc": {"version": 1}})


def preview(entered: Mapping[str, Any]) -> Document:
    """Give what an alert as entered would be, storing nothing: texts, area, how many phones, what is missing.

    Raises: AreaInvalid (alerts.area, 422).
    """
    alert = content.alert_fields(entered)
    return {**alert, "audience_count": delivery.audience_count(alert), "gaps": content.gaps(alert)}


def get_alert(alert_id: str) -> Document:
    """Load an alert for staff.

    Raises: AlertNotFound (404).
    """
    return _get(alert_id)


def get_public(alert_id: str) -> Document:
    """Load a released alert.

    Raises: AlertNotFound (404).
    """
    alert = _get(alert_id)
    if "approved_at" not in alert:
        raise errors.AlertNotFound
    return alert


def list_alerts(state: str | None, *, after: str | None, limit: int) -> tuple[list[Document], str | None]:
    """List alerts for staff, the latest first."""
    condition = {"state": state} if state else {}
    return keyset_page(_alerts(), condition, sort=[("_id", -1)], after=after, limit=limit, projection={"trail": 0})


def active_alerts(*, now: datetime, limit: int = 100) -> list[Document]:
    """List what is in force: released, not over, not corrected or cleared; the gravest first, then the latest."""
    condition = {"state": {"$in": list(rules.RELEASED)}, "expires_at": {"$gt": now}, "superseded_at": None}
    found = _alerts().find(condition, {"trail": 0}).limit(limit)
    return sorted(found, key=lambda alert: (CLASSES[alert["alert_class"]].rank, alert["approved_at"]), reverse=True)


def released_since(moment: datetime, *, limit: int = 100) -> list[Document]:
    """List released messages of every kind, the latest first, for the feed."""
    return list(_alerts().find({"approved_at": {"$gte": moment}}, {"trail": 0}).sort("approved_at", -1).limit(limit))


def review(alert_id: str, *, now: datetime) -> Document:
    """Give what an approver must see: exact texts, area, how many phones, what it repeats, what must be typed.

    Raises: AlertNotFound (404).
    """
    alert = _get(alert_id)
    return {
        **alert,
        "audience_count": delivery.audience_count(alert),
        "progress": delivery.progress(alert_id),
        "confirmation": content.confirmation(alert),
        "repeats": _repeats(alert, now),
        "gaps": content.gaps(alert),
        "prepared_texts": content.prepared_texts(alert),
    }


def _alerts() -> Collection[Document]:
    collection: Collection[Document] = Alert._get_collection()
    return collection


def _get(alert_id: str, session: ClientSession | None = None) -> Document:
    alert = _alerts().find_one({"_id": alert_id}, session=session)
    if alert is None:
        raise errors.AlertNotFound
    return alert


def _new(who: str, act: str, now: datetime) -> Document:
    return {"_id": new_id(), "version": 1, "revision": 1, "followed_by": {}, "created_at": now, "trail": [_entry(act, who, now)]}


def _entry(act: str, who: str, at: datetime, note: str = "") -> Document:
    return {"at": at, "who": who, "act": act, "note": note}


def _insert(alert: Document, session: ClientSession) -> Document:
    _alerts().insert_one(alert, session=session)
    return alert


def _recorded(
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
class _Change:
    """A step of one alert, written if it still is in `source` and in the version that the person saw."""

    alert_id: str
    version: int
    source: State
    fields: Document
    entry: Document
    author: str | None = None
    also: Mapping[str, Any] = field(default_factory=dict)

    def write(self, session: ClientSession) -> Document:
        update: Document = {"$set": self.fields, "$inc": {"version": 1}, "$push": {"trail": self.entry}}
        if self.author:
            update["$addToSet"] = {"author_ids": self.author}
        condition = {"_id": self.alert_id, "version": self.version, "state": self.source, **self.also}
        moved = _alerts().find_one_and_update(condition, update, return_document=ReturnDocument.AFTER, session=session)
        if moved is None:
            _explain(_get(self.alert_id, session), self.source)
        return moved


def _explain(alert: Document, source: State) -> NoReturn:
    if alert["state"] != source:
        raise errors.AlertStateChanged(state=alert["state"])
    raise PreconditionFailed


def _refuse_unsendable(alert: Document, repeats_seen: Sequence[str], now: datetime) -> None:
    _refuse_other_mode(alert)
    if found := content.gaps(alert):
        raise errors.AlertIncomplete(gaps=found)
    if refusal := rules.expiry_refusal(alert["expires_at"], now=now):
        raise errors.ExpiryInvalid(reason=refusal)
    _refuse_unseen_repeats(alert, repeats_seen, now)


def _refuse_unseen_repeats(
    alert: Document, repeats_seen: Sequence[str], now: datetime, session: ClientSession | None = None
) -> None:
    unseen = [earlier for earlier in _repeats(alert, now, session) if earlier["id"] not in repeats_seen]
    if unseen:
        raise errors.RepeatedAlert(repeats=unseen)


def _refuse_other_mode(alert: Document) -> None:
    if alert["mode"] != settings().alert_mode:
        raise errors.WrongMode


def _repeats(alert: Document, now: datetime, session: ClientSession | None = None) -> list[Document]:
    """Give earlier alerts of the last 24 h about the same hazard, in the same mode, with a district in common."""
    if alert["kind"] != Kind.ALERT:
        return []
    condition = {
        "_id": {"$ne": alert["_id"]},
        "kind": Kind.ALERT,
        "hazard": alert["hazard"],
        "mode": alert["mode"],
        "approved_at": {"$gte": now - rules.REPEAT_WITHIN},
        "area.districts": {"$in": alert["area"]["districts"]},
    }
    found = (
        _alerts()
        .find(condition, {"texts": 1, "approved_at": 1}, session=session)
        .sort("approved_at", -1)
        .limit(REPEATS_SHOWN_MAX)
    )
    return [{"id": e["_id"], "text": e["texts"]["ko"], "approved_at": e["approved_at"].isoformat()} for e in found]


def _release(
    session: ClientSession, alert_id: str, version: int, repeats_seen: Sequence[str], by: str, now: datetime
) -> Document:
    changes = {"state": State.APPROVED, "approved_by": by, "approved_at": now}
    # The four eyes stand in the condition as well: an edit that lands between the check and this write cannot slip past.
    also = {"author_ids": {"$ne": by}, "author_ids.0": {"$exists": True}, "mode": settings().alert_mode}
    alert = _Change(alert_id, version, State.SUBMITTED, changes, _entry("approve", by, now), also=also).write(session)
    # Asked again here, because another pair may release its like this very moment: all releases line up at the audit log,
    # and the later one is judged again after the earlier.
    _refuse_unseen_repeats(alert, repeats_seen, now, session)
    return alert if alert["kind"] == Kind.ALERT else _take_over(session, alert, now)


def _begin(alert: Document, now: datetime) -> Document:
    """Let a released alert go out, unless it was cancelled meanwhile."""
    sending = _alerts().find_one_and_update(
        {"_id": alert["_id"], "state": State.APPROVED},
        {"$set": {"state": State.SENDING}, "$inc": {"version": 1}},
        return_document=ReturnDocument.AFTER,
    )
    if sending is None:
        return _get(alert["_id"])
    delivery.start(sending, now=now)
    return sending


def _carry_on(condition: Document, work: Callable[[Document], object]) -> None:
    for alert in _alerts().find({**condition, "mode": settings().alert_mode}).limit(CARRIED_MAX):
        work(alert)


def _finish(alert: Document, now: datetime) -> None:
    delivery.start(alert, now=now)
    if delivery.is_over(alert, now=now):
        changes = {"state": State.SENT, "sent_at": now}
        _alerts().update_one({"_id": alert["_id"], "state": State.SENDING}, {"$set": changes, "$inc": {"version": 1}})


def _halt(alert: Document, now: datetime) -> None:
    """Stop what a cancelled alert has not sent."""
    if alert.get("is_stop_due"):
        delivery.stop(alert, now=now)
        _alerts().update_one({"_id": alert["_id"]}, {"$unset": {"is_stop_due": True}})


def _stop(alert_id: str, entry: Document, session: ClientSession | None = None) -> Document:
    update = {
        "$set": {"state": State.CANCELLED, "cancelled_at": entry["at"], "is_stop_due": True},
        "$inc": {"version": 1},
        "$push": {"trail": entry},
    }
    condition = {"_id": alert_id, "state": {"$in": CANCELLABLE}}
    stopped = _alerts().find_one_and_update(condition, update, return_document=ReturnDocument.AFTER, session=session)
    if stopped is None:
        raise errors.AlertStateChanged(state=_get(alert_id, session)["state"])
    return stopped


def _followable(alert_id: str, kind: Kind) -> Document:
    original = _get(alert_id)
    _refuse_other_mode(original)
    facts = {"original_kind": Kind(original["kind"]), "original_state": State(original["state"])}
    if rules.followup_refusal(kind=kind, has_audience="approved_at" in original, **facts):
        raise errors.CannotFollow(state=original["state"])
    return original


def _follow_up(
    original: Document, kind: Kind, now: datetime, entry: Document, wording: Mapping[str, Any] | None = None
) -> Document:
    entered = {"wording": wording or original["prepared"][kind], "expires_at": now + FOLLOW_UP_LASTS, "links": original["links"]}
    fields = content.follow_up_fields({**original, "kind": kind.value, "prepared": {}}, entered)
    return {
        **_new(entry["who"], entry["act"], now),
        "trail": [entry],
        "origin": {"kind": "follow_up", "id": original["_id"]},
        "original_id": original["_id"],
        "author_ids": original["author_ids"],
        **fields,
    }


def _store_prepared(session: ClientSession, message: Document, now: datetime) -> Document:
    """Claim the original's one prepared message of this kind and store it as released."""
    claim = f"followed_by.{message['kind']}"
    condition = {"_id": message["original_id"], claim: None}
    if not _alerts().update_one(condition, {"$set": {claim: message["_id"]}}, session=session).modified_count:
        raise errors.AlreadyFollowed
    _insert(message, session)
    return _take_over(session, message, now)


def _take_over(session: ClientSession, message: Document, now: datetime) -> Document:
    """Put a follow-up in the place of its original and of earlier follow-ups; what those have not sent stays unsent."""
    entry = {**message["trail"][-1], "act": message["kind"]}
    original = _alerts().find_one_and_update(
        {"_id": message["original_id"]},
        {"$inc": {"revision": 1, "version": 1}, "$push": {"trail": entry}},
        return_document=ReturnDocument.AFTER,
        session=session,
    )
    references = list(_earlier(original, session))
    family = {"$or": [{"_id": original["_id"]}, {"original_id": original["_id"]}], "_id": {"$ne": message["_id"]}}
    _alerts().update_many({**family, "superseded_at": None}, {"$set": {"superseded_at": now}}, session=session)
    for unsent in _alerts().find({**family, "state": {"$in": UNSENT}}, {"_id": 1}, session=session):
        _stop(unsent["_id"], {**entry, "act": "cancel"}, session)
    taken: Document = _alerts().find_one_and_update(
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
        _alerts().find({**released, "references": {"$exists": True}}, {"approved_at": 1}, session=session).sort("_id", 1)
    ):
        yield {"id": message["_id"], "sent_at": message["approved_at"]}
