"""What can be done with campaigns: start, preview, cancel, watch."""

import logging
import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from pymongo import ReturnDocument
from pymongo.collection import Collection
from pymongo.errors import DuplicateKeyError

from mvoting.core.clock import now as clock_now
from mvoting.core.hints import hint, queue_length
from mvoting.core.log import event
from mvoting.core.pagination import keyset_page
from notifications.campaigns import audience as audiences
from notifications.campaigns import errors, ledger, planner
from notifications.campaigns.audience import Audience
from notifications.campaigns.models import Campaign, PlatformStop
from notifications.campaigns.rules import PAUSE_MAX, PLATFORM_STOP
from notifications.channels.fcm.messages import Content, FcmPayload, PayloadTooLarge
from notifications.devices import services as devices
from notifications.preferences.kinds import KINDS

LIVE_STATES = ["scheduled", "planning", "sending"]
PAUSE_CACHE_S = 0.5
HINT_AGAIN = timedelta(seconds=15)
PARALLEL_BATCHES = 8
SWEPT_MAX = 2000
HIDDEN_MESSAGE = {
    "ko": {"title": "가려진 글에 대한 소식", "body": "글이 가려져 문구를 보이지 않습니다."},
    "en": {"title": "About a hidden text", "body": "The text was hidden, so this message is not shown."},
}
_pause_cache: tuple[float, bool] = (0.0, False)


def campaigns() -> Collection[dict[str, Any]]:
    """Give the campaigns' collection."""
    collection: Collection[dict[str, Any]] = Campaign._get_collection()
    return collection


def start_campaign(
    kind: str,
    audience: Audience,
    message: Mapping[str, Mapping[str, str]],
    *,
    campaign_id: str,
    expires_at: datetime,
    now: datetime,
    starts_at: datetime | None = None,
    link: str = "/",
    data: Mapping[str, str] | None = None,
    message_id: str | None = None,
    revision: int = 1,
    spread_s: float = 0.0,
    created_by: Mapping[str, str] | None = None,
    template: str | None = None,
    is_in_inbox: bool = True,
    is_draft: bool = False,
) -> dict[str, Any]:
    """Store a campaign and let it begin; the kind decides urgency, lane and what people may mute.

    Starting the same `campaign_id` again changes nothing and gives the stored one, so that sweeps need no memory.

    Args: message: {"ko": {"title", "body"}, "en": {…}}, `ko` required. message_id, revision: a newer revision of a
    message replaces the older on the phones. is_draft: it waits for a release. spread_s: batches begin spread over so many seconds.
    Raises: CampaignInvalid (notifications.campaign-invalid, 422).
    """
    campaign: dict[str, Any] = {
        "_id": campaign_id,
        "kind": kind,
        "urgency": KINDS[kind].urgency,
        "lane": "default" if KINDS[kind].urgency == "normal" else "alerts",
        "audience": audience.document(),
        "selectors": audiences.selectors(audience),
        "message": {language: dict(text) for language, text in message.items()},
        "message_id": message_id or campaign_id,
        "revision": revision,
        "link": link,
        "data": dict(data or {}),
        "template": template,
        "state": "draft" if is_draft else "scheduled",
        "starts_at": starts_at or now,
        "expires_at": expires_at,
        "spread_s": spread_s,
        "created_at": now,
        "created_by": dict(created_by or {}),
        "is_in_inbox": is_in_inbox,
        "hinted_at": now,
    }
    _refuse_invalid(campaign, now=now)
    try:
        campaigns().insert_one(campaign)
    except DuplicateKeyError:
        return get_campaign(campaign_id)
    event("push.campaign_stored", campaign_id=campaign_id, kind=kind)
    if campaign["starts_at"] <= now and not is_draft:
        hint("notifications.plan_campaign", campaign_id, queue=campaign["lane"])
    return campaign


def _refuse_invalid(campaign: Mapping[str, Any], *, now: datetime) -> None:
    if campaign["expires_at"] <= max(now, campaign["starts_at"]):
        raise errors.CampaignInvalid(reason_ko="끝나는 시각이 시작보다 늦어야 합니다.", reason_en="it must end after it starts.")
    if "ko" not in campaign["message"]:
        raise errors.CampaignInvalid(reason_ko="한국어 문구가 필요합니다.", reason_en="Korean text is required.")
    try:
        for language in campaign["message"]:
            payload(campaign, language, now=now)
    except PayloadTooLarge:
        raise errors.CampaignInvalid(reason_ko="문구가 너무 깁니다.", reason_en="the text is too long for a push.") from None


def payload(campaign: Mapping[str, Any], language: str, *, now: datetime) -> FcmPayload:
    """Build a campaign's push in one language; Korean where the other is not written."""
    spoken = language if language in campaign["message"] else "ko"
    text = campaign["message"][spoken]
    content = Content(
        message_id=campaign["message_id"],
        revision=campaign["revision"],
        kind=campaign["kind"],
        title=text["title"],
        body=text["body"],
        link=campaign["link"],
        language=spoken,
        expires_at=campaign["expires_at"],
        urgency=campaign["urgency"],
        data=tuple({"campaign_id": campaign["_id"], **campaign["data"]}.items()),
    )
    return FcmPayload(content, now=now)


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
    shown = {**campaign, "audience": audience | ({"people_count": len(people)} if people else {})}
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
    if audience.people or audience.ledger_of:
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
    ended = campaigns().find_one_and_update(
        {"_id": campaign_id, "state": {"$in": ["draft", *LIVE_STATES]}},
        {"$set": {"state": state, "reason": reason, "finished_at": now}},
        return_document=ReturnDocument.AFTER,
    )
    if ended is None:
        raise errors.CampaignOver(state=get_campaign(campaign_id)["state"])
    ledger.cancel_all(campaign_id, now=now)
    return ended


def plan_campaign(campaign_id: str, *, now: datetime) -> None:
    """Write a campaign's ledger and wake workers for it; safe to run twice and after a kill."""
    campaign = campaigns().find_one_and_update(
        {"_id": campaign_id, "state": {"$in": ["scheduled", "planning"]}, "starts_at": {"$lte": now}},
        {"$set": {"state": "planning", "hinted_at": now}},
        return_document=ReturnDocument.AFTER,
    )
    if campaign is None:
        return
    count = planner.plan(campaign, now=now, planned=lambda: _note_planned(campaign, now=now))
    planned = {"state": "sending", "planned_at": now, "planned_count": count}
    if campaigns().update_one({"_id": campaign_id, "state": "planning"}, {"$set": planned}).matched_count:
        event("push.campaign_planned", campaign_id=campaign_id, devices=count)
        complete_if_done(campaign_id, now=now)
    elif get_campaign(campaign_id)["state"] in ("cancelled", "stopped"):
        # Cancelled while rows were still being written: those came after the cancelling.
        ledger.cancel_all(campaign_id, now=now)


def _note_planned(campaign: Mapping[str, Any], *, now: datetime) -> bool:
    wake(campaign["lane"], now=now)
    state = campaigns().find_one_and_update({"_id": campaign["_id"]}, {"$set": {"hinted_at": now}}, projection={"state": 1})
    return state is not None and state["state"] == "planning"


def complete_if_done(campaign_id: str, *, now: datetime) -> None:
    """Record that every batch of a campaign is over, with the ledger's sum."""
    if ledger.has_open(campaign_id):
        return
    totals = ledger.totals(campaign_id)
    done = {"state": "done", "finished_at": now, "totals": totals}
    if campaigns().update_one({"_id": campaign_id, "state": "sending"}, {"$set": done}).modified_count:
        event("push.campaign_done", campaign_id=campaign_id, **totals)
        wake("default", now=now)  # what an alert held back goes on


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


def record_first_sent(campaign: Mapping[str, Any], *, now: datetime) -> None:
    """Note when a campaign's first batch was through."""
    if campaign.get("first_sent_at") is None:
        campaigns().update_one({"_id": campaign["_id"], "first_sent_at": None}, {"$set": {"first_sent_at": now}})


def complete_all(*, now: datetime) -> None:
    """Complete campaigns whose last sender died between its batch and the campaign."""
    for campaign in campaigns().find({"state": "sending"}, {"_id": 1}).limit(SWEPT_MAX):
        complete_if_done(campaign["_id"], now=now)


def is_bulk_paused(*, now: datetime) -> bool:
    """Tell whether an extreme alert is going out, at most `PAUSE_CACHE_S` old. It holds bulk back for `PAUSE_MAX` at most."""
    global _pause_cache
    if time.monotonic() < _pause_cache[0]:
        return _pause_cache[1]
    going_out = {"state": {"$in": LIVE_STATES}, "lane": "alerts", "starts_at": {"$gt": now - PAUSE_MAX, "$lte": now}}
    paused = campaigns().find_one({**going_out, "urgency": "extreme"}, {"_id": 1}) is not None
    _pause_cache = (time.monotonic() + PAUSE_CACHE_S, paused)
    return paused


# Platforms that the service refuses


def _stops() -> Collection[dict[str, Any]]:
    collection: Collection[dict[str, Any]] = PlatformStop._get_collection()
    return collection


def stop_platform(platform: str, reason: str, *, now: datetime) -> None:
    """Hold pushes to a platform back for a while and warn; then one is tried again."""
    _stops().update_one({"_id": platform}, {"$set": {"until": now + PLATFORM_STOP, "reason": reason}}, upsert=True)
    event("push.platform_stopped", level=logging.ERROR, platform=platform, reason=reason)


def platform_stops() -> dict[str, datetime]:
    """Give until when each stopped platform is held back."""
    return {stop["_id"]: stop["until"] for stop in _stops().find()}


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
