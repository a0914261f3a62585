"""What can be done with alerts. Every act is one compare-and-swap that also writes the trail.

The state of the alert is what decides; its campaign follows. A process that dies between the two leaves work that
`carry_on` finds, and the campaign's id is the alert's, so that nothing is started twice.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from pymongo import ReturnDocument
from pymongo.client_session import ClientSession

from mvoting.accounts import staff
from mvoting.core import log
from mvoting.core.hints import hint
from mvoting.core.pagination import keyset_page
from mvoting.core.problems import PreconditionFailed, Problem
from mvoting.core.settings import settings
from notifications.alerts import content, delivery, errors, follow_ups, rules, sendable, store, waiting
from notifications.alerts.hazards import CLASSES
from notifications.alerts.rules import Kind, State
from notifications.listings import services as listings
from notifications.listings.errors import ListingNotFound

Document = dict[str, Any]

CARRIED_MAX = 200


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
        **store.new(by or f"{origin['kind']}:{origin['id']}", "draft", now),
        "state": State.DRAFT.value,
        "origin": origin,
        "author_ids": [by] if by else [],
        **content.alert_fields(entered),
        **({} if by else _knocking(now)),
    }
    store.recorded("draft", by, "", lambda within: store.insert(alert, within), session)
    log.event("alerts.drafted", alert_id=alert["_id"], origin=origin["kind"])
    return alert


def edit_draft(alert_id: str, version: int, entered: Mapping[str, Any], *, by: str, now: datetime) -> Document:
    """Replace a draft's content; who edits becomes one of its authors. A follow-up keeps its original's class and area.

    Raises: AlertNotFound (404), AlertStateChanged (409), PreconditionFailed (412), AreaInvalid (422).
    """
    alert = store.get(alert_id)
    is_original = alert["kind"] == Kind.ALERT
    fields = content.alert_fields(entered) if is_original else content.follow_up_fields(alert, entered)
    change = store.Change(
        alert_id, version, State.DRAFT, {"state": State.DRAFT, **fields}, store.entry("edit", by, now), author=by
    )
    return store.recorded("edit", by, "", change.write)


def submit(alert_id: str, version: int, *, repeats_seen: Sequence[str], by: str, now: datetime) -> Document:
    """Hand a draft over for approval; who submits becomes one of its authors.

    Raises: AlertNotFound (404), AlertStateChanged (409), PreconditionFailed (412), AlertIncomplete (422),
        ExpiryInvalid (422), RepeatedAlert (409), WrongMode (409).
    """
    sendable.refuse_unsendable(store.get(alert_id), repeats_seen, now)
    change = store.Change(
        alert_id, version, State.DRAFT, {"state": State.SUBMITTED, **_knocking(now)}, store.entry("submit", by, now), author=by
    )
    submitted = store.recorded("submit", by, "", change.write)
    hint("duty.knock", queue=delivery.LANE)
    return submitted


def return_to_draft(alert_id: str, version: int, *, note: str, by: str, now: datetime) -> Document:
    """Give a submitted alert back for changes.

    Raises: AlertNotFound (404), AlertStateChanged (409), PreconditionFailed (412).
    """
    change = store.Change(alert_id, version, State.SUBMITTED, {"state": State.DRAFT}, store.entry("return", by, now, note))
    return store.recorded("return", by, note, change.write)


def approve(alert_id: str, version: int, *, typed: str, repeats_seen: Sequence[str], by: str, now: datetime) -> Document:
    """Release a submitted alert: from this write on it is public, and its pushes go out.

    Args: version: of the alert that the approver read; typed: the confirmation; repeats_seen: earlier alerts confirmed.
    Raises: AlertNotFound (404), AlertStateChanged (409), PreconditionFailed (412), OwnAlert (403), NotConfirmed (422),
        AuthorGone (409), AlertIncomplete (422), ExpiryInvalid (422), RepeatedAlert (409), WrongMode (409).
    """
    alert = store.get(alert_id)
    if refusal := rules.approval_refusal(author_ids=alert["author_ids"], approver_id=by):
        raise errors.OwnAlert(reason=refusal)
    sendable.refuse_unsendable(alert, repeats_seen, now)
    if not rules.is_confirmed(typed, **content.confirmation_facts(alert)):
        raise errors.NotConfirmed(confirmation=content.confirmation(alert))
    delivery.make_way(alert)
    released = store.recorded("approve", by, "", lambda session: _release(session, alert_id, version, repeats_seen, by, now))
    log.event("alerts.approved", alert_id=alert_id, alert_class=alert["alert_class"], mode=alert["mode"])
    return _begin(released, now)


def cancel(alert_id: str, *, note: str, by: str, now: datetime) -> Document:
    """Stop an alert that is not wholly sent; one person suffices. Pushes not yet handed over stay unsent.

    Raises: AlertNotFound (404), AlertStateChanged (alerts.state, 409): what is sent is taken back by a correction.
    """
    stopped = store.recorded(
        "cancel", by, note, lambda session: store.stop(alert_id, store.entry("cancel", by, now, note), session)
    )
    log.event("alerts.cancelled", alert_id=alert_id)
    _halt(stopped, now)
    return stopped


def send_prepared(alert_id: str, kind: Kind, *, note: str, by: str, now: datetime) -> Document:
    """Send the correction or all-clear that was prepared and approved with the alert: one person, one action.

    It goes to those whom the original reached, in the same class; what the original has not sent yet stays unsent.
    Raises: AlertNotFound (404), CannotFollow (409), AlreadyFollowed (409), WrongMode (409), FollowUpLate (409).
    """
    original = follow_ups.followable(alert_id, kind)
    if rules.is_prepared_late(original["expires_at"], now=now):
        raise errors.FollowUpLate
    if original["followed_by"].get(kind):
        raise errors.AlreadyFollowed(follow_up_id=original["followed_by"][kind])
    message = follow_ups.message(original, kind, now, store.entry("send_prepared", by, now, note))
    message |= {"state": State.APPROVED.value, "approved_by": original["approved_by"], "approved_at": now, "is_prepared": True}
    sent = store.recorded(f"send_prepared_{kind}", by, note, lambda session: follow_ups.store_prepared(session, message, now))
    log.event("alerts.followed", alert_id=alert_id, kind=kind, follow_up_id=sent["_id"])
    _halt(store.get(alert_id), now)
    return _begin(sent, now)


def draft_follow_up(alert_id: str, kind: Kind, *, by: str, now: datetime, wording: Mapping[str, Any] | None = None) -> Document:
    """Open a correction or all-clear to be reworded, filled in from the prepared one; two people release it.

    Args: by: a staff member, or "cap:" and a source, which makes nobody an author.
    Raises: AlertNotFound (404), CannotFollow (409), WrongMode (409).
    """
    original = follow_ups.followable(alert_id, kind)
    message = follow_ups.message(original, kind, now, store.entry("draft", by, now), wording)
    message |= {"state": State.DRAFT.value, "author_ids": [by]}
    if ":" in by:
        message |= {"author_ids": [], **_knocking(now)}
    return store.recorded("draft_follow_up", by, "", lambda session: store.insert(message, session))


def release_listed(alert_id: str, listing: Document, *, now: datetime) -> Document | None:
    """Release a machine's draft that two people listed for this; None when it must wait for people after all.

    It waits when anything is missing, when it repeats an alert of the last 24 h, or when a person has begun to work on it.
    """
    alert = store.get(alert_id)
    try:
        sendable.refuse_unsendable(alert, (), now)
    except Problem as refusal:
        log.event("alerts.not_released_by_listing", alert_id=alert_id, code=refusal.code)
        return None
    entry = store.entry("approve", f"listing:{listing['_id']}", now, f"{listing['proposed_by']} + {listing['agreed_by']}")
    fields = {"state": State.APPROVED, "approved_by": entry["who"], "approved_at": now}
    change = store.Change(alert_id, alert["version"], State.DRAFT, fields, entry, also={"author_ids": []})

    def write(session: ClientSession) -> Document:
        listings.use(listing["_id"], session=session, now=now)
        released = change.write(session)
        sendable.refuse_unseen_repeats(released, (), now, session)
        return released

    try:
        released = store.recorded("approve", entry["who"], entry["note"], write)
    except (errors.AlertStateChanged, errors.RepeatedAlert, PreconditionFailed, ListingNotFound):
        return None
    return _begin(released, now)


def carry_on(*, now: datetime) -> None:
    """Bring every alert to where it should stand by now; what a process left undone is done here. Safe to run twice."""
    _carry_on({"state": State.APPROVED}, lambda alert: _begin(alert, now))
    _carry_on({"state": State.SENDING}, lambda alert: _finish(alert, now))
    _carry_on({"is_stop_due": True}, lambda alert: _halt(alert, now))
    over = {"state": State.SENT, "expires_at": {"$lte": now}}
    store.alerts().update_many(over, {"$set": {"state": State.ENDED}, "$inc": {"version": 1}})


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
    return store.get(alert_id)


def get_public(alert_id: str) -> Document:
    """Load a released alert.

    Raises: AlertNotFound (404).
    """
    alert = store.get(alert_id)
    if "approved_at" not in alert:
        raise errors.AlertNotFound
    return alert


def list_alerts(state: str | None, *, after: str | None, limit: int) -> tuple[list[Document], str | None]:
    """List alerts for staff, the latest first."""
    condition = {"state": state} if state else {}
    return keyset_page(store.alerts(), condition, sort=[("_id", -1)], after=after, limit=limit, projection={"trail": 0})


def active_alerts(*, now: datetime, limit: int = 100) -> list[Document]:
    """List what is in force: released, not over, not corrected or cleared; the gravest first, then the latest."""
    condition = {"state": {"$in": list(rules.RELEASED)}, "expires_at": {"$gt": now}, "superseded_at": None}
    ranks = [{"case": {"$eq": ["$alert_class", name]}, "then": facts.rank} for name, facts in CLASSES.items()]
    stages: list[Document] = [
        {"$match": condition},
        {"$unset": "trail"},
        # By class first: a hundred advisories must not push the one grave alert off the list.
        {"$set": {"rank": {"$switch": {"branches": ranks, "default": -1}}}},
        {"$sort": {"rank": -1, "approved_at": -1}},
        {"$limit": limit},
        {"$unset": "rank"},
    ]
    return list(store.alerts().aggregate(stages))


def released_since(moment: datetime, *, limit: int = 100) -> list[Document]:
    """List released messages of every kind, the latest first, for the feed."""
    return list(store.alerts().find({"approved_at": {"$gte": moment}}, {"trail": 0}).sort("approved_at", -1).limit(limit))


def review(alert_id: str, *, now: datetime) -> Document:
    """Give what an approver must see: exact texts, area, how many phones, what it repeats, what must be typed.

    Raises: AlertNotFound (404).
    """
    alert = store.get(alert_id)
    return {
        **alert,
        "audience_count": delivery.audience_count(alert),
        "progress": delivery.progress(alert_id),
        "confirmation": content.confirmation(alert),
        "repeats": sendable.repeats(alert, now),
        "gaps": content.gaps(alert),
        "prepared_texts": content.prepared_texts(alert),
    }


def _knocking(now: datetime) -> Document:
    """Give what makes duty phones ring until somebody takes the draft up."""
    return {"knock_at": now, "knocks": 0}


def _release(
    session: ClientSession, alert_id: str, version: int, repeats_seen: Sequence[str], by: str, now: datetime
) -> Document:
    changes = {"state": State.APPROVED, "approved_by": by, "approved_at": now}
    # The four eyes stand in the condition as well: an edit that lands between the check and this write cannot slip past.
    also = {"author_ids": {"$ne": by}, "author_ids.0": {"$exists": True}, "mode": settings().alert_mode}
    alert = store.Change(alert_id, version, State.SUBMITTED, changes, store.entry("approve", by, now), also=also).write(session)
    if set(staff.active_with(waiting.ROLES, session)).isdisjoint(alert["author_ids"]):
        raise errors.AuthorGone
    # Asked again here, because another pair may release its like this very moment: all releases line up at the audit log,
    # and the later one is judged again after the earlier.
    sendable.refuse_unseen_repeats(alert, repeats_seen, now, session)
    return alert if alert["kind"] == Kind.ALERT else follow_ups.take_over(session, alert, now)


def _begin(alert: Document, now: datetime) -> Document:
    """Let a released alert go out, unless it was cancelled meanwhile."""
    sending = store.alerts().find_one_and_update(
        {"_id": alert["_id"], "state": State.APPROVED},
        {"$set": {"state": State.SENDING}, "$inc": {"version": 1}},
        return_document=ReturnDocument.AFTER,
    )
    if sending is None:
        return store.get(alert["_id"])
    delivery.start(sending, now=now)
    return sending


def _carry_on(condition: Document, work: Callable[[Document], object]) -> None:
    for alert in store.alerts().find({**condition, "mode": settings().alert_mode}).limit(CARRIED_MAX):
        work(alert)


def _finish(alert: Document, now: datetime) -> None:
    delivery.start(alert, now=now)
    if delivery.is_over(alert, now=now):
        changes = {"state": State.SENT, "sent_at": now}
        store.alerts().update_one({"_id": alert["_id"], "state": State.SENDING}, {"$set": changes, "$inc": {"version": 1}})


def _halt(alert: Document, now: datetime) -> None:
    """Stop what a cancelled alert has not sent."""
    if alert.get("is_stop_due"):
        delivery.stop(alert, now=now)
        store.alerts().update_one({"_id": alert["_id"]}, {"$unset": {"is_stop_due": True}})
