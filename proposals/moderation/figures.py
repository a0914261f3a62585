"""What moderation comes to, month by month: decisions, how long they took, appeals and what came of them."""

from datetime import datetime
from statistics import median
from typing import Any

from mvoting.core import figures
from proposals.moderation.models import Case
from proposals.participation import months_until

FIGURE = "moderation"
FIELDS = {
    "opened_at": 1,
    "because": 1,
    "decision.action": 1,
    "decision.at": 1,
    "history": {"$slice": 1},
    "appeal.state": 1,
    "appeal.outcome": 1,
}


def refresh(*, now: datetime) -> None:
    """Count the cases of twelve months, by the month in which they came in."""
    months = {name: _nothing() for name, _, _ in months_until(now)}
    hours: dict[str, list[float]] = {name: [] for name in months}
    first = months_until(now)[0][1]
    for case in Case._get_collection().find({"opened_at": {"$gte": first}}, FIELDS):
        name = f"{case['opened_at']:%Y-%m}"
        if name not in months:
            continue
        _add(months[name], case)
        if case.get("history"):  # the first decision: what came later was its correction
            hours[name].append((case["history"][0]["at"] - case["opened_at"]).total_seconds() / 3600)
    for name, took in hours.items():
        months[name]["median_hours"] = round(median(took), 1) if took else None
    figures.keep(FIGURE, months, now=now)


def _nothing() -> dict[str, Any]:
    return dict.fromkeys(("cases", "waiting", "hidden", "kept", "appeals", "reversed", "upheld", "appeals_waiting"), 0)


def _add(month: dict[str, Any], case: dict[str, Any]) -> None:
    month["cases"] += 1
    decision, appeal = case.get("decision"), case.get("appeal")
    if not decision:
        month["waiting"] += 1
    else:
        month["hidden" if decision["action"] == "hide" else "kept"] += 1
    if appeal:
        month["appeals"] += 1
        month[appeal.get("outcome") or "appeals_waiting"] += 1
