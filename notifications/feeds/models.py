"""Documents of CAP sources and of what they sent."""

from mongoengine import BinaryField, BooleanField, DateTimeField, DictField, Document, IntField, ListField, StringField

from mvoting.core.ids import new_id


class Source(Document):
    """An institution whose CAP messages are read. The key is kept only as its keyed hash."""

    id = StringField(primary_key=True, default=new_id)
    name = StringField(required=True)
    sender = StringField(required=True)  # the only CAP sender it may speak as
    url = StringField()  # of a feed to fetch from, if any
    login_kind = StringField(choices=("basic", "bearer"))  # how the feed lets us in
    login_sealed = BinaryField()
    certificate = StringField()  # PEM; where there is one, every message must be signed by it
    key_hash = StringField()
    key_taken_at = DateTimeField()  # when its holder renewed it, so that no member of staff knows it
    revision = IntField(required=True, default=1)  # grows with every change; a listing holds for one revision
    is_active = BooleanField(required=True, default=True)
    created_by = StringField(required=True)
    created_at = DateTimeField(required=True)
    polled_at = DateTimeField()
    etag = StringField()
    poll_error = StringField()
    meta = {
        "collection": "cap_sources",
        "auto_create_index": False,
        "indexes": [{"fields": ["key_hash"], "unique": True, "sparse": True}, "is_active"],
    }


class Receipt(Document):
    """One CAP message and what became of it; a message is known by sender, identifier and time of sending."""

    id = StringField(primary_key=True, default=new_id)
    source_id = StringField(required=True)
    sender = StringField()
    identifier = StringField()
    sent = DateTimeField()
    url = StringField()
    event = StringField()
    outcome = StringField(required=True)
    reason = StringField()
    alert_id = StringField()  # of the gravest part
    parts = ListField(DictField())  # {"alert_class", "alert_id", "outcome"}: what each part of it led to
    notes = ListField(DictField())  # {"code", "what"}: what was not used as it stands
    trouble = StringField()  # of what could not be used: a hash of it, or the address; the same again is counted
    times = IntField()
    last_at = DateTimeField()
    received_at = DateTimeField(required=True)
    meta = {
        "collection": "cap_receipts",
        "auto_create_index": False,
        "indexes": [
            {
                "fields": ["sender", "identifier", "sent"],
                "unique": True,
                "partialFilterExpression": {"identifier": {"$exists": True}},
            },
            ("source_id", "identifier"),
            ("source_id", "url"),
            ("source_id", "event", "-received_at"),
            {
                "fields": ["source_id", "trouble"],
                "unique": True,
                "partialFilterExpression": {"trouble": {"$exists": True}},
            },
        ],
    }


class FeedLink(Document):
    """One link of a feed: when it is fetched next, and how that went. Forgotten a month after a feed last listed it."""

    id = StringField(primary_key=True)  # hash of source and address
    source_id = StringField(required=True)
    url = StringField(required=True)
    stamp = StringField()  # when it was changed, as the feed writes it
    etag = StringField()
    due_at = DateTimeField()  # absent: taken in, or given up
    settled_at = DateTimeField()
    tries = IntField()
    error = StringField()
    listed_at = DateTimeField(required=True)
    meta = {
        "collection": "cap_links",
        "auto_create_index": False,
        "indexes": [("source_id", "due_at"), {"fields": ["listed_at"], "expireAfterSeconds": 30 * 24 * 3600}],
    }
