"""Which sender and which throttles this process uses, by its settings."""

import atexit
from functools import cache

from mvoting.core.settings import settings
from notifications.channels.fcm.credentials import AccessTokens
from notifications.channels.fcm.pooled import PooledGateway
from notifications.channels.fcm.sdk import SdkGateway
from notifications.channels.gateway import PushGateway
from notifications.channels.throttle import SharedThrottle


@cache
def gateway() -> PushGateway:
    """Give this process's sender; its loop and connections are made at first use, after fork."""
    chosen = settings()
    tokens = AccessTokens(chosen.firebase_credentials)
    sender = SdkGateway if chosen.push_sender == "sdk" else PooledGateway
    made = sender(chosen.fcm_url, chosen.firebase_project, tokens, timeout_s=chosen.push_timeout_s)
    atexit.register(made.close)
    return made


@cache
def throttle(lane: str) -> SharedThrottle:
    """Give the shared throttle of a lane, `default` or `alerts`."""
    chosen = settings()
    return SharedThrottle(chosen.redis_url, chosen.firebase_project, is_bulk=lane != "alerts", rate_per_s=chosen.push_rate_per_s)
