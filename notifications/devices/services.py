"""What can be done with devices."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import islice
from typing import Any

from pymongo import ReturnDocument, UpdateOne
from pymongo.collection import Collection
from pymongo.errors import DuplicateKeyError

from mvoting.accounts import persons, sessions
from mvoting.core.database import union
from mvoting.core.ids import new_id
from mvoting.core.settings import settings
from notifications.areas.geometry import district_at
from notifications.devices import errors, rules
from notifications.devices.models import Device
from notifications.preferences import services as preferences

PEOPLE_AT_ONCE = 1000
SENDING_FIELDS = {
    "address": 1, "platform": 1, "language": 1, "state": 1, "permission": 1, "muted": 1, "quiet": 1, "person_id": 1, "sent_at": 1,
    "alert_mode": 1, "session_id": 1,
}  # fmt: skip


def _devices() -> Collection[dict[str, Any]]:
    collection: Collection[dict[str, Any]] = Device._get_collection()
    return collection


def register_device(
    person_id: str, trust: str, registration: Mapping[str, Any], *, session_id: str, now: datetime
) -> dict[str, Any]:
    """Register a phone, or refresh it; the app does so at every start. An address that moved to another person moves wholly.

    Args: session_id: the session that asks; when it ends, no push goes to the address until the phone registers again.

    Raises: TooManyDevices (notifications.too-many-devices, 409), OutsideCity (notifications.outside-city, 422).
    """
    fields = {
        **_described(registration, now=now),
        **preferences.for_devices(person_id),
        "trust": trust,
        "facts_keys": persons.confirmed_fact_keys(person_id),
    }
    address = dict(registration["address"])
    _take_over(address["value"], person_id)
    device = {"person_id": person_id, "session_id": session_id, "address": address, **fields}
    return _store(device, now=now)


def _take_over(value: str, person_id: str) -> None:
    """Make room for an address; nothing of a former owner may stay with the phone, neither position nor history."""
    known = _devices().find_one({"address.value": value}, {"person_id": 1})
    if known is not None and known["person_id"] == person_id:
        return
    _refuse_too_many(person_id)
    if known is not None:
        _devices().delete_one({"_id": known["_id"], "person_id": known["person_id"]})


def _store(device: dict[str, Any], *, now: datetime) -> dict[str, Any]:
    revived = {"state": "active", "state_reason": None, "state_at": now, "refreshed_at": now}
    change: dict[str, Any] = {"$set": {**device, **revived}, "$setOnInsert": {"_id": new_id(), "registered_at": now}}
    if forgotten := {name: 1 for name in ("position", "position_at") if name not in device}:
        change["$unset"] = forgotten  # a position that the person no longer shares is not kept from before
    value, person_id = device["address"]["value"], device["person_id"]
    for _ in range(3):
        try:
            stored: Any = _devices().find_one_and_update(
                {"address.value": value, "person_id": person_id}, change, upsert=True, return_document=ReturnDocument.AFTER
            )
            return stored
        except DuplicateKeyError:
            _devices().delete_one({"address.value": value, "person_id": {"$ne": person_id}})
    raise errors.DeviceNotFound


def _described(registration: Mapping[str, Any], *, now: datetime) -> dict[str, Any]:
    districts = sorted(set(registration.get("districts") or ()))
    fields: dict[str, Any] = {
        "platform": registration["platform"],
        "language": registration["language"],
        "app_version": registration.get("app_version", ""),
        "name": registration.get("name", ""),
        "permission": registration.get("permission", "unknown"),
        "districts": districts,
        "position_district": None,
        "alert_mode": settings().alert_mode,
    }
    position = registration.get("position")
    if position is not None:
        district = district_at(lon=position["lon"], lat=position["lat"])
        if district is None:
            raise errors.OutsideCity
        fields |= {"position_district": district, "position_at": now}
        if position["is_exact"]:
            fields["position"] = {"type": "Point", "coordinates": [position["lon"], position["lat"]]}
    fields["places"] = rules.places(districts, fields["position_district"])
    return fields


def _refuse_too_many(person_id: str) -> None:
    if _devices().count_documents({"person_id": person_id}, limit=rules.MAX_DEVICES) >= rules.MAX_DEVICES:
        raise errors.TooManyDevices(limit=rules.MAX_DEVICES)


def list_devices(person_id: str) -> list[dict[str, Any]]:
    """Give a person's devices, the one used last first."""
    few = _devices().find({"person_id": person_id}).limit(rules.MAX_DEVICES + 1)
    return sorted(few, key=lambda device: device["refreshed_at"], reverse=True)


def remove_device(person_id: str, device_id: str) -> None:
    """Forget a device.

    Raises: DeviceNotFound (notifications.device-not-found, 404).
    """
    if not _devices().delete_one({"_id": device_id, "person_id": person_id}).deleted_count:
        raise errors.DeviceNotFound


def copy_preferences(person_id: str) -> None:
    """Write a person's preferences to the person's devices."""
    _devices().update_many({"person_id": person_id}, {"$set": preferences.for_devices(person_id)})


def reached(person_id: str, *, now: datetime, device_id: str | None = None) -> None:
    """Note that a phone of this person said that a message arrived."""
    owned = {"person_id": person_id} | ({"_id": device_id} if device_id else {})
    _devices().update_many(owned, {"$set": {"reached_at": now}})


# For campaigns


def matching_ids(condition: Mapping[str, Any], after: str) -> Iterator[str]:
    """Walk the ids of devices that match, in order, beyond `after`."""
    query = {"$and": [condition, {"_id": {"$gt": after}}]} if after else condition
    cursor = _devices().find(query, {"_id": 1}).sort("_id", 1).allow_disk_use(True).batch_size(20_000)
    return (device["_id"] for device in cursor)


def ids_of_people(people: Iterable[str], after: str, condition: Mapping[str, Any]) -> set[str]:
    """Give the ids, beyond `after`, of those devices of people that match."""
    found: set[str] = set()
    walk = iter(people)
    while group := list(islice(walk, PEOPLE_AT_ONCE)):
        query = {"$and": [{"person_id": {"$in": group}, "_id": {"$gt": after}}, condition]}
        found.update(device["_id"] for device in _devices().find(query, {"_id": 1}))
    return found


def matching_count(condition: Mapping[str, Any]) -> int:
    """Count the devices that match."""
    return _devices().count_documents(condition)


def count_up_to(most: int, condition: Mapping[str, Any]) -> int:
    """Count the devices that match, looking at no more than `most`."""
    return _devices().count_documents(condition, limit=most)


def matching(person_id: str, conditions: Mapping[str, Mapping[str, Any]]) -> set[str]:
    """Give the names of those conditions that one of a person's devices fits, in one question."""
    questions: list[list[dict[str, Any]]] = [
        [{"$match": {"$and": [{"person_id": person_id}, condition]}}, {"$limit": 1}, {"$project": {"_id": name}}]
        for name, condition in conditions.items()
    ]
    return {found["_id"] for found in union(_devices(), questions)}


def for_sending(ids: list[str], *, now: datetime) -> dict[str, dict[str, Any]]:
    """Load what a sender needs of these devices, by id; those whose session has ended are retired and left out."""
    found = {device["_id"]: device for device in _devices().find({"_id": {"$in": ids}}, SENDING_FIELDS)}
    held = {device["session_id"] for device in found.values() if device.get("session_id")}
    ended = sessions.ended_among(sorted(held)) if held else set()
    if not ended:
        return found
    orphans = [device_id for device_id, device in found.items() if device.get("session_id") in ended]
    # Only while that session is still the device's: a person who signed in again meanwhile has registered it anew.
    left = {"_id": {"$in": orphans}, "session_id": {"$in": sorted(ended)}, "state": "active"}
    _devices().update_many(left, {"$set": {"state": "dead", "state_reason": "SESSION_ENDED", "state_at": now}})
    return {device_id: device for device_id, device in found.items() if device_id not in set(orphans)}


def record_sent(ids: list[str], *, now: datetime) -> None:
    """Note that the service took a push for these devices."""
    if ids:
        _devices().update_many({"_id": {"$in": ids}}, {"$set": {"sent_at": now}})


def retire(refused: Iterable[tuple[str, str]], state: str, reason: str, *, now: datetime) -> int:
    """Mark devices `dead` or `quarantined`, each only if the refused address is still the stored one.

    Args: refused: (device id, address value).
    Returns: how many were marked.
    """
    change = {"$set": {"state": state, "state_reason": reason, "state_at": now}}
    updates = [UpdateOne({"_id": device_id, "address.value": value, "state": "active"}, change) for device_id, value in refused]
    return _devices().bulk_write(updates, ordered=False).modified_count if updates else 0


def forget_expired(*, now: datetime) -> int:
    """Forget phones that did not register for so long that no push reaches them any more. Returns: how many."""
    return _devices().delete_many({"refreshed_at": {"$lt": now - rules.EXPIRED_AFTER}}).deleted_count


# Personal data


def export_personal_data(person_id: str) -> dict[str, Any]:
    """Give what is stored about a person's devices."""
    hidden = {"muted", "quiet", "topics", "trust", "places", "facts_keys", "session_id"}
    devices = _devices().find({"person_id": person_id}).limit(rules.MAX_DEVICES + 1)
    return {"devices": [{key: value for key, value in device.items() if key not in hidden} for device in devices]}


def erase_personal_data(person_id: str) -> None:
    """Forget a person's devices."""
    _devices().delete_many({"person_id": person_id})
