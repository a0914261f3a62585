"""The polls' composer: drafts with pictures and a phone preview, how many people an audience means, templates."""

import re
from typing import Any

from flask import render_template, request

from admin import poll_form
from admin.forms import Form
from admin.pages import ROWS, done, panel, refused
from admin.panel import blueprint
from admin.words import choices, districts, say
from mvoting.accounts import residents
from mvoting.accounts.guards import current_staff
from mvoting.core.clock import now
from mvoting.core.districts import DISTRICTS
from mvoting.core.problems import PreconditionFailed, Problem
from mvoting.voting.methods.registry import METHODS, AnswerKind
from mvoting.voting.polls import services, templates
from mvoting.voting.polls.drafting import definition_content
from mvoting.voting.polls.schemas import AudienceIn, PollIn, TemplateIn, TimesIn

OFFICER = panel("poll_officer")
BODY_LIMIT_BYTES = 32 * 1024 * 1024  # a draft with some pictures
FORM_PARTS_MAX = 20_000
RANKED = {name for name, method in METHODS.items() if AnswerKind.RANKING in method.answers}
COSTED = {name for name, method in METHODS.items() if method.needs_costs}
# Which setting belongs to which methods; the others are put away while the question is written.
SETTINGS = {
    "seats": {name for name, method in METHODS.items() if not method.one_seat and not method.needs_costs},
    "choices": {"multiple", "approval"} | RANKED | COSTED,
    "max_score": {"score", "star"},
    "max_points": {name for name in COSTED if AnswerKind.SCORES in METHODS[name].answers},
    "costs": COSTED,
    "equal_ranks": {name for name in RANKED if METHODS[name].equal_ranks},
}
WRONG_PLACE = re.compile(r"questions_(\d+)_(?:options_(\d+)_)?(.+)")
NEW = {"questions": 1, "audience_kind": "everyone", "trust": "member", "figures": "after_closing", "changeable": "1"}


@blueprint.page("/polls/new", guard=OFFICER, methods=("GET", "POST"), body_limit_bytes=BODY_LIMIT_BYTES)
def poll_new() -> Any:
    """Compose a poll."""
    request.max_form_parts = FORM_PARTS_MAX
    form = Form(NEW)
    if not form.is_sent:
        return _composer(form, None, poll_form.kept_pictures(None))
    taken = poll_form.entered(form)
    with form.refusals():
        poll_form.take_pictures(form, taken)
        if _is_to_be_stored():
            body = form.load(PollIn(), poll_form.content_of(form, taken))
            content, by = definition_content(body, by="city"), {"kind": "staff", "id": current_staff().id}
            times = (body["opens_at"], body["closes_at"])
            poll = services.create_poll(content, *times, by, now=now(), room_password=body["room_password"])
            return done(say("초안을 저장했습니다.", "The draft is stored."), "poll", poll_id=poll["_id"])
    return _composer(form, None, taken)


@blueprint.page("/polls/<id:poll_id>/edit", guard=OFFICER, methods=("GET", "POST"), body_limit_bytes=BODY_LIMIT_BYTES)
def poll_edit(poll_id: str) -> Any:
    """Change a draft; whoever saves second is shown what the first one changed."""
    request.max_form_parts = FORM_PARTS_MAX
    poll = services.poll_document(poll_id)
    form = Form(poll_form.initial_of(poll))
    if not form.is_sent:
        return _composer(form, poll, poll_form.kept_pictures(poll))
    taken, mine = poll_form.entered(form), dict[str, str]()
    with form.refusals():
        poll_form.take_pictures(form, taken)
        if _is_to_be_stored():
            body = form.load(PollIn(), poll_form.content_of(form, taken))
            content, times = definition_content(body, by="city"), (body["opens_at"], body["closes_at"])
            mine = poll_form.told(content, *times)
            version = poll_form.number(form.text("overwrite") or form.text("version")) or 0
            services.update_draft(poll_id, version, content, *times, editor_id=current_staff().id, now=now())
            return done(say("고쳐서 저장했습니다.", "The changes are stored."), "poll", poll_id=poll_id)
    return _composer(form, poll, taken, mine)


@blueprint.page("/polls/audience", guard=OFFICER, methods=("POST",), body_limit_bytes=BODY_LIMIT_BYTES)
def poll_audience() -> Any:
    """Tell how many people the audience in the form means."""
    request.max_form_parts = FORM_PARTS_MAX
    return render_template("admin/polls/audience.html", audience_count=_audience_count(Form()))


@blueprint.page("/polls/templates", guard=OFFICER)
def poll_templates() -> str:
    """List the templates kept from earlier polls."""
    found, following = templates.list_templates(after=request.args.get("after"), limit=ROWS)
    return render_template("admin/polls/templates.html", templates=found, following=following)


@blueprint.page("/polls/templates/<id:template_id>", guard=OFFICER, methods=("GET", "POST"))
def poll_from_template(template_id: str) -> Any:
    """Begin a poll from a template, or delete the template."""
    template, form = templates.get_template(template_id), Form()
    if form.is_sent and form.text("act") == "delete":
        templates.delete_template(template_id, staff_id=current_staff().id)
        return done(say("양식을 지웠습니다.", "The template was deleted."), "poll_templates")
    if form.is_sent:
        with form.refusals():
            times = {name: form.moment(name) for name in ("opens_at", "closes_at")}
            body = form.load(TimesIn(), {**times, "room_password": form.text("room_password")})
            by = {"kind": "staff", "id": current_staff().id}
            span, password = (body["opens_at"], body["closes_at"]), body["room_password"]
            poll = templates.draft_from(template_id, *span, by, now=now(), room_password=password)
            return done(say("양식으로 초안을 만들었습니다.", "A draft was made from the template."), "poll", poll_id=poll["_id"])
    page = render_template("admin/polls/template.html", template=template, form=form, method_hint=method_hint)
    return (page, 422) if form.problem else page


@blueprint.page("/polls/<id:poll_id>/template", guard=OFFICER, methods=("POST",))
def poll_template(poll_id: str) -> Any:
    """Keep a poll's content as a template."""
    form = Form()
    try:
        name = form.load(TemplateIn(), {"name": form.text("name")})["name"]
        templates.keep_template(poll_id, name, now=now(), staff_id=current_staff().id)
    except Problem as problem:
        return refused(problem, "poll", poll_id=poll_id)
    return done(say("양식으로 저장했습니다.", "Kept as a template."), "poll_templates")


def _is_to_be_stored() -> bool:
    return not {"more", "preview", "count"} & request.form.keys()


def method_hint(method: str) -> str:
    """Say in a line what a voter does with a method."""
    if method in RANKED:
        return say("좋아하는 순서대로 고르세요", "Rank them in the order you like them")
    if AnswerKind.SCORES in METHODS[method].answers and method not in COSTED:
        return say("선택지마다 점수를 주세요", "Give each option a score")
    if method == "plurality":
        return say("하나를 고르세요", "Choose one")
    return say("여러 개를 고를 수 있습니다", "You can choose several")


def _placed(form: Form) -> None:
    """Bring what the API's schema says about a question to its fields on the page."""
    for name, texts in list(form.errors.items()):
        if found := WRONG_PLACE.fullmatch(name):
            question, option, field = f"q{int(found[1]) + 1}", found[2], _field(found[3])
            if option is not None:
                texts = [say(f"선택지 {int(option) + 1}: ", f"Option {int(option) + 1}: ") + text for text in texts]
                form.errors[question] = [*form.errors.get(question, []), *texts]
            else:
                form.errors.setdefault(f"{question}_{field}", []).extend(texts)
            del form.errors[name]
        elif name.startswith("links_"):
            form.errors.setdefault("links", []).extend(form.errors.pop(name))
        elif name.startswith("audience_"):
            form.errors["audience"] = [*form.errors.get("audience", []), *form.errors.pop(name)]
        elif name == "questions":
            form.errors["q1"] = [say("질문을 하나 이상 적어 주세요.", "Write at least one question.")]
            del form.errors[name]


def _field(name: str) -> str:
    return "links" if name.startswith("links_") else name.replace("description", "about")


def _composer(form: Form, poll: dict[str, Any] | None, taken: dict[str, Any], mine: dict[str, str] | None = None) -> Any:
    _placed(form)
    theirs = poll_form.told(poll["definition"], poll["opens_at"], poll["closes_at"]) if poll else {}
    differences = []
    if mine and form.status == PreconditionFailed.status:
        names = dict.fromkeys([*theirs, *mine])
        differences = [(n, theirs.get(n, "–"), mine.get(n, "–")) for n in names if theirs.get(n) != mine.get(n)]
    page = render_template(
        "admin/polls/compose.html",
        form=form,
        poll=poll,
        taken=taken,
        count=min(poll_form.question_count(form) + (request.form.get("more") == "question"), poll_form.QUESTIONS_MAX),
        rows_at_first=poll_form.ROWS_AT_FIRST,
        rows_more=poll_form.ROWS_MORE,
        differences=differences,
        districts=districts(),
        resident_counts=residents.count_by_district(list(DISTRICTS)),
        methods=METHODS,
        settings_of=SETTINGS,
        method_hint=method_hint,
        audiences=choices("audience"),
        figures=choices("figures"),
        audience_count=_audience_count(form) if "count" in request.form else None,
    )
    return (page, 422) if form.problem else page


def _audience_count(form: Form) -> dict[str, Any] | None:
    """Give {"kind", "count"}; the count is None where nobody can know it."""
    with form.refusals():
        audience = form.load(AudienceIn(), poll_form.audience_of(form))
        countable = audience["kind"] in ("everyone", "profile")
        return {"kind": audience["kind"], "count": residents.count_matching(audience) if countable else None}
    return None
