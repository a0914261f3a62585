"""What staff change about their own sign-in, each time with both factors of before and an entry in the audit log.

A session is not enough, and neither is the password: whoever sits at an unlocked desk must not make a factor of their own
(NIST SP 800-63B, binding of authenticators).
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pyotp
from bson import Binary
from pymongo.client_session import ClientSession

from mvoting.accounts import passwords, staff, staff_sessions, throttle
from mvoting.accounts.errors import StaffSessionEnded, WrongPassword, WrongSecondFactor
from mvoting.accounts.models import Staff, StaffSession
from mvoting.accounts.throttle import Limit
from mvoting.core import audit
from mvoting.core.clock import now
from mvoting.core.database import in_transaction
from mvoting.core.secrets import seal, unseal

AUTHENTICATOR_WAITS = timedelta(minutes=10)
TOTP_DIGITS = 6


def with_both_factors(staff_id: str, password: str, code: str, work: Callable[[ClientSession], None]) -> None:
    """Do `work` in one transaction with using up the second factor: refused or failed, the code stays good.

    Args: code: six digits of the present authenticator, or a recovery code.
    Raises: WrongPassword, WrongSecondFactor (403), TooManyTries (429), whatever `work` raises.
    """
    _with_second_factor(require_password(staff_id, password), code, work)


def require_password(staff_id: str, password: str) -> dict[str, Any]:
    """Refuse whoever sits at an unlocked desk and does not know its owner's password. Returns: the staff member.

    Raises: WrongPassword (accounts.wrong-password, 403), TooManyTries (accounts.too-many-tries, 429).
    """
    limit = Limit(f"staff:{staff_id}:own-password", 5)
    throttle.require_free(limit)
    member = Staff._get_collection().find_one({"_id": staff_id, "state": "active"})
    if member is None:
        raise StaffSessionEnded
    if not passwords.matches(password, member["password_hash"]):
        throttle.count_failure(limit)
        raise WrongPassword
    throttle.forget(limit)
    return member


def change_password(staff_id: str, session_id: str, *, password: str, code: str, new_password: str) -> None:
    """Change one's own password; every other session of the account ends.

    Args: code: as for `with_both_factors`.
    Raises: WrongPassword, WrongSecondFactor (403), TooManyTries (429), WeakPassword (422).
    """
    member = require_password(staff_id, password)
    hashed = passwords.hashed(new_password, about=(member["email"], member["name"]))

    def work(session: ClientSession) -> None:
        # Two changes at once: the second one's "present password" is present no more.
        unchanged = {"_id": staff_id, "password_hash": member["password_hash"]}
        change = {"$set": {"password_hash": hashed}}
        if not Staff._get_collection().update_one(unchanged, change, session=session).matched_count:
            raise WrongPassword
        staff_sessions.end_all(staff_id, but=session_id, session=session)
        audit.record("staff.change_password", f"staff:{staff_id}", staff_id=staff_id, session=session)

    _with_second_factor(member, code, work)


def renew_recovery_codes(staff_id: str, *, password: str, code: str) -> list[str]:
    """Make new recovery codes, shown once; the old ones work no more. Each is a second factor, so it takes one to get them.

    Args: code: as for `with_both_factors`.
    Raises: WrongPassword, WrongSecondFactor (403), TooManyTries (429).
    """
    codes, keys = staff.fresh_recovery_codes(staff_id)

    def work(session: ClientSession) -> None:
        Staff._get_collection().update_one({"_id": staff_id}, {"$set": {"recovery_keys": keys}}, session=session)
        audit.record("staff.renew_recovery_codes", f"staff:{staff_id}", staff_id=staff_id, session=session)

    with_both_factors(staff_id, password, code, work)
    return codes


def begin_authenticator(staff_id: str, session_id: str, *, password: str, code: str) -> dict[str, Any]:
    """Prepare another authenticator, with the password and a second factor that works now.

    Args: code: as for `with_both_factors`.
    Returns: {"totp_secret", "totp_uri", "expires_at"}; the present authenticator works until the new one has shown a code.
    Raises: WrongPassword, WrongSecondFactor (403), TooManyTries (429).
    """
    member = require_password(staff_id, password)
    until = now() + AUTHENTICATOR_WAITS
    secret = pyotp.random_base32()
    waiting = Binary(seal("totp-waiting", secret.encode(), bound_to=session_id.encode()))

    def work(session: ClientSession) -> None:
        kept = {"$set": {"totp_waiting_sealed": waiting, "totp_waiting_until": until}}
        StaffSession._get_collection().update_one({"_id": session_id}, kept, session=session)
        audit.record("staff.begin_authenticator", f"staff:{staff_id}", staff_id=staff_id, session=session)

    _with_second_factor(member, code, work)
    return {"totp_secret": secret, "totp_uri": staff.totp_uri(secret, member["email"]), "expires_at": until}


def replace_authenticator(staff_id: str, session_id: str, *, code: str) -> None:
    """Put the prepared authenticator in the place of the present one, once it shows a right code; other sessions end.

    Raises: WrongSecondFactor (accounts.wrong-second-factor, 403), also when none is prepared any more.
    """
    prepared = {"_id": session_id, "totp_waiting_until": {"$gt": now()}}
    waiting = StaffSession._get_collection().find_one(prepared)
    if waiting is None:
        raise WrongSecondFactor
    secret = unseal("totp-waiting", bytes(waiting["totp_waiting_sealed"]), bound_to=session_id.encode()).decode()
    step = staff.totp_step(secret, code)
    if not step:
        raise WrongSecondFactor

    def work(session: ClientSession) -> None:
        same = {"_id": session_id, "totp_waiting_sealed": waiting["totp_waiting_sealed"]}
        taken = {"$unset": {"totp_waiting_sealed": "", "totp_waiting_until": ""}}
        if not StaffSession._get_collection().update_one(same, taken, session=session).modified_count:
            raise WrongSecondFactor
        change = {"$set": {"totp_sealed": staff.sealed_totp(staff_id, secret), "totp_step": step}}
        Staff._get_collection().update_one({"_id": staff_id}, change, session=session)
        staff_sessions.end_all(staff_id, but=session_id, session=session)
        audit.record("staff.replace_authenticator", f"staff:{staff_id}", staff_id=staff_id, session=session)

    in_transaction(work)


def _with_second_factor(member: dict[str, Any], code: str, work: Callable[[ClientSession], None]) -> None:
    """Use a second factor up, an authenticator's code or a recovery code, in one transaction with what it opens."""
    limit = Limit(f"staff:{member['_id']}:own-second-factor", 5)
    throttle.require_free(limit)

    def used(session: ClientSession) -> None:
        use = staff.use_totp if len(code) == TOTP_DIGITS else staff.use_recovery_code
        if not use(member, code, session=session):
            raise WrongSecondFactor
        work(session)

    try:
        in_transaction(used)
    except WrongSecondFactor:
        throttle.count_failure(limit)
        raise
    throttle.forget(limit)
