"""Shapes of polls at the door."""

from marshmallow import fields, validate

from mvoting.core.pagination import PageQuery
from mvoting.core.schemas import Input, LocalizedIn, LocalizedOut, Output, Text, UtcDateTime
from mvoting.voting.methods.registry import METHODS
from mvoting.voting.polls.models import STATES


class OptionIn(Input):
    """One option; its id is given by its place."""

    title = fields.Nested(LocalizedIn(), required=True)


class QuestionIn(Input):
    """One question with its method."""

    title = fields.Nested(LocalizedIn(), required=True)
    method = fields.String(required=True, validate=validate.OneOf(list(METHODS)))
    seats = fields.Integer(load_default=1, validate=validate.Range(1, 50))
    options = fields.List(fields.Nested(OptionIn()), required=True, validate=validate.Length(2, 200))


class PollIn(Input):
    """A poll as staff write it."""

    title = fields.Nested(LocalizedIn(), required=True)
    description = fields.Nested(LocalizedIn())
    questions = fields.List(fields.Nested(QuestionIn()), required=True, validate=validate.Length(1, 20))
    opens_at = UtcDateTime(required=True)
    closes_at = UtcDateTime(required=True)
    figures = fields.String(load_default="after_closing", validate=validate.OneOf(["live", "after_vote", "after_closing"]))
    is_changeable = fields.Boolean(load_default=True)


class CancelIn(Input):
    """Why a poll is called off; the public reads it."""

    reason = Text(min=1, max=500, required=True)


class PollQuery(PageQuery):
    """Which polls are listed."""

    state = fields.String(validate=validate.OneOf(STATES[1:]))


class PollOut(Output):
    """A poll as everybody sees it."""

    id = fields.String(required=True, attribute="_id")
    state = fields.String(
        required=True, metadata={"description": "by its times: scheduled, open, closed, tallied, published, cancelled"}
    )
    title = fields.Nested(LocalizedOut(), required=True)
    definition = fields.Dict(required=True, metadata={"description": "what a ballot answers; hashed in canonical JSON"})
    definition_hash = fields.String(required=True)
    opens_at = UtcDateTime(required=True)
    closes_at = UtcDateTime(required=True)
    result = fields.Dict(allow_none=True, metadata={"description": "null until the result is published"})
    version = fields.Integer(required=True)
