"""Sessions: a family of refresh tokens per device, each token good for one use.

A refresh token is `session.generation.mac`; the mac is keyed with a server secret and the session's salt, so the database
holds nothing that could be used, and the successor of a token can be given again to a phone that lost the answer.
"""

import base64
import hashlib
import hmac
import os
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pymongo.client_session import ClientSession

from mvoting.accounts import consents, residents, rules, tokens
from mvoting.accounts.errors import InvalidRefreshToken, RefreshTokenReplayed, SessionEnded
from mvoting.accounts.models import Identifier, Person, RevokedSession, Session
from mvoting.core import log
from mvoting.core.clock import now
from mvoting.core.ids import is_id, new_id
from mvoting.core.pagination import keyset_page
from mvoting.core.secrets import derive_key, keyed

IDLE = timedelta(days=60)
ABSOLUTE = timedelta(days=365)
COUNTER = timedelta(minutes=15)
KEPT_AFTER_END = timedelta(days=30)
REVOCATIONS_CACHED_S = 5.0
SESSIONS_MAX = 20
IN_USE = {"$in": ["active", "awaiting_guardian"]}


@dataclass(frozen=True)
class Device:
    """The phone or browser that signs in; `id` is 128 random bits it made itself."""

    id: str
    name: str = ""
    platform: str = ""


@dataclass(frozen=True)
class Grant:
    """What a device gets at sign-in and at each refresh."""

    access_token: str
    refresh_token: str | None
    session_id: str
    person_id: str
    trust: str
    state: str
    consents_due: tuple[str, ...] = ()


def begin(person_id: str, device: Device, *, method: str, kind: str = "device") -> Grant:
    """Open a session on a device; the oldest one ends when the person has too many.

    Raises: SessionEnded (accounts.session-ended, 401) when the person was erased or joined to another meanwhile.
    """
    at = now()
    lifetime = IDLE if kind == "device" else COUNTER
    session = {
        "_id": new_id(),
        "person_id": person_id,
        "kind": kind,
        "method": method,
        "device_key": _device_key(device.id),
        "device_name": device.name,
        "platform": device.platform,
        "salt": os.urandom(16),
        "generation": 1,
        "created_at": at,
        "rotated_at": at,
        "expires_at": at + lifetime,
        "purge_at": at + lifetime + KEPT_AFTER_END,
    }
    Session._get_collection().insert_one(session)
    # A real change of the person, after the session is there: an erasing, joining or releasing of a number at the same
    # moment either ends the session or has made the person one who is not in use, or has no identifier left.
    used = {"$set": {"used_on": day(at)}, "$inc": {"changes": 1}}
    person = Person._get_collection().find_one_and_update({"_id": person_id, "state": IN_USE}, used, return_document=True)
    if person is None or not _has_identifier(person_id):
        Session._get_collection().delete_one({"_id": session["_id"]})
        raise SessionEnded
    _end_surplus(person_id)
    log.event("accounts.session_began", session_id=session["_id"], method=method)
    return _grant(session, person)


def refresh(refresh_token: str, device_id: str) -> Grant:
    """Exchange a refresh token for a new access token and the next refresh token.

    A replayed token ends the session, except for the same device within 60 s, which gets the same successor.
    Raises: InvalidRefreshToken, RefreshTokenReplayed, SessionEnded (401).
    """
    session, generation = _genuine(refresh_token)
    at = now()
    match rules.refresh_decision(session, generation, _device_key(device_id), now=at):
        case rules.Refresh.ENDED:
            raise SessionEnded
        case rules.Refresh.REPEAT:
            return _grant(session)
        case rules.Refresh.REPLAY:
            _end({"_id": session["_id"]}, because="replay")
            log.event("accounts.refresh_token_replayed", session_id=session["_id"])
            raise RefreshTokenReplayed
    expires_at = min(at + IDLE, session["created_at"] + ABSOLUTE)
    rotated = Session._get_collection().find_one_and_update(
        {"_id": session["_id"], "generation": generation, "ended_at": None},
        {
            "$set": {
                "generation": generation + 1,
                "rotated_at": at,
                "expires_at": expires_at,
                "purge_at": expires_at + KEPT_AFTER_END,
            }
        },
        return_document=True,
    )
    if rotated is None:  # the same token twice at once: the loser gets the winner's successor
        return refresh(refresh_token, device_id)
    return _grant(rotated)


def of_person(person_id: str, *, after: str | None, limit: int) -> tuple[list[dict[str, Any]], str | None]:
    """Give one page of a person's open sessions, newest first."""
    condition = {"person_id": person_id, "ended_at": None, "expires_at": {"$gt": now()}}
    return keyset_page(Session._get_collection(), condition, sort=[("_id", -1)], after=after, limit=limit)


def is_counter(device_id: str) -> bool:
    """Tell whether a counter's session was opened on this device lately."""
    at_counter = {"device_key": _device_key(device_id), "kind": "counter"}
    return Session._get_collection().find_one(at_counter, {"_id": 1}) is not None


def end(session_id: str, *, person_id: str, because: str = "signed_out", session: ClientSession | None = None) -> bool:
    """End one session of a person. Returns: whether it was open."""
    return _end({"_id": session_id, "person_id": person_id}, because=because, session=session) == 1


def end_all(person_id: str, *, because: str, session: ClientSession | None = None) -> int:
    """End every session of a person. Returns: how many were open."""
    return _end({"person_id": person_id}, because=because, session=session)


def ended_among(session_ids: Sequence[str]) -> set[str]:
    """Tell which of these sessions were ended: signed out, lost, replayed. What hangs on them (push tokens) ends with them.

    A session that merely ran out is none of these: whoever did not open the app for two months still gets disaster alerts.
    """
    ended = Session._get_collection().find({"_id": {"$in": list(session_ids)}, "ended_at": {"$ne": None}}, {"_id": 1})
    return {session["_id"] for session in ended}


def replayed_since(since: datetime) -> list[dict[str, Any]]:
    """Give the sessions that a replayed refresh token ended: {"_id", "person_id", "ended_at"}; their people are to be told."""
    wanted = {"ended_because": "replay", "ended_at": {"$gt": since}}
    return list(Session._get_collection().find(wanted, {"person_id": 1, "ended_at": 1}).sort("ended_at", 1).limit(1000))


def require_open(session_id: str) -> None:
    """Refuse the access tokens of a session that was ended; known to every process within 5 s.

    Raises: SessionEnded (accounts.session-ended, 401).
    """
    if session_id in _revocations.current():
        raise SessionEnded


class _Revocations:
    """The revoked sessions whose access tokens are still unexpired; read again every 5 s."""

    def __init__(self) -> None:
        self._ids: frozenset[str] = frozenset()
        self._read_at = float("-inf")
        self._lock = threading.Lock()

    def current(self) -> frozenset[str]:
        if time.monotonic() - self._read_at > REVOCATIONS_CACHED_S and self._lock.acquire(blocking=False):
            try:
                found = RevokedSession._get_collection().find({"until": {"$gt": now()}}, {"_id": 1})
                self._ids = frozenset(revoked["_id"] for revoked in found)
                self._read_at = time.monotonic()
            finally:
                self._lock.release()
        return self._ids

    def forget(self) -> None:
        self._read_at = float("-inf")


_revocations = _Revocations()


def _end(condition: dict[str, Any], *, because: str, session: ClientSession | None = None) -> int:
    at = now()
    collection = Session._get_collection()
    ids = [s["_id"] for s in collection.find({**condition, "ended_at": None}, {"_id": 1}, session=session)]
    if not ids:
        return 0
    # Revoked first: if this process dies in between, the tokens are refused and the session is ended at the next try.
    for session_id in ids:
        RevokedSession._get_collection().update_one(
            {"_id": session_id}, {"$set": {"until": at + tokens.LIFETIME * 2}}, upsert=True, session=session
        )
    ended = {"ended_at": at, "ended_because": because, "purge_at": at + KEPT_AFTER_END}
    result = collection.update_many({"_id": {"$in": ids}, "ended_at": None}, {"$set": ended}, session=session)
    _revocations.forget()
    return result.modified_count


def _has_identifier(person_id: str) -> bool:
    return Identifier._get_collection().find_one({"person_id": person_id, "state": "active"}, {"_id": 1}) is not None


def _end_surplus(person_id: str) -> None:
    surplus = Session._get_collection().find({"person_id": person_id, "ended_at": None}, {"_id": 1}).sort("_id", -1)
    ids = [session["_id"] for session in surplus.skip(SESSIONS_MAX)]
    if ids:
        _end({"_id": {"$in": ids}}, because="too_many")


def renewed_access(session_id: str) -> str:
    """Give a new access token of an open session, after something that it says has changed.

    Raises: SessionEnded (accounts.session-ended, 401).
    """
    session = Session._get_collection().find_one({"_id": session_id, "ended_at": None, "expires_at": {"$gt": now()}})
    if session is None:
        raise SessionEnded
    return _grant(session).access_token


def day(at: datetime) -> datetime:
    """Give the beginning of a day: when an account was last used is kept no finer."""
    return at.replace(hour=0, minute=0, second=0, microsecond=0)


def _person_of(session: dict[str, Any]) -> dict[str, Any]:
    """Give the person of an open session, who is using the account now."""
    persons, today = Person._get_collection(), day(now())
    person = persons.find_one({"_id": session["person_id"], "state": IN_USE})
    if person is None:
        raise SessionEnded
    if person.get("used_on") != today:
        persons.update_one({"_id": person["_id"], "state": IN_USE}, {"$set": {"used_on": today}})
    return person


def _grant(session: dict[str, Any], person: dict[str, Any] | None = None) -> Grant:
    person = person or _person_of(session)
    trust = person["trust"] if person["state"] == "active" else "guest"
    facts = residents.facts_of(person) if trust == "resident" else None
    due = consents.due(person)
    return Grant(
        access_token=tokens.issue(person["_id"], session["_id"], trust, facts, at=now(), is_consent_due=bool(due)),
        refresh_token=_refresh_token(session, session["generation"]) if session["kind"] == "device" else None,
        session_id=session["_id"],
        person_id=person["_id"],
        trust=trust,
        state=person["state"],
        consents_due=tuple(due),
    )


def _device_key(device_id: str) -> str:
    return keyed("device", device_id)


def _mac(session: dict[str, Any], generation: int) -> str:
    message = f"{session['_id']}.{generation}.".encode() + bytes(session["salt"])
    mac = hmac.new(derive_key("refresh-token"), message, hashlib.sha256).digest()
    return base64.urlsafe_b64encode(mac).decode().rstrip("=")


def _refresh_token(session: dict[str, Any], generation: int) -> str:
    return f"{session['_id']}.{generation}.{_mac(session, generation)}"


def _genuine(refresh_token: str) -> tuple[dict[str, Any], int]:
    session_id, _, rest = refresh_token.partition(".")
    number, _, mac = rest.partition(".")
    if not is_id(session_id) or not number.isascii() or not number.isdecimal() or len(number) > 9:
        raise InvalidRefreshToken
    session = Session._get_collection().find_one({"_id": session_id})
    if session is None or not hmac.compare_digest(_mac(session, int(number)).encode(), mac.encode()):
        raise InvalidRefreshToken
    return session, int(number)
