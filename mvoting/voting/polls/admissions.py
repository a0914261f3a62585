"""Letting people in: on site by the changing code or by distance, into a room by its password; who is on a roll."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from mvoting.accounts import throttle
from mvoting.core.secrets import derive_key, keyed
from mvoting.core.settings import settings
from mvoting.voting.polls import errors, rolls, rooms
from mvoting.voting.polls.audiences import ON_SITE_FOR, is_within
from mvoting.voting.polls.models import Admission, Poll
from mvoting.voting.polls.venue import is_venue_code, seconds_left, venue_code

ROOM_KEPT = timedelta(days=365)


def is_admitted(audience: Mapping[str, Any], poll_id: str, person_id: str) -> bool:
    """Tell whether a person is on the poll's roll, or was let in and still is; False where neither is asked for."""
    match audience["kind"]:
        case "list":
            return rolls.is_listed(poll_id, person_id)
        case "on_site" | "room":
            query = {"_id": _key(poll_id, person_id), "$expr": {"$gt": ["$until", "$$NOW"]}}
            return Admission._get_collection().find_one(query, {"_id": 1}) is not None
        case _:
            return False


def admit_by_code(poll: Mapping[str, Any], person_id: str, code: str, *, now: datetime) -> datetime:
    """Let a person in who sees the venue's screen. Returns: until when.

    Raises: AdmissionRefused (voting.admission-refused, 403), TooManyTries (accounts.too-many-tries, 429).
    """
    limit = throttle.Limit(f"venue:{poll['_id']}:{person_id}", free=10)
    throttle.require_free(limit)
    audience = poll["definition"]["audience"]
    if audience.get("by") != "code" or not is_venue_code(_venue_key(), poll["_id"], code, now=now):
        throttle.count_failure(limit)
        raise errors.AdmissionRefused
    return _admit(poll["_id"], person_id, now + ON_SITE_FOR)


def admit_by_distance(poll: Mapping[str, Any], person_id: str, latitude: float, longitude: float, *, now: datetime) -> datetime:
    """Let a person in whose phone claims to be near the place. Only that it passed is kept. Returns: until when.

    Raises: AdmissionRefused (voting.admission-refused, 403).
    """
    audience = poll["definition"]["audience"]
    if audience.get("by") != "distance" or not is_within(audience, latitude, longitude):
        raise errors.AdmissionRefused
    return _admit(poll["_id"], person_id, now + ON_SITE_FOR)


def enter_room(number: str, password: str, person_id: str, *, now: datetime) -> Mapping[str, Any]:
    """Let a person into a private room until long after its poll, so that the result can be read. Returns: the poll.

    Raises: RoomNotFound (voting.room-not-found, 404), TooManyTries (accounts.too-many-tries, 429).
    """
    # By person, so that nobody can lock a room for others.
    limits = throttle.Limit(f"room:{number}:{person_id}", free=5), throttle.Limit(f"rooms:{person_id}", free=15)
    throttle.require_free(*limits)
    poll = Poll._get_collection().find_one({"room.number": number})
    is_there = poll is not None and poll["state"] != "draft" and not poll.get("is_hidden")
    if not rooms.opens(poll["room"] if poll and is_there else None, password) or poll is None:
        throttle.count_failure(*limits)
        raise errors.RoomNotFound
    _admit(poll["_id"], person_id, poll["closes_at"] + ROOM_KEPT)
    return poll


def venue_screen(poll: Mapping[str, Any], *, now: datetime) -> dict[str, Any]:
    """Give what the venue's screen shows now: the code, the address that its QR code leads to, for how many seconds.

    Raises: PollContentInvalid (422) when the poll has no venue code.
    """
    if poll["definition"]["audience"].get("by") != "code":
        raise errors.PollContentInvalid(errors={"audience": ["this poll has no venue code"]})
    code = venue_code(_venue_key(), poll["_id"], now=now)
    address = f"{settings().public_url}/polls/{poll['_id']}?code={code}"
    return {"code": code, "address": address, "seconds_left": seconds_left(now=now)}


def count(poll_id: str) -> int:
    """Count the people who were let into a room."""
    return Admission._get_collection().count_documents({"poll": poll_id})


def forget(poll_id: str) -> None:
    """Forget who was on site and on the roll, once the result is out. Rooms keep their people, who may read it."""
    rolls.forget(poll_id)
    poll = Poll._get_collection().find_one({"_id": poll_id}, {"room": 1})
    if poll is None or "room" not in poll:
        Admission._get_collection().delete_many({"poll": poll_id})


def _admit(poll_id: str, person_id: str, until: datetime) -> datetime:
    Admission._get_collection().update_one(
        {"_id": _key(poll_id, person_id)}, {"$set": {"poll": poll_id, "until": until}}, upsert=True
    )
    return until


def _key(poll_id: str, person_id: str) -> str:
    return keyed("poll-admission", f"{poll_id}:{person_id}")


def _venue_key() -> bytes:
    return derive_key("venue-code")
