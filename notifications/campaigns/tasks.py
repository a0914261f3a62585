"""Tasks of campaigns: ids only, safe to run twice, lost without harm."""

from celery import shared_task

from mvoting.core.clock import now
from notifications.campaigns import sender, services


@shared_task(name="notifications.plan_campaign")
def plan_campaign(campaign_id: str) -> None:
    """Write a campaign's ledger."""
    services.plan_campaign(campaign_id, now=now())


@shared_task(name="notifications.send_batch")
def send_batch(batch_id: str) -> None:
    """Send what is left of a batch."""
    sender.send_batch(batch_id)


@shared_task(name="notifications.sweep_campaigns")
def sweep_campaigns() -> None:
    """Find what is due in the ordinary lane, whatever became of its hints."""
    services.hint_due("default", now=now())


@shared_task(name="notifications.sweep_alerts")
def sweep_alerts() -> None:
    """Find what is due in the alert lane."""
    services.hint_due("alerts", now=now())
