"""What can be done in debates: load, decide, one write."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from pymongo import ReturnDocument
from pymongo.client_session import ClientSession
from pymongo.collection import Collection
from pymongo.errors import DuplicateKeyError

from mvoting.core import log
from mvoting.core.ids import new_id
from mvoting.core.pagination import keyset_page
from mvoting.core.problems import Forbidden, PreconditionFailed
from proposals import acts, events, markdown, ranking
from proposals.debates import errors, rules
from proposals.debates.models import Comment, CommentVote, Debate, Participant
from proposals.moderation import services as moderation
from proposals.visibility import ANYBODY, PUBLIC, Shown, Viewer, Visibility, shown

SORTS = {
    "newest": [("created_at", -1), ("_id", -1)],
    "best": [("best", -1), ("_id", -1)],
    "controversial": [("controversial", -1), ("_id", -1)],
    "most_replied": [("reply_count", -1), ("_id", -1)],
}
DEBATE_SORTS = {
    "newest": [("opens_at", -1), ("_id", -1)],
    "closing": [("closes_at", 1), ("_id", 1)],
    "most_joined": [("participant_count", -1), ("_id", -1)],
}
LISTED = {"versions": 0, "outbox": 0}


def _of(document: Any) -> Collection[dict[str, Any]]:
    collection: Collection[dict[str, Any]] = document._get_collection()
    return collection


# --- debates ---------------------------------------------------------------------------------------------------------


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
        _record_insert(Debate, debate, "debates.open", f"debate:{debate_id}", staff_id, {"title": debate["title"]})
    else:
        _of(Debate).insert_one(debate)
    log.event("proposals.debate_opened", debate_id=debate_id)
    events.announce()
    return debate


def _record_insert(document: Any, row: dict[str, Any], act: str, target: str, staff_id: str, after: Any) -> None:
    def write(session: ClientSession) -> dict[str, Any]:
        _of(document).insert_one(row, session=session)
        return row

    acts.recorded(act, target, staff_id, write, after=after)


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
        _of(Debate).insert_one(debate)
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
    return keyset_page(
        _of(Debate), condition, sort=sort, after=query.get("after"), limit=query["limit"], projection={"outbox": 0}
    )


def get_debate(debate_id: str, viewer: Viewer = ANYBODY) -> dict[str, Any]:
    """Load a debate that the viewer may see.

    Raises: DebateNotFound (404), DebateHidden (410).
    """
    debate = _of(Debate).find_one({"_id": debate_id})
    if debate is None or shown(debate, viewer) is Shown.NOTHING:
        raise errors.DebateNotFound
    if shown(debate, viewer) is Shown.NOTICE:
        raise errors.DebateHidden
    return debate


def _check_debate(debate_id: str) -> None:
    """Refuse what hangs on a debate that not everybody sees."""
    debate = _of(Debate).find_one({"_id": debate_id}, {"visibility": 1})
    if debate is None or shown(debate) is Shown.NOTHING:
        raise errors.DebateNotFound
    if shown(debate) is Shown.NOTICE:
        raise errors.DebateHidden


def pinned(debate: dict[str, Any]) -> list[dict[str, Any]]:
    """Load a debate's pinned opinions that everybody sees, in their order."""
    found = {c["_id"]: c for c in _of(Comment).find({"_id": {"$in": debate["pinned_ids"]}, **PUBLIC}, LISTED)}
    return [found[comment_id] for comment_id in debate["pinned_ids"] if comment_id in found]


def pin(debate_id: str, comment_id: str, staff_id: str, *, is_pinned: bool) -> dict[str, Any]:
    """Pin an opinion, or take it down; at most five.

    Raises: DebateNotFound (404), DebateHidden (410), CommentNotFound (404), TooManyPinned (409).
    """
    if is_pinned and not _of(Comment).find_one({"_id": comment_id, "debate_id": debate_id, **PUBLIC}, {"_id": 1}):
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
        return _of(Debate).find_one_and_update(condition, update, return_document=ReturnDocument.AFTER, session=session)

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
    for debate in _of(Debate).find(due, {"_id": 1}).limit(200):
        entry = events.entry("debate_closed", ("debate", debate["_id"]), now, to=("participants", debate["_id"]))
        told += (
            _of(Debate)
            .update_one(
                {"_id": debate["_id"], "told": {"$ne": "closed"}}, {"$push": {"told": "closed", **events.pushed([entry])}}
            )
            .modified_count
        )
    return told


def participant_count(debate_id: str) -> int:
    """Give how many people took part, counted from the documents themselves."""
    return _of(Participant).count_documents({"_id": {"$gt": f"{debate_id}:", "$lt": f"{debate_id};"}})


# --- opinions --------------------------------------------------------------------------------------------------------


def add_comment(
    debate_id: str,
    content: dict[str, Any],
    *,
    now: datetime,
    author_id: str | None = None,
    official: dict[str, str] | None = None,
    trust: str = "member",
) -> dict[str, Any]:
    """Give an opinion or a reply; staff speak with `official`, {"staff_id", "name"}, and carry a badge.

    Raises: DebateNotFound (404), DebateHidden (410), DebateNotOpen (409), CommentNotFound (404), TooDeep (422),
    SideNeeded (422), NoSides (422), TooManyPosts (429).
    """
    debate = get_debate(debate_id)
    if rules.phase(debate, now=now) != "open":
        raise errors.DebateNotOpen
    if author_id and debate["needs"] == "resident" and trust != "resident":
        raise Forbidden(needs="resident")
    parent = _parent(debate_id, content.get("parent_id"))
    side = content.get("side")
    if rules.side_is_missing(debate, side, is_reply=parent is not None, is_official=official is not None):
        raise errors.SideNeeded
    if rules.side_is_too_much(debate, side, is_reply=parent is not None):
        raise errors.NoSides
    comment_id, visibility = new_id(), Visibility.PUBLIC
    if author_id:
        visibility = moderation.admit("comment", comment_id, author_id, {"body": content["body"]}, now=now).visibility
    comment = {
        "_id": comment_id,
        "debate_id": debate_id,
        "parent_id": parent["_id"] if parent else None,
        "path": f"{parent['path']}/{comment_id}" if parent else comment_id,
        "depth": parent["depth"] + 1 if parent else 1,
        "author_id": author_id,
        "official": official,
        "side": side,
        "body": content["body"],
        "up": 0,
        "down": 0,
        "best": 0.0,
        "controversial": 0.0,
        "reply_count": 0,
        "version": 1,
        "created_at": now,
        "versions": [],
        "visibility": visibility.value,
        "outbox": _reply_events(parent, comment_id, author_id, now) if visibility is Visibility.PUBLIC else [],
    }
    if official:
        _record_insert(
            Comment, comment, "debates.speak", f"comment:{comment_id}", official["staff_id"], {"body": comment["body"]}
        )
    else:
        _of(Comment).insert_one(comment)
    _count_comment(debate_id, comment, parent)
    if author_id:
        take_part(debate_id, author_id, now=now)
    if comment["outbox"]:
        events.announce()
    return comment


def _parent(debate_id: str, parent_id: str | None) -> dict[str, Any] | None:
    if parent_id is None:
        return None
    parent = _of(Comment).find_one(
        {"_id": parent_id, "debate_id": debate_id, **PUBLIC}, {"path": 1, "depth": 1, "author_id": 1, "debate_id": 1}
    )
    if parent is None:
        raise errors.CommentNotFound
    if parent["depth"] >= rules.DEEPEST:
        raise errors.TooDeep
    return parent


def _reply_events(parent: dict[str, Any] | None, comment_id: str, author_id: str | None, now: datetime) -> list[dict[str, Any]]:
    if not parent or not parent.get("author_id") or parent["author_id"] == author_id:
        return []
    to = ("person", parent["author_id"])
    return [events.entry("replied_to_you", ("comment", comment_id), now, to=to, debate_id=parent["debate_id"])]


def _count_comment(debate_id: str, comment: dict[str, Any], parent: dict[str, Any] | None) -> None:
    counts = {"comment_count": 1} | ({f"side_counts.{comment['side']}": 1} if comment["side"] else {})
    _of(Debate).update_one({"_id": debate_id}, {"$inc": counts})
    if parent:
        _of(Comment).update_one({"_id": parent["_id"]}, {"$inc": {"reply_count": 1}})


def take_part(debate_id: str, person_id: str, *, now: datetime) -> None:
    """Count a person among a debate's participants, once."""
    try:
        _of(Participant).insert_one({"_id": f"{debate_id}:{person_id}", "person_id": person_id, "at": now})
    except DuplicateKeyError:
        return
    _of(Debate).update_one({"_id": debate_id}, {"$inc": {"participant_count": 1}})


def list_comments(
    debate_id: str, sort: str, *, side: str | None, after: str | None, limit: int
) -> tuple[list[dict[str, Any]], str | None]:
    """List a debate's opinions (not replies).

    Raises: DebateNotFound (404), DebateHidden (410).
    """
    _check_debate(debate_id)
    condition = {"debate_id": debate_id, "depth": 1} | ({"side": side} if side else {})
    return keyset_page(_of(Comment), condition, sort=SORTS[sort], after=after, limit=limit, projection=LISTED)


def list_replies(comment_id: str, *, after: str | None, limit: int) -> tuple[list[dict[str, Any]], str | None]:
    """List everything below an opinion in the order of the thread, oldest first within each level.

    Raises: CommentNotFound (404), DebateNotFound (404), DebateHidden (410).
    """
    comment = _get_comment(comment_id)
    get_debate(comment["debate_id"])
    below = {"debate_id": comment["debate_id"], "path": {"$gt": f"{comment['path']}/", "$lt": f"{comment['path']}0"}}
    return keyset_page(_of(Comment), below, sort=[("path", 1)], after=after, limit=limit, projection=LISTED)


def _get_comment(comment_id: str) -> dict[str, Any]:
    comment = _of(Comment).find_one({"_id": comment_id})
    if comment is None:
        raise errors.CommentNotFound
    return comment


def get_comment(comment_id: str, viewer: Viewer = ANYBODY) -> dict[str, Any]:
    """Load one opinion with its earlier versions.

    Raises: CommentNotFound (404), DebateNotFound (404), DebateHidden (410).
    """
    comment = _get_comment(comment_id)
    get_debate(comment["debate_id"], viewer)
    if shown(comment, viewer) is not Shown.FULL:
        raise errors.CommentNotFound
    return comment


def edit_comment(comment_id: str, person_id: str, body: str, version: int, *, now: datetime) -> dict[str, Any]:
    """Rewrite one's opinion while the debate is open; after five minutes the earlier version stays to be read.

    Raises: CommentNotFound (404), NotYours (403), DebateNotOpen (409), PreconditionFailed (412).
    """
    comment = _get_comment(comment_id)
    if comment.get("author_id") != person_id:
        raise errors.NotYours
    if rules.phase(get_debate(comment["debate_id"]), now=now) != "open":
        raise errors.DebateNotOpen
    if comment["visibility"] != Visibility.PUBLIC:
        raise errors.CommentNotFound
    changes: dict[str, Any] = {
        "$set": {"body": body, "body_html": markdown.stored(body), "edited_at": now},
        "$inc": {"version": 1},
    }
    if not rules.edit_is_silent(comment["created_at"], now=now):
        earlier = {"body": comment["body"], "at": comment.get("edited_at") or comment["created_at"]}
        changes["$push"] = {"versions": {"$each": [earlier], "$slice": -rules.MOST_VERSIONS}}
    edited = _of(Comment).find_one_and_update(
        {"_id": comment_id, "version": version, **PUBLIC}, changes, return_document=ReturnDocument.AFTER
    )
    if edited is None:
        raise PreconditionFailed
    return edited


def vote_comment(comment_id: str, person_id: str, value: int, *, now: datetime) -> dict[str, Any]:
    """Vote an opinion up (1) or down (-1), or take the vote back (0), while the debate is open.

    Raises: CommentNotFound (404), OwnVote (409), DebateNotOpen (409).
    """
    comment = get_comment(comment_id)
    if comment.get("author_id") == person_id:
        raise errors.OwnVote
    if rules.phase(get_debate(comment["debate_id"]), now=now) != "open":
        raise errors.DebateNotOpen
    before = _swap_vote(f"{comment_id}:{person_id}", person_id, value, now)
    change = {"up": (value == 1) - (before == 1), "down": (value == -1) - (before == -1)}
    if not any(change.values()):
        return comment
    take_part(comment["debate_id"], person_id, now=now)
    counted = _of(Comment).find_one_and_update({"_id": comment_id}, {"$inc": change}, return_document=ReturnDocument.AFTER)
    return _score(counted) if counted else comment


def _swap_vote(vote_id: str, person_id: str, value: int, now: datetime) -> int:
    """Store a vote and give the one before; one atomic write, so that no vote is counted twice."""
    before = _of(CommentVote).find_one_and_update(
        {"_id": vote_id},
        {"$set": {"person_id": person_id, "value": value, "at": now}},
        upsert=True,
        return_document=ReturnDocument.BEFORE,
    )
    return before["value"] if before else 0


def _score(comment: dict[str, Any]) -> dict[str, Any]:
    up, down = comment["up"], comment["down"]
    scores = {"best": ranking.wilson(up, down), "controversial": ranking.controversial(up, down)}
    # Only for the counts it was computed from: a later vote's own score must not be overwritten by an earlier one's.
    _of(Comment).update_one({"_id": comment["_id"], "up": up, "down": down}, {"$set": scores})
    return comment | scores


def export_comments(debate_id: str) -> Iterator[dict[str, Any]]:
    """Go through everything in a debate that everybody sees, in the order of the threads.

    Raises: DebateNotFound (404), DebateHidden (410).
    """
    get_debate(debate_id)
    yield from _of(Comment).find({"debate_id": debate_id, **PUBLIC}, LISTED).sort("path", 1)
