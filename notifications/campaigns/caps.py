"""The daily cap: who had enough pushes today, and the digest that replaces what was held back.

A person's day is one document that names the messages counted so far, in their order. So counting a message twice changes
nothing, and a batch that is sent again after a kill finds the same answer.
"""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from pymongo import UpdateOne
from pymongo.collection import Collection as MongoCollection

from notifications.campaigns.audience import PEOPLE_MAX, Audience
from notifications.campaigns.models import PushDay
from notifications.campaigns.services import existing, start_campaign
from notifications.preferences import services as preferences
from notifications.preferences.rules import DAILY_CAP_MAX, DEFAULT_DAILY_CAP
from notifications.templates import services as templates

CITY_TIME = ZoneInfo("Asia/Seoul")
DIGEST_HOUR = 18
DIGEST_LIFETIME = timedelta(hours=12)


def day_of(moment: datetime) -> str:
    """Give the digest day of a moment: what comes after the digest's hour belongs to the next."""
    return (moment.astimezone(CITY_TIME) + timedelta(hours=24 - DIGEST_HOUR)).date().isoformat()


def over_cap(people: Collection[str], campaign_id: str, *, now: datetime) -> set[str]:
    """Count a message for each of these people, once, and give those who had enough before it."""
    asked, day = sorted(people), day_of(now)
    if not asked:
        return set()
    fixed = {"day": day, "at": now}
    _days().bulk_write(
        [
            UpdateOne(
                {"_id": f"{day}:{person}"}, [{"$set": {**fixed, "person_id": person, "counted": _with(campaign_id)}}], upsert=True
            )
            for person in asked
        ],
        ordered=False,
    )
    caps = preferences.daily_caps(asked)
    days = _days().find({"_id": {"$in": [f"{day}:{person}" for person in asked]}}, {"person_id": 1, "counted": 1})
    return {
        row["person_id"] for row in days if campaign_id not in row["counted"][: caps.get(row["person_id"], DEFAULT_DAILY_CAP)]
    }


def _with(campaign_id: str) -> dict[str, Any]:
    """Add an id to the list of those counted, unless it is there or nobody's cap is that high."""
    counted = {"$ifNull": ["$counted", []]}
    is_enough = {"$or": [{"$in": [campaign_id, counted]}, {"$gte": [{"$size": counted}, DAILY_CAP_MAX]}]}
    return {"$cond": [is_enough, counted, {"$concatArrays": [counted, [campaign_id]]}]}


def _days() -> MongoCollection[dict[str, Any]]:
    collection: MongoCollection[dict[str, Any]] = PushDay._get_collection()
    return collection


def hold_back(people: Collection[str], *, now: datetime) -> None:
    """Note that these people get today's digest."""
    day = day_of(now)
    notes = [
        UpdateOne(
            {"_id": f"{day}:{person}"},
            {"$set": {"is_held": True}, "$setOnInsert": {"day": day, "person_id": person, "counted": [], "at": now}},
            upsert=True,
        )
        for person in people
    ]
    if notes:
        _days().bulk_write(notes, ordered=False)


def send_digests(*, now: datetime) -> None:
    """Start the day's digest once its hour has come; the messages themselves are in the inbox already."""
    local = now.astimezone(CITY_TIME)
    if local.hour < DIGEST_HOUR:
        return
    day = local.date().isoformat()
    if existing([f"digest:{day}"]):
        return
    held = _days().find({"day": day, "is_held": True}, {"person_id": 1}).sort("_id", 1)
    people = [row["person_id"] for row in held]
    message, template = templates.render("digest", {})
    # The plain id is stored last: it tells that all are there.
    for first in reversed(range(0, len(people), PEOPLE_MAX)):
        start_campaign(
            "digest",
            Audience(people=tuple(people[first : first + PEOPLE_MAX])),
            message,
            campaign_id=f"digest:{day}:{first}" if first else f"digest:{day}",
            expires_at=now + DIGEST_LIFETIME,
            now=now,
            link="/inbox",
            is_in_inbox=False,
            template=template,
        )


def export_personal_data(person_id: str) -> Mapping[str, Any]:
    """Give the days on which pushes to a person were counted, how many, and whether some were held back."""
    days = _days().find({"person_id": person_id}).limit(100)
    counted = [{"day": row["day"], "pushes": len(row["counted"]), "is_held": bool(row.get("is_held"))} for row in days]
    return {"push_days": counted}


def erase_personal_data(person_id: str) -> None:
    """Forget them."""
    _days().delete_many({"person_id": person_id})
