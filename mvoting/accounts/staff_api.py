"""What the staff panel and staff tools call about staff accounts."""

from typing import Any

from flask import request

from mvoting.accounts import errors, schemas, staff, staff_sessions
from mvoting.accounts.guards import bearer, public
from mvoting.accounts.guards import staff as staff_guard
from mvoting.accounts.staff_sessions import StaffGrant
from mvoting.core.http import ApiBlueprint

staff_routes = ApiBlueprint("staff", __name__, url_prefix="/v1/staff", description="Staff: sign-in and accounts.")


@staff_routes.route("/sign-in", methods=["POST"], guard=public)
@staff_routes.arguments(schemas.StaffSignInIn())
@staff_routes.response(200, schemas.SecondFactorDueOut())
@staff_routes.problems(errors.StaffSignInRefused, errors.TooManyTries)
def post_staff_sign_in(body: dict[str, Any]) -> dict[str, Any]:
    """Give the password; the answer's challenge goes to the second factor."""
    waiting = staff.check_password(body["email"], body["password"], network=request.remote_addr or "", device=body["device"])
    return {"challenge": waiting, "second_factors": staff.second_factors(waiting)}


@staff_routes.route("/sign-in/totp", methods=["POST"], guard=public)
@staff_routes.arguments(schemas.SecondFactorIn())
@staff_routes.response(200, schemas.StaffGrantOut())
@staff_routes.problems(errors.InvalidSecondFactor, errors.StaffSessionEnded, errors.TooManyTries)
def post_totp(body: dict[str, Any]) -> dict[str, Any]:
    """Finish a sign-in with a code of the authenticator."""
    return _granted(staff.check_totp(body["challenge"], body["code"]))


@staff_routes.route("/sign-in/recovery-code", methods=["POST"], guard=public)
@staff_routes.arguments(schemas.SecondFactorIn())
@staff_routes.response(200, schemas.StaffGrantOut())
@staff_routes.problems(errors.InvalidSecondFactor, errors.StaffSessionEnded, errors.TooManyTries)
def post_recovery_code(body: dict[str, Any]) -> dict[str, Any]:
    """Finish a sign-in with a recovery code; each is good once."""
    return _granted(staff.check_recovery_code(body["challenge"], body["code"]))


@staff_routes.route("/me", methods=["GET"], guard=staff_guard())
@staff_routes.response(200, schemas.StaffOut())
@staff_routes.problems(errors.StaffSessionEnded)
def get_staff_me() -> dict[str, Any]:
    """Tell which staff member is signed in."""
    return staff.summary(staff_sessions.open_session(bearer())[1])


@staff_routes.route("/session", methods=["DELETE"], guard=staff_guard())
@staff_routes.response(204)
def delete_staff_session() -> None:
    """Sign out."""
    staff_sessions.end(bearer())


def _granted(grant: StaffGrant) -> dict[str, Any]:
    return {"token": grant.token, "device": grant.device, "expires_at": grant.expires_at, "staff": grant.staff}
