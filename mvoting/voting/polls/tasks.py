"""Sweeps over polls; each may run twice at once."""

from celery import shared_task

from mvoting.core.clock import now
from mvoting.voting.polls import services


@shared_task(name="voting.open_and_close_polls")
def open_and_close_polls() -> None:
    """Record openings and closings whose time has come."""
    services.record_openings(now=now())
    services.record_closings(now=now())
