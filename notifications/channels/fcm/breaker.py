"""A circuit breaker: stop asking a service that does not answer, and try it again with one request at a time. Pure."""

from dataclasses import dataclass

FAILURES_TO_OPEN = 20
FIRST_OPEN_S = 2.0
MAX_OPEN_S = 60.0
PROBE_GRACE_S = 20.0


@dataclass(slots=True)
class Breaker:
    """Count failures in a row. Times are seconds of a monotonic clock.

    Closed: all pass. Open: none passes until `open_until`. Half open: one probe passes; its end decides.
    """

    failures: int = 0
    open_s: float = 0.0
    open_until: float = 0.0
    probe_until: float = 0.0

    def wait_s(self, now: float) -> float:
        """Give 0 when a request may pass (in the half-open state it is then the probe), else the seconds to wait."""
        if not self.open_s:
            return 0.0
        if now < self.open_until:
            return self.open_until - now
        if now < self.probe_until:
            return min(self.probe_until - now, 1.0)
        self.probe_until = now + PROBE_GRACE_S
        return 0.0

    def succeeded(self) -> None:
        """Note an answer of the service, also a refusal: it is alive."""
        self.failures, self.open_s, self.probe_until = 0, 0.0, 0.0

    def failed(self, now: float) -> None:
        """Note that no answer came, or one that says the service is down."""
        self.failures += 1
        is_probe = self.open_s > 0 and now >= self.open_until
        if is_probe or (not self.open_s and self.failures >= FAILURES_TO_OPEN):
            self.open_s = min(self.open_s * 2, MAX_OPEN_S) if self.open_s else FIRST_OPEN_S
            self.open_until = now + self.open_s
            self.probe_until = 0.0
