"""Who sees a text: the one decision that every surface asks, lists, search, pages, exports, events and inbox alike.

A document's `visibility` is the only stored fact. Lists ask `PUBLIC`, everything that holds one document asks `shown`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Visibility(StrEnum):
    PUBLIC = "public"
    DRAFT = "draft"
    HELD = "held"  # waits for a moderator
    HIDDEN = "hidden"  # a moderator decided
    ERASED = "erased"  # its author is gone and took the text along


class Shown(StrEnum):
    FULL = "full"
    NOTICE = "notice"  # that something stood here, never what
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looks: nobody known, a person, or a moderator."""

    person_id: str | None = None
    is_moderator: bool = False


ANYBODY = Viewer()

# What a list, a search or an export adds to its condition.
PUBLIC: Mapping[str, Any] = {"visibility": Visibility.PUBLIC.value}


def shown(document: Mapping[str, Any], viewer: Viewer = ANYBODY) -> Shown:
    """Decide how much of a document a viewer sees."""
    visibility = document["visibility"]
    if visibility == Visibility.PUBLIC:
        return Shown.FULL
    if visibility == Visibility.ERASED:
        return Shown.NOTICE
    if viewer.person_id is not None and viewer.person_id in (document.get("author_id"), *document.get("coauthor_ids", ())):
        return Shown.FULL
    if visibility == Visibility.DRAFT:
        return Shown.NOTHING
    return Shown.FULL if viewer.is_moderator else Shown.NOTICE


def is_public(document: Mapping[str, Any]) -> bool:
    """Tell whether everybody sees a document."""
    return shown(document) is Shown.FULL
