"""The audit trail: who did what to what and why, and whether it still is what was written."""

from typing import Any

from flask import render_template, request

from admin import audit_changes
from admin.jobs import services as jobs
from admin.long_work import begun
from admin.pages import ROWS, panel
from admin.panel import blueprint
from admin.words import choices
from mvoting.accounts import staff_management
from mvoting.accounts.guards import current_staff
from mvoting.core import audit

READERS = ("auditor", "administrator")
# How far back it is looked for what a thing was before; how many of these are listed.
EARLIER, EARLIER_SHOWN = 50, 10


@blueprint.page("/audit", guard=panel(*READERS))
def audit_trail() -> str:
    """List what staff did, newest first."""
    wanted = {name: request.args[name][:120] for name in ("staff_id", "action", "target") if request.args.get(name)}
    entries, following = audit.entries(wanted, after=request.args.get("after"), limit=ROWS)
    names = staff_management.names(sorted(audit_changes.people_in(entries)))
    return render_template(
        "admin/audit.html",
        entries=entries,
        changes={entry["id"]: audit_changes.changes(entry, names) for entry in entries},
        following=following,
        names=names,
        head=audit.head(),
        wanted=wanted,
        actions=_actions(),
    )


@blueprint.page("/audit/<int:number>", guard=panel(*READERS))
def audit_entry(number: int) -> str:
    """Show one entry: field by field what it changed, as far as the entries before it tell, and the text that was signed."""
    entry = audit.entry(number)
    earlier = audit.earlier_on(entry["target"], number, limit=EARLIER)
    names = staff_management.names(sorted(audit_changes.people_in([entry, *earlier])))
    known = audit_changes.known_before(earlier)
    return render_template(
        "admin/audit_entry.html",
        entry=entry,
        names=names,
        changes=audit_changes.changes(entry, names, known=known),
        earlier=earlier[:EARLIER_SHOWN],
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
