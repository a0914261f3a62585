"""Duty phones: the phones of whoever asks that ring when a draft of an alert waits for them."""

from typing import Any

from flask import render_template

from admin.forms import Form
from admin.pages import done, panel, refused
from admin.panel import blueprint
from admin.words import choices, say
from mvoting.accounts.guards import current_staff
from mvoting.core.clock import now
from mvoting.core.problems import Problem
from notifications.duty import services
from notifications.duty.schemas import DutyPhoneIn

ALERT_STAFF = panel("alert_author", "alert_approver")


@blueprint.page("/alerts/duty", guard=ALERT_STAFF, methods=("GET", "POST"))
def alert_duty() -> Any:
    """List my duty phones and when each last rang; add one."""
    form, who = Form(), current_staff()
    if form.is_sent:
        with form.refusals():
            address = {"kind": form.text("address_kind"), "value": form.text("address_value")}
            entered = {name: form.text(name) for name in ("platform", "language", "name")}
            services.register(who.id, form.load(DutyPhoneIn(), entered | {"address": address}), now=now())
            return done(say("등록했습니다. 바로 한 번 울려 보세요.", "Registered. Ring it once now to be sure."), "alert_duty")
    page = render_template(
        "admin/alerts/duty.html",
        phones=services.list_phones(who.id),
        phones_max=services.PHONES_MAX,
        platforms=choices("platform"),
        languages=choices("language"),
        kinds=choices("address_kind"),
        form=form,
    )
    return (page, form.status) if form.problem else page


@blueprint.page("/alerts/duty/<id:phone_id>/trial", guard=ALERT_STAFF, methods=("POST",))
def alert_duty_trial(phone_id: str) -> Any:
    """Ring a phone of mine now, to see that its address is right."""
    try:
        services.try_out(current_staff().id, phone_id, now=now())
    except Problem as problem:
        return refused(problem, "alert_duty")
    said = say("푸시 서비스가 받았습니다. 전화가 울렸는지 확인하세요.", "The push service took it. See whether the phone rang.")
    return done(said, "alert_duty")


@blueprint.page("/alerts/duty/<id:phone_id>/remove", guard=ALERT_STAFF, methods=("POST",))
def alert_duty_remove(phone_id: str) -> Any:
    """Forget a phone of mine."""
    try:
        services.remove(current_staff().id, phone_id)
    except Problem as problem:
        return refused(problem, "alert_duty")
    return done(say("지웠습니다. 이 전화는 더 울리지 않습니다.", "Removed; it rings no more."), "alert_duty")
