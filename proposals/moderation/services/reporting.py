"""Reports by people, and the number at which a text is held."""

from datetime import datetime
from typing import Any

from pymongo.errors import DuplicateKeyError

from mvoting.core import log
from proposals.moderation import errors, targets
from proposals.moderation.rules import Reason
from proposals.moderation.services import cases, collections, settings
from proposals.visibility import Visibility


def report(kind: str, target_id: str, person_id: str, reason: Reason, note: str, *, now: datetime) -> dict[str, Any]:
    """Report a text, once per person; at the configured number it is held until a moderator decides.

    Raises: TargetNotFound (404), OwnText (409).
    """
    document = targets.load(kind, target_id)
    if document is None or not targets.TARGETS[kind].is_seen_by(document, person_id):
        raise errors.TargetNotFound
    if person_id == document.get("author_id"):
        raise errors.OwnText
    ref = f"{kind}:{target_id}"
    stored = {"_id": f"{ref}:{person_id}", "person_id": person_id, "reason": reason.value, "note": note, "at": now}
    try:
        collections.reports().insert_one(stored)
    except DuplicateKeyError:
        return {"is_new": False}
    _count_reports(kind, target_id, document, now)
    log.event("proposals.reported", target=ref, reason=reason.value)
    return {"is_new": True}


def _count_reports(kind: str, target_id: str, document: dict[str, Any], now: datetime) -> None:
    ref = f"{kind}:{target_id}"
    of_this = {"_id": {"$gt": f"{ref}:", "$lt": f"{ref};"}}
    reasons: dict[str, int] = {}
    for found in collections.reports().find(of_this, {"reason": 1}):
        reasons[found["reason"]] = reasons.get(found["reason"], 0) + 1
    counts = {"report_count": sum(reasons.values()), "reasons": reasons}
    texts, version = targets.texts(kind, document), document.get("version", 1)
    case = cases.open_case(kind, target_id, document.get("author_id"), texts, ["reports"], now, changes=counts, version=version)
    if case["state"] == "decided" and case["decision"]["action"] == "keep" and version > case["decision"]["version"]:
        case = cases.reopen(case, texts, version, now)
    if case["state"] == "open" and case["report_count"] >= settings.moderation_settings()["auto_hide_at"]:
        told = targets.author_event(kind, target_id, document.get("author_id"), "text_held", now)
        targets.TARGETS[kind].set_visibility(target_id, [Visibility.PUBLIC], Visibility.HELD, told)
