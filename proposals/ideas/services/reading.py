"""Lists, search and pages. Every list is a keyset page over an index; tests assert it by explain."""

import base64
import binascii
import json
import math
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from mvoting.core.pagination import BadCursor, keyset_page
from proposals import similarity
from proposals.ideas import errors
from proposals.ideas.pipeline import State
from proposals.ideas.services.collections import endorsements, follows, ideas, merges, term_counts
from proposals.visibility import ANYBODY, PUBLIC, Shown, Viewer, shown

ORDERS: dict[str, list[tuple[str, int]]] = {
    "newest": [("published_at", -1), ("_id", -1)],
    "hot": [("hot", -1), ("_id", -1)],
    "most_endorsed": [("ranked_count", -1), ("_id", -1)],
    "near_threshold": [("ranked_missing", 1), ("_id", -1)],
    "overdue": [("next_due_at", 1), ("_id", 1)],
    "hall_of_fame": [("done_at", -1), ("_id", -1)],
}
# What a line of a list needs, and what its orders go by.
LINE = dict.fromkeys(
    (
        "title",
        "summary",
        "category",
        "district",
        "state",
        "visibility",
        "author_id",
        "programme_id",
        "published_at",
        "closes_at",
        "endorsement_count",
        "hot",
        "ranked_count",
        "ranked_missing",
        "to_threshold",
        "next_threshold",
        "next_due_at",
        "photos",
        "debate_id",
        "poll_id",
        "merged_into",
        "is_in_hall_of_fame",
        "done_at",
        "addition_count",
        "department",
    ),
    1,
)
SIMILAR_MOST = 10
SIMILAR_CANDIDATES = 250
SIMILAR_INDEX = [("title_terms", 1), ("published_at", -1), ("_id", -1)]
NEAR_MOST_M = 20_000
STATISTIC_DAYS = 730


def list_ideas(query: Mapping[str, Any], *, now: datetime) -> tuple[list[dict[str, Any]], str | None]:
    """List public ideas by order and filters; a search (`q`) comes newest first.

    Raises: BadCursor (core.bad-cursor, 422).
    """
    condition: dict[str, Any] = dict(PUBLIC)
    condition |= {key: query[key] for key in ("district", "category", "state", "programme_id") if key in query}
    order = "newest" if query.get("q") else query["sort"]
    sort = ORDERS[order]
    if order == "near_threshold":
        condition |= {"state": State.COLLECTING.value, "ranked_missing": {"$gt": 0}, "closes_at": {"$gt": now}}
    elif order == "overdue":
        condition |= {"next_due_at": {"$lt": now}}
    elif order == "hall_of_fame":
        condition |= {"is_in_hall_of_fame": True}
    if query.get("q"):
        wanted = similarity.search_terms(query["q"])
        if not wanted:
            return [], None
        condition["$and"] = [{"terms": {"$in": alternatives}} for alternatives in wanted]
    return keyset_page(ideas(), condition, sort=sort, after=query.get("after"), limit=query["limit"], projection=LINE)


def get_idea(idea_id: str, viewer: Viewer = ANYBODY) -> dict[str, Any]:
    """Load an idea that the viewer may see.

    Raises: IdeaNotFound (404), IdeaHidden (410).
    """
    idea = ideas().find_one({"_id": idea_id}, {"terms": 0, "outbox": 0})
    if idea is None or shown(idea, viewer) is Shown.NOTHING:
        raise errors.IdeaNotFound
    if shown(idea, viewer) is Shown.NOTICE:
        raise errors.IdeaHidden
    return idea


def my_part(idea_id: str, person_id: str) -> dict[str, bool]:
    """Tell what a person has done about an idea."""
    key = f"{idea_id}:{person_id}"
    return {
        "has_endorsed": endorsements().find_one({"_id": key}, {"_id": 1}) is not None,
        "is_following": follows().find_one({"_id": key}, {"_id": 1}) is not None,
    }


def ideas_near(
    lng: float, lat: float, *, within_m: float, after: str | None, limit: int
) -> tuple[list[dict[str, Any]], str | None]:
    """List public ideas with a point, the nearest first, each with `distance_m`.

    Raises: BadCursor (core.bad-cursor, 422).
    """
    found: list[dict[str, Any]] = []
    start = 0.0
    if after:
        at, last_id = _decode_place(after)
        found = _near(lng, lat, at, at, limit + 1, {"_id": {"$gt": last_id}})
        start = math.nextafter(at, math.inf)
    if len(found) <= limit and start <= within_m:
        found += _near(lng, lat, start, within_m, limit + 1 - len(found), {})
    if len(found) <= limit:
        return found, None
    del found[limit:]
    return found, _encode_place(found[-1]["distance_m"], found[-1]["_id"])


def _near(lng: float, lat: float, least: float, most: float, limit: int, also: dict[str, Any]) -> list[dict[str, Any]]:
    stage = {
        "near": {"type": "Point", "coordinates": [lng, lat]},
        "key": "point",
        "distanceField": "distance_m",
        "minDistance": least,
        "maxDistance": most,
        "query": dict(PUBLIC),
        "spherical": True,
    }
    pipeline: list[dict[str, Any]] = [{"$geoNear": stage}, {"$match": also}]
    if also:  # those at one very place, by id
        pipeline.append({"$sort": {"_id": 1}})
    page = list(ideas().aggregate([*pipeline, {"$limit": limit}, {"$project": {**LINE, "distance_m": 1}}]))
    if also or len(page) < limit or not page:
        return page
    # Within one place the index gives no order: where the page ends inside such a place, it is asked again by id.
    farthest = page[-1]["distance_m"]
    closer = [idea for idea in page if idea["distance_m"] < farthest]
    return closer + _near(lng, lat, farthest, farthest, limit - len(closer), {"_id": {"$gt": ""}})


def _encode_place(distance_m: float, idea_id: str) -> str:
    return base64.urlsafe_b64encode(json.dumps([distance_m, idea_id]).encode()).decode().rstrip("=")


def _decode_place(cursor: str) -> tuple[float, str]:
    try:
        distance_m, idea_id = json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
        at = float(distance_m)
    except (binascii.Error, ValueError, TypeError, RecursionError):
        raise BadCursor from None
    if not isinstance(idea_id, str) or not 0 <= at <= NEAR_MOST_M:
        raise BadCursor
    return at, idea_id


def similar_ideas(text: str, *, but: str | None = None) -> list[dict[str, Any]]:
    """Find at most ten public ideas whose titles say nearly the same, the most alike first, each with `likeness`.

    Only `SIMILAR_CANDIDATES` ideas are compared, so an answer costs the same however many ideas there are: those that share
    the rarest words of the text with their title, and where few do, the latest that share the next rarest.
    """
    wanted = similarity.grams(text)
    terms = similarity.index_terms(text)
    if not terms or not wanted:
        return []
    compared = [
        (similarity.likeness(wanted, frozenset(idea["title_grams"].split())), idea["_id"]) for idea in _candidates(terms, but)
    ]
    best = dict(
        sorted(((i, n) for n, i in compared if n >= similarity.SIMILAR_FROM), key=lambda pair: (-pair[1], pair[0]))[:SIMILAR_MOST]
    )
    lines = {idea["_id"]: idea for idea in ideas().find({"_id": {"$in": list(best)}, **PUBLIC}, LINE)}
    return [lines[idea_id] | {"likeness": round(alike, 3)} for idea_id, alike in best.items() if idea_id in lines]


def _candidates(terms: list[str], but: str | None) -> list[dict[str, Any]]:
    counts = {found["_id"]: found["n"] for found in term_counts().find({"_id": {"$in": terms}, "n": {"$gt": 0}})}
    rare, together = [], 0
    by_rarity = sorted(counts, key=lambda term: (counts[term], term))
    for term in by_rarity:
        if together + counts[term] > SIMILAR_CANDIDATES:
            break
        rare.append(term)
        together += counts[term]
    found = {idea["_id"]: idea for idea in _sharing({"$in": rare}, but, SIMILAR_CANDIDATES)} if rare else {}
    if len(rare) < len(by_rarity) and len(found) < SIMILAR_CANDIDATES:
        found |= {idea["_id"]: idea for idea in _sharing(by_rarity[len(rare)], but, SIMILAR_CANDIDATES - len(found))}
    return list(found.values())


def _sharing(term: Any, but: str | None, limit: int) -> list[dict[str, Any]]:
    condition = {"title_terms": term, **PUBLIC, "state": {"$nin": [State.MERGED, State.RETIRED]}, "_id": {"$ne": but}}
    found = ideas().find(condition, {"title_grams": 1}).hint(SIMILAR_INDEX).limit(limit)
    return list(found if isinstance(term, dict) else found.sort("published_at", -1))


def titles(idea_ids: list[str]) -> dict[str, str]:
    """Give the titles of those ideas that everybody sees now; whoever shows an event asks at that moment."""
    return {idea["_id"]: idea["title"] for idea in ideas().find({"_id": {"$in": idea_ids}, **PUBLIC}, {"title": 1})}


def owed_replies(
    departments: list[str] | None, *, until: datetime, after: str | None, limit: int
) -> tuple[list[dict[str, Any]], str | None]:
    """List ideas to which a reply is due before `until`, or overdue, the most urgent first.

    Args: departments: only theirs; None for every department's.
    """
    condition: dict[str, Any] = {"next_due_at": {"$lt": until}, **PUBLIC}
    if departments is not None:
        condition["department"] = {"$in": departments}
    return keyset_page(ideas(), condition, sort=ORDERS["overdue"], after=after, limit=limit, projection=LINE)


def merges_into(idea_id: str) -> list[dict[str, Any]]:
    """List requests to merge others into this idea that wait for its author, at most 50."""
    return list(merges().find({"into_id": idea_id, "state": "offered"}).sort("at", -1).limit(50))


def merges_about(idea_id: str) -> list[dict[str, Any]]:
    """List requests to merge this idea with another, answered ones too, at most 100, each with the other's id and title."""
    found = [
        {**merge, "is_into": field == "into_id", "other_id": merge["from_id" if field == "into_id" else "into_id"]}
        for field in ("into_id", "from_id")
        for merge in merges().find({field: idea_id}).sort([("state", -1), ("at", 1)]).limit(50)
    ]
    others = ideas().find({"_id": {"$in": [merge["other_id"] for merge in found]}}, {"title": 1})
    titles = {other["_id"]: other.get("title") for other in others}
    return [{**merge, "other_title": titles.get(merge["other_id"])} for merge in found]


def ideas_awaiting(
    states: list[str], *, department: str | None, after: str | None, limit: int
) -> tuple[list[dict[str, Any]], str | None]:
    """List ideas in these stages for the staff's board, the latest published first."""
    condition: dict[str, Any] = {"state": {"$in": states}, **PUBLIC} | ({"department": department} if department else {})
    return keyset_page(ideas(), condition, sort=ORDERS["newest"], after=after, limit=limit, projection=LINE)


def reply_statistics(*, now: datetime) -> list[dict[str, Any]]:
    """Count, by department, the replies promised in two years, kept in time, kept late and overdue, and the median days taken."""
    rows = ideas().aggregate(
        [
            {"$match": {"promises.made_at": {"$gte": now - timedelta(days=STATISTIC_DAYS)}, **PUBLIC}},
            {"$unwind": "$promises"},
            {"$project": {"_id": 0, "department": "$promises.department", "promise": "$promises"}},
        ]
    )
    by_department: dict[str | None, list[dict[str, Any]]] = {}
    for row in rows:
        by_department.setdefault(row.get("department"), []).append(row["promise"])
    return [
        _statistic(department, promises, now)
        for department, promises in sorted(by_department.items(), key=lambda pair: pair[0] or "")
    ]


def _statistic(department: str | None, promises: list[dict[str, Any]], now: datetime) -> dict[str, Any]:
    kept = [p for p in promises if p["kept_at"]]
    days = sorted((p["kept_at"] - p["made_at"]).total_seconds() / 86400 for p in kept)
    return {
        "department": department,
        "promised": len(promises),
        "kept_in_time": sum(p["kept_at"] <= p["due_at"] for p in kept),
        "kept_late": sum(p["kept_at"] > p["due_at"] for p in kept),
        "overdue": sum(p["kept_at"] is None and p["due_at"] < now for p in promises),
        "median_days": round(days[len(days) // 2], 1) if days else None,
    }
