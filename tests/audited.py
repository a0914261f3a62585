"""Watches every staff request of the suite: what it writes must share its transaction with an entry in the audit log.

The database driver tells of each command; a request that succeeded as a staff member and wrote anything outside such a
transaction is kept as a finding, and the test that sent it fails (`tests/conftest.py`). Carrying out afterwards what the act
stored is no second act.
"""

import json
from functools import cache

from flask import Flask, g, has_request_context, request
from pymongo import monitoring

WRITES = frozenset({"insert", "update", "delete", "findAndModify"})
LOG = "audit_entries"
# Collections whose rows are no acts, each with its reason.
NO_ACT = {
    "staff_sessions": "being signed in: idle time, challenges",
    "throttles": "failed tries",
    "figures": "counts kept for a while",
    "idempotent_requests": "answers kept for a repeated request",
    "audit_tree": "the log itself",
    "personal_keys": "the log itself",
    "leases": "who works on something",
    "pictures": "an upload is nothing until an act names it; naming it is that act's",
    "staff_jobs": "long work that was asked for; what it does, an export too, has its entry where a worker does it",
    "staff_job_pieces": "the file that came with such work, as the job itself",
    "sign_in_codes": "a code of one use that was used up",
}
# What a request may write after its act, outside the act's transaction, because it only carries out what the act stored; a
# sweep does the same after a crash. Each with who carries it out.
FOLLOWS = {
    "alerts": "alerts.carry_on",
    "campaigns": "notifications.sweep_campaigns, alerts.carry_on",
    "campaign_batches": "notifications.sweep_campaigns",
    "board_batches": "the board, which no transaction holds: the entry in the log comes first, and who dies between asks again",
    "board_tiles": "the same",
    "ideas": "proposals.finish_decisions",
    "debates": "proposals.finish_decisions",
    "comments": "proposals.finish_decisions",
    "idea_additions": "proposals.finish_decisions",
    "moderation_cases": "proposals.finish_decisions",
    "moderation_standings": "proposals.finish_decisions",
    "idea_answer_drafts": "nobody: a draft of an answer that is published is refused by its version",
    "duty_phones": "nobody: when a phone last rang, noted after the trial that the entry tells of",
    "poll_rolls": "the same request again; until then the poll cannot be scheduled",
    "poll_roll_uploads": "as above",
    "poll_roll_rejections": "as above",
    "people_list_entries": "their own time: nothing reads them without their list",
}
# The same on these routes only: a citizen's poll is shown or hidden as a moderator decided (proposals.finish_decisions).
FOLLOWS_ON = {"polls": ("/v1/reports", "/admin/moderation", "/admin/polls/<id:poll_id>/visibility")}
findings: list[str] = []


@cache
def _named():
    """Give the acts that the audit trail says in words; loaded with the first of them, tests without the panel need none."""
    from admin.words.audit import LABELS

    return frozenset(LABELS["audit_action"])


def _unnamed_fields(body):
    """Give the fields of an entry that the audit trail would show as they stand; what is sealed is not read here."""
    from admin import audit_changes
    from admin.words import LABELS

    told = json.loads(body)
    names = [name for side in ("before", "after") for name in audit_changes.facts(told.get(side))]
    kinds = {name: audit_changes.kinds_of_name(name.split(".")[0]) for name in names}
    return {
        name
        for name in names
        for part in name.split(".")
        if not part.isdecimal() and not any(part in LABELS[kind] for kind in kinds[name])
    }


class Watch(monitoring.CommandListener):
    """Notes what the request under way writes."""

    def started(self, event):
        """Note a write with the transaction it belongs to, and which transactions were committed."""
        if event.command_name not in (*WRITES, "commitTransaction") or not has_request_context():
            return
        command = event.command
        within = (str(command["lsid"]), command["txnNumber"]) if command.get("autocommit") is False else None
        if event.command_name == "commitTransaction":
            g.setdefault("committed", set()).add(within)
            return
        collection = command[event.command_name]
        if collection == LOG:
            acts = {entry["action"] for entry in command.get("documents", ())}
            findings.extend(f"the act {act} has no name in admin/words/audit.py" for act in acts - _named())
            findings.extend(
                f"{entry['action']}: the field {name} has no name in admin/words"
                for entry in command.get("documents", ())
                for name in _unnamed_fields(entry["body"])
            )
        if collection not in NO_ACT:
            g.setdefault("asked", {})[event.request_id] = (collection, within)

    def succeeded(self, event):
        """Keep the write, unless it found nothing to change."""
        asked = g.get("asked", {}).pop(event.request_id, None) if has_request_context() else None
        if asked and (event.reply.get("n") or (event.reply.get("lastErrorObject") or {}).get("n")):
            g.setdefault("written", []).append(asked)

    def failed(self, event):
        """Not of interest."""


def watch(app: Flask) -> None:
    """Look at each answer to a staff member."""

    @app.after_request
    def look(response):
        # What an attempt of a transaction wrote that was run again, because of a conflict, was never written.
        committed = g.get("committed", set())
        written = [(collection, within) for collection, within in g.get("written", []) if within is None or within in committed]
        if "staff" in g and response.status_code < 400 and written:
            logged = {within for collection, within in written if collection == LOG}
            bare = sorted({collection for collection, within in written if within is None or within not in logged})
            if logged:
                here = [collection for collection, routes in FOLLOWS_ON.items() if str(request.url_rule).startswith(routes)]
                bare = [collection for collection in bare if collection not in (*FOLLOWS, *here)]
            if bare:
                findings.append(
                    f"{request.method} {request.url_rule}: {', '.join(bare)} written without an audit entry beside it"
                )
        return response


monitoring.register(Watch())
