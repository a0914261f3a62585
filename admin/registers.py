"""What staff do at a counter and with the city's register: codes for people without a phone, two accounts of one person, uploads."""

from typing import Any

from flask import redirect, render_template, request, url_for

from admin.export import table_answer
from admin.forms import Form
from admin.jobs import services as jobs
from admin.pages import done, no_such_page, panel
from admin.panel import blueprint
from admin.words import label, say
from mvoting.accounts import consents, joining, registers, services
from mvoting.accounts.consents import Consents
from mvoting.accounts.guards import current_staff
from mvoting.accounts.people_schemas import CounterSessionIn, LinkIn, ReasonIn
from mvoting.accounts.services import Visitor

COUNTER = panel("poll_officer", "administrator")
ADMINISTRATOR = panel("administrator")
REJECTED_MAX = 1000


@blueprint.page("/people/counter", guard=COUNTER, methods=("GET", "POST"))
def counter() -> Any:
    """Make a code with which a person who shows a document votes on the counter's own screen."""
    form, code, expires_at = Form(), "", None
    if form.is_sent:
        with form.refusals():
            names = ("document", "phone", "approval_code", "second_id_token", "reason")
            body = form.load(CounterSessionIn(), {name: form.text(name) for name in names})
            agreed = Consents(**consents.current(), is_fourteen=bool(form.text("is_fourteen"))) if form.text("agreed") else None
            shown = {name: body[name] for name in ("document", "phone", "approval_code", "second_id_token")}
            visitor = Visitor(**shown, consents=agreed)
            code, expires_at = services.open_counter_session(current_staff().id, visitor, reason=body["reason"])
            form = Form()
            form.is_sent = False  # what was typed about a person does not stay on the screen
    page = render_template("admin/people/counter.html", form=form, code=code, expires_at=expires_at)
    return (page, 422) if form.problem else page


@blueprint.page("/people/link", guard=ADMINISTRATOR, methods=("GET", "POST"))
def people_link() -> Any:
    """Join two accounts of one person."""
    form = Form()
    if form.is_sent:
        with form.refusals():
            body = form.load(LinkIn(), {name: form.text(name) for name in ("kept", "dropped", "reason")})
            joining.merge(body["kept"], body["dropped"], staff_id=current_staff().id, reason=body["reason"])
            return done(say("두 계정을 합쳤습니다.", "The accounts are one."), "person", person_id=body["kept"])
    page = render_template("admin/people/link.html", form=form)
    return (page, 422) if form.problem else page


@blueprint.page("/people/registers", guard=ADMINISTRATOR, methods=("GET", "POST"), body_limit_bytes=registers.FILE_MAX_BYTES)
def registers_list() -> Any:
    """Upload the register of residents, and list what was uploaded before."""
    form = Form()
    if form.is_sent:
        with form.refusals():
            reason, file = form.load(ReasonIn(), {"reason": form.text("reason")})["reason"], request.files.get("file")
            import_id = registers.receive(file.read() if file else b"", staff_id=current_staff().id, reason=reason)
            job_id = jobs.follow("register", import_id, owner=current_staff().id, roles=["administrator"])
            return redirect(url_for("panel.job", job_id=job_id), 303)
    found, following = registers.imports(after=request.args.get("after"), limit=20)
    page = render_template("admin/people/registers.html", form=form, imports=found, following=following)
    return (page, 422) if form.problem else page


@blueprint.page("/people/registers/<id:import_id>", guard=ADMINISTRATOR)
def register_report(import_id: str) -> Any:
    """Show how far the reading of a register is, and every row it had to refuse."""
    found, start = registers.progress(import_id), request.args.get("from", "0")
    if found is None:
        no_such_page()
    if request.args.get("as"):
        rows = ([row["line"], label("register_column", row["why"])] for row in found["rejected"])
        return table_answer("register-rejected", [say("줄", "line"), say("잘못된 칸", "wrong column")], rows, request.args["as"])
    first = min(int(start), REJECTED_MAX) if start.isascii() and start.isdecimal() and len(start) < 6 else 0
    return render_template("admin/people/register.html", register=found, first=first)
