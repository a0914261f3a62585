"""Sessions of staff: a random token of which only the hash is stored, read at every request, so an end is an end at once."""

import hashlib
import hmac
import os
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from pymongo.client_session import ClientSession

from mvoting.accounts.errors import StaffSessionEnded
from mvoting.accounts.models import Staff, StaffSession
from mvoting.core.clock import now
from mvoting.core.secrets import derive_key

IDLE = timedelta(minutes=30)
ABSOLUTE = timedelta(hours=10)
BETWEEN_FACTORS = timedelta(minutes=5)
SEEN_EVERY = timedelta(seconds=30)
TOKEN_MAX = 64


@dataclass(frozen=True)
class StaffGrant:
    """A full staff session. `csrf` goes into each form of the panel, `device` into a lasting cookie for the next sign-in."""

    token: str
    csrf: str
    device: str
    expires_at: Any
    staff: dict[str, Any]

    def shown(self) -> dict[str, Any]:
        """Give what the API answers; the panel keeps the rest in cookies and forms."""
        return {"token": self.token, "device": self.device, "expires_at": self.expires_at, "staff": self.staff}


def begin(staff_id: str, *, stage: str, device: str = "") -> str:
    """Open a session at a stage ("password": the second factor is still due). Returns: its token.

    Args: device: a name for the computer where it signed in before.
    """
    token = urlsafe_b64encode(os.urandom(32)).decode().rstrip("=")
    at = now()
    StaffSession._get_collection().insert_one(
        {
            "_id": _hash(token),
            "staff_id": staff_id,
            "stage": stage,
            "device": device,
            "tries": 0,
            "created_at": at,
            "seen_at": at,
            "expires_at": at + (ABSOLUTE if stage == "full" else BETWEEN_FACTORS),
        }
    )
    return token


def open_session(token: str, *, stage: str = "full") -> tuple[dict[str, Any], dict[str, Any]]:
    """Give the session and the staff member of a token.

    Raises: StaffSessionEnded (accounts.staff-session-ended, 401) after 30 idle minutes, 10 hours, or an end by hand.
    """
    if not token or len(token) > TOKEN_MAX:
        raise StaffSessionEnded
    session = StaffSession._get_collection().find_one({"_id": _hash(token), "stage": stage})
    at = now()
    if session is None or session["expires_at"] <= at or at - session["seen_at"] > IDLE:
        raise StaffSessionEnded
    member = Staff._get_collection().find_one({"_id": session["staff_id"], "state": "active"})
    if member is None:
        raise StaffSessionEnded
    if at - session["seen_at"] > SEEN_EVERY:
        StaffSession._get_collection().update_one({"_id": session["_id"]}, {"$set": {"seen_at": at}})
    return session, member


def end(token: str) -> None:
    """End the session of a token."""
    StaffSession._get_collection().delete_one({"_id": _hash(token)})


def end_all(staff_id: str, *, but: str = "", session: ClientSession | None = None) -> None:
    """End every session of a staff member, except the one with the id `but`."""
    StaffSession._get_collection().delete_many({"staff_id": staff_id, "_id": {"$ne": but}}, session=session)


def csrf(token: str) -> str:
    """Give the value that each form of this session must carry."""
    return hmac.new(derive_key("staff-csrf"), token.encode(), hashlib.sha256).hexdigest()


def is_csrf(token: str, value: str) -> bool:
    """Tell whether a form was made for this session."""
    return hmac.compare_digest(csrf(token).encode(), value.encode())


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()
