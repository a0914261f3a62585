"""Polls that citizens ask citizens: how many a day, and whether the city looks first."""

from datetime import datetime, timedelta
from typing import Any

from pymongo.client_session import ClientSession
from pymongo.errors import DuplicateKeyError

from mvoting.core import audit, log
from mvoting.core.city_time import CITY_TIME
from mvoting.core.database import in_transaction
from mvoting.core.pagination import keyset_page
from mvoting.core.problems import PreconditionFailed
from mvoting.core.secrets import keyed
from mvoting.voting.polls import errors, services
from mvoting.voting.polls.models import Poll, PollPolicy, PollQuota

DEFAULT_POLICY = {"is_reviewed": True, "daily_limit": 3}


def policy() -> dict[str, Any]:
    """Give the city's policy on citizens' polls, with its version, 0 until it was first changed."""
    stored = PollPolicy._get_collection().find_one({"_id": "citizens"}, {"_id": 0})
    return {**DEFAULT_POLICY, "version": 0, **(stored or {})}


def set_policy(is_reviewed: bool, daily_limit: int, *, staff_id: str, version: int | None = None) -> dict[str, Any]:
    """Decide about citizens' polls from now on.

    Args: version: the one that was seen; None overwrites whatever there is.
    Raises: PreconditionFailed (core.changed-meanwhile, 412) when somebody changed it since.
    """
    decided = {"is_reviewed": is_reviewed, "daily_limit": daily_limit}
    expected = {"_id": "citizens"} | ({} if version is None else {"version": version or {"$exists": False}})
    change = {"$set": decided, "$inc": {"version": 1}}

    def write(session: ClientSession) -> None:
        before: dict[str, Any] | None = PollPolicy._get_collection().find_one_and_update(
            expected, change, projection={"_id": 0, "version": 0}, upsert=not version, session=session
        )
        if before is None and version:
            raise PreconditionFailed
        known = before or DEFAULT_POLICY
        audit.record("polls.set_policy", "poll_policy:citizens", staff_id=staff_id, before=known, after=decided, session=session)

    try:
        in_transaction(write)
    except DuplicateKeyError:
        raise PreconditionFailed from None
    log.event("voting.poll_policy_set", is_reviewed=is_reviewed, daily_limit=daily_limit)
    return policy()


def start_poll(
    content: dict[str, Any], opens_at: datetime, closes_at: datetime, person_id: str, *, now: datetime, room_password: str
) -> dict[str, Any]:
    """Let a citizen start a poll: scheduled at once, or waiting for the city's look, as the policy says.

    Raises: DailyPollLimit (voting.daily-poll-limit, 429), PollTimesInvalid, PollContentInvalid (422), PictureNotFound (404).
    """
    rules = policy()
    by = {"kind": "person", "id": person_id}
    _count_one(person_id, rules["daily_limit"], now=now)
    try:
        poll = services.create_poll(content, opens_at, closes_at, by, now=now, room_password=room_password)
    except Exception:
        _count_back(person_id, now=now)
        raise
    # A private room is not public, so nobody has to look first.
    if rules["is_reviewed"] and "room" not in poll:
        return _set_review(poll["_id"], {"review": "waiting"}, expected={"review": None}, act="submit", staff_id=None)
    return services.schedule_poll(poll["_id"], now=now, staff_id=None)


def waiting_for_review(*, after: str | None, limit: int) -> tuple[list[dict[str, Any]], str | None]:
    """List citizens' polls that wait for the city's look, the oldest first."""
    fields = {"salt": 0, "room": 0}
    return keyset_page(
        Poll._get_collection(), {"review": "waiting"}, sort=[("_id", 1)], after=after, limit=limit, projection=fields
    )


def approve(poll_id: str, *, now: datetime, staff_id: str, version: int | None = None) -> dict[str, Any]:
    """Let a waiting poll run.

    Args: version: of the poll that was looked at; None where that does not matter.
    Raises: PollNotFound (404), PollStateChanged (409), PollTimesInvalid (422) when its time is over, PreconditionFailed (412).
    """
    _require_waiting(poll_id)
    return services.schedule_poll(poll_id, now=now, staff_id=staff_id, is_waiting=True, version=version)


def refuse(poll_id: str, reason: str, *, staff_id: str) -> dict[str, Any]:
    """Tell the author of a waiting poll why it does not run; it can be changed and handed in again.

    Raises: PollNotFound (404), PollStateChanged (409).
    """
    _require_waiting(poll_id)
    marks, expected = {"review": "refused", "review_reason": reason}, {"review": "waiting"}
    return _set_review(poll_id, marks, expected=expected, act="refuse", staff_id=staff_id)


def _require_waiting(poll_id: str) -> None:
    poll = services.poll_document(poll_id)
    if poll.get("review") != "waiting":
        raise errors.PollStateChanged(state=poll["state"])


def _set_review(
    poll_id: str, marks: dict[str, str], *, expected: dict[str, Any], act: str, staff_id: str | None
) -> dict[str, Any]:
    reason = marks.get("review_reason", "")
    wanted = {"state": "draft", **expected}
    changed = services.change_poll(poll_id, wanted, {"$set": marks}, act=act, staff_id=staff_id, reason=reason)
    if changed is None:
        raise errors.PollStateChanged(state=services.poll_document(poll_id)["state"])
    return changed


def _count_one(person_id: str, limit: int, *, now: datetime) -> None:
    try:
        PollQuota._get_collection().update_one(
            {"_id": _day_key(person_id, now), "count": {"$lt": limit}},
            {"$inc": {"count": 1}, "$setOnInsert": {"expires_at": now + timedelta(days=2)}},
            upsert=True,
        )
    except DuplicateKeyError:  # the document is there and its count is not below the limit
        raise errors.DailyPollLimit(limit=limit) from None


def _count_back(person_id: str, *, now: datetime) -> None:
    PollQuota._get_collection().update_one({"_id": _day_key(person_id, now)}, {"$inc": {"count": -1}})


def _day_key(person_id: str, now: datetime) -> str:
    return keyed("poll-quota", f"{person_id}:{now.astimezone(CITY_TIME).date().isoformat()}")
