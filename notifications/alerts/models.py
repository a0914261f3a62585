"""The alert document. Everything an alert needs to be judged, sent, shown and explained later stands in it."""

from mongoengine import BooleanField, DateTimeField, DictField, Document, IntField, ListField, StringField

from mvoting.core.ids import new_id
from notifications.alerts.hazards import CLASSES, HAZARDS
from notifications.alerts.rules import Kind, State


class Alert(Document):
    """A message to the people of an area: an alert, a correction or an all-clear."""

    id = StringField(primary_key=True, default=new_id)
    kind = StringField(required=True, choices=[kind.value for kind in Kind])
    state = StringField(required=True, choices=[state.value for state in State])
    version = IntField(required=True, default=1)
    revision = IntField(required=True, default=1)  # grows with each follow-up; phones show the newest
    mode = StringField(required=True, choices=("live", "test"))
    is_exercise = BooleanField(required=True, default=False)
    alert_class = StringField(required=True, choices=list(CLASSES))
    hazard = StringField(required=True, choices=list(HAZARDS))
    wording = DictField(required=True)  # {"ko": {"issuer", "where", "what", "action"}, "en": {…}}
    prepared = DictField()  # {"correction": wording, "all_clear": wording}
    texts = DictField()  # {"ko": …, "en": …} as people read them
    titles = DictField()
    area = DictField(required=True)  # {"districts": […], "named": […], "polygons": […], "circles": […]}
    shapes = ListField(DictField())  # GeoJSON polygons of the area's shapes
    expires_at = DateTimeField(required=True)
    links = ListField(DictField())  # {"title": {"ko", "en"}, "url"}
    shelters = ListField(DictField())  # {"name": {"ko", "en"}, "address", "lon", "lat"}
    origin = DictField(required=True)  # {"kind": "staff" | "cap" | "sensor", "id": …}
    author_ids = ListField(StringField())  # every staff member who wrote, changed or submitted it
    original_id = StringField()  # of the alert that a correction or all-clear follows
    is_prepared = BooleanField()  # a follow-up in the words that were approved with the original
    references = ListField(DictField())  # {"id", "sent_at"} of what a follow-up refers to
    followed_by = DictField()  # on that alert: {"correction": id, "all_clear": id}
    approved_by = StringField()
    approved_at = DateTimeField()
    cancelled_at = DateTimeField()
    superseded_at = DateTimeField()  # when a correction or all-clear took its place
    is_stop_due = BooleanField()  # cancelled, and its campaign not yet known to be stopped
    sent_at = DateTimeField()
    knock_at = DateTimeField()  # of a draft that waits for people: when duty phones ring (again)
    knocks = IntField()
    created_at = DateTimeField(required=True)
    trail = ListField(DictField())  # {"at", "who", "act", "note"}; grows with each act, in the same write
    meta = {
        "collection": "alerts",
        "auto_create_index": False,
        "indexes": [
            ("state", "-id"),
            ("state", "expires_at"),
            ("state", "knock_at"),
            ("hazard", "-approved_at"),
            ("original_id", "kind"),
            "-approved_at",
            {"fields": ["is_stop_due"], "sparse": True},
        ],
    }
