"""Pure decisions about debates."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

DEEPEST = 3
SILENT_EDIT = timedelta(minutes=5)
LONGEST_DEBATE = timedelta(days=180)
MOST_VERSIONS = 50
MOST_PINNED = 5


def phase(debate: Mapping[str, Any], *, now: datetime) -> str:
    """Tell a debate's phase by its times: scheduled, open or closed."""
    if now < debate["opens_at"]:
        return "scheduled"
    return "open" if now < debate["closes_at"] else "closed"


def period_is_valid(opens_at: datetime, closes_at: datetime, *, now: datetime) -> bool:
    return max(opens_at, now) < closes_at <= max(opens_at, now) + LONGEST_DEBATE


def side_is_missing(debate: Mapping[str, Any], side: str | None, *, is_reply: bool, is_official: bool) -> bool:
    return debate["sides"] == "sides" and not is_reply and not is_official and side is None


def side_is_too_much(debate: Mapping[str, Any], side: str | None, *, is_reply: bool) -> bool:
    return side is not None and (debate["sides"] == "none" or is_reply)


def edit_is_silent(created_at: datetime, *, now: datetime) -> bool:
    """Within five minutes an edit replaces the text; later the earlier version stays to be read."""
    return now - created_at <= SILENT_EDIT
