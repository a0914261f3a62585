"""Rolls: uploaded lists of people, read in the background, kept as keys only."""

from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from typing import Any

from bson import Binary
from pymongo import UpdateOne
from pymongo.client_session import ClientSession

from mvoting.accounts.persons import holders, keys_of, phone_key
from mvoting.core import log
from mvoting.core.ids import is_id, new_id
from mvoting.core.pagination import keyset_page
from mvoting.core.secrets import keyed, seal, unseal
from mvoting.voting.acts import recorded
from mvoting.voting.polls import errors
from mvoting.voting.polls.models import Poll, RejectedRow, RollEntry, RollUpload
from mvoting.voting.polls.roll_files import MAX_FILE_BYTES, RollFileError, Row, read_roll, tidy_number

CHUNK = 2_000


def upload_roll(poll_id: str, data: bytes, *, now: datetime, staff_id: str) -> dict[str, Any]:
    """Keep a file, sealed, until it is read in the background.

    Raises: PollNotFound (404), PollStateChanged (409) once the poll is scheduled, RollRefused (422).
    """
    poll = Poll._get_collection().find_one({"_id": poll_id}, {"state": 1, "definition.audience.kind": 1})
    if poll is None:
        raise errors.PollNotFound
    if poll["state"] != "draft":
        raise errors.PollStateChanged(state=poll["state"])
    if not data or len(data) > MAX_FILE_BYTES or poll["definition"]["audience"]["kind"] != "list":
        raise errors.RollRefused
    upload_id = new_id()
    upload = {
        "_id": upload_id,
        "poll": poll_id,
        "state": "waiting",
        "sealed": Binary(seal("roll-upload", data, bound_to=upload_id.encode())),
        "rows": 0,
        "accepted": 0,
        "repeated": 0,
        "rejected": 0,
        "created_at": now,
    }

    def write(session: ClientSession | None) -> dict[str, Any]:
        RollUpload._get_collection().insert_one(upload, session=session)
        return upload

    return recorded("upload_roll", f"poll:{poll_id}", staff_id, write, after={"upload": upload_id, "bytes": len(data)})


def read_upload(upload_id: str) -> None:
    """Read a waiting upload into the roll; may be broken off and repeated, and run twice at once."""
    uploads = RollUpload._get_collection()
    upload = uploads.find_one({"_id": upload_id, "state": "waiting"})
    if upload is None:
        return
    try:
        data = unseal("roll-upload", bytes(upload["sealed"]), bound_to=upload_id.encode())
        totals = {"rows": 0, "accepted": 0, "repeated": 0, "rejected": 0}
        rows = read_roll(data)
        while chunk := list(islice(rows, CHUNK)):
            _store(upload, chunk, totals)
            uploads.update_one({"_id": upload_id, "state": "waiting"}, {"$set": totals})
        done: dict[str, Any] = {"state": "done"}
    except RollFileError as error:
        done = {"state": "failed", "problem": {"ko": error.ko, "en": error.en}}
    if uploads.update_one({"_id": upload_id, "state": "waiting"}, {"$set": done, "$unset": {"sealed": ""}}).modified_count:
        log.event("voting.roll_read", poll_id=upload["poll"], upload_id=upload_id, state=done["state"])


def _store(upload: dict[str, Any], chunk: list[Row], totals: dict[str, int]) -> None:
    entries: dict[str, UpdateOne] = {}
    rejected = []
    for row in chunk:
        key = None if row.reason else _key(upload["poll"], row.value)
        if key is None:
            rejected.append((row, row.reason or "not-a-number"))
            continue
        if key in entries:
            totals["repeated"] += 1
            continue
        # Which upload and row brought the key makes a repeated reading count the same.
        origin = {"poll": upload["poll"], "upload": upload["_id"], "row": row.number}
        entries[key] = UpdateOne({"_id": key}, {"$setOnInsert": origin}, upsert=True)
    if entries:
        RollEntry._get_collection().bulk_write(list(entries.values()), ordered=False)
        ours = {"_id": {"$in": list(entries)}, "upload": upload["_id"], "row": {"$in": [row.number for row in chunk]}}
        fresh = RollEntry._get_collection().count_documents(ours)
        totals["accepted"] += fresh
        totals["repeated"] += len(entries) - fresh
    if rejected:
        RejectedRow._get_collection().bulk_write(
            [
                UpdateOne(
                    {"_id": f"{upload['_id']}:{row.number:08d}"},
                    {"$set": {"upload": upload["_id"], "row": row.number, "reason": reason}},
                    upsert=True,
                )
                for row, reason in rejected
            ],
            ordered=False,
        )
    totals["rejected"] += len(rejected)
    totals["rows"] += len(chunk)


def waiting_uploads() -> list[str]:
    """Name uploads that are not read yet."""
    return [u["_id"] for u in RollUpload._get_collection().find({"state": "waiting"}, {"_id": 1}).sort("_id", 1).limit(100)]


def get_upload(poll_id: str, upload_id: str) -> dict[str, Any]:
    """Give an upload's progress.

    Raises: RollUploadNotFound (404).
    """
    upload = RollUpload._get_collection().find_one({"_id": upload_id, "poll": poll_id}, {"sealed": 0})
    if upload is None:
        raise errors.RollUploadNotFound
    return upload


def uploads(poll_id: str) -> list[dict[str, Any]]:
    """List a poll's latest uploads with what became of each, the newest first, at most twenty."""
    return list(RollUpload._get_collection().find({"poll": poll_id}, {"sealed": 0}).sort("_id", -1).limit(20))


def rejected_rows(poll_id: str, upload_id: str, *, after: str | None, limit: int) -> tuple[list[dict[str, Any]], str | None]:
    """List the rejected rows of an upload in order.

    Raises: RollUploadNotFound (404).
    """
    get_upload(poll_id, upload_id)
    sort = [("row", 1), ("_id", 1)]
    return keyset_page(RejectedRow._get_collection(), {"upload": upload_id}, sort=sort, after=after, limit=limit)


def all_rejected_rows(poll_id: str, upload_id: str) -> Iterator[dict[str, Any]]:
    """Give every rejected row of an upload in order.

    Raises: RollUploadNotFound (404).
    """
    get_upload(poll_id, upload_id)
    return iter(RejectedRow._get_collection().find({"upload": upload_id}).sort([("upload", 1), ("row", 1)]))


def is_listed(poll_id: str, person_id: str) -> bool:
    """Tell whether one of a person's numbers is on a poll's roll."""
    keys = [*keys_of(person_id), _member_key(person_id)]
    found = RollEntry._get_collection().find_one({"_id": {"$in": [f"{poll_id}:{key}" for key in keys]}}, {"_id": 1})
    return found is not None


def is_ready(poll_id: str) -> bool:
    """Tell whether a poll has a roll and nothing of it is still being read."""
    uploads = RollUpload._get_collection()
    return size(poll_id) > 0 and uploads.find_one({"poll": poll_id, "state": "waiting"}, {"_id": 1}) is None


def people_in_groups(poll_id: str, size: int) -> Iterator[list[str]]:
    """Give the members on a poll's roll, in groups by `size` rows; rows whose person never joined give nobody."""
    entries = RollEntry._get_collection().find({"poll": poll_id}, {"_id": 1}).sort("_id")
    keys = (entry["_id"].partition(":")[2] for entry in entries)
    while group := list(islice(keys, size)):
        if people := sorted(holders(group)):
            yield people


def size(poll_id: str) -> int:
    """Count the people on a poll's roll."""
    return RollEntry._get_collection().count_documents({"poll": poll_id})


def forget(poll_id: str) -> None:
    """Remove a poll's roll and what is left of its uploads."""
    RollEntry._get_collection().delete_many({"poll": poll_id})
    uploads = [u["_id"] for u in RollUpload._get_collection().find({"poll": poll_id}, {"_id": 1}).limit(1000)]
    RejectedRow._get_collection().delete_many({"upload": {"$in": uploads}})
    RollUpload._get_collection().delete_many({"poll": poll_id})


def _key(poll_id: str, value: str) -> str | None:
    number = tidy_number(value)
    key = _member_key(number) if is_id(number) else phone_key(number)
    return f"{poll_id}:{key}" if key else None


def _member_key(person_id: str) -> str:
    return keyed("member-number", person_id)
