"""Decisions about sending. Pure: the clock and chance are arguments."""

import zlib
from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Any

from notifications.channels.gateway import Verdict
from notifications.preferences.kinds import KINDS
from notifications.preferences.rules import quiet_until, wants_push

BATCH_SIZE = 1000
# A planner notes its progress many times a second; one that is silent for so long is gone.
PLAN_LEASE = timedelta(seconds=5)
# No more than there are connections: so many answers come within one timeout, and the lease is prolonged in time.
CHECKPOINT_EVERY = 250
# With so many answers outstanding a batch keeps the connections busy no longer, and the next may begin.
LAST_AWAITED = 256
LOST_MAX = 5
BACKOFF_FIRST_S, BACKOFF_MAX_S = 2.0, 60.0
PLATFORM_STOP = timedelta(minutes=5)
PAUSE_POLL_S = 2.0
PAUSE_CACHE_S = 0.5
PAUSE_MAX = timedelta(minutes=10)
WRONG_SENDER_WARN_SHARE = 0.01
# When this many and this share of a run's addresses are called malformed, the message is at fault, not the phones.
SUSPECT_MIN, SUSPECT_SHARE = 20, 0.5
SPREAD_S = 120.0
UNSPREAD_BATCHES = 10


class Result(IntEnum):
    """What became of one phone; the byte in the ledger."""

    PENDING = 0
    SENT = 1
    DEAD = 2
    SET_ASIDE = 3
    MUTED = 4
    GONE = 5  # no longer registered, or dead already
    DIGEST = 6  # over the daily cap: told in the digest
    EXPIRED = 7
    CANCELLED = 8
    FAILED = 9
    BLOCKED = 10  # the phone's own setting forbids notifications; alerts are sent all the same
    HANDLED = 11  # of a reminder: sent, refused, or its owner had voted; which of them is not kept


RESULT_OF_VERDICT = {
    Verdict.ACCEPTED: Result.SENT,
    Verdict.DEAD: Result.DEAD,
    Verdict.BAD_ADDRESS: Result.SET_ASIDE,
    Verdict.WRONG_SENDER: Result.SET_ASIDE,
}


def counts(results: bytes) -> dict[str, int]:
    """Count a ledger row's results by name."""
    return {Result(code).name.lower(): number for code, number in sorted(Counter(results).items())}


def batch_id(campaign_id: str, number: int) -> str:
    """Give the one id that the `number`-th batch of a campaign can have."""
    return f"{campaign_id}:{number:06d}"


def default_spread_s(starts_at: datetime) -> float:
    """Spread a start near the full hour, when FCM has twice its load for two minutes."""
    return SPREAD_S if starts_at.minute == 59 or starts_at.minute < 2 else 0.0


def lease(timeout_s: float) -> timedelta:
    """Give how long a sender holds a batch between two checkpoints: two timeouts, because a refused credential makes it
    try twice, and time to write."""
    return timedelta(seconds=2 * timeout_s + 10)


def jitter_s(batch: str, number: int, spread_s: float) -> float:
    """Give a batch's share of the spread, the same at every planning. A small campaign needs none."""
    if number < UNSPREAD_BATCHES:
        return 0.0
    return spread_s * (zlib.crc32(batch.encode()) / 0xFFFFFFFF)


def backoff_s(attempt: int, chance: float) -> float:
    """Give the wait before attempt + 1: doubling, with half of it left to `chance` in [0, 1)."""
    longest = min(BACKOFF_FIRST_S * 2 ** min(attempt - 1, 10), BACKOFF_MAX_S)
    return longest * (0.5 + chance / 2)


def skip(device: Mapping[str, Any] | None, kind: str, alert_mode: str | None = None) -> Result | None:
    """Tell why nothing is sent to a device, None when something is; a test alert spares phones of the live city."""
    if device is None or device["state"] != "active" or (alert_mode and device.get("alert_mode") != alert_mode):
        return Result.GONE
    if device.get("permission") == "denied" and KINDS[kind].urgency == "normal":
        return Result.BLOCKED
    return None if wants_push(device.get("muted") or [], kind) else Result.MUTED


def held_until(device: Mapping[str, Any], kind: str, stops: Mapping[str, datetime], *, now: datetime) -> datetime | None:
    """Tell until when a push to a device waits: its owner's quiet hours, or a platform that is stopped."""
    if not stops and not device.get("quiet"):
        return None
    ends = [end for end in (quiet_until(device.get("quiet"), kind, now=now), stops.get(device["platform"])) if end and end > now]
    return max(ends, default=None)


def blames_the_message(verdicts: Counter[Verdict]) -> bool:
    """Tell whether so many addresses are called malformed that the payload must be wrong."""
    bad = verdicts[Verdict.BAD_ADDRESS]
    return bad >= SUSPECT_MIN and bad >= SUSPECT_SHARE * verdicts.total()
