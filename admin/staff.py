"""Staff and roles: invite, change roles (alert roles by two administrators), suspend."""

from typing import Any

from flask import render_template, request, url_for

from admin.forms import Form
from admin.pages import ROWS, anyone, done, panel, refused
from admin.panel import blueprint
from admin.words import ROLES, say
from mvoting.accounts import staff_management
from mvoting.accounts.guards import current_staff
from mvoting.accounts.people_schemas import ReasonIn
from mvoting.accounts.staff_schemas import InviteIn, RolesIn
from mvoting.core.problems import PreconditionFailed, Problem

READER, ADMINISTRATOR = panel("administrator", "auditor"), panel("administrator")


@blueprint.page("/staff", guard=READER)
def staff() -> str:
    """List staff with their roles, and rights that wait for a second administrator."""
    found, following = staff_management.members(after=request.args.get("after"), limit=ROWS)
    return _list(found, following)


@blueprint.page("/staff/invitations", guard=ADMINISTRATOR, methods=("POST",))
def staff_invite() -> Any:
    """Invite a colleague; the link is shown once."""
    form = Form()
    entered = {name: form.text(name) for name in ("email", "name", "reason")}
    try:
        body = form.load(InviteIn(), {**entered, "roles": form.values("roles")})
        token = staff_management.invite(
            email=body["email"], name=body["name"], roles=body["roles"], by=current_staff().id, reason=body["reason"]
        )
    except Problem as problem:
        return refused(problem, "staff")
    return _invited(token)


@blueprint.page("/staff/invitations/<string(maxlength=64):invitation_id>", guard=ADMINISTRATOR, methods=("POST",))
def staff_withdraw(invitation_id: str) -> Any:
    """Take an invitation back before it is accepted."""
    form = Form()
    try:
        reason = form.load(ReasonIn(), {"reason": form.text("reason")})["reason"]
        staff_management.withdraw_invitation(invitation_id, by=current_staff().id, reason=reason)
    except Problem as problem:
        return refused(problem, "staff")
    return done(say("초대를 거두었습니다.", "The invitation was withdrawn."), "staff")


@blueprint.page("/staff/<id:staff_id>/act", guard=ADMINISTRATOR, methods=("POST",))
def staff_act(staff_id: str) -> Any:
    """Change a colleague's roles, suspend or reinstate."""
    form, by = Form(), current_staff().id
    text = say("처리했습니다.", "Done.")
    try:
        if form.text("act") == "roles":
            body = form.load(RolesIn(), {"roles": form.values("roles"), "reason": form.text("reason")})
            seen = form.text("seen").split()
            if staff_management.change_roles(staff_id, body["roles"], by=by, reason=body["reason"], seen=seen):
                text = say("다른 시스템 관리자가 동의하면 바뀝니다.", "It takes effect once a second administrator agrees.")
        elif form.text("act") == "new_factors":
            reason = form.load(ReasonIn(), {"reason": form.text("reason")})["reason"]
            return _invited(staff_management.reset_factors(staff_id, by=by, reason=reason))
        else:
            reason = form.load(ReasonIn(), {"reason": form.text("reason")})["reason"]
            act = staff_management.suspend if form.text("act") == "suspend" else staff_management.reinstate
            act(staff_id, by=by, reason=reason)
    except PreconditionFailed:
        return _list(*staff_management.members(after=None, limit=ROWS), late=(staff_id, form.values("roles"))), 409
    except Problem as problem:
        return refused(problem, "staff")
    return done(text, "staff")


@blueprint.page("/staff/requests/<id:request_id>", guard=ADMINISTRATOR, methods=("POST",))
def staff_agree(request_id: str) -> Any:
    """Agree to a change of rights as the second administrator."""
    try:
        staff_management.agree(request_id, by=current_staff().id)
    except Problem as problem:
        return refused(problem, "staff")
    return done(say("동의했습니다.", "Agreed."), "staff")


@blueprint.page("/join", guard=anyone, methods=("GET", "POST"))
def join() -> Any:
    """Accept an invitation: password and authenticator."""
    form, shown, enrolled = Form(), None, None
    token = form.text("token") if form.is_sent else ""
    if form.is_sent:
        with form.refusals():
            shown = staff_management.read_invitation(token)
            if form.text("code"):
                password = request.form.get("password", "")[:200]
                enrolled = staff_management.accept(token, password=password, totp_code=form.text("code"))
    return render_template("admin/join.html", form=form, shown=shown, enrolled=enrolled, token=token)


def _invited(token: str) -> str:
    """Show the list with an invitation's link, once."""
    link = url_for("panel.join", _external=True) + f"#{token}"
    return _list(*staff_management.members(after=None, limit=ROWS), link=link)


def _list(
    found: list[dict[str, Any]], following: str | None, *, link: str = "", late: tuple[str, list[str]] | None = None
) -> str:
    """Show staff. Args: late: (staff id, roles) of a change that a colleague's came before."""
    requests, invitations = staff_management.open_requests(), staff_management.open_invitations()
    ids = sorted({r["staff_id"] for r in requests} | {r["asked_by"] for r in requests} | {i["invited_by"] for i in invitations})
    return render_template(
        "admin/people/staff.html",
        members=found,
        following=following,
        requests=requests,
        invitations=invitations,
        late=late,
        names=staff_management.names(ids),
        roles=list(ROLES),
        link=link,
        form=Form(),
    )
