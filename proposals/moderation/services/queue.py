"""The queue: cases listed, searched and read, each with the text as it is now."""

from collections.abc import Mapping
from typing import Any

from mvoting.core.pagination import keyset_page
from proposals import similarity
from proposals.moderation import errors, targets
from proposals.moderation.services import collections

FOUND_MAX = 500


def open_reports(
    *,
    after: str | None = None,
    limit: int = 20,
    kind: str | None = None,
    mark: str | None = None,
    q: str | None = None,
    state: str = "open",
) -> tuple[list[dict[str, Any]], str | None]:
    """List cases, the longest waiting first, each with the text as reported and as it is now.

    Args: mark: why it is in the queue: one of `rules.MARKS`; q: words that the text as reported must have.
    """
    condition = _matching({"kind": kind, "mark": mark, "q": q}, state)
    cases, following = keyset_page(collections.cases(), condition, sort=[("opened_at", 1), ("_id", 1)], after=after, limit=limit)
    return _with_present(cases), following


def _matching(wanted: Mapping[str, str | None], state: str = "open") -> dict[str, Any]:
    names = {"kind": "kind", "mark": "marks"}
    condition: dict[str, Any] = {"state": state} | {names[key]: wanted[key] for key in names if wanted.get(key)}
    if words := wanted.get("q"):
        alternatives = [{"terms": {"$in": terms}} for terms in similarity.search_terms(words)]
        condition["$and"] = alternatives or [{"terms": {"$in": []}}]  # marks alone find nothing
    return condition


def count_open(wanted: Mapping[str, str | None]) -> int:
    """Count the open cases that a search by `kind`, `mark` and words (`q`) finds, up to `FOUND_MAX`."""
    return collections.cases().count_documents(_matching(wanted), limit=FOUND_MAX)


def find_open(wanted: Mapping[str, str | None], count: int) -> list[str]:
    """Name the open cases that a search finds, at most `FOUND_MAX`, the longest waiting first, to be decided as one.

    Args: count: how many the moderator saw it find.
    Raises: CasesChanged (proposals.cases-changed, 409) when it finds another number now.
    """
    found = count_open(wanted)
    if found != count:
        raise errors.CasesChanged(count=found)
    return [case["_id"] for case in collections.cases().find(_matching(wanted), {"_id": 1}).sort("opened_at", 1).limit(FOUND_MAX)]


def open_behind(case_id: str, *, limit: int) -> list[dict[str, Any]]:
    """List the cases that wait behind this one in the queue; for an unknown one, from the queue's head."""
    here = collections.cases().find_one({"_id": case_id}, {"opened_at": 1}) if case_id else None
    order = [("opened_at", 1), ("_id", 1)]
    condition: dict[str, Any] = {"state": "open"}
    if here:
        later = {"opened_at": {"$gt": here["opened_at"]}}
        condition["$or"] = [later, {"opened_at": here["opened_at"], "_id": {"$gt": case_id}}]
    return list(collections.cases().find(condition).sort(order).limit(limit))


def open_appeals(*, after: str | None = None, limit: int = 20) -> tuple[list[dict[str, Any]], str | None]:
    """List appeals that wait, the oldest first."""
    order = [("appeal.at", 1), ("_id", 1)]
    cases, following = keyset_page(collections.cases(), {"appeal.state": "open"}, sort=order, after=after, limit=limit)
    return _with_present(cases), following


def get_case(case_id: str) -> dict[str, Any]:
    """Load one case with its text as it is now.

    Raises: CaseNotFound (404).
    """
    case = collections.cases().find_one({"_id": case_id})
    if case is None:
        raise errors.CaseNotFound
    return _with_present([case])[0]


def _with_present(cases: list[dict[str, Any]]) -> list[dict[str, Any]]:
    by_kind: dict[str, list[str]] = {}
    for case in cases:
        by_kind.setdefault(case["kind"], []).append(case["target_id"])
    present = {(kind, ref): found for kind, ids in by_kind.items() for ref, found in targets.TARGETS[kind].load_many(ids).items()}
    for case in cases:
        document = present.get((case["kind"], case["target_id"]))
        case["present"] = targets.texts(case["kind"], document) if document else None
        case["visibility"] = document["visibility"] if document else None
    return cases


def find_flood(flood_id: str) -> list[dict[str, Any]]:
    """List the open cases of one flood."""
    return _with_present(list(collections.cases().find({"flood_id": flood_id, "state": "open"}).limit(1000)))


def cases_of_author(person_id: str, *, after: str | None, limit: int) -> tuple[list[dict[str, Any]], str | None]:
    """List what was decided about a person's own texts, the latest first."""
    order = [("opened_at", -1), ("_id", -1)]
    return keyset_page(collections.cases(), {"author_id": person_id}, sort=order, after=after, limit=limit)
