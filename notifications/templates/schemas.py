"""Shapes of templates at the door."""

from marshmallow import fields, validate

from mvoting.core.schemas import Input, Output, Text, UtcDateTime
from notifications.templates.models import STATES
from notifications.templates.rules import BODY_MAX, FIELD_NAME, TITLE_MAX

# A text with its braces may be longer than what it becomes.
BRACES_ROOM = 100
VALUES_MAX, VALUE_MAX = 20, 200
EXAMPLE = {
    "ko": {"title": "투표가 시작됐습니다", "body": "{title} · {closes}까지 참여해 주세요."},
    "en": {"title": "A poll has opened", "body": "{title} · Vote until {closes}."},
}


class TemplateTextIn(Input):
    """A text in one language, with {fields}."""

    title = Text(min=1, max=TITLE_MAX + BRACES_ROOM, required=True)
    body = Text(min=1, max=BODY_MAX + BRACES_ROOM, required=True, lines=True)


class TemplateTextsIn(Input):
    """A text in both languages."""

    ko = fields.Nested(TemplateTextIn(), required=True)
    en = fields.Nested(TemplateTextIn(), required=True)


class FieldValueIn(Input):
    """What a field is filled with, in each language."""

    ko = Text(min=1, max=VALUE_MAX, required=True)
    en = Text(min=1, max=VALUE_MAX)


def field_values() -> fields.Dict:
    """Give the field of an input that holds values by field name."""
    return fields.Dict(
        keys=fields.String(validate=validate.Regexp(FIELD_NAME)),
        values=fields.Nested(FieldValueIn()),
        load_default=dict,
        validate=validate.Length(max=VALUES_MAX),
        metadata={"example": {"title": {"ko": "심야버스 노선", "en": "Night bus routes"}}},
    )


class TemplateIn(Input):
    """A new version of a text."""

    texts = fields.Nested(TemplateTextsIn(), required=True, metadata={"example": EXAMPLE})
    note = Text(max=300, load_default="", metadata={"description": "why it is changed"})


class TemplatePreviewIn(Input):
    """A text to look at."""

    texts = fields.Nested(TemplateTextsIn(), required=True, metadata={"example": EXAMPLE})
    values = field_values()


class TemplatePreviewOut(Output):
    """A text as people would read it."""

    message = fields.Dict(required=True, metadata={"example": EXAMPLE, "description": '{"ko": {"title", "body"}, "en": {…}}'})


class TemplateVersionOut(Output):
    """One version of a text."""

    id = fields.String(required=True, attribute="_id", metadata={"example": "poll_opened:2"})
    key = fields.String(required=True, metadata={"example": "poll_opened"})
    version = fields.Integer(required=True)
    texts = fields.Dict(required=True, metadata={"example": EXAMPLE})
    note = fields.String()
    state = fields.String(required=True, validate=validate.OneOf(STATES))
    written_by = fields.String(required=True)
    written_at = UtcDateTime(required=True)
    agreed_by = fields.String(allow_none=True)
    agreed_at = UtcDateTime(allow_none=True)


class TemplateOut(Output):
    """A text in use."""

    key = fields.String(required=True, metadata={"example": "poll_opened"})
    version = fields.Integer(required=True)
    texts = fields.Dict(required=True, metadata={"example": EXAMPLE})
    fields_ = fields.List(fields.String(metadata={"example": "title"}), required=True, data_key="fields", attribute="fields")
    example = fields.Dict(required=True, metadata={"example": {"title": {"ko": "심야버스 노선", "en": "Night bus routes"}}})
    written_by = fields.String(allow_none=True, metadata={"description": "null for the product's own text"})
    agreed_by = fields.String(allow_none=True)


class TemplatesOut(Output):
    """Every text in use."""

    items = fields.List(fields.Nested(TemplateOut()), required=True)
