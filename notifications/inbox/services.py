"""The inbox is read from the campaigns themselves: what was stored is there for everybody at once, pushed or not."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pymongo import UpdateOne
from pymongo.collection import Collection

from mvoting.accounts import persons
from mvoting.core.pagination import keyset_page
from notifications.campaigns import audience as audiences
from notifications.campaigns import ledger
from notifications.campaigns import services as campaigns
from notifications.devices import services as devices
from notifications.inbox.models import Ack
from notifications.people_lists import services as people_lists
from notifications.preferences import services as preferences
from notifications.preferences.kinds import KINDS

KEPT = timedelta(days=60)
UNREAD_MAX = 99
ROUNDS_MAX = 5
SHOWN = ("message_id", "revision", "kind", "urgency", "message", "link", "data", "starts_at", "expires_at", "state")
EVENTS = ("received", "seen", "opened")


@dataclass(frozen=True)
class Reader:
    """Whose inbox is read."""

    person_id: str
    trust: str
    device_ids: tuple[str, ...]
    places: frozenset[str]
    languages: frozenset[str]
    facts_keys: tuple[str, ...]
    topics: tuple[str, ...]
    lists: tuple[str, ...]
    hidden: tuple[str, ...]


def _acks() -> Collection[dict[str, Any]]:
    collection: Collection[dict[str, Any]] = Ack._get_collection()
    return collection


def reader(person_id: str, trust: str) -> Reader:
    """Load what decides which messages concern a person."""
    owned = devices.list_devices(person_id)
    chosen = preferences.get_preferences(person_id)
    return Reader(
        person_id,
        trust,
        tuple(device["_id"] for device in owned),
        frozenset(place for device in owned for place in device.get("places") or ()),
        frozenset(device["language"] for device in owned),
        tuple(persons.confirmed_fact_keys(person_id)),
        tuple(chosen["topics"]),
        tuple(people_lists.lists_of(person_id)),
        tuple(chosen["hidden"]),
    )


def read(
    who: Reader, *, since: datetime | None, after: str | None, limit: int, now: datetime
) -> tuple[list[dict[str, Any]], str | None]:
    """Give one page of a person's messages, the newest first, each with how far it got.

    Raises: BadCursor (core.bad-cursor, 422).
    """
    found: list[dict[str, Any]] = []
    condition = _condition(who, since=since, now=now)
    for _ in range(ROUNDS_MAX):
        page, following = keyset_page(
            campaigns.campaigns(),
            condition,
            sort=[("starts_at", -1), ("_id", -1)],
            after=after,
            limit=limit - len(found),
            projection=_shown_to(who),
        )
        found += [campaign for campaign in page if _concerns(who, campaign)]
        after = following
        if following is None or len(found) >= limit:
            break
    return _with_acks(who.person_id, found), after


def unread_count(who: Reader, *, now: datetime) -> int:
    """Count the messages that were not seen, up to `UNREAD_MAX`."""
    items, _ = read(who, since=None, after=None, limit=UNREAD_MAX, now=now)
    return sum(1 for item in items if not item["is_seen"])


def _condition(who: Reader, *, since: datetime | None, now: datetime) -> dict[str, Any]:
    oldest = max(now - KEPT, since) if since else now - KEPT
    condition: dict[str, Any] = {
        "selectors": {"$in": audiences.selectors_of_person(who.person_id, who.places)},
        "starts_at": {"$gt": oldest, "$lte": now},
        "is_in_inbox": True,
        # What was cancelled before anybody got it never happened; what some got stays, marked.
        "$or": [{"state": {"$nin": ["draft", "cancelled", "stopped"]}}, {"first_sent_at": {"$ne": None}}],
    }
    if who.hidden:
        condition["kind"] = {"$nin": list(who.hidden)}
    return condition


def _shown_to(who: Reader) -> dict[str, Any]:
    """Read of each campaign what is shown and decided on, not its long list of people."""
    return {
        **dict.fromkeys(SHOWN, 1),
        "audience": {"$unsetField": {"field": "people", "input": "$audience"}},
        "is_named": {"$in": [f"p:{who.person_id}", "$selectors"]},
    }


def _concerns(who: Reader, campaign: Mapping[str, Any]) -> bool:
    named = {"people": [who.person_id]} if campaign["is_named"] else {}
    audience = audiences.from_document({**campaign["audience"], **named})
    if audience.ledger_of:
        return ledger.holds_any(campaign["_id"], list(who.device_ids)) or ledger.holds_any(
            audience.ledger_of, list(who.device_ids)
        )
    if audiences.concerns(
        audience,
        who.person_id,
        places=who.places,
        languages=who.languages,
        trust=who.trust,
        facts_keys=who.facts_keys,
        topics=who.topics,
        lists=who.lists,
    ):
        return True
    return bool(audience.shapes) and devices.matches(who.person_id, audiences.condition(audience))


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
