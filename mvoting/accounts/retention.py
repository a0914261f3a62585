"""What accounts forget by themselves once its time has come; docs/PRIVACY.md says the same times."""

from contextlib import suppress
from datetime import datetime, timedelta

from mvoting.accounts import leaving
from mvoting.accounts.errors import PersonNotFound
from mvoting.accounts.models import Person, RegisterImport, Staff
from mvoting.core import log

GUARDIAN_WAIT = timedelta(days=30)  # whoever has no guardian's consent by then has none (PIPA art. 22-2)
UNUSED = timedelta(
    days=2 * 365
)  # an account whose owner never came back (PIPA art. 21; the year of former art. 39-6 is law no more)
REGISTER_REPORT = timedelta(days=90)
SUSPENDED_SECRETS = timedelta(days=365)
AT_ONCE = 1000
ERASED_AT_ONCE = 100
SECRETS = {"password_hash": "", "totp_sealed": "", "passkeys": [], "recovery_keys": []}  # what takes their place  # nosec B105


def forget_old(*, now: datetime) -> int:
    """Forget tombstones, children nobody consented for, unused accounts, reports of registers read, sign-ins of staff long gone. Returns: how many."""
    return (
        leaving.forget_the_left(limit=AT_ONCE)
        + _erase_unconsented(now)
        + _erase_unused(now)
        + RegisterImport._get_collection().delete_many({"state": "done", "at": {"$lt": now - REGISTER_REPORT}}).deleted_count
        + _drop_secrets(now)
    )


def _erase_unconsented(now: datetime) -> int:
    waiting = {"state": "awaiting_guardian", "awaiting_since": {"$lt": now - GUARDIAN_WAIT}}
    found = [person["_id"] for person in Person._get_collection().find(waiting, {"_id": 1}).limit(AT_ONCE)]
    for person_id in found:
        leaving.erase(person_id)
        log.event("accounts.erased_without_guardian", person_id=person_id)
    return len(found)


def _erase_unused(now: datetime) -> int:
    count = 0
    for person_id in leaving.unused(now - UNUSED, limit=ERASED_AT_ONCE):
        with suppress(PersonNotFound):  # who came back meanwhile
            leaving.erase(person_id, unused_since=now - UNUSED)
            count += 1
    if count:
        log.event("accounts.erased_unused", count=count)
    return count


def _drop_secrets(now: datetime) -> int:
    """Name and roles stay, for the audit log speaks of them."""
    gone = {"state": "suspended", "suspended_at": {"$lt": now - SUSPENDED_SECRETS}, "password_hash": {"$ne": ""}}
    return Staff._get_collection().update_many(gone, {"$set": SECRETS}).modified_count
