"""Decisions about preferences. Pure: the clock is an argument."""

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from notifications.preferences.kinds import KINDS

DEFAULT_TIMEZONE = "Asia/Seoul"
DEFAULT_DAILY_CAP, DAILY_CAP_MAX = 8, 50


def wants_push(muted: list[str], kind: str) -> bool:
    """Tell whether a push of this kind may be sent; kinds that cannot be muted always may."""
    return not KINDS[kind].can_mute or kind not in muted


def quiet_until(quiet: Mapping[str, Any] | None, kind: str, *, now: datetime) -> datetime | None:
    """Give the end of the quiet hours that `now` falls in, None outside them and for kinds that pass them.

    Args: quiet: {"start": "22:00", "end": "07:00", "timezone": IANA name}; they may pass midnight.
    """
    if not quiet or KINDS[kind].passes_quiet_hours:
        return None
    local = now.astimezone(ZoneInfo(quiet["timezone"]))
    start, end = time.fromisoformat(quiet["start"]), time.fromisoformat(quiet["end"])
    present = local.time()
    is_quiet = start <= present < end if start <= end else present >= start or present < end
    if not is_quiet:
        return None
    day = local.date() if present < end else local.date() + timedelta(days=1)
    return datetime.combine(day, end, tzinfo=local.tzinfo).astimezone(now.tzinfo)
