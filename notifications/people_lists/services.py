"""What can be done with people lists."""

from collections.abc import Callable, Collection, Iterator
from datetime import datetime
from itertools import islice
from typing import Any

from pymongo.client_session import ClientSession
from pymongo.errors import BulkWriteError

from mvoting.accounts import identifiers
from mvoting.core import audit
from mvoting.core.database import in_transaction
from mvoting.core.ids import new_id
from mvoting.core.pagination import keyset_page
from mvoting.voting.polls.roll_files import RollFileError, read_roll, tidy_number
from notifications.people_lists import errors
from notifications.people_lists.models import ListedPerson, PeopleList

ROWS_MAX = 50_000
AT_ONCE = 5_000
LISTS_MAX = 100
DUPLICATE_KEY = 11000


def upload(
    name: str,
    data: bytes,
    *,
    by: str,
    now: datetime,
    list_id: str | None = None,
    progressed: Callable[[int], object] = lambda _rows: None,
) -> dict[str, Any]:
    """Read a .csv or .xlsx file of phone numbers into a new list of the members behind them.

    Args: list_id: of work that may be begun anew: the list is made once. progressed: told how many rows are read.
    Raises: ListRefused (notifications.list-refused, 422).
    """
    if list_id and (stored := PeopleList._get_collection().find_one({"_id": list_id})):
        return dict(stored)
    people, counts = _read(data, progressed)
    if not people:
        raise errors.ListRefused(reason_ko="회원의 번호가 없습니다.", reason_en="no number in it belongs to a member.")
    listed = {"_id": list_id or new_id(), "name": name, **counts, "created_by": by, "created_at": now}
    entries = [
        {"_id": f"{listed['_id']}:{person}", "list_id": listed["_id"], "person_id": person, "created_at": now}
        for person in sorted(people)
    ]
    # The entries first: the list itself appears when all are there.
    for first in range(0, len(entries), AT_ONCE):
        _insert_new(entries[first : first + AT_ONCE])

    def write(session: ClientSession) -> None:
        PeopleList._get_collection().insert_one(listed, session=session)
        audit.record("people_lists.upload", f"people_list:{listed['_id']}", staff_id=by, after=counts, session=session)

    in_transaction(write)
    return listed


def _insert_new(entries: list[dict[str, Any]]) -> None:
    """Insert entries but those that an earlier try left."""
    try:
        ListedPerson._get_collection().insert_many(entries, ordered=False)
    except BulkWriteError as error:
        if any(wrong["code"] != DUPLICATE_KEY for wrong in error.details["writeErrors"]):
            raise


def _read(data: bytes, progressed: Callable[[int], object]) -> tuple[set[str], dict[str, int]]:
    people: set[str] = set()
    counts = {"rows": 0, "members": 0, "strangers": 0, "rejected": 0}
    try:
        rows = read_roll(data)
        while chunk := list(islice(rows, AT_ONCE)):
            counts["rows"] += len(chunk)
            if counts["rows"] > ROWS_MAX:
                raise RollFileError(f"{ROWS_MAX:,}줄까지 올릴 수 있습니다.", f"a list has at most {ROWS_MAX:,} rows.")
            keys = {key for row in chunk if not row.reason and (key := identifiers.phone_key(tidy_number(row.value)))}
            counts["rejected"] += sum(1 for row in chunk if row.reason or not identifiers.phone_key(tidy_number(row.value)))
            people |= identifiers.holders(sorted(keys))
            progressed(counts["rows"])
    except RollFileError as error:
        raise errors.ListRefused(reason_ko=error.ko, reason_en=error.en) from None
    counts["members"] = len(people)
    counts["strangers"] = max(counts["rows"] - counts["rejected"] - len(people), 0)
    return people, counts


def list_lists(*, after: str | None, limit: int) -> tuple[list[dict[str, Any]], str | None]:
    """List lists, the newest first."""
    return keyset_page(PeopleList._get_collection(), {}, sort=[("_id", -1)], after=after, limit=limit)


def get_list(list_id: str) -> dict[str, Any]:
    """Give a list with what came of its file.

    Raises: ListNotFound (notifications.list-not-found, 404).
    """
    listed = PeopleList._get_collection().find_one({"_id": list_id})
    if listed is None:
        raise errors.ListNotFound
    return dict(listed)


def look_up(list_id: str, number: str, *, by: str, reason: str) -> bool:
    """Tell whether whoever has a phone number is on a list; who asked and why is logged before it is told.

    The entry holds no number; what it says is sealed under the person's own key, where an account has the number.
    Raises: ListNotFound (404), NotAPhoneNumber (notifications.not-a-phone-number, 422).
    """
    get_list(list_id)
    key = identifiers.phone_key(tidy_number(number))
    if key is None:
        raise errors.NotAPhoneNumber
    person_id = next(iter(identifiers.holders([key])), None)
    entry = f"{list_id}:{person_id}"
    found = person_id is not None and ListedPerson._get_collection().find_one({"_id": entry}, {"_id": 1}) is not None
    target, after = f"people_list:{list_id}", {"is_listed": found}
    audit.record("people_lists.look_up", target, staff_id=by, reason=reason, after=after, person_id=person_id)
    return found


def remove(list_id: str, *, by: str) -> None:
    """Remove a list with everybody on it; a campaign that is planned already goes on.

    Raises: ListNotFound (notifications.list-not-found, 404).
    """

    def write(session: ClientSession) -> None:
        if not PeopleList._get_collection().delete_one({"_id": list_id}, session=session).deleted_count:
            raise errors.ListNotFound
        audit.record("people_lists.remove", f"people_list:{list_id}", staff_id=by, session=session)

    in_transaction(write)
    ListedPerson._get_collection().delete_many({"list_id": list_id})


def require(list_ids: Collection[str]) -> None:
    """Refuse lists that are not there.

    Raises: ListNotFound (404).
    """
    if PeopleList._get_collection().count_documents({"_id": {"$in": list(list_ids)}}) < len(set(list_ids)):
        raise errors.ListNotFound


def names(list_ids: Collection[str]) -> list[str]:
    """Give the names of those of these lists that are still there, in order."""
    found = PeopleList._get_collection().find({"_id": {"$in": list(list_ids)}}, {"name": 1})
    return sorted(listed["name"] for listed in found)


def by_ids(list_ids: Collection[str]) -> list[dict[str, Any]]:
    """Give those of these lists that are still there, the newest first."""
    return list(PeopleList._get_collection().find({"_id": {"$in": list(list_ids)}}).sort("_id", -1).limit(LISTS_MAX))


def people_of(list_ids: Collection[str]) -> Iterator[str]:
    """Give the people on any of these lists; who is on two may come twice."""
    found = ListedPerson._get_collection().find({"list_id": {"$in": list(list_ids)}}, {"person_id": 1, "_id": 0})
    return (entry["person_id"] for entry in found)


def lists_of(person_id: str) -> list[str]:
    """Give the lists that a person is on."""
    return [
        entry["list_id"] for entry in ListedPerson._get_collection().find({"person_id": person_id}, {"list_id": 1}).limit(500)
    ]


def export_personal_data(person_id: str) -> dict[str, Any]:
    """Give the names of the lists that a person is on."""
    named = PeopleList._get_collection().find({"_id": {"$in": lists_of(person_id)}}, {"name": 1})
    return {"people_lists": [found["name"] for found in named]}


def erase_personal_data(person_id: str) -> None:
    """Take a person off every list."""
    ListedPerson._get_collection().delete_many({"person_id": person_id})
