"""Long work of staff: their jobs with progress bars, files made of lists, and where each is started."""

from typing import Any

from flask import Response, redirect, render_template, request, url_for

from admin.export import file_answer
from admin.jobs import services as jobs
from admin.pages import ROWS, done, no_such_page, panel, refused
from admin.panel import blueprint
from admin.tables import TABLES
from admin.words import say
from mvoting.accounts.guards import current_staff
from mvoting.core.problems import Forbidden, Problem

FORMATS = ("csv", "xlsx")


@blueprint.page("/jobs", guard=panel())
def jobs_list() -> str:
    """List my jobs, the newest first."""
    found, following = jobs.of_owner(current_staff().id, after=request.args.get("after"), limit=ROWS)
    return render_template("admin/jobs/list.html", jobs=found, following=following)


@blueprint.page("/jobs/<id:job_id>", guard=panel())
def job(job_id: str) -> str:
    """Show how far one of my jobs is, and what came of it."""
    return render_template("admin/jobs/job.html", job=jobs.get(job_id, current_staff().id))


@blueprint.page("/jobs/<id:job_id>/file", guard=panel())
def job_file(job_id: str) -> Response:
    """Fetch the file that a job made, piece by piece."""
    found = jobs.get(job_id, current_staff().id)
    pieces = jobs.file_pieces(found, current_staff().roles)
    return file_answer(found["outcome"]["file_name"], pieces)


@blueprint.page("/jobs/<id:job_id>/cancel", guard=panel(), methods=("POST",))
def job_cancel(job_id: str) -> Any:
    """Stop a job; what it has done stays done."""
    try:
        jobs.cancel(job_id, current_staff().id)
    except Problem as problem:
        return refused(problem, "job", job_id=job_id)
    return done(say("작업을 멈추었습니다.", "The job was stopped."), "job", job_id=job_id)


@blueprint.page("/exports", guard=panel(), methods=("POST",))
def export() -> Any:
    """Have a list written as a file, with the filters it was shown with."""
    table, wanted = TABLES.get(request.form.get("table", "")), request.form.get("format")
    if table is None or wanted not in FORMATS:
        no_such_page()
        raise AssertionError
    if not current_staff().roles & set(table.roles):
        raise Forbidden(needs=" | ".join(table.roles))
    query = {name: request.form[name][:200] for name in table.filters if request.form.get(name)}
    arguments = {"table": request.form["table"], "query": query, "format": wanted}
    return begun(lambda: jobs.start("export", arguments, owner=current_staff().id, roles=table.roles))


def begun(start: Any) -> Any:
    """Start a job and go to its page, or say why it cannot start."""
    try:
        job_id = start()
    except Problem as problem:
        return refused(problem, "jobs_list")
    return redirect(url_for("panel.job", job_id=job_id), 303)
