"""Sweeps over polls; each may run twice at once."""

from celery import shared_task

from mvoting.core.clock import now
from mvoting.voting.polls import rolls, services


@shared_task(name="voting.open_and_close_polls")
def open_and_close_polls() -> None:
    """Record openings and closings whose time has come."""
    services.record_openings(now=now())
    services.record_closings(now=now())


@shared_task(name="voting.read_roll")
def read_roll(upload_id: str) -> None:
    """Read an uploaded roll."""
    rolls.read_upload(upload_id)


@shared_task(name="voting.read_rolls")
def read_rolls() -> None:
    """Read the uploads whose hint was lost or whose reader died."""
    for upload_id in rolls.waiting_uploads():
        rolls.read_upload(upload_id)
