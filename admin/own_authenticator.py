"""Replacing one's own authenticator without an administrator: password and a working second factor, then a code of the new one."""

from typing import Any

import segno
from flask import render_template
from markupsafe import Markup

from admin.forms import Form
from admin.own_account import both_factors
from admin.pages import done, panel
from admin.panel import blueprint
from admin.words import say
from mvoting.accounts import factor_schemas as shapes
from mvoting.accounts import staff_factors
from mvoting.accounts.guards import current_staff


@blueprint.page("/me/authenticator", guard=panel(), methods=("GET", "POST"))
def my_authenticator() -> Any:
    """Prepare another authenticator, then put it in the place of the present one."""
    form, who = Form(), current_staff()
    is_prepared = bool(form.text("step"))
    fresh: dict[str, Any] = {}
    with form.refusals():
        if is_prepared:
            body = form.load(shapes.ShownCodeIn(), {"totp_code": form.text("totp_code").replace(" ", "")})
            staff_factors.replace_authenticator(who.id, who.session_id, code=body["totp_code"])
            text = say(
                "인증 앱을 바꾸었습니다. 다른 곳에서는 로그아웃되었습니다.",
                "Authenticator replaced. You were signed out elsewhere.",
            )
            return done(text, "my_account")
        if form.is_sent:
            body = form.load(shapes.BothFactorsIn(), both_factors(form))
            fresh = staff_factors.begin_authenticator(who.id, who.session_id, **body)
    page = render_template(
        "admin/own/authenticator.html",
        form=form,
        fresh=fresh,
        is_prepared=is_prepared or bool(fresh),
        picture=_picture(fresh["totp_uri"]) if fresh else "",
    )
    return page, 422 if form.problem else 200


def _picture(address: str) -> Markup:
    code = segno.make(address, error="m")
    return Markup(code.svg_inline(scale=6, svgclass="qr", lineclass=None, omitsize=True))  # nosec B704
