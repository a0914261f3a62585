"""Sweeps that turn stored state into campaigns; each may run twice at once."""

from celery import shared_task

from mvoting.core.clock import now
from notifications.announcements import polls


@shared_task(name="notifications.announce_polls")
def announce_polls() -> None:
    """Start campaigns about polls that opened, close soon or have a result."""
    polls.announce(now=now())
