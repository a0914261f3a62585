"""One-time codes of six or eight digits: few tries, short life, used once, stored as keyed hashes."""

import hmac
import secrets
from contextlib import suppress
from datetime import timedelta
from typing import Any

from pymongo.client_session import ClientSession
from pymongo.errors import DuplicateKeyError

from mvoting.accounts.errors import InvalidCode, TooManyTries
from mvoting.accounts.models import SignInCode
from mvoting.accounts.throttle import Limit, count_failure, require_free
from mvoting.core.clock import now
from mvoting.core.secrets import keyed

TRIES_MAX = 5
BEARER_DIGITS = 10


def make(purpose: str, holder: str, *, digits: int, lifetime: timedelta, about: Any = None) -> str:
    """Make a code for a holder (a phone number, a person); an earlier one stops working."""
    code = f"{secrets.randbelow(10**digits):0{digits}d}"
    stored = {"code_key": _code_key(purpose, holder, code), "tries": 0, "expires_at": now() + lifetime, "about": about}
    SignInCode._get_collection().replace_one({"_id": _holder_key(purpose, holder)}, stored, upsert=True)
    return code


def use(purpose: str, holder: str, code: str) -> Any:
    """Use a code up. Returns: what it was made about.

    Raises: InvalidCode (accounts.invalid-code, 401), TooManyTries (accounts.too-many-tries, 429).
    """
    collection = SignInCode._get_collection()
    # Counted before compared, so that racing guesses cannot have more than their tries.
    stored = collection.find_one_and_update({"_id": _holder_key(purpose, holder)}, {"$inc": {"tries": 1}}, return_document=True)
    if stored is None or stored["expires_at"] <= now():
        raise InvalidCode
    if stored["tries"] > TRIES_MAX:
        wait_s = int((stored["expires_at"] - now()).total_seconds()) + 1
        raise TooManyTries(retry_after_s=wait_s, headers={"Retry-After": str(wait_s)})
    if not hmac.compare_digest(stored["code_key"], _code_key(purpose, holder, code)):
        raise InvalidCode
    taken = collection.find_one_and_delete({"_id": stored["_id"], "code_key": stored["code_key"]})
    if taken is None:
        raise InvalidCode
    return taken.get("about")


def give_back(purpose: str, holder: str, code: str, *, lifetime: timedelta) -> None:
    """Make a code that was right good once more, because something was missing to go on; a newer one stays the one that counts."""
    stored = {"_id": _holder_key(purpose, holder), "code_key": _code_key(purpose, holder, code), "tries": 0}
    with suppress(DuplicateKeyError):
        SignInCode._get_collection().insert_one({**stored, "expires_at": now() + lifetime, "about": None})


def make_bearer(purpose: str, *, lifetime: timedelta, about: Any, session: ClientSession | None = None) -> str:
    """Make a ten-digit code that is good for whoever types it, once; for another device of one person, or a guardian."""
    code = f"{secrets.randbelow(10**BEARER_DIGITS):0{BEARER_DIGITS}d}"
    stored = {"_id": _holder_key(purpose, code), "code_key": "", "tries": 0, "expires_at": now() + lifetime, "about": about}
    SignInCode._get_collection().insert_one(stored, session=session)
    return code


def use_bearer(purpose: str, code: str, *, tried_by: str) -> Any:
    """Use a ten-digit code up. Returns: what it was made about.

    Args: tried_by: whose failed tries are counted; as narrow as it can be, because after ten of them it waits.
    Raises: InvalidCode (accounts.invalid-code, 401), TooManyTries (accounts.too-many-tries, 429).
    """
    limit = Limit(f"code:{purpose}:{tried_by}", 10)
    require_free(limit)
    taken = SignInCode._get_collection().find_one_and_delete({"_id": _holder_key(purpose, code), "expires_at": {"$gt": now()}})
    if taken is None:
        count_failure(limit)
        raise InvalidCode
    return taken["about"]


def keep_state(purpose: str, state: str, *, lifetime: timedelta, about: Any) -> None:
    """Remember what belongs to a random state that goes to an identity provider and back."""
    stored = {"_id": _holder_key(purpose, state), "code_key": "", "tries": 0, "expires_at": now() + lifetime, "about": about}
    SignInCode._get_collection().insert_one(stored)


def take_state(purpose: str, state: str) -> Any:
    """Give what belongs to a state, once; None when there is nothing."""
    kept = SignInCode._get_collection().find_one_and_delete({"_id": _holder_key(purpose, state), "expires_at": {"$gt": now()}})
    return kept["about"] if kept else None


def _holder_key(purpose: str, holder: str) -> str:
    return keyed("code-holder", f"{purpose}:{holder}")


def _code_key(purpose: str, holder: str, code: str) -> str:
    return keyed("code", f"{purpose}:{holder}:{code}")
