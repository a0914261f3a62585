"""The rate that all workers share: a token bucket in Redis, with a smaller share for bulk than for everything.

Redis may be gone or flushed: then each process falls back to a bucket of its own at a part of the rate.
"""

import math
import threading
import time
from dataclasses import dataclass, field
from typing import Any

import redis
from redis.exceptions import RedisError

# FCM's quota is 600,000 a minute for a project; the rest is left for what other senders of the project do.
DEFAULT_RATE_PER_S = 9_000.0
BULK_SHARE = 0.6
LOCAL_SHARE = 0.25
REDIS_PAUSE_S = 5.0
MAX_HOLD_S = 3600

# KEYS: all, bulk, hold. ARGV: rate, bulk rate, wanted, is bulk. Times are Redis's own.
# A bucket holds one second's worth, or what is wanted at once where that is more: a low rate grants it too, in its time.
# The rate factor halves at each quota refusal and grows back by 1 % a second.
_TAKE = """
local t = redis.call('TIME'); local now = t[1] + t[2] / 1000000
local hold = tonumber(redis.call('HGET', KEYS[3], 'until') or '0')
if hold > now then return tostring(hold - now) end
local factor = tonumber(redis.call('HGET', KEYS[3], 'factor') or '1')
local since = tonumber(redis.call('HGET', KEYS[3], 'since') or tostring(now))
factor = math.min(1, factor + (now - since) * 0.01)
local wanted = tonumber(ARGV[3]); local wait = 0; local left = {}
for i = 1, (ARGV[4] == '1') and 2 or 1 do
  local rate = tonumber(ARGV[i]) * factor
  local b = redis.call('HMGET', KEYS[i], 'left', 'at')
  local holds = math.max(rate, wanted)
  local have = math.min(holds, tonumber(b[1] or holds) + (now - tonumber(b[2] or now)) * rate)
  left[i] = have
  if have < wanted then wait = math.max(wait, (wanted - have) / rate) end
end
if wait > 0 then return tostring(wait) end
for i, have in ipairs(left) do
  redis.call('HSET', KEYS[i], 'left', tostring(have - wanted), 'at', tostring(now))
  redis.call('EXPIRE', KEYS[i], 60)
end
return '0'
"""

_SLOW_DOWN = """
local t = redis.call('TIME'); local now = t[1] + t[2] / 1000000
local factor = tonumber(redis.call('HGET', KEYS[1], 'factor') or '1')
local since = tonumber(redis.call('HGET', KEYS[1], 'since') or tostring(now))
factor = math.min(1, factor + (now - since) * 0.01)
redis.call('HSET', KEYS[1], 'until', tostring(now + ARGV[1]), 'factor', tostring(math.max(0.1, factor / 2)), 'since', tostring(now))
redis.call('EXPIRE', KEYS[1], 7200)
return 1
"""

_HOLD = """
local t = redis.call('TIME'); local now = t[1] + t[2] / 1000000
local before = tonumber(redis.call('HGET', KEYS[1], 'until') or '0')
redis.call('HSET', KEYS[1], 'until', tostring(math.max(before, now + ARGV[1])))
redis.call('EXPIRE', KEYS[1], 7200)
return 1
"""


@dataclass(slots=True)
class LocalBucket:
    """A token bucket of one process. Times are seconds of a monotonic clock."""

    rate_per_s: float
    left: float = 0.0
    at: float = 0.0
    asking: threading.Lock = field(default_factory=threading.Lock, repr=False)  # batches that overlap ask from threads

    def take(self, count: int, now: float) -> float:
        """Take `count`, or give the seconds to wait."""
        with self.asking:
            holds = max(self.rate_per_s, count)
            past = max(0.0, now - self.at)  # the other thread may have looked at the clock later
            self.left = min(holds, self.left + past * self.rate_per_s) if self.at else self.rate_per_s
            self.at = max(self.at, now)
            if self.left < count:
                return (count - self.left) / self.rate_per_s
            self.left -= count
            return 0.0


class SharedThrottle:
    """The throttle of one lane; `Throttle`."""

    def __init__(self, redis_url: str, project: str, *, is_bulk: bool, rate_per_s: float = DEFAULT_RATE_PER_S) -> None:
        self._redis: Any = redis.Redis.from_url(redis_url, socket_timeout=1, socket_connect_timeout=0.5)
        lane = "bulk" if is_bulk else "alerts"
        self._keys = [f"push:{project}:all", f"push:{project}:bulk"]
        # A refusal that bulk earned does not hold alerts back, and the other way round.
        self._hold = f"push:{project}:hold:{lane}"
        self._is_bulk, self._rate = is_bulk, rate_per_s
        self._take = self._redis.register_script(_TAKE)
        self._slow_down = self._redis.register_script(_SLOW_DOWN)
        self._hold_lane = self._redis.register_script(_HOLD)
        self._local = LocalBucket(rate_per_s * (BULK_SHARE if is_bulk else 1.0) * LOCAL_SHARE)
        self._local_until = 0.0
        self._local_hold = 0.0

    def take(self, count: int) -> float:
        """Take `count` permits; give 0 when granted, else the seconds to wait before asking again."""
        now = time.monotonic()
        if now < self._local_hold:
            return self._local_hold - now
        if now < self._local_until:
            return self._local.take(count, now)
        try:
            arguments = [self._rate, self._rate * BULK_SHARE, count, int(self._is_bulk)]
            return float(self._take(keys=[*self._keys, self._hold], args=arguments))
        except RedisError:
            self._local_until = now + REDIS_PAUSE_S
            return self._local.take(count, now)

    def slow_down(self, retry_after_s: float) -> None:
        """Hold all sending of this lane for `retry_after_s` and halve its rate."""
        hold_s = min(max(math.ceil(retry_after_s), 1), MAX_HOLD_S)
        try:
            self._slow_down(keys=[self._hold], args=[hold_s])
        except RedisError:
            self._local_hold = time.monotonic() + hold_s

    def hold(self, seconds: float) -> None:
        """Hold all sending of this lane for a moment at its full rate afterwards; nothing without Redis."""
        if time.monotonic() < self._local_until:
            return
        try:
            self._hold_lane(keys=[self._hold], args=[seconds])
        except RedisError:
            self._local_until = time.monotonic() + REDIS_PAUSE_S
