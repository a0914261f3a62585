"""What a person's phones said about messages. The messages themselves are the campaigns."""

from mongoengine import DateTimeField, Document, StringField

KEPT_S = 180 * 24 * 3600


class Ack(Document):
    """How far one message got with one person."""

    id = StringField(primary_key=True)  # person, colon, campaign
    person_id = StringField(required=True)
    campaign_id = StringField(required=True)
    received_at = DateTimeField()
    seen_at = DateTimeField()
    opened_at = DateTimeField()
    first_at = DateTimeField()
    meta = {
        "collection": "message_acks",
        "auto_create_index": False,
        "indexes": [
            ("person_id", "campaign_id"),
            ("campaign_id", "opened_at"),
            {"fields": ["first_at"], "expireAfterSeconds": KEPT_S},
        ],
    }
