"""The audit trail: who did what to what and why, and whether it still is what was written."""

from typing import Any

from flask import render_template, request

from admin.jobs import services as jobs
from admin.long_work import begun
from admin.pages import ROWS, panel
from admin.panel import blueprint
from admin.words import choices
from mvoting.accounts import staff_management
from mvoting.accounts.guards import current_staff
from mvoting.core import audit

READERS = ("auditor", "administrator")


@blueprint.page("/audit", guard=panel(*READERS))
def audit_trail() -> str:
    """List what staff did, newest first."""
    wanted = {name: request.args[name][:120] for name in ("staff_id", "action", "target") if request.args.get(name)}
    entries, following = audit.entries(wanted, after=request.args.get("after"), limit=ROWS)
    names = staff_management.names(sorted({entry["staff_id"] for entry in entries}))
    return render_template(
        "admin/audit.html",
        entries=entries,
        following=following,
        names=names,
        head=audit.head(),
        wanted=wanted,
        actions=_actions(),
    )


def _actions() -> list[tuple[str, list[tuple[str, str]]]]:
    """Give every act to choose from, by area: [(area, [(code, name)])]."""
    areas = choices("audit_area")
    return [(name, [each for each in choices("audit_action") if each[0].startswith(f"{area}.")]) for area, name in areas]


@blueprint.page("/audit/verification", guard=panel(*READERS), methods=("POST",))
def audit_verify() -> Any:
    """Have the whole log computed again, and compared with a head that somebody kept."""
    size, root = request.form.get("size", "").strip(), request.form.get("root", "").strip().lower()
    is_head = size.isdecimal() and len(size) < 12 and root
    arguments = {"earlier": {"size": int(size), "root": root[:64]}} if is_head else {}
    return begun(lambda: jobs.start("verify_audit", arguments, owner=current_staff().id, roles=READERS))
