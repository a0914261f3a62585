"""Signing in with both factors, signing out, and one's own account."""

from typing import Any

from flask import make_response, redirect, render_template, request, session, url_for

from admin import staff_session
from admin.forms import Form
from admin.pages import anyone, panel
from admin.panel import blueprint
from mvoting.accounts import staff as staff_accounts
from mvoting.accounts.guards import current_staff
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
        code = form.text("code").replace(" ", "")
        try:
            check = staff_accounts.check_recovery_code if len(code) > 6 else staff_accounts.check_totp
            grant = check(waiting, code)
        except Problem as problem:
            if problem.code == "accounts.staff-session-ended":
                return redirect(url_for("panel.sign_in"), 303)
            return _again("admin/second_factor.html", form, problem)
        return staff_session.enter(make_response(redirect(staff_session.safe_next(session.pop("next", None)), 303)), grant)
    return render_template("admin/second_factor.html", form=form)


@blueprint.page("/sign-out", guard=anyone, methods=("POST",))
def sign_out() -> Any:
    """End this session."""
    return staff_session.leave(make_response(redirect(url_for("panel.sign_in"), 303)))


@blueprint.page("/me", guard=panel())
def my_account() -> str:
    """Show who is signed in and what they may do."""
    return render_template("admin/me.html", me=current_staff())


def _again(template: str, form: Form, problem: Problem) -> Any:
    form.problem = problem.document()["title"]
    return render_template(template, form=form), problem.status, problem.headers
