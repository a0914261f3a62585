"""Ideas and everything that hangs on them."""

from typing import Any

from mongoengine import BooleanField, DateTimeField, DictField, Document, FloatField, IntField, ListField, PointField, StringField

from proposals.events import OUTBOX_INDEX

PUBLIC_ONLY = {"visibility": "public"}


def listed(*keys: str) -> dict[str, Any]:
    """An index of lists that everybody sees."""
    return {"fields": [*keys, "-id"], "partialFilterExpression": PUBLIC_ONLY}


class StoredProgramme(Document):
    """A programme as administrators changed it; the seeded ones stand in the code until then."""

    id = StringField(primary_key=True)
    content = DictField(required=True)
    version = IntField(required=True)
    changed_by = StringField()
    changed_at = DateTimeField()
    meta = {"collection": "idea_programmes", "auto_create_index": False}


class Idea(Document):
    """An idea. Its thresholds are those of its programme on the day it was submitted.

    Endorsing changes no indexed field on purpose, or the database would work out the keys of every index anew, the
    hundred of `terms` too: lists are ordered by `ranked_count` and `ranked_missing`, copies of `endorsement_count` and
    `to_threshold` that a sweep keeps at most ten seconds old.
    `to_threshold` is what is missing to the next threshold of endorsements; `promises` are replies that the city owes,
    with `next_due_at` the earliest still open; `timeline` is public; `settle` names what a sweep still has to do.
    """

    id = StringField(primary_key=True)
    programme_id = StringField(required=True)
    pipeline = StringField(required=True)
    thresholds = ListField(DictField())
    state = StringField(required=True)
    visibility = StringField(required=True)
    author_id = StringField()
    coauthor_ids = ListField(StringField())
    invitation = DictField()
    title = StringField()
    body = StringField()
    body_html = DictField()
    summary = StringField()
    terms = ListField(StringField())
    title_terms = ListField(StringField())
    title_grams = StringField()  # as one text: hundreds are read to compare, and lists take long to decode
    category = StringField()
    district = StringField()
    point = PointField(auto_index=False)
    photos = ListField(StringField())
    created_at = DateTimeField(required=True)
    updated_at = DateTimeField()
    published_at = DateTimeField()
    closes_at = DateTimeField()
    endorsement_count = IntField(default=0)
    to_threshold = IntField()
    next_threshold = DictField()
    reached = ListField(StringField())
    ranked_count = IntField(default=0)
    ranked_missing = IntField()
    touched_at = DateTimeField()
    hot = FloatField()
    addition_count = IntField(default=0)
    department = StringField()
    promises = ListField(DictField())
    next_due_at = DateTimeField()
    answers = ListField(DictField())
    milestones = ListField(DictField())
    timeline = ListField(DictField())
    debate_id = StringField()
    poll_id = StringField()
    merged_into = StringField()
    merged_from = ListField(StringField())
    done_at = DateTimeField()
    is_in_hall_of_fame = BooleanField()
    settle = ListField(StringField())
    version = IntField(default=1)
    outbox = ListField(DictField())
    meta = {
        "collection": "ideas",
        "auto_create_index": False,
        "indexes": [
            listed("-published_at"),
            listed("-hot"),
            listed("-ranked_count"),
            listed("district", "-published_at"),
            listed("district", "-hot"),
            listed("district", "-ranked_count"),
            listed("district", "state", "ranked_missing"),
            listed("category", "-published_at"),
            listed("category", "-hot"),
            listed("category", "-ranked_count"),
            listed("category", "state", "ranked_missing"),
            listed("state", "-published_at"),
            listed("terms", "-published_at"),
            listed("title_terms", "-published_at"),
            listed("state", "ranked_missing"),
            # Not sparse: an index with the id holds every document, since each has one.
            {"fields": ["next_due_at", "id"], "name": "due", "partialFilterExpression": {"next_due_at": {"$exists": True}}},
            {"fields": ["is_in_hall_of_fame", "-done_at", "-id"], "partialFilterExpression": {"is_in_hall_of_fame": True}},
            {"fields": [("point", "2dsphere")], "partialFilterExpression": PUBLIC_ONLY},
            ("author_id", "-created_at", "-id"),
            ("coauthor_ids", "-created_at"),
            ("state", "closes_at"),
            ("department", "state", "next_due_at"),
            {"fields": ["promises.made_at"], "sparse": True},
            {"fields": ["settle"], "sparse": True},
            OUTBOX_INDEX,
        ],
    }


class Endorsement(Document):
    """One person's endorsement of one idea; the id, `idea:person`, allows no second."""

    id = StringField(primary_key=True)
    person_id = StringField(required=True)
    at = DateTimeField(required=True)
    moved_from = StringField()
    meta = {"collection": "idea_endorsements", "auto_create_index": False, "indexes": [("person_id", "-at"), "at"]}


class Follow(Document):
    """That a person wants to hear of an idea or a debate; the id is `subject:person`."""

    id = StringField(primary_key=True)
    person_id = StringField(required=True)
    at = DateTimeField(required=True)
    meta = {"collection": "follows", "auto_create_index": False, "indexes": [("person_id", "-at")]}


class Addition(Document):
    """What somebody adds to an idea (제안 더하기); its author accepts or declines, the credit stays."""

    id = StringField(primary_key=True)
    idea_id = StringField(required=True)
    author_id = StringField()
    body = StringField()
    state = StringField(required=True, choices=("offered", "accepted", "declined"))
    at = DateTimeField(required=True)
    answered_at = DateTimeField()
    visibility = StringField(required=True)
    version = IntField(default=1)
    outbox = ListField(DictField())
    meta = {
        "collection": "idea_additions",
        "auto_create_index": False,
        "indexes": [("idea_id", "-at", "-id"), ("author_id", "-at"), OUTBOX_INDEX],
    }


class Merge(Document):
    """A request to merge one idea into another."""

    id = StringField(primary_key=True)
    from_id = StringField(required=True)
    into_id = StringField(required=True)
    asked_by = DictField(required=True)
    state = StringField(required=True, choices=("offered", "accepted", "declined"))
    at = DateTimeField(required=True)
    answered_at = DateTimeField()
    meta = {
        "collection": "idea_merges",
        "auto_create_index": False,
        "indexes": [("into_id", "state", "-at"), ("from_id", "state", "-at")],
    }


class AnswerDraft(Document):
    """The answer a department is still writing; nobody but staff sees it. The id is the idea's."""

    id = StringField(primary_key=True)
    text = StringField(required=True)
    verdict = StringField(required=True)
    reason = StringField()
    by = StringField(required=True)
    at = DateTimeField(required=True)
    version = IntField(default=1)
    meta = {"collection": "idea_answer_drafts", "auto_create_index": False}


class Department(Document):
    """A department that answers for ideas, and the staff who speak for it. The id is its name."""

    id = StringField(primary_key=True)
    officer_ids = ListField(StringField())
    version = IntField(required=True)
    changed_by = StringField()
    changed_at = DateTimeField()
    meta = {"collection": "idea_departments", "auto_create_index": False, "indexes": ["officer_ids"]}


class TermCount(Document):
    """In how many titles a term stands, roughly: the rarest terms of a text find its neighbours. The id is the term."""

    id = StringField(primary_key=True)
    n = IntField()
    meta = {"collection": "idea_term_counts", "auto_create_index": False}
