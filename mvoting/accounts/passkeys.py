"""Passkeys as the second factor of staff: registered with the password, used after it, each under its own counter.

Sources: W3C Web Authentication Level 3, sections 7.1 (registering), 7.2 (signing in), 6.1.1 (counters that tell of a clone).
"""

import logging
from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import webauthn
from bson import Binary
from pymongo.client_session import ClientSession
from webauthn.helpers import bytes_to_base64url, options_to_json_dict
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from mvoting.accounts import staff, staff_factors
from mvoting.accounts.errors import InvalidPasskey, InvalidSecondFactor, PasskeysNotOffered, TooManyPasskeys
from mvoting.accounts.models import Staff, StaffSession
from mvoting.accounts.staff_sessions import StaffGrant
from mvoting.core import audit, log
from mvoting.core.clock import now
from mvoting.core.database import in_transaction
from mvoting.core.ids import new_id
from mvoting.core.problems import NotFound
from mvoting.core.settings import settings

RP_NAME = "mVoting"
PASSKEYS_MAX = 10
CHALLENGE_LIFETIME = timedelta(minutes=5)
VERIFICATION = UserVerificationRequirement.PREFERRED  # the password came first; a key that is only touched will do


def relying_party() -> tuple[str, str]:
    """Give the host name that passkeys are bound to, and the one origin they are used from.

    WebAuthn knows no addresses of numbers; a developer's own machine is `localhost` to it.
    Raises: PasskeysNotOffered (accounts.passkeys-not-offered, 409).
    """
    address = urlsplit(settings().public_url)
    host = address.hostname or ""
    try:
        if not ip_address(host).is_loopback:
            raise PasskeysNotOffered
        host = "localhost"
    except ValueError:
        pass
    port = f":{address.port}" if address.port else ""
    return host, f"{address.scheme}://{host}{port}"


def is_offered() -> bool:
    """Tell whether this deployment has a name that passkeys can be bound to."""
    try:
        relying_party()
    except PasskeysNotOffered:
        return False
    return True


def begin_adding(staff_id: str, session_id: str) -> dict[str, Any]:
    """Give what the browser needs to make a passkey (`PublicKeyCredentialCreationOptionsJSON`), good for five minutes.

    Raises: PasskeysNotOffered (409).
    """
    member = _member(staff_id)
    options = webauthn.generate_registration_options(
        rp_id=relying_party()[0],
        rp_name=RP_NAME,
        user_id=staff_id.encode(),
        user_name=member["email"],
        user_display_name=member["name"],
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.DISCOURAGED, user_verification=VERIFICATION
        ),
        exclude_credentials=_descriptors(member["passkeys"]),
    )
    _keep_challenge(session_id, options.challenge)
    return options_to_json_dict(options)


def add(staff_id: str, session_id: str, *, name: str, password: str, code: str, credential: dict[str, Any]) -> dict[str, Any]:
    """Keep a passkey that the browser made, with both factors of before. Returns: what its owner is shown of it.

    Raises: WrongPassword, WrongSecondFactor (403), TooManyTries (429), InvalidPasskey (422), TooManyPasskeys,
        PasskeysNotOffered (409).
    """
    relying_party()
    stored = {"id": new_id(), "name": name, "added_at": now()}

    def work(session: ClientSession) -> None:
        stored.update(_verified(credential, _take_challenge(session_id, session=session)))
        members = Staff._get_collection()
        if members.find_one({"passkeys.credential": stored["credential"]}, {"_id": 1}, session=session):
            raise InvalidPasskey
        room = {"_id": staff_id, f"passkeys.{PASSKEYS_MAX - 1}": {"$exists": False}}
        if not members.update_one(room, {"$push": {"passkeys": stored}}, session=session).modified_count:
            raise TooManyPasskeys(limit=PASSKEYS_MAX)
        after = {"passkey": stored["id"], "name": name}
        audit.record("staff.add_passkey", f"staff:{staff_id}", staff_id=staff_id, after=after, session=session)

    staff_factors.with_both_factors(staff_id, password, code, work)
    return shown(stored)


def passkeys_of(staff_id: str) -> list[dict[str, Any]]:
    """Give a staff member's passkeys as their owner is shown them."""
    return [shown(passkey) for passkey in _member(staff_id)["passkeys"]]


def remove(staff_id: str, passkey_id: str, *, password: str, code: str) -> None:
    """Forget a passkey, at once; signing in goes on with the other factors.

    Raises: WrongPassword, WrongSecondFactor (403), NotFound (404), TooManyTries (429).
    """

    def work(session: ClientSession) -> None:
        gone = {"$pull": {"passkeys": {"id": passkey_id}}}
        if not Staff._get_collection().update_one({"_id": staff_id}, gone, session=session).modified_count:
            raise NotFound
        before = {"passkey": passkey_id}
        audit.record("staff.remove_passkey", f"staff:{staff_id}", staff_id=staff_id, before=before, session=session)

    staff_factors.with_both_factors(staff_id, password, code, work)


def begin_sign_in(waiting: str) -> dict[str, Any]:
    """Give what the browser needs to use a passkey (`PublicKeyCredentialRequestOptionsJSON`) for a waiting sign-in.

    Raises: StaffSessionEnded (401), PasskeysNotOffered (409).
    """
    session, member = staff.open_waiting(waiting)
    options = webauthn.generate_authentication_options(
        rp_id=relying_party()[0], allow_credentials=_descriptors(member["passkeys"]), user_verification=VERIFICATION
    )
    _keep_challenge(session["_id"], options.challenge)
    return options_to_json_dict(options)


def check(waiting: str, credential: dict[str, Any]) -> StaffGrant:
    """Finish a sign-in with a passkey. A counter that did not grow tells of a clone: that passkey is set aside.

    Raises: StaffSessionEnded, InvalidSecondFactor (401), TooManyTries (429), PasskeysNotOffered (409).
    """
    rp_id, origin = relying_party()
    session, member = staff.second_try(waiting)
    challenge = _take_challenge(session["_id"])
    passkey = _used(member, credential)
    if challenge is None or passkey is None:
        raise InvalidSecondFactor
    try:
        verified = webauthn.verify_authentication_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=rp_id,
            expected_origin=origin,
            credential_public_key=bytes(passkey["public_key"]),
            credential_current_sign_count=0,  # compared below, in the write that stores the new one
        )
    except Exception:  # as in `_verified`
        raise InvalidSecondFactor from None
    _count_up(member["_id"], passkey, verified.new_sign_count)
    return staff.complete(session, waiting, member)


def shown(passkey: dict[str, Any]) -> dict[str, Any]:
    """Give what its owner is shown of a passkey."""
    used_at: datetime | None = passkey.get("used_at")
    return {
        **{name: passkey[name] for name in ("id", "name", "added_at")},
        "used_at": used_at,
        "is_set_aside": "set_aside_at" in passkey,
    }


def _count_up(staff_id: str, passkey: dict[str, Any], count: int) -> None:
    """Store the counter that a passkey showed; keys without one always show 0."""
    members, usable = Staff._get_collection(), {"id": passkey["id"], "set_aside_at": {"$exists": False}}
    smaller = {"sign_count": {"$lt": count}} if count else {"sign_count": 0}
    used = {"$set": {"passkeys.$.sign_count": count, "passkeys.$.used_at": now()}}
    if members.update_one({"_id": staff_id, "passkeys": {"$elemMatch": {**usable, **smaller}}}, used).matched_count:
        return

    def set_aside(session: ClientSession) -> None:
        change = {"$set": {"passkeys.$.set_aside_at": now()}}
        if members.update_one({"_id": staff_id, "passkeys": {"$elemMatch": usable}}, change, session=session).matched_count:
            after = {"passkey": passkey["id"], "why": "its counter did not grow"}
            audit.record("staff.set_passkey_aside", f"staff:{staff_id}", staff_id="system", after=after, session=session)

    in_transaction(set_aside)
    log.event("accounts.passkey_cloned", level=logging.WARNING, staff_id=staff_id, passkey_id=passkey["id"])
    raise InvalidSecondFactor


def _used(member: dict[str, Any], credential: dict[str, Any]) -> dict[str, Any] | None:
    usable = (passkey for passkey in member["passkeys"] if "set_aside_at" not in passkey)
    return next((passkey for passkey in usable if bytes_to_base64url(bytes(passkey["credential"])) == credential["rawId"]), None)


def _descriptors(passkeys: list[dict[str, Any]]) -> list[PublicKeyCredentialDescriptor]:
    usable = (passkey for passkey in passkeys if "set_aside_at" not in passkey)
    return [PublicKeyCredentialDescriptor(id=bytes(passkey["credential"])) for passkey in usable]


def _verified(credential: dict[str, Any], challenge: bytes | None) -> dict[str, Any]:
    """Check a passkey that was just made. Returns: what is stored of it."""
    if challenge is None:
        raise InvalidPasskey
    rp_id, origin = relying_party()
    try:
        verified = webauthn.verify_registration_response(
            credential=credential, expected_challenge=challenge, expected_rp_id=rp_id, expected_origin=origin
        )
    except Exception:  # the library parses what anybody may have sent: whatever it trips over is a refusal
        raise InvalidPasskey from None
    return {
        "credential": Binary(verified.credential_id),
        "public_key": Binary(verified.credential_public_key),
        "sign_count": verified.sign_count,
    }


def _keep_challenge(session_id: str, challenge: bytes) -> None:
    kept = {"challenge": Binary(challenge), "challenge_until": now() + CHALLENGE_LIFETIME}
    StaffSession._get_collection().update_one({"_id": session_id}, {"$set": kept})


def _take_challenge(session_id: str, *, session: ClientSession | None = None) -> bytes | None:
    """Give the challenge of a session, once."""
    fresh, taken_away = (
        {"_id": session_id, "challenge_until": {"$gt": now()}},
        {"$unset": {"challenge": "", "challenge_until": ""}},
    )
    taken = StaffSession._get_collection().find_one_and_update(fresh, taken_away, session=session)
    return bytes(taken["challenge"]) if taken and taken.get("challenge") else None


def _member(staff_id: str) -> dict[str, Any]:
    member = Staff._get_collection().find_one({"_id": staff_id})
    if member is None:
        raise NotFound
    return member
