"""Tasks of alerts: safe to run twice, lost without harm."""

from celery import shared_task

from mvoting.core.clock import now
from notifications.alerts import services


@shared_task(name="alerts.carry_on")
def carry_on() -> None:
    """Bring every alert to where it should stand by now."""
    services.carry_on(now=now())
