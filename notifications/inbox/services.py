"""The inbox is read from the campaigns themselves: what was stored is there for everybody at once, pushed or not."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from pymongo import UpdateOne
from pymongo.collection import Collection

from mvoting.core.pagination import keyset_page
from notifications.campaigns import services as campaigns
from notifications.devices import services as devices
from notifications.inbox import readers
from notifications.inbox.models import Ack
from notifications.inbox.readers import Reader
from notifications.preferences.kinds import KINDS

KEPT = timedelta(days=60)
UNREAD_MAX = 99
ROUNDS_MAX = 5
SHOWN = ("message_id", "revision", "kind", "urgency", "message", "link", "data", "starts_at", "expires_at", "state")
EVENTS = ("received", "seen", "opened")


def _acks() -> Collection[dict[str, Any]]:
    collection: Collection[dict[str, Any]] = Ack._get_collection()
    return collection


def read(
    who: Reader, *, since: datetime | None, after: str | None, limit: int, now: datetime
) -> tuple[list[dict[str, Any]], str | None]:
    """Give one page of a person's messages, the newest first, each with how far it got.

    Raises: BadCursor (core.bad-cursor, 422).
    """
    found, following = _found(who, SHOWN, since=since, after=after, limit=limit, now=now)
    return _with_acks(who.person_id, found), following


def unread_count(who: Reader, *, now: datetime) -> int:
    """Count the messages that were not seen, up to `UNREAD_MAX`; their texts are not read."""
    found, _ = _found(who, ("starts_at",), since=None, after=None, limit=UNREAD_MAX, now=now)
    return len(found) - len(_seen(who.person_id, [campaign["_id"] for campaign in found]))


def _found(
    who: Reader, shown: Iterable[str], *, since: datetime | None, after: str | None, limit: int, now: datetime
) -> tuple[list[dict[str, Any]], str | None]:
    found: list[dict[str, Any]] = []
    condition = _condition(who, since=since, now=now)
    for _ in range(ROUNDS_MAX):
        page, following = keyset_page(
            campaigns.campaigns(),
            condition,
            sort=[("starts_at", -1), ("_id", -1)],
            after=after,
            limit=limit - len(found),
            projection=_shown_to(who, shown),
        )
        concerning = readers.concerning(who, page)
        found += [campaign for campaign in page if campaign["_id"] in concerning]
        after = following
        if following is None or len(found) >= limit:
            break
    return found, after


def _condition(who: Reader, *, since: datetime | None, now: datetime) -> dict[str, Any]:
    oldest = max(now - KEPT, since) if since else now - KEPT
    condition: dict[str, Any] = {
        "selectors": {"$in": who.selectors},
        "starts_at": {"$gt": oldest, "$lte": now},
        "is_in_inbox": True,
        # What was cancelled before anybody got it never happened; what some got stays, marked.
        "$or": [{"state": {"$nin": ["draft", "cancelled", "stopped"]}}, {"first_sent_at": {"$ne": None}}],
    }
    if who.hidden:
        condition["kind"] = {"$nin": list(who.hidden)}
    return condition


def _shown_to(who: Reader, shown: Iterable[str]) -> dict[str, Any]:
    """Read of each campaign what is shown and decided on, not its long list of people."""
    return {
        **dict.fromkeys(shown, 1),
        "audience": {"$unsetField": {"field": "people", "input": "$audience"}},
        "is_named": {"$in": [f"p:{who.person_id}", "$selectors"]},
    }


def _seen(person_id: str, campaign_ids: list[str]) -> list[str]:
    noted = {"person_id": person_id, "campaign_id": {"$in": campaign_ids}}
    seen = {"$or": [{"seen_at": {"$ne": None}}, {"opened_at": {"$ne": None}}]}
    return [ack["campaign_id"] for ack in _acks().find({**noted, **seen}, {"campaign_id": 1, "_id": 0})]


def _with_acks(person_id: str, found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    ids = [campaign["_id"] for campaign in found]
    acks = {ack["campaign_id"]: ack for ack in _acks().find({"person_id": person_id, "campaign_id": {"$in": ids}})}
    return [
        {
            **campaign,
            "is_seen": bool({"seen_at", "opened_at"} & acks.get(campaign["_id"], {}).keys()),
            "is_opened": "opened_at" in acks.get(campaign["_id"], {}),
            "is_withdrawn": campaign["state"] in ("cancelled", "stopped"),
        }
        for campaign in found
    ]


def acknowledge(person_id: str, acks: Iterable[Mapping[str, str]], *, now: datetime, device_id: str | None = None) -> int:
    """Note how far messages got, many at once; repeats change nothing, unknown messages are passed over.

    That a reminder was received is passed over as well: only phones of people who had not voted could say so.

    Args: acks: {"id": campaign id, "event": "received" | "seen" | "opened"}.
    Returns: how many were noted.
    """
    wanted = list(acks)
    kinds = campaigns.kinds_of([ack["id"] for ack in wanted])
    noted = [ack for ack in wanted if ack["id"] in kinds and not _tells_a_vote(ack["event"], kinds[ack["id"]])]
    writes = [_ack_write(person_id, ack["id"], ack["event"], now=now) for ack in noted]
    if writes:
        _acks().bulk_write(writes, ordered=False)
        if any(ack["event"] == "received" for ack in noted):
            devices.reached(person_id, now=now, device_id=device_id)
    return len(writes)


def _tells_a_vote(event: str, kind: str) -> bool:
    return event == "received" and KINDS[kind].is_reminder


def _ack_write(person_id: str, campaign_id: str, event: str, *, now: datetime) -> UpdateOne:
    fixed = {"person_id": person_id, "campaign_id": campaign_id}
    earliest = {"$min": {f"{event}_at": now, "first_at": now}}
    return UpdateOne({"_id": f"{person_id}:{campaign_id}"}, {"$setOnInsert": fixed, **earliest}, upsert=True)


def reach(campaign_id: str) -> dict[str, int]:
    """Count the people whose phones said that a message was received, seen and opened."""
    grouped = {event: {"$sum": {"$cond": [{"$gt": [f"${event}_at", None]}, 1, 0]}} for event in EVENTS}
    stages: list[dict[str, Any]] = [{"$match": {"campaign_id": campaign_id}}, {"$group": {"_id": None, **grouped}}]
    counted: dict[str, int] = next(iter(_acks().aggregate(stages)), dict.fromkeys(EVENTS, 0))
    return {event: counted[event] for event in EVENTS}


def export_personal_data(person_id: str) -> dict[str, Any]:
    """Give what phones acknowledged for a person, and the messages sent to this person by name."""
    named = campaigns.campaigns().find({"selectors": f"p:{person_id}"}, {"message": 1, "kind": 1, "starts_at": 1}).limit(1000)
    return {"acknowledgements": list(_acks().find({"person_id": person_id}).limit(5000)), "messages": list(named)}


def erase_personal_data(person_id: str) -> None:
    """Forget a person's acknowledgements and take the person out of audiences."""
    _acks().delete_many({"person_id": person_id})
    campaigns.forget_person(person_id)
