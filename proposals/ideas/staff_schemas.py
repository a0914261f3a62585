"""Shapes of what staff send and get about ideas."""

from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from mvoting.core.pagination import PageQuery
from mvoting.core.schemas import Id, Input, LocalizedIn, Output, Text, UtcDateTime
from proposals.ideas.pipeline import Event
from proposals.ideas.rules import MOST_PHOTOS, NEED_REASON, VERDICTS
from proposals.ideas.schemas import CONSEQUENCE, COUNTED, PICTURE, PIPELINE, PublicReasonIn
from proposals.ideas.services.progress import STAFF_EVENTS


class OwedQuery(PageQuery):
    """How far ahead to look."""

    within_days = fields.Integer(
        load_default=7,
        validate=validate.Range(0, 365),
        metadata={"description": "replies due within so many days, overdue ones too"},
    )


class MoveIn(PublicReasonIn):
    """A move along the pipeline."""

    event = fields.Enum(Event, by_value=True, required=True, validate=validate.OneOf(STAFF_EVENTS), metadata={"example": "lift"})
    seen = Text(max=40, metadata={"description": "the stage that you saw; another one since: 412", "example": "collecting"})


class DepartmentIn(Input):
    """Which department answers."""

    department = Text(min=1, max=60, required=True, metadata={"example": "푸른도시여가국"})
    seen = Text(max=60, metadata={"description": "the department that you saw, empty for none; another one since: 412"})


class OfficersIn(Input):
    """Who speaks for a department."""

    officer_ids = fields.List(Id(), required=True, validate=validate.Length(max=50))
    version = fields.Integer(required=True, validate=validate.Range(0, 10**6), metadata={"description": "0 for a new one"})


class OfficerOut(Output):
    """A staff member who speaks for a department."""

    id = Id(required=True)
    name = fields.String(required=True)


class DepartmentOut(Output):
    """A department that answers for ideas."""

    name = fields.String(required=True, attribute="_id", metadata={"example": "푸른도시여가국"})
    officers = fields.List(fields.Nested(OfficerOut()), required=True)
    version = fields.Integer(required=True)


class AnswerContentIn(Input):
    """What an answer says."""

    text = Text(min=1, max=10_000, lines=True, required=True)
    verdict = fields.String(required=True, validate=validate.OneOf(VERDICTS))
    reason = Text(max=500, load_default="", metadata={"description": "needed to decline, or to accept only partly"})


class AnswerIn(AnswerContentIn):
    """An official answer; who does not get all they asked for reads why."""

    draft_version = fields.Integer(
        validate=validate.Range(0, 10**6), metadata={"description": "of the draft that you saw; another one since: 412"}
    )

    @validates_schema
    def _says_why(self, answer: dict[str, Any], **_: Any) -> None:
        if answer["verdict"] in NEED_REASON and not answer["reason"].strip():
            raise ValidationError("This must not be blank.", "reason")


class AnswerDraftIn(AnswerContentIn):
    """An answer being written."""

    version = fields.Integer(required=True, validate=validate.Range(0, 10**6), metadata={"description": "0 for the first"})


class AnswerDraftOut(Output):
    """An answer being written; staff only."""

    text = fields.String(required=True)
    verdict = fields.String(required=True, validate=validate.OneOf(VERDICTS))
    reason = fields.String()
    by = fields.String(required=True)
    at = UtcDateTime(required=True)
    version = fields.Integer(required=True)


class MilestoneIn(Input):
    """Progress of what is being carried out."""

    text = Text(min=1, max=2000, lines=True, required=True)
    percent = fields.Integer(required=True, validate=validate.Range(0, 100))
    photos = fields.List(fields.String(validate=PICTURE), validate=validate.Length(max=MOST_PHOTOS), metadata={"example": []})


class MilestoneChangeIn(MilestoneIn):
    """A milestone as it shall stand; pictures that are left out are shown nowhere any more."""

    version = fields.Integer(
        load_default=0, validate=validate.Range(0, 10**6), metadata={"description": "the milestone's that you saw"}
    )


class HallOfFameIn(Input):
    """In or out."""

    is_in = fields.Boolean(required=True)


class IdeaPollIn(Input):
    """When the poll about an idea opens and closes; its question is made from the idea unless given."""

    title = fields.Nested(LocalizedIn())
    opens_at = UtcDateTime(required=True)
    closes_at = UtcDateTime(required=True)


class ThresholdIn(Input):
    """What follows at which number."""

    counted = fields.String(required=True, validate=COUNTED)
    count = fields.Integer(required=True, validate=validate.Range(1, 1_000_000))
    consequence = fields.String(required=True, validate=CONSEQUENCE)
    reply_days = fields.Integer(load_default=0, validate=validate.Range(0, 365))
    debate_days = fields.Integer(load_default=0, validate=validate.Range(0, 180))


class ProgrammeIn(Input):
    """A programme as administrators set it."""

    name = fields.Nested(LocalizedIn(), required=True)
    about = fields.Nested(LocalizedIn(), required=True)
    pipeline = fields.String(required=True, validate=PIPELINE)
    collecting_days = fields.Integer(required=True, validate=validate.Range(1, 365))
    thresholds = fields.List(fields.Nested(ThresholdIn()), required=True, validate=validate.Length(1, 10))
    remind_before_days = fields.List(
        fields.Integer(validate=validate.Range(1, 60)),
        load_default=lambda: [7, 1],
        validate=validate.Length(max=5),
        metadata={"example": [7, 1]},
    )
    version = fields.Integer(required=True, validate=validate.Range(0, 10**6), metadata={"description": "the version you saw"})
