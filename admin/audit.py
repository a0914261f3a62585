"""The audit trail: who did what to what and why, and whether it still is what was written."""

from collections.abc import Iterator
from typing import Any

from flask import render_template, request

from admin.export import table_answer
from admin.pages import panel
from admin.panel import blueprint
from admin.words import say
from mvoting.accounts import staff_management
from mvoting.core import audit

READERS = ("auditor", "administrator")
EXPORT_MAX = 100_000


@blueprint.page("/audit", guard=panel(*READERS))
def audit_trail() -> Any:
    """List what staff did, newest first."""
    wanted = {name: request.args[name][:120] for name in ("staff_id", "action", "target") if request.args.get(name)}
    if request.args.get("as"):
        return table_answer("audit", columns(), _rows(wanted), request.args["as"])
    entries, following = audit.entries(wanted, after=request.args.get("after"), limit=50)
    names = staff_management.names(sorted({entry["staff_id"] for entry in entries}))
    return render_template(
        "admin/audit.html", entries=entries, following=following, names=names, head=audit.head(), wanted=wanted, checked=None
    )


@blueprint.page("/audit/verification", guard=panel(*READERS), methods=("POST",))
def audit_verify() -> str:
    """Compute the whole log again, and compare it with a head that somebody kept."""
    size, root = request.form.get("size", "").strip(), request.form.get("root", "").strip().lower()
    earlier = {"size": int(size), "root": root} if size.isdecimal() and len(size) < 12 and root else None
    count, findings = audit.verify(earlier)
    entries, following = audit.entries({}, after=None, limit=50)
    names = staff_management.names(sorted({entry["staff_id"] for entry in entries}))
    return render_template(
        "admin/audit.html",
        entries=entries,
        following=following,
        names=names,
        head=audit.head(),
        wanted={},
        checked={"count": count, "findings": findings, "earlier": earlier},
    )


def columns() -> list[str]:
    """Give the head of the exported table."""
    return [
        say("번호", "number"),
        say("시각", "at"),
        say("직원", "staff"),
        say("행위", "action"),
        say("대상", "target"),
        say("사유", "reason"),
    ]


def _rows(wanted: dict[str, str]) -> Iterator[list[Any]]:
    after, count = None, 0
    while True:
        entries, after = audit.entries(wanted, after=after, limit=100)
        for entry in entries:
            yield [entry["id"], entry["at"], entry["staff_id"], entry["action"], entry["target"], entry["reason"]]
        count += len(entries)
        if after is None or count >= EXPORT_MAX:
            return
