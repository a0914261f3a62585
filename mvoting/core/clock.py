"""The process's clock. Deadlines that decide about ballots use the database's clock instead."""

from datetime import UTC, datetime, timedelta

from mvoting.core.settings import settings

# A difference that is left: asking another clock takes a moment, and clocks that are kept by NTP differ by less.
TOLERATED = timedelta(seconds=2)

_shift = timedelta()
_correction = timedelta()


def now() -> datetime:
    """Give the present moment, aware, UTC, in whole milliseconds as MongoDB stores them."""
    moment = _machine() + _correction + _shift + timedelta(seconds=settings().clock_offset_s)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def follow(reference: datetime) -> timedelta:
    """Correct this process's clock by another that reads `reference` now. Returns: by how much the machine's is wrong."""
    global _correction
    wrong = reference - _machine()
    _correction = wrong if abs(wrong) > TOLERATED else timedelta()
    return _correction


def _machine() -> datetime:
    return datetime.now(UTC)


def shift(by: timedelta) -> None:
    """Move this process's clock to real time plus `by`; refused in production."""
    global _shift
    if settings().is_production:
        raise RuntimeError("the clock is not moved in production")
    _shift = by
