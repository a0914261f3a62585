"""Bringing people and ideas together: co-authors, additions, merges, polls made of ideas."""

from datetime import datetime, timedelta
from typing import Any

from pymongo import ReturnDocument
from pymongo.client_session import ClientSession

from mvoting.core.database import database
from mvoting.core.ids import new_id, random_id
from mvoting.core.pagination import keyset_page
from mvoting.core.problems import PreconditionFailed
from mvoting.voting.polls import services as polls
from proposals import acts, events, markdown
from proposals.ideas import errors, rules
from proposals.ideas.pipeline import Event, Role, State
from proposals.ideas.services import progress
from proposals.ideas.services.collections import additions, endorsements, ideas, merges
from proposals.ideas.services.endorsing import count_more
from proposals.ideas.services.reading import get_idea
from proposals.ideas.services.writing import follow, own_idea
from proposals.moderation import services as moderation
from proposals.visibility import PUBLIC, Viewer, Visibility

INVITATION_DAYS = 7


# --- co-authors ------------------------------------------------------------------------------------------------------


def invite_coauthor(idea_id: str, person_id: str, *, now: datetime) -> dict[str, Any]:
    """Make a code that the author gives to whoever shall join; a new one replaces the last.

    Raises: IdeaNotFound (404), NotYours (403).
    """
    own_idea(idea_id, person_id)
    invitation = {"code": random_id(), "expires_at": now + timedelta(days=INVITATION_DAYS)}
    ideas().update_one({"_id": idea_id}, {"$set": {"invitation": invitation}})
    return invitation


def join_as_coauthor(idea_id: str, code: str, person_id: str, *, now: datetime) -> dict[str, Any]:
    """Accept an invitation; each code lets one person in, at most five join.

    Raises: InvitationInvalid (proposals.invitation-invalid, 409).
    """
    joined = ideas().find_one_and_update(
        {
            "_id": idea_id,
            "invitation.code": code,
            "invitation.expires_at": {"$gt": now},
            "author_id": {"$ne": person_id},
            "coauthor_ids": {"$ne": person_id},
            f"coauthor_ids.{rules.MOST_COAUTHORS - 1}": {"$exists": False},
        },
        {"$push": {"coauthor_ids": person_id}, "$unset": {"invitation": ""}, "$inc": {"version": 1}},
        return_document=ReturnDocument.AFTER,
    )
    if joined is None:
        raise errors.InvitationInvalid
    follow(idea_id, person_id, now=now)
    return joined


def leave_as_coauthor(idea_id: str, person_id: str) -> None:
    """Stop being a co-author."""
    ideas().update_one(
        {"_id": idea_id, "coauthor_ids": person_id}, {"$pull": {"coauthor_ids": person_id}, "$inc": {"version": 1}}
    )


# --- additions (제안 더하기) --------------------------------------------------------------------------------------------


def offer_addition(idea_id: str, person_id: str, body: str, *, now: datetime) -> dict[str, Any]:
    """Add to somebody's idea; its author is asked.

    Raises: IdeaNotFound (404), IdeaHidden (410), NotCollecting (409), TooManyPosts (429).
    """
    idea = get_idea(idea_id, Viewer(person_id))
    if idea["state"] not in (State.COLLECTING, State.DEBATING, State.REVIEWING) or idea["visibility"] != Visibility.PUBLIC:
        raise errors.NotCollecting
    addition_id = new_id()
    admission = moderation.admit("addition", addition_id, person_id, {"body": body}, now=now)
    told = events.entry("addition_offered", ("idea", idea_id), now, to=("person", idea["author_id"]), addition_id=addition_id)
    addition = {
        "_id": addition_id,
        "idea_id": idea_id,
        "author_id": person_id,
        "body": body,
        "state": "offered",
        "at": now,
        "visibility": admission.visibility.value,
        "version": 1,
        "outbox": [told] if admission.visibility is Visibility.PUBLIC and idea["author_id"] else [],
    }
    additions().insert_one(addition)
    events.announce()
    return addition


def answer_addition(idea_id: str, addition_id: str, person_id: str, *, accepted: bool, now: datetime) -> dict[str, Any]:
    """Take an addition into the idea, or decline it; its writer is told and keeps the credit.

    Raises: IdeaNotFound (404), NotYours (403), AdditionNotFound (404).
    """
    own_idea(idea_id, person_id)
    state = "accepted" if accepted else "declined"
    offered = additions().find_one({"_id": addition_id, "idea_id": idea_id, "state": "offered", **PUBLIC})
    if offered is None:
        raise errors.AdditionNotFound
    told = events.entry(f"addition_{state}", ("idea", idea_id), now, to=("person", offered["author_id"]), addition_id=addition_id)
    answered = additions().find_one_and_update(
        {"_id": addition_id, "state": "offered"},
        {"$set": {"state": state, "answered_at": now}, "$push": events.pushed([told] if offered["author_id"] else [])},
        return_document=ReturnDocument.AFTER,
    )
    if answered is None:
        raise errors.AdditionNotFound
    if accepted:
        line = {"at": now, "event": "addition", "by": Role.AUTHOR.value, "addition_id": addition_id}
        ideas().update_one({"_id": idea_id}, {"$inc": {"addition_count": 1, "version": 1}, "$push": {"timeline": line}})
    events.announce()
    return answered


def list_additions(idea_id: str, viewer: Viewer, *, after: str | None, limit: int) -> tuple[list[dict[str, Any]], str | None]:
    """List an idea's additions that everybody sees, the latest first.

    Raises: IdeaNotFound (404), IdeaHidden (410).
    """
    get_idea(idea_id, viewer)
    return keyset_page(additions(), {"idea_id": idea_id, **PUBLIC}, sort=[("at", -1), ("_id", -1)], after=after, limit=limit)


# --- merging ---------------------------------------------------------------------------------------------------------


def ask_merge(from_id: str, into_id: str, asked_by: dict[str, str], *, now: datetime) -> dict[str, Any]:
    """Ask that one idea be merged into another; the other's author decides.

    Args: asked_by: {"kind": "person" or "staff", "id"}; a person must be the author of the idea that goes in.
    Raises: IdeaNotFound (404), NotYours (403), MergeNotPossible (409).
    """
    if asked_by["kind"] == "person":
        own_idea(from_id, asked_by["id"])
    source, target = get_idea(from_id), get_idea(into_id)
    if not can_merge(source, target):
        raise errors.MergeNotPossible
    merge = {"_id": new_id(), "from_id": from_id, "into_id": into_id, "asked_by": asked_by, "state": "offered", "at": now}
    if asked_by["kind"] == "staff":
        _record_merge(merge, asked_by["id"])
    else:
        merges().insert_one(merge)
    told = events.entry("merge_offered", ("idea", into_id), now, to=("person", target["author_id"]), from_id=from_id)
    ideas().update_one({"_id": into_id}, {"$push": events.pushed([told] if target["author_id"] else [])})
    events.announce()
    return merge


def _record_merge(merge: dict[str, Any], staff_id: str) -> None:
    def write(session: ClientSession) -> dict[str, Any]:
        merges().insert_one(merge, session=session)
        return merge

    acts.recorded("proposals.ask_merge", f"idea:{merge['from_id']}", staff_id, write, after={"into_id": merge["into_id"]})


def can_merge(source: dict[str, Any], target: dict[str, Any]) -> bool:
    """Tell whether one idea may go into another: both of one programme, and neither taken up yet."""
    return (
        source["_id"] != target["_id"]
        and source["programme_id"] == target["programme_id"]
        and source["state"] in (State.COLLECTING, State.EXPIRED)
        and target["state"] == State.COLLECTING
    )


def answer_merge(into_id: str, merge_id: str, person_id: str, *, accepted: bool, now: datetime) -> dict[str, Any]:
    """Let another idea in, or not; then its endorsers are asked whether their endorsement goes along.

    Raises: IdeaNotFound (404), NotYours (403), MergeNotFound (404), MergeNotPossible (409), PreconditionFailed (412).
    """
    target = own_idea(into_id, person_id)
    offered = merges().find_one({"_id": merge_id, "into_id": into_id, "state": "offered"})
    if offered is None:
        raise errors.MergeNotFound
    if accepted:
        source = get_idea(offered["from_id"])
        if not can_merge(source, target):
            raise errors.MergeNotPossible
        _merge(source, into_id, now)
    answered = {"state": "accepted" if accepted else "declined", "answered_at": now}
    merge: dict[str, Any] | None = merges().find_one_and_update(
        {"_id": merge_id, "state": "offered"}, {"$set": answered}, return_document=ReturnDocument.AFTER
    )
    if merge is None:
        raise errors.MergeNotFound
    return merge


def _merge(source: dict[str, Any], into_id: str, now: datetime) -> None:
    """Move the source to its end; the trace on the target is written first and twice is once.

    Each try changes the target, and only one that still collects: of two ideas that are merged into each other at the same
    moment neither moves, or one.
    """
    line = {"at": now, "event": "merged_from", "by": Role.AUTHOR.value, "idea_id": source["_id"]}
    collecting = {"_id": into_id, "state": State.COLLECTING}
    trace = {"$push": {"merged_from": source["_id"], "timeline": line}, "$inc": {"version": 1}}
    is_traced = ideas().update_one({**collecting, "merged_from": {"$ne": source["_id"]}}, trace).matched_count
    if not is_traced and not ideas().update_one(collecting, {"$inc": {"version": 1}}).matched_count:
        raise errors.MergeNotPossible
    asked = events.entry("merge_consent_asked", ("idea", source["_id"]), now, to=("endorsers", source["_id"]), into_id=into_id)
    moved = progress.move(source, Event.MERGE, [Role.SYSTEM], now=now, changes={"merged_into": into_id}, more_events=[asked])
    if moved is None:
        raise PreconditionFailed


def consent_to_merge(from_id: str, person_id: str, *, now: datetime) -> dict[str, Any]:
    """Move one's endorsement along with a merged idea, to where it went in the end; who endorsed both counts once.

    Raises: IdeaNotFound (404), NothingToMove (409), NotCollecting (409).
    """
    into_id = _merged_into(from_id)
    with database().client.start_session() as session:
        session.with_transaction(lambda s: _move_endorsement(s, from_id, into_id, person_id, now))
    progress.cross_thresholds(into_id, now=now)
    return get_idea(into_id)


def _merged_into(idea_id: str) -> str:
    """Follow a merged idea to the one that is not merged into another; a merged idea takes nothing in, so there is no ring."""
    merged = ideas().find_one({"_id": idea_id, "state": State.MERGED}, {"merged_into": 1})
    if merged is None:
        raise errors.IdeaNotFound
    into_id: str = merged["merged_into"]
    while further := ideas().find_one({"_id": into_id, "state": State.MERGED}, {"merged_into": 1}):
        into_id = further["merged_into"]
    return into_id


def _move_endorsement(session: ClientSession, from_id: str, into_id: str, person_id: str, now: datetime) -> None:
    moved = endorsements().find_one_and_delete({"_id": f"{from_id}:{person_id}"}, session=session)
    if moved is None:
        raise errors.NothingToMove
    ideas().update_one(
        {"_id": from_id}, {"$inc": {"endorsement_count": -1, "moved_count": 1}, "$set": {"touched_at": now}}, session=session
    )
    if endorsements().find_one({"_id": f"{into_id}:{person_id}"}, session=session):
        return
    endorsements().insert_one(
        {"_id": f"{into_id}:{person_id}", "person_id": person_id, "at": now, "moved_from": from_id}, session=session
    )
    if count_more(into_id, 1, now=now, session=session) is None:
        raise errors.NotCollecting


# --- retiring, polls -------------------------------------------------------------------------------------------------


def retire(idea_id: str, person_id: str, reason: str, *, now: datetime) -> dict[str, Any]:
    """Take one's idea back; its page stays with the reason.

    Raises: IdeaNotFound (404), NotYours (403), MoveNotAllowed (409), PreconditionFailed (412).
    """
    moved = progress.move(own_idea(idea_id, person_id), Event.RETIRE, [Role.AUTHOR], now=now, reason=reason)
    if moved is None:
        raise PreconditionFailed
    return moved


def make_poll(
    idea_id: str, title: dict[str, str] | None, opens_at: datetime, closes_at: datetime, staff_id: str, *, now: datetime
) -> dict[str, Any]:
    """Make a draft poll of an idea, linked both ways; one idea, one poll.

    Raises: IdeaNotFound (404), IdeaHidden (410), PollExists (409), PollTimesInvalid (422).
    """
    idea = progress.load_seen(idea_id)
    if idea.get("poll_id"):
        raise errors.PollExists
    linked = _poll_content(idea, title)
    poll = polls.create_poll(linked, opens_at, closes_at, {"kind": "staff", "id": staff_id}, now=now)
    line = {"at": now, "event": "poll", "by": Role.COORDINATOR.value, "poll_id": poll["_id"]}
    told = events.entry("idea_became_poll", ("idea", idea_id), now, to=("followers", idea_id), poll_id=poll["_id"])
    update = {"$set": {"poll_id": poll["_id"]}, "$push": {"timeline": line, **events.pushed([told])}, "$inc": {"version": 1}}

    def write(session: ClientSession) -> dict[str, Any] | None:
        unlinked = {"_id": idea_id, "poll_id": {"$exists": False}}
        return ideas().find_one_and_update(unlinked, update, return_document=ReturnDocument.AFTER, session=session)

    linked_idea = acts.recorded("proposals.poll", f"idea:{idea_id}", staff_id, write, after={"poll_id": poll["_id"]})
    if linked_idea is None:
        polls.cancel_poll(poll["_id"], "another poll of the same idea was quicker", staff_id=staff_id)
        raise errors.PollExists
    events.announce()
    return linked_idea


def _poll_content(idea: dict[str, Any], title: dict[str, str] | None) -> dict[str, Any]:
    """Ask whether the city should do it; poll officers may still change the draft."""
    answers = [{"ko": "찬성", "en": "In favour"}, {"ko": "반대", "en": "Against"}, {"ko": "기타", "en": "Other"}]
    asked = title or {"ko": idea["title"]}
    question = {
        "id": "q1",
        "title": asked,
        "method": "plurality",
        "seats": 1,
        "options": [{"id": f"o{place}", "title": answer} for place, answer in enumerate(answers, 1)],
    }
    return {
        "title": asked,
        "description": {"ko": markdown.summary_of(idea["body"])},
        "idea": idea["_id"],
        "secrecy": "open",
        "figures": "after_closing",
        "changeable": True,
        "k": 20,
        "audience": {"kind": "everyone"},
        "questions": [question],
    }
