"""The reports' figures: refreshed in the background, read by the page, small groups hidden at reading."""

from collections import Counter
from datetime import datetime
from typing import Any

from celery import shared_task

from mvoting.accounts import residents
from mvoting.accounts.residents import BANDS
from mvoting.core import figures, lease
from mvoting.core.clock import now
from mvoting.core.districts import DISTRICTS
from mvoting.core.small_groups import SHOWN_MIN, suppressed
from mvoting.voting.polls import turnout
from proposals import participation
from proposals.ideas.services import reading
from proposals.moderation import figures as moderation

REPLIES = "replies"
NAMES = [residents.FIGURE, participation.FIGURE, moderation.FIGURE, turnout.FIGURE, REPLIES]
LEASE_S = 600.0


@shared_task(name="reports.refresh", time_limit=int(LEASE_S))
def refresh_task() -> None:
    """Compute the figures of the reports anew, in one place at a time."""
    if lease.acquire("reports", seconds=LEASE_S) is None:
        return
    try:
        refresh(now=now())
    finally:
        lease.release("reports")


def refresh(*, now: datetime) -> None:
    """Compute the figures of the reports anew."""
    residents.refresh_counts(now=now)
    participation.refresh(now=now)
    moderation.refresh(now=now)
    turnout.refresh(since=participation.months_until(now)[0][1], now=now)
    figures.keep(REPLIES, reading.reply_statistics(now=now), now=now)


def read(*, now: datetime) -> dict[str, dict[str, Any]]:
    """Give all figures, each {"value", "at"}; computed here only where a new city has none yet."""
    found = figures.kept_many(NAMES)
    if len(found) < len(NAMES):
        refresh(now=now)
        found = figures.kept_many(NAMES)
    return found


def people_by_group(groups: dict[str, dict[str, int]]) -> list[tuple[str, list[int | None]]]:
    """Give a table of districts by age bands without small groups: [(district, [count or None for each band])].

    Counts are rounded down to tens: from one table alone nobody can be picked out, but a month could be computed from the
    year and the other months, and a newcomer from the tables of yesterday and today.
    """
    codes = list(DISTRICTS)
    counted = [[groups.get(code, {}).get(band, 0) for band in BANDS] for code in codes]
    rounded = [[None if count is None else count // SHOWN_MIN * SHOWN_MIN for count in row] for row in suppressed(counted)]
    return list(zip(codes, rounded, strict=True))


def shown_total(counts: dict[str, int]) -> int | None:
    """Give a line's total, or None where it is itself a small group."""
    total = sum(counts.values())
    return total if total >= SHOWN_MIN else None


def months(value: dict[str, Any], period: str) -> dict[str, dict[str, int]]:
    """Add up the groups of a month, or of all months when `period` names none; a person counts once in each month."""
    wanted = [value[period]] if period in value else list(value.values())
    added: dict[str, Counter[str]] = {}
    for month in wanted:
        for district, bands in month["groups"].items():
            added.setdefault(district, Counter()).update(bands)
    return {district: dict(bands) for district, bands in added.items()}
