"""The settings of moderation, which staff change and every process reads."""

import time
from typing import Any

from pymongo import ReturnDocument
from pymongo.client_session import ClientSession
from pymongo.errors import DuplicateKeyError

from mvoting.core.problems import PreconditionFailed
from proposals import acts
from proposals.moderation import rules
from proposals.moderation.services import collections

SETTINGS_LIFETIME_S = 5.0
_settings: tuple[float, dict[str, Any]] = (0.0, {})


def moderation_settings() -> dict[str, Any]:
    """Give the settings in force, at most `SETTINGS_LIFETIME_S` old."""
    global _settings
    if _settings[0] < time.monotonic():
        stored = collections.stored_settings().find_one({"_id": "moderation"}) or {}
        standard = {"auto_hide_at": rules.AUTO_HIDE_AT, "words": rules.DEFAULT_WORDS, "version": 0}
        _settings = (time.monotonic() + SETTINGS_LIFETIME_S, standard | stored)
    return _settings[1]


def change_settings(changes: dict[str, Any], staff_id: str, *, version: int | None = None) -> dict[str, Any]:
    """Store settings; they hold everywhere within `SETTINGS_LIFETIME_S`.

    Args: version: the one that was seen; None overwrites whatever there is.
    Raises: PreconditionFailed (core.changed-meanwhile, 412) when somebody changed them since.
    """
    global _settings
    update = {"$set": changes, "$inc": {"version": 1}}
    expected = {"_id": "moderation"} | ({} if version is None else {"version": version or {"$exists": False}})

    def write(session: ClientSession) -> dict[str, Any] | None:
        return collections.stored_settings().find_one_and_update(
            expected, update, upsert=not version, return_document=ReturnDocument.AFTER, session=session
        )

    try:
        stored = acts.recorded("moderation.settings", "settings:moderation", staff_id, write, after=changes)
    except DuplicateKeyError:
        stored = None
    if stored is None:
        raise PreconditionFailed
    _settings = (0.0, {})
    return moderation_settings()
