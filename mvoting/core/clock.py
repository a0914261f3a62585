"""The process's clock. Deadlines that decide about ballots use the database's clock instead."""

from datetime import UTC, datetime, timedelta

from mvoting.core.settings import settings

_shift = timedelta()


def now() -> datetime:
    """Give the present moment, aware, UTC, in whole milliseconds as MongoDB stores them."""
    moment = datetime.now(UTC) + _shift + timedelta(seconds=settings().clock_offset_s)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def shift(by: timedelta) -> None:
    """Move this process's clock to real time plus `by`; refused in production."""
    global _shift
    if settings().is_production:
        raise RuntimeError("the clock is not moved in production")
    _shift = by
