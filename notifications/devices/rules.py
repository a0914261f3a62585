"""Decisions about devices. Pure: the clock is an argument."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

MAX_DEVICES = 10
# A phone that did not refresh its registration for a month is doubtful; Android drops tokens after 270 days.
STALE_AFTER = timedelta(days=30)
EXPIRED_AFTER = timedelta(days=270)


def condition(device: Mapping[str, Any], *, now: datetime) -> str:
    """Tell the truth about a device.

    Returns: `ready`, `blocked` (by the phone's own setting), `silent` (not heard of for a month), `expired`, `gone`
    (the address no longer exists) or `set_aside` (the service refuses the address).
    """
    if device["state"] == "dead":
        return "gone"
    if device["state"] == "quarantined":
        return "set_aside"
    if now - device["refreshed_at"] >= EXPIRED_AFTER:
        return "expired"
    if device.get("permission") == "denied":
        return "blocked"
    heard_at = max(device["refreshed_at"], device.get("reached_at") or device["refreshed_at"])
    return "silent" if now - heard_at >= STALE_AFTER else "ready"


def places(districts: list[str], position_district: str | None) -> list[str]:
    """Give the district codes by which a device is found."""
    return sorted({*districts, *([position_district] if position_district else [])})
