"""What proposals know about a person: handed out, and removed."""

from datetime import datetime
from typing import Any

from pymongo.collection import Collection

from mvoting.core import storage
from mvoting.core.clock import now
from mvoting.core.problems import Problem
from proposals import events
from proposals.debates.models import Comment, CommentVote, Debate, Participant
from proposals.ideas.models import Addition, Endorsement, Follow, Idea
from proposals.ideas.pipeline import Role, State
from proposals.ideas.services import endorsing
from proposals.moderation.models import Case, Fingerprint, Report, Standing
from proposals.visibility import Visibility

WRITTEN: dict[str, tuple[Any, tuple[str, ...]]] = {
    "ideas": (Idea, ("title", "body", "category", "district", "point", "state", "photos", "created_at", "published_at")),
    "debates": (Debate, ("title", "body", "opens_at", "closes_at", "created_at")),
    "comments": (Comment, ("debate_id", "body", "side", "versions", "created_at", "edited_at")),
    "additions": (Addition, ("idea_id", "body", "state", "at")),
}


def _of(document: Any) -> Collection[dict[str, Any]]:
    collection: Collection[dict[str, Any]] = document._get_collection()
    return collection


def export_personal_data(person_id: str) -> dict[str, Any]:
    """Give everything stored about a person, in plain values."""
    given: dict[str, Any] = {
        name: [{"id": row.pop("_id"), **row} for row in _of(document).find({"author_id": person_id}, dict.fromkeys(fields, 1))]
        for name, (document, fields) in WRITTEN.items()
    }
    given["coauthor_of"] = [row["_id"] for row in _of(Idea).find({"coauthor_ids": person_id}, {"_id": 1})]
    given["endorsements"] = _by_person(Endorsement, person_id, "idea_id", ("at",))
    given["follows"] = _by_person(Follow, person_id, "subject_id", ("at",))
    given["comment_votes"] = _by_person(CommentVote, person_id, "comment_id", ("value", "at"))
    given["debates_joined"] = _by_person(Participant, person_id, "debate_id", ("at",))
    given["reports"] = _by_person(Report, person_id, "target", ("reason", "note", "at"))
    fields = {
        "kind": 1,
        "target_id": 1,
        "decision.action": 1,
        "decision.reason": 1,
        "decision.at": 1,
        "appeal.text": 1,
        "appeal.at": 1,
    }
    given["moderation"] = [{"id": row.pop("_id"), **row} for row in _of(Case).find({"author_id": person_id}, fields)]
    return given


def _by_person(document: Any, person_id: str, name: str, fields: tuple[str, ...]) -> list[dict[str, Any]]:
    rows = _of(document).find({"person_id": person_id}, dict.fromkeys(fields, 1))
    return [{name: row["_id"].rpartition(":")[0], **{field: row.get(field) for field in fields}} for row in rows]


def erase_personal_data(person_id: str) -> None:
    """Remove what a person wrote and did, safe to repeat.

    Drafts go; published texts become notices that something stood here, and the city's own record (state, counts,
    answers) stays. Endorsements are taken back where that is still possible; those that already had a consequence stay
    counted under the bare id, which accounts keep as a tombstone, so that nobody counts twice after coming back.
    """
    at = now()
    erase_unpublished(person_id)
    _withdraw_ideas(person_id, at)
    for name, (document, _) in WRITTEN.items():
        gone: dict[str, Any] = {"visibility": Visibility.ERASED.value, "body": "", "body_html": None, "author_id": None}
        if name in ("ideas", "debates"):
            gone["title"] = ""
        if name == "ideas":
            gone |= {"terms": [], "title_terms": [], "title_grams": "", "summary": "", "photos": [], "invitation": {}}
        if name == "comments":
            gone["versions"] = []
        _of(document).update_many({"author_id": person_id}, {"$set": gone, "$unset": {"point": ""}, "$inc": {"version": 1}})
    _of(Idea).update_many({"coauthor_ids": person_id}, {"$pull": {"coauthor_ids": person_id}, "$inc": {"version": 1}})
    for endorsement in _of(Endorsement).find({"person_id": person_id}, {"_id": 1}):
        try:
            endorsing.withdraw(endorsement["_id"].partition(":")[0], person_id, now=at)
        except Problem:
            continue  # settled: it had its consequence and stays counted
    emptied: dict[str, Any] = {"author_id": None, "snapshot": {}, "terms": [], "hints": []}
    _of(Case).update_many({"author_id": person_id}, {"$set": emptied, "$unset": {"appeal.text": ""}})
    events.announce()


def erase_unpublished(person_id: str) -> None:
    """Remove a person's drafts, what was followed and reported, and standing; safe to repeat."""
    _of(Idea).delete_many({"author_id": person_id, "state": State.DRAFT.value})
    for document in (Follow, Fingerprint, Report):
        _of(document).delete_many({"person_id": person_id})
    _of(Standing).delete_one({"_id": person_id})


def _withdraw_ideas(person_id: str, at: datetime) -> None:
    """Have messages that name the person's ideas withdrawn, and take along what hangs on the ideas."""
    for idea in _of(Idea).find({"author_id": person_id}, {"photos": 1, "milestones.photos": 1}):
        told = events.entry("text_erased", ("idea", idea["_id"]), at, to=("person", ""))
        own_words = {"timeline.$[own].reason": ""}
        _of(Idea).update_one(
            {"_id": idea["_id"]},
            {"$push": events.pushed([told]), "$unset": own_words},
            array_filters=[{"own.by": Role.AUTHOR.value, "own.reason": {"$exists": True}}],
        )
        of_milestones = [photo for step in idea.get("milestones", []) for photo in step["photos"]]
        storage.hide_pictures([*idea.get("photos", []), *of_milestones], hidden=True)
