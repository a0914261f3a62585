"""The duty phone document."""

from mongoengine import DateTimeField, DictField, Document, StringField

from mvoting.core.ids import new_id
from notifications.devices.models import PLATFORMS


class DutyPhone(Document):
    """A phone of a staff member that rings when a draft of an alert waits; apart from the phones of citizens."""

    id = StringField(primary_key=True, default=new_id)
    staff_id = StringField(required=True)
    address = DictField(required=True)  # {"kind": "token" or "fid", "value": …}
    platform = StringField(required=True, choices=PLATFORMS)
    language = StringField(required=True, choices=("ko", "en"))
    name = StringField(max_length=60)
    registered_at = DateTimeField(required=True)
    tried_at = DateTimeField()  # its owner last had it rung as a trial
    rung_at = DateTimeField()  # FCM last took a knock for it
    meta = {
        "collection": "duty_phones",
        "auto_create_index": False,
        "indexes": [{"fields": ["address.value"], "unique": True}, "staff_id"],
    }
