"""Who is staff and what they may do: every change by somebody else than the person concerned, with its audit entry.

Roles for alerts are granted by two administrators, because one of them alone could otherwise send an alert with both hands.
"""

import os
from base64 import urlsafe_b64encode
from datetime import timedelta
from typing import Any

import pyotp
from pymongo.client_session import ClientSession
from pymongo.errors import DuplicateKeyError

from mvoting.accounts import staff, staff_sessions
from mvoting.accounts.errors import (
    InvalidInvitation,
    InvalidSecondFactor,
    NotOneself,
    StaffExists,
    StaffNotFound,
    TwoHandsNeeded,
)
from mvoting.accounts.models import Invitation, RightsRequest, Staff
from mvoting.accounts.staff import Enrolment
from mvoting.core import audit
from mvoting.core.clock import now
from mvoting.core.database import in_transaction
from mvoting.core.ids import new_id
from mvoting.core.pagination import keyset_page
from mvoting.core.problems import PreconditionFailed
from mvoting.core.secrets import keyed, seal, unseal

INVITATION_LIFETIME = timedelta(days=3)
REQUEST_LIFETIME = timedelta(days=7)
# Roles that let somebody send an alert, or decide who may: no one hand gives them.
TWO_HANDS_ROLES = frozenset({"administrator", "alert_author", "alert_approver"})
ADMINISTRATORS_MIN = 2


def invite(*, email: str, name: str, roles: list[str], by: str, reason: str) -> str:
    """Invite somebody to become staff. Returns: the token for the link, shown once.

    Raises: StaffExists, TwoHandsNeeded (409).
    """
    address = email.strip().casefold()
    if TWO_HANDS_ROLES & set(roles):
        raise TwoHandsNeeded
    if Staff._get_collection().find_one({"email": address}, {"_id": 1}):
        raise StaffExists
    return _invite({"email": address, "name": name, "roles": sorted(set(roles))}, by=by, reason=reason)


def refuse_alone(roles: list[str]) -> None:
    """Refuse roles that the command line must not give: it makes the first two administrators, and nobody for alerts.

    Raises: TwoHandsNeeded (accounts.two-hands-needed, 409).
    """
    asked = TWO_HANDS_ROLES & set(roles)
    if asked - {"administrator"}:
        raise TwoHandsNeeded
    present = {"roles": "administrator", "state": "active"}
    if asked and Staff._get_collection().count_documents(present, limit=ADMINISTRATORS_MIN) >= ADMINISTRATORS_MIN:
        raise TwoHandsNeeded


def reset_factors(staff_id: str, *, by: str, reason: str) -> str:
    """Let a colleague who lost both factors set them up again. Returns: the token for the link.

    Whoever holds the link becomes that colleague; so roles that need two hands are granted anew, by two.

    Raises: NotOneself (409), StaffNotFound (404).
    """
    member = _other(staff_id, by)
    suspend(staff_id, by=by, reason=reason)
    invitation = {
        "email": member["email"],
        "name": member["name"],
        "roles": [role for role in member["roles"] if role not in TWO_HANDS_ROLES],
        "staff_id": staff_id,
    }
    return _invite(invitation, by=by, reason=reason)


def read_invitation(token: str) -> dict[str, Any]:
    """Give what the invited person needs: e-mail address, name, roles, and the secret for the authenticator.

    Raises: InvalidInvitation (accounts.invalid-invitation, 401).
    """
    invitation = _invitation(token)
    secret = _totp_secret(invitation)
    uri = pyotp.TOTP(secret).provisioning_uri(name=invitation["email"], issuer_name="mVoting")
    return {**{name: invitation[name] for name in ("email", "name", "roles")}, "totp_secret": secret, "totp_uri": uri}


def accept(token: str, *, password: str, totp_code: str) -> Enrolment:
    """Become staff with a password and a second factor that was seen to work.

    Raises: InvalidInvitation, InvalidSecondFactor (401), WeakPassword (422), StaffExists (409).
    """
    invitation = _invitation(token)
    secret = _totp_secret(invitation)
    if not pyotp.TOTP(secret).verify(totp_code, for_time=now(), valid_window=1):
        raise InvalidSecondFactor
    enrolment, document = staff.enrolment(
        invitation["email"], invitation["name"], invitation["roles"], password, secret, staff_id=invitation.get("staff_id")
    )

    def work(session: ClientSession) -> None:
        if not Invitation._get_collection().delete_one({"_id": invitation["_id"]}, session=session).deleted_count:
            raise InvalidInvitation
        Staff._get_collection().replace_one({"_id": enrolment.staff_id}, document, upsert=True, session=session)
        target = f"staff:{enrolment.staff_id}"
        audit.record("staff.join", target, staff_id=enrolment.staff_id, after=document["roles"], session=session)

    try:
        in_transaction(work)
    except DuplicateKeyError:
        raise StaffExists from None
    return enrolment


def open_invitations() -> list[dict[str, Any]]:
    """Give the invitations that nobody has accepted yet, the latest to end first; their ids open nothing."""
    fields = {"email": 1, "name": 1, "roles": 1, "invited_by": 1, "expires_at": 1, "staff_id": 1}
    found = Invitation._get_collection().find({"expires_at": {"$gt": now()}}, fields).sort("expires_at", -1).limit(100)
    return list(found)


def withdraw_invitation(invitation_id: str, *, by: str, reason: str) -> None:
    """Take an invitation back before it is accepted.

    Raises: InvalidInvitation (accounts.invalid-invitation, 401) when it was accepted or is over.
    """

    def work(session: ClientSession) -> None:
        if not Invitation._get_collection().delete_one({"_id": invitation_id}, session=session).deleted_count:
            raise InvalidInvitation
        audit.record(
            "staff.withdraw_invitation", f"staff-invitation:{invitation_id[:16]}", staff_id=by, reason=reason, session=session
        )

    in_transaction(work)


def change_roles(staff_id: str, roles: list[str], *, by: str, reason: str, seen: list[str] | None = None) -> str | None:
    """Give a colleague these roles. Returns: None when done, else the request that a second administrator must agree to.

    Args: seen: the roles that the administrator saw when deciding; None overwrites whatever there is.
    Raises: NotOneself (409), StaffNotFound (404), PreconditionFailed (412) when somebody changed the roles since.
    """
    member = _other(staff_id, by)
    had = member["roles"]
    if seen is not None and sorted(set(seen)) != sorted(had):
        raise PreconditionFailed
    wanted = sorted(set(roles))
    if not TWO_HANDS_ROLES & (set(wanted) - set(had)):
        in_transaction(lambda session: _set_roles(staff_id, wanted, had=had, by=by, reason=reason, session=session))
        return None
    request_id = new_id()
    request = {
        "staff_id": staff_id,
        "roles": wanted,
        "had_roles": had,
        "asked_by": by,
        "reason": reason,
        "expires_at": now() + REQUEST_LIFETIME,
    }

    def work(session: ClientSession) -> None:
        RightsRequest._get_collection().insert_one({"_id": request_id, **request}, session=session)
        audit.record("staff.ask_rights", f"staff:{staff_id}", staff_id=by, reason=reason, after=wanted, session=session)

    in_transaction(work)
    return request_id


def open_requests() -> list[dict[str, Any]]:
    """Give the requests that wait for a second administrator."""
    return list(RightsRequest._get_collection().find({"expires_at": {"$gt": now()}}).sort("_id", 1).limit(100))


def agree(request_id: str, *, by: str) -> None:
    """Agree as the second administrator, while the first still is one.

    Raises: StaffNotFound (404), NotOneself, TwoHandsNeeded (409), PreconditionFailed (412) when the colleague's roles were
        changed since: what was taken meanwhile does not come back with what was asked for before.
    """
    request = RightsRequest._get_collection().find_one({"_id": request_id, "expires_at": {"$gt": now()}})
    if request is None:
        raise StaffNotFound
    if by == request["asked_by"]:
        raise TwoHandsNeeded
    _other(request["staff_id"], by)
    reason = f"{request['reason']} (asked by {request['asked_by']})"

    def work(session: ClientSession) -> None:
        if "administrator" not in roles_of(request["asked_by"], session=session):
            raise TwoHandsNeeded
        if RightsRequest._get_collection().delete_one({"_id": request_id}, session=session).deleted_count:
            asked = {"roles": request["roles"], "had": request.get("had_roles", [])}
            _set_roles(request["staff_id"], **asked, by=by, reason=reason, session=session)

    in_transaction(work)


def suspend(staff_id: str, *, by: str, reason: str) -> None:
    """Take every right from a colleague, at once, and what others had asked for on the colleague's behalf.

    Raises: NotOneself (409), StaffNotFound (404).
    """
    _other(staff_id, by)

    def work(session: ClientSession) -> None:
        # Whoever comes back by a new link may be somebody else (`reset_factors`): two decide about that one anew.
        RightsRequest._get_collection().delete_many({"staff_id": staff_id}, session=session)
        changes = {"state": "suspended", "suspended_at": now()}
        _change(staff_id, "staff.suspend", changes, by=by, reason=reason, session=session)

    in_transaction(work)
    staff_sessions.end_all(staff_id)  # they open nothing any more: whoever is suspended is refused at every request


def reinstate(staff_id: str, *, by: str, reason: str) -> None:
    """Give a suspended colleague the rights back.

    Raises: NotOneself (409), StaffNotFound (404).
    """
    _other(staff_id, by)
    changes = {"state": "active", "suspended_at": None}
    in_transaction(lambda session: _change(staff_id, "staff.reinstate", changes, by=by, reason=reason, session=session))


def members(*, after: str | None, limit: int) -> tuple[list[dict[str, Any]], str | None]:
    """Give one page of staff, newest first."""
    found, following = keyset_page(Staff._get_collection(), {}, sort=[("_id", -1)], after=after, limit=limit)
    return [staff.summary(member) for member in found], following


def names(staff_ids: list[str]) -> dict[str, str]:
    """Give the names of staff members by id, for pages that tell who did something."""
    found = Staff._get_collection().find({"_id": {"$in": staff_ids}}, {"name": 1})
    return {member["_id"]: member["name"] for member in found}


def roles_of(staff_id: str, *, session: ClientSession | None = None) -> frozenset[str]:
    """Give the roles that a staff member holds now; none when suspended or gone."""
    found = Staff._get_collection().find_one({"_id": staff_id, "state": "active"}, {"roles": 1}, session=session)
    return frozenset(found["roles"]) if found else frozenset()


def _set_roles(staff_id: str, roles: list[str], *, had: list[str], by: str, reason: str, session: ClientSession) -> None:
    if not Staff._get_collection().find_one({"_id": staff_id, "roles": had}, {"_id": 1}, session=session):
        raise PreconditionFailed
    _change(staff_id, "staff.change_roles", {"roles": roles}, by=by, reason=reason, session=session)


def _change(staff_id: str, action: str, changes: dict[str, Any], *, by: str, reason: str, session: ClientSession) -> None:
    before = Staff._get_collection().find_one_and_update({"_id": staff_id}, {"$set": changes}, session=session)
    if before is None:
        raise StaffNotFound
    old = {name: before.get(name) for name in changes}
    audit.record(action, f"staff:{staff_id}", staff_id=by, reason=reason, before=old, after=changes, session=session)


def _other(staff_id: str, by: str) -> dict[str, Any]:
    if staff_id == by:
        raise NotOneself
    member = Staff._get_collection().find_one({"_id": staff_id})
    if member is None:
        raise StaffNotFound
    return member


def _invite(invitation: dict[str, Any], *, by: str, reason: str) -> str:
    token = urlsafe_b64encode(os.urandom(24)).decode()
    key = keyed("staff-invitation", token)
    document = {
        "_id": key,
        **invitation,
        "totp_sealed": seal("totp-invitation", pyotp.random_base32().encode(), bound_to=key.encode()),
        "invited_by": by,
        "expires_at": now() + INVITATION_LIFETIME,
    }

    def work(session: ClientSession) -> None:
        Invitation._get_collection().insert_one(document, session=session)
        target = f"staff-invitation:{key[:16]}"
        audit.record("staff.invite", target, staff_id=by, reason=reason, after=invitation, session=session)

    in_transaction(work)
    return token


def _invitation(token: str) -> dict[str, Any]:
    found = Invitation._get_collection().find_one({"_id": keyed("staff-invitation", token), "expires_at": {"$gt": now()}})
    if found is None:
        raise InvalidInvitation
    return found


def _totp_secret(invitation: dict[str, Any]) -> str:
    return unseal("totp-invitation", bytes(invitation["totp_sealed"]), bound_to=invitation["_id"].encode()).decode()
