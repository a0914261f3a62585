"""Decisions: one write to the case; the effect on the text follows, by a sweep if need be."""

from datetime import datetime
from typing import Any

from pymongo import ReturnDocument
from pymongo.client_session import ClientSession

from mvoting.core import log
from proposals import acts, events
from proposals.moderation import errors, targets
from proposals.moderation.services import cases, collections, queue
from proposals.visibility import Visibility

HIDDEN_BY = {"hide": Visibility.HIDDEN, "keep": Visibility.PUBLIC}


def decide(case_id: str, action: str, reason: str, staff_id: str, *, now: datetime) -> dict[str, Any]:
    """Hide or keep a questioned text; the author reads the reason.

    Args: action: "hide" or "keep".
    Raises: CaseNotFound (404), CaseDecided (proposals.case-decided, 409).
    """
    case = queue.get_case(case_id)
    return _settle(case, {"state": "open"}, action, reason, staff_id, now)


def revise(case_id: str, action: str, reason: str, staff_id: str, *, now: datetime) -> dict[str, Any]:
    """Take a decision back or change it, as long as no appeal stands; the earlier one stays in the history.

    Raises: CaseNotFound (404), CaseDecided (409) when an appeal was made or somebody else was quicker.
    """
    case = queue.get_case(case_id)
    if case["state"] != "decided":
        raise errors.CaseDecided
    expected = {"state": "decided", "appeal": {"$exists": False}, "decision.at": case["decision"]["at"]}
    return _settle(case, expected, action, reason, staff_id, now)


def hide(kind: str, target_id: str, reason: str, staff_id: str, *, now: datetime) -> dict[str, Any]:
    """Hide a text that nobody reported yet.

    Raises: TargetNotFound (404), CaseDecided (409).
    """
    document = targets.load(kind, target_id)
    if document is None or document["visibility"] == "draft":
        raise errors.TargetNotFound
    version = document.get("version", 1)
    texts = targets.texts(kind, document)
    case = cases.open_case(kind, target_id, document.get("author_id"), texts, ["staff"], now, version=version)
    if case["state"] == "decided" and case["decision"]["action"] == "keep":
        return revise(case["_id"], "hide", reason, staff_id, now=now)
    return decide(case["_id"], "hide", reason, staff_id, now=now)


def decide_many(case_ids: list[str], action: str, reason: str, staff_id: str, *, now: datetime) -> dict[str, list[str]]:
    """Decide several cases alike; cases that somebody decided meanwhile are told apart, not decided again."""
    done: dict[str, list[str]] = {"decided": [], "skipped": []}
    for case_id in dict.fromkeys(case_ids):
        try:
            decide(case_id, action, reason, staff_id, now=now)
            done["decided"].append(case_id)
        except (errors.CaseDecided, errors.CaseNotFound):
            done["skipped"].append(case_id)
    return done


def revise_many(case_ids: list[str], action: str, reason: str, staff_id: str, *, now: datetime) -> dict[str, list[str]]:
    """Take several decisions back alike; those that stand otherwise, or are appealed, are told apart."""
    done: dict[str, list[str]] = {"decided": [], "skipped": []}
    for case_id in dict.fromkeys(case_ids):
        try:
            if queue.get_case(case_id).get("decision", {}).get("action") == action:
                raise errors.CaseDecided
            revise(case_id, action, reason, staff_id, now=now)
            done["decided"].append(case_id)
        except (errors.CaseDecided, errors.CaseNotFound):
            done["skipped"].append(case_id)
    return done


def decided_by(case_ids: list[str], staff_id: str, action: str, *, since: datetime) -> set[str]:
    """Tell which of these cases a staff member decided so since a moment."""
    ours = {"_id": {"$in": case_ids}, "decision.by": staff_id, "decision.action": action, "decision.at": {"$gte": since}}
    return {case["_id"] for case in collections.cases().find(ours, {"_id": 1})}


def decide_flood(flood_id: str, action: str, reason: str, staff_id: str, *, now: datetime) -> dict[str, list[str]]:
    """Decide a flood as one."""
    return decide_many([case["_id"] for case in queue.find_flood(flood_id)], action, reason, staff_id, now=now)


def _settle(
    case: dict[str, Any], expected: dict[str, Any], action: str, reason: str, staff_id: str, now: datetime
) -> dict[str, Any]:
    document = targets.load(case["kind"], case["target_id"])
    version = document.get("version", 1) + 1 if document else 1
    decision = {"action": action, "reason": reason, "by": staff_id, "at": now, "version": version}
    changes = {
        "$set": {"state": "decided", "decision": decision, "unapplied": {"at": now, "action": action}},
        "$push": {"history": decision},
    }
    settled = record(case, expected, changes, f"moderation.{action}", staff_id, reason)
    if settled is None:
        raise errors.CaseDecided
    apply(settled)
    log.event("proposals.case_decided", case_id=case["_id"], action=action, staff_id=staff_id)
    return queue.get_case(case["_id"])


def record(
    case: dict[str, Any], expected: dict[str, Any], changes: dict[str, Any], action: str, staff_id: str, reason: str
) -> dict[str, Any] | None:
    """Write a decision together with its entry in the audit log, if the case is still as expected."""

    def write(session: ClientSession) -> dict[str, Any] | None:
        return collections.cases().find_one_and_update(
            {"_id": case["_id"], **expected}, changes, return_document=ReturnDocument.AFTER, session=session
        )

    # The text itself stays in the case: what is hidden must not be repeated in a log that others read.
    after = {"snapshot_version": case["snapshot"].get("version")}
    return acts.recorded(action, case["_id"], staff_id, write, reason=reason, after=after, person_id=case.get("author_id"))


def apply(case: dict[str, Any]) -> None:
    """Bring a decided case's effect to its text; safe to repeat."""
    decision, to = case["decision"], HIDDEN_BY[case["unapplied"]["action"]]
    was = [Visibility.PUBLIC, Visibility.HELD] if to is Visibility.HIDDEN else [Visibility.HELD, Visibility.HIDDEN]
    what = "text_hidden" if to is Visibility.HIDDEN else "text_kept"
    told = targets.author_event(
        case["kind"],
        case["target_id"],
        case.get("author_id"),
        what,
        decision["at"],
        reason=decision["reason"],
        case_id=case["_id"],
    )
    changed = targets.TARGETS[case["kind"]].set_visibility(case["target_id"], was, to, told)
    if changed and case.get("author_id") and (to is Visibility.HIDDEN or case.get("history", [])[:-1]):
        step = 1 if to is Visibility.HIDDEN else -1
        collections.standings().update_one({"_id": case["author_id"]}, {"$inc": {"hidden_count": step}}, upsert=True)
    collections.cases().update_one({"_id": case["_id"], "unapplied.at": case["unapplied"]["at"]}, {"$unset": {"unapplied": ""}})
    events.announce()


def finish_decisions() -> int:
    """Apply decisions whose process died between the case and its text. Returns how many."""
    waiting = list(collections.cases().find({"unapplied.at": {"$exists": True}}).limit(200))
    for case in waiting:
        apply(case)
    return len(waiting)
