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
from mvoting.core.problems import PreconditionFailed
from notifications.campaigns import alone, composing, errors, ledger, services
from notifications.campaigns import audience as audiences
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
    campaign = {**_composed(new_id(), entered, now=now), "created_by": {"kind": "staff", "id": by}, "author_ids": [by]}

    def write(session: ClientSession) -> Document:
        services.campaigns().insert_one(campaign, session=session)
        return campaign

    return _audited("draft", by, "", write)


def edit(campaign_id: str, version: int, entered: Mapping[str, Any], *, by: str, now: datetime) -> Document:
    """Replace a draft that was seen at `version`; whoever changes it is an author too, and does not release it.

    Raises: CampaignNotFound (404), CampaignOver (409), PreconditionFailed (core.changed-meanwhile, 412), and as `draft`.
    """
    fresh = _composed(campaign_id, entered, now=now)
    kept = {"_id", "state", "created_at", "created_by"}
    changes = {name: value for name, value in fresh.items() if name not in kept} | {"version": version + 1}

    def write(session: ClientSession) -> Document:
        edited = services.campaigns().find_one_and_update(
            {"_id": campaign_id, "state": "draft", "created_by.kind": "staff", **_at_version(version)},
            {"$set": changes, "$addToSet": {"author_ids": by}},
            return_document=ReturnDocument.AFTER,
            session=session,
        )
        if edited is None:
            raise _edit_refusal(campaign_id)
        return edited

    return _audited("edit", by, "", write)


def _composed(campaign_id: str, entered: Mapping[str, Any], *, now: datetime) -> Document:
    message, template = message_of(entered)
    starts_at, minutes = entered.get("starts_at") or now, entered.get("spread_minutes")
    campaign = composing.compose(
        "news",
        audience_of(entered["audience"]),
        message,
        campaign_id=campaign_id,
        starts_at=starts_at,
        expires_at=entered["expires_at"],
        now=now,
        link=entered["link"],
        template=template,
        spread_s=default_spread_s(starts_at) if minutes is None else minutes * 60.0,
        state="draft",
    )
    return {**campaign, "template_values": entered["template"]["values"] if template else {}}


def _at_version(version: int) -> Document:
    """Match a draft at a version; one from before drafts had versions is at the first."""
    return {"version": {"$in": [1, None]} if version == 1 else version}


def message_of(entered: Mapping[str, Any]) -> tuple[dict[str, dict[str, str]], str | None]:
    """Give the message in each language, and the template's version by which it is made, if any.

    Raises: CampaignInvalid (422) naming an empty field, TemplateNotFound (404).
    """
    if "message" in entered:
        return entered["message"], None
    chosen = entered["template"]
    try:
        return templates.render(chosen["key"], chosen["values"])
    except TemplateError as error:
        named = ", ".join(error.fields)
        wrong = (f"문구의 빈칸을 채워 주세요({named}).", f"fill in {named}.") if named else ("문구가 너무 깁니다.", f"{error}.")
        raise errors.CampaignInvalid(reason_ko=wrong[0], reason_en=wrong[1]) from None


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


def release(campaign_id: str, version: int, *, by: str, now: datetime) -> Document:
    """Let a colleague's draft, as it was seen at `version`, go out at its time; a poll's notice to a long list in all its parts.

    Raises: CampaignNotFound (404), NeedsSecondPerson (notifications.needs-second-person, 403), TooManyAlone
    (notifications.too-many-alone, 403), CampaignOver (409), PreconditionFailed (core.changed-meanwhile, 412).
    """
    others = {"created_by.id": {"$ne": by}, "author_ids": {"$ne": by}}
    changes = {
        "state": "scheduled",
        "released_by": by,
        "released_at": now,
        "hinted_at": now,
        "starts_at": {"$max": ["$starts_at", now]},
    }

    def write(session: ClientSession) -> Document:
        released = services.campaigns().find_one_and_update(
            {"_id": campaign_id, "state": "draft", "expires_at": {"$gt": now}, **others, **_at_version(version)},
            [{"$set": changes}],
            return_document=ReturnDocument.AFTER,
            session=session,
        )
        if released is None:
            raise _refusal(campaign_id, by, now=now)
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


def is_author(campaign: Mapping[str, Any], staff_id: str) -> bool:
    """Tell whether somebody wrote or changed a campaign, and so cannot release it."""
    return staff_id in (campaign["created_by"].get("id"), *campaign.get("author_ids", []))


def _refusal(campaign_id: str, by: str, *, now: datetime) -> Exception:
    campaign = services.get_campaign(campaign_id)
    if campaign["state"] == "draft" and is_author(campaign, by):
        return errors.NeedsSecondPerson() if is_editable(campaign) else errors.TooManyAlone(limit=alone.limit())
    if campaign["state"] == "draft" and campaign["expires_at"] <= now:
        return errors.CampaignOver(state="expired")
    return _changed_meanwhile(campaign_id)


def _edit_refusal(campaign_id: str) -> Exception:
    if not is_editable(services.get_campaign(campaign_id)):
        return errors.CampaignInvalid(
            reason_ko="저절로 만들어진 소식은 고칠 수 없습니다.", reason_en="a message that was made by itself is not changed."
        )
    return _changed_meanwhile(campaign_id)


def is_editable(campaign: Mapping[str, Any]) -> bool:
    """Tell whether staff wrote a campaign themselves."""
    return campaign["created_by"].get("kind") == "staff"


def _changed_meanwhile(campaign_id: str) -> Exception:
    state = services.get_campaign(campaign_id)["state"]
    return PreconditionFailed() if state == "draft" else errors.CampaignOver(state=state)


def _audited(act: str, by: str, reason: str, write: Callable[[ClientSession], Document]) -> Document:
    def both(session: ClientSession) -> Document:
        campaign = write(session)
        audience = services.shown_to_staff(campaign)["audience"]
        after = {"state": campaign["state"], "audience": audience, "message": campaign["message"]}
        target = f"campaign:{campaign['_id']}"
        audit.record(f"campaigns.{act}", target, staff_id=by, reason=reason, after=after, session=session)
        return campaign

    return in_transaction(both)
