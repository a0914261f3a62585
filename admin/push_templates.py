"""Texts of pushes: one person writes a version, another puts it into use, any one takes it back."""

from typing import Any

from flask import render_template, request

from admin.forms import Form
from admin.pages import ROWS, done, no_such_page, panel, refused
from admin.panel import blueprint
from admin.words import label, say
from mvoting.accounts import staff_management
from mvoting.accounts.guards import current_staff
from mvoting.core.clock import now
from mvoting.core.problems import InvalidInput, Problem
from notifications.templates import rules, services
from notifications.templates.builtin import EXAMPLES, TEMPLATES
from notifications.templates.schemas import BRACES_ROOM, TemplateIn

READER = panel("poll_officer", "administrator", "auditor")
WRITER = panel("poll_officer", "administrator")
KEY, VERSION = "<string(maxlength=40):key>", "<string(maxlength=50):version_id>"
LANGUAGES = ("ko", "en")


@blueprint.page("/campaigns/templates", guard=READER)
def push_templates() -> str:
    """List the texts in use, and the drafts that wait for a second person."""
    waiting, following = services.list_waiting(after=request.args.get("after"), limit=ROWS)
    names = staff_management.names(sorted({each["written_by"] for each in waiting}))
    return render_template(
        "admin/campaigns/templates.html",
        templates=services.overview(),
        waiting=waiting,
        following=following,
        names=names,
        builtin=TEMPLATES,
    )


@blueprint.page("/campaigns/templates/new", guard=WRITER, methods=("GET", "POST"))
def push_template_new() -> Any:
    """Write a text for campaigns of one's own; a colleague puts it into use."""
    form = Form()
    if form.is_sent and "preview" not in request.form:
        with form.refusals():
            key = form.text("key")
            if not rules.KEY.match(key) or key in TEMPLATES or _is_taken(key):
                wrong = say(
                    "영어 소문자로 시작하고 소문자, 숫자, _ 만 쓴 3~40자 이름이어야 하며, 이미 쓰는 이름은 쓸 수 없습니다.",
                    "3 to 40 lower-case letters, digits and _, beginning with a letter, and not in use yet.",
                )
                raise InvalidInput(errors={"form": {"key": [wrong]}})
            return _propose(form, key)
    return _page(form, form.value("key"), None)


@blueprint.page(f"/campaigns/templates/of/{KEY}", guard=READER, methods=("GET", "POST"))
def push_template(key: str) -> Any:
    """Show a text with its versions; write a new one."""
    versions, following = services.list_versions(key, after=request.args.get("after"), limit=ROWS)
    if key not in TEMPLATES and not versions and not request.args.get("after"):
        no_such_page()
    form = Form(_fields_of(_in_use(key, versions)))
    if form.is_sent:
        WRITER.check()
    if form.is_sent and "preview" not in request.form:
        with form.refusals():
            return _propose(form, key)
    return _page(form, key, {"versions": versions, "following": following})


@blueprint.page("/campaigns/templates/preview", guard=WRITER, methods=("POST",))
def push_template_preview() -> str:
    """Show the text in the form as phones will show it, with its fields filled by examples."""
    form = Form()
    shown = _shown(form, request.form.get("of") or form.text("key"))
    return render_template("admin/campaigns/preview.html", shown=shown, form=form, is_template=True, **_lengths())


@blueprint.page(f"/campaigns/templates/versions/{VERSION}/act", guard=WRITER, methods=("POST",))
def push_template_act(version_id: str) -> Any:
    """Put a colleague's version into use, or take one back."""
    key, by = version_id.partition(":")[0], current_staff().id
    try:
        if Form().text("act") == "agree":
            services.agree(version_id, by=by, now=now())
            return done(say("이 문구를 쓰기 시작했습니다.", "This text is in use now."), "push_template", key=key)
        services.retire(version_id, by=by, now=now())
    except Problem as problem:
        return refused(problem, "push_templates")
    return done(say("이 문구를 거두었습니다.", "This text was taken back."), "push_templates")


def _is_taken(key: str) -> bool:
    return bool(services.list_versions(key, after=None, limit=1)[0])


def _propose(form: Form, key: str) -> Any:
    body = form.load(TemplateIn(), {"texts": _texts(form), "note": form.text("note")})
    services.propose(key, body["texts"], body["note"], by=current_staff().id, now=now())
    told = say("초안을 저장했습니다. 다른 사람이 동의하면 쓰입니다.", "Stored. It is used once a colleague agrees.")
    return done(told, "push_template", key=key)


def _page(form: Form, key: str, stored: dict[str, Any] | None) -> Any:
    _place_errors(form)
    versions = stored["versions"] if stored else []
    people = {each[part] for each in versions for part in ("written_by", "agreed_by") if each.get(part)}
    page = render_template(
        "admin/campaigns/template.html",
        form=form,
        key=key,
        is_new=stored is None,
        versions=versions,
        following=stored["following"] if stored else None,
        names=staff_management.names(sorted(people)),
        read={each["_id"]: services.preview(key, each["texts"], {}) for each in versions if each["state"] == "draft"},
        builtin=TEMPLATES.get(key),
        fields=sorted(EXAMPLES[key]) if key in EXAMPLES else None,
        shown=_shown(form, key),
        room=BRACES_ROOM,
        is_template=True,
        **_lengths(),
    )
    return (page, form.status) if form.problem else page


def _in_use(key: str, versions: list[dict[str, Any]]) -> rules.Texts:
    """Give the text to go on from: the one in use, else the newest draft."""
    try:
        return services.current(key).texts
    except Problem:
        return versions[0]["texts"] if versions else {}


def _fields_of(texts: rules.Texts) -> dict[str, str]:
    return {f"{part}_{code}": text for code, parts in texts.items() for part, text in parts.items()}


def _texts(form: Form) -> dict[str, dict[str, str]]:
    return {code: {part: form.value(f"{part}_{code}").strip() for part in rules.PARTS} for code in LANGUAGES}


def _shown(form: Form, key: str) -> dict[str, dict[str, str]] | None:
    """Give the text filled with examples; None while it cannot be used, with the gaps among the form's errors."""
    key = key if rules.KEY.match(key) else "draft"
    texts = _texts(form)
    if not any(text for parts in texts.values() for text in parts.values()):
        return {}
    try:
        return services.preview(key, texts, {})
    except Problem as problem:
        form.members = form.members or problem.members
        _place_errors(form)
        return None


def _place_errors(form: Form) -> None:
    """Bring what was refused to its fields on the page."""
    for place, gap in (form.members.get("gaps") or {}).items():
        code, _, part = place.partition(".")
        form.errors[f"{part}_{code}"] = [label("template_gap", gap)]
    for name, texts in list(form.errors.items()):
        if name.startswith("texts_"):
            code, _, part = name.removeprefix("texts_").partition("_")
            form.errors[f"{part}_{code}"] = texts
            del form.errors[name]


def _lengths() -> dict[str, int]:
    return {"title_max": rules.TITLE_MAX, "body_max": rules.BODY_MAX}
