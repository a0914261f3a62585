"""Sweeps that turn stored state into campaigns; each may run twice at once."""

from celery import shared_task

from mvoting.core.clock import now
from notifications.announcements import accounts, polls, proposals


@shared_task(name="notifications.announce_polls")
def announce_polls() -> None:
    """Start campaigns about polls that opened, close soon or have a result."""
    polls.announce(now=now())


@shared_task(name="notifications.announce_proposals")
def announce_proposals() -> None:
    """Start campaigns about ideas and debates."""
    proposals.announce(now=now())


@shared_task(name="notifications.announce_near_thresholds")
def announce_near_thresholds() -> None:
    """Start campaigns about ideas that need only a few more endorsements."""
    proposals.announce_near(now=now())


@shared_task(name="notifications.announce_sign_outs")
def announce_sign_outs() -> None:
    """Tell people of a session that ended because its refresh token came back."""
    accounts.announce(now=now())
