"""How many took part in polls, month by month of their closing. Only polls whose result is public count."""

from datetime import datetime
from typing import Any

from mvoting.core import figures
from mvoting.voting.polls.models import Poll

FIGURE = "turnout"


def refresh(*, since: datetime, now: datetime) -> None:
    """Count the published polls that closed since a moment, and their ballots."""
    pipeline = [
        {"$match": {"state": "published", "closes_at": {"$gte": since}}},
        {
            "$group": {
                "_id": {"$dateToString": {"format": "%Y-%m", "date": "$closes_at"}},
                "polls": {"$sum": 1},
                "ballots": {"$sum": "$result.ballots"},
            }
        },
    ]
    found: list[dict[str, Any]] = list(Poll._get_collection().aggregate(pipeline))
    value = {month["_id"]: {"polls": month["polls"], "ballots": month["ballots"]} for month in found}
    figures.keep(FIGURE, value, now=now)
