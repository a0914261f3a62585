"""Until when a page follows deliveries."""

from datetime import datetime, timedelta

from mvoting.core.clock import now

SETTLES = timedelta(seconds=15)
"""Senders close their books a moment after a message is through or stopped."""


def is_moving(is_live: bool, ended_at: datetime | None) -> bool:
    """Tell whether figures still move."""
    return is_live or (ended_at is not None and now() - ended_at < SETTLES)
