"""What can be moderated, by kind: every text that a citizen writes for others. Where it is stored, and what of it is text.

Kinds are listed here rather than imported, because ideas and debates stand above moderation.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from mvoting.core import storage
from mvoting.core.database import database
from mvoting.voting.polls import moderated as polls
from proposals import events
from proposals.visibility import Shown, Viewer, Visibility, shown

Row = dict[str, Any]


class Target(Protocol):
    """One kind of text."""

    @property
    def texts(self) -> tuple[str, ...]:
        """The names of its texts."""

    def load_many(self, ids: list[str]) -> dict[str, Row]:
        """Load the texts, author, visibility and version of several, by id."""

    def is_seen_by(self, document: Row, person_id: str) -> bool:
        """Tell whether a person can read it, and so report it."""

    def set_visibility(self, target_id: str, was: list[Visibility], to: Visibility, outbox: list[Row]) -> bool:
        """Change who sees it, with an event. Returns: whether it was in one of the states `was`."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A text in a collection of proposals, with its own `visibility` and outbox."""

    collection: str
    texts: tuple[str, ...]

    def load_many(self, ids: list[str]) -> dict[str, Row]:
        fields = dict.fromkeys((*self.texts, "visibility", "author_id", "coauthor_ids", "version"), 1)
        return {found["_id"]: found for found in database()[self.collection].find({"_id": {"$in": ids}}, fields)}

    def is_seen_by(self, document: Row, person_id: str) -> bool:
        return document["visibility"] != Visibility.DRAFT and shown(document, Viewer(person_id)) is Shown.FULL

    def set_visibility(self, target_id: str, was: list[Visibility], to: Visibility, outbox: list[Row]) -> bool:
        changes: Row = {"$set": {"visibility": to.value}, "$inc": {"version": 1}}
        if outbox:
            changes["$push"] = events.pushed(outbox)
        condition = {"_id": target_id, "visibility": {"$in": [state.value for state in was]}}
        before = database()[self.collection].find_one_and_update(condition, changes, {"photos": 1, "milestones.photos": 1})
        if before is None:
            return False
        pictures = [*before.get("photos", []), *(photo for step in before.get("milestones", []) for photo in step["photos"])]
        storage.hide_pictures(pictures, hidden=to is not Visibility.PUBLIC)
        if self.collection == "ideas":
            _carry_debate_along(target_id, to)
        return True


@dataclass(frozen=True, slots=True)
class CitizensPoll:
    """A poll that a citizen asks citizens. Its event waits in the case's outbox: voting knows nothing of events."""

    texts: tuple[str, ...] = ("title", "body")

    def load_many(self, ids: list[str]) -> dict[str, Row]:
        return polls.find(ids)

    def is_seen_by(self, document: Row, person_id: str) -> bool:
        return document["visibility"] != Visibility.DRAFT and polls.is_seen_by(document["_id"], person_id)

    def set_visibility(self, target_id: str, was: list[Visibility], to: Visibility, outbox: list[Row]) -> bool:
        if not polls.set_visibility(target_id, [state.value for state in was], to.value):
            return False
        if outbox:
            database()["moderation_cases"].update_one({"_id": f"poll:{target_id}"}, {"$push": events.pushed(outbox)})
        return True


TARGETS: dict[str, Target] = {
    "idea": Stored("ideas", ("title", "body")),
    "debate": Stored("debates", ("title", "body")),
    "comment": Stored("comments", ("body",)),
    "addition": Stored("idea_additions", ("body",)),
    "poll": CitizensPoll(),
}


def load(kind: str, target_id: str) -> Row | None:
    """Load a target."""
    return TARGETS[kind].load_many([target_id]).get(target_id)


def texts(kind: str, document: Mapping[str, Any]) -> dict[str, str]:
    """Pick a target's texts."""
    return {name: document.get(name) or "" for name in TARGETS[kind].texts}


def _carry_debate_along(idea_id: str, to: Visibility) -> None:
    # A debate opened by an idea repeats its title: it is seen exactly as long as the idea is.
    carried = {"$set": {"visibility": to.value, "carried_by_idea": to is not Visibility.PUBLIC}}
    condition = {"idea_id": idea_id} | ({"carried_by_idea": True} if to is Visibility.PUBLIC else {"visibility": "public"})
    database()["debates"].update_many(condition, carried)


def author_event(kind: str, target_id: str, author_id: str | None, what: str, at: datetime, **facts: Any) -> list[Row]:
    """Make the event that tells an author about their text, and everybody else that it is seen otherwise."""
    return [events.entry(what, (kind, target_id), at, to=("person", author_id or ""), **facts)]
