"""People: find by id, trust, devices, residence, erasure. Personal facts only on demand, with a reason, and logged."""

from datetime import datetime
from typing import Any

from flask import redirect, render_template, request, url_for

from admin.forms import Form
from admin.pages import done, may, panel, refused
from admin.panel import blueprint
from admin.words import districts, say
from mvoting.accounts import errors, leaving, persons, services, sessions
from mvoting.accounts.guards import current_staff
from mvoting.accounts.people_schemas import ReasonIn, ResidenceIn
from mvoting.core.clock import now
from mvoting.core.ids import is_id
from mvoting.core.problems import NotFound, PreconditionFailed, Problem
from notifications.devices import rules as push_rules
from notifications.devices import staff as push_devices
from proposals.moderation import services as moderation

READER = panel("poll_officer", "moderator", "administrator")
COUNTER = panel("poll_officer", "administrator")
ADMINISTRATOR = panel("administrator")


@blueprint.page("/people", guard=READER)
def people() -> Any:
    """Find a person by id."""
    wanted = request.args.get("id", "").strip()
    if wanted and is_id(wanted):
        return redirect(url_for("panel.person", person_id=wanted), 303)
    erasures = [erasure["_id"] for erasure in leaving.open_erasures()] if may("administrator") else []
    return render_template("admin/people/find.html", wanted=wanted, erasures=erasures)


@blueprint.page("/people/<id:person_id>", guard=READER)
def person(person_id: str) -> str:
    """Show an account without its personal facts."""
    return _page(person_id)


@blueprint.page("/people/<id:person_id>/facts", guard=COUNTER, methods=("POST",))
def person_facts(person_id: str) -> Any:
    """Show the confirmed facts once; who asked and why is logged."""
    form = Form()
    try:
        reason = form.load(ReasonIn(), {"reason": form.text("reason")})["reason"]
    except Problem as problem:
        return refused(problem, "person", person_id=person_id)
    return _page(person_id, facts=services.show_facts(person_id, staff_id=current_staff().id, reason=reason))


@blueprint.page("/people/<id:person_id>/push-devices", guard=COUNTER, methods=("POST",))
def person_devices(person_id: str) -> Any:
    """Show once what is personal about the push devices; who asked and why is logged."""
    form = Form()
    try:
        reason = form.load(ReasonIn(), {"reason": form.text("reason")})["reason"]
    except Problem as problem:
        return refused(problem, "person", person_id=person_id)
    return _page(person_id, shown=push_devices.show_devices(person_id, staff_id=current_staff().id, reason=reason))


@blueprint.page("/people/<id:person_id>/act", guard=COUNTER, methods=("POST",))
def person_act(person_id: str) -> Any:
    """Confirm residence, or sign a lost phone out."""
    form, by = Form(), current_staff().id
    try:
        if form.text("act") == "residence":
            entered = {"district": form.text("district"), "birth_year": _year(form), "reason": form.text("reason")}
            body = form.load(ResidenceIn(), entered | ({"gender": form.text("gender")} if form.text("gender") else {}))
            reason = body.pop("reason")
            services.confirm_residence(person_id, body, staff_id=by, reason=reason, seen_at=_seen_at(form))
        else:
            reason = form.load(ReasonIn(), {"reason": form.text("reason")})["reason"]
            if not services.end_session_by_staff(form.text("session_id"), person_id, staff_id=by, reason=reason):
                raise NotFound
    except Problem as problem:
        return refused(problem, "person", person_id=person_id)
    return done(say("처리했습니다.", "Done."), "person", person_id=person_id)


@blueprint.page("/people/<id:person_id>/erasure", guard=ADMINISTRATOR, methods=("POST",))
def person_erase(person_id: str) -> Any:
    """Erase an account whose owner asked on paper."""
    form = Form()
    try:
        reason = form.load(ReasonIn(), {"reason": form.text("reason")})["reason"]
        leaving.erase(person_id, staff_id=current_staff().id, reason=reason)
    except Problem as problem:
        return refused(problem, "person", person_id=person_id)
    return done(say("지웠습니다.", "Erased."), "people")


def _page(person_id: str, *, facts: dict[str, Any] | None = None, shown: list[dict[str, Any]] | None = None) -> str:
    """Show an account. Args: facts, shown: confirmed facts, and push devices with what is personal, where these were asked for."""
    # As by API: who signs a lost phone out sees the devices, a moderator does not.
    helps, at = may("poll_officer", "administrator"), now()
    signed_in, _ = sessions.of_person(person_id, after=None, limit=50) if helps else ([], None)
    person = _stored(person_id)
    reached = (push_devices.list_devices(person_id) if shown is None else shown) if helps else []
    return render_template(
        "admin/people/person.html",
        person_id=person_id,
        person=person,
        facts=facts,
        devices=signed_in,
        push_devices=[device | {"condition": push_rules.condition(device, now=at)} for device in reached],
        is_shown=shown is not None,
        standing=moderation.standing_of(person_id, now=at),
        districts=districts(),
        form=Form(),
    )


def _stored(person_id: str) -> dict[str, Any]:
    stored = persons.person(person_id)
    if stored is None:
        raise errors.PersonNotFound
    return stored


def _seen_at(form: Form) -> datetime | None:
    """Read when the facts that the form was made with had been confirmed."""
    try:
        return datetime.fromisoformat(form.text("seen_at")) if form.text("seen_at") else None
    except ValueError:
        raise PreconditionFailed from None


def _year(form: Form) -> int | None:
    text = form.text("birth_year")
    return int(text) if text.isdecimal() and len(text) == 4 else None
