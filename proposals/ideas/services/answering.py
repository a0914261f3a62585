"""Official answers, private until published, and the progress of what is being carried out."""

import hashlib
from collections.abc import Collection
from datetime import datetime
from typing import Any

from pymongo import ReturnDocument
from pymongo.client_session import ClientSession
from pymongo.errors import DuplicateKeyError

from mvoting.core import storage
from mvoting.core.ids import new_id
from mvoting.core.problems import PreconditionFailed
from proposals import acts, events
from proposals.ideas import errors, rules
from proposals.ideas.pipeline import State
from proposals.ideas.services import departments, progress
from proposals.ideas.services.collections import answer_drafts, ideas
from proposals.visibility import PUBLIC


def save_answer_draft(
    idea_id: str, draft: dict[str, Any], version: int, held: Collection[str], staff_id: str, *, now: datetime
) -> dict[str, Any]:
    """Keep an answer that only staff see; the audit log tells who wrote when, and the hash of what.

    Raises: IdeaNotFound (404), IdeaHidden (410), OtherDepartment (403), PreconditionFailed (412).
    """
    departments.roles_about(progress.load_seen(idea_id), held, staff_id)
    content = {**draft, "by": staff_id, "at": now, "version": version + 1}
    expected = {"_id": idea_id, "version": version or {"$exists": False}}

    def write(session: ClientSession) -> dict[str, Any] | None:
        return answer_drafts().find_one_and_update(
            expected, {"$set": content}, upsert=version == 0, return_document=ReturnDocument.AFTER, session=session
        )

    after = {
        "version": version + 1,
        "verdict": draft["verdict"],
        "text_sha256": hashlib.sha256(draft["text"].encode()).hexdigest(),
    }
    try:
        saved = acts.recorded("proposals.answer_draft", f"idea:{idea_id}", staff_id, write, after=after)
    except DuplicateKeyError:  # somebody else began one
        saved = None
    if saved is None:
        raise PreconditionFailed
    return saved


def get_answer_draft(idea_id: str, held: Collection[str], staff_id: str) -> dict[str, Any] | None:
    """Give the answer being written, for the staff who write it.

    Raises: IdeaNotFound (404), OtherDepartment (403).
    """
    departments.roles_about(progress.load(idea_id), held, staff_id)
    return answer_drafts().find_one({"_id": idea_id})


def publish_answer(
    idea_id: str, answer: dict[str, Any], held: Collection[str], by: dict[str, str], *, seen: int | None = None, now: datetime
) -> dict[str, Any]:
    """Publish an official answer; its verdict moves the idea where the pipeline waits for one.

    Args: answer: {"text", "verdict", "reason"}; held: the staff member's roles; by: {"staff_id", "name"}; seen: the version
    of the draft that was looked at, 0 for none, None where that does not matter: what a colleague wrote since is not lost.
    Raises: IdeaNotFound (404), IdeaHidden (410), OtherDepartment (403), MoveNotAllowed (409), PreconditionFailed (412).
    """
    idea = progress.load_seen(idea_id)
    roles = departments.roles_about(idea, held, by["staff_id"])
    event = rules.answer_event(idea["pipeline"], State(idea["state"]), answer["verdict"], roles)
    if event is None or rules.is_the_mayors(idea, event, roles):
        raise errors.MoveNotAllowed(state=idea["state"])
    published = {"id": new_id(), **answer, "department": idea.get("department"), "at": now, "by": by}
    moved = progress.move(
        idea,
        event,
        roles,
        now=now,
        reason=answer.get("reason"),
        pushes={"answers": published},
        staff_id=by["staff_id"],
        also=lambda session: _end_draft(idea_id, seen, session),
    )
    if moved is None:
        raise PreconditionFailed
    return moved


def _end_draft(idea_id: str, seen: int | None, session: ClientSession | None) -> None:
    draft = answer_drafts().find_one_and_delete({"_id": idea_id}, session=session)
    if draft is not None and seen is not None and draft["version"] != seen:
        raise PreconditionFailed


def add_milestone(
    idea_id: str, milestone: dict[str, Any], held: Collection[str], staff_id: str, *, now: datetime
) -> dict[str, Any]:
    """Report progress of what is being carried out: a text, a percentage, pictures.

    Raises: IdeaNotFound (404), IdeaHidden (410), OtherDepartment (403), MoveNotAllowed (409) when it is not being carried
    out, PictureNotFound (404).
    """
    departments.roles_about(progress.load_seen(idea_id), held, staff_id)
    storage.use_pictures(milestone["photos"], staff_id)
    told = events.entry("milestone_added", ("idea", idea_id), now, to=("followers", idea_id), percent=milestone["percent"])
    added = progress.change_by_staff(
        "milestone",
        idea_id,
        staff_id,
        {"_id": idea_id, "state": {"$in": [State.EXECUTING, State.DONE]}, "milestones.99": {"$exists": False}},
        {
            "$push": {"milestones": {"id": new_id(), "at": now, **milestone}, **events.pushed([told])},
            "$set": {"updated_at": now},
            "$inc": {"version": 1},
        },
        after={"percent": milestone["percent"]},
    )
    events.announce()
    return added


def change_milestone(
    idea_id: str,
    milestone_id: str,
    milestone: dict[str, Any],
    version: int,
    held: Collection[str],
    staff_id: str,
    *,
    now: datetime,
) -> dict[str, Any]:
    """Correct a milestone: its text, its percentage, which pictures it shows. Pictures taken out are shown nowhere any more.

    Args: version: the milestone's that was seen, 0 when it was never corrected.
    Raises: IdeaNotFound (404), IdeaHidden (410), OtherDepartment (403), MilestoneNotFound (404), PictureNotFound (404),
        PreconditionFailed (412) when somebody else corrected it meanwhile.
    """
    idea = progress.load_seen(idea_id)
    departments.roles_about(idea, held, staff_id)
    before = next((each for each in idea.get("milestones", []) if each["id"] == milestone_id), None)
    if before is None:
        raise errors.MilestoneNotFound
    added = [photo for photo in milestone["photos"] if photo not in before["photos"]]
    storage.use_pictures(added, staff_id)
    fields = {**milestone, "edited_at": now, "version": version + 1}
    seen = {"id": milestone_id, "version": version or {"$exists": False}}
    update = {
        "$set": {"updated_at": now, **{f"milestones.$.{name}": value for name, value in fields.items()}},
        "$inc": {"version": 1},
    }

    def write(session: ClientSession) -> dict[str, Any] | None:
        expected = {"_id": idea_id, "milestones": {"$elemMatch": seen}, **PUBLIC}
        return ideas().find_one_and_update(expected, update, return_document=ReturnDocument.AFTER, session=session)

    told = {"id": milestone_id, **milestone}
    changed = acts.recorded("proposals.change_milestone", f"idea:{idea_id}", staff_id, write, after=told)
    if changed is None:
        raise PreconditionFailed
    shown = {photo for each in changed["milestones"] for photo in each["photos"]}
    storage.hide_pictures(added, hidden=False)
    storage.hide_pictures([photo for photo in before["photos"] if photo not in shown], hidden=True)
    return changed
