"""Raising an idea: drafts, edits, photos, submission."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from pymongo import ReturnDocument, UpdateOne

from mvoting.core import log, storage, upgrade
from mvoting.core.ids import new_id
from mvoting.core.pagination import keyset_page
from mvoting.core.problems import PreconditionFailed
from proposals import events, markdown, ranking, similarity
from proposals.ideas import errors, rules
from proposals.ideas.pipeline import Event, Role, State, next_state
from proposals.ideas.services.collections import follows, ideas, term_counts
from proposals.ideas.services.programmes import programme
from proposals.moderation import services as moderation
from proposals.moderation.errors import TooManyPosts
from proposals.visibility import PUBLIC, Visibility

CONTENT = ("title", "body", "category", "district", "point", "programme_id", "photos")


def save_draft(content: dict[str, Any], person_id: str, *, now: datetime) -> dict[str, Any]:
    """Keep a draft; only its author (and accepted co-authors) see it.

    Raises: ProgrammeNotFound (422).
    """
    idea = {
        "_id": new_id(),
        "title": "",
        "body": "",
        "programme_id": "democracy-seoul",
        "photos": [],
        **{key: content[key] for key in CONTENT if content.get(key) is not None},
        "state": State.DRAFT.value,
        "visibility": Visibility.DRAFT.value,
        "author_id": person_id,
        "coauthor_ids": [],
        **{key: [] for key in ("reached", "promises", "answers", "milestones", "timeline", "merged_from", "outbox")},
        "endorsement_count": 0,
        "addition_count": 0,
        "created_at": now,
        "updated_at": now,
        "version": 1,
    }
    idea["pipeline"] = programme(idea["programme_id"])["pipeline"]
    idea["summary"] = markdown.summary_of(idea["body"])
    storage.use_pictures(idea["photos"], person_id)
    ideas().insert_one(idea)
    return idea


def raise_idea(content: dict[str, Any], person_id: str, *, now: datetime) -> dict[str, Any]:
    """Write and submit an idea in one go.

    Raises: ProgrammeNotFound (422), IdeaIncomplete (422), TooManyPosts (429).
    """
    if not rules.is_complete(content["title"], content["body"]):
        raise errors.IdeaIncomplete
    draft = save_draft(content, person_id, now=now)
    try:
        return submit(draft["_id"], person_id, now=now)
    except TooManyPosts:
        ideas().delete_one({"_id": draft["_id"], "state": State.DRAFT})
        raise


def submit(idea_id: str, person_id: str, *, now: datetime) -> dict[str, Any]:
    """Publish a draft; from then on it collects endorsements under its programme's present thresholds.

    Raises: IdeaNotFound (404), NotYours (403), IdeaIncomplete (422), MoveNotAllowed (409), TooManyPosts (429).
    """
    idea = own_idea(idea_id, person_id)
    to = next_state(idea["pipeline"], State(idea["state"]), Event.SUBMIT, Role.AUTHOR)
    if to is None:
        raise errors.MoveNotAllowed(state=idea["state"])
    if not rules.is_complete(idea["title"], idea["body"]):
        raise errors.IdeaIncomplete
    texts = {"title": idea["title"], "body": idea["body"]}
    admission = moderation.admit("idea", idea_id, person_id, texts, now=now)
    published = _published(idea, now) | {"state": to.value, "visibility": admission.visibility.value}
    told = events.entry("idea_published", ("idea", idea_id), now, to=("district", idea.get("district") or ""))
    line = timeline_entry(Event.SUBMIT, State.DRAFT, to, Role.AUTHOR, now)
    submitted = ideas().find_one_and_update(
        {"_id": idea_id, "state": idea["state"], "version": idea["version"]},
        {"$set": published, "$inc": {"version": 1}, "$push": {"timeline": line, **events.pushed([told])}},
        return_document=ReturnDocument.AFTER,
    )
    if submitted is None:
        raise PreconditionFailed
    if admission.visibility is Visibility.HELD:
        storage.hide_pictures(submitted["photos"], hidden=True)
    follow(idea_id, person_id, now=now)
    _count_terms(published["title_terms"])
    log.event("proposals.idea_submitted", idea_id=idea_id)
    events.announce()
    return submitted


def _published(idea: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """Give what an idea has from its publication on: its programme's rules as they are now, its rank, what finds it."""
    rules_now = programme(idea["programme_id"])
    first_count = rules.endorsement_thresholds(rules_now["thresholds"])[0]["count"]
    return {
        "pipeline": rules_now["pipeline"],
        "thresholds": rules_now["thresholds"],
        "published_at": now,
        "updated_at": now,
        "closes_at": now + timedelta(days=rules_now["collecting_days"]),
        "to_threshold": first_count,
        "ranked_missing": first_count,
        "ranked_count": 0,
        "hot": ranking.hot(0, now),
        "next_threshold": rules.next_threshold(rules_now["thresholds"], []),
        **_found_by(idea),
        "body_html": markdown.stored(idea["body"]),
    }


def timeline_entry(event: str, was: State, to: State, role: Role, now: datetime, **facts: Any) -> dict[str, Any]:
    """Make a line of the public timeline."""
    return {"at": now, "event": str(event), "from": was.value, "to": to.value, "by": role.value, **facts}


def _found_by(idea: Mapping[str, Any]) -> dict[str, Any]:
    """Give what search and the comparison with other ideas go by."""
    return {
        "terms": similarity.index_terms(f"{idea['title']}\n{idea['body']}"),
        "title_terms": similarity.index_terms(idea["title"]),
        "title_grams": " ".join(sorted(similarity.grams(idea["title"]))),
    }


def _count_terms(terms: list[str]) -> None:
    """Keep the rough term frequencies; a lost update only makes similar ideas a little harder to find."""
    if terms:
        term_counts().bulk_write([UpdateOne({"_id": term}, {"$inc": {"n": 1}}, upsert=True) for term in terms], ordered=False)


def fill_title_terms() -> Iterator[list[dict[str, Any]]]:
    """Let ideas that an earlier release stored be found as similar ones (`python -m mvoting upgrade`)."""
    among = {"state": {"$ne": State.DRAFT}, "title": {"$exists": True}, "body": {"$exists": True}}
    for made in upgrade.fill(ideas(), "title_terms", among, ["title", "body"], _found_by):
        _count_terms([term for found_by in made for term in found_by["title_terms"]])
        yield made


def own_idea(idea_id: str, person_id: str) -> dict[str, Any]:
    """Load an idea of which this person is the author.

    Raises: IdeaNotFound (404), NotYours (403).
    """
    idea = ideas().find_one({"_id": idea_id})
    if idea is None or (idea["visibility"] == Visibility.DRAFT and person_id not in (idea["author_id"], *idea["coauthor_ids"])):
        raise errors.IdeaNotFound
    if idea["author_id"] != person_id:
        raise errors.NotYours
    return idea


def edit(idea_id: str, person_id: str, content: dict[str, Any], version: int, *, now: datetime) -> dict[str, Any]:
    """Change a draft, or an idea that nobody has endorsed yet; author and accepted co-authors may.

    Raises: IdeaNotFound (404), NotYours (403), TextFixed (409), IdeaIncomplete (422), PreconditionFailed (412).
    """
    idea = ideas().find_one({"_id": idea_id})
    if idea is None or idea["visibility"] == Visibility.HIDDEN:
        raise errors.IdeaNotFound
    if person_id not in (idea["author_id"], *idea["coauthor_ids"]):
        raise errors.NotYours if idea["visibility"] == Visibility.PUBLIC else errors.IdeaNotFound
    if rules.text_is_fixed(idea):
        raise errors.TextFixed
    if idea["version"] != version:
        raise PreconditionFailed
    changed = {key: content[key] for key in CONTENT if key in content}
    if "photos" in changed:
        storage.use_pictures([photo for photo in changed["photos"] if photo not in idea["photos"]], person_id)
    if "body" in changed:
        changed["summary"] = markdown.summary_of(changed["body"])
    if idea["state"] == State.DRAFT:
        changed |= {"pipeline": programme(changed["programme_id"])["pipeline"]} if "programme_id" in changed else {}
    else:
        changed = _rewritten(idea, changed, person_id, now)
    unset = {key: "" for key, value in changed.items() if value is None}
    update: dict[str, Any] = {
        "$set": {key: value for key, value in changed.items() if value is not None} | {"updated_at": now},
        "$inc": {"version": 1},
    }
    if unset:
        update["$unset"] = unset
    edited = ideas().find_one_and_update(
        {"_id": idea_id, "version": version, "endorsement_count": 0, "state": idea["state"]},
        update,
        return_document=ReturnDocument.AFTER,
    )
    if edited is None:
        raise PreconditionFailed
    unseen = edited["photos"] if edited["visibility"] == Visibility.HELD else []
    storage.hide_pictures([photo for photo in idea["photos"] if photo not in edited["photos"]] + unseen, hidden=True)
    _count_terms([term for term in edited.get("title_terms", []) if term not in idea.get("title_terms", [])])
    return edited


def _rewritten(idea: dict[str, Any], changed: dict[str, Any], person_id: str, now: datetime) -> dict[str, Any]:
    """Give what changes of an idea that stands already. Its text is looked at as a new one is, and may be held.

    Raises: IdeaIncomplete (422).
    """
    changed = {key: value for key, value in changed.items() if key != "programme_id"}
    whole = idea | changed
    if not rules.is_complete(whole["title"], whole["body"]):
        raise errors.IdeaIncomplete
    changed |= _found_by(whole) | {"body_html": markdown.stored(whole["body"])}
    texts = {"title": whole["title"], "body": whole["body"]}
    is_same = texts == {name: idea[name] for name in texts}
    if idea["visibility"] != Visibility.PUBLIC or is_same:
        return changed
    if moderation.must_be_held("idea", idea["_id"], person_id, texts, idea["version"] + 1, now=now):
        changed["visibility"] = Visibility.HELD.value
    return changed


def drop_draft(idea_id: str, person_id: str) -> None:
    """Delete a draft for good; nobody sees its photos any more.

    Raises: IdeaNotFound (404), NotYours (403), MoveNotAllowed (409).
    """
    idea = own_idea(idea_id, person_id)
    if not ideas().delete_one({"_id": idea_id, "state": State.DRAFT}).deleted_count:
        raise errors.MoveNotAllowed(state=idea["state"])
    storage.hide_pictures(idea["photos"], hidden=True)


def ideas_of(person_id: str, *, after: str | None, limit: int) -> tuple[list[dict[str, Any]], str | None]:
    """List a person's own ideas, drafts and hidden ones too, the latest first."""
    order = [("created_at", -1), ("_id", -1)]
    return keyset_page(ideas(), {"author_id": person_id}, sort=order, after=after, limit=limit)


def follow(subject_id: str, person_id: str, *, now: datetime) -> None:
    """Have a person told of what happens to an idea or a debate; twice is once."""
    follows().update_one({"_id": f"{subject_id}:{person_id}"}, {"$setOnInsert": {"person_id": person_id, "at": now}}, upsert=True)


def unfollow(subject_id: str, person_id: str) -> None:
    """Stop telling a person."""
    follows().delete_one({"_id": f"{subject_id}:{person_id}"})


def is_listed(idea_id: str) -> bool:
    """Tell whether everybody sees the idea."""
    return ideas().find_one({"_id": idea_id, **PUBLIC}, {"_id": 1}) is not None
