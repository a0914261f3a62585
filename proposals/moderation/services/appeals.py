"""Appeals, decided by somebody else than who decided the case."""

from datetime import datetime
from typing import Any

from pymongo import ReturnDocument

from proposals import events
from proposals.moderation import errors, rules, targets
from proposals.moderation.services import collections, deciding, queue


def appeal(kind: str, target_id: str, person_id: str, text: str, *, now: datetime) -> dict[str, Any]:
    """Ask that somebody else looks at the hiding of one's own text, once.

    Raises: NothingToAppeal (proposals.nothing-to-appeal, 409).
    """
    case = collections.cases().find_one({"_id": f"{kind}:{target_id}", "author_id": person_id})
    decided = case and case["state"] == "decided" and case["decision"]["action"] == "hide"
    if not case or not decided or not rules.appeal_is_open(case["decision"]["at"], now=now):
        raise errors.NothingToAppeal
    lodged = collections.cases().find_one_and_update(
        {"_id": case["_id"], "state": "decided", "decision.at": case["decision"]["at"], "appeal": {"$exists": False}},
        {"$set": {"appeal": {"state": "open", "text": text, "at": now}}},
        return_document=ReturnDocument.AFTER,
    )
    if lodged is None:
        raise errors.NothingToAppeal
    return lodged


def decide_appeal(case_id: str, outcome: str, reason: str, staff_id: str, *, now: datetime) -> dict[str, Any]:
    """Uphold or reverse a hiding, by another staff member than the one who decided it.

    Args: outcome: "upheld" or "reversed".
    Raises: CaseNotFound (404), SameModerator (proposals.same-moderator, 403), CaseDecided (409).
    """
    case = queue.get_case(case_id)
    if not case.get("appeal") or case["appeal"]["state"] != "open":
        raise errors.CaseDecided
    if not rules.may_decide_appeal(case["decision"]["by"], staff_id):
        raise errors.SameModerator
    answered = {
        "appeal.state": "decided",
        "appeal.outcome": outcome,
        "appeal.reason": reason,
        "appeal.by": staff_id,
        "appeal.decided_at": now,
    }
    kept = {"action": "keep", "reason": reason, "by": staff_id, "at": now, "version": case["decision"]["version"] + 1}
    changes: dict[str, Any] = {"$set": answered}
    if outcome == "reversed":
        changes["$set"] |= {"decision": kept, "unapplied": {"at": now, "action": "keep"}}
        changes["$push"] = {"history": kept}
    elif case.get("author_id"):
        told = targets.author_event(
            case["kind"], case["target_id"], case["author_id"], "appeal_upheld", now, reason=reason, case_id=case_id
        )
        changes["$push"] = events.pushed(told)
    expected = {"appeal.state": "open", "decision.by": {"$ne": staff_id}}
    settled = deciding.record(case, expected, changes, f"moderation.appeal_{outcome}", staff_id, reason)
    if settled is None:
        raise errors.CaseDecided
    if settled.get("unapplied"):
        deciding.apply(settled)
    events.announce()
    return queue.get_case(case_id)
