"""Signing in with both factors, and signing out."""

from typing import Any

from flask import make_response, redirect, render_template, request, session, url_for

from admin import staff_session
from admin.forms import Form
from admin.own_account import sent_credential
from admin.pages import anyone
from admin.panel import blueprint
from mvoting.accounts import factor_schemas, passkeys
from mvoting.accounts import staff as staff_accounts
from mvoting.accounts.staff_sessions import StaffGrant
from mvoting.core.problems import Problem


@blueprint.page("/sign-in", guard=anyone, methods=("GET", "POST"))
def sign_in() -> Any:
    """Ask for e-mail address and password."""
    form = Form()
    if request.args.get("next"):
        session["next"] = staff_session.safe_next(request.args["next"])
    if form.is_sent:
        try:
            waiting = staff_accounts.check_password(
                form.text("email"),
                request.form.get("password", ""),
                network=request.remote_addr or "",
                device=staff_session.device_token(),
            )
        except Problem as problem:
            return _again("admin/sign_in.html", form, problem)
        answer = make_response(redirect(url_for("panel.second_factor"), 303))
        return staff_session.wait_for_second_factor(answer, waiting)
    return render_template("admin/sign_in.html", form=form)


@blueprint.page("/sign-in/second", guard=anyone, methods=("GET", "POST"))
def second_factor() -> Any:
    """Ask for the second factor."""
    form, waiting = Form(), staff_session.waiting_token()
    if not waiting:
        return redirect(url_for("panel.sign_in"), 303)
    if form.is_sent:
        try:
            grant = _checked(form, waiting)
        except Problem as problem:
            if problem.code == "accounts.staff-session-ended":
                return redirect(url_for("panel.sign_in"), 303)
            return _again("admin/second_factor.html", form, problem, options=_passkey_options(waiting))
        return staff_session.enter(make_response(redirect(staff_session.safe_next(session.pop("next", None)), 303)), grant)
    return render_template("admin/second_factor.html", form=form, options=_passkey_options(waiting))


@blueprint.page("/sign-out", guard=anyone, methods=("POST",))
def sign_out() -> Any:
    """End this session."""
    return staff_session.leave(make_response(redirect(url_for("panel.sign_in"), 303)))


def _checked(form: Form, waiting: str) -> StaffGrant:
    if form.text("credential"):
        credential = form.load(factor_schemas.CredentialIn(), sent_credential())
        return passkeys.check(waiting, factor_schemas.plain(credential))
    code = form.text("code").replace(" ", "")
    return (staff_accounts.check_recovery_code if len(code) > 6 else staff_accounts.check_totp)(waiting, code)


def _passkey_options(waiting: str) -> dict[str, Any] | None:
    """Give what the browser needs to use a passkey, where the member has one and is not to start over."""
    try:
        return passkeys.begin_sign_in(waiting) if "passkey" in staff_accounts.second_factors(waiting) else None
    except Problem:
        return None


def _again(template: str, form: Form, problem: Problem, **values: Any) -> Any:
    form.problem = problem.document()["title"]
    return render_template(template, form=form, **values), problem.status, problem.headers
