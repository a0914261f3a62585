"""Sweeps of moderation; each may run twice at once."""

from celery import shared_task

from mvoting.core.clock import now
from proposals.moderation import services


@shared_task(name="proposals.finish_decisions")
def finish_decisions() -> None:
    """Apply decisions whose process died between the case and its text."""
    services.finish_decisions()


@shared_task(name="proposals.look_at_polls")
def look_at_polls() -> None:
    """Look at citizens' polls that no staff member saw before they were published."""
    services.look_at_polls(now=now())
