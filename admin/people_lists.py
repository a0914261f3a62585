"""People lists for campaigns: a file of phone numbers is read in the background; only which members they belong to is kept."""

from typing import Any

from flask import redirect, render_template, request, url_for

from admin.forms import Form
from admin.jobs import services as jobs
from admin.pages import ROWS, done, panel, refused
from admin.panel import blueprint
from admin.poll_people import looked_up
from admin.words import say
from mvoting.accounts import staff_management
from mvoting.accounts.guards import current_staff
from mvoting.core.problems import Problem
from notifications.people_lists import services
from notifications.people_lists.api import FILE_MAX_BYTES
from notifications.people_lists.errors import ListRefused
from notifications.people_lists.models import KEPT_S
from notifications.people_lists.schemas import ListLookUpIn, PeopleListIn

ROLES = ("poll_officer", "administrator")
WRITER = panel(*ROLES)


@blueprint.page("/campaigns/lists", guard=WRITER, methods=("GET", "POST"), body_limit_bytes=FILE_MAX_BYTES)
def campaign_lists() -> Any:
    """List the people lists; upload one."""
    form = Form()
    if form.is_sent:
        with form.refusals():
            name, file = form.load(PeopleListIn(), {"name": form.text("name")})["name"], request.files.get("file")
            data = file.read() if file else b""
            if not data:
                raise ListRefused(reason_ko="파일에 내용이 없습니다.", reason_en="the file holds nothing.")
            job_id = jobs.start("people_list", {"name": name}, owner=current_staff().id, roles=ROLES, file=data)
            return redirect(url_for("panel.job", job_id=job_id), 303)
    found, following = services.list_lists(after=request.args.get("after"), limit=ROWS)
    page = render_template(
        "admin/campaigns/lists.html",
        form=form,
        lists=found,
        following=following,
        names=staff_management.names(sorted({each["created_by"] for each in found})),
        rows_max=services.ROWS_MAX,
        days_kept=KEPT_S // 86400,
    )
    return (page, form.status) if form.problem else page


@blueprint.page("/campaigns/lists/<id:list_id>", guard=WRITER, methods=("GET", "POST"))
def campaign_list(list_id: str) -> Any:
    """Show a list, and tell whether one number is on it: with a reason, logged, and the number kept nowhere."""
    listed, form, found = services.get_list(list_id), Form(), None
    if form.is_sent:
        with form.refusals():
            body = form.load(ListLookUpIn(), {name: form.text(name) for name in ("number", "reason")})
            found = services.look_up(list_id, body["number"], by=current_staff().id, reason=body["reason"])
    page = render_template(
        "admin/campaigns/people_list.html",
        listed=listed,
        form=form if form.problem else form.restarted({}),
        found=None if found is None else looked_up(found),
        uploaded_by=staff_management.names([listed["created_by"]]).get(listed["created_by"]),
        days_kept=KEPT_S // 86400,
    )
    return (page, form.status) if form.problem else page


@blueprint.page("/campaigns/lists/<id:list_id>/remove", guard=WRITER, methods=("POST",))
def campaign_list_remove(list_id: str) -> Any:
    """Remove a list with everybody on it."""
    try:
        services.remove(list_id, by=current_staff().id)
    except Problem as problem:
        return refused(problem, "campaign_lists")
    return done(say("명단을 지웠습니다.", "The list was removed."), "campaign_lists")
