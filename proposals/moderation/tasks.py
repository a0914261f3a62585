"""Sweeps of moderation; each may run twice at once."""

from celery import shared_task

from proposals.moderation import services


@shared_task(name="proposals.finish_decisions")
def finish_decisions() -> None:
    """Apply decisions whose process died between the case and its text."""
    services.finish_decisions()
