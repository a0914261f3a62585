"""Whom a poll lets in: lists of people from a file, with the report of rejected rows, and the venue's screen."""

from typing import Any

import segno
from flask import redirect, render_template, request, url_for
from markupsafe import Markup

from admin.export import table_answer
from admin.forms import Form
from admin.jobs import services as jobs
from admin.pages import ROWS, done, panel, refused
from admin.panel import blueprint
from admin.words import say
from mvoting.accounts.guards import current_staff
from mvoting.core.clock import now
from mvoting.core.hints import hint
from mvoting.core.problems import Problem
from mvoting.voting.polls import admissions, rolls, services
from mvoting.voting.polls.roll_files import MAX_FILE_BYTES
from mvoting.voting.polls.schemas import RollLookUpIn

OFFICER = panel("poll_officer")
BODY_LIMIT_BYTES = MAX_FILE_BYTES + 64 * 1024


@blueprint.page("/polls/<id:poll_id>/roll", guard=OFFICER, methods=("POST",), body_limit_bytes=BODY_LIMIT_BYTES)
def poll_roll(poll_id: str) -> Any:
    """Upload the list of people; it is read in the background."""
    file = request.files.get("file")
    try:
        upload = rolls.upload_roll(poll_id, file.read() if file else b"", now=now(), staff_id=current_staff().id)
    except Problem as problem:
        return refused(problem, "poll", poll_id=poll_id)
    hint("voting.read_roll", upload["_id"])
    job_id = jobs.follow("roll", f"{poll_id}:{upload['_id']}", owner=current_staff().id, roles=["poll_officer"])
    return redirect(url_for("panel.job", job_id=job_id), 303)


@blueprint.page("/polls/<id:poll_id>/roll/clear", guard=OFFICER, methods=("POST",))
def poll_roll_clear(poll_id: str) -> Any:
    """Empty a draft's list of people, so that another can be uploaded."""
    try:
        rolls.clear_roll(poll_id, now=now(), staff_id=current_staff().id)
    except Problem as problem:
        return refused(problem, "poll", poll_id=poll_id)
    return done(say("명단을 비웠습니다.", "The list is empty."), "poll", poll_id=poll_id)


@blueprint.page("/polls/<id:poll_id>/roll/look-up", guard=OFFICER, methods=("POST",))
def poll_roll_look_up(poll_id: str) -> Any:
    """Tell whether one number is on the list, with a reason; the number is kept nowhere."""
    form = Form()
    try:
        body = form.load(RollLookUpIn(), {name: form.text(name) for name in ("number", "reason")})
        found = rolls.look_up(poll_id, body["number"], staff_id=current_staff().id, reason=body["reason"])
    except Problem as problem:
        return refused(problem, "poll", poll_id=poll_id)
    return done(looked_up(found), "poll", poll_id=poll_id)


def looked_up(is_listed: bool) -> str:
    """Say whether a number was found on a list."""
    if is_listed:
        return say("찾은 번호는 이 명단에 있습니다.", "The number is on this list.")
    return say("찾은 번호는 이 명단에 없습니다.", "The number is not on this list.")


@blueprint.page("/polls/<id:poll_id>/roll/<id:upload_id>", guard=OFFICER)
def poll_roll_report(poll_id: str, upload_id: str) -> Any:
    """Show how far the reading of a list is, and every row it had to reject."""
    upload = rolls.get_upload(poll_id, upload_id)
    if request.args.get("as"):
        rows = ([row["row"], reason(row["reason"])] for row in rolls.all_rejected_rows(poll_id, upload_id))
        return table_answer("rejected", [say("줄", "row"), say("까닭", "why")], rows, request.args["as"])
    rejected, following = rolls.rejected_rows(poll_id, upload_id, after=request.args.get("after"), limit=ROWS)
    return render_template(
        "admin/polls/roll.html", upload=upload, rejected=rejected, following=following, poll_id=poll_id, reason=reason
    )


@blueprint.page("/polls/<id:poll_id>/venue", guard=OFFICER)
def poll_venue(poll_id: str) -> str:
    """Show the venue's screen: a code that changes every 30 seconds."""
    found = services.poll_document(poll_id)
    screen = admissions.venue_screen(found, now=now())
    code = segno.make(screen["address"], error="m")
    picture = Markup(code.svg_inline(scale=10, svgclass="qr", lineclass=None, omitsize=True))  # nosec B704
    return render_template("admin/polls/venue.html", poll=found, screen=screen, picture=picture)


def reason(code: str) -> str:
    """Say why a row of a list was rejected."""
    texts = {
        "empty": say("비어 있습니다", "empty"),
        "formula": say("수식이 들어 있습니다", "holds a formula"),
        "not-a-number": say("전화번호나 회원 번호가 아닙니다", "no phone number and no member number"),
        "repeated": say("앞에서 나온 번호입니다", "was on the list already"),
    }
    return texts.get(code, code)
