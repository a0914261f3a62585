"""The code on a venue's screen: another one every 30 seconds. Pure.

It shows that somebody stands before the screen, or is told the code by one who does: a live relay works, and nothing a
phone can send would prevent it.
"""

import base64
import hmac
from datetime import datetime
from hashlib import sha256

PERIOD_S = 30
LETTERS = 12  # 60 bits


def venue_code(key: bytes, poll_id: str, *, now: datetime) -> str:
    """Give the code that the screen shows at `now`."""
    return _code(key, poll_id, _step(now))


def is_venue_code(key: bytes, poll_id: str, code: str, *, now: datetime) -> bool:
    """Tell whether a code is shown now, or was until a period ago, so that a slow hand still gets in."""
    step = _step(now)
    given = code.strip().lower().encode()
    return any(hmac.compare_digest(_code(key, poll_id, at).encode(), given) for at in (step, step - 1))


def seconds_left(*, now: datetime) -> int:
    """Tell for how many seconds the present code is still shown."""
    return PERIOD_S - int(now.timestamp()) % PERIOD_S


def _step(now: datetime) -> int:
    return int(now.timestamp()) // PERIOD_S


def _code(key: bytes, poll_id: str, step: int) -> str:
    digest = hmac.digest(key, f"{poll_id}:{step}".encode(), sha256)
    return base64.b32encode(digest).decode().lower()[:LETTERS]
