"""What jobs there are. A kind gets its `Work` and returns the outcome that the job's page shows; it may run again from its start."""

from collections.abc import Callable
from typing import Any

from admin.export import csv_pieces, xlsx_pieces
from admin.jobs.work import Work
from admin.tables import TABLES
from admin.words import local, localized
from mvoting.accounts import registers
from mvoting.core import audit
from mvoting.core.clock import now
from mvoting.core.problems import Problem
from mvoting.voting.polls import rolls
from notifications.people_lists import services as people_lists
from proposals.moderation import services as moderation

Outcome = dict[str, Any]
ROWS_MAX = 1_000_000
ROWS_NOTED = 500
CASES_NOTED = 10
FINDINGS_SHOWN = 50


def export(work: Work) -> Outcome:
    """Write a list as a file. Arguments: table, query, format ("csv" or "xlsx"); that it was made stands in the audit log."""
    wanted, kind = work.arguments, work.arguments["format"]
    table, count = TABLES[wanted["table"]], 0

    def counted() -> Any:
        nonlocal count
        for row in table.rows(wanted["query"]):
            if count >= ROWS_MAX:
                return
            count += 1
            if count % ROWS_NOTED == 0:
                work.progress(count)
            yield row

    audit.record(
        "export.make", f"export:{wanted['table']}", staff_id=work.owner, after={"query": wanted["query"], "job": work.id}
    )
    pieces = csv_pieces(table.heads(), counted()) if kind == "csv" else xlsx_pieces(table.heads(), counted())
    size = 0
    for piece in pieces:
        size += len(piece)
        work.write(piece)
    work.progress(count, count)
    file_name = f"mvoting-{wanted['table']}-{local(work.created_at):%Y%m%d-%H%M}.{kind}"
    return {"file_name": file_name, "bytes": size, "rows": count, "is_cut": count >= ROWS_MAX}


def decide_cases(work: Work) -> Outcome:
    """Decide many cases alike. Arguments: case_ids, action, reason. A second attempt counts what the first decided."""
    wanted = work.arguments
    return _each_case(work, lambda ids: moderation.decide_many(ids, wanted["action"], wanted["reason"], work.owner, now=now()))


def revise_cases(work: Work) -> Outcome:
    """Take many decisions back. Arguments: case_ids, action, reason."""
    wanted = work.arguments
    return _each_case(work, lambda ids: moderation.revise_many(ids, wanted["action"], wanted["reason"], work.owner, now=now()))


def _each_case(work: Work, decide: Callable[[list[str]], dict[str, list[str]]]) -> Outcome:
    ids, decided, skipped = list(work.arguments["case_ids"]), 0, []
    for start in range(0, len(ids), CASES_NOTED):
        some = ids[start : start + CASES_NOTED]
        work.progress(start, len(ids))
        done = decide(some)
        ours = moderation.decided_by(done["skipped"], work.owner, work.arguments["action"], since=work.created_at)
        decided += len(done["decided"]) + len(ours)
        skipped += [case_id for case_id in done["skipped"] if case_id not in ours]
    work.progress(len(ids), len(ids))
    return {"decided": decided, "skipped": skipped}


def verify_audit(work: Work) -> Outcome:
    """Compute the audit log again. Arguments: earlier, a head that somebody kept, or nothing."""
    total = audit.head()["size"]
    work.progress(0, total)
    count, findings = audit.verify(work.arguments.get("earlier"), checked=lambda done: work.progress(done, max(done, total)))
    work.progress(count, count)
    shown = [{"index": finding.index, "what": finding.what} for finding in findings[:FINDINGS_SHOWN]]
    return {"count": count, "findings": shown, "finding_count": len(findings)}


def people_list(work: Work) -> Outcome:
    """Read the file of phone numbers that came with the job into a people list. Arguments: name. Run again it makes none anew."""
    name, data = work.arguments["name"], work.handed_in()
    listed = people_lists.upload(name, data, by=work.owner, now=now(), list_id=work.id, progressed=work.progress)
    work.progress(listed["rows"], listed["rows"])
    return {count: listed[count] for count in ("rows", "members", "strangers", "rejected")}


KINDS: dict[str, Callable[[Work], Outcome]] = {
    "export": export,
    "decide_cases": decide_cases,
    "revise_cases": revise_cases,
    "verify_audit": verify_audit,
    "people_list": people_list,
}


def _register(import_id: str) -> dict[str, Any]:
    stored = registers.progress(import_id)
    if stored is None:
        return {"state": "failed"}
    state = "done" if stored["state"] == "done" else "running"
    outcome = {"rejected_count": stored["rejected_count"]} if state == "done" else {}
    return {"state": state, "done_count": stored["done_count"], "total_count": stored["total_count"], "outcome": outcome}


def _roll(followed: str) -> dict[str, Any]:
    """Args: followed: "poll:upload"."""
    poll_id, _, upload_id = followed.partition(":")
    try:
        upload = rolls.get_upload(poll_id, upload_id)
    except Problem:  # the list was emptied
        return {"state": "cancelled"}
    progress = {"done_count": upload["rows"], "total_count": None, "outcome": {}}
    if upload["state"] == "failed":
        return progress | {"state": "failed", "problem": localized(upload["problem"])}
    outcome = {name: upload[name] for name in ("accepted", "repeated", "rejected")}
    return progress | ({"state": "done", "outcome": outcome} if upload["state"] == "done" else {"state": "running"})


# Work that another package does, and how far it is: {"state", "done_count", "total_count", "outcome"}.
FOLLOWED: dict[str, Callable[[str], dict[str, Any]]] = {"register": _register, "roll": _roll}
