"""The listing document."""

from mongoengine import DateTimeField, Document, IntField, ListField, StringField

from mvoting.core.ids import new_id

KINDS = ("cap_source", "sensor_rule")
STATES = ("proposed", "active", "revoked")


class Listing(Document):
    """Leave for one subject, as it was when the two people looked at it, to send alerts of some classes by itself."""

    id = StringField(primary_key=True, default=new_id)
    kind = StringField(required=True, choices=KINDS)
    subject_id = StringField(required=True)
    subject_revision = IntField(required=True)
    classes = ListField(StringField(), required=True)
    reason = StringField(required=True)
    state = StringField(required=True, choices=STATES)
    proposed_by = StringField(required=True)
    proposed_at = DateTimeField(required=True)
    agreed_by = StringField()
    agreed_at = DateTimeField()
    revoked_by = StringField()
    revoked_at = DateTimeField()
    used_at = DateTimeField()
    meta = {
        "collection": "alert_listings",
        "auto_create_index": False,
        "indexes": [("kind", "subject_id", "state"), ("state", "-id")],
    }
