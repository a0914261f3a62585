"""The poll document."""

from mongoengine import (
    BinaryField,
    BooleanField,
    DateTimeField,
    DictField,
    Document,
    IntField,
    ListField,
    StringField,
)

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
    ended_at = DateTimeField()  # by the database's clock: since when whoever asks is told that nobody votes any more
    published_at = DateTimeField()
    is_scanned = BooleanField()  # set when all ballots are taken to the board, else absent; nothing is withdrawn behind it
    withdrawals = IntField()  # counted so that a withdrawal and the final scan cannot pass each other
    final_head_at = DateTimeField()  # all ballots are on the board
    is_archived = BooleanField()  # set once the archives are kept, else absent
    salt = BinaryField()  # destroyed after the final tree head; see docs/VOTING.md
    result = DictField()
    tallied_at = DateTimeField()
    changes = ListField(DictField())  # acts of staff that everybody reads: {"kind", "at", "closes_at"?, "reason"}
    review = StringField(choices=("waiting", "refused"))  # of a citizen's poll, where the city looks first
    review_reason = StringField()
    is_listed = BooleanField(default=True)  # private rooms and hidden polls are not
    is_hidden = BooleanField()  # a citizen's, by moderation; see moderated.py
    is_held = BooleanField()  # hidden only until a moderator decides
    to_look_at = DateTimeField()  # since when a citizen's poll that was scheduled waits for moderation's look
    room = DictField()  # {"number", "password_hash"} of a private room
    roll_changes = IntField()  # uploads to the roll and clearings of it, so that none falls between a look and the freezing
    letters = ListField(StringField())  # pairs of them in the titles, to search by; see searching.py
    version = IntField(default=1)
    meta = {
        "collection": "polls",
        "auto_create_index": False,
        "indexes": [
            ("is_listed", "state", "-opens_at", "-id"),
            ("is_listed", "-opens_at", "-id"),
            ("created_by.id", "-id"),
            {"fields": ["review", "id"], "name": "reviewed", "partialFilterExpression": {"review": {"$exists": True}}},
            {"fields": ["room.number"], "unique": True, "sparse": True},
            {"fields": ["to_look_at"], "sparse": True},
            ("state", "closes_at"),
            ("state", "-id"),
            ("letters", "-id"),
            ("final_head_at", "state"),
            ("is_archived", "state"),
            ("state", "published_at"),
        ],
    }


class RollEntry(Document):
    """One person on a poll's roll. `_id` is "poll:key"; the key is a hash of a phone or member number under the secret."""

    id = StringField(primary_key=True)
    poll = StringField(required=True)
    upload = StringField(required=True)
    row = IntField(required=True)
    meta = {"collection": "poll_rolls", "auto_create_index": False, "indexes": ["poll"]}


class RollUpload(Document):
    """A roll on its way from a file to keys; the file is sealed, and gone once it is read."""

    id = StringField(primary_key=True, default=new_id)
    poll = StringField(required=True)
    state = StringField(required=True, choices=("waiting", "done", "failed", "clearing"))  # clearing: the roll is being emptied
    sealed = BinaryField()
    rows = IntField(default=0)  # read so far
    accepted = IntField(default=0)
    repeated = IntField(default=0)
    rejected = IntField(default=0)
    problem = DictField()  # {"ko", "en"} when it failed
    created_at = DateTimeField(required=True)
    meta = {
        "collection": "poll_roll_uploads",
        "auto_create_index": False,
        "indexes": [("poll", "-id"), ("state", "id")],
    }


class RejectedRow(Document):
    """A row of an upload that added nobody; the row's contents are not kept. `_id` is "upload:row"."""

    id = StringField(primary_key=True)
    upload = StringField(required=True)
    row = IntField(required=True)
    reason = StringField(required=True)
    meta = {"collection": "poll_roll_rejections", "auto_create_index": False, "indexes": [("upload", "row")]}


class Admission(Document):
    """A person let in on site or into a room, until a time; `_id` is a hash of poll and person, no position is kept."""

    id = StringField(primary_key=True)
    poll = StringField(required=True)
    until = DateTimeField(required=True)
    meta = {
        "collection": "poll_admissions",
        "auto_create_index": False,
        "indexes": ["poll", {"fields": ["until"], "expireAfterSeconds": 0}],
    }


class PollQuota(Document):
    """How many polls a citizen started on a day; `_id` is a hash of both."""

    id = StringField(primary_key=True)
    count = IntField(required=True)
    expires_at = DateTimeField(required=True)
    meta = {
        "collection": "poll_quotas",
        "auto_create_index": False,
        "indexes": [{"fields": ["expires_at"], "expireAfterSeconds": 0}],
    }


class PollPolicy(Document):
    """What the city decided about citizens' polls; one document."""

    id = StringField(primary_key=True)
    is_reviewed = BooleanField(required=True)
    daily_limit = IntField(required=True)
    version = IntField()
    meta = {"collection": "poll_policies", "auto_create_index": False}


class PollTemplate(Document):
    """A poll's content to begin others from."""

    id = StringField(primary_key=True, default=new_id)
    name = StringField(required=True)
    content = DictField(required=True)
    created_at = DateTimeField(required=True)
    meta = {"collection": "poll_templates", "auto_create_index": False}
