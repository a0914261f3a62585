"""The preferences document."""

from mongoengine import DateTimeField, DictField, Document, IntField, ListField, StringField


class Preferences(Document):
    """What one person chose; people who never chose have no document."""

    id = StringField(primary_key=True)  # the person's id
    muted = ListField(StringField())  # kinds that no push is sent for
    hidden = ListField(StringField())  # kinds that are not shown in the inbox either
    topics = ListField(StringField())  # that campaigns may address
    quiet = DictField()  # {"start": "22:00", "end": "07:00", "timezone": "Asia/Seoul"} or empty
    daily_cap = IntField()
    updated_at = DateTimeField()
    version = IntField(default=1)
    meta = {"collection": "preferences", "auto_create_index": False}
