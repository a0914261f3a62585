"""Campaigns about polls: opened, closing soon, result. Their ids follow from the poll, so a sweep may run at any time."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from mvoting.voting.polls import services as polls
from notifications.campaigns.audience import Audience
from notifications.campaigns.rules import SPREAD_S
from notifications.campaigns.services import existing, start_campaign
from notifications.campaigns.templates import TEMPLATES

CITY_TIME = ZoneInfo("Asia/Seoul")
# How far back a sweep looks: as long as it may have been down.
LOOK_BACK = timedelta(hours=24)
CLOSING_NOTICE = timedelta(hours=3)
# A poll that is open for less than this needs no reminder.
SHORT_POLL = timedelta(hours=12)
RESULT_LIFETIME = timedelta(days=3)


def announce(*, now: datetime) -> None:
    """Start the campaigns that are due about polls."""
    _start("poll_opened", polls.opened_since(now - LOOK_BACK, now=now), now=now)
    _start("poll_closing", _closing(now=now), now=now)
    _start("poll_result", polls.published_since(now - LOOK_BACK, now=now), now=now)


def _closing(*, now: datetime) -> list[dict[str, Any]]:
    closing = polls.closing_before(now + CLOSING_NOTICE, now=now)
    return [poll for poll in closing if poll["closes_at"] - poll["opens_at"] >= SHORT_POLL]


def _start(kind: str, found: list[dict[str, Any]], *, now: datetime) -> None:
    ids = {f"{kind}:{poll['_id']}": poll for poll in found}
    for campaign_id in ids.keys() - existing(list(ids)):
        poll = ids[campaign_id]
        audience = audience_of(poll["definition"]["audience"])
        expires_at = now + RESULT_LIFETIME if kind == "poll_result" else poll["closes_at"]
        if audience is None or expires_at <= now:
            continue
        start_campaign(
            kind,
            audience,
            TEMPLATES[kind].render({"title": poll["definition"]["title"], "closes": _local(poll["closes_at"])}),
            campaign_id=campaign_id,
            expires_at=expires_at,
            now=now,
            link=f"/polls/{poll['_id']}",
            data={"poll_id": poll["_id"]},
            spread_s=0.0 if kind == "poll_result" else spread_s(now),
            template=TEMPLATES[kind].name,
        )


def spread_s(now: datetime) -> float:
    """Spread a start near the full hour, when FCM has twice its load for two minutes."""
    return SPREAD_S if now.minute == 59 or now.minute < 2 else 0.0


def audience_of(audience: Mapping[str, Any]) -> Audience | None:
    """Give whom a poll's audience makes a campaign address; None for rooms and on-site polls, which nobody is pushed to."""
    match audience.get("kind"):
        case "everyone":
            return Audience(everyone=True)
        case "residents":
            return Audience(everyone=True, trust="resident")
        case "districts" | "profile" if audience.get("districts"):
            return Audience(districts=tuple(audience["districts"]))
    return None


def _local(moment: datetime) -> dict[str, str]:
    local = moment.astimezone(CITY_TIME)
    minutes = f" {local.minute}분" if local.minute else ""
    half = "오전" if local.hour < 12 else "오후"
    return {
        "ko": f"{local.month}월 {local.day}일 {half} {local.hour % 12 or 12}시{minutes}",
        "en": f"{local.day} {local:%b} {local:%H:%M}",
    }
