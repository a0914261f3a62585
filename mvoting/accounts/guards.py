"""Guards: who may use a route. The table of all routes and roles is `tests/contract/permissions.csv`."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from flask import g, request
from pymongo.client_session import ClientSession

from mvoting.accounts import consents, sessions, staff_sessions, tokens
from mvoting.accounts.errors import ConsentDue, GuardianRequired, StaffSessionEnded, TokenInvalid, TrustRequired
from mvoting.accounts.models import Staff
from mvoting.accounts.staff import ROLES
from mvoting.core.acting import note_rights
from mvoting.core.http import Guard
from mvoting.core.problems import Forbidden, SignInRequired

TRUST_LEVELS = ("guest", "member", "resident")


@dataclass(frozen=True)
class Person:
    """Who asks, as the access token says.

    Args: claims: confirmed facts of a resident: "district", "birth_year", "gender", "tags"; others have none.
    """

    id: str
    session_id: str
    trust: str
    claims: Mapping[str, Any]
    is_consent_due: bool = False


@dataclass(frozen=True)
class StaffMember:
    """Which staff member asks, as stored at this moment."""

    id: str
    session_id: str
    roles: frozenset[str]
    name: str


def bearer() -> str:
    """Give the token of the Authorization header.

    Raises: SignInRequired (core.sign-in-required, 401).
    """
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise SignInRequired
    return token.strip()


def _sign_in_person() -> Person:
    person = tokens.verify(bearer())
    sessions.require_open(person.session_id)
    who = Person(person.person_id, person.session_id, person.trust, person.facts, person.is_consent_due)
    g.person, g.principal_id, g.signed_in = who, who.id, True
    return who


def _check_public() -> None:
    """Let everybody in; a citizen's token that is sent along must be valid, anybody else's says nothing here."""
    token = request.headers.get("Authorization", "").partition(" ")[2].strip()
    if "." in token:
        _sign_in_person()


def _check_account() -> None:
    _sign_in_person()


def _check_member() -> None:
    who = _sign_in_person()
    if who.trust == "guest":
        raise GuardianRequired
    if who.is_consent_due:
        raise ConsentDue(**consents.current())


def _check_resident() -> None:
    _check_member()
    if current_person().trust != "resident":
        raise TrustRequired


public = Guard("public", _check_public)
account = Guard("account", _check_account, ("citizen",), "whoever signed in, also a child whose guardian has not consented yet")
member = Guard("member", _check_member, ("citizen",), "whoever signed in")
resident = Guard("resident", _check_resident, ("citizen",), "confirmed residents of the city")


def staff(*roles: str) -> Guard:
    """Let staff in who hold any of `roles`; without roles, every staff member."""
    unknown = set(roles) - set(ROLES)
    if unknown:
        raise ValueError(f"no such role: {', '.join(sorted(unknown))}")

    def check() -> None:
        token = bearer()
        if "." in token:  # a citizen's token
            raise TokenInvalid
        enter_staff(token, *roles)

    who = f"staff with the role {' or '.join(roles)}" if roles else "every staff member"
    return Guard("staff:" + "|".join(roles) if roles else "staff", check, ("staff",), who)


def enter_staff(token: str, *roles: str) -> StaffMember:
    """Let the staff member of a session token in, who holds any of `roles`; the panel calls it with its cookie.

    Every act asks for the same rights again, where it is recorded.

    Raises: StaffSessionEnded (401), Forbidden (403).
    """
    session, stored = staff_sessions.open_session(token)
    who = StaffMember(stored["_id"], session["_id"], frozenset(stored["roles"]), stored["name"])
    if roles and not who.roles & set(roles):
        raise Forbidden(needs=" | ".join(roles))
    g.staff, g.principal_id, g.signed_in = who, who.id, True
    note_rights(partial(_require_same_rights, who))
    return who


def _require_same_rights(who: StaffMember, session: ClientSession) -> None:
    """Refuse whoever was suspended, or lost a role, since the request began."""
    stored = Staff._get_collection().find_one({"_id": who.id, "state": "active"}, {"roles": 1}, session=session)
    if stored is None:
        raise StaffSessionEnded
    if gone := who.roles - set(stored["roles"]):
        raise Forbidden(needs=" | ".join(sorted(gone)))


def current_person() -> Person:
    """Give the citizen who asks; only behind `member` or `resident`."""
    person: Person = g.person
    return person


def person_or_none() -> Person | None:
    """Give the citizen who asks, if one does; behind `public`."""
    return g.get("person")


def current_staff() -> StaffMember:
    """Give the staff member who asks; only behind `staff(...)`."""
    member_of_staff: StaffMember = g.staff
    return member_of_staff


__all__ = [
    "ROLES",
    "TRUST_LEVELS",
    "Person",
    "StaffMember",
    "StaffSessionEnded",
    "account",
    "bearer",
    "current_person",
    "current_staff",
    "enter_staff",
    "member",
    "person_or_none",
    "public",
    "resident",
    "staff",
]
