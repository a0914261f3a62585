"""Reports, decisions and appeals: load, decide, one write; a decision's effect on the text is finished by a sweep if need be."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pymongo import ReturnDocument
from pymongo.client_session import ClientSession
from pymongo.collection import Collection
from pymongo.errors import DuplicateKeyError

from mvoting.core import log
from mvoting.core.ids import new_id
from mvoting.core.pagination import keyset_page
from mvoting.core.problems import PreconditionFailed
from proposals import acts, events, markdown, shingles, similarity
from proposals.moderation import errors, rules, targets
from proposals.moderation.models import Case, Fingerprint, ModerationSettings, Report, Standing
from proposals.moderation.rules import Reason, Trust
from proposals.visibility import Visibility

SETTINGS_LIFETIME_S = 5.0
FOUND_MAX = 500
HIDDEN_BY = {"hide": Visibility.HIDDEN, "keep": Visibility.PUBLIC}


def _of(document: Any) -> Collection[dict[str, Any]]:
    collection: Collection[dict[str, Any]] = document._get_collection()
    return collection


# --- settings --------------------------------------------------------------------------------------------------------

_settings: tuple[float, dict[str, Any]] = (0.0, {})


def moderation_settings() -> dict[str, Any]:
    """Give the settings in force, at most `SETTINGS_LIFETIME_S` old."""
    global _settings
    if _settings[0] < time.monotonic():
        stored = _of(ModerationSettings).find_one({"_id": "moderation"}) or {}
        standard = {"auto_hide_at": rules.AUTO_HIDE_AT, "words": rules.DEFAULT_WORDS, "version": 0}
        _settings = (time.monotonic() + SETTINGS_LIFETIME_S, standard | stored)
    return _settings[1]


def change_settings(changes: dict[str, Any], staff_id: str, *, version: int | None = None) -> dict[str, Any]:
    """Store settings; they hold everywhere within `SETTINGS_LIFETIME_S`.

    Args: version: the one that was seen; None overwrites whatever there is.
    Raises: PreconditionFailed (core.changed-meanwhile, 412) when somebody changed them since.
    """
    global _settings
    update = {"$set": changes, "$inc": {"version": 1}}
    expected = {"_id": "moderation"} | ({} if version is None else {"version": version or {"$exists": False}})

    def write(session: ClientSession) -> dict[str, Any] | None:
        return _of(ModerationSettings).find_one_and_update(
            expected, update, upsert=not version, return_document=ReturnDocument.AFTER, session=session
        )

    try:
        stored = acts.recorded("moderation.settings", "settings:moderation", staff_id, write, after=changes)
    except DuplicateKeyError:
        stored = None
    if stored is None:
        raise PreconditionFailed
    _settings = (0.0, {})
    return moderation_settings()


# --- writing ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Admission:
    """How a text enters: seen at once, or held until a moderator looked."""

    visibility: Visibility
    because: tuple[str, ...] = ()


def admit(kind: str, target_id: str, person_id: str, texts: dict[str, str], *, now: datetime) -> Admission:
    """Look at what a person is about to post, before it is stored under `target_id`.

    Raises: TooManyPosts (proposals.too-many-posts, 429).
    """
    trust = trust_of(person_id, now=now)
    _within_rate(kind, person_id, trust, now)
    whole = "\n".join(texts.values())
    flood_id, is_own_flood = _remember(kind, target_id, person_id, whole, now)
    held_for = ["new_member_link"] if trust is Trust.NEW and markdown.has_link(whole) else []
    if is_own_flood:
        held_for.append("repeated")
    if held_for or flood_id:
        _open_case(kind, target_id, person_id, texts, [*held_for, *(["flood"] if flood_id else [])], now, flood_id=flood_id)
    _of(Standing).update_one({"_id": person_id}, {"$inc": {"posted_count": 1}, "$min": {"first_posted_at": now}}, upsert=True)
    return Admission(Visibility.HELD if held_for else Visibility.PUBLIC, tuple(held_for))


def trust_of(person_id: str, *, now: datetime) -> Trust:
    """Give a person's trust."""
    stored = _of(Standing).find_one({"_id": person_id}) or {}
    record = rules.Record(stored.get("posted_count", 0), stored.get("hidden_count", 0), stored.get("first_posted_at"))
    return rules.trust_of(record, now=now)


def _within_rate(kind: str, person_id: str, trust: Trust, now: datetime) -> None:
    allowed = rules.RATES[trust][kind]
    recent = {"person_id": person_id, "kind": kind, "at": {"$gt": now - rules.RATE_WINDOW}}
    times = [found["at"] for found in _of(Fingerprint).find(recent, {"at": 1}).sort("at", -1).limit(allowed)]
    wait_s = rules.retry_after_s(times, allowed, now=now)
    if wait_s is not None:
        raise errors.TooManyPosts(retry_after_s=wait_s, headers={"Retry-After": str(wait_s)})


def _remember(kind: str, target_id: str, person_id: str, text: str, now: datetime) -> tuple[str | None, bool]:
    """Keep a text's fingerprint.

    Returns: the flood it belongs to, if it does, and whether this person alone wrote that many. Only then is it held:
    many people who send the same text may be a campaign, which a moderator judges as one, with the texts in sight.
    """
    signature = shingles.signature(text)
    keys = shingles.bands(signature)
    near = []
    if keys:
        alike = {"bands": {"$in": keys}, "at": {"$gt": now - rules.FLOOD_WINDOW}}
        near = [
            found
            for found in _of(Fingerprint).find(alike, {"signature": 1, "flood_id": 1, "person_id": 1}).sort("at", -1).limit(200)
            if shingles.likeness(signature, found["signature"]) >= shingles.NEAR
        ]
    flood_id = None
    if len(near) + 1 >= rules.FLOOD_SIZE:
        flood_id = next((found["flood_id"] for found in near if found.get("flood_id")), None) or new_id()
        _gather_flood([found["_id"] for found in near if not found.get("flood_id")], flood_id, now)
    fingerprint = {"_id": f"{kind}:{target_id}", "person_id": person_id, "kind": kind, "at": now, "flood_id": flood_id}
    _of(Fingerprint).replace_one({"_id": fingerprint["_id"]}, fingerprint | {"signature": signature, "bands": keys}, upsert=True)
    return flood_id, sum(found["person_id"] == person_id for found in near) + 1 >= rules.FLOOD_SIZE


def _gather_flood(refs: list[str], flood_id: str, now: datetime) -> None:
    """Put the earlier texts of a flood into the queue beside the new one; they stay visible until somebody decides."""
    _of(Fingerprint).update_many({"_id": {"$in": refs}}, {"$set": {"flood_id": flood_id}})
    for ref in refs:
        kind, _, target_id = ref.partition(":")
        document = targets.load(kind, target_id)
        if document:
            _open_case(
                kind, target_id, document.get("author_id"), targets.texts(kind, document), ["flood"], now, flood_id=flood_id
            )


def _open_case(
    kind: str,
    target_id: str,
    author_id: str | None,
    texts: dict[str, str],
    because: list[str],
    now: datetime,
    *,
    flood_id: str | None = None,
    changes: dict[str, Any] | None = None,
    version: int = 1,
) -> dict[str, Any]:
    """Open a case or add to the open one; the snapshot is of the first time."""
    fresh = {
        "kind": kind,
        "target_id": target_id,
        "author_id": author_id,
        "opened_at": now,
        "state": "open",
        **_snapshot(texts, version, now),
        "hints": rules.word_hints("\n".join(texts.values()), moderation_settings()["words"]),
    }
    settled = dict(changes or {})
    marks = [*(f"because:{why}" for why in because), *(f"reason:{code}" for code in settled.get("reasons", ()))]
    update: dict[str, Any] = {
        "$setOnInsert": fresh,
        "$addToSet": {"because": {"$each": because}, "marks": {"$each": marks}},
    }
    if flood_id:
        settled["flood_id"] = flood_id
    if settled:
        update["$set"] = settled
    case: dict[str, Any] = _of(Case).find_one_and_update(
        {"_id": f"{kind}:{target_id}"}, update, upsert=True, return_document=ReturnDocument.AFTER
    )
    return case


def _snapshot(texts: dict[str, str], version: int, now: datetime) -> dict[str, Any]:
    """Keep a text as it stands, with the terms by which the queue is searched."""
    return {"snapshot": {**texts, "at": now, "version": version}, "terms": similarity.index_terms("\n".join(texts.values()))}


# --- reporting -------------------------------------------------------------------------------------------------------


def report(kind: str, target_id: str, person_id: str, reason: Reason, note: str, *, now: datetime) -> dict[str, Any]:
    """Report a text, once per person; at the configured number it is held until a moderator decides.

    Raises: TargetNotFound (404), OwnText (409).
    """
    document = targets.load(kind, target_id)
    if document is None or not targets.TARGETS[kind].is_seen_by(document, person_id):
        raise errors.TargetNotFound
    if person_id == document.get("author_id"):
        raise errors.OwnText
    ref = f"{kind}:{target_id}"
    stored = {"_id": f"{ref}:{person_id}", "person_id": person_id, "reason": reason.value, "note": note, "at": now}
    try:
        _of(Report).insert_one(stored)
    except DuplicateKeyError:
        return {"is_new": False}
    _count_reports(kind, target_id, document, now)
    log.event("proposals.reported", target=ref, reason=reason.value)
    return {"is_new": True}


def _count_reports(kind: str, target_id: str, document: dict[str, Any], now: datetime) -> None:
    ref = f"{kind}:{target_id}"
    of_this = {"_id": {"$gt": f"{ref}:", "$lt": f"{ref};"}}
    reasons: dict[str, int] = {}
    for found in _of(Report).find(of_this, {"reason": 1}):
        reasons[found["reason"]] = reasons.get(found["reason"], 0) + 1
    counts = {"report_count": sum(reasons.values()), "reasons": reasons}
    texts, version = targets.texts(kind, document), document.get("version", 1)
    case = _open_case(kind, target_id, document.get("author_id"), texts, ["reports"], now, changes=counts, version=version)
    if case["state"] == "decided" and case["decision"]["action"] == "keep" and version > case["decision"]["version"]:
        case = _reopen(case, texts, version, now)
    if case["state"] == "open" and case["report_count"] >= moderation_settings()["auto_hide_at"]:
        told = targets.author_event(kind, target_id, document.get("author_id"), "text_held", now)
        targets.TARGETS[kind].set_visibility(target_id, [Visibility.PUBLIC], Visibility.HELD, told)


def _reopen(case: dict[str, Any], texts: dict[str, str], version: int, now: datetime) -> dict[str, Any]:
    """A text that was kept and then rewritten is a new matter."""
    changes = {"state": "open", "opened_at": now, **_snapshot(texts, version, now)}
    reopened: dict[str, Any] | None = _of(Case).find_one_and_update(
        {"_id": case["_id"], "state": "decided"},
        {"$set": changes, "$push": {"history": case["decision"]}, "$unset": {"decision": ""}},
        return_document=ReturnDocument.AFTER,
    )
    return reopened or case


# --- the queue -------------------------------------------------------------------------------------------------------


def open_reports(
    *,
    after: str | None = None,
    limit: int = 20,
    kind: str | None = None,
    mark: str | None = None,
    q: str | None = None,
    state: str = "open",
) -> tuple[list[dict[str, Any]], str | None]:
    """List cases, the longest waiting first, each with the text as reported and as it is now.

    Args: mark: why it is in the queue: one of `rules.MARKS`; q: words that the text as reported must have.
    """
    condition = _matching({"kind": kind, "mark": mark, "q": q}, state)
    cases, following = keyset_page(_of(Case), condition, sort=[("opened_at", 1), ("_id", 1)], after=after, limit=limit)
    return _with_present(cases), following


def _matching(wanted: Mapping[str, str | None], state: str = "open") -> dict[str, Any]:
    names = {"kind": "kind", "mark": "marks"}
    condition: dict[str, Any] = {"state": state} | {names[key]: wanted[key] for key in names if wanted.get(key)}
    if words := wanted.get("q"):
        alternatives = [{"terms": {"$in": terms}} for terms in similarity.search_terms(words)]
        condition["$and"] = alternatives or [{"terms": {"$in": []}}]  # marks alone find nothing
    return condition


def count_open(wanted: Mapping[str, str | None]) -> int:
    """Count the open cases that a search by `kind`, `mark` and words (`q`) finds, up to `FOUND_MAX`."""
    return _of(Case).count_documents(_matching(wanted), limit=FOUND_MAX)


def find_open(wanted: Mapping[str, str | None], count: int) -> list[str]:
    """Name the open cases that a search finds, at most `FOUND_MAX`, the longest waiting first, to be decided as one.

    Args: count: how many the moderator saw it find.
    Raises: CasesChanged (proposals.cases-changed, 409) when it finds another number now.
    """
    found = count_open(wanted)
    if found != count:
        raise errors.CasesChanged(count=found)
    return [case["_id"] for case in _of(Case).find(_matching(wanted), {"_id": 1}).sort("opened_at", 1).limit(FOUND_MAX)]


def open_behind(case_id: str, *, limit: int) -> list[dict[str, Any]]:
    """List the cases that wait behind this one in the queue; for an unknown one, from the queue's head."""
    here = _of(Case).find_one({"_id": case_id}, {"opened_at": 1}) if case_id else None
    order = [("opened_at", 1), ("_id", 1)]
    condition: dict[str, Any] = {"state": "open"}
    if here:
        later = {"opened_at": {"$gt": here["opened_at"]}}
        condition["$or"] = [later, {"opened_at": here["opened_at"], "_id": {"$gt": case_id}}]
    return list(_of(Case).find(condition).sort(order).limit(limit))


def open_appeals(*, after: str | None = None, limit: int = 20) -> tuple[list[dict[str, Any]], str | None]:
    """List appeals that wait, the oldest first."""
    order = [("appeal.at", 1), ("_id", 1)]
    cases, following = keyset_page(_of(Case), {"appeal.state": "open"}, sort=order, after=after, limit=limit)
    return _with_present(cases), following


def get_case(case_id: str) -> dict[str, Any]:
    """Load one case with its text as it is now.

    Raises: CaseNotFound (404).
    """
    case = _of(Case).find_one({"_id": case_id})
    if case is None:
        raise errors.CaseNotFound
    return _with_present([case])[0]


def _with_present(cases: list[dict[str, Any]]) -> list[dict[str, Any]]:
    by_kind: dict[str, list[str]] = {}
    for case in cases:
        by_kind.setdefault(case["kind"], []).append(case["target_id"])
    present = {(kind, ref): found for kind, ids in by_kind.items() for ref, found in targets.TARGETS[kind].load_many(ids).items()}
    for case in cases:
        document = present.get((case["kind"], case["target_id"]))
        case["present"] = targets.texts(case["kind"], document) if document else None
        case["visibility"] = document["visibility"] if document else None
    return cases


def find_flood(flood_id: str) -> list[dict[str, Any]]:
    """List the open cases of one flood."""
    return _with_present(list(_of(Case).find({"flood_id": flood_id, "state": "open"}).limit(1000)))


# --- deciding --------------------------------------------------------------------------------------------------------


def decide(case_id: str, action: str, reason: str, staff_id: str, *, now: datetime) -> dict[str, Any]:
    """Hide or keep a questioned text; the author reads the reason.

    Args: action: "hide" or "keep".
    Raises: CaseNotFound (404), CaseDecided (proposals.case-decided, 409).
    """
    case = get_case(case_id)
    return _settle(case, {"state": "open"}, action, reason, staff_id, now)


def revise(case_id: str, action: str, reason: str, staff_id: str, *, now: datetime) -> dict[str, Any]:
    """Take a decision back or change it, as long as no appeal stands; the earlier one stays in the history.

    Raises: CaseNotFound (404), CaseDecided (409) when an appeal was made or somebody else was quicker.
    """
    case = get_case(case_id)
    if case["state"] != "decided":
        raise errors.CaseDecided
    expected = {"state": "decided", "appeal": {"$exists": False}, "decision.at": case["decision"]["at"]}
    return _settle(case, expected, action, reason, staff_id, now)


def hide(kind: str, target_id: str, reason: str, staff_id: str, *, now: datetime) -> dict[str, Any]:
    """Hide a text that nobody reported yet.

    Raises: TargetNotFound (404), CaseDecided (409).
    """
    document = targets.load(kind, target_id)
    if document is None or document["visibility"] == "draft":
        raise errors.TargetNotFound
    version = document.get("version", 1)
    texts = targets.texts(kind, document)
    case = _open_case(kind, target_id, document.get("author_id"), texts, ["staff"], now, version=version)
    if case["state"] == "decided" and case["decision"]["action"] == "keep":
        return revise(case["_id"], "hide", reason, staff_id, now=now)
    return decide(case["_id"], "hide", reason, staff_id, now=now)


def decide_many(case_ids: list[str], action: str, reason: str, staff_id: str, *, now: datetime) -> dict[str, list[str]]:
    """Decide several cases alike; cases that somebody decided meanwhile are told apart, not decided again."""
    done: dict[str, list[str]] = {"decided": [], "skipped": []}
    for case_id in dict.fromkeys(case_ids):
        try:
            decide(case_id, action, reason, staff_id, now=now)
            done["decided"].append(case_id)
        except (errors.CaseDecided, errors.CaseNotFound):
            done["skipped"].append(case_id)
    return done


def revise_many(case_ids: list[str], action: str, reason: str, staff_id: str, *, now: datetime) -> dict[str, list[str]]:
    """Take several decisions back alike; those that stand otherwise, or are appealed, are told apart."""
    done: dict[str, list[str]] = {"decided": [], "skipped": []}
    for case_id in dict.fromkeys(case_ids):
        try:
            if get_case(case_id).get("decision", {}).get("action") == action:
                raise errors.CaseDecided
            revise(case_id, action, reason, staff_id, now=now)
            done["decided"].append(case_id)
        except (errors.CaseDecided, errors.CaseNotFound):
            done["skipped"].append(case_id)
    return done


def decided_by(case_ids: list[str], staff_id: str, action: str, *, since: datetime) -> set[str]:
    """Tell which of these cases a staff member decided so since a moment."""
    ours = {"_id": {"$in": case_ids}, "decision.by": staff_id, "decision.action": action, "decision.at": {"$gte": since}}
    return {case["_id"] for case in _of(Case).find(ours, {"_id": 1})}


def decide_flood(flood_id: str, action: str, reason: str, staff_id: str, *, now: datetime) -> dict[str, list[str]]:
    """Decide a flood as one."""
    return decide_many([case["_id"] for case in find_flood(flood_id)], action, reason, staff_id, now=now)


def _settle(
    case: dict[str, Any], expected: dict[str, Any], action: str, reason: str, staff_id: str, now: datetime
) -> dict[str, Any]:
    document = targets.load(case["kind"], case["target_id"])
    version = document.get("version", 1) + 1 if document else 1
    decision = {"action": action, "reason": reason, "by": staff_id, "at": now, "version": version}
    changes = {
        "$set": {"state": "decided", "decision": decision, "unapplied": {"at": now, "action": action}},
        "$push": {"history": decision},
    }
    settled = _record(case, expected, changes, f"moderation.{action}", staff_id, reason)
    if settled is None:
        raise errors.CaseDecided
    _apply(settled)
    log.event("proposals.case_decided", case_id=case["_id"], action=action, staff_id=staff_id)
    return get_case(case["_id"])


def _record(
    case: dict[str, Any], expected: dict[str, Any], changes: dict[str, Any], action: str, staff_id: str, reason: str
) -> dict[str, Any] | None:
    """Write a decision together with its entry in the audit log, if the case is still as expected."""

    def write(session: ClientSession) -> dict[str, Any] | None:
        return _of(Case).find_one_and_update(
            {"_id": case["_id"], **expected}, changes, return_document=ReturnDocument.AFTER, session=session
        )

    # The text itself stays in the case: what is hidden must not be repeated in a log that others read.
    after = {"snapshot_version": case["snapshot"].get("version")}
    return acts.recorded(action, case["_id"], staff_id, write, reason=reason, after=after, person_id=case.get("author_id"))


def _apply(case: dict[str, Any]) -> None:
    """Bring a decided case's effect to its text; safe to repeat."""
    decision, to = case["decision"], HIDDEN_BY[case["unapplied"]["action"]]
    was = [Visibility.PUBLIC, Visibility.HELD] if to is Visibility.HIDDEN else [Visibility.HELD, Visibility.HIDDEN]
    what = "text_hidden" if to is Visibility.HIDDEN else "text_kept"
    told = targets.author_event(
        case["kind"],
        case["target_id"],
        case.get("author_id"),
        what,
        decision["at"],
        reason=decision["reason"],
        case_id=case["_id"],
    )
    changed = targets.TARGETS[case["kind"]].set_visibility(case["target_id"], was, to, told)
    if changed and case.get("author_id") and (to is Visibility.HIDDEN or case.get("history", [])[:-1]):
        step = 1 if to is Visibility.HIDDEN else -1
        _of(Standing).update_one({"_id": case["author_id"]}, {"$inc": {"hidden_count": step}}, upsert=True)
    _of(Case).update_one({"_id": case["_id"], "unapplied.at": case["unapplied"]["at"]}, {"$unset": {"unapplied": ""}})
    events.announce()


def finish_decisions() -> int:
    """Apply decisions whose process died between the case and its text. Returns how many."""
    waiting = list(_of(Case).find({"unapplied.at": {"$exists": True}}).limit(200))
    for case in waiting:
        _apply(case)
    return len(waiting)


# --- appeals ---------------------------------------------------------------------------------------------------------


def appeal(kind: str, target_id: str, person_id: str, text: str, *, now: datetime) -> dict[str, Any]:
    """Ask that somebody else looks at the hiding of one's own text, once.

    Raises: NothingToAppeal (proposals.nothing-to-appeal, 409).
    """
    case = _of(Case).find_one({"_id": f"{kind}:{target_id}", "author_id": person_id})
    decided = case and case["state"] == "decided" and case["decision"]["action"] == "hide"
    if not case or not decided or not rules.appeal_is_open(case["decision"]["at"], now=now):
        raise errors.NothingToAppeal
    lodged = _of(Case).find_one_and_update(
        {"_id": case["_id"], "state": "decided", "decision.at": case["decision"]["at"], "appeal": {"$exists": False}},
        {"$set": {"appeal": {"state": "open", "text": text, "at": now}}},
        return_document=ReturnDocument.AFTER,
    )
    if lodged is None:
        raise errors.NothingToAppeal
    return lodged


def decide_appeal(case_id: str, outcome: str, reason: str, staff_id: str, *, now: datetime) -> dict[str, Any]:
    """Uphold or reverse a hiding, by another staff member than the one who decided it.

    Args: outcome: "upheld" or "reversed".
    Raises: CaseNotFound (404), SameModerator (proposals.same-moderator, 403), CaseDecided (409).
    """
    case = get_case(case_id)
    if not case.get("appeal") or case["appeal"]["state"] != "open":
        raise errors.CaseDecided
    if not rules.may_decide_appeal(case["decision"]["by"], staff_id):
        raise errors.SameModerator
    answered = {
        "appeal.state": "decided",
        "appeal.outcome": outcome,
        "appeal.reason": reason,
        "appeal.by": staff_id,
        "appeal.decided_at": now,
    }
    kept = {"action": "keep", "reason": reason, "by": staff_id, "at": now, "version": case["decision"]["version"] + 1}
    changes: dict[str, Any] = {"$set": answered}
    if outcome == "reversed":
        changes["$set"] |= {"decision": kept, "unapplied": {"at": now, "action": "keep"}}
        changes["$push"] = {"history": kept}
    elif case.get("author_id"):
        told = targets.author_event(
            case["kind"], case["target_id"], case["author_id"], "appeal_upheld", now, reason=reason, case_id=case_id
        )
        changes["$push"] = events.pushed(told)
    expected = {"appeal.state": "open", "decision.by": {"$ne": staff_id}}
    settled = _record(case, expected, changes, f"moderation.appeal_{outcome}", staff_id, reason)
    if settled is None:
        raise errors.CaseDecided
    if settled.get("unapplied"):
        _apply(settled)
    events.announce()
    return get_case(case_id)


# --- what a person reads ---------------------------------------------------------------------------------------------


def cases_of_author(person_id: str, *, after: str | None, limit: int) -> tuple[list[dict[str, Any]], str | None]:
    """List what was decided about a person's own texts, the latest first."""
    order = [("opened_at", -1), ("_id", -1)]
    return keyset_page(_of(Case), {"author_id": person_id}, sort=order, after=after, limit=limit)


def standing_of(person_id: str, *, now: datetime) -> dict[str, Any]:
    """Give a person's trust and what it rests on, for staff."""
    stored = _of(Standing).find_one({"_id": person_id}) or {}
    return {
        "trust": trust_of(person_id, now=now).name.lower(),
        "posted_count": stored.get("posted_count", 0),
        "hidden_count": stored.get("hidden_count", 0),
        "first_posted_at": stored.get("first_posted_at"),
    }
