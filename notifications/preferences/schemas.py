"""Shapes of preferences at the door."""

from zoneinfo import available_timezones

from marshmallow import ValidationError, fields, validate

from mvoting.core.schemas import Input, Output
from notifications.preferences.kinds import KINDS
from notifications.preferences.rules import DAILY_CAP_MAX, DEFAULT_DAILY_CAP, DEFAULT_TIMEZONE
from proposals.vocabulary import CATEGORIES

Clock = validate.Regexp(r"\A([01]\d|2[0-3]):[0-5]\d\Z", error="Give the time as HH:MM.")


def _timezone(name: str) -> None:
    if name not in available_timezones():
        raise ValidationError("Not a valid choice.")


class QuietIn(Input):
    """Hours in which phones stay silent; they may pass midnight."""

    start = fields.String(required=True, validate=Clock, metadata={"example": "22:00"})
    end = fields.String(required=True, validate=Clock, metadata={"example": "07:00"})
    timezone = fields.String(load_default=DEFAULT_TIMEZONE, validate=_timezone)


class PreferencesIn(Input):
    """All of a person's choices."""

    muted = fields.List(fields.String(validate=validate.OneOf(list(KINDS))), load_default=list, validate=validate.Length(max=50))
    hidden = fields.List(fields.String(validate=validate.OneOf(list(KINDS))), load_default=list, validate=validate.Length(max=50))
    topics = fields.List(
        fields.String(validate=validate.OneOf(list(CATEGORIES))),
        validate=validate.Length(max=20),
        metadata={"description": "topics that I follow: messages of the city about them reach me; unchanged where absent"},
    )
    quiet = fields.Nested(QuietIn(), allow_none=True)
    daily_cap = fields.Integer(load_default=DEFAULT_DAILY_CAP, validate=validate.Range(1, DAILY_CAP_MAX))


class KindOut(Output):
    """A kind of message and what stands beside its switch."""

    name = fields.String(required=True, metadata={"example": "poll_opened"})
    label = fields.String(required=True, metadata={"example": "투표 시작"})
    note = fields.String(required=True, metadata={"example": "방해 금지 시간에는 울리지 않습니다."})
    can_mute = fields.Boolean(required=True)
    passes_quiet_hours = fields.Boolean(required=True)
    is_muted = fields.Boolean(required=True)
    is_hidden = fields.Boolean(required=True)


class TopicOut(Output):
    """A topic and whether it is followed."""

    name = fields.String(required=True, metadata={"example": "transport"})
    label = fields.String(required=True, metadata={"example": "교통"})
    is_followed = fields.Boolean(required=True)


class PreferencesOut(Output):
    """A person's choices, with all kinds."""

    kinds = fields.List(fields.Nested(KindOut()), required=True)
    muted = fields.List(fields.String(validate=validate.OneOf(list(KINDS))), required=True)
    hidden = fields.List(fields.String(validate=validate.OneOf(list(KINDS))), required=True)
    topics = fields.List(fields.Nested(TopicOut()), required=True)
    quiet = fields.Dict(required=True, metadata={"example": {"start": "22:00", "end": "07:00", "timezone": "Asia/Seoul"}})
    daily_cap = fields.Integer(required=True)
    version = fields.Integer(required=True)
