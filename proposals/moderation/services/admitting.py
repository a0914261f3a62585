"""Look at a text before it is stored: rate by trust, links of new members, floods."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mvoting.core.ids import new_id
from proposals import links, shingles
from proposals.moderation import errors, rules, targets
from proposals.moderation.rules import Trust
from proposals.moderation.services import cases, collections
from proposals.visibility import Visibility


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
    return judge(kind, target_id, person_id, texts, trust=trust, now=now)


def judge(kind: str, target_id: str, person_id: str, texts: dict[str, str], *, trust: Trust, now: datetime) -> Admission:
    """Look at a text's links and at what is like it, remember it, and open a case where a moderator has to look; twice is once."""
    whole = "\n".join(texts.values())
    flood_id, is_own_flood = _remember(kind, target_id, person_id, whole, now)
    held_for = ["new_member_link"] if trust is Trust.NEW and links.has_link(whole) else []
    if is_own_flood:
        held_for.append("repeated")
    if held_for or flood_id:
        cases.open_case(kind, target_id, person_id, texts, [*held_for, *(["flood"] if flood_id else [])], now, flood_id=flood_id)
    return Admission(Visibility.HELD if held_for else Visibility.PUBLIC, tuple(held_for))


def remember(kind: str, target_id: str, person_id: str, texts: dict[str, str], *, now: datetime) -> None:
    """Remember a text that is not judged, so that a flood of which it is a part is found; twice is once."""
    _remember(kind, target_id, person_id, "\n".join(texts.values()), now)


def must_be_held(kind: str, target_id: str, person_id: str, texts: dict[str, str], version: int, *, now: datetime) -> bool:
    """Look at what somebody makes of a text that everybody sees: rewriting is no way around the first look.

    Args: version: the one that the rewritten text will have.
    """
    admission = judge(kind, target_id, person_id, texts, trust=trust_of(person_id, now=now), now=now)
    if admission.visibility is Visibility.PUBLIC:
        return False
    kept = collections.cases().find_one({"_id": f"{kind}:{target_id}", "state": "decided"})
    if kept is not None:
        cases.reopen(kept, texts, version, now)
    return True


def trust_of(person_id: str, *, now: datetime) -> Trust:
    """Give a person's trust."""
    stored = collections.standings().find_one({"_id": person_id}) or {}
    record = rules.Record(stored.get("posted_count", 0), stored.get("hidden_count", 0), stored.get("first_posted_at"))
    return rules.trust_of(record, now=now)


def _within_rate(kind: str, person_id: str, trust: Trust, now: datetime) -> None:
    allowed = rules.RATES[trust][kind]
    recent = {"person_id": person_id, "kind": kind, "at": {"$gt": now - rules.RATE_WINDOW}}
    times = [found["at"] for found in collections.fingerprints().find(recent, {"at": 1}).sort("at", -1).limit(allowed)]
    wait_s = rules.retry_after_s(times, allowed, now=now)
    if wait_s is not None:
        raise errors.TooManyPosts(retry_after_s=wait_s, headers={"Retry-After": str(wait_s)})


def _remember(kind: str, target_id: str, person_id: str, text: str, now: datetime) -> tuple[str | None, bool]:
    """Keep a text's fingerprint, and count the text for its author when it is the first time.

    Returns: the flood it belongs to, if it does, and whether this person alone wrote that many. Only then is it held:
    many people who send the same text may be a campaign, which a moderator judges as one, with the texts in sight.
    """
    ref = f"{kind}:{target_id}"
    signature = shingles.signature(text)
    keys = shingles.bands(signature)
    near = []
    if keys:
        alike = {"bands": {"$in": keys}, "at": {"$gt": now - rules.FLOOD_WINDOW}, "_id": {"$ne": ref}}
        near = [
            found
            for found in collections.fingerprints()
            .find(alike, {"signature": 1, "flood_id": 1, "person_id": 1})
            .sort("at", -1)
            .limit(200)
            if shingles.likeness(signature, found["signature"]) >= shingles.NEAR
        ]
    flood_id = None
    if len(near) + 1 >= rules.FLOOD_SIZE:
        flood_id = next((found["flood_id"] for found in near if found.get("flood_id")), None) or new_id()
        _gather_flood([found["_id"] for found in near if not found.get("flood_id")], flood_id, now)
    fingerprint = {"_id": ref, "person_id": person_id, "kind": kind, "at": now, "flood_id": flood_id}
    fingerprint |= {"signature": signature, "bands": keys}
    if collections.fingerprints().replace_one({"_id": ref}, fingerprint, upsert=True).matched_count == 0:
        posted = {"$inc": {"posted_count": 1}, "$min": {"first_posted_at": now}}
        collections.standings().update_one({"_id": person_id}, posted, upsert=True)
    return flood_id, sum(found["person_id"] == person_id for found in near) + 1 >= rules.FLOOD_SIZE


def _gather_flood(refs: list[str], flood_id: str, now: datetime) -> None:
    """Put the earlier texts of a flood into the queue beside the new one; they stay visible until somebody decides."""
    collections.fingerprints().update_many({"_id": {"$in": refs}}, {"$set": {"flood_id": flood_id}})
    for ref in refs:
        kind, _, target_id = ref.partition(":")
        document = targets.load(kind, target_id)
        if document:
            cases.open_case(
                kind, target_id, document.get("author_id"), targets.texts(kind, document), ["flood"], now, flood_id=flood_id
            )


def standing_of(person_id: str, *, now: datetime) -> dict[str, Any]:
    """Give a person's trust and what it rests on, for staff."""
    stored = collections.standings().find_one({"_id": person_id}) or {}
    return {
        "trust": trust_of(person_id, now=now).name.lower(),
        "posted_count": stored.get("posted_count", 0),
        "hidden_count": stored.get("hidden_count", 0),
        "first_posted_at": stored.get("first_posted_at"),
    }
