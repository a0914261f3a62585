"""Figures as the rows and points that a chart is drawn from."""

from typing import Any

from admin.words import band, localized
from mvoting.accounts.residents import BANDS


def bar_rows(totals: dict[str, str], names: dict[str, str]) -> list[tuple[str, float]]:
    """Give a round's totals as rows of a chart, the most first."""
    rows = [(names.get(option, option), float(votes)) for option, votes in totals.items()]
    return sorted(rows, key=lambda row: -row[1])


def month_points(months: dict[str, Any]) -> list[tuple[str, float]]:
    """Give people taking part as points of a chart."""
    return [(month, figure["people"]) for month, figure in months.items()]


def case_points(months: dict[str, Any]) -> list[tuple[str, float]]:
    """Give cases of moderation as points of a chart."""
    return [(month, figure["cases"]) for month, figure in months.items()]


def band_points(rows: list[tuple[str, list[int | None]]]) -> list[tuple[str, float]]:
    """Add a table's shown counts up by age band, as rows of a chart."""
    return [(band(first), sum(counts[place] or 0 for _, counts in rows)) for place, first in enumerate(BANDS)]


def reply_points(replies: list[dict[str, Any]]) -> list[tuple[str, float]]:
    """Give departments' median days as rows of a chart, the slowest first."""
    rows = [(row["department"] or "–", row["median_days"]) for row in replies if row["median_days"] is not None]
    return sorted(rows, key=lambda row: -row[1])


def zip_names(ids: Any, options: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """Pair option ids with their names."""
    return [(option_id, localized(option["title"])) for option_id, option in zip(ids, options, strict=True)]
