"""Documents of sensors: gateways that hand in readings, readings, and rules with where each stands."""

from mongoengine import BooleanField, DateTimeField, DictField, Document, FloatField, IntField, ListField, StringField

from mvoting.core.ids import new_id

READINGS_KEPT_S = 30 * 24 * 3600


class Gateway(Document):
    """A machine that hands in the readings of some stations. The key is kept only as its keyed hash."""

    id = StringField(primary_key=True, default=new_id)
    name = StringField(required=True)
    stations = ListField(StringField(), required=True)
    key_hash = StringField(required=True)
    key_taken_at = DateTimeField()  # when it renewed its key, so that no member of staff knows it
    is_active = BooleanField(required=True, default=True)
    created_by = StringField(required=True)
    created_at = DateTimeField(required=True)
    meta = {
        "collection": "sensor_gateways",
        "auto_create_index": False,
        "indexes": [{"fields": ["key_hash"], "unique": True}, "stations"],
    }


class StoredReading(Document):
    """A value of a station; station, kind and time are its identity, so that handing in twice changes nothing."""

    station = StringField(required=True)
    kind = StringField(required=True)
    at = DateTimeField(required=True)
    value = FloatField(required=True)
    gateway_id = StringField(required=True)
    received_at = DateTimeField(required=True)
    meta = {
        "collection": "sensor_readings",
        "auto_create_index": False,
        "indexes": [
            {"fields": ["station", "kind", "at"], "unique": True},
            {"fields": ["received_at"], "expireAfterSeconds": READINGS_KEPT_S},
        ],
    }


class Rule(Document):
    """When a station's values draft an alert, and what it says."""

    id = StringField(primary_key=True, default=new_id)
    name = StringField(required=True)
    station = StringField(required=True)
    kind = StringField(required=True)
    unit = StringField()
    threshold = FloatField(required=True)
    clear_at = FloatField(required=True)
    is_above = BooleanField(required=True)
    duration_s = IntField(required=True)
    gap_max_s = IntField(required=True)
    lasts_s = IntField(required=True)
    alert = DictField(required=True)  # {"alert_class", "hazard", "wording", "area"}; wording may hold {value} and the like
    revision = IntField(required=True, default=1)  # grows with every change; a listing holds for one revision
    is_active = BooleanField(required=True, default=True)
    is_raised = BooleanField(required=True, default=False)
    changed_at = DateTimeField(required=True)  # of the reading that raised or cleared it last; older ones count no more
    alert_id = StringField()
    created_by = StringField(required=True)
    created_at = DateTimeField(required=True)
    meta = {
        "collection": "sensor_rules",
        "auto_create_index": False,
        "indexes": [("is_active", "station", "kind")],
    }
