"""Shapes of duty phones at the door."""

from marshmallow import fields, validate

from mvoting.core.schemas import Input, Output, Text, UtcDateTime
from notifications.devices.models import PLATFORMS
from notifications.devices.schemas import AddressIn


class DutyPhoneIn(Input):
    """A phone that is to ring."""

    address = fields.Nested(AddressIn(), required=True)
    platform = fields.String(required=True, validate=validate.OneOf(PLATFORMS))
    language = fields.String(load_default="ko", validate=validate.OneOf(["ko", "en"]))
    name = Text(max=60, load_default="", metadata={"example": "상황실 당직 전화"})


class DutyPhoneOut(Output):
    """A duty phone of the staff member who asks."""

    id = fields.String(required=True, attribute="_id")
    name = fields.String(required=True)
    platform = fields.String(required=True, validate=validate.OneOf(PLATFORMS))
    language = fields.String(required=True, validate=validate.OneOf(["ko", "en"]))
    registered_at = UtcDateTime(required=True)
    rung_at = UtcDateTime(allow_none=True, metadata={"description": "when FCM last took a knock for it"})


class DutyPhonesOut(Output):
    """The duty phones of the staff member who asks."""

    items = fields.List(fields.Nested(DutyPhoneOut()), required=True)
