"""What a CAP message leads to: drafts, drafts of corrections and all-clears, withdrawals.

Acts on earlier alerts come before the receipt: should this process die between, the source hands in again, and what was
done is refused or done with. New drafts are stored in one transaction with the receipt.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Any

from pymongo.client_session import ClientSession

from mvoting.core.database import in_transaction
from mvoting.core.ids import new_id
from notifications.alerts import services as alerts
from notifications.alerts.errors import AlertStateChanged, AlreadyFollowed, CannotFollow, FollowUpLate
from notifications.alerts.hazards import CLASSES
from notifications.alerts.rules import Kind
from notifications.cap.message import CapMessage
from notifications.feeds import receipts, rules
from notifications.feeds.rules import Part
from notifications.feeds.services import LISTING_KIND
from notifications.listings import services as listings

Document = dict[str, Any]

NOTES_MAX = 20


def take(source: Document, message: CapMessage, url: str | None, now: datetime) -> Document:
    """Store a message's receipt and do what it asks for."""
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
        return receipts.store(receipt, {"outcome": "ignored", "reason": intake.reason})
    earlier = _earlier(source, message, is_over=intake.act == "withdraw", now=now)
    if intake.act == "withdraw":
        return _withdraw(source, receipt, earlier, now)
    parts, notes = rules.parts_of(message, source["name"], now=now)
    receipt["notes"] = [{"code": note.code, "what": note.what[:200]} for note in notes[:NOTES_MAX]]
    if not parts:
        return receipts.store(receipt, {"outcome": "ignored", "reason": notes[-1].code})
    followed, new = _replace(source, earlier, parts, now) if intake.act == "update" else ([], parts)
    return _draft(source, receipt, followed, new, now)


def _draft(source: Document, receipt: Document, followed: list[Document], new: Sequence[Part], now: datetime) -> Document:
    """Draft the parts that are new, and let those go out by themselves that two people listed for that."""

    def write(session: ClientSession) -> Document:
        origin = {"kind": "cap", "id": source["_id"]}
        made = [alerts.create_draft(part.content, by=None, now=now, origin=origin, session=session) for part in new]
        drafted = [_part(alert, "drafted") for alert in made] + followed
        return receipts.store(receipt, {"outcome": "drafted", "alert_id": drafted[0]["alert_id"], "parts": drafted}, session)

    stored = in_transaction(write)
    released = [
        not part.is_guessed and _release(source, drafted, now) for part, drafted in zip(new, stored["parts"], strict=False)
    ]
    if not any(released):
        return stored
    sent = [{**part, "outcome": "sent"} if is_sent else part for part, is_sent in zip(stored["parts"], released, strict=False)]
    return receipts.note_parts(stored, [*sent, *stored["parts"][len(sent) :]], "sent")


def _part(alert: Document, outcome: str) -> Document:
    return {"alert_class": alert["alert_class"], "alert_id": alert["_id"], "outcome": outcome}


def _release(source: Document, part: Document, now: datetime) -> bool:
    """Let a draft go out by itself where two people listed source and class for that."""
    listing = listings.listing_for(LISTING_KIND, source["_id"], source["revision"], part["alert_class"])
    return listing is not None and alerts.release_listed(part["alert_id"], listing, now=now) is not None


def _withdraw(source: Document, receipt: Document, earlier: list[Document], now: datetime) -> Document:
    """Take back: unsent drafts are cancelled, released alerts get their all-clear."""
    if not earlier:
        return receipts.store(receipt, {"outcome": "ignored", "reason": "nothing-to-withdraw"})
    result: Document = {"outcome": "withdrawn", "alert_id": earlier[0]["_id"]}
    by, refused = f"cap:{source['_id']}", (AlertStateChanged, CannotFollow, AlreadyFollowed, FollowUpLate)
    for unsent in (alert for alert in earlier if "approved_at" not in alert):
        try:
            alerts.cancel(unsent["_id"], note="CAP Cancel", by=by, now=now)
        except refused as refusal:
            result["reason"] = refusal.code
    for original in _released(earlier):
        try:
            if listings.listing_for(LISTING_KIND, source["_id"], source["revision"], original["alert_class"]):
                alerts.send_prepared(original["_id"], Kind.ALL_CLEAR, note="CAP Cancel", by=by, now=now)
            else:
                alerts.draft_follow_up(original["_id"], Kind.ALL_CLEAR, by=by, now=now)
        except refused as refusal:
            result["reason"] = refusal.code
    return receipts.store(receipt, {**result, "parts": [_part(alert, "withdrawn") for alert in earlier]})


def _replace(
    source: Document, earlier: list[Document], parts: Sequence[Part], now: datetime
) -> tuple[list[Document], Sequence[Part]]:
    """Put an update in the place of earlier alerts. Returns: the follow-ups drafted, and the parts that are new alerts.

    An unsent draft is replaced. A released alert gets a draft of a correction from the part that is no graver than it, and
    districts that are new an alert of their own; what the update says no more, a draft of its all-clear. A graver part is a
    new alert, because a correction goes out in the class of its original. What became of a draft before loses no update.
    """
    by, left, answered, followed = f"cap:{source['_id']}", list(parts), list[Part](), list[Document]()
    for unsent in (alert for alert in earlier if "approved_at" not in alert):
        with suppress(AlertStateChanged):
            alerts.cancel(unsent["_id"], note="CAP Update", by=by, now=now)
    for original in _released(earlier):
        part = _part_for(original, left)
        if part is None and any(_rank(each.content) > _rank(original) for each in parts if each not in answered):
            continue
        kind, wording = (Kind.CORRECTION, part.content["wording"]) if part else (Kind.ALL_CLEAR, None)
        try:
            follow_up = alerts.draft_follow_up(original["_id"], kind, by=by, now=now, wording=wording)
        except CannotFollow:
            continue
        followed.append(_part(follow_up, "drafted"))
        if part:
            left.remove(part)
            answered.append(part)
            if added := rules.added_districts(part.content["area"], original["area"]["districts"]):
                left.append(replace(part, content=part.content | {"area": {"districts": added}}))
    return followed, left


def _part_for(original: Document, parts: Sequence[Part]) -> Part | None:
    """Give the part that speaks of an earlier alert: of its class, or else the gravest that is less grave."""
    less = [part for part in parts if _rank(part.content) <= _rank(original)]
    return max(less, key=lambda part: _rank(part.content), default=None)


def _rank(alert: Document) -> int:
    return CLASSES[alert["alert_class"]].rank


def _released(earlier: Sequence[Document]) -> list[Document]:
    """Give the alerts that went out: of a correction its original, because only that can be followed."""
    found: dict[str, Document] = {}
    for alert in earlier:
        if original_id := alert.get("original_id"):
            found[original_id] = alerts.get_alert(original_id)
        elif "approved_at" in alert:
            found[alert["_id"]] = alert
    return list(found.values())


def _earlier(source: Document, message: CapMessage, *, is_over: bool, now: datetime) -> list[Document]:
    """Find the alerts that a message refers to, among those of the same source only.

    An all-clear without references, as Korean practice sends it, means the source's last message about the same event.
    """
    names = [reference.identifier for reference in message.references]
    if names:
        found = receipts.latest({"source_id": source["_id"], "identifier": {"$in": names}}, "_id")
    elif is_over and message.infos:
        recent = {"event": message.infos[0].event[:200], "received_at": {"$gte": now - rules.LASTS * 4}}
        found = receipts.latest({"source_id": source["_id"], **recent}, "received_at")
    else:
        found = None
    if found is None:
        return []
    ids = [part["alert_id"] for part in found.get("parts") or [found]]
    return [alerts.get_alert(alert_id) for alert_id in dict.fromkeys(ids)]
