"""Citizens' polls as moderation looks at them: whose text it is, what it says, and who sees it.

The city's own polls are not among them: whoever writes for the city answers for it otherwise.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from mvoting.core import storage
from mvoting.core.clock import now
from mvoting.voting.polls import errors, services
from mvoting.voting.polls.drafting import picture_ids
from mvoting.voting.polls.models import Poll

BOARD_REASON = "운영 규칙에 따른 검토 (moderation)"
PUBLIC, DRAFT, HELD, HIDDEN = "public", "draft", "held", "hidden"
# A text of the definition never changes once it is public, so there is one version of it.
VERSION = 1


def find(poll_ids: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Give citizens' polls by id as {"author_id", "visibility", "version", "title", "body"}."""
    wanted = {"_id": {"$in": list(poll_ids)}, "created_by.kind": "person"}
    fields = {"definition": 1, "state": 1, "created_by": 1, "is_hidden": 1, "is_held": 1}
    return {poll["_id"]: _as_text(poll) for poll in Poll._get_collection().find(wanted, fields)}


def to_look_at(*, limit: int) -> dict[str, bool]:
    """Name citizens' polls that wait for moderation's look, the longest waiting first.

    Returns: by id, whether it waits to be listed. Others were seen by the staff first, or are a private room's.
    """
    waiting = Poll._get_collection().find({"to_look_at": {"$exists": True}}, {"is_listed": 1, "room.number": 1})
    return {poll["_id"]: not poll["is_listed"] and "room" not in poll for poll in waiting.sort("to_look_at", 1).limit(limit)}


def end_look(poll_id: str) -> None:
    """End the look at a poll whose place it does not change."""
    Poll._get_collection().update_one({"_id": poll_id}, {"$unset": {"to_look_at": ""}})


def let_be_listed(poll_id: str) -> None:
    """End the look at a poll that may stay in sight; one that was held or hidden meanwhile stays so."""
    looked = {"_id": poll_id, "to_look_at": {"$exists": True}}
    Poll._get_collection().update_one(looked, {"$set": {"is_listed": True}, "$unset": {"to_look_at": ""}, "$inc": {"version": 1}})
    services.forget_facts(poll_id)


def is_seen_by(poll_id: str, person_id: str) -> bool:
    """Tell whether a person can read a poll: a private room's only from inside."""
    try:
        services.get_poll(poll_id, person_id)
    except errors.PollNotFound:
        return False
    return True


def set_visibility(poll_id: str, was: Iterable[str], to: str) -> bool:
    """Show a citizen's poll, hold it until somebody decides, or hide it; its pictures go along, and its board says so.

    The audit entry is the decision's, whose reason is for the author; the board's entry names none. Returns: whether it was in one of the states `was`.
    """
    poll = services.poll_document(poll_id)
    listed = to == PUBLIC and "room" not in poll
    change = {"kind": "shown" if to == PUBLIC else "hidden", "at": now(), "reason": BOARD_REASON}
    update = {
        "$set": {"is_hidden": to != PUBLIC, "is_held": to == HELD, "is_listed": listed},
        "$push": {"changes": change},
        "$unset": {"to_look_at": ""},
    }
    expected = {"created_by.kind": "person", "$or": [_stored(state) for state in was]}
    if services.change_poll(poll_id, expected, update, act="moderate", staff_id=None) is None:
        return False
    storage.hide_pictures(picture_ids(poll["definition"]), hidden=to != PUBLIC)
    return True


def _stored(visibility: str) -> dict[str, Any]:
    stored: dict[str, dict[str, Any]] = {
        PUBLIC: {"is_hidden": {"$ne": True}},
        HELD: {"is_hidden": True, "is_held": True},
        HIDDEN: {"is_hidden": True, "is_held": {"$ne": True}},
    }
    return stored[visibility]


def _as_text(poll: Mapping[str, Any]) -> dict[str, Any]:
    definition = poll["definition"]
    seen = PUBLIC if poll["state"] in services.PUBLIC_STATES else DRAFT
    hidden = HELD if poll.get("is_held") else HIDDEN
    return {
        "_id": poll["_id"],
        "author_id": poll["created_by"]["id"],
        "visibility": hidden if poll.get("is_hidden") else seen,
        "version": VERSION,
        "title": _spoken(definition["title"]),
        "body": "\n".join(text for text in map(_spoken, _texts(definition)) if text),
    }


def _texts(definition: Mapping[str, Any]) -> Iterator[Any]:
    yield definition.get("description")
    yield from _links(definition)
    for question in definition["questions"]:
        yield from (question.get("title"), question.get("description"), *_links(question))
        for option in question["options"]:
            yield from (option.get("title"), option.get("description"), *_links(option))


def _links(described: Mapping[str, Any]) -> Iterator[Any]:
    for link in described.get("links") or ():
        yield from (link["title"], {"ko": link["url"]})


def _spoken(text: Mapping[str, str] | None) -> str:
    return " / ".join(text[language] for language in ("ko", "en") if text.get(language)) if text else ""
