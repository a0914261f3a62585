"""What the board stores: batches of entries, and the tiles of the tree over them."""

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


class BoardBatch(Document):
    """The entries that went to a poll's board at once. Inserting number n is what makes somebody its sequencer.

    `_id` is "poll:number". Entries never change afterwards; `head` says that it is finished.
    """

    id = StringField(primary_key=True)
    poll = StringField(required=True)
    number = IntField(required=True)
    first = IntField(required=True)  # index of the first entry in the tree
    size = IntField(required=True)  # leaves of the tree after this batch
    entries = ListField(DictField())
    ballots = IntField(required=True)  # ballots that count after this batch
    is_final = IntField(required=True)  # 0 or 1: all ballots are in
    changes = IntField(required=True)  # acts of staff that stand on the board after this batch
    totals = DictField()  # live figures after this batch, where the poll shows any
    head = DictField()  # signed tree head
    taken = ListField(DictField())  # ballots still to be marked: {"ids", "revision", "is_withdrawn"}; gone when finished
    contents = ListField(BinaryField())  # of a sealed poll once opened, in the order of the entries; null where none
    meta = {
        "collection": "board_batches",
        "auto_create_index": False,
        "indexes": [
            {"fields": ["poll", "-number"], "unique": True},
            {"fields": ["entries.leaf"], "sparse": True},
            {"fields": ["entries.replaces"], "sparse": True},
            {"fields": ["entries.record.leaf"], "sparse": True},
            {"fields": ["poll", "entries.record.type"]},
        ],
    }


class BoardTile(Document):
    """A tile of a poll's tree as `core.merkle` makes them; grows until it is full. `_id` is "poll:level:index"."""

    id = StringField(primary_key=True)
    length = IntField(required=True)
    data = BinaryField(required=True)
    meta = {"collection": "board_tiles", "auto_create_index": False}


class BoardCosignature(Document):
    """A witness's signature under a head. `_id` is "poll:number:witness"; there is no time, as nowhere on a board."""

    id = StringField(primary_key=True)
    poll = StringField(required=True)
    number = IntField(required=True)
    document = DictField(required=True)
    meta = {"collection": "board_cosignatures", "auto_create_index": False, "indexes": [("poll", "number", "id")]}


class TrusteeShare(Document):
    """A trustee's share, handed in after the final head; encrypted at rest. `_id` is "poll:index"."""

    id = StringField(primary_key=True)
    poll = StringField(required=True)
    index = IntField(required=True)
    share = BinaryField(required=True)
    is_joined = BooleanField()  # set once the poll is opened, else absent
    meta = {"collection": "trustee_shares", "auto_create_index": False, "indexes": ["poll", ("is_joined", "poll")]}


class Turnout(Document):
    """How many ballots stood on a poll's board within an hour; what anybody who watches the board sees. `_id` is "poll:hour"."""

    id = StringField(primary_key=True)
    poll = StringField(required=True)
    hour = DateTimeField(required=True)
    ballots = IntField(required=True)
    meta = {"collection": "poll_turnouts", "auto_create_index": False, "indexes": [("poll", "hour")]}
