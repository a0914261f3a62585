"""Shapes of moderation at the door."""

from marshmallow import fields, validate

from mvoting.core.pagination import PageQuery
from mvoting.core.schemas import Id, Input, Output, Text, UtcDateTime
from proposals.moderation.rules import BECAUSE, MARKS, Reason
from proposals.moderation.targets import TARGETS
from proposals.vocabulary import VISIBILITY

KINDS = tuple(TARGETS)
ACTION = validate.OneOf(["hide", "keep"])
OUTCOME = validate.OneOf(["upheld", "reversed"])
CASE_STATE = validate.OneOf(["open", "decided"])


class TargetIn(Input):
    """Which text."""

    kind = fields.String(required=True, validate=validate.OneOf(KINDS))
    id = Id(required=True)


class ReportIn(Input):
    """What is wrong with which text."""

    target = fields.Nested(TargetIn(), required=True)
    reason = fields.Enum(Reason, by_value=True, required=True, metadata={"example": "spam"})
    note = Text(max=500, lines=True, load_default="")


class ReportOut(Output):
    """That the report was taken."""

    is_new = fields.Boolean(required=True, metadata={"description": "false when you reported it before"})


class AppealIn(Input):
    """Why the hiding was wrong."""

    target = fields.Nested(TargetIn(), required=True)
    text = Text(min=1, max=2000, lines=True, required=True)


class DecisionOut(Output):
    """What was decided, and why."""

    action = fields.String(required=True, validate=ACTION)
    reason = fields.String(required=True)
    at = UtcDateTime(required=True)


class AppealOut(Output):
    """An appeal and what came of it."""

    state = fields.String(required=True, validate=CASE_STATE)
    text = fields.String(required=True)
    at = UtcDateTime(required=True)
    outcome = fields.String(validate=OUTCOME)
    reason = fields.String()
    decided_at = UtcDateTime()


class MyCaseOut(Output):
    """A matter about one of my texts."""

    kind = fields.String(required=True, validate=validate.OneOf(KINDS))
    target_id = fields.String(required=True)
    title = fields.String(attribute="snapshot.title")
    body = fields.String(attribute="snapshot.body", metadata={"description": "my text as it was questioned"})
    state = fields.String(required=True, validate=CASE_STATE)
    opened_at = UtcDateTime(required=True)
    decision = fields.Nested(DecisionOut())
    appeal = fields.Nested(AppealOut())


class StaffDecisionOut(DecisionOut):
    """A decision with who made it."""

    by = fields.String(required=True)


class StaffAppealOut(AppealOut):
    """An appeal with who decided it."""

    by = fields.String()


class CaseOut(Output):
    """A case as moderators see it."""

    id = fields.String(required=True, attribute="_id", metadata={"example": "comment:01jd5e8x9k3m7q2r4t6v8w0y1z"})
    kind = fields.String(required=True, validate=validate.OneOf(KINDS))
    target_id = fields.String(required=True)
    author_id = fields.String(allow_none=True)
    state = fields.String(required=True, validate=CASE_STATE)
    because = fields.List(fields.String(validate=validate.OneOf(BECAUSE)))
    report_count = fields.Integer()
    reasons = fields.Dict(keys=fields.String(), values=fields.Integer())
    snapshot = fields.Dict(metadata={"description": "the text as it was reported"})
    present = fields.Dict(allow_none=True, metadata={"description": "the text as it is now"})
    visibility = fields.String(allow_none=True, validate=VISIBILITY)
    hints = fields.List(fields.String(metadata={"example": "상품권"}))
    flood_id = fields.String()
    opened_at = UtcDateTime(required=True)
    decision = fields.Nested(StaffDecisionOut())
    appeal = fields.Nested(StaffAppealOut())
    history = fields.List(fields.Nested(StaffDecisionOut()))


class CaseQuery(PageQuery):
    """Which cases."""

    state = fields.String(load_default="open", validate=CASE_STATE, metadata={"description": "open, or decided"})
    kind = fields.String(validate=validate.OneOf(KINDS), metadata={"description": "one kind of text only"})
    mark = fields.String(validate=validate.OneOf(MARKS), metadata={"description": "why it is in the queue"})
    q = Text(max=100, metadata={"description": "words that the text as reported must have"})


CASE_ID = validate.Regexp(rf"\A({'|'.join(KINDS)}):[0-9a-z]{{26}}\Z", error="Not a case's id.")


class DecideIn(Input):
    """Hide or keep, and why; the author reads the reason."""

    action = fields.String(required=True, validate=ACTION)
    reason = Text(min=1, max=500, required=True)


class FoundIn(Input):
    """What a search found, as the moderator saw it."""

    q = Text(min=1, max=100, metadata={"example": "상품권"})
    kind = fields.String(validate=validate.OneOf(KINDS))
    mark = fields.String(validate=validate.OneOf(MARKS), metadata={"description": "why it is in the queue"})
    count = fields.Integer(
        required=True, validate=validate.Range(1, 100_000), metadata={"description": "refused if it differs now"}
    )


class DecideManyIn(DecideIn):
    """The same for several cases, for all that a search finds, or for a whole flood."""

    found = fields.Nested(FoundIn())

    case_ids = fields.List(
        fields.String(validate=CASE_ID),
        validate=validate.Length(1, 500),
        metadata={"example": ["comment:01jd5e8x9k3m7q2r4t6v8w0y1z"]},
    )
    flood_id = Id()


class DecidedOut(Output):
    """Which were decided, and which somebody else had decided."""

    decided = fields.List(fields.String(metadata={"example": "comment:01jd5e8x9k3m7q2r4t6v8w0y1z"}), required=True)
    skipped = fields.List(fields.String(metadata={"example": "idea:01jd5e8x9k3m7q2r4t6v8w0y1z"}), required=True)


class AppealDecisionIn(Input):
    """Uphold the hiding or reverse it, and why."""

    outcome = fields.String(required=True, validate=OUTCOME)
    reason = Text(min=1, max=500, required=True)


class WordsIn(Input):
    """Words that hint, by language."""

    ko = fields.List(Text(min=2, max=30), load_default=list, validate=validate.Length(max=500), metadata={"example": []})
    en = fields.List(Text(min=2, max=30), load_default=list, validate=validate.Length(max=500), metadata={"example": []})


class SettingsIn(Input):
    """What administrators set."""

    auto_hide_at = fields.Integer(validate=validate.Range(1, 1000), metadata={"example": 3})
    words = fields.Nested(WordsIn())


class SettingsOut(Output):
    """The settings in force."""

    auto_hide_at = fields.Integer(required=True)
    words = fields.Dict(required=True, metadata={"example": {"ko": ["카지노"], "en": ["casino"]}})
    version = fields.Integer(required=True)
