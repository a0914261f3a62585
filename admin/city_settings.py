"""Settings and programmes: validated by the API's schemas, versioned; the second saver sees what the first changed."""

import re
from typing import Any

from flask import render_template, request

from admin.forms import Form
from admin.history import changes_of, differences
from admin.pages import done, panel
from admin.panel import blueprint
from admin.words import choices, say
from mvoting.accounts.guards import current_staff
from mvoting.core.clock import now
from mvoting.core.problems import InvalidInput, NotFound, PreconditionFailed
from mvoting.voting.polls import citizens
from mvoting.voting.polls.schemas import PolicyIn
from proposals.ideas.programmes import Consequence, Counted
from proposals.ideas.services import programmes
from proposals.ideas.staff_schemas import ProgrammeIn
from proposals.moderation import schemas as moderation_schemas
from proposals.moderation import services as moderation

ADMINISTRATOR = panel("administrator")
THRESHOLDS_MAX = 10
PROGRAMME_ID = re.compile(r"[a-z0-9][a-z0-9-]{1,39}")
BLANK = {"name": {}, "about": {}, "pipeline": "oasis", "collecting_days": 30, "thresholds": [], "remind_before_days": [7, 1]}


@blueprint.page("/settings", guard=ADMINISTRATOR)
def office_settings() -> str:
    """Show what the city decides, and who changed it."""
    return _page(Form(), "")


@blueprint.page("/settings/policy", guard=ADMINISTRATOR, methods=("POST",))
def settings_policy() -> Any:
    """Change the policy on citizens' polls."""
    return _change("policy")


@blueprint.page("/settings/moderation", guard=ADMINISTRATOR, methods=("POST",))
def settings_moderation() -> Any:
    """Change moderation's settings."""
    return _change("moderation")


def _change(part: str) -> Any:
    form, by = Form(), current_staff().id
    version = _number(form.text("version")) or 0
    with form.refusals():
        try:
            if part == "policy":
                body = form.load(PolicyIn(), _policy(form))
                citizens.set_policy(body["is_reviewed"], body["daily_limit"], staff_id=by, version=version)
            else:
                body = form.load(moderation_schemas.SettingsIn(), _moderation(form))
                moderation.change_settings(body, by, version=version)
        except PreconditionFailed:
            return _page(form, part), 409
        return done(say("저장했습니다.", "Stored."), "office_settings")
    return _page(form, part), 422


@blueprint.page("/settings/programmes/new", guard=ADMINISTRATOR, methods=("GET", "POST"))
def programme_new() -> Any:
    """Write a programme of its own."""
    return _programme(None)


@blueprint.page("/settings/programmes/<string(maxlength=40):programme_id>", guard=ADMINISTRATOR, methods=("GET", "POST"))
def programme(programme_id: str) -> Any:
    """Change a programme; ideas already submitted keep their thresholds."""
    if programme_id not in programmes.programmes():
        raise NotFound
    return _programme(programme_id)


def _programme(programme_id: str | None) -> Any:
    stored = programmes.programmes()[programme_id] if programme_id else {**BLANK, "version": 0}
    form, conflict = Form(_initial(stored)), []
    if form.is_sent and "more" not in request.form:
        target = programme_id or form.text("id")
        with form.refusals():
            content = form.load(ProgrammeIn(), _content(form))
            version = content.pop("version")
            try:
                if not programme_id and (target in programmes.programmes() or not PROGRAMME_ID.fullmatch(target)):
                    wrong = say(
                        "다른 제도가 쓰는 이름이거나 쓸 수 없는 글자가 있습니다.", "This id is taken, or has other letters."
                    )
                    raise InvalidInput(errors={"form": {"id": [wrong]}})
                programmes.change_programme(target, content, version, current_staff().id, now=now())
            except PreconditionFailed:
                stored = programmes.programmes()[target]
                conflict = differences({name: stored[name] for name in content}, content)
                raise
            return done(say("저장했습니다.", "Stored."), "programme", programme_id=target)
    page = render_template(
        "admin/office/programme.html",
        form=form,
        programme_id=programme_id,
        version=stored["version"] if form.is_late or not form.is_sent else form.value("version"),
        conflict=conflict,
        rows=_row_count(form, stored),
        counted=choices("counted", [c.value for c in Counted]),
        consequences=choices("consequence", [c.value for c in Consequence]),
        history=changes_of(f"programme:{programme_id}") if programme_id else [],
    )
    return (page, 422) if form.problem else page


def _page(form: Form, part: str) -> str:
    """Show all settings; `part` names the form that was sent and could not be stored."""
    stored = {"policy": citizens.policy(), "moderation": moderation.moderation_settings()}
    sent = {"policy": _policy(form), "moderation": _moderation(form)}.get(part) or {}
    is_late = bool(part) and not form.problem
    versions = {name: settings["version"] for name, settings in stored.items()}
    if part and not is_late:  # whoever was not told of a newer version must not come to hold it
        versions[part] = _number(form.text("version")) or 0
    return render_template(
        "admin/office/settings.html",
        form=form,
        part=part,
        policy=stored["policy"] | (sent if part == "policy" else {}),
        moderation=stored["moderation"] | (sent if part == "moderation" else {}),
        versions=versions,
        conflict=differences({name: stored[part][name] for name in sent}, sent) if is_late else [],
        is_late=is_late,
        programmes=programmes.programmes(),
        histories={"policy": changes_of("poll_policy:citizens"), "moderation": changes_of("settings:moderation")},
    )


def _policy(form: Form) -> dict[str, Any]:
    return {"is_reviewed": bool(form.text("is_reviewed")), "daily_limit": _number(form.text("daily_limit"))}


def _moderation(form: Form) -> dict[str, Any]:
    words = {code: [w.strip() for w in form.text(f"words_{code}").splitlines() if w.strip()] for code in ("ko", "en")}
    return {"auto_hide_at": _number(form.text("auto_hide_at")), "words": words}


def _initial(stored: dict[str, Any]) -> dict[str, Any]:
    """Give a programme as the form's fields."""
    fields = {name: stored[name] for name in ("pipeline", "collecting_days", "version")}
    for name in ("name", "about"):
        fields |= {f"{name}_{code}": stored[name].get(code, "") for code in ("ko", "en")}
    for place, threshold in enumerate(stored["thresholds"], 1):
        fields |= {f"t{place}_{name}": str(value) for name, value in threshold.items()}
    return fields | {"remind_before_days": ", ".join(map(str, stored["remind_before_days"]))}


def _content(form: Form) -> dict[str, Any]:
    """Give the sent programme as the schema takes it; a threshold without a number is left out."""
    thresholds = []
    for place in range(1, THRESHOLDS_MAX + 1):
        if form.text(f"t{place}_count"):
            names = ("counted", "count", "consequence", "reply_days", "debate_days")
            thresholds.append({name: form.text(f"t{place}_{name}") for name in names if form.text(f"t{place}_{name}")})
    return {
        "name": form.localized("name"),
        "about": form.localized("about"),
        "pipeline": form.text("pipeline"),
        "collecting_days": form.text("collecting_days"),
        "thresholds": thresholds,
        "remind_before_days": [day.strip() for day in form.text("remind_before_days").split(",") if day.strip()],
        "version": form.text("version") or "0",
    }


def _row_count(form: Form, stored: dict[str, Any]) -> int:
    shown = _number(form.text("rows")) if form.is_sent else None
    return min((shown or len(stored["thresholds"])) + (1 if "more" in request.form or not form.is_sent else 0), THRESHOLDS_MAX)


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 7 else None
