"""Sweeps over debates; each may run twice at once."""

from celery import shared_task

from mvoting.core.clock import now
from proposals.debates import services


@shared_task(name="proposals.tell_debate_closings")
def tell_debate_closings() -> None:
    """Tell participants of debates whose period is over."""
    services.tell_closings(now=now())
