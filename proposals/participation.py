"""Who takes part in proposals and debates: people by district and age band, month by month. Ballots are not looked at."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from mvoting.accounts import residents
from mvoting.core import figures
from proposals.debates.models import Participant
from proposals.ideas.models import Endorsement, Idea

FIGURE = "participation"
MONTHS = 12
# What counts as taking part: (what it is called, its documents, who, when).
ACTS = (
    ("ideas", Idea, "author_id", "published_at"),
    ("endorsements", Endorsement, "person_id", "at"),
    ("debaters", Participant, "person_id", "at"),
)


def months_until(now: datetime) -> list[tuple[str, datetime, datetime]]:
    """Give the last twelve months with their bounds, the present one last: ("2026-11", from, to)."""
    found = []
    for back in range(MONTHS - 1, -1, -1):
        start, end = _month(now, -back), _month(now, 1 - back)
        found.append((f"{start:%Y-%m}", start, end))
    return found


def _month(now: datetime, offset: int) -> datetime:
    year, month = divmod(now.year * 12 + now.month - 1 + offset, 12)
    return now.replace(year=year, month=month + 1, day=1, hour=0, minute=0, second=0, microsecond=0)


def refresh(*, now: datetime) -> None:
    """Count the present month anew, and months that were never counted once they are over; a past month stays as it was."""
    stored = figures.kept(FIGURE)
    counted = stored["value"] if stored else {}
    fresh = {}
    for name, start, end in months_until(now):
        known = counted.get(name)
        fresh[name] = known if known and known["is_over"] else _count(start, end, now)
    figures.keep(FIGURE, fresh, now=now)


def _count(start: datetime, end: datetime, now: datetime) -> dict[str, Any]:
    people: set[str] = set()
    acts = {}
    for name, document, who, when in ACTS:
        found = list(_people(document, who, when, start, end))
        acts[name] = sum(count for _, count in found)
        people.update(person_id for person_id, _ in found if person_id)
    groups: dict[str, dict[str, int]] = {}
    for (district, band), count in residents.groups_of(people, now=now).items():
        groups.setdefault(district or residents.NOT_KNOWN, {})[band or residents.NOT_KNOWN] = count
    return {"people": len(people), "acts": acts, "groups": groups, "is_over": end <= now}


def _people(document: Any, who: str, when: str, start: datetime, end: datetime) -> Iterator[tuple[str | None, int]]:
    pipeline = [{"$match": {when: {"$gte": start, "$lt": end}}}, {"$group": {"_id": f"${who}", "n": {"$sum": 1}}}]
    for found in document._get_collection().aggregate(pipeline, allowDiskUse=True):
        yield found["_id"], found["n"]
