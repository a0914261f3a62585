"""Shapes of the inbox at the door."""

from marshmallow import fields, validate

from mvoting.core.pagination import PageQuery
from mvoting.core.schemas import Id, Input, Output, Text, UtcDateTime
from notifications.inbox.services import EVENTS
from notifications.preferences.kinds import KINDS, URGENCIES


class InboxQuery(PageQuery):
    """Which messages are listed."""

    since = UtcDateTime(metadata={"description": "only messages that began after this"})


class MessageOut(Output):
    """One message."""

    id = fields.String(required=True, attribute="_id", metadata={"example": "poll_opened:01m80pg7v1vp6pmjh4n1rbqmzb"})
    message_id = fields.String(required=True, metadata={"description": "shared by revisions; a newer one replaces the older"})
    revision = fields.Integer(required=True)
    kind = fields.String(required=True, validate=validate.OneOf(list(KINDS)))
    urgency = fields.String(required=True, validate=validate.OneOf(URGENCIES))
    title = fields.String(required=True)
    body = fields.String(required=True)
    link = fields.String(required=True)
    data = fields.Dict(keys=fields.String(), values=fields.String())
    at = UtcDateTime(required=True, attribute="starts_at")
    expires_at = UtcDateTime(required=True)
    is_seen = fields.Boolean(required=True)
    is_opened = fields.Boolean(required=True)
    is_withdrawn = fields.Boolean(required=True, metadata={"description": "it was cancelled after some had got it"})


class UnreadOut(Output):
    """How many messages were not seen."""

    unread = fields.Integer(required=True, metadata={"description": "99 means 99 or more"})


class AckIn(Input):
    """One message and how far it got."""

    id = Text(min=1, max=120, required=True, metadata={"example": "poll_opened:01m80pg7v1vp6pmjh4n1rbqmzb"})
    event = fields.String(required=True, validate=validate.OneOf(EVENTS))


class AcksIn(Input):
    """What a phone has to say, collected."""

    device_id = Id()
    acks = fields.List(fields.Nested(AckIn()), required=True, validate=validate.Length(1, 100))


class AcksOut(Output):
    """What was noted."""

    noted = fields.Integer(required=True)
