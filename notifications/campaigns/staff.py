"""Campaigns that staff write: one drafts, another releases. Nobody alone rings every phone."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from pymongo import ReturnDocument
from pymongo.client_session import ClientSession

from mvoting.core import audit
from mvoting.core.database import in_transaction
from mvoting.core.hints import hint
from mvoting.core.ids import new_id
from notifications.campaigns import audience as audiences
from notifications.campaigns import composing, errors, ledger, services
from notifications.campaigns.audience import Audience
from notifications.campaigns.rules import default_spread_s
from notifications.people_lists import services as people_lists
from notifications.templates import services as templates
from notifications.templates.rules import TemplateError

Document = dict[str, Any]


def draft(entered: Mapping[str, Any], *, by: str, now: datetime) -> Document:
    """Store a draft, checked as it will be sent.

    Raises: CampaignInvalid (notifications.campaign-invalid, 422), TemplateNotFound (404), ListNotFound (404).
    """
    message, template = _text(entered)
    starts_at = entered.get("starts_at") or now
    minutes = entered.get("spread_minutes")
    campaign = composing.compose(
        "news",
        audience_of(entered["audience"]),
        message,
        campaign_id=new_id(),
        starts_at=starts_at,
        expires_at=entered["expires_at"],
        now=now,
        link=entered["link"],
        created_by={"kind": "staff", "id": by},
        template=template,
        spread_s=default_spread_s(starts_at) if minutes is None else minutes * 60.0,
        state="draft",
    )

    def write(session: ClientSession) -> Document:
        services.campaigns().insert_one(campaign, session=session)
        return campaign

    return _audited("draft", by, "", write)


def _text(entered: Mapping[str, Any]) -> tuple[dict[str, dict[str, str]], str | None]:
    if "message" in entered:
        return entered["message"], None
    chosen = entered["template"]
    try:
        return templates.render(chosen["key"], chosen["values"])
    except TemplateError as error:
        raise errors.CampaignInvalid(reason_ko=f"템플릿의 빈칸을 채워 주세요({error}).", reason_en=f"{error}.") from None


def audience_of(entered: Mapping[str, Any]) -> Audience:
    """Read an audience that staff chose: without districts, topics and lists look among everybody.

    Raises: CampaignInvalid (422) when it is nobody, ListNotFound (404).
    """
    people_lists.require(entered["lists"])
    is_narrowed = bool(entered["topics"] or entered["lists"])
    try:
        return Audience(
            everyone=entered["everyone"] or (is_narrowed and not entered["districts"]),
            districts=tuple(entered["districts"]),
            languages=tuple(entered["languages"]),
            trust=entered.get("trust"),
            topics=tuple(entered["topics"]),
            lists=tuple(entered["lists"]),
        )
    except ValueError:
        raise errors.CampaignInvalid(reason_ko="받을 사람을 골라 주세요.", reason_en="choose who gets it.") from None


def devices_of(campaign: Mapping[str, Any]) -> int:
    """Count the phones that a draft, as it is shown to staff, would address now."""
    stored = services.get_campaign(campaign["_id"])
    return services.preview(audiences.from_document(stored["audience"]))["devices"]


def release(campaign_id: str, *, by: str, now: datetime) -> Document:
    """Let a colleague's draft go out at its time; what a poll tells a long list in parts goes out in all of them.

    Raises: CampaignNotFound (404), NeedsSecondPerson (notifications.needs-second-person, 403), CampaignOver (409).
    """
    changes = {
        "state": "scheduled",
        "released_by": by,
        "released_at": now,
        "hinted_at": now,
        "starts_at": {"$max": ["$starts_at", now]},
    }

    def write(session: ClientSession) -> Document:
        released = services.campaigns().find_one_and_update(
            {"_id": campaign_id, "state": "draft", "created_by.id": {"$ne": by}, "expires_at": {"$gt": now}},
            [{"$set": changes}],
            return_document=ReturnDocument.AFTER,
            session=session,
        )
        if released is None:
            raise _refusal(campaign_id, by)
        parts = {"_id": {"$gt": f"{campaign_id}:", "$lt": f"{campaign_id};"}, "state": "draft"}
        services.campaigns().update_many(parts, [{"$set": changes}], session=session)
        return released

    released = _audited("release", by, "", write)
    if released["starts_at"] <= now:
        hint("notifications.plan_campaign", campaign_id, queue=released["lane"])
    return released


def cancel(campaign_id: str, reason: str, *, by: str, now: datetime) -> Document:
    """Stop a campaign, also while it runs; one person suffices.

    Raises: CampaignNotFound (404), CampaignOver (409), AlertsHaveTheirOwn (409).
    """
    if services.get_campaign(campaign_id)["lane"] == "alerts":
        raise errors.AlertsHaveTheirOwn

    def write(session: ClientSession) -> Document:
        return services.mark_ended(campaign_id, "cancelled", reason, now=now, session=session)

    cancelled = _audited("cancel", by, reason, write)
    ledger.cancel_all(campaign_id, now=now)
    return cancelled


def _refusal(campaign_id: str, by: str) -> Exception:
    campaign = services.get_campaign(campaign_id)
    if campaign["state"] == "draft" and campaign["created_by"].get("id") == by:
        return errors.NeedsSecondPerson()
    return errors.CampaignOver(state="expired" if campaign["state"] == "draft" else campaign["state"])


def _audited(act: str, by: str, reason: str, write: Callable[[ClientSession], Document]) -> Document:
    def both(session: ClientSession) -> Document:
        campaign = write(session)
        audience = services.shown_to_staff(campaign)["audience"]
        after = {"state": campaign["state"], "audience": audience, "message": campaign["message"]}
        target = f"campaign:{campaign['_id']}"
        audit.record(f"campaigns.{act}", target, staff_id=by, reason=reason, after=after, session=session)
        return campaign

    return in_transaction(both)
