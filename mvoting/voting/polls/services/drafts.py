"""Writing a poll: drafts, their sealing, copies; nothing here changes what voters already see."""

import os
from collections.abc import Callable
from datetime import datetime
from typing import Any

from bson import Binary
from pymongo.client_session import ClientSession
from pymongo.errors import DuplicateKeyError

from mvoting.core.ids import new_id
from mvoting.core.language import language
from mvoting.core.problems import PreconditionFailed
from mvoting.core.storage import use_pictures
from mvoting.voting.acts import recorded
from mvoting.voting.polls import errors, rooms, searching
from mvoting.voting.polls.definition import definition_hash
from mvoting.voting.polls.drafting import K_OF_CITY, content_problems, longest_ballot_bytes, picture_ids
from mvoting.voting.polls.services import store
from mvoting.voting.sealing import trustees
from mvoting.voting.sealing.hpke import LENGTH_BYTES

SEALING_PARTS = ("secrecy", "figures", "sealing", "tie_commitment")


def create_poll(
    content: dict[str, Any],
    opens_at: datetime,
    closes_at: datetime,
    created_by: dict[str, str],
    *,
    now: datetime,
    room_password: str = "",
    is_copy: bool = False,
) -> dict[str, Any]:
    """Store a draft.

    Args: content: the definition without its poll id. room_password: for a private room, which gets a number.
        is_copy: the pictures were checked when the original was written, and may be somebody else's.
    Raises: PollTimesInvalid (voting.poll-times, 422), PollContentInvalid (voting.poll-content, 422).
    """
    if closes_at <= max(opens_at, now):
        raise errors.PollTimesInvalid
    _require_sound(content)
    if not is_copy:
        use_pictures(picture_ids(content), created_by["id"])
    times = {"opens_at": opens_at, "closes_at": closes_at, "created_at": now}
    poll = _draft(content, room_password) | times | {"created_by": created_by}
    staff_id = created_by["id"] if created_by["kind"] == "staff" else None
    target, shown = f"poll:{poll['_id']}", store.audited(poll)
    while True:
        try:
            recorded("create", target, staff_id, lambda session: _inserted(poll, session), after=shown)
            return poll
        except DuplicateKeyError:  # a room's number is taken
            poll["room"]["number"] = rooms.new_number()


def _draft(content: dict[str, Any], room_password: str) -> dict[str, Any]:
    poll_id = new_id()
    definition = {"poll": poll_id, **content}
    poll = {
        "_id": poll_id,
        "state": "draft",
        "definition": definition,
        "definition_hash": definition_hash(definition),
        "salt": Binary(os.urandom(32)),
        "is_listed": content["audience"]["kind"] != "room",
        "letters": searching.letters_of(content),
        "version": 1,
    }
    if content["audience"]["kind"] == "room":
        poll["room"] = rooms.new_room(room_password)
    return poll


def _inserted(poll: dict[str, Any], session: ClientSession | None) -> dict[str, Any]:
    store.polls().insert_one(poll, session=session)
    return poll


def update_draft(
    poll_id: str,
    version: int,
    content: dict[str, Any],
    opens_at: datetime,
    closes_at: datetime,
    *,
    editor_id: str,
    now: datetime,
) -> dict[str, Any]:
    """Replace a draft's content and times.

    Raises: PollNotFound (404), PollTimesInvalid, PollContentInvalid (422), PollStateChanged (voting.poll-state, 409),
        PreconditionFailed (core.changed-meanwhile, 412) when it is no longer at `version`.
    """
    poll = store.poll_document(poll_id)
    if closes_at <= max(opens_at, now):
        raise errors.PollTimesInvalid
    if (content["audience"]["kind"] == "room") != ("room" in poll):
        raise errors.PollContentInvalid(errors={"audience": ["a room stays a room, and nothing else becomes one"]})
    _require_sound(content)
    use_pictures(sorted(set(picture_ids(content)) - set(picture_ids(poll["definition"]))), editor_id)
    definition = {"poll": poll_id, **content}
    if definition["questions"] == poll["definition"]["questions"]:
        # Keys and commitments belong to the poll; other questions may not fit the padding, so the keys are dealt anew.
        kept = SEALING_PARTS if poll["definition"]["secrecy"] == "sealed" else ("tie_commitment",)
        definition |= {key: poll["definition"][key] for key in kept if key in poll["definition"]}
    changes = {
        "definition": definition,
        "definition_hash": definition_hash(definition),
        "opens_at": opens_at,
        "closes_at": closes_at,
        "letters": searching.letters_of(content),
    }
    expected = {"state": "draft", "version": version}
    changed = store.change_poll(poll_id, expected, {"$set": changes}, act="edit", staff_id=editor_id)
    if changed is None:
        if poll["state"] != "draft":
            raise errors.PollStateChanged(state=poll["state"])
        raise PreconditionFailed
    return changed


def seal_draft(poll_id: str, sealing: dict[str, Any], *, staff_id: str) -> dict[str, Any]:
    """Make a draft a sealed poll with the public part of its key ceremony; figures are then shown after closing only.

    Args: sealing: what `python -m mvoting trustee deal` wrote to sealing.json.
    Raises: PollNotFound (404), PollStateChanged (409), SealingRefused (voting.sealing-refused, 422).
    """
    try:
        trustees.Ceremony.from_document(sealing)
    except ValueError:
        raise errors.SealingRefused from None

    def sealed(definition: dict[str, Any]) -> dict[str, Any]:
        needed_bytes = longest_ballot_bytes(definition) + LENGTH_BYTES
        if sealing["poll_id"] != poll_id or sealing["padded_bytes"] < needed_bytes:
            raise errors.SealingRefused(needed_bytes=needed_bytes)
        k = max(definition["k"], K_OF_CITY)
        return {**definition, "secrecy": "sealed", "figures": "after_closing", "k": k, "sealing": sealing}

    return _amend_draft(poll_id, sealed, act="seal", staff_id=staff_id)


def commit_tie_seed(poll_id: str, commitment: str, *, staff_id: str) -> dict[str, Any]:
    """Note in a draft what somebody outside committed to for the lot.

    Raises: PollNotFound (404), PollStateChanged (409).
    """

    def committed(definition: dict[str, Any]) -> dict[str, Any]:
        return {**definition, "tie_commitment": commitment}

    return _amend_draft(poll_id, committed, act="commit_tie_seed", staff_id=staff_id)


def _amend_draft(poll_id: str, amended: Callable[[dict[str, Any]], dict[str, Any]], *, act: str, staff_id: str) -> dict[str, Any]:
    """Amend the definition that a draft has at the moment of the write, whoever else changes it meanwhile."""
    while True:
        poll = store.poll_document(poll_id)
        if poll["state"] != "draft":
            raise errors.PollStateChanged(state=poll["state"])
        definition = amended(poll["definition"])
        changes = {"definition": definition, "definition_hash": definition_hash(definition)}
        expected = {"state": "draft", "version": poll["version"]}
        if changed := store.change_poll(poll_id, expected, {"$set": changes}, act=act, staff_id=staff_id):
            return changed


def duplicate_poll(
    poll_id: str, opens_at: datetime, closes_at: datetime, by: dict[str, str], *, now: datetime, room_password: str
) -> dict[str, Any]:
    """Draft a new poll with the content of another; what belongs to one poll only (keys, commitments) is left out.

    Raises: PollNotFound (404), PollTimesInvalid, PollContentInvalid (422).
    """
    content = content_of(store.poll_document(poll_id))
    return create_poll(content, opens_at, closes_at, by, now=now, room_password=room_password, is_copy=True)


def content_of(poll: dict[str, Any]) -> dict[str, Any]:
    """Give what another poll can be made of."""
    own = ("poll", "sealing", "tie_commitment", "secrecy")
    return {key: value for key, value in poll["definition"].items() if key not in own} | {"secrecy": "open"}


def _require_sound(content: dict[str, Any]) -> None:
    wrong: dict[str, list[str]] = {}
    for place, korean, english in content_problems(content):
        wrong.setdefault(place, []).append(korean if language() == "ko" else english)
    if wrong:
        raise errors.PollContentInvalid(errors=wrong)
