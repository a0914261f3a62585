"""Shapes of CAP sources and receipts at the door."""

from typing import Any

from marshmallow import fields, validate

from mvoting.core.schemas import Input, Output, Text, UtcDateTime
from notifications.alerts.hazards import CLASSES

OUTCOMES = ("drafted", "sent", "withdrawn", "ignored", "refused", "unreachable", "recovered")
ADDRESS: dict[str, Any] = {"schemes": {"http", "https"}, "require_tld": False, "validate": validate.Length(max=500)}


class FeedLoginIn(Input):
    """How a feed lets us in: user and password, or a token alone."""

    user = Text(min=1, max=200, metadata={"example": "seoul"})
    secret = Text(min=1, max=500, required=True, load_only=True)


def _login(**options: Any) -> fields.Nested:
    return fields.Nested(FeedLoginIn(), allow_none=True, **options)


def _certificate(**options: Any) -> Text:
    said = {"description": "PEM; where there is one, only messages that it signed are taken in"}
    return Text(max=8000, lines=True, allow_none=True, metadata=said, **options)


class SourceIn(Input):
    """A source as an administrator registers it."""

    name = Text(min=1, max=60, required=True, metadata={"example": "기상청"})
    sender = Text(
        min=1,
        max=200,
        required=True,
        metadata={"example": "feeds@weather.example", "description": "the only CAP sender it may speak as"},
    )
    url = fields.Url(load_default=None, allow_none=True, metadata={"description": "of a feed to fetch, if any"}, **ADDRESS)
    feed_login = _login(load_default=None)
    certificate = _certificate(load_default=None)


class SourceChangeIn(Input):
    """What changes of a source; every change ends its listings."""

    name = Text(min=1, max=60)
    sender = Text(min=1, max=200, metadata={"example": "feeds@weather.example"})
    url = fields.Url(allow_none=True, **ADDRESS)
    feed_login = _login()
    certificate = _certificate()
    is_active = fields.Boolean()
    revision = fields.Integer(metadata={"description": "the revision that you saw; another one since: 412"})


class SourceOut(Output):
    """A source."""

    id = fields.String(required=True, attribute="_id")
    name = fields.String(required=True)
    sender = fields.String(required=True)
    url = fields.String(allow_none=True)
    login_kind = fields.String(
        allow_none=True, metadata={"description": "where the feed asks for it"}, validate=validate.OneOf(["basic", "bearer"])
    )
    certificate = fields.String(allow_none=True)
    revision = fields.Integer(required=True)
    is_active = fields.Boolean(required=True)
    created_at = UtcDateTime(required=True)
    polled_at = UtcDateTime()
    poll_error = fields.String(allow_none=True, metadata={"example": "ConnectError"})


class SourceKeyOut(SourceOut):
    """A source with its key, shown once."""

    key = fields.String(required=True)


class CapPartOut(Output):
    """What one part of a message led to."""

    alert_class = fields.String(required=True, validate=validate.OneOf(list(CLASSES)))
    alert_id = fields.String(required=True)
    outcome = fields.String(required=True, validate=validate.OneOf(["drafted", "sent", "withdrawn"]))


class CapNoteOut(Output):
    """Something of a message that was not used as it stands."""

    code = fields.String(required=True, metadata={"example": "circle-too-wide"})
    what = fields.String(required=True, metadata={"description": "the message's own words for it", "example": "서해 남부"})


class CapReceiptOut(Output):
    """What became of a message."""

    id = fields.String(required=True, attribute="_id")
    source_id = fields.String(required=True)
    identifier = fields.String(metadata={"example": "KMA-2026-11-22-0001"})
    sender = fields.String()
    sent = UtcDateTime()
    event = fields.String(metadata={"example": "호우 경보"})
    outcome = fields.String(required=True, validate=validate.OneOf(OUTCOMES))
    reason = fields.String(metadata={"description": "why nothing came of it"})
    alert_id = fields.String(metadata={"description": "of its gravest part"})
    parts = fields.List(fields.Nested(CapPartOut()), metadata={"description": "what each part of it led to, the gravest first"})
    notes = fields.List(fields.Nested(CapNoteOut()), metadata={"description": "what of it was not used as it stands"})
    url = fields.String(metadata={"description": "where it was fetched", "example": "https://feed.example/1.cap"})
    times = fields.Integer(metadata={"description": "how often the same could not be used"})
    last_at = UtcDateTime(metadata={"description": "when it could not be used the last time"})
    received_at = UtcDateTime(required=True)


class TakenOut(CapReceiptOut):
    """The answer to a source."""

    is_duplicate = fields.Boolean(required=True)
