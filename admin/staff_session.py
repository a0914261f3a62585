"""The panel's cookies over accounts' staff sessions: HttpOnly, SameSite=Lax, Secure outside development and tests."""

from typing import Any
from urllib.parse import urlsplit

from flask import Response, g, request, url_for

from mvoting.accounts import staff_sessions
from mvoting.accounts.guards import StaffMember, enter_staff
from mvoting.accounts.staff_sessions import StaffGrant
from mvoting.core.problems import SignInRequired
from mvoting.core.settings import settings

DEVICE_LIFETIME_S = 180 * 86400
WAITING_LIFETIME_S = int(staff_sessions.BETWEEN_FACTORS.total_seconds())


def is_secure() -> bool:
    """Tell whether cookies need HTTPS: always, but on a developer's or a test's own machine."""
    return settings().env == "production" or settings().public_url.startswith("https://")


def cookie_name(name: str) -> str:
    """Give a cookie's name; with HTTPS it is tied to this host (RFC 6265bis, `__Host-`)."""
    return f"__Host-{name}" if is_secure() else name


def require(*roles: str) -> StaffMember:
    """Give the staff member who is signed in to the panel.

    Raises: SignInRequired, StaffSessionEnded (401), Forbidden (403).
    """
    token = request.cookies.get(cookie_name("staff"), "")
    if not token:
        raise SignInRequired
    who = enter_staff(token, *roles)
    g.panel_token = token
    return who


def form_token() -> str:
    """Give the token that every form of this session carries; empty before signing in."""
    return staff_sessions.csrf(g.panel_token) if "panel_token" in g else ""


def is_own_form() -> bool:
    """Tell whether a sent form is one of ours: sent from this site and, once signed in, made for this session."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        return False
    origin = request.headers.get("Origin")
    if origin and origin != "null" and urlsplit(origin).netloc != request.host:
        return False
    if "panel_token" not in g:
        return True
    return staff_sessions.is_csrf(g.panel_token, request.form.get("csrf_token", ""))


def waiting_token() -> str:
    """Give the token of a sign-in that waits for its second factor."""
    return request.cookies.get(cookie_name("staff-waiting"), "")


def device_token() -> str:
    """Give what an earlier sign-in left on this computer."""
    return request.cookies.get(cookie_name("staff-device"), "")


def wait_for_second_factor(response: Response, token: str) -> Response:
    """Remember a sign-in that passed its first factor."""
    _set(response, "staff-waiting", token, max_age=WAITING_LIFETIME_S)
    return response


def enter(response: Response, grant: StaffGrant) -> Response:
    """Sign this browser in."""
    _set(response, "staff", grant.token)
    _set(response, "staff-device", grant.device, max_age=DEVICE_LIFETIME_S)
    _forget(response, "staff-waiting")
    return response


def leave(response: Response) -> Response:
    """Sign this browser out, in the database as well."""
    token = request.cookies.get(cookie_name("staff"), "")
    if token:
        staff_sessions.end(token)
    _forget(response, "staff")
    _forget(response, "staff-waiting")
    return response


def safe_next(target: str | None) -> str:
    """Give `target` when it is one of the panel's own addresses, else the first page."""
    first = url_for("panel.today")
    if not target or not target.startswith("/admin") or "\\" in target or any(ord(letter) < 32 for letter in target):
        return first
    parts = urlsplit(target)
    is_ours = not parts.scheme and not parts.netloc and (parts.path == "/admin" or parts.path.startswith("/admin/"))
    return target if is_ours else first


def _set(response: Response, name: str, value: str, **options: Any) -> None:
    response.set_cookie(cookie_name(name), value, path="/", secure=is_secure(), httponly=True, samesite="Lax", **options)


def _forget(response: Response, name: str) -> None:
    response.delete_cookie(cookie_name(name), path="/", secure=is_secure(), httponly=True, samesite="Lax")
