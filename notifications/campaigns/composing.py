"""A campaign's document and the pushes made of it; nothing here reads or writes."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from notifications.campaigns import audience as audiences
from notifications.campaigns import errors
from notifications.campaigns.audience import Audience
from notifications.channels.fcm.messages import Content, FcmPayload, PayloadTooLarge
from notifications.preferences.kinds import KINDS


def compose(
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
    state: str = "scheduled",
) -> dict[str, Any]:
    """Give a campaign's document, checked as it will be sent; nothing is stored.

    Args: message: {"ko": {"title", "body"}, "en": {…}}, `ko` required. message_id, revision: a newer revision of a
    message replaces the older on the phones. spread_s: batches begin spread over so many seconds.
    Raises: CampaignInvalid (notifications.campaign-invalid, 422).
    """
    campaign: dict[str, Any] = {
        "_id": campaign_id,
        **_way(kind),
        "audience": audience.document(),
        "selectors": audiences.selectors(audience),
        "message": {language: dict(text) for language, text in message.items()},
        "message_id": message_id or campaign_id,
        "revision": revision,
        "link": link,
        "data": dict(data or {}),
        "template": template,
        "state": state,
        "starts_at": starts_at or now,
        "expires_at": expires_at,
        "spread_s": spread_s,
        "created_by": dict(created_by or {}),
        "is_in_inbox": is_in_inbox,
        **_new(now),
    }
    _refuse_invalid(campaign, now=now)
    return campaign


def _new(now: datetime) -> dict[str, Any]:
    return {"version": 1, "created_at": now, "hinted_at": now}


def _way(kind: str) -> dict[str, str]:
    """Give what a kind decides: how urgent it is, and in which lane it goes."""
    urgency = KINDS[kind].urgency
    return {"kind": kind, "urgency": urgency, "lane": "default" if urgency == "normal" else "alerts"}


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
