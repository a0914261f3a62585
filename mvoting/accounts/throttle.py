"""Counting failed tries, so that guessing gets slow while the owner of the account still gets in."""

from dataclasses import dataclass
from datetime import timedelta

from mvoting.accounts.errors import TooManyTries
from mvoting.accounts.models import Throttle
from mvoting.core.clock import now
from mvoting.core.secrets import keyed

FORGOTTEN_AFTER = timedelta(hours=24)
BLOCK_MAX = timedelta(hours=1)


@dataclass(frozen=True)
class Limit:
    """After every `free` failures under `name`, the next try waits: one minute, then twice as long each time."""

    name: str
    free: int

    @property
    def key(self) -> str:
        return keyed("throttle", self.name)


def require_free(*limits: Limit) -> None:
    """Refuse while any of the limits blocks.

    Raises: TooManyTries (accounts.too-many-tries, 429).
    """
    at = now()
    blocked = Throttle._get_collection().find({"_id": {"$in": [limit.key for limit in limits]}, "blocked_until": {"$gt": at}})
    until = max((throttle["blocked_until"] for throttle in blocked), default=None)
    if until is not None:
        wait_s = int((until - at).total_seconds()) + 1
        raise TooManyTries(retry_after_s=wait_s, headers={"Retry-After": str(wait_s)})


def count_failure(*limits: Limit) -> None:
    """Count one failed try under each limit."""
    at = now()
    for limit in limits:
        stored = Throttle._get_collection().find_one_and_update(
            {"_id": limit.key},
            {"$inc": {"failures": 1}, "$set": {"expires_at": at + FORGOTTEN_AFTER}},
            upsert=True,
            return_document=True,
        )
        blocks, rest = divmod(stored["failures"], limit.free)
        if rest == 0:
            pause = min(timedelta(minutes=2 ** (min(blocks, 10) - 1)), BLOCK_MAX)
            Throttle._get_collection().update_one({"_id": limit.key}, {"$set": {"blocked_until": at + pause}})


def forget(*limits: Limit) -> None:
    """Forget the failures under these limits, after a success."""
    Throttle._get_collection().delete_many({"_id": {"$in": [limit.key for limit in limits]}})
