"""Documents of CAP sources and of what they sent."""

from mongoengine import BinaryField, BooleanField, DateTimeField, Document, IntField, StringField

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
    alert_id = StringField()
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
        ],
    }
