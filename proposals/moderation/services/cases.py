"""A case: one questioned text, with the text as it was; opened once, added to, opened again."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from pymongo import ReturnDocument

from mvoting.core import upgrade
from proposals import similarity
from proposals.moderation import rules
from proposals.moderation.services import collections, settings


def open_case(
    kind: str,
    target_id: str,
    author_id: str | None,
    texts: dict[str, str],
    because: list[str],
    now: datetime,
    *,
    flood_id: str | None = None,
    changes: dict[str, Any] | None = None,
    version: int = 1,
) -> dict[str, Any]:
    """Open a case or add to the open one; the snapshot is of the first time."""
    fresh = {
        "kind": kind,
        "target_id": target_id,
        "author_id": author_id,
        "opened_at": now,
        "state": "open",
        **snapshot(texts, version, now),
        "hints": rules.word_hints("\n".join(texts.values()), settings.moderation_settings()["words"]),
    }
    settled = dict(changes or {})
    marks = _marks(because, settled.get("reasons", ()))
    update: dict[str, Any] = {
        "$setOnInsert": fresh,
        "$addToSet": {"because": {"$each": because}, "marks": {"$each": marks}},
    }
    if flood_id:
        settled["flood_id"] = flood_id
    if settled:
        update["$set"] = settled
    case: Any = collections.cases().find_one_and_update(
        {"_id": f"{kind}:{target_id}"}, update, upsert=True, return_document=ReturnDocument.AFTER
    )
    return case


def snapshot(texts: dict[str, str], version: int, now: datetime) -> dict[str, Any]:
    """Keep a text as it stands, with the terms by which the queue is searched."""
    return {"snapshot": {**texts, "at": now, "version": version}, "terms": _terms(texts)}


def _terms(texts: dict[str, str]) -> list[str]:
    return similarity.index_terms("\n".join(texts.values()))


def _marks(because: Iterable[str], reasons: Iterable[str]) -> list[str]:
    return [*(f"because:{why}" for why in because), *(f"reason:{code}" for code in reasons)]


def reopen(case: dict[str, Any], texts: dict[str, str], version: int, now: datetime) -> dict[str, Any]:
    """A text that was kept and then rewritten is a new matter."""
    changes = {"state": "open", "opened_at": now, **snapshot(texts, version, now)}
    reopened: dict[str, Any] | None = collections.cases().find_one_and_update(
        {"_id": case["_id"], "state": "decided"},
        {"$set": changes, "$push": {"history": case["decision"]}, "$unset": {"decision": ""}},
        return_document=ReturnDocument.AFTER,
    )
    return reopened or case


def fill_marks() -> Iterator[list[dict[str, Any]]]:
    """Let cases of an earlier release be found by why they wait (`python -m mvoting upgrade`)."""
    return upgrade.fill(collections.cases(), "marks", {}, ["because", "reasons"], _marks_of)


def fill_terms() -> Iterator[list[dict[str, Any]]]:
    """Let cases of an earlier release be found by their words (`python -m mvoting upgrade`)."""
    return upgrade.fill(collections.cases(), "terms", {}, ["snapshot"], _terms_of)


def _marks_of(case: dict[str, Any]) -> dict[str, Any]:
    return {"marks": _marks(case.get("because", ()), case.get("reasons", ()))}


def _terms_of(case: dict[str, Any]) -> dict[str, Any]:
    return {"terms": _terms({name: text for name, text in case.get("snapshot", {}).items() if isinstance(text, str)})}
