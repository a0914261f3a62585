"""Tasks of duty phones: safe to run twice, lost without harm."""

from celery import shared_task

from mvoting.core.clock import now
from notifications.duty import services


@shared_task(name="duty.knock")
def knock() -> None:
    """Ring for drafts that wait."""
    services.knock(now=now())
