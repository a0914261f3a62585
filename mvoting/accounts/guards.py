"""Guards: who may use a route. The table of all routes and guards is kept by a test."""

from dataclasses import dataclass
from typing import Any

from flask import g, request

from mvoting.accounts import tokens
from mvoting.core.http import Guard
from mvoting.core.problems import Forbidden, SignInRequired

ROLES = ("moderator", "poll_officer", "alert_author", "alert_approver", "auditor", "administrator")
TRUST_LEVELS = ("guest", "member", "resident")


@dataclass(frozen=True)
class Person:
    """Who asks, as the access token says."""

    id: str
    session_id: str
    trust: str
    claims: dict[str, Any]


@dataclass(frozen=True)
class StaffMember:
    """Which staff member asks, as the access token says."""

    id: str
    session_id: str
    roles: frozenset[str]
    name: str


def _bearer() -> str:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise SignInRequired
    return token.strip()


def _sign_in_person() -> Person:
    claims = tokens.verify_access_token(_bearer(), tokens.CITIZEN)
    person = Person(claims["sub"], claims["sid"], claims.get("trust", "member"), claims)
    g.person, g.principal_id, g.signed_in = person, person.id, True
    return person


def _check_public() -> None:
    """Let everybody in; a citizen's token that is sent along must be valid."""
    if request.headers.get("Authorization"):
        _sign_in_person()


def _check_member() -> None:
    _sign_in_person()


def _check_resident() -> None:
    if _sign_in_person().trust != "resident":
        raise Forbidden(needs="resident")


public = Guard("public", _check_public)
member = Guard("member", _check_member, ("citizen",))
resident = Guard("resident", _check_resident, ("citizen",))


def staff(*roles: str) -> Guard:
    """Let staff in who hold any of `roles`; without roles, every staff member."""
    unknown = set(roles) - set(ROLES)
    if unknown:
        raise ValueError(f"no such role: {', '.join(sorted(unknown))}")

    def check() -> None:
        claims = tokens.verify_access_token(_bearer(), tokens.STAFF)
        who = StaffMember(claims["sub"], claims["sid"], frozenset(claims.get("roles", ())), claims.get("name", ""))
        if roles and not who.roles & set(roles):
            raise Forbidden(needs=" | ".join(roles))
        g.staff, g.principal_id, g.signed_in = who, who.id, True

    return Guard("staff:" + "|".join(roles) if roles else "staff", check, ("staff",))


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
