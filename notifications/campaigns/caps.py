"""The daily cap: who had enough pushes today, and the digest that replaces what was held back.

The counts are kept in Redis, where they may be lost: then people get a few pushes more, never one message less.
"""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import redis
from pymongo import UpdateOne
from redis.exceptions import RedisError

from mvoting.core.settings import settings
from notifications.campaigns.audience import PEOPLE_MAX, Audience
from notifications.campaigns.models import HeldBack
from notifications.campaigns.services import existing, start_campaign
from notifications.campaigns.templates import TEMPLATES
from notifications.preferences import services as preferences
from notifications.preferences.rules import DEFAULT_DAILY_CAP

CITY_TIME = ZoneInfo("Asia/Seoul")
DIGEST_HOUR = 18
DIGEST_LIFETIME = timedelta(hours=12)
KEPT_S = 2 * 24 * 3600


def day_of(moment: datetime) -> str:
    """Give the digest day of a moment: what comes after the digest's hour belongs to the next."""
    return (moment.astimezone(CITY_TIME) + timedelta(hours=24 - DIGEST_HOUR)).date().isoformat()


def over_cap(people: Collection[str], *, now: datetime) -> set[str]:
    """Count one push for each of these people and give those who had enough already."""
    asked = sorted(people)
    caps = preferences.daily_caps(asked)
    counts = _count(asked, day_of(now))
    return {person for person, count in zip(asked, counts, strict=True) if count > caps.get(person, DEFAULT_DAILY_CAP)}


def _count(people: list[str], day: str) -> list[int]:
    key = f"push:cap:{day}"
    pipeline = _redis().pipeline(transaction=False)
    for person in people:
        pipeline.hincrby(key, person, 1)
    pipeline.expire(key, KEPT_S)
    try:
        counted: list[int] = pipeline.execute()[:-1]
    except RedisError:
        return [0] * len(people)
    return counted


@cache
def _redis() -> Any:
    return redis.Redis.from_url(settings().redis_url, socket_timeout=1, socket_connect_timeout=0.5)


def hold_back(people: Collection[str], *, now: datetime) -> None:
    """Note that these people get today's digest."""
    day = day_of(now)
    notes = [
        UpdateOne({"_id": f"{day}:{person}"}, {"$setOnInsert": {"day": day, "person_id": person, "at": now}}, upsert=True)
        for person in people
    ]
    if notes:
        HeldBack._get_collection().bulk_write(notes, ordered=False)


def send_digests(*, now: datetime) -> None:
    """Start the day's digest once its hour has come; the messages themselves are in the inbox already."""
    local = now.astimezone(CITY_TIME)
    if local.hour < DIGEST_HOUR:
        return
    day = local.date().isoformat()
    if existing([f"digest:{day}"]):
        return
    held = HeldBack._get_collection().find({"day": day}, {"person_id": 1}).sort("_id", 1)
    people = [row["person_id"] for row in held]
    # The plain id is stored last: it tells that all are there.
    for first in reversed(range(0, len(people), PEOPLE_MAX)):
        start_campaign(
            "digest",
            Audience(people=tuple(people[first : first + PEOPLE_MAX])),
            TEMPLATES["digest"].render({}),
            campaign_id=f"digest:{day}:{first}" if first else f"digest:{day}",
            expires_at=now + DIGEST_LIFETIME,
            now=now,
            link="/inbox",
            is_in_inbox=False,
            template=TEMPLATES["digest"].name,
        )


def export_personal_data(person_id: str) -> Mapping[str, Any]:
    """Give the days on which pushes to a person were held back."""
    return {"digests": [row["day"] for row in HeldBack._get_collection().find({"person_id": person_id}).limit(100)]}


def erase_personal_data(person_id: str) -> None:
    """Forget them."""
    HeldBack._get_collection().delete_many({"person_id": person_id})
