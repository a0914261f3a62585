"""Tasks of CAP feeds."""

from celery import shared_task

from mvoting.core import lease
from mvoting.core.clock import now
from notifications.feeds import poller

POLL_LEASE_S = 120.0


@shared_task(name="feeds.poll")
def poll() -> None:
    """Fetch every source's feed, one process at a time."""
    if lease.acquire("feeds.poll", seconds=POLL_LEASE_S) is None:
        return
    try:
        poller.poll(now=now())
    finally:
        lease.release("feeds.poll")
