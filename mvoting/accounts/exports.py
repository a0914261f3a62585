"""A person's own data as an archive: asked for here, put together by a worker, fetched by a link that expires."""

import hmac
import io
import json
import os
import zipfile
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from bson import Binary

from mvoting.accounts import identifiers, persons, residents
from mvoting.accounts.errors import ExportNotReady
from mvoting.accounts.models import PersonalExport, Session
from mvoting.core.clock import now
from mvoting.core.ids import new_id
from mvoting.core.secrets import keyed, seal, unseal

KEPT = timedelta(hours=24)
SESSIONS_SHOWN = 1000


def ask(person_id: str) -> dict[str, Any]:
    """Ask for the archive; one that is under way or still kept is given again. Returns: its progress, with a fresh link key."""
    collection = PersonalExport._get_collection()
    key = urlsafe_b64encode(os.urandom(24)).decode()
    collection.delete_one({"person_id": person_id, "expires_at": {"$lte": now()}})
    fresh = {"_id": new_id(), "person_id": person_id, "state": "waiting", "done_count": 0, "total_count": 1}
    found = collection.find_one_and_update(
        {"person_id": person_id, "expires_at": {"$gt": now()}},
        {"$setOnInsert": {**fresh, "expires_at": now() + KEPT}, "$set": {"link_key": keyed("export-link", key)}},
        upsert=True,
        return_document=True,
    )
    return {**progress(found), "key": key}


def progress(export: Mapping[str, Any]) -> dict[str, Any]:
    """Give how far an export is."""
    return {"id": export["_id"], **{name: export[name] for name in ("state", "done_count", "total_count", "expires_at")}}


def of_person(person_id: str, export_id: str) -> dict[str, Any] | None:
    """Give the progress of a person's own export."""
    found = PersonalExport._get_collection().find_one({"_id": export_id, "person_id": person_id}, {"archive_sealed": 0})
    return progress(found) if found else None


def fetch(export_id: str, key: str) -> bytes:
    """Give the finished archive to whoever has the link.

    Raises: ExportNotReady (accounts.export-not-ready, 404) for an unknown, unfinished or expired one alike.
    """
    found = PersonalExport._get_collection().find_one({"_id": export_id, "state": "ready", "expires_at": {"$gt": now()}})
    if found is None or not hmac.compare_digest(found["link_key"], keyed("export-link", key)):
        raise ExportNotReady
    return unseal("export", bytes(found["archive_sealed"]), bound_to=export_id.encode())


def waiting() -> list[dict[str, Any]]:
    """Give the exports that a worker has to put together: {"_id", "person_id"}."""
    return list(PersonalExport._get_collection().find({"state": "waiting"}, {"person_id": 1}).limit(20))


def note_progress(export_id: str, done_count: int, total_count: int) -> None:
    """Note how many packages have given what they know."""
    counts = {"done_count": done_count, "total_count": total_count}
    PersonalExport._get_collection().update_one({"_id": export_id, "state": "waiting"}, {"$set": counts})


def finish(export_id: str, parts: Mapping[str, Any]) -> None:
    """Store the archive: a ZIP with one JSON file for each part."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(f"{name}.json", json.dumps(content, ensure_ascii=False, indent=2, default=str))
    sealed = Binary(seal("export", packed.getvalue(), bound_to=export_id.encode()))
    PersonalExport._get_collection().update_one(
        {"_id": export_id, "state": "waiting"}, {"$set": {"state": "ready", "archive_sealed": sealed}}
    )


def export_personal_data(person_id: str) -> dict[str, Any]:
    """Give everything that accounts know about a person."""
    stored = persons.person(person_id) or {}
    found = Session._get_collection().find({"person_id": person_id}).sort("_id", -1).limit(SESSIONS_SHOWN)
    shown = ("method", "device_name", "platform", "created_at", "rotated_at", "ended_at", "ended_because")
    return {
        "id": person_id,
        **{name: stored.get(name) for name in ("state", "trust", "created_at", "consents", "guardian", "facts_source")},
        "facts": residents.facts_of(stored) if stored else None,
        "sign_ins": [{name: i[name] for name in ("kind", "label", "verified_at")} for i in identifiers.identifiers_of(person_id)],
        "sessions": [{name: session.get(name) for name in shown} for session in found],
    }


def erase_personal_data(person_id: str) -> None:
    """Remove what `persons.erase` leaves for later: ended sessions and archives."""
    Session._get_collection().delete_many({"person_id": person_id, "ended_at": {"$ne": None}})
    PersonalExport._get_collection().delete_many({"person_id": person_id})
