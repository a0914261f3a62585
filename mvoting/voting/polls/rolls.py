"""Rolls: uploaded lists of people, read in the background, kept as keys only."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import partial
from itertools import islice
from typing import Any

from bson import Binary
from pymongo import UpdateOne
from pymongo.client_session import ClientSession

from mvoting.accounts.identifiers import holders, keys_of, phone_key
from mvoting.accounts.persons import person
from mvoting.core import audit, log
from mvoting.core.database import in_transaction
from mvoting.core.ids import is_id, new_id
from mvoting.core.pagination import keyset_page
from mvoting.core.secrets import keyed, seal, unseal
from mvoting.voting.acts import recorded
from mvoting.voting.polls import errors
from mvoting.voting.polls.models import Poll, RejectedRow, RollEntry, RollUpload
from mvoting.voting.polls.roll_files import MAX_FILE_BYTES, RollFileError, Row, read_roll, tidy_number

CHUNK = 2_000
TAKEN_AT_ONCE = 20_000  # a request clears the largest roll
REPEATED = "repeated"
CLEARING = "clearing"
COUNTED = ("rows", "accepted", "repeated", "rejected")


class _NoLongerWaiting(Exception):
    """Somebody else has read this upload to its end, and perhaps the roll was cleared since."""


def upload_roll(poll_id: str, data: bytes, *, now: datetime, staff_id: str) -> dict[str, Any]:
    """Keep a file, sealed, until it is read in the background.

    Raises: PollNotFound (404), PollStateChanged (409) once the poll is scheduled, RollBusy (voting.roll-busy, 409) while
        the roll is cleared, RollRefused (voting.roll-refused, 422).
    """
    poll = _draft(poll_id)
    if not data or len(data) > MAX_FILE_BYTES or poll["definition"]["audience"]["kind"] != "list":
        raise errors.RollRefused
    upload_id = new_id()
    upload = {
        "_id": upload_id,
        "poll": poll_id,
        "state": "waiting",
        "sealed": Binary(seal("roll-upload", data, bound_to=upload_id.encode())),
        **dict.fromkeys(COUNTED, 0),
        "created_at": now,
    }

    def write(session: ClientSession | None) -> dict[str, Any]:
        _note_change(poll_id, session)
        if _is_busy(poll_id, CLEARING, session):
            raise errors.RollBusy
        RollUpload._get_collection().insert_one(upload, session=session)
        return upload

    return recorded("upload_roll", f"poll:{poll_id}", staff_id, write, after={"upload": upload_id, "bytes": len(data)})


def clear_roll(poll_id: str, *, now: datetime, staff_id: str) -> None:
    """Empty a draft's roll, so that another list can be uploaded. May be repeated when it was broken off.

    Raises: PollNotFound (404), PollStateChanged (409) once the poll is scheduled, RollBusy (voting.roll-busy, 409) while
        a file is being read.
    """
    _draft(poll_id)
    before = {"people": size(poll_id)}

    def write(session: ClientSession | None) -> str:
        _note_change(poll_id, session)
        if _is_busy(poll_id, "waiting", session):
            raise errors.RollBusy
        mark = {"_id": new_id(), "poll": poll_id, "state": CLEARING, "created_at": now}
        return str(RollUpload._get_collection().insert_one(mark, session=session).inserted_id)

    _empty(poll_id, recorded("clear_roll", f"poll:{poll_id}", staff_id, write, before=before))


def _empty(poll_id: str, mark: str) -> None:
    while in_transaction(partial(_take_some, poll_id, mark)):
        pass


def _take_some(poll_id: str, mark: str, session: ClientSession) -> bool:
    """Take a piece of a roll away, as long as the mark stands: who slept takes nobody from the list that came after.

    Returns: whether something may be left.
    """
    uploads = RollUpload._get_collection()
    if not uploads.update_one({"_id": mark}, {"$inc": {"rows": 1}}, session=session).matched_count:
        return False
    ids = [upload["_id"] for upload in uploads.find({"poll": poll_id}, {"_id": 1}, session=session)]
    for collection, some in (
        (RollEntry._get_collection(), {"poll": poll_id}),
        (RejectedRow._get_collection(), {"upload": {"$in": ids}}),
    ):
        if rows := [row["_id"] for row in collection.find(some, {"_id": 1}, session=session).limit(TAKEN_AT_ONCE)]:
            collection.delete_many({"_id": {"$in": rows}}, session=session)
            return True
    uploads.delete_many({"poll": poll_id}, session=session)
    return False


def _draft(poll_id: str) -> dict[str, Any]:
    poll = Poll._get_collection().find_one({"_id": poll_id}, {"state": 1, "definition.audience.kind": 1})
    if poll is None:
        raise errors.PollNotFound
    if poll["state"] != "draft":
        raise errors.PollStateChanged(state=poll["state"])
    return poll


def _note_change(poll_id: str, session: ClientSession | None) -> None:
    """Change the draft in the same transaction: of this and a scheduling at the same moment one sees the other."""
    draft, change = {"_id": poll_id, "state": "draft"}, {"$inc": {"roll_changes": 1}}
    if not Poll._get_collection().update_one(draft, change, session=session).matched_count:
        raise errors.PollStateChanged(state="scheduled")


def _is_busy(poll_id: str, state: str, session: ClientSession | None = None) -> bool:
    return RollUpload._get_collection().find_one({"poll": poll_id, "state": state}, {"_id": 1}, session=session) is not None


def read_upload(upload_id: str) -> None:
    """Read a waiting upload into the roll; may be broken off and repeated, and run twice at once."""
    uploads = RollUpload._get_collection()
    upload = uploads.find_one({"_id": upload_id, "state": "waiting"})
    if upload is None:
        return
    try:
        data = unseal("roll-upload", bytes(upload["sealed"]), bound_to=upload_id.encode())
        totals = dict.fromkeys(COUNTED, 0)
        rows = read_roll(data)
        while chunk := list(islice(rows, CHUNK)):
            totals = in_transaction(partial(_store, upload, chunk, totals))
        done: dict[str, Any] = {"state": "done"}
    except RollFileError as error:
        done = {"state": "failed", "problem": {"ko": error.ko, "en": error.en}}
    except _NoLongerWaiting:
        return
    if uploads.update_one({"_id": upload_id, "state": "waiting"}, {"$set": done, "$unset": {"sealed": ""}}).modified_count:
        log.event("voting.roll_read", poll_id=upload["poll"], upload_id=upload_id, state=done["state"])


def _store(upload: dict[str, Any], chunk: list[Row], before: dict[str, int], session: ClientSession) -> dict[str, int]:
    """Put a piece of an upload on the roll, as long as the upload waits: who slept adds nobody to a frozen roll.

    Returns: the totals after it.
    Raises: _NoLongerWaiting when somebody else read it to the end; then nothing is stored.
    """
    entries: dict[str, Row] = {}
    left_out: list[tuple[Row, str]] = []
    for row in chunk:
        key = None if row.reason else _key(upload["poll"], row.value)
        if key is None:
            left_out.append((row, row.reason or "not-a-number"))
        elif entries.setdefault(key, row) is not row:
            left_out.append((row, REPEATED))
    stored = _stored(upload, entries, session)
    left_out += [(row, REPEATED) for key, row in entries.items() if key not in stored]
    _report(upload, left_out, session)
    repeated = sum(reason == REPEATED for _, reason in left_out)
    more = {"rows": len(chunk), "accepted": len(stored), "repeated": repeated, "rejected": len(left_out) - repeated}
    totals = {name: before[name] + more[name] for name in COUNTED}
    waiting = {"_id": upload["_id"], "state": "waiting"}
    if not RollUpload._get_collection().update_one(waiting, {"$set": totals}, session=session).matched_count:
        raise _NoLongerWaiting
    return totals


def _stored(upload: dict[str, Any], entries: dict[str, Row], session: ClientSession) -> set[str]:
    """Put keys on the roll. Returns: those that these rows brought, now or in an earlier reading that was broken off."""
    collection = RollEntry._get_collection()
    found = {e["_id"]: e for e in collection.find({"_id": {"$in": list(entries)}}, {"upload": 1, "row": 1}, session=session)}
    fresh = [
        {"_id": key, "poll": upload["poll"], "upload": upload["_id"], "row": row.number}
        for key, row in entries.items()
        if key not in found
    ]
    if fresh:
        collection.insert_many(fresh, session=session)
    brought = {"upload": upload["_id"]}
    return {key for key, row in entries.items() if key not in found or found[key] == {"_id": key, **brought, "row": row.number}}


def _report(upload: dict[str, Any], left_out: list[tuple[Row, str]], session: ClientSession) -> None:
    if left_out:
        RejectedRow._get_collection().bulk_write(
            [
                UpdateOne(
                    {"_id": f"{upload['_id']}:{row.number:08d}"},
                    {"$set": {"upload": upload["_id"], "row": row.number, "reason": reason}},
                    upsert=True,
                )
                for row, reason in left_out
            ],
            ordered=False,
            session=session,
        )


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


def look_up(poll_id: str, number: str, *, staff_id: str, reason: str) -> bool:
    """Tell whether a phone or member number is on a poll's roll, as its holder would be let in; logged before it is told.

    The entry holds no number; where an account has the number, what it says is sealed under that person's own key.
    Raises: PollNotFound (404), RollGone (voting.roll-gone, 409), NotANumber (voting.not-a-number, 422).
    """
    if Poll._get_collection().find_one({"_id": poll_id}, {"_id": 1}) is None:
        raise errors.PollNotFound
    if RollEntry._get_collection().find_one({"poll": poll_id}, {"_id": 1}) is None:
        raise errors.RollGone
    key = _key(poll_id, number)
    if key is None:
        raise errors.NotANumber
    is_number_listed = RollEntry._get_collection().find_one({"_id": key}, {"_id": 1}) is not None
    person_id = _holder(number)
    found = is_number_listed or (person_id is not None and is_listed(poll_id, person_id))
    target, after = f"poll_roll:{poll_id}", {"is_listed": found}
    audit.record("polls.look_up_roll", target, staff_id=staff_id, reason=reason, after=after, person_id=person_id)
    return found


def _holder(number: str) -> str | None:
    """Give the person whom a phone or member number belongs to, if anybody."""
    tidy = tidy_number(number)
    if is_id(tidy):
        return tidy if (known := person(tidy)) and known["state"] == "active" else None
    return next(iter(holders([key])), None) if (key := phone_key(tidy)) else None


def is_ready(poll: Mapping[str, Any]) -> bool:
    """Tell whether a poll has a roll and nothing of it is still being read or cleared."""
    if _is_busy(poll["_id"], "waiting") or _is_busy(poll["_id"], CLEARING):
        return False
    return size(poll["_id"]) > 0


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
