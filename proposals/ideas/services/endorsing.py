"""Endorsing, and keeping the count equal to the endorsements.

Two writes and one wait: the endorsement (its id is the uniqueness), then the count on the idea, under the idea's own
guard and with majority, which covers the first as well. Requests that come at the same moment share them: one insert for
all endorsements, one count for all of the same idea. A process that dies between the two leaves a difference that
`reconcile` finds by time and mends; one that dies while taking an endorsement back is found by `reconcile_all`.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from pymongo import ReturnDocument, UpdateOne
from pymongo.client_session import ClientSession
from pymongo.errors import BulkWriteError

from mvoting.core import clock, log, upgrade
from mvoting.core.group_commit import GroupCommit
from proposals import ranking
from proposals.ideas import errors
from proposals.ideas.pipeline import ENDORSABLE, State
from proposals.ideas.services import progress
from proposals.ideas.services.collections import endorsements, endorsing_rows, ideas
from proposals.visibility import PUBLIC, Shown, shown

# A request that takes longer than this has been given up by every server and proxy before us.
IN_FLIGHT = timedelta(seconds=30)
DUPLICATE_KEY = 11000
COUNTS = {"endorsement_count": 1, "to_threshold": 1, "state": 1, "published_at": 1}
_collecting = {"state": {"$in": [state.value for state in ENDORSABLE]}}


def endorse(idea_id: str, person_id: str, *, now: datetime) -> dict[str, Any]:
    """Endorse an idea; repeating it changes nothing.

    Returns: {"is_new", "endorsement_count"}.
    Raises: IdeaNotFound (404), IdeaHidden (410), NotCollecting (proposals.not-collecting, 409).
    """
    endorsement = {"_id": f"{idea_id}:{person_id}", "person_id": person_id, "at": now}
    if not _storing.submit(endorsement):
        return {"is_new": False, "endorsement_count": _present_count(idea_id)}
    counted = _counting[hash(idea_id) % len(_counting)].submit((idea_id, now))
    if counted is None:
        endorsements().delete_one({"_id": endorsement["_id"]})
        raise _refusal(idea_id)
    return {"is_new": True, "endorsement_count": counted["endorsement_count"]}


def _store(rows: list[dict[str, Any]]) -> list[bool]:
    """Insert endorsements in one go. Returns: of each, whether it is new."""
    try:
        endorsing_rows()[0].insert_many(rows, ordered=False)
    except BulkWriteError as refused:
        errors_by_row = {error["index"]: error["code"] for error in refused.details["writeErrors"]}
        if set(errors_by_row.values()) != {DUPLICATE_KEY}:
            raise
        return [number not in errors_by_row for number in range(len(rows))]
    return [True] * len(rows)


def _count(stored: list[tuple[str, datetime]]) -> list[dict[str, Any] | None]:
    """Count endorsements that were stored, those of an idea as one. Returns: the idea's counts for each, None if refused."""
    latest = dict(stored)
    counted = {idea_id: count_more(idea_id, n, now=latest[idea_id]) for idea_id, n in Counter(i for i, _ in stored).items()}
    return [counted[idea_id] for idea_id, _ in stored]


_storing: GroupCommit[dict[str, Any], bool] = GroupCommit(_store)
# Ideas share few of these by chance, so that a count seldom waits for another idea's.
_counting: Sequence[GroupCommit[tuple[str, datetime], dict[str, Any] | None]] = [GroupCommit(_count) for _ in range(64)]


def count_more(idea_id: str, step: int, *, now: datetime, session: Any = None) -> dict[str, Any] | None:
    """Count endorsements that were stored, if the idea still collects; brings about what its thresholds say."""
    rows = endorsing_rows()[1] if session is None else ideas()
    counted: dict[str, Any] | None = rows.find_one_and_update(
        {"_id": idea_id, **_collecting, **PUBLIC, "closes_at": {"$gt": now}},
        {"$inc": {"endorsement_count": step, "to_threshold": -step}, "$set": {"touched_at": now}},
        projection=COUNTS,
        return_document=ReturnDocument.AFTER,
        session=session,
    )
    if counted and session is None and counted["to_threshold"] <= 0:
        progress.cross_thresholds(idea_id, now=now)
    return counted


def withdraw(idea_id: str, person_id: str, *, now: datetime) -> dict[str, Any]:
    """Take an endorsement back; possible until a threshold was reached. Repeating it changes nothing.

    Raises: IdeaNotFound (404), IdeaHidden (410), EndorsementSettled (proposals.endorsement-settled, 409).
    """
    endorsement = endorsing_rows()[0].find_one_and_delete({"_id": f"{idea_id}:{person_id}"})
    if endorsement is None:
        return {"is_new": False, "endorsement_count": _present_count(idea_id)}
    counted = ideas().find_one_and_update(
        {"_id": idea_id, **_collecting, "reached": [], "to_threshold": {"$gt": 0}},
        {"$inc": {"endorsement_count": -1, "to_threshold": 1}, "$set": {"touched_at": now}},
        projection=COUNTS,
        return_document=ReturnDocument.AFTER,
    )
    if counted is None:
        # Unless the same person endorsed again meanwhile.
        endorsements().replace_one({"_id": endorsement["_id"]}, endorsement, upsert=True)
        raise errors.EndorsementSettled
    ideas().update_one({"_id": idea_id}, {"$set": _ranks(counted)})
    return {"is_new": True, "endorsement_count": counted["endorsement_count"]}


def uncount(idea_id: str, *, session: ClientSession) -> None:
    """Count one endorsement less, whatever became of the idea: it was a second one of the same person.

    What a threshold brought about stays, as after an endorsement that is taken back too late.
    """
    less = {"$inc": {"endorsement_count": -1}, "$set": {"touched_at": clock.now()}}
    counted = ideas().find_one_and_update({"_id": idea_id}, less, COUNTS, return_document=ReturnDocument.AFTER, session=session)
    if counted is None:
        return
    if counted.get("to_threshold") is not None:
        counted["to_threshold"] += 1
        ideas().update_one({"_id": idea_id}, {"$inc": {"to_threshold": 1}}, session=session)
    ideas().update_one({"_id": idea_id}, {"$set": _ranks(counted)}, session=session)


def _present_count(idea_id: str) -> int:
    idea = ideas().find_one({"_id": idea_id}, COUNTS | {"visibility": 1})
    if idea is None or shown(idea) is Shown.NOTHING:
        raise errors.IdeaNotFound
    if shown(idea) is Shown.NOTICE:
        raise errors.IdeaHidden
    return int(idea["endorsement_count"])


def _refusal(idea_id: str) -> Exception:
    _present_count(idea_id)
    return errors.NotCollecting()


def count_documents(idea_id: str) -> int:
    """Count an idea's endorsements themselves."""
    return endorsements().count_documents({"_id": {"$gt": f"{idea_id}:", "$lt": f"{idea_id};"}})


def reconcile(*, since: datetime, now: datetime) -> int:
    """Mend counts of ideas touched since then whose requests are over. Returns how many were wrong."""
    until = now - IN_FLIGHT
    recent = {"$gte": since - IN_FLIGHT, "$lt": until}
    touched = endorsed_since(recent)
    return sum(mend_count(idea_id, until=until) for idea_id in sorted(touched))


def reconcile_all(*, now: datetime) -> int:
    """Mend the count and the rank of every idea that still collects. Returns how many counts were wrong."""
    collecting = [found["_id"] for found in ideas().find({**_collecting}, {"_id": 1}).batch_size(1000)]
    wrong = sum(mend_count(idea_id, until=now - IN_FLIGHT) for idea_id in collecting)
    for start in range(0, len(collecting), 1000):
        _rank(collecting[start : start + 1000])
    return wrong


def mend_count(idea_id: str, *, until: datetime) -> bool:
    """Set a count to the number of endorsements, unless somebody endorses right now. Returns whether it was wrong."""
    idea = ideas().find_one({"_id": idea_id}, COUNTS | {"touched_at": 1})
    if idea is None or idea["state"] == State.DRAFT or (idea.get("touched_at") or until) > until:
        return False
    wrong_by = count_documents(idea_id) - idea["endorsement_count"]
    if not wrong_by:
        return False
    step: dict[str, Any] = {"endorsement_count": wrong_by}
    if idea.get("to_threshold") is not None:
        step["to_threshold"] = -wrong_by
    unchanged = {"_id": idea_id, "endorsement_count": idea["endorsement_count"], "touched_at": idea.get("touched_at")}
    mended = ideas().update_one(unchanged, {"$inc": step}).modified_count == 1
    if mended:
        log.event("proposals.count_mended", idea_id=idea_id, wrong_by=wrong_by)
        progress.cross_thresholds(idea_id, now=until)
    return mended


def endorsed_since(recent: dict[str, datetime]) -> set[str]:
    """Give the ids of ideas that were endorsed within a span of time."""
    return {found["_id"].partition(":")[0] for found in endorsements().find({"at": recent}, {"_id": 1})}


def refresh_ranks(*, since: datetime) -> int:
    """Bring what lists are ordered by up to the counts of ideas endorsed since then. Returns how many."""
    return _rank(list(endorsed_since({"$gte": since})))


def fill_ranks() -> Iterator[list[dict[str, Any]]]:
    """Let ideas of an earlier release stand where their counts belong in lists (`python -m mvoting upgrade`).

    The sweeps rank what is endorsed or still collects; without this, whatever had moved on would stand last for good.
    """
    return upgrade.fill(ideas(), "ranked_count", {"state": {"$ne": State.DRAFT}}, list(COUNTS), _ranks)


def _rank(idea_ids: list[str]) -> int:
    found = ideas().find({"_id": {"$in": idea_ids}}, COUNTS)
    changes = [UpdateOne({"_id": idea["_id"]}, {"$set": _ranks(idea)}) for idea in found]
    if changes:
        ideas().bulk_write(changes, ordered=False)
    return len(changes)


def _ranks(idea: dict[str, Any]) -> dict[str, Any]:
    return {
        "hot": ranking.hot(idea["endorsement_count"], idea["published_at"]),
        "ranked_count": idea["endorsement_count"],
        "ranked_missing": idea.get("to_threshold"),
    }
