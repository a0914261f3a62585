"""Programmes in force: those in the code, replaced by what administrators stored."""

import time
from datetime import datetime
from typing import Any

from pymongo import ReturnDocument
from pymongo.client_session import ClientSession
from pymongo.errors import DuplicateKeyError

from mvoting.core.problems import PreconditionFailed
from proposals import acts
from proposals.ideas import errors
from proposals.ideas.programmes import SEEDED, programme_faults
from proposals.ideas.services.collections import stored_programmes

LIFETIME_S = 5.0
_known: tuple[float, dict[str, dict[str, Any]]] = (0.0, {})


def programmes() -> dict[str, dict[str, Any]]:
    """Give the programmes by id, at most `LIFETIME_S` old."""
    global _known
    if _known[0] < time.monotonic():
        found = {p.id: p.to_document() | {"version": 0} for p in SEEDED}
        for stored in stored_programmes().find({"_id": {"$gt": ""}}).limit(100):
            found[stored["_id"]] = stored["content"] | {"id": stored["_id"], "version": stored["version"]}
        _known = (time.monotonic() + LIFETIME_S, found)
    return _known[1]


def programme(programme_id: str) -> dict[str, Any]:
    """Give a programme.

    Raises: ProgrammeNotFound (proposals.programme-not-found, 422).
    """
    try:
        return programmes()[programme_id]
    except KeyError:
        raise errors.ProgrammeNotFound from None


def change_programme(programme_id: str, content: dict[str, Any], version: int, staff_id: str, *, now: datetime) -> dict[str, Any]:
    """Store a programme; ideas already submitted keep the thresholds they were submitted under.

    Raises: ProgrammeInvalid (422), PreconditionFailed (412) when somebody else changed it.
    """
    global _known
    if faults := programme_faults(content):
        ko, en = ("; ".join(texts) for texts in zip(*faults, strict=True))
        raise errors.ProgrammeInvalid(faults=en, faults_ko=ko)
    _known = (0.0, {})
    if programmes().get(programme_id, {"version": 0})["version"] != version:
        raise PreconditionFailed
    stored = {"content": content, "version": version + 1, "changed_by": staff_id, "changed_at": now}
    expected = {"_id": programme_id, "version": version or {"$exists": False}}

    def write(session: ClientSession) -> dict[str, Any] | None:
        return stored_programmes().find_one_and_update(
            expected, {"$set": stored}, upsert=version == 0, return_document=ReturnDocument.AFTER, session=session
        )

    try:
        changed = acts.recorded("proposals.programme", f"programme:{programme_id}", staff_id, write, after=content)
    except DuplicateKeyError:
        changed = None
    if changed is None:
        raise PreconditionFailed
    _known = (0.0, {})
    return programme(programme_id)
