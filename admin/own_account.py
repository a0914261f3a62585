"""One's own account: who is signed in, password, recovery codes, passkeys."""

import json
from typing import Any

from flask import render_template, request

from admin.forms import Form
from admin.pages import done, panel, refused
from admin.panel import blueprint
from admin.words import say
from mvoting.accounts import factor_schemas as shapes
from mvoting.accounts import passkeys, staff_factors
from mvoting.accounts.guards import current_staff
from mvoting.core.problems import InvalidInput, Problem

OWN = panel()


@blueprint.page("/me", guard=OWN)
def my_account() -> str:
    """Show who is signed in, what they may do, and how they sign in."""
    return _account(Form())


@blueprint.page("/me/password", guard=OWN, methods=("POST",))
def my_password() -> Any:
    """Change the password."""
    form, who = Form(), current_staff()
    with form.refusals():
        entered = {**both_factors(form), "new_password": request.form.get("new_password", "")}
        body = form.load(shapes.ChangePasswordIn(), entered)
        staff_factors.change_password(who.id, who.session_id, **body)
        text = say(
            "비밀번호를 바꾸었습니다. 다른 곳에서는 로그아웃되었습니다.", "Password changed. You were signed out elsewhere."
        )
        return done(text, "my_account")
    return _account(form), 422


@blueprint.page("/me/recovery-codes", guard=OWN, methods=("POST",))
def my_recovery_codes() -> Any:
    """Make new recovery codes and show them once."""
    form = Form()
    try:
        codes = staff_factors.renew_recovery_codes(current_staff().id, **form.load(shapes.BothFactorsIn(), both_factors(form)))
    except Problem as problem:
        return refused(problem, "my_account")
    return render_template("admin/own/recovery_codes.html", codes=codes)


@blueprint.page("/me/passkeys/new", guard=OWN, methods=("GET", "POST"))
def my_new_passkey() -> Any:
    """Register a passkey: the browser makes it, the password and a second factor say whose it is."""
    form, who = Form(), current_staff()
    with form.refusals():
        if form.is_sent:
            entered = {**both_factors(form), "name": form.text("name"), "credential": sent_credential()}
            body = form.load(shapes.NewPasskeyIn(), entered)
            passkeys.add(who.id, who.session_id, **body | {"credential": shapes.plain(body["credential"])})
            return done(say("패스키를 등록했습니다.", "The passkey is registered."), "my_account")
    try:
        options = passkeys.begin_adding(who.id, who.session_id)
    except Problem as problem:
        return refused(problem, "my_account")
    return render_template("admin/own/new_passkey.html", form=form, options=options), 422 if form.problem else 200


@blueprint.page("/me/passkeys/<id:passkey_id>/remove", guard=OWN, methods=("POST",))
def my_passkey_remove(passkey_id: str) -> Any:
    """Remove a passkey, with both factors."""
    form = Form()
    try:
        passkeys.remove(current_staff().id, passkey_id, **form.load(shapes.BothFactorsIn(), both_factors(form)))
    except Problem as problem:
        return refused(problem, "my_account")
    return done(say("패스키를 지웠습니다.", "The passkey is removed."), "my_account")


def both_factors(form: Form) -> dict[str, str]:
    """Give the password as it was typed, and the code without the blanks in which it is shown."""
    return {"password": request.form.get("password", ""), "code": form.text("code").replace(" ", "")}


def sent_credential() -> dict[str, Any]:
    """Give what the browser's authenticator answered, from the form's hidden field.

    Raises: InvalidInput (core.invalid-input, 422).
    """
    try:
        credential = json.loads(request.form.get("credential", ""))
    except (ValueError, RecursionError):
        credential = None
    if not isinstance(credential, dict):
        raise InvalidInput
    return credential


def _account(form: Form) -> str:
    who = current_staff()
    return render_template(
        "admin/me.html", me=who, form=form, passkeys=passkeys.passkeys_of(who.id), may_add=passkeys.is_offered()
    )
