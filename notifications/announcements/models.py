"""How far the sweeps have read."""

from mongoengine import Document, IntField, StringField


class Bookmark(Document):
    """The position up to which a stream of events was turned into campaigns."""

    id = StringField(primary_key=True)
    position = IntField(required=True)
    meta = {"collection": "announcement_bookmarks", "auto_create_index": False}
