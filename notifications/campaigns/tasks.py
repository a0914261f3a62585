"""Tasks of campaigns: ids only, safe to run twice, lost without harm."""

from celery import shared_task

from mvoting.core.clock import now
from mvoting.core.hints import hint
from notifications.campaigns import caps, ledger, pipeline, services

# Enough to keep the connections busy, few enough for other tasks to wait a second at most.
BATCHES_AT_ONCE = 5


@shared_task(name="notifications.plan_campaign")
def plan_campaign(campaign_id: str) -> None:
    """Write a campaign's ledger."""
    services.plan_campaign(campaign_id, now=now())


@shared_task(name="notifications.send_batches")
def send_batches(lane: str) -> None:
    """Send some batches that are due in a lane and leave a hint behind while there are more."""
    if pipeline.send_some(lane, limit=BATCHES_AT_ONCE) and ledger.due(lane, now=now(), limit=1):
        hint("notifications.send_batches", lane, queue=lane)


@shared_task(name="notifications.sweep_campaigns")
def sweep_campaigns() -> None:
    """Find what is due in the ordinary lane, whatever became of its hints."""
    services.sweep("default", now=now())


@shared_task(name="notifications.complete_campaigns")
def complete_campaigns() -> None:
    """Complete campaigns that nobody completed."""
    services.complete_all(now=now())


@shared_task(name="notifications.send_digests")
def send_digests() -> None:
    """Start the day's digest once its hour has come."""
    caps.send_digests(now=now())


@shared_task(name="notifications.sweep_alerts")
def sweep_alerts() -> None:
    """Find what is due in the alert lane."""
    services.sweep("alerts", now=now())
