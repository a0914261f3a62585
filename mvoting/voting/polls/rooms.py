"""Private rooms: a number and a password."""

import secrets
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from mvoting.voting.polls import errors

NUMBER_DIGITS = 8
# Lighter than for staff: a room's password guards one poll, is tried five times a minute at most, and must not be a way
# to keep the servers busy.
_hasher = PasswordHasher(time_cost=1, memory_cost=19_456, parallelism=1)
# The hash of a random text that nobody kept; written out, because every process that starts would make it.
NO_ROOM = "$argon2id$v=19$m=19456,t=1,p=1$nMnwts2YWs1caES9kIhMIQ$otruKO/hivt3EyS5tslXGBIdQvcGPpO3NqnoQmQhK7A"


def new_room(password: str) -> dict[str, Any]:
    """Make a room's stored part.

    Raises: PollContentInvalid (voting.poll-content, 422) without a password.
    """
    if not password:
        raise errors.PollContentInvalid(errors={"room_password": ["a private room needs a password"]})
    return {"number": new_number(), "password_hash": _hasher.hash(password)}


def new_number() -> str:
    """Draw a room number."""
    return f"{secrets.randbelow(10**NUMBER_DIGITS):0{NUMBER_DIGITS}d}"


def opens(room: dict[str, Any] | None, password: str) -> bool:
    """Tell whether a password opens a room; takes as long when there is no such room."""
    try:
        fits = _hasher.verify(room["password_hash"] if room else NO_ROOM, password)
    except (VerificationError, InvalidHashError):
        return False
    return fits and room is not None
