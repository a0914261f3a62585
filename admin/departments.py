"""Departments: who speaks for which, and so answers for its ideas."""

from typing import Any

from flask import render_template, request

from admin.forms import Form
from admin.pages import done, panel
from admin.panel import blueprint
from admin.words import say
from mvoting.accounts import staff_management
from mvoting.accounts.guards import current_staff
from mvoting.core.clock import now
from proposals.ideas.services import departments
from proposals.ideas.staff_api import COORDINATORS
from proposals.ideas.staff_schemas import DepartmentIn, OfficersIn

COORDINATOR = panel(*COORDINATORS)
LISTED_MAX = 100


@blueprint.page("/departments", guard=COORDINATOR, methods=("GET", "POST"))
def departments_list() -> Any:
    """List departments with their officers, and set a department's."""
    form = Form()
    if form.is_sent:
        with form.refusals():
            name = form.load(DepartmentIn(), {"department": form.text("department")})["department"]
            entered = {"officer_ids": request.form.getlist("officer"), "version": form.text("version") or 0}
            body = form.load(OfficersIn(), entered)
            departments.set_officers(name, body["officer_ids"], body["version"], current_staff().id, now=now())
            return done(say("정했습니다.", "It is set."), "departments_list")
    found, following = departments.list_departments(after=request.args.get("after"), limit=LISTED_MAX)
    officers = _officers()
    page = render_template(
        "admin/ideas/departments.html",
        departments=found,
        following=following,
        officers=officers,
        form=form,
        conflict=_conflict(form, found, officers) if form.is_late else [],
    )
    return (page, 422) if form.problem else page


def _conflict(form: Form, found: list[dict[str, Any]], officers: list[dict[str, Any]]) -> list[tuple[str, str, str]]:
    """Give what a colleague chose meanwhile beside what was chosen here."""
    names = {officer["id"]: officer["name"] for officer in officers}
    stored: list[str] = next((row["officer_ids"] for row in found if row["_id"] == form.text("department")), [])
    theirs, mine = (", ".join(sorted(names.get(one, "–") for one in ids)) or "–" for ids in (stored, form.values("officer")))
    return [(form.text("department"), theirs, mine)]


def _officers() -> list[dict[str, Any]]:
    """List staff who may speak for departments, by name."""
    found: list[dict[str, Any]] = []
    page, after = staff_management.members(after=None, limit=LISTED_MAX)
    while page:
        found += [member for member in page if "department_officer" in member["roles"]]
        page, after = staff_management.members(after=after, limit=LISTED_MAX) if after else ([], None)
    return sorted(found, key=lambda member: str(member["name"]))
