"""Campaigns that staff write: one drafts, another releases. Nobody alone rings every phone."""

import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pymongo import ReturnDocument

from mvoting.core.hints import hint
from mvoting.core.ids import new_id
from mvoting.core.log import event
from notifications.campaigns import errors, services
from notifications.campaigns.audience import Audience


def draft(entered: Mapping[str, Any], *, by: str, now: datetime) -> dict[str, Any]:
    """Store a draft, checked as it will be sent.

    Raises: CampaignInvalid (notifications.campaign-invalid, 422).
    """
    return services.start_campaign(
        "news",
        audience_of(entered["audience"]),
        entered["message"],
        campaign_id=new_id(),
        starts_at=entered.get("starts_at"),
        expires_at=entered["expires_at"],
        now=now,
        link=entered["link"],
        created_by={"kind": "staff", "id": by},
        is_draft=True,
    )


def audience_of(entered: Mapping[str, Any]) -> Audience:
    """Read an audience that staff chose.

    Raises: CampaignInvalid (422) when it is nobody.
    """
    try:
        return Audience(
            everyone=entered["everyone"],
            districts=tuple(entered["districts"]),
            languages=tuple(entered["languages"]),
            trust=entered.get("trust"),
        )
    except ValueError:
        raise errors.CampaignInvalid(reason_ko="받을 사람을 골라 주세요.", reason_en="choose who gets it.") from None


def devices_of(campaign: Mapping[str, Any]) -> int:
    """Count the phones that a draft would address now."""
    chosen = campaign["audience"]
    audience = {
        name: chosen.get(name) or standard for name, standard in (("everyone", False), ("districts", []), ("languages", []))
    }
    return services.preview(audience_of({**audience, "trust": chosen.get("trust")}))["devices"]


def release(campaign_id: str, *, by: str, now: datetime) -> dict[str, Any]:
    """Let a colleague's draft go out at its time.

    Raises: CampaignNotFound (404), NeedsSecondPerson (notifications.needs-second-person, 403), CampaignOver (409).
    """
    released = services.campaigns().find_one_and_update(
        {"_id": campaign_id, "state": "draft", "created_by.id": {"$ne": by}, "expires_at": {"$gt": now}},
        [
            {
                "$set": {
                    "state": "scheduled",
                    "released_by": by,
                    "released_at": now,
                    "hinted_at": now,
                    "starts_at": {"$max": ["$starts_at", now]},
                }
            }
        ],
        return_document=ReturnDocument.AFTER,
    )
    if released is None:
        raise _refusal(campaign_id, by)
    event("push.campaign_released", level=logging.WARNING, campaign_id=campaign_id, staff_id=by)
    if released["starts_at"] <= now:
        hint("notifications.plan_campaign", campaign_id, queue=released["lane"])
    return released


def _refusal(campaign_id: str, by: str) -> Exception:
    campaign = services.get_campaign(campaign_id)
    if campaign["state"] == "draft" and campaign["created_by"].get("id") == by:
        return errors.NeedsSecondPerson()
    return errors.CampaignOver(state="expired" if campaign["state"] == "draft" else campaign["state"])
