"""What staff change about their own sign-in, each time with the present password and an entry in the audit log."""

from typing import Any

from pymongo.client_session import ClientSession

from mvoting.accounts import passwords, staff_sessions, throttle
from mvoting.accounts.errors import StaffSessionEnded, WrongPassword
from mvoting.accounts.models import Staff
from mvoting.accounts.staff import fresh_recovery_codes
from mvoting.accounts.throttle import Limit
from mvoting.core import audit
from mvoting.core.database import in_transaction


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


def change_password(staff_id: str, session_id: str, *, password: str, new_password: str) -> None:
    """Change one's own password; every other session of the account ends.

    Raises: WrongPassword (403), TooManyTries (429), WeakPassword (422).
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

    in_transaction(work)


def renew_recovery_codes(staff_id: str, *, password: str) -> list[str]:
    """Make new recovery codes, shown once; the old ones work no more.

    Raises: WrongPassword (403), TooManyTries (429).
    """
    require_password(staff_id, password)
    codes, keys = fresh_recovery_codes(staff_id)

    def work(session: ClientSession) -> None:
        Staff._get_collection().update_one({"_id": staff_id}, {"$set": {"recovery_keys": keys}}, session=session)
        audit.record("staff.renew_recovery_codes", f"staff:{staff_id}", staff_id=staff_id, session=session)

    in_transaction(work)
    return codes
