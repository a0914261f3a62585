"""The device document."""

from mongoengine import DateTimeField, DictField, Document, ListField, PointField, StringField

from mvoting.core.ids import new_id

ADDRESS_KINDS = ("token", "fid")
PLATFORMS = ("android", "ios", "web")
PERMISSIONS = ("granted", "denied", "unknown")
STATES = ("active", "dead", "quarantined")


class Device(Document):
    """A phone or browser of one person.

    `places` are the district codes by which it is found: the chosen ones and the one it is in. `topics`, `muted`, `quiet`
    and `trust` are copies of what preferences and accounts hold, so that a sender reads one document for each phone.
    """

    id = StringField(primary_key=True, default=new_id)
    person_id = StringField(required=True)
    session_id = StringField()  # that registered it last: its push address ends with it
    address = DictField(required=True)  # {"kind": "token" or "fid", "value": …}
    platform = StringField(required=True, choices=PLATFORMS)
    language = StringField(required=True, choices=("ko", "en"))
    app_version = StringField(max_length=40)
    name = StringField(max_length=60)
    permission = StringField(choices=PERMISSIONS, default="unknown")
    districts = ListField(StringField())
    position_district = StringField()
    position = PointField(auto_index=False)
    position_at = DateTimeField()
    places = ListField(StringField())
    trust = StringField(default="member")
    alert_mode = StringField()  # of the deployment that registered it: a test alert reaches no phone registered by a live one
    facts_keys = ListField(StringField())
    topics = ListField(StringField())
    muted = ListField(StringField())
    quiet = DictField()
    state = StringField(required=True, choices=STATES, default="active")
    state_reason = StringField()
    state_at = DateTimeField()
    registered_at = DateTimeField(required=True)
    refreshed_at = DateTimeField(required=True)
    sent_at = DateTimeField()  # the service took a push for it, to the day
    reached_at = DateTimeField()  # the phone itself said that one arrived
    meta = {
        "collection": "devices",
        "auto_create_index": False,
        "indexes": [
            {"fields": ["address.value"], "unique": True},
            "person_id",
            ("state", "places", "id"),
            ("state", "topics", "id"),
            ("state", "id"),
            "refreshed_at",
            [("position", "2dsphere")],
        ],
    }
