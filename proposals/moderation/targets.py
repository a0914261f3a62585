"""What can be moderated, by kind: where it is stored and which of its fields are text.

Kinds are listed here rather than imported, because ideas and debates stand above moderation.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mvoting.core import storage
from mvoting.core.database import database
from proposals import events
from proposals.visibility import Visibility


@dataclass(frozen=True, slots=True)
class Target:
    collection: str
    texts: tuple[str, ...]


TARGETS: dict[str, Target] = {
    "idea": Target("ideas", ("title", "body")),
    "debate": Target("debates", ("title", "body")),
    "comment": Target("comments", ("body",)),
    "addition": Target("idea_additions", ("body",)),
}


def load(kind: str, target_id: str) -> dict[str, Any] | None:
    """Load a target's document."""
    return database()[TARGETS[kind].collection].find_one({"_id": target_id})


def load_many(kind: str, ids: list[str]) -> dict[str, dict[str, Any]]:
    """Load the texts and visibility of several targets of a kind, by id."""
    target = TARGETS[kind]
    fields = dict.fromkeys((*target.texts, "visibility", "author_id", "version"), 1)
    return {found["_id"]: found for found in database()[target.collection].find({"_id": {"$in": ids}}, fields)}


def texts(kind: str, document: Mapping[str, Any]) -> dict[str, str]:
    """Pick a target's texts."""
    return {name: document.get(name) or "" for name in TARGETS[kind].texts}


def set_visibility(kind: str, target_id: str, was: list[Visibility], to: Visibility, outbox: list[dict[str, Any]]) -> bool:
    """Change who sees a target, together with its event. Returns whether it was in one of the states `was`."""
    changes: dict[str, Any] = {"$set": {"visibility": to.value}, "$inc": {"version": 1}}
    if outbox:
        changes["$push"] = events.pushed(outbox)
    condition = {"_id": target_id, "visibility": {"$in": [state.value for state in was]}}
    before = database()[TARGETS[kind].collection].find_one_and_update(condition, changes, {"photos": 1})
    if before is None:
        return False
    storage.hide_pictures(before.get("photos", []), hidden=to is not Visibility.PUBLIC)
    if kind == "idea":
        _carry_debate_along(target_id, to)
    return True


def _carry_debate_along(idea_id: str, to: Visibility) -> None:
    # A debate opened by an idea repeats its title: it is seen exactly as long as the idea is.
    carried = {"$set": {"visibility": to.value, "carried_by_idea": to is not Visibility.PUBLIC}}
    condition = {"idea_id": idea_id} | ({"carried_by_idea": True} if to is Visibility.PUBLIC else {"visibility": "public"})
    database()["debates"].update_many(condition, carried)


def author_event(kind: str, target_id: str, author_id: str | None, what: str, at: datetime, **facts: Any) -> list[dict[str, Any]]:
    """Make the event that tells an author about their text."""
    return [events.entry(what, (kind, target_id), at, to=("person", author_id), **facts)] if author_id else []
