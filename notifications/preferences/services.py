"""What can be done with preferences."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pymongo import ReturnDocument
from pymongo.collection import Collection
from pymongo.errors import DuplicateKeyError

from mvoting.core.problems import PreconditionFailed
from notifications.preferences import errors
from notifications.preferences.kinds import KINDS
from notifications.preferences.models import Preferences
from notifications.preferences.rules import DEFAULT_DAILY_CAP


def _preferences() -> Collection[dict[str, Any]]:
    collection: Collection[dict[str, Any]] = Preferences._get_collection()
    return collection


def get_preferences(person_id: str) -> dict[str, Any]:
    """Give a person's preferences, version 0 where none were ever set."""
    found = _preferences().find_one({"_id": person_id}) or {"_id": person_id, "version": 0}
    return {"muted": [], "hidden": [], "topics": [], "quiet": {}, "daily_cap": DEFAULT_DAILY_CAP, **found}


def set_preferences(person_id: str, wanted: Mapping[str, Any], version: int, *, now: datetime) -> dict[str, Any]:
    """Replace a person's preferences, seen at `version`.

    Raises: CannotMute (notifications.cannot-mute, 422), PreconditionFailed (core.changed-meanwhile, 412).
    """
    if any(not KINDS[kind].can_mute for kind in (*wanted["muted"], *wanted["hidden"])):
        raise errors.CannotMute
    fields = {
        "muted": sorted(set(wanted["muted"])),
        "hidden": sorted(set(wanted["hidden"])),
        "quiet": wanted.get("quiet") or {},
        "daily_cap": wanted["daily_cap"],
        "updated_at": now,
    }
    if "topics" in wanted:  # an app that does not know topics leaves them as they are
        fields["topics"] = sorted(set(wanted["topics"]))
    if version == 0:
        try:
            _preferences().insert_one({"_id": person_id, "version": 1, **fields})
        except DuplicateKeyError:
            raise PreconditionFailed from None
        return get_preferences(person_id)
    changed = _preferences().find_one_and_update(
        {"_id": person_id, "version": version},
        {"$set": fields, "$inc": {"version": 1}},
        return_document=ReturnDocument.AFTER,
    )
    if changed is None:
        raise PreconditionFailed
    return {"topics": [], **changed}


def for_devices(person_id: str) -> dict[str, Any]:
    """Give the part of the preferences that every device of a person carries a copy of."""
    chosen = get_preferences(person_id)
    return {"muted": chosen["muted"], "quiet": chosen["quiet"], "topics": chosen["topics"]}


def daily_caps(person_ids: list[str]) -> dict[str, int]:
    """Give the daily cap of those people who chose one."""
    return {row["_id"]: row["daily_cap"] for row in _preferences().find({"_id": {"$in": person_ids}}, {"daily_cap": 1})}


def export_personal_data(person_id: str) -> dict[str, Any]:
    """Give a person's preferences."""
    return {"preferences": get_preferences(person_id)}


def erase_personal_data(person_id: str) -> None:
    """Forget a person's preferences."""
    _preferences().delete_one({"_id": person_id})
