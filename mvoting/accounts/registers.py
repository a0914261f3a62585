"""The city's register of residents, uploaded as a table: it confirms whoever signs in with a number that stands in it."""

import csv
import hashlib
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from typing import Any

from pymongo import UpdateOne
from pymongo.client_session import ClientSession

from mvoting.accounts import residents
from mvoting.accounts.errors import RegisterUnreadable
from mvoting.accounts.identifiers import Proof, phone_key
from mvoting.accounts.models import Identifier, Person, RegisterEntry, RegisterImport
from mvoting.core import audit
from mvoting.core.clock import now
from mvoting.core.database import in_transaction
from mvoting.core.districts import DISTRICTS
from mvoting.core.ids import new_id
from mvoting.core.pagination import keyset_page
from mvoting.core.secrets import seal, unseal

COLUMNS = ("phone", "district", "birth_year", "gender")
ROWS_MAX = 200_000
FILE_MAX_BYTES = 12 * 1024 * 1024
REJECTED_SHOWN = 1000
BATCH = 500
OF_ITS_HOLDER = {"facts_sealed": {"$exists": True}, "changed_hands_at": {"$exists": False}}
KEPT = timedelta(days=400)  # a register is uploaded at least once a year; what is not renewed is forgotten


def receive(table: bytes, *, staff_id: str, reason: str) -> str:
    """Keep an uploaded CSV (UTF-8; phone, district, birth_year, gender) sealed until a worker has read it. Returns: its id.

    Raises: RegisterUnreadable (accounts.register-unreadable, 422).
    """
    header = table[:4096].decode("utf-8-sig", errors="replace").splitlines()[:1]
    if not header or [name.strip() for name in header[0].split(",")] != list(COLUMNS):
        raise RegisterUnreadable(columns=", ".join(COLUMNS))
    import_id = new_id()
    stored = {
        "_id": import_id,
        "state": "waiting",
        "table_sealed": seal("register", table, bound_to=import_id.encode()),
        "done_count": 0,
        "total_count": max(table.count(b"\n") - 1, 0),
        "rejected": [],
        "rejected_count": 0,
        "at": now(),
    }

    def work(session: ClientSession) -> None:
        RegisterImport._get_collection().insert_one(stored, session=session)
        after = {"rows": stored["total_count"], "sha256": hashlib.sha256(table).hexdigest()}
        audit.record("register.upload", f"register:{import_id}", staff_id=staff_id, reason=reason, after=after, session=session)

    in_transaction(work)
    return import_id


def imports(*, after: str | None, limit: int) -> tuple[list[dict[str, Any]], str | None]:
    """List uploads, the newest first, without their rows."""
    fields = {"table_sealed": 0, "rejected": 0}
    return keyset_page(RegisterImport._get_collection(), {}, sort=[("_id", -1)], after=after, limit=limit, projection=fields)


def progress(import_id: str) -> dict[str, Any] | None:
    """Give how far an import is, with the rows it had to reject."""
    return RegisterImport._get_collection().find_one({"_id": import_id}, {"table_sealed": 0})


def waiting_imports() -> list[str]:
    """Give imports that are still to be read."""
    return [i["_id"] for i in RegisterImport._get_collection().find({"state": "waiting"}, {"_id": 1}).limit(10)]


def read_import(import_id: str) -> None:
    """Read an import; safe to run twice, because each row is stored under its number."""
    collection = RegisterImport._get_collection()
    stored = collection.find_one({"_id": import_id, "state": "waiting"})
    if stored is None:
        return
    table = unseal("register", bytes(stored["table_sealed"]), bound_to=import_id.encode()).decode("utf-8-sig", errors="replace")
    rejected: list[dict[str, Any]] = []
    rejected_count = done = 0
    batch: dict[str, dict[str, Any]] = {}
    for line, row in _rows(table):
        facts, why = _facts(row)
        key = phone_key(str(row.get("phone") or ""))
        if why is None and key is not None:
            batch[key] = facts
        else:
            rejected_count += 1
            rejected += [{"line": line, "why": why or "phone"}] if len(rejected) < REJECTED_SHOWN else []
        done += 1
        if len(batch) >= BATCH:
            _store(batch)
            batch = {}
            collection.update_one({"_id": import_id}, {"$set": {"done_count": done}})
    _store(batch)
    finished = {"state": "done", "done_count": done, "total_count": done, "rejected": rejected, "rejected_count": rejected_count}
    collection.update_one({"_id": import_id}, {"$set": finished, "$unset": {"table_sealed": ""}})


def confirm_from_register(person_id: str, proof: Proof) -> None:
    """Confirm a person whose proven number stands in the register, unless staff or the identity provider already did."""
    if proof.kind != "phone":
        return
    entry = RegisterEntry._get_collection().find_one({"_id": proof.key, "until": {"$gt": now()}, **OF_ITS_HOLDER})
    if entry is not None:
        _confirm(person_id, _opened(entry))


def note_changed_hands(keys: Iterable[str], *, session: ClientSession | None = None) -> None:
    """Let the register confirm nobody by these numbers any more: its row may tell of the former holder for years.

    Whoever holds such a number now is confirmed by papers or the national identity. The note stays as long as registers go
    on naming the number.
    """
    note = {"$set": {"changed_hands_at": now()}, "$max": {"until": now() + KEPT}}
    for key in keys:
        RegisterEntry._get_collection().update_one({"_id": key}, note, upsert=True, session=session)


def note_came_back(key: str, *, session: ClientSession | None = None) -> None:
    """Let the register confirm by a number again, whose former holder proved to hold it."""
    RegisterEntry._get_collection().update_one({"_id": key}, {"$unset": {"changed_hands_at": ""}}, session=session)


def _confirm(person_id: str, facts: Mapping[str, Any]) -> None:
    stored = Person._get_collection().find_one({"_id": person_id}, {"facts_source": 1, "state": 1})
    if stored and stored["state"] in ("active", "awaiting_guardian") and stored.get("facts_source") in (None, "register"):
        residents.confirm(person_id, facts, source="register")


def _rows(table: str) -> Iterator[tuple[int, dict[str, Any]]]:
    reader = csv.DictReader(io.StringIO(table))
    for count, row in enumerate(reader):
        if count >= ROWS_MAX:
            return
        yield reader.line_num, row


def _facts(row: Mapping[str, Any]) -> tuple[dict[str, Any], str | None]:
    district, year, gender = (str(row.get(name) or "").strip() for name in ("district", "birth_year", "gender"))
    if district not in DISTRICTS:
        return {}, "district"
    if not (year.isascii() and year.isdecimal() and 1900 <= int(year[:5]) <= now().year):
        return {}, "birth_year"
    if gender not in ("", "female", "male"):
        return {}, "gender"
    return {"district": district, "birth_year": int(year), "gender": gender or None, "tags": []}, None


def _store(batch: Mapping[str, Mapping[str, Any]]) -> None:
    if not batch:
        return
    until = now() + KEPT
    writes = [
        UpdateOne(
            {"_id": key},
            {"$set": {"facts_sealed": seal("register-facts", json.dumps(facts).encode(), bound_to=key.encode()), "until": until}},
            upsert=True,
        )
        for key, facts in batch.items()
    ]
    entries = RegisterEntry._get_collection()
    entries.bulk_write(writes, ordered=False)
    keys = [entry["_id"] for entry in entries.find({"_id": {"$in": list(batch)}, **OF_ITS_HOLDER}, {"_id": 1})]
    for identifier in Identifier._get_collection().find({"_id": {"$in": keys}, "state": "active"}, {"person_id": 1}):
        _confirm(identifier["person_id"], batch[identifier["_id"]])


def _opened(entry: Mapping[str, Any]) -> dict[str, Any]:
    facts: dict[str, Any] = json.loads(unseal("register-facts", bytes(entry["facts_sealed"]), bound_to=entry["_id"].encode()))
    return facts
