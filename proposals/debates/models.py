"""Debates, opinions and who took part."""

from mongoengine import DateTimeField, DictField, Document, FloatField, IntField, ListField, StringField

from proposals.events import OUTBOX_INDEX

SIDES = ("for", "against", "other")
PUBLIC_ONLY = {"visibility": "public"}


class Debate(Document):
    """A topic; open from `opens_at` to `closes_at` by these times alone."""

    id = StringField(primary_key=True)
    title = StringField(required=True)
    body = StringField()
    body_html = DictField()
    sides = StringField(required=True, choices=("sides", "none"))
    needs = StringField(required=True, choices=("member", "resident"))
    opened_by = StringField(required=True, choices=("city", "citizen", "programme"))
    author_id = StringField()
    staff_id = StringField()
    idea_id = StringField()
    category = StringField()
    district = StringField()
    opens_at = DateTimeField(required=True)
    closes_at = DateTimeField(required=True)
    created_at = DateTimeField(required=True)
    visibility = StringField(required=True)
    comment_count = IntField(default=0)
    participant_count = IntField(default=0)
    side_counts = DictField()
    pinned_ids = ListField(StringField())
    summary = DictField()
    told = ListField(StringField())
    version = IntField(default=1)
    outbox = ListField(DictField())
    meta = {
        "collection": "debates",
        "auto_create_index": False,
        "indexes": [
            {"fields": ["-opens_at", "-id"], "partialFilterExpression": PUBLIC_ONLY},
            {"fields": ["closes_at", "id"], "partialFilterExpression": PUBLIC_ONLY},
            {"fields": ["-participant_count", "-id"], "partialFilterExpression": PUBLIC_ONLY},
            "idea_id",
            ("author_id", "-created_at"),
            OUTBOX_INDEX,
        ],
    }


class Comment(Document):
    """An opinion or a reply; `path` is the ids from the opinion down, so that a thread is one range of an index."""

    id = StringField(primary_key=True)
    debate_id = StringField(required=True)
    parent_id = StringField()
    path = StringField(required=True)
    depth = IntField(required=True)
    author_id = StringField()
    official = DictField()
    side = StringField(choices=SIDES)
    body = StringField()
    body_html = DictField()
    up = IntField(default=0)
    down = IntField(default=0)
    best = FloatField(default=0)
    controversial = FloatField(default=0)
    reply_count = IntField(default=0)
    created_at = DateTimeField(required=True)
    edited_at = DateTimeField()
    versions = ListField(DictField())
    visibility = StringField(required=True)
    version = IntField(default=1)
    outbox = ListField(DictField())
    meta = {
        "collection": "comments",
        "auto_create_index": False,
        "indexes": [
            ("debate_id", "depth", "-created_at", "-id"),
            ("debate_id", "depth", "-best", "-id"),
            ("debate_id", "depth", "-controversial", "-id"),
            ("debate_id", "depth", "-reply_count", "-id"),
            ("debate_id", "path"),
            ("author_id", "-created_at", "-id"),
            OUTBOX_INDEX,
        ],
    }


class CommentVote(Document):
    """One person's vote on one opinion; the id is `comment:person`."""

    id = StringField(primary_key=True)
    person_id = StringField(required=True)
    value = IntField(required=True)
    at = DateTimeField(required=True)
    meta = {"collection": "comment_votes", "auto_create_index": False, "indexes": [("person_id", "-at")]}


class Participant(Document):
    """That a person took part in a debate; the id is `debate:person`."""

    id = StringField(primary_key=True)
    person_id = StringField(required=True)
    at = DateTimeField(required=True)
    meta = {"collection": "debate_participants", "auto_create_index": False, "indexes": ["person_id", "at"]}
