"""What can be done with campaigns: start, preview, cancel, watch."""

import logging
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from pymongo import ReturnDocument
from pymongo.client_session import ClientSession
from pymongo.collection import Collection as MongoCollection
from pymongo.errors import DuplicateKeyError

from mvoting.core.clock import now as clock_now
from mvoting.core.hints import hint, queue_length
from mvoting.core.log import event
from mvoting.core.pagination import keyset_page
from notifications.campaigns import audience as audiences
from notifications.campaigns import composing, errors, holds, ledger, planner
from notifications.campaigns.audience import Audience
from notifications.campaigns.models import LIVE_STATES, Campaign
from notifications.campaigns.rules import PLAN_LEASE
from notifications.devices import services as devices

HINT_AGAIN = timedelta(seconds=15)
PARALLEL_BATCHES = 8
SWEPT_MAX = 2000
HIDDEN_MESSAGE = {
    "ko": {"title": "가려진 글에 대한 소식", "body": "글이 가려져 문구를 보이지 않습니다."},
    "en": {"title": "About a hidden text", "body": "The text was hidden, so this message is not shown."},
}


def campaigns() -> MongoCollection[dict[str, Any]]:
    """Give the campaigns' collection."""
    collection: MongoCollection[dict[str, Any]] = Campaign._get_collection()
    return collection


def start_campaign(
    kind: str, audience: Audience, message: Mapping[str, Mapping[str, str]], *, now: datetime, **options: Any
) -> dict[str, Any]:
    """Store a campaign and let it begin; the kind decides urgency, lane and what people may mute.

    Starting the same `campaign_id` again changes nothing and gives the stored one, so that sweeps need no memory.

    Args: options: see `composing.compose`.
    Raises: CampaignInvalid (notifications.campaign-invalid, 422).
    """
    campaign = composing.compose(kind, audience, message, now=now, **options)
    if campaign["urgency"] == "extreme":
        holds.make_way()
    try:
        campaigns().insert_one(campaign)
    except DuplicateKeyError:
        return get_campaign(campaign["_id"])
    event("push.campaign_stored", campaign_id=campaign["_id"], kind=kind)
    if campaign["state"] != "draft" and campaign["starts_at"] <= now:
        hint("notifications.plan_campaign", campaign["_id"], queue=campaign["lane"])
    return campaign


def get_campaign(campaign_id: str) -> dict[str, Any]:
    """Load a campaign.

    Raises: CampaignNotFound (notifications.campaign-not-found, 404).
    """
    campaign = campaigns().find_one({"_id": campaign_id})
    if campaign is None:
        raise errors.CampaignNotFound
    return campaign


def for_sending(campaign_id: str) -> dict[str, Any]:
    """Load what a sender needs of a campaign: not the people it names, who may be many.

    Raises: CampaignNotFound (404).
    """
    campaign = campaigns().find_one({"_id": campaign_id}, {"audience.people": 0, "selectors": 0})
    if campaign is None:
        raise errors.CampaignNotFound
    return campaign


def shown_to_staff(campaign: Mapping[str, Any]) -> dict[str, Any]:
    """Give a campaign as staff see it: how many people it names, not who; no text that repeats what was hidden since."""
    audience = {**campaign["audience"]}
    people = audience.pop("people", None)
    counted = audience | ({"people_count": len(people)} if people else {})
    shown = {"version": 1, **campaign, "audience": counted}
    return shown | {"message": HIDDEN_MESSAGE} if campaign.get("is_subject_hidden") else shown


def existing(campaign_ids: list[str]) -> set[str]:
    """Give those of the ids that are stored."""
    return {campaign["_id"] for campaign in campaigns().find({"_id": {"$in": campaign_ids}}, {"_id": 1})}


def kinds_of(campaign_ids: list[str]) -> dict[str, str]:
    """Give the kind of those of the ids that are stored."""
    return {campaign["_id"]: campaign["kind"] for campaign in campaigns().find({"_id": {"$in": campaign_ids}}, {"kind": 1})}


def list_campaigns(
    kind: str | None, *, state: str | None = None, after: str | None, limit: int
) -> tuple[list[dict[str, Any]], str | None]:
    """List campaigns, the newest first."""
    condition = ({"kind": kind} if kind else {}) | ({"state": state} if state else {})
    order = [("created_at", -1), ("_id", -1)]
    found, following = keyset_page(campaigns(), condition, sort=order, after=after, limit=limit, projection={"selectors": 0})
    return [shown_to_staff(campaign) for campaign in found], following


def progress(campaign_id: str) -> dict[str, int]:
    """Add up what became of a campaign's phones, by result.

    Raises: CampaignNotFound (404).
    """
    campaign = get_campaign(campaign_id)
    return campaign.get("totals") or ledger.totals(campaign_id)


def preview(audience: Audience) -> dict[str, int]:
    """Count whom a campaign would address now, without storing anything.

    Returns: {"devices": n}; people who muted the kind are still counted, because they may change their mind before.
    """
    if audience.people or audience.ledger_of or audience.lists:
        return {"devices": sum(1 for _ in planner.ids(audience, after=""))}
    return {"devices": devices.matching_count(audiences.condition(audience))}


def cancel_campaign(campaign_id: str, reason: str, *, now: datetime) -> dict[str, Any]:
    """Stop a campaign, also while it runs: senders see it at their next checkpoint.

    Raises: CampaignNotFound (404), CampaignOver (notifications.campaign-over, 409).
    """
    return _end(campaign_id, "cancelled", reason, now=now)


def stop_campaign(campaign_id: str, reason: str, *, now: datetime) -> None:
    """Stop a campaign whose message the service refuses."""
    try:
        _end(campaign_id, "stopped", reason, now=now)
    except errors.CampaignOver:
        return
    event("push.campaign_stopped", level=logging.ERROR, campaign_id=campaign_id, reason=reason)


def _end(campaign_id: str, state: str, reason: str, *, now: datetime) -> dict[str, Any]:
    ended = mark_ended(campaign_id, state, reason, now=now)
    ledger.cancel_all(campaign_id, now=now)
    return ended


def mark_ended(
    campaign_id: str, state: str, reason: str, *, now: datetime, session: ClientSession | None = None
) -> dict[str, Any]:
    """Write that a campaign is cancelled or stopped; senders find it and cancel its batches.

    Raises: CampaignNotFound (404), CampaignOver (409).
    """
    ended = campaigns().find_one_and_update(
        {"_id": campaign_id, "state": {"$in": ["draft", *LIVE_STATES]}},
        {"$set": {"state": state, "reason": reason, "finished_at": now}},
        return_document=ReturnDocument.AFTER,
        session=session,
    )
    if ended is None:
        raise errors.CampaignOver(state=get_campaign(campaign_id)["state"])
    return ended


def plan_campaign(campaign_id: str, *, now: datetime) -> None:
    """Write a campaign's ledger and wake workers for it; safe to run twice and after a kill.

    While another planner notes progress this one leaves it the work, because two would hinder each other.
    """
    free = [{"state": "scheduled"}, {"state": "planning", "hinted_at": {"$lte": now - PLAN_LEASE}}]
    campaign = campaigns().find_one_and_update(
        {"_id": campaign_id, "$or": free, "starts_at": {"$lte": now}},
        {"$set": {"state": "planning", "hinted_at": now}},
        return_document=ReturnDocument.AFTER,
    )
    if campaign is None:
        return
    count = planner.plan(campaign, now=now, planned=lambda: _note_planned(campaign))
    planned = {"state": "sending", "planned_at": now, "planned_count": count}
    if campaigns().update_one({"_id": campaign_id, "state": "planning"}, {"$set": planned}).matched_count:
        event("push.campaign_planned", campaign_id=campaign_id, devices=count)
        complete_if_done(campaign_id, now=now)
    elif get_campaign(campaign_id)["state"] in ("cancelled", "stopped"):
        # Cancelled while rows were still being written: those came after the cancelling.
        ledger.cancel_all(campaign_id, now=now)


def _note_planned(campaign: Mapping[str, Any]) -> bool:
    now = clock_now()
    wake(campaign["lane"], now=now)
    state = campaigns().find_one_and_update({"_id": campaign["_id"]}, {"$set": {"hinted_at": now}}, projection={"state": 1})
    return state is not None and state["state"] == "planning"


def complete_if_done(campaign_id: str, *, now: datetime) -> None:
    """Record that every batch of a campaign is over, with the ledger's sum."""
    if ledger.has_open(campaign_id):
        return
    totals: dict[str, Any] = ledger.totals(campaign_id)
    done = {"state": "done", "finished_at": now, "totals": totals}
    if campaigns().update_one({"_id": campaign_id, "state": "sending"}, {"$set": done}).modified_count:
        event("push.campaign_done", campaign_id=campaign_id, **totals)
        wake("default", now=now)  # what an alert held back goes on


def is_released(campaign_id: str) -> bool:
    """Tell whether a second person let a campaign go out."""
    return campaigns().find_one({"_id": campaign_id, "released_by": {"$ne": None}}, {"_id": 1}) is not None


def open_campaigns(kinds: Collection[str]) -> list[dict[str, Any]]:
    """Give campaigns of some kinds that are not over, drafts too, without the people they name."""
    live = {"state": {"$in": ["draft", *LIVE_STATES]}, "kind": {"$in": list(kinds)}}
    return list(campaigns().find(live, {"audience.people": 0, "selectors": 0}).limit(SWEPT_MAX))


def reword_campaign(campaign_id: str, message: Mapping[str, Any], template: str, *, expires_at: datetime) -> None:
    """Change what a draft or a campaign under way says from its next batch on, and until when it is worth sending."""
    changes = {"message": message, "template": template, "expires_at": expires_at}
    still = {"_id": campaign_id, "state": {"$in": ["draft", *LIVE_STATES]}}
    if campaigns().update_one(still, {"$set": changes, "$inc": {"version": 1}}).modified_count:
        event("push.campaign_reworded", campaign_id=campaign_id)


def withdraw(subject_id: str) -> None:
    """Take messages about something that was hidden out of every inbox, and stop those still going out."""
    about = {"data.subject_id": subject_id}
    for campaign in campaigns().find({**about, "state": {"$in": LIVE_STATES}}, {"_id": 1}):
        stop_campaign(campaign["_id"], "its subject was hidden", now=clock_now())
    campaigns().update_many(about, {"$set": {"is_in_inbox": False, "is_subject_hidden": True}})


def restore(subject_id: str) -> None:
    """Put messages back into the inboxes when what they are about is seen again; what was stopped is not sent."""
    about = {"data.subject_id": subject_id, "is_subject_hidden": True}
    campaigns().update_many(about, {"$set": {"is_in_inbox": True}, "$unset": {"is_subject_hidden": ""}})


def forget_person(person_id: str) -> None:
    """Take a person out of every audience; messages to this person alone are removed with their ledger."""
    word = f"p:{person_id}"
    alone = [campaign["_id"] for campaign in campaigns().find({"selectors": [word]}, {"_id": 1})]
    ledger.batches().delete_many({"campaign_id": {"$in": alone}})
    campaigns().delete_many({"_id": {"$in": alone}})
    campaigns().update_many({"selectors": word}, {"$pull": {"selectors": word, "audience.people": person_id}})


def forget_names(before: datetime, *, at_once: int = 500) -> int:
    """Forget whom messages named that began before then, and their ledgers. Returns: how many messages."""
    old = {"audience.people": {"$exists": True}, "starts_at": {"$lt": before}}
    ids = [campaign["_id"] for campaign in campaigns().find(old, {"_id": 1}).limit(at_once)]
    ledger.batches().delete_many({"campaign_id": {"$in": ids}})
    count = {"$set": {"audience.people_count": {"$size": "$audience.people"}, "selectors": []}}
    return campaigns().update_many({"_id": {"$in": ids}}, [count, {"$unset": "audience.people"}]).modified_count


def record_first_sent(campaign: Mapping[str, Any], *, now: datetime) -> None:
    """Note when a campaign's first batch was through."""
    if campaign.get("first_sent_at") is None:
        campaigns().update_one({"_id": campaign["_id"], "first_sent_at": None}, {"$set": {"first_sent_at": now}})


def complete_all(*, now: datetime) -> None:
    """Complete campaigns whose last sender died between its batch and the campaign."""
    for campaign in campaigns().find({"state": "sending"}, {"_id": 1}).limit(SWEPT_MAX):
        complete_if_done(campaign["_id"], now=now)


# The sweep


def plan_due(lane: str, *, now: datetime) -> None:
    """Plan in this process what is due in a lane, without the broker."""
    for campaign in _due_campaigns(lane, now=now):
        plan_campaign(campaign["_id"], now=now)


def sweep(lane: str, *, now: datetime) -> None:
    """Find what is due in a lane and wake workers for it, whatever became of earlier hints."""
    for campaign in _due_campaigns(lane, now=now):
        # A planner that lives notes its progress; only one that is gone, or never came, is hinted again.
        if campaign["hinted_at"] <= now - HINT_AGAIN or campaign["starts_at"] > campaign["hinted_at"]:
            campaigns().update_one({"_id": campaign["_id"]}, {"$set": {"hinted_at": now}})
            hint("notifications.plan_campaign", campaign["_id"], queue=lane)
    wake(lane, now=now)


def wake(lane: str, *, now: datetime) -> None:
    """Fill a lane's queue up to `PARALLEL_BATCHES` hints while batches are due.

    Each hint sends one batch and leaves one hint behind while there is more; so a campaign of any size keeps the queue
    short, and other tasks wait for a few batches at most.
    """
    due = len(ledger.due(lane, now=now, limit=PARALLEL_BATCHES))
    for _ in range(min(due, PARALLEL_BATCHES - queue_length(lane))):
        hint("notifications.send_batches", lane, queue=lane)


def _due_campaigns(lane: str, *, now: datetime) -> list[dict[str, Any]]:
    due = {"state": {"$in": ["scheduled", "planning"]}, "lane": lane, "starts_at": {"$lte": now}}
    return list(campaigns().find(due, {"hinted_at": 1, "starts_at": 1}).limit(200))
