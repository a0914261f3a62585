"""What can be done with polls: load, decide, one write."""

import os
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

from bson import Binary
from pymongo import ReturnDocument
from pymongo.client_session import ClientSession
from pymongo.collection import Collection
from pymongo.errors import DuplicateKeyError

from mvoting.accounts import persons
from mvoting.accounts.guards import Person
from mvoting.core import audit, log, upgrade
from mvoting.core.database import in_transaction
from mvoting.core.ids import new_id
from mvoting.core.language import language
from mvoting.core.pagination import keyset_page
from mvoting.core.problems import PreconditionFailed
from mvoting.core.storage import use_pictures
from mvoting.voting.acts import recorded
from mvoting.voting.polls import admissions, errors, rolls, rooms, rules, searching
from mvoting.voting.polls.audiences import Voter, eligibility_refusal
from mvoting.voting.polls.definition import definition_hash
from mvoting.voting.polls.drafting import K_OF_CITY, content_problems, longest_ballot_bytes, picture_ids
from mvoting.voting.polls.models import Poll
from mvoting.voting.polls.rules import PollFacts
from mvoting.voting.sealing import trustees
from mvoting.voting.sealing.hpke import LENGTH_BYTES

FACTS_LIFETIME_S = 2.0
SETTLE = timedelta(seconds=2 * FACTS_LIFETIME_S)
"""After this every process knows a changed end."""
_facts: dict[str, tuple[float, PollFacts]] = {}

# Polls that people are told of by push. A citizen's poll is found, not announced: else anybody could ring every phone.
TOLD = {"created_by.kind": "staff", "is_hidden": {"$ne": True}}
TOLD_MAX = 2000
SEALING_PARTS = ("secrecy", "figures", "sealing", "tie_commitment")
PUBLIC_STATES = ["scheduled", "open", "closed", "tallied", "published", "cancelled"]


def _polls() -> Collection[dict[str, Any]]:
    collection: Collection[dict[str, Any]] = Poll._get_collection()
    return collection


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
    poll_id = new_id()
    definition = {"poll": poll_id, **content}
    poll = {
        "_id": poll_id,
        "state": "draft",
        "definition": definition,
        "definition_hash": definition_hash(definition),
        "opens_at": opens_at,
        "closes_at": closes_at,
        "created_at": now,
        "created_by": created_by,
        "salt": Binary(os.urandom(32)),
        "is_listed": content["audience"]["kind"] != "room",
        "letters": searching.letters_of(content),
        "version": 1,
    }
    if content["audience"]["kind"] == "room":
        poll["room"] = rooms.new_room(room_password)
    staff_id = created_by["id"] if created_by["kind"] == "staff" else None
    while True:
        try:
            recorded("create", f"poll:{poll_id}", staff_id, lambda session: _inserted(poll, session), after=_told(poll))
            return poll
        except DuplicateKeyError:  # a room's number is taken
            poll["room"]["number"] = rooms.new_number()


def _inserted(poll: dict[str, Any], session: ClientSession | None) -> dict[str, Any]:
    _polls().insert_one(poll, session=session)
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
    poll = _get(poll_id)
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
    changed = change_poll(poll_id, expected, {"$set": changes}, act="edit", staff_id=editor_id)
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
        poll = _get(poll_id)
        if poll["state"] != "draft":
            raise errors.PollStateChanged(state=poll["state"])
        definition = amended(poll["definition"])
        changes = {"definition": definition, "definition_hash": definition_hash(definition)}
        expected = {"state": "draft", "version": poll["version"]}
        if changed := change_poll(poll_id, expected, {"$set": changes}, act=act, staff_id=staff_id):
            return changed


def duplicate_poll(
    poll_id: str, opens_at: datetime, closes_at: datetime, by: dict[str, str], *, now: datetime, room_password: str
) -> dict[str, Any]:
    """Draft a new poll with the content of another; what belongs to one poll only (keys, commitments) is left out.

    Raises: PollNotFound (404), PollTimesInvalid, PollContentInvalid (422).
    """
    content = content_of(_get(poll_id))
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


def schedule_poll(poll_id: str, *, now: datetime, staff_id: str | None, is_waiting: bool = False) -> dict[str, Any]:
    """Freeze a draft; from then on it opens and closes by its times.

    Args: staff_id: None when its author, a citizen, does it. is_waiting: only while it waits for the city's look, which
        this ends.
    Raises: PollNotFound (404), PollTimesInvalid (422), RollMissing (voting.roll-missing, 409), PollStateChanged
        (voting.poll-state, 409).
    """
    review = {"review": "waiting"} if is_waiting else {}
    scheduled = {"state": "scheduled", "scheduled_at": now} | ({"scheduled_by": staff_id} if staff_id else {})
    update = {"$set": scheduled, "$unset": {"review": "", "review_reason": ""}}
    act = "approve" if is_waiting else "schedule"
    while True:
        poll = _get(poll_id)
        if poll["closes_at"] <= now:
            raise errors.PollTimesInvalid
        if poll["definition"]["audience"]["kind"] == "list" and not rolls.is_ready(poll):
            raise errors.RollMissing
        # What was looked at is what is frozen: neither the draft nor its roll may have changed since.
        seen = {"version": poll["version"], "roll_changes": poll.get("roll_changes")}
        if moved := change_poll(poll_id, {"state": "draft", **seen, **review}, update, act=act, staff_id=staff_id):
            return moved
        if poll["state"] != "draft" or (is_waiting and poll.get("review") != "waiting"):
            raise errors.PollStateChanged(state=poll["state"])


def cancel_poll(poll_id: str, reason: str, *, staff_id: str) -> dict[str, Any]:
    """Call a poll off, with a public reason.

    Raises: PollNotFound (404), PollStateChanged (voting.poll-state, 409).
    """
    # The board waits `SETTLE` from this moment, so it is the moment of the write, even of one that had to be tried again.
    update = {"$set": {"state": "cancelled", "cancel_reason": reason}, "$currentDate": {"cancelled_at": True}}
    running = {"state": {"$in": ["draft", "scheduled", "open"]}}
    return _move(poll_id, running, update, act="cancel", staff_id=staff_id, reason=reason)


def move_closing(
    poll_id: str, closes_at: datetime, reason: str, *, seen: datetime | None = None, now: datetime, staff_id: str
) -> dict[str, Any]:
    """Extend a poll, or close it early, for a reason that everybody reads; never nearer than `SETTLE` from now.

    Args: seen: the end that somebody looked at; None where that does not matter.
    Raises: PollNotFound (404), PollTimesInvalid (422), ExtensionTooLate, SealedNotExtended, PollStateChanged (409),
        PreconditionFailed (412) when the end was moved since.
    """
    poll = _get(poll_id)
    if seen is not None and seen != poll["closes_at"]:
        raise PreconditionFailed
    if refusal := rules.extension_refusal(facts_of(poll), closes_at, now=now, settle=SETTLE):
        raise refusal
    kind = "extended" if closes_at > poll["closes_at"] else "closed-early"
    change = {"kind": kind, "at": now, "closes_at": closes_at, "reason": reason}
    still = {"state": {"$in": ["scheduled", "open"]}, "closes_at": poll["closes_at"]}
    # Judged again at the write: one that other entries of the log held up must not reach processes after either end.
    latest = min(poll["closes_at"], closes_at) - SETTLE / 2
    still["$expr"] = {"$lt": ["$$NOW", latest]}
    update = {"$set": {"closes_at": closes_at}, "$push": {"changes": change}}
    act = "extend" if kind == "extended" else "close_early"
    moved = _move(poll_id, still, update, act=act, staff_id=staff_id, reason=reason)
    log.event("voting.poll_end_moved", poll_id=poll_id, kind=kind)
    return moved


def get_poll(poll_id: str, person_id: str | None = None) -> dict[str, Any]:
    """Load a poll that the person, or everybody, may see: not drafts, not hidden ones, rooms only from inside.

    Raises: PollNotFound (404).
    """
    poll = _get(poll_id)
    is_author = person_id is not None and poll["created_by"] == {"kind": "person", "id": person_id}
    if is_author:
        return poll
    if poll["state"] not in PUBLIC_STATES or poll.get("is_hidden"):
        raise errors.PollNotFound
    if "room" in poll and (person_id is None or not admissions.is_admitted(poll["definition"]["audience"], poll_id, person_id)):
        raise errors.PollNotFound
    return poll


def list_polls(phase: str | None, *, after: str | None, limit: int) -> tuple[list[dict[str, Any]], str | None]:
    """List public polls, the latest opening first."""
    condition = {"is_listed": True, "state": {"$in": [phase] if phase else PUBLIC_STATES}}
    fields = {"result": 0, "salt": 0, "room": 0, "letters": 0}
    sort = [("opens_at", -1), ("_id", -1)]
    return keyset_page(_polls(), condition, sort=sort, after=after, limit=limit, projection=fields)


def list_for_staff(
    state: str | None, *, words: str = "", after: str | None, limit: int
) -> tuple[list[dict[str, Any]], str | None]:
    """List polls of every kind for poll officers, the newest first; results and secrets are left out.

    Args: words: of their titles.
    """
    condition = ({"state": state} if state else {}) | searching.condition(words)
    fields = {"result": 0, "salt": 0, "room.password_hash": 0, "letters": 0}
    return keyset_page(_polls(), condition, sort=[("_id", -1)], after=after, limit=limit, projection=fields)


def polls_of(person_id: str, *, after: str | None, limit: int) -> tuple[list[dict[str, Any]], str | None]:
    """List a citizen's own polls, the newest first."""
    fields = {"result": 0, "salt": 0, "room.password_hash": 0, "letters": 0}
    return keyset_page(_polls(), {"created_by.id": person_id}, sort=[("_id", -1)], after=after, limit=limit, projection=fields)


def fill_letters() -> Iterator[list[dict[str, Any]]]:
    """Give polls of earlier releases what they are found by, batch by batch."""
    return upgrade.fill(
        _polls(), "letters", {}, ["definition"], lambda poll: {"letters": searching.letters_of(poll["definition"])}
    )


def poll_facts(poll_id: str) -> PollFacts:
    """Give a poll's facts, at most `FACTS_LIFETIME_S` old.

    Raises: PollNotFound (404).
    """
    known = _facts.get(poll_id)
    if known and known[0] > time.monotonic():
        return known[1]
    facts = facts_of(_get(poll_id))
    if len(_facts) > 10_000:
        _facts.clear()
    _facts[poll_id] = (time.monotonic() + FACTS_LIFETIME_S, facts)
    return facts


def facts_of(poll: dict[str, Any]) -> PollFacts:
    """Pick a poll document's facts."""
    return PollFacts(
        id=poll["_id"],
        state=poll["state"],
        definition=poll["definition"],
        definition_hash=poll["definition_hash"],
        opens_at=poll["opens_at"],
        closes_at=poll["closes_at"],
        salt=bytes(poll.get("salt") or b""),
        is_hidden=bool(poll.get("is_hidden") and not poll.get("is_held")),
    )


def admission(facts: PollFacts, person: Person) -> None:
    """Let a person of the poll's audience pass; lists, rooms and venues cost one more indexed read.

    Raises: NotEligible, ResidentsOnly, AdmissionNeeded (403).
    """
    is_admitted = admissions.is_admitted(facts.audience, facts.id, person.id)
    if refusal := eligibility_refusal(facts.audience, Voter(person.trust, person.claims, is_admitted)):
        raise refusal


def roll(facts: PollFacts) -> dict[str, Any]:
    """Give the number of people beyond whom there can be no ballots, and what it counts.

    Returns: {"roll", "roll_of"}: "list" the people on the uploaded roll, "room" those who came in, else "members",
        everybody who has, or had while open polls are not counted, an account.
    """
    match facts.audience["kind"]:
        case "list":
            return {"roll": rolls.size(facts.id), "roll_of": "list"}
        case "room":
            return {"roll": admissions.count(facts.id), "roll_of": "room"}
        case _:
            return {"roll": persons.how_many(), "roll_of": "members"}


def poll_changes(poll_id: str) -> list[dict[str, Any]]:
    """Give the acts of staff on a running poll in order: {"kind", "at", "closes_at"?, "reason"}."""
    poll = _polls().find_one({"_id": poll_id}, {"changes": 1})
    return poll.get("changes", []) if poll else []


def polls_with_open_board(*, now: datetime) -> list[str]:
    """Name polls that opened, or would have, and whose boards may still take ballots; the first to close come first."""
    states = ["scheduled", "open", "closed", "cancelled"]
    unfinished = {"final_head_at": None, "state": {"$in": states}, "opens_at": {"$lte": now}}
    return [poll["_id"] for poll in _polls().find(unfinished, {"_id": 1}).sort("closes_at", 1)]


def counting_since(*, now: datetime) -> datetime:
    """Give a moment at or after which every opened poll that is still to be counted opened; `now` when there is none."""
    unfinished = {"final_head_at": None, "state": {"$in": ["scheduled", "open", "closed"]}, "opens_at": {"$lte": now}}
    first = _polls().find_one(unfinished, {"opens_at": 1}, sort=[("opens_at", 1)])
    return first["opens_at"] if first else now


def record_final_head(poll_id: str, *, now: datetime) -> None:
    """Destroy a poll's salt: from here on nobody can compute whose ballot is whose."""
    _polls().update_one({"_id": poll_id, "final_head_at": None}, {"$set": {"final_head_at": now}, "$unset": {"salt": ""}})
    _facts.pop(poll_id, None)


def polls_to_tally() -> list[str]:
    """Name closed polls whose ballots are all on the board and whose result is not published."""
    due = {"state": {"$in": ["closed", "tallied"]}, "final_head_at": {"$ne": None}}
    return [poll["_id"] for poll in _polls().find(due, {"_id": 1}).sort("closes_at", 1).limit(1000)]


def poll_document(poll_id: str) -> dict[str, Any]:
    """Load a poll with everything in it, whatever its state; for the tally and for staff.

    Raises: PollNotFound (404).
    """
    return _get(poll_id)


def record_tally(poll_id: str, result: dict[str, Any], *, now: datetime) -> dict[str, Any] | None:
    """Keep a closed poll's result, not yet shown; None when somebody was quicker."""
    return _swap(poll_id, "closed", "tallied", {"result": result, "tallied_at": now})


def record_published(poll_id: str, *, now: datetime) -> bool:
    """Show a counted poll's result. Returns: whether this call did."""
    published = _swap(poll_id, "tallied", "published", {"published_at": now})
    if published:
        log.event("voting.poll_published", poll_id=poll_id)
        admissions.forget(poll_id)
    return published is not None


def polls_to_archive() -> list[str]:
    """Name published polls whose archives are not kept yet."""
    return [poll["_id"] for poll in _polls().find({"state": "published", "is_archived": None}, {"_id": 1}).limit(100)]


def record_archived(poll_id: str) -> None:
    """Note that a poll's archives are kept."""
    _polls().update_one({"_id": poll_id, "is_archived": None}, {"$set": {"is_archived": True}})


def record_openings(*, now: datetime) -> list[str]:
    """Record that polls whose time has come, by the database's clock as well, are open. Returns the ids newly recorded."""
    due = {"state": "scheduled", "opens_at": {"$lte": now}, "$expr": {"$lte": ["$opens_at", "$$NOW"]}}
    return _record(due, "open", "opened_at", now)


def record_closings(*, now: datetime) -> list[str]:
    """Record that polls whose time is over are closed. Returns the ids newly recorded.

    The database's clock decides, as it does about ballots: a worker whose clock is ahead closes nothing early.
    """
    due = {"state": "open", "closes_at": {"$lte": now}, "$expr": {"$lte": ["$closes_at", "$$NOW"]}}
    return _record(due, "closed", "closed_at", now)


def opened_since(since: datetime, *, now: datetime) -> list[dict[str, Any]]:
    """Give the city's polls that are open by their times and opened after `since`, at most `TOLD_MAX`."""
    due = {"state": {"$in": ["scheduled", "open"]}, "opens_at": {"$gt": since, "$lte": now}, "closes_at": {"$gt": now}}
    return list(_polls().find({**due, **TOLD}).limit(TOLD_MAX))


def closing_before(until: datetime, *, now: datetime) -> list[dict[str, Any]]:
    """Give the city's open polls that close before `until`, at most `TOLD_MAX`."""
    return list(_polls().find({"state": "open", "closes_at": {"$gt": now, "$lte": until}, **TOLD}).limit(TOLD_MAX))


def published_since(since: datetime, *, now: datetime) -> list[dict[str, Any]]:
    """Give the city's polls whose result was published after `since`, at most `TOLD_MAX`."""
    return list(_polls().find({"state": "published", "published_at": {"$gt": since, "$lte": now}, **TOLD}).limit(TOLD_MAX))


def _record(due: dict[str, Any], state: str, stamp: str, now: datetime) -> list[str]:
    moved = []
    for poll in _polls().find(due, {"_id": 1, "state": 1}).limit(200):
        if (
            _polls()
            .update_one({"_id": poll["_id"], **due}, {"$set": {"state": state, stamp: now}, "$inc": {"version": 1}})
            .modified_count
        ):
            log.event(f"voting.poll_{state}", poll_id=poll["_id"])
            _facts.pop(poll["_id"], None)
            moved.append(poll["_id"])
    return moved


def _get(poll_id: str) -> dict[str, Any]:
    poll = _polls().find_one({"_id": poll_id})
    if poll is None:
        raise errors.PollNotFound
    return poll


def _swap(poll_id: str, state: str, to: str, changes: dict[str, Any]) -> dict[str, Any] | None:
    moved = _polls().find_one_and_update(
        {"_id": poll_id, "state": state},
        {"$set": {"state": to, **changes}, "$inc": {"version": 1}},
        return_document=ReturnDocument.AFTER,
    )
    _facts.pop(poll_id, None)
    return moved


def _move(
    poll_id: str, expected: dict[str, Any], update: dict[str, Any], *, act: str, staff_id: str | None, reason: str = ""
) -> dict[str, Any]:
    moved = change_poll(poll_id, expected, update, act=act, staff_id=staff_id, reason=reason)
    if moved is None:
        raise errors.PollStateChanged(state=_get(poll_id)["state"])
    return moved


def change_poll(
    poll_id: str, expected: dict[str, Any], update: dict[str, Any], *, act: str, staff_id: str | None, reason: str = ""
) -> dict[str, Any] | None:
    """Change a poll that is as `expected`, with an entry in the audit log unless its author does it (`staff_id` None).

    Returns: the changed poll, None when it was not as expected; then nothing is written.
    """

    def swap(session: ClientSession | None) -> dict[str, Any] | None:
        return _polls().find_one_and_update(
            {"_id": poll_id, **expected},
            {**update, "$inc": {"version": 1}},
            return_document=ReturnDocument.AFTER,
            session=session,
        )

    def swap_and_record(session: ClientSession, staff_id: str) -> dict[str, Any] | None:
        before = _polls().find_one({"_id": poll_id}, session=session)
        changed = swap(session)
        if before is not None and changed is not None:
            told: dict[str, Any] = {
                "reason": reason,
                "before": _told(before),
                "after": _told(changed),
                "person_id": _citizen(changed),
            }
            audit.record(f"polls.{act}", f"poll:{poll_id}", staff_id=staff_id, session=session, **told)
        return changed

    changed = swap(None) if staff_id is None else in_transaction(lambda session: swap_and_record(session, staff_id))
    _facts.pop(poll_id, None)
    return changed


def _told(poll: dict[str, Any]) -> dict[str, Any]:
    """Give what the audit log tells of a poll; the hash stands for the content, which may be longer than an entry."""
    shown = ("state", "version", "opens_at", "closes_at", "definition_hash", "review", "is_hidden")
    return {name: poll[name] for name in shown if name in poll}


def _citizen(poll: dict[str, Any]) -> str | None:
    """Name the citizen about whose poll an entry tells, so that it can be erased with them."""
    return poll["created_by"]["id"] if poll["created_by"]["kind"] == "person" else None
