"""Shapes of debates at the door."""

from marshmallow import fields, validate

from mvoting.core.pagination import PageQuery
from mvoting.core.schemas import Id, Input, Output, Text, UtcDateTime
from proposals.debates.models import SIDES
from proposals.debates.services import DEBATE_SORTS, SORTS
from proposals.vocabulary import CATEGORY, VISIBILITY, District

PHASE = validate.OneOf(["scheduled", "open", "closed"])
BY_SIDES = validate.OneOf(["sides", "none"])
NEEDS = validate.OneOf(["member", "resident"])


class DebateIn(Input):
    """A topic to debate."""

    title = Text(min=5, max=100, required=True, metadata={"example": "심야버스를 늘려야 할까요?"})
    body = Text(min=10, max=10_000, lines=True, required=True)
    sides = fields.String(load_default="sides", validate=BY_SIDES)
    needs = fields.String(load_default="member", validate=NEEDS)
    category = fields.String(validate=CATEGORY)
    district = District()
    opens_at = UtcDateTime(metadata={"description": "now, unless given"})
    closes_at = UtcDateTime(required=True)


class DebateQuery(PageQuery):
    """Which debates are listed."""

    sort = fields.String(
        load_default="newest", validate=validate.OneOf(list(DEBATE_SORTS)), metadata={"description": "which come first"}
    )
    phase = fields.String(validate=PHASE, metadata={"description": "by its times"})
    idea_id = Id(metadata={"description": "the idea that it is about"})
    district = District()
    category = fields.String(validate=CATEGORY, metadata={"description": "one category only"})


class SummaryOut(Output):
    """What was said on each side, and what the city answers."""

    locals().update({"for": fields.String(allow_none=True)})
    against = fields.String(allow_none=True)
    other = fields.String(allow_none=True)
    answer = fields.String(required=True)
    answer_html = fields.String(required=True)
    at = UtcDateTime(required=True)
    version = fields.Integer()


class DebateLineOut(Output):
    """A debate in a list."""

    id = Id(required=True)
    title = fields.String(required=True)
    excerpt = fields.String(
        required=True, metadata={"description": "the first letters of its text", "example": "배차 간격이 너무 깁니다."}
    )
    phase = fields.String(required=True, validate=PHASE)
    sides = fields.String(required=True, validate=BY_SIDES)
    needs = fields.String(required=True, validate=NEEDS)
    opened_by = fields.String(required=True, validate=validate.OneOf(["citizen", "city", "programme"]))
    author = fields.String(allow_none=True)
    is_mine = fields.Boolean(required=True)
    idea_id = fields.String(allow_none=True)
    category = fields.String(allow_none=True, validate=CATEGORY)
    district = fields.String(allow_none=True)
    opens_at = UtcDateTime(required=True)
    closes_at = UtcDateTime(required=True)
    created_at = UtcDateTime(required=True)
    comment_count = fields.Integer(required=True)
    participant_count = fields.Integer(required=True)
    side_counts = fields.Dict(keys=fields.String(), values=fields.Integer())
    is_summarised = fields.Boolean(required=True, metadata={"description": "whether the city has said what was said"})
    visibility = fields.String(required=True, validate=VISIBILITY)
    version = fields.Integer(required=True)


class CommentIn(Input):
    """An opinion, or a reply to one."""

    body = Text(min=1, max=1000, lines=True, required=True)
    parent_id = Id(allow_none=True, metadata={"example": None})
    side = fields.String(allow_none=True, validate=validate.OneOf(SIDES))


class CommentEditIn(Input):
    """The new text."""

    body = Text(min=1, max=1000, lines=True, required=True)


class OfficialCommentIn(Input):
    """What the city says."""

    body = Text(min=1, max=2000, lines=True, required=True)
    parent_id = Id(allow_none=True, metadata={"example": None})
    department = Text(min=1, max=60, required=True, metadata={"example": "교통실"})


class CommentQuery(PageQuery):
    """In which order, of which side."""

    sort = fields.String(
        load_default="newest", validate=validate.OneOf(list(SORTS)), metadata={"description": "which come first"}
    )
    side = fields.String(validate=validate.OneOf(SIDES), metadata={"description": "one side only"})


class CommentOut(Output):
    """An opinion; `body` is null where a moderator hid it."""

    id = Id(required=True)
    debate_id = Id(required=True)
    parent_id = fields.String(allow_none=True)
    depth = fields.Integer(required=True)
    visibility = fields.String(required=True, validate=VISIBILITY)
    body = fields.String(allow_none=True, required=True)
    body_html = fields.String(allow_none=True, required=True)
    side = fields.String(allow_none=True, validate=validate.OneOf(SIDES))
    author = fields.String(allow_none=True)
    official = fields.String(allow_none=True, metadata={"example": "교통실", "description": "the department, where staff speak"})
    up = fields.Integer(required=True)
    down = fields.Integer(required=True)
    reply_count = fields.Integer(required=True)
    created_at = UtcDateTime(required=True)
    edited_at = UtcDateTime(allow_none=True)
    is_mine = fields.Boolean(required=True)
    version = fields.Integer(required=True)


class VersionOut(Output):
    """An earlier text."""

    body = fields.String(required=True)
    at = UtcDateTime(required=True)


class CommentWithVersionsOut(CommentOut):
    """An opinion with its earlier texts."""

    versions = fields.List(fields.Nested(VersionOut()), required=True)


class DebateOut(DebateLineOut):
    """A debate with its text, what is pinned, and what the city says in the end."""

    body = fields.String(required=True)
    body_html = fields.String(required=True)
    summary = fields.Nested(SummaryOut(), allow_none=True)
    pinned = fields.List(fields.Nested(CommentOut()), required=True)


class VoteIn(Input):
    """1 up, -1 down, 0 neither."""

    value = fields.Integer(required=True, strict=True, validate=validate.OneOf([1, 0, -1]))


class PinIn(Input):
    """Pinned or not."""

    is_pinned = fields.Boolean(required=True)


class SummaryIn(Input):
    """What was said on each side, and what the city answers."""

    locals().update({"for": Text(max=5000, lines=True, load_default="")})
    against = Text(max=5000, lines=True, load_default="")
    other = Text(max=5000, lines=True, load_default="")
    answer = Text(min=1, max=10_000, lines=True, required=True)
    version = fields.Integer(
        load_default=0,
        validate=validate.Range(0, 10**6),
        metadata={"description": "of the summary that you saw, 0 for the first"},
    )
