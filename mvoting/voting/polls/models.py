"""The poll document."""

from mongoengine import BinaryField, DateTimeField, DictField, Document, IntField, StringField

from mvoting.core.ids import new_id

STATES = ("draft", "scheduled", "open", "closed", "tallied", "published", "cancelled")


class Poll(Document):
    """A poll. `definition` is what a voter answers; it and its hash never change once the poll is scheduled."""

    id = StringField(primary_key=True, default=new_id)
    state = StringField(required=True, choices=STATES, default="draft")
    definition = DictField(required=True)
    definition_hash = StringField()
    opens_at = DateTimeField(required=True)
    closes_at = DateTimeField(required=True)
    created_at = DateTimeField(required=True)
    created_by = DictField(required=True)  # {"kind": "staff" or "person", "id": …}
    opened_at = DateTimeField()
    closed_at = DateTimeField()
    published_at = DateTimeField()
    final_head_at = DateTimeField()  # all ballots are on the board
    salt = BinaryField()  # destroyed after the final tree head; see docs/VOTING.md
    result = DictField()
    version = IntField(default=1)
    meta = {
        "collection": "polls",
        "auto_create_index": False,
        "indexes": [
            "-opens_at",
            ("state", "-opens_at", "-id"),
            ("state", "closes_at"),
            ("final_head_at", "state"),
            ("state", "published_at"),
        ],
    }
