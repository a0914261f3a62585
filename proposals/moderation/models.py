"""Reports, cases, fingerprints and standing."""

from mongoengine import DateTimeField, DictField, Document, IntField, ListField, StringField

from proposals.events import OUTBOX_INDEX

FINGERPRINTS_KEPT_DAYS = 30


class Report(Document):
    """One person's report of one text; the id, `kind:target:person`, allows no second."""

    id = StringField(primary_key=True)
    person_id = StringField(required=True)
    reason = StringField(required=True)
    note = StringField()
    at = DateTimeField(required=True)
    meta = {"collection": "moderation_reports", "auto_create_index": False, "indexes": [("person_id", "-at")]}


class Case(Document):
    """Everything about one questioned text; the id is `kind:target`."""

    id = StringField(primary_key=True)
    kind = StringField(required=True)
    target_id = StringField(required=True)
    author_id = StringField()
    state = StringField(required=True, choices=("open", "decided"))
    because = ListField(StringField())
    marks = ListField(StringField())  # what the queue is filtered by: `because:…` and `reason:…`
    report_count = IntField(default=0)
    reasons = DictField()
    snapshot = DictField()
    terms = ListField(StringField())  # of the snapshot, to search by
    hints = ListField(StringField())
    flood_id = StringField()
    opened_at = DateTimeField(required=True)
    decision = DictField()
    unapplied = DictField()
    appeal = DictField()
    history = ListField(DictField())
    outbox = ListField(DictField())
    meta = {
        "collection": "moderation_cases",
        "auto_create_index": False,
        "indexes": [
            ("state", "opened_at", "id"),
            ("state", "kind", "opened_at", "id"),
            ("state", "marks", "opened_at", "id"),
            ("state", "kind", "marks", "opened_at", "id"),
            ("state", "terms", "opened_at", "id"),
            ("appeal.state", "appeal.at", "id"),
            ("flood_id", "state"),
            ("author_id", "-opened_at", "-id"),
            {"fields": ["unapplied.at"], "sparse": True},
            OUTBOX_INDEX,
        ],
    }


class Fingerprint(Document):
    """The shingle signature of something written; counts for rates and finds floods."""

    id = StringField(primary_key=True)
    person_id = StringField(required=True)
    kind = StringField(required=True)
    signature = ListField(IntField())
    bands = ListField(StringField())
    flood_id = StringField()
    at = DateTimeField(required=True)
    meta = {
        "collection": "moderation_fingerprints",
        "auto_create_index": False,
        "indexes": [
            ("person_id", "kind", "-at"),
            ("bands", "-at"),
            {"fields": ["at"], "expireAfterSeconds": FINGERPRINTS_KEPT_DAYS * 86400},
        ],
    }


class Standing(Document):
    """What a person's writing has earned; the id is the person's."""

    id = StringField(primary_key=True)
    posted_count = IntField(default=0)
    hidden_count = IntField(default=0)
    first_posted_at = DateTimeField()
    meta = {"collection": "moderation_standings", "auto_create_index": False}


class ModerationSettings(Document):
    """What administrators set; one document, `moderation`."""

    id = StringField(primary_key=True)
    auto_hide_at = IntField()
    words = DictField()  # language → list of words that hint, never decide
    version = IntField()
    meta = {"collection": "moderation_settings", "auto_create_index": False}
