"""What the staff panel and staff tools call about staff accounts."""

from typing import Any

from flask import request

from mvoting.accounts import errors, people_schemas, staff, staff_schemas, staff_sessions
from mvoting.accounts import staff_management as management
from mvoting.accounts.guards import bearer, current_staff, public
from mvoting.accounts.guards import staff as staff_guard
from mvoting.core.http import ApiBlueprint
from mvoting.core.idempotency import idempotent
from mvoting.core.pagination import PageQuery, page_schema
from mvoting.core.problems import PreconditionFailed

staff_routes = ApiBlueprint("staff", __name__, url_prefix="/v1/staff", description="Staff: sign-in and accounts.")
administrator = staff_guard("administrator")


@staff_routes.route("/sign-in", methods=["POST"], guard=public)
@staff_routes.arguments(staff_schemas.StaffSignInIn())
@staff_routes.response(200, staff_schemas.SecondFactorDueOut())
@staff_routes.problems(errors.StaffSignInRefused, errors.TooManyTries)
def post_staff_sign_in(body: dict[str, Any]) -> dict[str, Any]:
    """Give the password; the answer's challenge goes to the second factor."""
    waiting = staff.check_password(body["email"], body["password"], network=request.remote_addr or "", device=body["device"])
    return {"challenge": waiting, "second_factors": staff.second_factors(waiting)}


@staff_routes.route("/sign-in/totp", methods=["POST"], guard=public)
@staff_routes.arguments(staff_schemas.SecondFactorIn())
@staff_routes.response(200, staff_schemas.StaffGrantOut())
@staff_routes.problems(errors.InvalidSecondFactor, errors.StaffSessionEnded, errors.TooManyTries)
def post_totp(body: dict[str, Any]) -> dict[str, Any]:
    """Finish a sign-in with a code of the authenticator."""
    return staff.check_totp(body["challenge"], body["code"]).shown()


@staff_routes.route("/sign-in/recovery-code", methods=["POST"], guard=public)
@staff_routes.arguments(staff_schemas.SecondFactorIn())
@staff_routes.response(200, staff_schemas.StaffGrantOut())
@staff_routes.problems(errors.InvalidSecondFactor, errors.StaffSessionEnded, errors.TooManyTries)
def post_recovery_code(body: dict[str, Any]) -> dict[str, Any]:
    """Finish a sign-in with a recovery code; each is good once."""
    return staff.check_recovery_code(body["challenge"], body["code"]).shown()


@staff_routes.route("/me", methods=["GET"], guard=staff_guard())
@staff_routes.response(200, staff_schemas.StaffOut())
@staff_routes.problems(errors.StaffSessionEnded)
def get_staff_me() -> dict[str, Any]:
    """Tell which staff member is signed in."""
    return staff.summary(staff_sessions.open_session(bearer())[1])


@staff_routes.route("/session", methods=["DELETE"], guard=staff_guard())
@staff_routes.response(204)
def delete_staff_session() -> None:
    """Sign out."""
    staff_sessions.end(bearer())


@staff_routes.route("/members", methods=["GET"], guard=staff_guard("administrator", "auditor"))
@staff_routes.arguments(PageQuery(), location="query")
@staff_routes.response(200, page_schema(staff_schemas.StaffOut, "StaffPage"))
def get_members(query: dict[str, Any]) -> dict[str, Any]:
    """List staff, newest first."""
    found, following = management.members(after=query.get("after"), limit=query["limit"])
    return {"items": found, "next": following}


@staff_routes.route("/invitations", methods=["POST"], guard=administrator)
@idempotent
@staff_routes.arguments(staff_schemas.InviteIn())
@staff_routes.response(201, staff_schemas.InvitationOut())
@staff_routes.problems(errors.StaffExists, errors.TwoHandsNeeded)
def post_invitation(body: dict[str, Any]) -> dict[str, Any]:
    """Invite somebody to become staff; roles for alerts are granted afterwards, by two."""
    return {"token": management.invite(**body, by=current_staff().id)}


@staff_routes.route("/invitations/open", methods=["POST"], guard=public)
@staff_routes.arguments(staff_schemas.InvitationTokenIn())
@staff_routes.response(200, staff_schemas.InvitationShownOut())
@staff_routes.problems(errors.InvalidInvitation)
def post_open_invitation(body: dict[str, Any]) -> dict[str, Any]:
    """Read an invitation: what to put into the authenticator."""
    return management.read_invitation(body["token"])


@staff_routes.route("/invitations/accept", methods=["POST"], guard=public)
@staff_routes.arguments(staff_schemas.AcceptIn())
@staff_routes.response(201, staff_schemas.EnrolledOut())
@staff_routes.problems(errors.InvalidInvitation, errors.InvalidSecondFactor, errors.WeakPassword, errors.StaffExists)
def post_accept_invitation(body: dict[str, Any]) -> dict[str, Any]:
    """Become staff with a password and a code that shows the authenticator works."""
    enrolment = management.accept(body["token"], password=body["password"], totp_code=body["totp_code"])
    return {"staff_id": enrolment.staff_id, "recovery_codes": enrolment.recovery_codes}


@staff_routes.route("/members/<id:staff_id>/roles", methods=["PUT"], guard=administrator)
@staff_routes.arguments(staff_schemas.RolesIn())
@staff_routes.response(200, staff_schemas.RolesChangedOut())
@staff_routes.problems(errors.StaffNotFound, errors.NotOneself, PreconditionFailed)
def put_roles(body: dict[str, Any], staff_id: str) -> dict[str, Any]:
    """Change a colleague's roles; a new role for alerts waits for a second administrator."""
    return {"request_id": management.change_roles(staff_id, body["roles"], by=current_staff().id, reason=body["reason"])}


@staff_routes.route("/rights-requests", methods=["GET"], guard=administrator)
@staff_routes.response(200, staff_schemas.RightsRequestsOut())
def get_rights_requests() -> dict[str, Any]:
    """List what waits for a second administrator."""
    return {"items": [{"id": request["_id"], **request} for request in management.open_requests()]}


@staff_routes.route("/rights-requests/<id:request_id>/agreement", methods=["POST"], guard=administrator)
@staff_routes.response(204)
@staff_routes.problems(errors.StaffNotFound, errors.NotOneself, errors.TwoHandsNeeded, PreconditionFailed)
def post_agreement(request_id: str) -> None:
    """Agree, as the second administrator, to roles for alerts."""
    management.agree(request_id, by=current_staff().id)


@staff_routes.route("/members/<id:staff_id>/suspension", methods=["PUT"], guard=administrator)
@staff_routes.arguments(people_schemas.ReasonIn())
@staff_routes.response(204)
@staff_routes.problems(errors.StaffNotFound, errors.NotOneself)
def put_suspension(body: dict[str, Any], staff_id: str) -> None:
    """Take every right from a colleague at once, open sessions included."""
    management.suspend(staff_id, by=current_staff().id, reason=body["reason"])


@staff_routes.route("/members/<id:staff_id>/suspension/end", methods=["POST"], guard=administrator)
@staff_routes.arguments(people_schemas.ReasonIn())
@staff_routes.response(204)
@staff_routes.problems(errors.StaffNotFound, errors.NotOneself)
def post_end_suspension(body: dict[str, Any], staff_id: str) -> None:
    """Give a suspended colleague the rights back."""
    management.reinstate(staff_id, by=current_staff().id, reason=body["reason"])


@staff_routes.route("/members/<id:staff_id>/new-factors", methods=["POST"], guard=administrator)
@idempotent
@staff_routes.arguments(people_schemas.ReasonIn())
@staff_routes.response(201, staff_schemas.InvitationOut())
@staff_routes.problems(errors.StaffNotFound, errors.NotOneself)
def post_new_factors(body: dict[str, Any], staff_id: str) -> dict[str, Any]:
    """Let a colleague who lost password or authenticator set both up again; suspended until then."""
    return {"token": management.reset_factors(staff_id, by=current_staff().id, reason=body["reason"])}
