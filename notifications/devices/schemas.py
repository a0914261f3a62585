"""Shapes of devices at the door."""

from marshmallow import fields, validate

from mvoting.core.districts import DISTRICTS
from mvoting.core.schemas import Input, Output, Text, UtcDateTime
from notifications.devices.models import ADDRESS_KINDS, PERMISSIONS, PLATFORMS

District = validate.OneOf(list(DISTRICTS))


class AddressIn(Input):
    """Where FCM reaches the app: a registration token, or the Firebase installation id that replaces it."""

    kind = fields.String(required=True, validate=validate.OneOf(ADDRESS_KINDS))
    value = Text(min=1, max=1024, required=True, metadata={"example": "phone-minji-1"})


class PositionIn(Input):
    """Where the phone is. Without `is_exact` only the district is kept."""

    lon = fields.Float(required=True, validate=validate.Range(-180, 180), metadata={"example": 126.97})
    lat = fields.Float(required=True, validate=validate.Range(-90, 90), metadata={"example": 37.57})
    is_exact = fields.Boolean(load_default=False)


class RegistrationIn(Input):
    """A phone or browser; the app sends this at every start."""

    address = fields.Nested(AddressIn(), required=True)
    platform = fields.String(required=True, validate=validate.OneOf(PLATFORMS))
    language = fields.String(load_default="ko", validate=validate.OneOf(["ko", "en"]))
    app_version = Text(max=40)
    name = Text(max=60, metadata={"example": "민지의 휴대전화"})
    permission = fields.String(load_default="unknown", validate=validate.OneOf(PERMISSIONS))
    districts = fields.List(fields.String(validate=District), load_default=list, validate=validate.Length(max=25))
    position = fields.Nested(PositionIn())


class DeviceStateOut(Output):
    """Whether pushes reach a device."""

    id = fields.String(required=True, attribute="_id")
    platform = fields.String(required=True, validate=validate.OneOf(PLATFORMS))
    condition = fields.String(
        required=True,
        metadata={"description": "ready, blocked (by the phone), silent (a month), expired, gone, set_aside", "example": "ready"},
        validate=validate.OneOf(["ready", "blocked", "silent", "expired", "gone", "set_aside"]),
    )
    registered_at = UtcDateTime(required=True)
    refreshed_at = UtcDateTime(required=True)
    reached_at = UtcDateTime(allow_none=True, metadata={"description": "when the phone itself last said that a push arrived"})
    sent_at = UtcDateTime(allow_none=True, metadata={"description": "day on which FCM last took a push for it"})


class DeviceOut(DeviceStateOut):
    """What is known about a device."""

    name = fields.String()
    language = fields.String(required=True, validate=validate.OneOf(["ko", "en"]))
    app_version = fields.String()
    districts = fields.List(fields.String(), required=True)
    position_district = fields.String(allow_none=True)


class DeviceStatesOut(Output):
    """Whether pushes reach a person's devices."""

    items = fields.List(fields.Nested(DeviceStateOut()), required=True)


class DevicesOut(Output):
    """A person's devices."""

    items = fields.List(fields.Nested(DeviceOut()), required=True)
