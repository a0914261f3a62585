"""The port between campaigns and whatever carries a push: what is sent, what comes back, and what that means."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple, Protocol


class Verdict(StrEnum):
    """What the sender must do next; one for each row of FCM's error table."""

    ACCEPTED = "accepted"
    DEAD = "dead"  # the address is gone: forget it, if it is still the stored one
    BAD_ADDRESS = "bad-address"  # refused for its form: set aside, never prune
    WRONG_SENDER = "wrong-sender"  # belongs to another project: set aside, warn when many
    BAD_MESSAGE = "bad-message"  # the payload is wrong: stop the campaign
    SLOW_DOWN = "slow-down"  # quota: wait and shrink the rate
    RETRY = "retry"  # may have been delivered or not: again, until the message expires
    PLATFORM_REFUSED = "platform-refused"  # APNs or web push credentials: stop that platform, warn
    NOT_AUTHORISED = "not-authorised"  # our own credentials: stop and warn


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one push ended; `code` is the service's own word for it, `retry_after_s` what it asked for."""

    verdict: Verdict
    code: str = ""
    retry_after_s: float | None = None


ACCEPTED = Outcome(Verdict.ACCEPTED)


class Push(NamedTuple):
    """One message to one phone. `kind` is `token` or `fid`; `platform` is `android`, `ios` or `web`."""

    kind: str
    value: str
    platform: str
    payload: "Payload"


class Payload(Protocol):
    """A message without its address."""

    def addressed(self, kind: str, value: str) -> bytes:
        """Give the request body for one address."""

    def message(self, kind: str, value: str) -> Any:
        """Give the same as the SDK's own message."""


# Called once for each push that was settled; a false answer stops the run.
Report = Callable[[int, Outcome], bool]


class PushGateway(Protocol):
    """Send pushes. Pushes that were never reported were not sent and remain to be done."""

    def send(self, pushes: Sequence[Push], report: Report, throttle: "Throttle") -> float:
        """Send until done or stopped; give the seconds to wait before the rest is tried (0: nothing asks for a wait)."""

    def close(self) -> None:
        """Close what this process holds open."""


class Throttle(Protocol):
    """Permission to send, shared by all workers."""

    def take(self, count: int) -> float:
        """Take `count` permits; give 0 when granted, else the seconds to wait before asking again."""

    def slow_down(self, retry_after_s: float) -> None:
        """Hold all sending of this lane for `retry_after_s` and shrink the rate."""
