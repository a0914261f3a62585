"""Opinions and replies in debates, and the votes on them."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from pymongo import ReturnDocument
from pymongo.client_session import ClientSession

from mvoting.core.ids import new_id
from mvoting.core.pagination import keyset_page
from mvoting.core.problems import Forbidden, PreconditionFailed
from proposals import acts, events, markdown, ranking
from proposals.debates import errors, rules
from proposals.debates.services import topics
from proposals.debates.services.collections import LISTED, comments, debates, votes
from proposals.moderation import services as moderation
from proposals.visibility import ANYBODY, PUBLIC, Shown, Viewer, Visibility, shown

SORTS = {
    "newest": [("created_at", -1), ("_id", -1)],
    "best": [("best", -1), ("_id", -1)],
    "controversial": [("controversial", -1), ("_id", -1)],
    "most_replied": [("reply_count", -1), ("_id", -1)],
}


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
    debate = topics.get_debate(debate_id)
    if rules.phase(debate, now=now) != "open":
        raise errors.DebateNotOpen
    if author_id and debate["needs"] == "resident" and trust != "resident":
        raise Forbidden(needs="resident")
    parent = _parent(debate_id, content.get("parent_id"))
    _check_side(debate, content.get("side"), is_reply=parent is not None, is_official=official is not None)
    comment_id, visibility = new_id(), Visibility.PUBLIC
    if author_id:
        visibility = moderation.admit("comment", comment_id, author_id, {"body": content["body"]}, now=now).visibility
    comment = _comment(comment_id, debate_id, content, parent, now) | {
        "author_id": author_id,
        "official": official,
        "visibility": visibility.value,
        "outbox": _reply_events(parent, comment_id, author_id, now) if visibility is Visibility.PUBLIC else [],
    }
    if official:
        told = {"body": comment["body"]}
        acts.recorded_insert(comments(), comment, "debates.speak", f"comment:{comment_id}", official["staff_id"], after=told)
    else:
        comments().insert_one(comment)
    _count_comment(debate_id, comment, parent)
    if author_id:
        topics.take_part(debate_id, author_id, now=now)
    if comment["outbox"]:
        events.announce()
    return comment


def _check_side(debate: dict[str, Any], side: str | None, *, is_reply: bool, is_official: bool) -> None:
    if rules.side_is_missing(debate, side, is_reply=is_reply, is_official=is_official):
        raise errors.SideNeeded
    if rules.side_is_too_much(debate, side, is_reply=is_reply):
        raise errors.NoSides


def _comment(
    comment_id: str, debate_id: str, content: dict[str, Any], parent: dict[str, Any] | None, now: datetime
) -> dict[str, Any]:
    return {
        "_id": comment_id,
        "debate_id": debate_id,
        "parent_id": parent["_id"] if parent else None,
        "path": f"{parent['path']}/{comment_id}" if parent else comment_id,
        "depth": parent["depth"] + 1 if parent else 1,
        "side": content.get("side"),
        "body": content["body"],
        "up": 0,
        "down": 0,
        "best": 0.0,
        "controversial": 0.0,
        "reply_count": 0,
        "version": 1,
        "created_at": now,
        "versions": [],
    }


def _parent(debate_id: str, parent_id: str | None) -> dict[str, Any] | None:
    if parent_id is None:
        return None
    parent = comments().find_one(
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
    debates().update_one({"_id": debate_id}, {"$inc": counts})
    if parent:
        comments().update_one({"_id": parent["_id"]}, {"$inc": {"reply_count": 1}})


def list_comments(
    debate_id: str, sort: str, *, side: str | None, after: str | None, limit: int
) -> tuple[list[dict[str, Any]], str | None]:
    """List a debate's opinions (not replies).

    Raises: DebateNotFound (404), DebateHidden (410).
    """
    topics.check_debate(debate_id)
    condition = {"debate_id": debate_id, "depth": 1} | ({"side": side} if side else {})
    return keyset_page(comments(), condition, sort=SORTS[sort], after=after, limit=limit, projection=LISTED)


def list_replies(debate_id: str, comment_id: str, *, after: str | None, limit: int) -> tuple[list[dict[str, Any]], str | None]:
    """List everything below an opinion in the order of the thread, oldest first within each level.

    Raises: CommentNotFound (404), DebateNotFound (404), DebateHidden (410).
    """
    topics.check_debate(debate_id)
    path = _get_comment(debate_id, comment_id)["path"]
    below = {"debate_id": debate_id, "path": {"$gt": f"{path}/", "$lt": f"{path}0"}}
    return keyset_page(comments(), below, sort=[("path", 1)], after=after, limit=limit, projection=LISTED)


def _get_comment(debate_id: str, comment_id: str) -> dict[str, Any]:
    comment = comments().find_one({"_id": comment_id, "debate_id": debate_id})
    if comment is None:
        raise errors.CommentNotFound
    return comment


def get_comment(debate_id: str, comment_id: str, viewer: Viewer = ANYBODY) -> dict[str, Any]:
    """Load one opinion of a debate with its earlier versions.

    Raises: CommentNotFound (404), DebateNotFound (404), DebateHidden (410).
    """
    topics.get_debate(debate_id, viewer)
    comment = _get_comment(debate_id, comment_id)
    if shown(comment, viewer) is not Shown.FULL:
        raise errors.CommentNotFound
    return comment


def edit_comment(debate_id: str, comment_id: str, person_id: str, body: str, version: int, *, now: datetime) -> dict[str, Any]:
    """Rewrite one's opinion while the debate is open; after five minutes the earlier version stays to be read.

    A rewritten text is looked at as a new one is, and may be held.

    Raises: DebateNotFound (404), DebateHidden (410), CommentNotFound (404), NotYours (403), DebateNotOpen (409),
        PreconditionFailed (412).
    """
    debate, comment = topics.get_debate(debate_id), _get_comment(debate_id, comment_id)
    if comment.get("author_id") != person_id:
        raise errors.NotYours
    if rules.phase(debate, now=now) != "open":
        raise errors.DebateNotOpen
    if comment["visibility"] != Visibility.PUBLIC:
        raise errors.CommentNotFound
    if comment["version"] != version:
        raise PreconditionFailed
    written = {"body": body, "body_html": markdown.stored(body), "edited_at": now}
    if moderation.must_be_held("comment", comment_id, person_id, {"body": body}, version + 1, now=now):
        written["visibility"] = Visibility.HELD.value
    changes: dict[str, Any] = {"$set": written, "$inc": {"version": 1}}
    if not rules.edit_is_silent(comment["created_at"], now=now):
        earlier = {"body": comment["body"], "at": comment.get("edited_at") or comment["created_at"]}
        changes["$push"] = {"versions": {"$each": [earlier], "$slice": -rules.MOST_VERSIONS}}
    edited = comments().find_one_and_update(
        {"_id": comment_id, "version": version, **PUBLIC}, changes, return_document=ReturnDocument.AFTER
    )
    if edited is None:
        raise PreconditionFailed
    return edited


def vote_comment(debate_id: str, comment_id: str, person_id: str, value: int, *, now: datetime) -> dict[str, Any]:
    """Vote an opinion up (1) or down (-1), or take the vote back (0), while the debate is open.

    Raises: DebateNotFound (404), DebateHidden (410), CommentNotFound (404), OwnVote (409), DebateNotOpen (409).
    """
    debate, comment = topics.get_debate(debate_id), _get_comment(debate_id, comment_id)
    if shown(comment) is not Shown.FULL:
        raise errors.CommentNotFound
    if comment.get("author_id") == person_id:
        raise errors.OwnVote
    if rules.phase(debate, now=now) != "open":
        raise errors.DebateNotOpen
    before = _swap_vote(f"{comment_id}:{person_id}", person_id, value, now)
    change = {"up": (value == 1) - (before == 1), "down": (value == -1) - (before == -1)}
    if not any(change.values()):
        return comment
    topics.take_part(debate_id, person_id, now=now)
    counted = comments().find_one_and_update({"_id": comment_id}, {"$inc": change}, return_document=ReturnDocument.AFTER)
    return _score(counted) if counted else comment


def _swap_vote(vote_id: str, person_id: str, value: int, now: datetime) -> int:
    """Store a vote and give the one before; one atomic write, so that no vote is counted twice."""
    before = votes().find_one_and_update(
        {"_id": vote_id},
        {"$set": {"person_id": person_id, "value": value, "at": now}},
        upsert=True,
        return_document=ReturnDocument.BEFORE,
    )
    return before["value"] if before else 0


def uncount_vote(comment_id: str, value: int, *, session: ClientSession) -> None:
    """Count one vote less: it was a second one of the same person."""
    less = {"up": -(value == 1), "down": -(value == -1)}
    counted = comments().find_one_and_update(
        {"_id": comment_id}, {"$inc": less}, return_document=ReturnDocument.AFTER, session=session
    )
    if counted is not None:
        _score(counted, session=session)


def _score(comment: dict[str, Any], *, session: ClientSession | None = None) -> dict[str, Any]:
    up, down = comment["up"], comment["down"]
    scores = {"best": ranking.wilson(up, down), "controversial": ranking.controversial(up, down)}
    # Only for the counts it was computed from: a later vote's own score must not be overwritten by an earlier one's.
    comments().update_one({"_id": comment["_id"], "up": up, "down": down}, {"$set": scores}, session=session)
    return comment | scores


def export_comments(debate_id: str) -> Iterator[dict[str, Any]]:
    """Go through everything in a debate that everybody sees, in the order of the threads.

    Raises: DebateNotFound (404), DebateHidden (410).
    """
    topics.get_debate(debate_id)
    yield from comments().find({"debate_id": debate_id, **PUBLIC}, LISTED).sort("path", 1)
