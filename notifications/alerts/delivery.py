"""Alerts as campaigns: the only place where alerts meet the ledger and the sender.

A campaign carries its alert's id, so that an alert can have one campaign only, whoever starts it and however often.
"""

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from mvoting.core.database import database_now
from mvoting.core.districts import DISTRICTS
from notifications.alerts.hazards import AlertClass
from notifications.alerts.rules import Kind
from notifications.campaigns import holds
from notifications.campaigns import services as campaigns
from notifications.campaigns.audience import Audience
from notifications.campaigns.errors import CampaignNotFound, CampaignOver

LANE = "alerts"
KINDS = {"extreme": "alert_extreme", "severe": "alert_severe", "advisory": "alert_advisory"}
OVER = ("done", "cancelled", "stopped")


def make_way(alert: Mapping[str, Any]) -> None:
    """Hold bulk back while an extreme alert is being released."""
    if alert["alert_class"] == AlertClass.EXTREME:
        holds.make_way()


def start(alert: Mapping[str, Any], *, now: datetime) -> None:
    """Store the alert's campaign, if it is not there, and tell the alert workers; nothing once the alert is over."""
    if alert["expires_at"] > now:
        _start(alert, now=now)


def stop(alert: Mapping[str, Any], *, now: datetime) -> None:
    """See to it that no further push of this alert is sent.

    Where no campaign is stored yet, a cancelled one takes its place: a process that is about to start it finds that.
    """
    if alert["expires_at"] > now:
        _start(alert, now=now, starts_at=alert["expires_at"] - timedelta(milliseconds=1), is_in_inbox=False)
    with suppress(CampaignNotFound, CampaignOver):
        campaigns.cancel_campaign(alert["_id"], "cancelled", now=now)


def _start(alert: Mapping[str, Any], *, now: datetime, **options: Any) -> None:
    # By the database's clock where this server's is ahead: those who send go by it, and would wait until then.
    options.setdefault("starts_at", min(now, database_now()))
    original_id = alert.get("original_id") or alert["_id"]
    campaigns.start_campaign(
        KINDS[alert["alert_class"]],
        audience_of(alert),
        {language: {"title": alert["titles"][language], "body": alert["texts"][language]} for language in alert["texts"]},
        campaign_id=alert["_id"],
        message_id=original_id,
        revision=alert["revision"],
        expires_at=alert["expires_at"],
        now=now,
        link=f"/alerts/{alert['_id']}",
        data={"alert_id": original_id, "message_type": alert["kind"], "mode": alert["mode"]},
        created_by={"kind": "alert", "id": alert["_id"]},
        **options,
    )


def audience_of(alert: Mapping[str, Any]) -> Audience:
    """Give whom an alert addresses: the people of its area; a correction or all-clear, the ledger of its original."""
    mode = alert["mode"]
    if alert["kind"] != Kind.ALERT:
        return Audience(ledger_of=alert["original_id"], alert_mode=mode)
    area = alert["area"]
    if len(area["named"]) == len(DISTRICTS):
        return Audience(everyone=True, alert_mode=mode)
    return Audience(
        alert_mode=mode,
        districts=tuple(area["named"]),
        shapes=tuple(alert["shapes"]),
        shape_districts=tuple(code for code in area["districts"] if code not in area["named"]),
    )


def audience_count(alert: Mapping[str, Any]) -> int:
    """Count the phones that would be addressed now."""
    return campaigns.preview(audience_of(alert))["devices"]


def progress(alert_id: str) -> dict[str, int]:
    """Give how many phones stand where; empty before release."""
    try:
        return campaigns.progress(alert_id)
    except CampaignNotFound:
        return {}


def is_over(alert: Mapping[str, Any], *, now: datetime) -> bool:
    """Tell whether no push of this alert can go out any more."""
    try:
        return campaigns.get_campaign(alert["_id"])["state"] in OVER
    except CampaignNotFound:
        return alert["expires_at"] <= now
