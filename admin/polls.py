"""Polls: list, composer with phone preview, rolls, the venue's screen, state with reasons, board, result."""

from typing import Any

import segno
from flask import render_template, request
from markupsafe import Markup

from admin.forms import Form
from admin.pages import done, panel, refused
from admin.panel import blueprint
from admin.words import choices, districts, say
from mvoting.accounts import residents
from mvoting.accounts.guards import current_staff
from mvoting.core.clock import now
from mvoting.core.districts import DISTRICTS
from mvoting.core.hints import hint
from mvoting.core.problems import Problem
from mvoting.core.settings import settings
from mvoting.voting.board import opening
from mvoting.voting.board import services as board
from mvoting.voting.methods.registry import METHODS
from mvoting.voting.polls import admissions, citizens, rolls, services, templates
from mvoting.voting.polls.api import BODY_LIMIT_BYTES, shown_to_author
from mvoting.voting.polls.drafting import definition_content
from mvoting.voting.polls.models import STATES
from mvoting.voting.polls.roll_files import MAX_FILE_BYTES
from mvoting.voting.polls.schemas import CancelIn, MoveClosingIn, PollIn, PollReasonIn, TimesIn

OFFICER = panel("poll_officer")
REVIEWERS = panel("moderator", "poll_officer")
QUESTIONS_MAX = 20
NUMBERS = ("min_choices", "max_choices", "max_score", "budget")


@blueprint.page("/polls", guard=REVIEWERS)
def polls() -> str:
    """List polls of every state."""
    state = request.args.get("state") if request.args.get("state") in STATES else None
    found, following = services.list_for_staff(state, after=request.args.get("after"), limit=50)
    waiting, _ = citizens.waiting_for_review(after=None, limit=50)
    return render_template(
        "admin/polls/list.html",
        polls=[shown_to_author(poll) for poll in found],
        waiting=waiting,
        following=following,
        state=state,
        states=choices("poll_state", STATES),
    )


@blueprint.page("/polls/new", guard=OFFICER, methods=("GET", "POST"), body_limit_bytes=BODY_LIMIT_BYTES)
def poll_new() -> Any:
    """Compose a poll."""
    form = Form({"questions": 1, "audience_kind": "everyone", "trust": "member", "figures": "after_closing", "changeable": "1"})
    if form.is_sent and "more" not in request.form:
        with form.refusals():
            body = form.load(PollIn(), _content(form))
            content = definition_content(body, by="city")
            by = {"kind": "staff", "id": current_staff().id}
            times = (body["opens_at"], body["closes_at"])
            poll = services.create_poll(content, *times, by, now=now(), room_password=body["room_password"])
            return done(say("초안을 저장했습니다.", "The draft is stored."), "poll", poll_id=poll["_id"])
    return _composer(form, None)


@blueprint.page("/polls/<id:poll_id>/edit", guard=OFFICER, methods=("GET", "POST"), body_limit_bytes=BODY_LIMIT_BYTES)
def poll_edit(poll_id: str) -> Any:
    """Change a draft; whoever saves second is told what the first one changed."""
    poll = services.poll_document(poll_id)
    form = Form(_initial(poll))
    if form.is_sent and "more" not in request.form:
        with form.refusals():
            body = form.load(PollIn(), _content(form))
            content = definition_content(body, by="city")
            version = int(form.text("version") or 0)
            times = (body["opens_at"], body["closes_at"])
            services.update_draft(poll_id, version, content, *times, editor_id=current_staff().id, now=now())
            return done(say("고쳐서 저장했습니다.", "The changes are stored."), "poll", poll_id=poll_id)
    return _composer(form, poll)


@blueprint.page("/polls/<id:poll_id>", guard=REVIEWERS)
def poll(poll_id: str) -> str:
    """Show a poll with what can be done now."""
    found = shown_to_author(services.poll_document(poll_id))
    return render_template(
        "admin/polls/poll.html",
        poll=found,
        definition=found["definition"],
        form=Form(),
        board=_board(poll_id),
        heads=_heads(poll_id),
        opening=_opening(found),
        roll_size=rolls.size(poll_id) if found["definition"]["audience"]["kind"] == "list" else None,
        methods=METHODS,
    )


@blueprint.page("/polls/<id:poll_id>/schedule", guard=OFFICER, methods=("POST",))
def poll_schedule(poll_id: str) -> Any:
    """Freeze a draft and let it open at its time."""
    try:
        services.schedule_poll(poll_id, now=now(), staff_id=current_staff().id)
    except Problem as problem:
        return refused(problem, "poll", poll_id=poll_id)
    return done(say("예약했습니다. 정해진 시각에 열립니다.", "Scheduled. It opens at its time."), "poll", poll_id=poll_id)


@blueprint.page("/polls/<id:poll_id>/cancel", guard=OFFICER, methods=("POST",))
def poll_cancel(poll_id: str) -> Any:
    """Call a poll off with a public reason."""
    form = Form()
    try:
        body = form.load(CancelIn(), {"reason": form.text("reason")})
        services.cancel_poll(poll_id, body["reason"], staff_id=current_staff().id)
    except Problem as problem:
        return refused(problem, "poll", poll_id=poll_id)
    return done(say("투표를 취소했습니다.", "The poll was cancelled."), "poll", poll_id=poll_id)


@blueprint.page("/polls/<id:poll_id>/closing", guard=OFFICER, methods=("POST",))
def poll_closing(poll_id: str) -> Any:
    """Extend a poll or close it early, with a public reason."""
    form = Form()
    try:
        body = form.load(MoveClosingIn(), {"closes_at": form.moment("closes_at"), "reason": form.text("reason")})
        by = current_staff().id
        services.move_closing(poll_id, body["closes_at"], body["reason"], now=now(), staff_id=by)
    except Problem as problem:
        return refused(problem, "poll", poll_id=poll_id)
    return done(say("마감 시각을 바꾸었습니다.", "The closing time was moved."), "poll", poll_id=poll_id)


@blueprint.page("/polls/<id:poll_id>/copy", guard=OFFICER, methods=("POST",))
def poll_copy(poll_id: str) -> Any:
    """Draft a new poll with the content of this one."""
    form = Form()
    try:
        times = {"opens_at": form.moment("opens_at"), "closes_at": form.moment("closes_at")}
        body = form.load(TimesIn(), {**times, "room_password": form.text("room_password")})
        by = {"kind": "staff", "id": current_staff().id}
        copy = services.duplicate_poll(
            poll_id, body["opens_at"], body["closes_at"], by, now=now(), room_password=body["room_password"]
        )
    except Problem as problem:
        return refused(problem, "poll", poll_id=poll_id)
    return done(say("같은 내용으로 초안을 만들었습니다.", "A draft with the same content was made."), "poll", poll_id=copy["_id"])


@blueprint.page("/polls/<id:poll_id>/template", guard=OFFICER, methods=("POST",))
def poll_template(poll_id: str) -> Any:
    """Keep a poll's content as a template."""
    try:
        templates.keep_template(poll_id, Form().text("name")[:100] or "–", now=now(), staff_id=current_staff().id)
    except Problem as problem:
        return refused(problem, "poll", poll_id=poll_id)
    return done(say("양식으로 저장했습니다.", "Kept as a template."), "poll", poll_id=poll_id)


@blueprint.page("/polls/<id:poll_id>/review", guard=REVIEWERS, methods=("POST",))
def poll_review(poll_id: str) -> Any:
    """Let a citizen's poll run, or refuse it with a reason."""
    form, by = Form(), current_staff().id
    try:
        if form.text("action") == "approve":
            citizens.approve(poll_id, now=now(), staff_id=by)
        else:
            body = form.load(PollReasonIn(), {"reason": form.text("reason")})
            citizens.refuse(poll_id, body["reason"], staff_id=by)
    except Problem as problem:
        return refused(problem, "poll", poll_id=poll_id)
    return done(say("처리했습니다.", "Done."), "polls")


@blueprint.page("/polls/<id:poll_id>/roll", guard=OFFICER, methods=("POST",), body_limit_bytes=MAX_FILE_BYTES + 65536)
def poll_roll(poll_id: str) -> Any:
    """Upload the list of people; it is read in the background."""
    file = request.files.get("file")
    try:
        data = file.read() if file else b""
        upload = rolls.upload_roll(poll_id, data, now=now(), staff_id=current_staff().id)
    except Problem as problem:
        return refused(problem, "poll", poll_id=poll_id)
    hint("voting.read_roll", upload["_id"])
    return done(say("명단을 받았습니다.", "The list was received."), "poll_roll_report", poll_id=poll_id, upload_id=upload["_id"])


@blueprint.page("/polls/<id:poll_id>/roll/<id:upload_id>", guard=OFFICER)
def poll_roll_report(poll_id: str, upload_id: str) -> str:
    """Show how far the reading of a list is, and every row it had to reject."""
    upload = rolls.get_upload(poll_id, upload_id)
    rejected, following = rolls.rejected_rows(poll_id, upload_id, after=request.args.get("after"), limit=100)
    return render_template("admin/polls/roll.html", upload=upload, rejected=rejected, following=following, poll_id=poll_id)


@blueprint.page("/polls/<id:poll_id>/venue", guard=OFFICER)
def poll_venue(poll_id: str) -> str:
    """Show the venue's screen: a code that changes every 30 seconds."""
    found = services.poll_document(poll_id)
    screen = admissions.venue_screen(found, now=now())
    address = f"{settings().public_url}/polls/{poll_id}#{screen['code']}"
    picture = Markup(segno.make(address, error="m").svg_inline(scale=10, svgclass="qr", lineclass=None, omitsize=True))  # nosec B704
    return render_template("admin/polls/venue.html", poll=found, screen=screen, picture=picture)


@blueprint.page("/polls/<id:poll_id>/shares", guard=OFFICER, methods=("POST",))
def poll_share(poll_id: str) -> Any:
    """Take one trustee's share."""
    try:
        opening.submit_share(poll_id, Form().text("share"), staff_id=current_staff().id)
    except Problem as problem:
        return refused(problem, "poll", poll_id=poll_id)
    return done(say("열쇠 조각을 받았습니다.", "The share was taken."), "poll", poll_id=poll_id)


def _composer(form: Form, poll: dict[str, Any] | None) -> Any:
    count = min(int(form.value("questions") or 1) + ("more" in request.form), QUESTIONS_MAX)
    counts = residents.count_by_district(list(DISTRICTS))
    page = render_template(
        "admin/polls/compose.html",
        form=form,
        poll=poll,
        count=count,
        districts=districts(),
        resident_counts=counts,
        methods=choices("method", METHODS),
        audiences=choices("audience"),
        figures=choices("figures"),
    )
    return (page, 422) if form.problem else page


def _content(form: Form) -> dict[str, Any]:
    count = min(int(form.text("questions") or 1), QUESTIONS_MAX)
    content = {
        "title": form.localized("title"),
        "description": form.localized("about") if form.text("about_ko") else None,
        "opens_at": form.moment("opens_at"),
        "closes_at": form.moment("closes_at"),
        "figures": form.text("figures"),
        "is_changeable": bool(form.text("changeable")),
        "room_password": form.text("room_password"),
        "min_turnout": _number(form.text("min_turnout")) or 0,
        "audience": _audience(form),
        "questions": [_question(form, f"q{place}_") for place in range(1, count + 1) if form.text(f"q{place}_title_ko")],
    }
    return {key: value for key, value in content.items() if value is not None}


def _question(form: Form, prefix: str) -> dict[str, Any]:
    numbers = {name: _number(form.text(prefix + name)) for name in NUMBERS}
    question = {
        "title": form.localized(f"{prefix}title"),
        "method": form.text(f"{prefix}method"),
        "seats": _number(form.text(f"{prefix}seats")) or 1,
        "options": [_option(line) for line in form.text(f"{prefix}options").splitlines() if line.strip()],
        "is_shuffled": bool(form.text(f"{prefix}shuffled")),
        **numbers,
    }
    return {key: value for key, value in question.items() if value is not None}


def _option(line: str) -> dict[str, Any]:
    """Read "한국어 | English | cost"."""
    parts = [part.strip() for part in line.split("|")]
    option: dict[str, Any] = {"title": {"ko": parts[0]}}
    if len(parts) > 1 and parts[1]:
        option["title"]["en"] = parts[1]
    if len(parts) > 2 and parts[2]:
        option["cost"] = _number(parts[2])
    return option


def _audience(form: Form) -> dict[str, Any]:
    kind = form.text("audience_kind") or "everyone"
    audience: dict[str, Any] = {"kind": kind, "trust": form.text("trust") or "member"}
    if kind == "profile":
        audience["trust"] = "resident"
        if chosen := form.values("districts"):
            audience["districts"] = chosen
        years = [_number(form.text("born_from")), _number(form.text("born_to"))]
        if any(year is not None for year in years):
            audience["birth_years"] = [year if year is not None else end for year, end in zip(years, (1900, 2100), strict=True)]
        if genders := form.values("genders"):
            audience["genders"] = genders
    if kind == "on_site":
        audience["by"] = form.text("by") or "code"
        if audience["by"] == "distance":
            audience["latitude_e6"] = _millionths(form.text("latitude"))
            audience["longitude_e6"] = _millionths(form.text("longitude"))
            audience["radius_m"] = _number(form.text("radius_m"))
    return {key: value for key, value in audience.items() if value is not None}


def _initial(poll: dict[str, Any]) -> dict[str, Any]:
    definition, audience = poll["definition"], poll["definition"]["audience"]
    about = definition.get("description") or {}
    years = audience.get("birth_years") or ["", ""]
    initial = {
        "version": poll["version"],
        "questions": len(definition["questions"]),
        "title_ko": definition["title"]["ko"],
        "title_en": definition["title"].get("en"),
        "about_ko": about.get("ko"),
        "about_en": about.get("en"),
        "opens_at": poll["opens_at"],
        "closes_at": poll["closes_at"],
        "figures": definition["figures"],
        "changeable": "1" if definition["changeable"] else "",
        "min_turnout": definition.get("min_turnout") or "",
        "audience_kind": audience["kind"],
        "trust": audience.get("trust", "member"),
        "districts": audience.get("districts", []),
        "genders": audience.get("genders", []),
        "born_from": years[0],
        "born_to": years[1],
        "by": audience.get("by"),
        "latitude": audience["latitude_e6"] / 1e6 if "latitude_e6" in audience else None,
        "longitude": audience["longitude_e6"] / 1e6 if "longitude_e6" in audience else None,
        "radius_m": audience.get("radius_m"),
    }
    for place, question in enumerate(definition["questions"], 1):
        prefix = f"q{place}_"
        initial |= {f"{prefix}{name}": question.get(name) for name in ("method", "seats", *NUMBERS)}
        initial |= {f"{prefix}title_ko": question["title"]["ko"], f"{prefix}title_en": question["title"].get("en")}
        initial[f"{prefix}shuffled"] = "1" if question.get("shuffled") else ""
        initial[f"{prefix}options"] = "\n".join(_option_line(option) for option in question["options"])
    return initial


def _option_line(option: dict[str, Any]) -> str:
    parts = [option["title"]["ko"], option["title"].get("en", ""), str(option.get("cost", ""))]
    return " | ".join(parts).rstrip(" |")


def _number(text: str) -> int | None:
    digits = text.replace(",", "").strip()
    return int(digits) if digits.lstrip("-").isdecimal() and len(digits) < 17 else None


def _millionths(text: str) -> int | None:
    try:
        return round(float(text) * 1_000_000)
    except ValueError:
        return None


def _board(poll_id: str) -> dict[str, Any] | None:
    try:
        return board.board(poll_id, now=now())
    except Problem:
        return None


def _heads(poll_id: str) -> list[dict[str, Any]]:
    return board.heads(poll_id, after=-1, limit=1000)


def _opening(poll: dict[str, Any]) -> dict[str, Any] | None:
    return opening.opening_state(poll["_id"]) if poll["definition"]["secrecy"] == "sealed" else None
