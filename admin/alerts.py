"""Disaster alerts: composer with the map and the text as people will read it, release by a second person, progress, follow-ups."""

from typing import Any

from flask import render_template, request

from admin import alert_form, deliveries
from admin.alert_templates import TEMPLATES
from admin.forms import Form
from admin.maps import city_map
from admin.pages import ROWS, done, panel, refused
from admin.panel import blueprint
from admin.words import choices, district, districts, label, say
from mvoting.accounts import staff_management
from mvoting.accounts.guards import current_staff
from mvoting.core.clock import now
from mvoting.core.problems import PreconditionFailed, Problem
from notifications.alerts import services
from notifications.alerts.hazards import CLASSES, HAZARDS
from notifications.alerts.rules import State
from notifications.alerts.schemas import FOLLOW_UPS, AlertIn, ApproveIn, NoteIn, SubmitIn
from notifications.inbox import services as inbox

READER = panel("alert_author", "alert_approver", "auditor", "administrator")
AUTHOR = panel("alert_author")
APPROVER = panel("alert_approver")
ALERT_STAFF = panel("alert_author", "alert_approver")
STATES = [state.value for state in State]


@blueprint.page("/alerts", guard=READER)
def alerts() -> Any:
    """List all alerts, the latest first."""
    state = request.args.get("state") if request.args.get("state") in STATES else None
    found, following = services.list_alerts(state, after=request.args.get("after"), limit=ROWS)
    return render_template(
        "admin/alerts/list.html", alerts=found, following=following, state=state, states=choices("alert_state", STATES)
    )


@blueprint.page("/alerts/new", guard=AUTHOR, methods=("GET", "POST"))
def alert_new() -> Any:
    """Write an alert."""
    form = Form(alert_form.new())
    if form.is_sent:
        with form.refusals():
            if "fill" in request.form:
                return _composer(form.restarted(alert_form.fill(form)), None, None)
            body = form.load(AlertIn(), alert_form.content_of(form))
            if "preview" in request.form:
                return _composer(form, None, services.preview(body))
            alert = services.create_draft(body, by=current_staff().id, now=now())
            return done(say("초안을 저장했습니다.", "The draft is stored."), "alert", alert_id=alert["_id"])
    return _composer(form, None, None)


@blueprint.page("/alerts/preview", guard=AUTHOR, methods=("POST",))
def alert_preview() -> Any:
    """Show an alert as people would read it, storing nothing."""
    form, shown = Form(), None
    with form.refusals():
        shown = services.preview(form.load(AlertIn(), alert_form.content_of(form)))
    alert_form.place_errors(form)
    return render_template("admin/alerts/preview.html", shown=shown, form=form)


@blueprint.page("/alerts/<id:alert_id>/edit", guard=AUTHOR, methods=("GET", "POST"))
def alert_edit(alert_id: str) -> Any:
    """Change a draft; whoever saves second is shown what the first one changed."""
    alert = services.get_alert(alert_id)
    form = Form(alert_form.initial_of(alert))
    if form.is_sent:
        with form.refusals():
            if "fill" in request.form:
                return _composer(form.restarted(alert_form.fill(form)), alert, None)
            body = form.load(AlertIn(), alert_form.content_of(form))
            if "preview" in request.form:
                return _composer(form, alert, services.preview(body))
            services.edit_draft(alert_id, _version(form), body, by=current_staff().id, now=now())
            return done(say("고쳐서 저장했습니다.", "The changes are stored."), "alert", alert_id=alert_id)
    return _composer(form, alert, None)


@blueprint.page("/alerts/<id:alert_id>", guard=READER)
def alert(alert_id: str) -> str:
    """Show an alert exactly as it would go out or went out, and what can be done with it."""
    found = services.review(alert_id, now=now())
    people = {entry["who"] for entry in found["trail"]} | set(found["author_ids"])
    return render_template(
        "admin/alerts/alert.html",
        alert=found,
        form=Form(),
        names=staff_management.names(sorted(people)),
        map=city_map(),
        total=sum(found["progress"].values()),
        is_moving=deliveries.is_moving(found["state"] in (State.APPROVED, State.SENDING), found.get("cancelled_at")),
        reach=inbox.reach(alert_id) if found["progress"] else {},
    )


@blueprint.page("/alerts/<id:alert_id>/submit", guard=AUTHOR, methods=("POST",))
def alert_submit(alert_id: str) -> Any:
    """Hand a draft over for approval."""
    form = Form()
    try:
        body = form.load(SubmitIn(), {"repeats_seen": request.form.getlist("repeats_seen")})
        services.submit(alert_id, _version(form), by=current_staff().id, now=now(), **body)
    except Problem as problem:
        return refused(problem, "alert", alert_id=alert_id)
    return done(say("승인을 요청했습니다.", "Handed over for approval."), "alert", alert_id=alert_id)


@blueprint.page("/alerts/<id:alert_id>/return", guard=ALERT_STAFF, methods=("POST",))
def alert_return(alert_id: str) -> Any:
    """Give a submitted alert back for changes."""
    form = Form()
    try:
        body = form.load(NoteIn(), {"note": form.text("note")})
        services.return_to_draft(alert_id, _version(form), by=current_staff().id, now=now(), **body)
    except Problem as problem:
        return refused(problem, "alert", alert_id=alert_id)
    return done(say("작성자에게 되돌려 보냈습니다.", "Given back to its author."), "alert", alert_id=alert_id)


@blueprint.page("/alerts/<id:alert_id>/approve", guard=APPROVER, methods=("POST",))
def alert_approve(alert_id: str) -> Any:
    """Release an alert that others wrote."""
    form = Form()
    try:
        entered = {"typed": form.text("typed"), "repeats_seen": request.form.getlist("repeats_seen")}
        body = form.load(ApproveIn(), entered)
        services.approve(alert_id, _version(form), by=current_staff().id, now=now(), **body)
    except Problem as problem:
        return refused(problem, "alert", alert_id=alert_id)
    return done(say("승인했습니다. 보내는 중입니다.", "Approved. It is going out."), "alert", alert_id=alert_id)


@blueprint.page("/alerts/<id:alert_id>/cancel", guard=ALERT_STAFF, methods=("POST",))
def alert_cancel(alert_id: str) -> Any:
    """Stop an alert; one person suffices."""
    form = Form()
    try:
        body = form.load(NoteIn(), {"note": form.text("note")})
        services.cancel(alert_id, by=current_staff().id, now=now(), **body)
    except Problem as problem:
        return refused(problem, "alert", alert_id=alert_id)
    return done(say("멈추었습니다.", "Stopped."), "alert", alert_id=alert_id)


@blueprint.page("/alerts/<id:alert_id>/follow-up", guard=ALERT_STAFF, methods=("POST",))
def alert_follow_up(alert_id: str) -> Any:
    """Send the prepared correction or all-clear, or open it for rewording."""
    form, by = Form(), current_staff().id
    kind = FOLLOW_UPS.get(form.text("kind"), FOLLOW_UPS["correction"])
    try:
        if form.text("how") == "reword":
            message = services.draft_follow_up(alert_id, kind, by=by, now=now())
        else:
            message = services.send_prepared(alert_id, kind, note=form.text("note")[:500], by=by, now=now())
    except Problem as problem:
        return refused(problem, "alert", alert_id=alert_id)
    return done(say("처리했습니다.", "Done."), "alert", alert_id=message["_id"])


def _composer(form: Form, alert: dict[str, Any] | None, shown: dict[str, Any] | None) -> Any:
    alert_form.place_errors(form)
    is_conflict = alert is not None and form.status == PreconditionFailed.status
    page = render_template(
        "admin/alerts/compose.html",
        differences=_differences(form, alert) if alert and is_conflict else [],
        form=form,
        alert=alert,
        shown=shown,
        map=city_map(),
        districts=districts(),
        classes=choices("alert_class", CLASSES),
        hazards=choices("hazard", HAZARDS),
        facts=HAZARDS,
        templates=TEMPLATES,
    )
    return (page, 422) if form.problem else page


def _differences(form: Form, alert: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Give (field, stored, mine) of what differs between a stored draft and the form."""
    stored = Form(alert_form.initial_of(alert))
    stored.is_sent = False
    pairs = []
    for name in alert_form.field_names():
        if name == "districts":
            chosen = [", ".join(sorted(map(district, one.values(name)))) for one in (stored, form)]
        else:
            chosen = [one.value(name).replace("\r\n", "\n").strip() for one in (stored, form)]
        if name != "version" and chosen[0] != chosen[1]:
            pairs.append((label("alert_field", name), chosen[0] or "–", chosen[1] or "–"))
    return pairs


def _version(form: Form) -> int:
    text = form.text("overwrite") or form.text("version")
    return int(text) if text.isdecimal() and len(text) < 10 else 0
