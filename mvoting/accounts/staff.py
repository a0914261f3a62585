"""Staff: other people than citizens, with a password, always a second factor, and only the rights of their roles."""

import hashlib
import hmac
import os
import secrets
from dataclasses import dataclass
from typing import Any

import pyotp
from pymongo.client_session import ClientSession
from pymongo.errors import DuplicateKeyError

from mvoting.accounts import passwords, staff_sessions, throttle
from mvoting.accounts.errors import InvalidSecondFactor, StaffExists, StaffSignInRefused
from mvoting.accounts.models import Staff, StaffSession
from mvoting.accounts.staff_sessions import StaffGrant
from mvoting.accounts.throttle import Limit
from mvoting.core import audit, log
from mvoting.core.clock import now
from mvoting.core.database import in_transaction
from mvoting.core.ids import new_id
from mvoting.core.secrets import derive_key, keyed, seal, unseal

ROLES = (
    "moderator",
    "poll_officer",
    "proposal_officer",
    "department_officer",
    "alert_author",
    "alert_approver",
    "auditor",
    "administrator",
)
RECOVERY_CODES = 10
SECOND_FACTOR_TRIES = 5
TOTP_STEP_S = 30


@dataclass(frozen=True)
class Enrolment:
    """What a new staff member is shown once."""

    staff_id: str
    totp_secret: str
    totp_uri: str
    recovery_codes: list[str]


def create(*, email: str, name: str, roles: list[str], password: str, totp_secret: str | None = None) -> Enrolment:
    """Make a staff member from the server itself, with a TOTP secret and recovery codes.

    Raises: WeakPassword (422), StaffExists (409).
    """
    enrolled, document = enrolment(email.strip().casefold(), name, roles, password, totp_secret or pyotp.random_base32())

    def work(session: ClientSession) -> None:
        Staff._get_collection().insert_one(document, session=session)
        audit.record("staff.create", f"staff:{enrolled.staff_id}", staff_id="system", after=document["roles"], session=session)

    try:
        in_transaction(work)
    except DuplicateKeyError:
        raise StaffExists from None
    log.event("accounts.staff_created", staff_id=enrolled.staff_id)
    return enrolled


def enrolment(
    email: str, name: str, roles: list[str], password: str, totp_secret: str, *, staff_id: str | None = None
) -> tuple[Enrolment, dict[str, Any]]:
    """Prepare a staff member: what is shown once, and the document to store.

    Raises: WeakPassword (accounts.weak-password, 422).
    """
    new = staff_id or new_id()
    codes, recovery_keys = fresh_recovery_codes(new)
    document = {
        "_id": new,
        "email": email,
        "name": name,
        "roles": sorted(set(roles)),
        "state": "active",
        "password_hash": passwords.hashed(password, about=(email, name)),
        "totp_sealed": sealed_totp(new, totp_secret),
        "totp_step": 0,
        "passkeys": [],
        "recovery_keys": recovery_keys,
        "created_at": now(),
    }
    return Enrolment(new, totp_secret, totp_uri(totp_secret, email), codes), document


def totp_uri(secret: str, email: str) -> str:
    """Give an authenticator's secret as its QR code carries it."""
    return pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name="mVoting")


def sealed_totp(staff_id: str, secret: str) -> bytes:
    """Give an authenticator's secret as it is stored with its owner."""
    return seal("totp", secret.encode(), bound_to=staff_id.encode())


def active_with(roles: tuple[str, ...], session: ClientSession | None = None) -> list[str]:
    """Give the ids of active staff who hold one of these roles."""
    found = Staff._get_collection().find({"state": "active", "roles": {"$in": list(roles)}}, {"_id": 1}, session=session)
    return [member["_id"] for member in found]


def fresh_recovery_codes(staff_id: str) -> tuple[list[str], list[str]]:
    """Make recovery codes, shown once. Returns: the codes, and the keys that are stored."""
    codes = [f"{secrets.randbelow(10**10):010d}" for _ in range(RECOVERY_CODES)]
    return codes, [_recovery_key(staff_id, code) for code in codes]


def check_password(email: str, password: str, *, network: str, device: str = "") -> str:
    """Check the first factor. Returns: the token of a session that waits five minutes for the second.

    Args: network: where the try comes from; device: what an earlier sign-in left on this computer, so that strangers'
    failures do not lock its owner out.
    Raises: StaffSignInRefused (401), TooManyTries (429).
    """
    address = email.strip().casefold()
    limits = _limits(address, network, device)
    throttle.require_free(*limits)
    member = Staff._get_collection().find_one({"email": address, "state": "active"})
    if not passwords.matches(password, member["password_hash"] if member else None):
        throttle.count_failure(*limits)
        raise StaffSignInRefused
    assert member is not None
    known = device.partition(".")[0] if _is_device_token(address, device) else ""
    return staff_sessions.begin(member["_id"], stage="password", device=known)


def second_factors(waiting: str) -> list[str]:
    """Name the second factors with which a waiting sign-in can be finished."""
    _, member = open_waiting(waiting)
    has_passkey = any("set_aside_at" not in passkey for passkey in member["passkeys"])
    return ["totp", *(["passkey"] if has_passkey else []), *(["recovery_code"] if member["recovery_keys"] else [])]


def open_waiting(waiting: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Give the session and the staff member of a sign-in that passed its first factor.

    Raises: StaffSessionEnded (accounts.staff-session-ended, 401).
    """
    return staff_sessions.open_session(waiting, stage="password")


def check_totp(waiting: str, code: str) -> StaffGrant:
    """Finish a sign-in with a time-based code (RFC 6238), each good once.

    Raises: StaffSessionEnded, InvalidSecondFactor (401).
    """
    session, member = second_try(waiting)
    if not use_totp(member, code):
        raise InvalidSecondFactor
    return complete(session, waiting, member)


def check_recovery_code(waiting: str, code: str) -> StaffGrant:
    """Finish a sign-in with a recovery code, which is used up.

    Raises: StaffSessionEnded, InvalidSecondFactor (401).
    """
    session, member = second_try(waiting)
    if not use_recovery_code(member, code):
        raise InvalidSecondFactor
    return complete(session, waiting, member)


def use_totp(member: dict[str, Any], code: str, *, session: ClientSession | None = None) -> bool:
    """Use a code of a member's authenticator up. Returns: whether it was right, and for the first time."""
    step = totp_step(_totp_secret(member), code)
    newer = {"_id": member["_id"], "totp_step": {"$lt": step}}
    used = Staff._get_collection().update_one(newer, {"$set": {"totp_step": step}}, session=session)
    return bool(step) and used.modified_count == 1


def use_recovery_code(member: dict[str, Any], code: str, *, session: ClientSession | None = None) -> bool:
    """Use a recovery code up. Returns: whether it was one that had not been used."""
    key = _recovery_key(member["_id"], code.replace(" ", "").replace("-", ""))
    mine = {"_id": member["_id"], "recovery_keys": key}
    if not Staff._get_collection().update_one(mine, {"$pull": {"recovery_keys": key}}, session=session).modified_count:
        return False
    log.event("accounts.recovery_code_used", staff_id=member["_id"])
    return True


def second_try(waiting: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Count one try at the second factor before it is looked at.

    Raises: StaffSessionEnded, InvalidSecondFactor (401), TooManyTries (429).
    """
    session, member = open_waiting(waiting)
    # Counted before compared: racing guesses share the tries.
    counted = StaffSession._get_collection().find_one_and_update(
        {"_id": session["_id"]}, {"$inc": {"tries": 1}}, return_document=True
    )
    if counted is None or counted["tries"] > SECOND_FACTOR_TRIES:
        staff_sessions.end(waiting)
        raise InvalidSecondFactor
    # A stolen password must not buy endless codes by signing in again and again, nor keep its owner's computer out.
    limit = _second_factor_limit(session)
    throttle.require_free(limit)
    throttle.count_failure(limit)
    return session, member


def complete(session: dict[str, Any], waiting: str, member: dict[str, Any]) -> StaffGrant:
    """Turn a session that passed both factors into a full one with a new token."""
    staff_sessions.end(waiting)
    token = staff_sessions.begin(member["_id"], stage="full")
    device = _device_token(member["email"])
    throttle.forget(_second_factor_limit(session))
    log.event("accounts.staff_signed_in", staff_id=member["_id"])
    return StaffGrant(
        token=token,
        csrf=staff_sessions.csrf(token),
        device=device,
        expires_at=now() + staff_sessions.ABSOLUTE,
        staff=summary(member),
    )


def summary(member: dict[str, Any]) -> dict[str, Any]:
    """Give what colleagues may know of a staff member."""
    return {
        "id": member["_id"],
        "name": member["name"],
        "email": member["email"],
        "roles": list(member["roles"]),
        "state": member["state"],
        "created_at": member["created_at"],
    }


def totp_step(secret: str, code: str) -> int:
    """Give the time step that a code belongs to, one step early or late allowed; 0 when it is wrong."""
    totp, present = pyotp.TOTP(secret), int(now().timestamp()) // TOTP_STEP_S
    for step in (present, present - 1, present + 1):
        if hmac.compare_digest(totp.generate_otp(step).encode(), code.encode()):
            return step
    return 0


def _totp_secret(member: dict[str, Any]) -> str:
    return unseal("totp", bytes(member["totp_sealed"]), bound_to=member["_id"].encode()).decode()


def _limits(address: str, network: str, device: str) -> list[Limit]:
    if _is_device_token(address, device):
        return [Limit(f"staff:{address}:device:{device}", 5)]
    return [Limit(f"staff:{address}:{network}", 5), Limit(f"staff:{address}:strangers", 100), Limit(f"staff:from:{network}", 30)]


def _second_factor_limit(session: dict[str, Any]) -> Limit:
    return Limit(f"staff:{session['staff_id']}:second-factor:{session.get('device', '')}", 20)


def _device_token(address: str, nonce: str = "") -> str:
    nonce = nonce or os.urandom(12).hex()
    mac = hmac.new(derive_key("staff-device"), f"{address}:{nonce}".encode(), hashlib.sha256).hexdigest()
    return f"{nonce}.{mac}"


def _is_device_token(address: str, token: str) -> bool:
    nonce = token.partition(".")[0]
    return len(nonce) == 24 and hmac.compare_digest(_device_token(address, nonce).encode(), token.encode())


def _recovery_key(staff_id: str, code: str) -> str:
    return keyed("recovery-code", f"{staff_id}:{code}")
