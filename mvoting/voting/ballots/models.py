"""The ballot document."""

from mongoengine import BinaryField, BooleanField, DictField, Document, IntField, ListField, StringField


class Ballot(Document):
    """One person's ballot in one poll.

    `_id` is an HMAC of the person under the poll's key, so that nothing but uniqueness is kept of who voted. There is no
    time, address or ObjectId here. Lists run in order of revision: revision n is the n-th leaf. Clustered by `_id`: an ordinary
    collection keeps its documents in the order in which they came, which beside any record of who was there when is as good
    as a name.
    """

    id = BinaryField(primary_key=True)
    poll = StringField(required=True)
    leaves = ListField(BinaryField())  # one commitment for each revision; every one goes to the board
    casts = ListField(BinaryField())  # the phone's id of each cast, so that a retry is recognised
    content = BinaryField()  # the latest choices (canonical JSON) or their ciphertext
    nonce = BinaryField()
    boarded = IntField()  # how many of the leaves stand on the board
    pending = BooleanField()  # set while some do not, else absent
    withdrawn = DictField()  # {"reason": {"ko", "en"?}} of the staff act that took it out of the count, else absent
    meta = {
        "collection": "ballots",
        "is_clustered": True,
        "auto_create_index": False,
        "indexes": [
            # A leaf seen twice is a copied ballot: refused at the door, also when it copies an earlier revision.
            {"fields": ["leaves"], "unique": True},
            {"fields": ["poll"], "name": "waiting", "partialFilterExpression": {"pending": True}},
        ],
    }
