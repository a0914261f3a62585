"""When a row of readings raises an alarm and when it clears. Pure; late readings are simply scanned in their place."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

SEOUL = ZoneInfo("Asia/Seoul")
FUTURE_MAX = timedelta(minutes=2)
PAST_MAX = timedelta(days=7)


@dataclass(frozen=True)
class Reading:
    """A value at a time."""

    at: datetime
    value: float


@dataclass(frozen=True)
class Limits:
    """When to raise and when to clear.

    `threshold` must be reached for `duration`, without a silence longer than `gap_max`. The alarm clears only when `clear_at`,
    on the calm side of the threshold, is reached for as long: a value that wavers about the threshold raises one alarm.
    """

    threshold: float
    clear_at: float
    duration: timedelta
    gap_max: timedelta
    is_above: bool = True

    def is_raising(self, value: float) -> bool:
        return value >= self.threshold if self.is_above else value <= self.threshold

    def is_clearing(self, value: float) -> bool:
        return value <= self.clear_at if self.is_above else value >= self.clear_at


def limits_gap(limits: Limits) -> str | None:
    """Tell what is wrong with limits: `clear-at` when it lies on the wrong side of the threshold, or nothing."""
    is_wrong = limits.clear_at > limits.threshold if limits.is_above else limits.clear_at < limits.threshold
    return "clear-at" if is_wrong else None


def raised_by(readings: Sequence[Reading], limits: Limits, *, now: datetime) -> Reading | None:
    """Give the reading that raises the alarm, None while there is none.

    A row that ended longer ago than `gap_max` raises nothing: what comes in late tells about the past.
    """
    rows = [row for row in _rows(readings, limits.gap_max, limits.is_raising) if _lasts(row, limits)]
    return _decisive(rows[-1], limits) if rows and rows[-1][-1].at >= now - limits.gap_max else None


def cleared_by(readings: Sequence[Reading], limits: Limits) -> Reading | None:
    """Give the reading that clears the alarm, None while it stands."""
    rows = _rows(readings, limits.gap_max, limits.is_clearing)
    return next((_decisive(row, limits) for row in rows if _lasts(row, limits)), None)


def _rows(readings: Iterable[Reading], gap_max: timedelta, holds: Callable[[float], bool]) -> Iterator[list[Reading]]:
    """Give the unbroken rows of readings for which the condition holds."""
    row: list[Reading] = []
    for reading in sorted(readings, key=lambda each: each.at):
        if row and (not holds(reading.value) or reading.at - row[-1].at > gap_max):
            yield row
            row = []
        if holds(reading.value):
            row.append(reading)
    if row:
        yield row


def _lasts(row: Sequence[Reading], limits: Limits) -> bool:
    return row[-1].at - row[0].at >= limits.duration


def _decisive(row: Sequence[Reading], limits: Limits) -> Reading:
    """Give the first reading at which the condition had held for the whole duration."""
    return next(reading for reading in row if reading.at - row[0].at >= limits.duration)


def time_refusal(at: datetime, *, now: datetime) -> str | None:
    """Tell why a reading's time is not credible: `future`, `too-old` or nothing."""
    if at > now + FUTURE_MAX:
        return "future"
    return "too-old" if at < now - PAST_MAX else None


def filled(text: str, *, station: str, value: float, unit: str, at: datetime) -> str:
    """Fill a template's {station}, {value}, {unit} and {time}; anything else in braces stays as it is."""
    fields: Mapping[str, str] = {
        "{station}": station,
        "{value}": f"{value:g}",
        "{unit}": unit,
        "{time}": at.astimezone(SEOUL).strftime("%H:%M"),
    }
    for name, word in fields.items():
        text = text.replace(name, word)
    return text
