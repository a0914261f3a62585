"""Shapes of ideas at the door."""

from marshmallow import fields, validate

from mvoting.core.pagination import PageQuery
from mvoting.core.schemas import Id, Input, LocalizedOut, Output, Text, UtcDateTime
from proposals.ideas.pipeline import State
from proposals.ideas.programmes import Consequence, Counted
from proposals.ideas.rules import MOST_PHOTOS, VERDICTS
from proposals.ideas.services.reading import NEAR_MOST_M, ORDERS
from proposals.vocabulary import CATEGORY, VISIBILITY, District

TITLE_MAX, BODY_MAX = 100, 10_000
CONSEQUENCE = validate.OneOf([c.value for c in Consequence])
COUNTED = validate.OneOf([c.value for c in Counted])
PIPELINE = validate.OneOf(["oasis", "democracy-seoul"])
PICTURE = validate.Regexp(r"\A[0-9a-f]{32}\Z", error="Not a picture's id.")


class PointIn(Input):
    """A point on the map, near Seoul."""

    lng = fields.Float(required=True, validate=validate.Range(124, 132), metadata={"example": 126.978})
    lat = fields.Float(required=True, validate=validate.Range(33, 39), metadata={"example": 37.5665})


class IdeaContentIn(Input):
    """What an author writes; a draft may leave anything out."""

    title = Text(max=TITLE_MAX, metadata={"example": "놀이터에 그늘막을"})
    body = Text(max=BODY_MAX, lines=True, metadata={"description": "Markdown: paragraphs, emphasis, lists, quotes, links"})
    category = fields.String(allow_none=True, validate=CATEGORY)
    district = District(allow_none=True)
    point = fields.Nested(PointIn(), allow_none=True)
    photos = fields.List(
        fields.String(validate=PICTURE),
        validate=validate.Length(max=MOST_PHOTOS),
        metadata={"description": "ids of pictures sent to /v1/pictures", "example": []},
    )
    programme_id = Text(max=40, metadata={"example": "democracy-seoul"})


class IdeaIn(IdeaContentIn):
    """An idea that is submitted at once."""

    title = Text(min=1, max=TITLE_MAX, required=True, metadata={"example": "놀이터에 그늘막을"})
    body = Text(min=1, max=BODY_MAX, lines=True, required=True)


class IdeaQuery(PageQuery):
    """Which ideas are listed."""

    sort = fields.String(
        load_default="newest",
        validate=validate.OneOf(list(ORDERS)),
        metadata={"description": "which come first; overdue and hall_of_fame show only those"},
    )
    q = Text(max=100, metadata={"description": "words; the answer comes newest first"})
    district = District()
    category = fields.String(validate=CATEGORY, metadata={"description": "one category only"})
    state = fields.String(
        validate=validate.OneOf([s.value for s in State if s is not State.DRAFT]),
        metadata={"description": "where they stand on their way"},
    )
    programme_id = Text(max=40, metadata={"description": "one programme only"})


class NearQuery(PageQuery):
    """Around which point."""

    lng = fields.Float(
        required=True, validate=validate.Range(-180, 180), metadata={"description": "degrees east", "example": 126.978}
    )
    lat = fields.Float(
        required=True, validate=validate.Range(-90, 90), metadata={"description": "degrees north", "example": 37.5665}
    )
    within_m = fields.Float(
        load_default=2000.0, validate=validate.Range(1, NEAR_MOST_M), metadata={"description": "metres around the point"}
    )


class SimilarQuery(Input):
    """What is being typed."""

    text = Text(
        min=1, max=300, required=True, metadata={"description": "the title as far as it is typed", "example": "놀이터에 그늘"}
    )


class ThresholdOut(Output):
    """What follows at which number."""

    counted = fields.String(required=True, validate=COUNTED)
    count = fields.Integer(required=True)
    consequence = fields.String(required=True, validate=CONSEQUENCE)
    reply_days = fields.Integer()
    debate_days = fields.Integer()


class NextThresholdOut(Output):
    """The threshold ahead."""

    count = fields.Integer(required=True)
    consequence = fields.String(required=True, validate=CONSEQUENCE)


class LineOut(Output):
    """An idea in a list."""

    id = Id(required=True)
    title = fields.String(required=True)
    summary = fields.String(required=True)
    author = fields.String(required=True)
    programme_id = fields.String(required=True, metadata={"example": "democracy-seoul"})
    state = fields.String(required=True, validate=validate.OneOf([s.value for s in State]), metadata={"example": "collecting"})
    state_name = fields.String(required=True, metadata={"example": "공감 모으는 중"})
    visibility = fields.String(required=True, validate=VISIBILITY)
    category = fields.String(allow_none=True, validate=CATEGORY)
    district = fields.String(allow_none=True)
    photos = fields.List(fields.String())
    endorsement_count = fields.Integer(required=True)
    addition_count = fields.Integer()
    to_threshold = fields.Integer(allow_none=True)
    next_threshold = fields.Nested(NextThresholdOut(), allow_none=True)
    is_overdue = fields.Boolean(required=True)
    next_due_at = UtcDateTime(allow_none=True)
    department = fields.String(allow_none=True)
    published_at = UtcDateTime(allow_none=True)
    closes_at = UtcDateTime(allow_none=True)
    done_at = UtcDateTime(allow_none=True)
    debate_id = fields.String(allow_none=True)
    poll_id = fields.String(allow_none=True)
    merged_into = fields.String(allow_none=True)
    is_in_hall_of_fame = fields.Boolean()
    likeness = fields.Float()
    distance_m = fields.Float()


class PromiseOut(Output):
    """A reply that the city owes."""

    kind = fields.String(required=True, validate=CONSEQUENCE)
    department = fields.String(allow_none=True)
    made_at = UtcDateTime(required=True)
    due_at = UtcDateTime(required=True)
    kept_at = UtcDateTime(allow_none=True)
    is_overdue = fields.Boolean(required=True)


class AnswerOut(Output):
    """An official answer."""

    id = fields.String(required=True)
    verdict = fields.String(required=True, validate=validate.OneOf(VERDICTS))
    text = fields.String(required=True)
    text_html = fields.String(required=True)
    reason = fields.String(allow_none=True)
    department = fields.String(allow_none=True)
    by = fields.String(required=True, metadata={"example": "김한강"})
    at = UtcDateTime(required=True)


class MilestoneOut(Output):
    """A step of what is being carried out."""

    id = fields.String(required=True)
    text = fields.String(required=True)
    text_html = fields.String(required=True)
    percent = fields.Integer(required=True)
    photos = fields.List(fields.String())
    at = UtcDateTime(required=True)
    edited_at = UtcDateTime(metadata={"description": "where it was corrected"})
    version = fields.Integer()


class MyPartOut(Output):
    """What I have done about it."""

    has_endorsed = fields.Boolean(required=True)
    is_following = fields.Boolean(required=True)


class PointOut(Output):
    """A point on the map."""

    lng = fields.Float(required=True)
    lat = fields.Float(required=True)


class IdeaOut(LineOut):
    """An idea's page."""

    body = fields.String(required=True)
    body_html = fields.String(required=True, metadata={"description": "clean HTML"})
    point = fields.Nested(PointOut(), allow_none=True)
    coauthors = fields.List(fields.String())
    is_mine = fields.Boolean(required=True)
    is_coauthor = fields.Boolean()
    me = fields.Nested(MyPartOut(), allow_none=True)
    thresholds = fields.List(fields.Nested(ThresholdOut()))
    reached = fields.List(fields.String(metadata={"example": "endorsements:50"}))
    promises = fields.List(fields.Nested(PromiseOut()))
    answers = fields.List(fields.Nested(AnswerOut()))
    milestones = fields.List(fields.Nested(MilestoneOut()))
    timeline = fields.List(fields.Dict(), metadata={"description": "what happened, with from, to, by and reason"})
    merged_from = fields.List(fields.String())
    created_at = UtcDateTime(required=True)
    updated_at = UtcDateTime(allow_none=True)
    version = fields.Integer(required=True)


class SimilarOut(Output):
    """Ideas that say nearly the same."""

    items = fields.List(fields.Nested(LineOut()), required=True)


class EndorsementOut(Output):
    """The endorsement and the count with it."""

    has_endorsed = fields.Boolean(required=True)
    is_new = fields.Boolean(required=True, metadata={"description": "false when nothing changed"})
    endorsement_count = fields.Integer(required=True)


class CoauthorInvitationOut(Output):
    """A code for one co-author."""

    code = fields.String(required=True)
    expires_at = UtcDateTime(required=True)


class CoauthorInvitationIn(Input):
    """The code that the author gave."""

    code = Id(required=True)


class AdditionIn(Input):
    """What somebody adds."""

    body = Text(min=1, max=2000, lines=True, required=True)


class AdditionOut(Output):
    """An addition with its credit."""

    id = Id(required=True)
    idea_id = Id(required=True)
    author = fields.String(required=True)
    body = fields.String(required=True)
    body_html = fields.String(required=True)
    state = fields.String(required=True, validate=validate.OneOf(["offered", "accepted", "declined"]))
    at = UtcDateTime(required=True)
    is_mine = fields.Boolean(required=True)


class IdeaAcceptIn(Input):
    """Yes or no."""

    is_accepted = fields.Boolean(required=True)


class MergeIn(Input):
    """Into which idea this one should go."""

    into_id = Id(required=True)


class MergeOut(Output):
    """A request to merge."""

    id = Id(required=True, attribute="_id")
    from_id = Id(required=True)
    into_id = Id(required=True)
    state = fields.String(required=True, validate=validate.OneOf(["offered", "accepted", "declined"]))
    at = UtcDateTime(required=True)


class MergesOut(Output):
    """Requests that wait."""

    items = fields.List(fields.Nested(MergeOut()), required=True)


class PublicReasonIn(Input):
    """Why; everybody reads it."""

    reason = Text(min=1, max=500, required=True)


class ProgrammeOut(Output):
    """A programme."""

    id = fields.String(required=True, metadata={"example": "democracy-seoul"})
    name = fields.Nested(LocalizedOut(), required=True)
    about = fields.Nested(LocalizedOut(), required=True)
    pipeline = fields.String(required=True, validate=PIPELINE)
    collecting_days = fields.Integer(required=True)
    thresholds = fields.List(fields.Nested(ThresholdOut()), required=True)
    remind_before_days = fields.List(fields.Integer(), required=True)
    version = fields.Integer(required=True)


class ProgrammesOut(Output):
    """All programmes."""

    items = fields.List(fields.Nested(ProgrammeOut()), required=True)


class StatisticOut(Output):
    """How one department keeps its promises."""

    department = fields.String(allow_none=True)
    promised = fields.Integer(required=True)
    kept_in_time = fields.Integer(required=True)
    kept_late = fields.Integer(required=True)
    overdue = fields.Integer(required=True)
    median_days = fields.Float(allow_none=True)


class StatisticsOut(Output):
    """How the departments keep their promises."""

    items = fields.List(fields.Nested(StatisticOut()), required=True)
