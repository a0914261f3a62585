"""Debates themselves: opening, finding, pinning, summarising, telling that they closed."""

from datetime import datetime
from typing import Any

from pymongo import ReturnDocument
from pymongo.client_session import ClientSession
from pymongo.errors import DuplicateKeyError

from mvoting.core import log
from mvoting.core.ids import new_id
from mvoting.core.pagination import keyset_page
from mvoting.core.problems import PreconditionFailed
from proposals import acts, events, markdown
from proposals.debates import errors, rules
from proposals.debates.services.collections import LINE, LISTED, comments, debates, participants
from proposals.moderation import services as moderation
from proposals.visibility import ANYBODY, PUBLIC, Shown, Viewer, Visibility, shown

DEBATE_SORTS = {
    "newest": [("opens_at", -1), ("_id", -1)],
    "closing": [("closes_at", 1), ("_id", 1)],
    "most_joined": [("participant_count", -1), ("_id", -1)],
}


def open_debate(
    content: dict[str, Any], *, now: datetime, author_id: str | None = None, staff_id: str | None = None
) -> dict[str, Any]:
    """Open a topic, by a citizen (`author_id`) or by the city (`staff_id`).

    Raises: DebatePeriodInvalid (422), TooManyPosts (429).
    """
    opens_at = content.get("opens_at") or now
    if not rules.period_is_valid(opens_at, content["closes_at"], now=now):
        raise errors.DebatePeriodInvalid
    debate_id, visibility = new_id(), Visibility.PUBLIC
    if author_id:
        texts = {"title": content["title"], "body": content["body"]}
        visibility = moderation.admit("debate", debate_id, author_id, texts, now=now).visibility
    debate = _debate(debate_id, content | {"opens_at": opens_at}, now) | {
        "opened_by": "citizen" if author_id else "city",
        "author_id": author_id,
        "staff_id": staff_id,
        "visibility": visibility.value,
        "outbox": [events.entry("debate_opened", ("debate", debate_id), now, to=("followers", debate_id))],
    }
    if staff_id:
        acts.recorded_insert(debates(), debate, "debates.open", f"debate:{debate_id}", staff_id, after={"title": debate["title"]})
    else:
        debates().insert_one(debate)
    log.event("proposals.debate_opened", debate_id=debate_id)
    events.announce()
    return debate


def open_debate_of_idea(debate_id: str, idea: dict[str, Any], days_end: datetime, *, now: datetime) -> None:
    """Open the debate that an idea's threshold brings; calling it again changes nothing."""
    content = {"title": idea["title"], "body": idea["body"], "sides": "sides", "opens_at": now, "closes_at": days_end}
    debate = _debate(debate_id, content, now) | {
        "opened_by": "programme",
        "author_id": idea["author_id"],
        "idea_id": idea["_id"],
        "category": idea.get("category"),
        "district": idea.get("district"),
        "visibility": Visibility.PUBLIC.value,
        "outbox": [],
    }
    try:
        debates().insert_one(debate)
    except DuplicateKeyError:
        return


def _debate(debate_id: str, content: dict[str, Any], now: datetime) -> dict[str, Any]:
    return {
        "_id": debate_id,
        "needs": "member",
        **{
            key: content[key]
            for key in ("title", "body", "sides", "needs", "category", "district", "opens_at", "closes_at")
            if content.get(key) is not None
        },
        "body_html": markdown.stored(content["body"]),
        "created_at": now,
        "comment_count": 0,
        "participant_count": 0,
        "side_counts": {},
        "pinned_ids": [],
        "told": [],
        "version": 1,
    }


def list_debates(query: dict[str, Any], *, now: datetime) -> tuple[list[dict[str, Any]], str | None]:
    """List debates that everybody sees."""
    condition: dict[str, Any] = dict(PUBLIC)
    condition |= {key: query[key] for key in ("idea_id", "district", "category") if key in query}
    within = {
        "scheduled": {"opens_at": {"$gt": now}},
        "open": {"opens_at": {"$lte": now}, "closes_at": {"$gt": now}},
        "closed": {"closes_at": {"$lte": now}},
    }
    condition |= within.get(query.get("phase", ""), {})
    sort = DEBATE_SORTS[query["sort"]]
    return keyset_page(debates(), condition, sort=sort, after=query.get("after"), limit=query["limit"], projection=LINE)


def get_debate(debate_id: str, viewer: Viewer = ANYBODY) -> dict[str, Any]:
    """Load a debate that the viewer may see.

    Raises: DebateNotFound (404), DebateHidden (410).
    """
    debate = debates().find_one({"_id": debate_id})
    if debate is None or shown(debate, viewer) is Shown.NOTHING:
        raise errors.DebateNotFound
    if shown(debate, viewer) is Shown.NOTICE:
        raise errors.DebateHidden
    return debate


def check_debate(debate_id: str) -> None:
    """Refuse what hangs on a debate that not everybody sees."""
    debate = debates().find_one({"_id": debate_id}, {"visibility": 1})
    if debate is None or shown(debate) is Shown.NOTHING:
        raise errors.DebateNotFound
    if shown(debate) is Shown.NOTICE:
        raise errors.DebateHidden


def pinned(debate: dict[str, Any]) -> list[dict[str, Any]]:
    """Load a debate's pinned opinions that everybody sees, in their order."""
    found = {c["_id"]: c for c in comments().find({"_id": {"$in": debate["pinned_ids"]}, **PUBLIC}, LISTED)}
    return [found[comment_id] for comment_id in debate["pinned_ids"] if comment_id in found]


def pin(debate_id: str, comment_id: str, staff_id: str, *, is_pinned: bool) -> dict[str, Any]:
    """Pin an opinion, or take it down; at most five.

    Raises: DebateNotFound (404), DebateHidden (410), CommentNotFound (404), TooManyPinned (409).
    """
    if is_pinned and not comments().find_one({"_id": comment_id, "debate_id": debate_id, **PUBLIC}, {"_id": 1}):
        raise errors.CommentNotFound
    change = {"$addToSet": {"pinned_ids": comment_id}} if is_pinned else {"$pull": {"pinned_ids": comment_id}}
    has_room = {"$or": [{f"pinned_ids.{rules.MOST_PINNED - 1}": {"$exists": False}}, {"pinned_ids": comment_id}]}
    condition = {"_id": debate_id, **PUBLIC} | (has_room if is_pinned else {})
    act = "debates.pin" if is_pinned else "debates.unpin"
    debate = _change(act, condition, change, staff_id, after={"comment_id": comment_id})
    if debate is None:
        get_debate(debate_id)
        raise errors.TooManyPinned
    return debate


def _change(act: str, condition: dict[str, Any], update: dict[str, Any], staff_id: str, *, after: Any) -> dict[str, Any] | None:
    """Change a debate as an act of staff, recorded with it."""

    def write(session: ClientSession) -> dict[str, Any] | None:
        return debates().find_one_and_update(condition, update, return_document=ReturnDocument.AFTER, session=session)

    return acts.recorded(act, f"debate:{condition['_id']}", staff_id, write, after=after)


def summarise(debate_id: str, summary: dict[str, Any], version: int, staff_id: str, *, now: datetime) -> dict[str, Any]:
    """Publish the arguments of each side and the city's answer, after the debate has closed.

    Args: version: the summary's that was seen, 0 for the first.
    Raises: DebateNotFound (404), DebateHidden (410), DebateNotClosed (409), PreconditionFailed (412) when somebody else
        published one meanwhile.
    """
    told = [events.entry("debate_summarised", ("debate", debate_id), now, to=("participants", debate_id))]
    stored = {**summary, "by": staff_id, "at": now, "version": version + 1}
    update = {"$set": {"summary": stored}, "$push": events.pushed(told), "$inc": {"version": 1}}
    closed = {"_id": debate_id, "closes_at": {"$lte": now}, "summary.version": version or {"$exists": False}, **PUBLIC}
    debate = _change("debates.summary", closed, update, staff_id, after=summary)
    if debate is None:
        if get_debate(debate_id)["closes_at"] > now:
            raise errors.DebateNotClosed
        raise PreconditionFailed
    events.announce()
    return debate


def tell_closings(*, now: datetime) -> int:
    """Tell the participants of debates that have closed, once. Returns how many debates."""
    told = 0
    due = {**PUBLIC, "closes_at": {"$lte": now, "$gt": now - rules.LONGEST_DEBATE}, "told": {"$ne": "closed"}}
    for debate in debates().find(due, {"_id": 1}).limit(200):
        entry = events.entry("debate_closed", ("debate", debate["_id"]), now, to=("participants", debate["_id"]))
        told += (
            debates()
            .update_one(
                {"_id": debate["_id"], "told": {"$ne": "closed"}}, {"$push": {"told": "closed", **events.pushed([entry])}}
            )
            .modified_count
        )
    return told


def participant_count(debate_id: str) -> int:
    """Give how many people took part, counted from the documents themselves."""
    return participants().count_documents({"_id": {"$gt": f"{debate_id}:", "$lt": f"{debate_id};"}})


def take_part(debate_id: str, person_id: str, *, now: datetime) -> None:
    """Count a person among a debate's participants, once."""
    try:
        participants().insert_one({"_id": f"{debate_id}:{person_id}", "person_id": person_id, "at": now})
    except DuplicateKeyError:
        return
    debates().update_one({"_id": debate_id}, {"$inc": {"participant_count": 1}})


def uncount_participant(debate_id: str, *, session: ClientSession) -> None:
    """Count one participant less: it was the same person once more."""
    debates().update_one({"_id": debate_id}, {"$inc": {"participant_count": -1}}, session=session)
