"""Sweeps over ideas; each may run twice at once."""

from datetime import timedelta

from celery import shared_task

from mvoting.core.clock import now
from proposals import events
from proposals.ideas.services import endorsing, sweeping

LOOK_BACK = timedelta(minutes=5)


@shared_task(name="proposals.sweep_ideas")
def sweep_ideas() -> None:
    """Expire, cross thresholds, open and close debates, remind of promised replies."""
    sweeping.sweep(now=now())


@shared_task(name="proposals.refresh_counts")
def refresh_counts() -> None:
    """Bring the orders of lists up to the counts, and mend counts whose request died halfway."""
    endorsing.refresh_ranks(since=now() - timedelta(minutes=1))
    endorsing.reconcile(since=now() - LOOK_BACK, now=now())


@shared_task(name="proposals.reconcile_all_counts")
def reconcile_all_counts() -> None:
    """Compare the count of every collecting idea with its endorsements."""
    endorsing.reconcile_all(now=now())


@shared_task(name="proposals.relay_events")
def relay_events() -> None:
    """Put what happened into the one order that others read."""
    events.relay()
