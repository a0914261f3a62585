"""Shapes of polls at the door."""

from typing import Any

from marshmallow import ValidationError, fields, validate, validates

from mvoting.core.districts import DISTRICTS
from mvoting.core.pagination import PageQuery
from mvoting.core.schemas import Id, Input, LocalizedIn, LocalizedOut, Output, Text, UtcDateTime
from mvoting.voting.methods.registry import METHODS
from mvoting.voting.polls.models import STATES
from mvoting.voting.polls.rules import FIGURES

MAX_MONEY = 10**15
DEFINITION = {
    "poll": "01kbn6v3tq8w2y4z6a7c9e0g1h",
    "title": {"ko": "심야버스 노선", "en": "Night bus routes"},
    "secrecy": "open",
    "figures": "after_closing",
    "changeable": True,
    "k": 20,
    "audience": {"kind": "everyone", "trust": "member"},
    "questions": [
        {
            "id": "q1",
            "title": {"ko": "어느 노선을 늘릴까요?", "en": "Which route should run more often?"},
            "method": "plurality",
            "seats": 1,
            "options": [{"id": "o1", "title": {"ko": "N13"}}, {"id": "o2", "title": {"ko": "N26"}}],
        }
    ],
}


class PollLinkIn(Input):
    """Where to read more."""

    url = fields.Url(required=True, schemes={"http", "https"}, validate=validate.Length(max=500))
    title = fields.Nested(LocalizedIn(), required=True)


class DescribedIn(Input):
    """What polls, questions and options have in common."""

    title = fields.Nested(LocalizedIn(), required=True)
    description = fields.Nested(LocalizedIn())
    picture = Text(min=32, max=32, metadata={"description": "id of an uploaded picture"})
    links = fields.List(fields.Nested(PollLinkIn()), validate=validate.Length(max=5))


class OptionIn(DescribedIn):
    """One option; its id is given by its place."""

    cost = fields.Integer(strict=True, validate=validate.Range(1, MAX_MONEY), metadata={"description": "budgets only"})


class QuestionIn(DescribedIn):
    """One question with its method; `docs/METHODS.md` says how each counts."""

    method = fields.String(required=True, validate=validate.OneOf(list(METHODS)))
    seats = fields.Integer(load_default=1, strict=True, validate=validate.Range(1, 50))
    options = fields.List(fields.Nested(OptionIn()), required=True, validate=validate.Length(2, 200))
    min_choices = fields.Integer(strict=True, validate=validate.Range(1, 200))
    max_choices = fields.Integer(strict=True, validate=validate.Range(1, 200))
    max_score = fields.Integer(strict=True, validate=validate.Range(1, 100))
    max_points = fields.Integer(strict=True, validate=validate.Range(1, 1000))
    budget = fields.Integer(strict=True, validate=validate.Range(1, MAX_MONEY))
    equal_ranks = fields.Boolean(metadata={"description": "whether a ranking may rank options equally"})
    is_blank_allowed = fields.Boolean(load_default=True)
    is_shuffled = fields.Boolean(load_default=False, metadata={"description": "options in another order for each voter"})


class AudienceIn(Input):
    """Who may vote; see `docs/POLLS.md`."""

    kind = fields.String(load_default="everyone", validate=validate.OneOf(["everyone", "profile", "list", "on_site", "room"]))
    trust = fields.String(load_default="member", validate=validate.OneOf(["member", "resident"]))
    districts = fields.List(fields.String(validate=validate.OneOf(list(DISTRICTS))), validate=validate.Length(1, 25))
    birth_years = fields.List(fields.Integer(strict=True, validate=validate.Range(1900, 2100)), validate=validate.Length(equal=2))
    genders = fields.List(fields.String(validate=validate.OneOf(["female", "male"])), validate=validate.Length(1, 2))
    tags = fields.List(Text(min=1, max=40), validate=validate.Length(1, 20))
    by = fields.String(validate=validate.OneOf(["code", "distance"]))
    latitude_e6 = fields.Integer(strict=True, validate=validate.Range(-90_000_000, 90_000_000))
    longitude_e6 = fields.Integer(strict=True, validate=validate.Range(-180_000_000, 180_000_000))
    radius_m = fields.Integer(strict=True, validate=validate.Range(10, 50_000))


class TimesIn(Input):
    """From when to when a poll is open."""

    opens_at = UtcDateTime(required=True)
    closes_at = UtcDateTime(required=True)
    room_password = Text(max=64, load_default="", metadata={"description": "for a private room: 4 to 64 letters"})

    @validates("room_password")
    def _long_enough(self, value: str, **_: Any) -> None:
        if 0 < len(value) < 4:
            raise ValidationError("Shorter than minimum length 4.")


class PollIn(TimesIn):
    """A poll as its author writes it."""

    title = fields.Nested(LocalizedIn(), required=True)
    description = fields.Nested(LocalizedIn())
    picture = Text(min=32, max=32, metadata={"description": "id of an uploaded picture"})
    links = fields.List(fields.Nested(PollLinkIn()), validate=validate.Length(max=5))
    questions = fields.List(fields.Nested(QuestionIn()), required=True, validate=validate.Length(1, 20))
    audience = fields.Nested(AudienceIn(), load_default=lambda: {"kind": "everyone", "trust": "member"})
    figures = fields.String(load_default="after_closing", validate=validate.OneOf(FIGURES))
    is_changeable = fields.Boolean(load_default=True)
    k = fields.Integer(
        strict=True,
        validate=validate.Range(1, 1000),
        metadata={
            "description": "least ballots of a batch; not below what the kind of poll asks for (city 20, citizens 5, rooms 1)"
        },
    )
    min_turnout = fields.Integer(
        load_default=0,
        strict=True,
        validate=validate.Range(0, 10_000_000),
        metadata={"description": "ballots needed for the result to be binding; 0: none"},
    )


class PollReasonIn(Input):
    """Why; everybody reads it."""

    reason = Text(min=1, max=500, required=True)


class CancelIn(PollReasonIn):
    """Why a poll is called off; the public reads it."""


class MoveClosingIn(PollReasonIn):
    """When a poll closes instead, and why; later extends it, sooner closes it early."""

    closes_at = UtcDateTime(required=True)
    seen_closes_at = UtcDateTime(metadata={"description": "the end that you saw; another one since: 412"})


class TemplateIn(Input):
    """What a template is called."""

    name = Text(min=1, max=100, required=True)


def _hex(length: int) -> fields.String:
    pattern = validate.Regexp(f"^[0-9a-f]{{{length}}}$")
    return fields.String(required=True, validate=pattern, metadata={"example": "5f" * (length // 2)})


class SealingIn(Input):
    """The public part of a key ceremony: what `python -m mvoting trustee deal` wrote to sealing.json."""

    poll_id = Id(required=True)
    public_key = _hex(64)
    threshold = fields.Integer(required=True, strict=True, validate=validate.Range(1, 100))
    commitments = fields.List(_hex(64), required=True, validate=validate.Length(1, 100))
    padded_bytes = fields.Integer(required=True, strict=True, validate=validate.Range(32, 8192))
    recount = fields.String(required=True, validate=validate.OneOf(["public", "trustees"]))


class TieCommitmentIn(Input):
    """A commitment, by somebody other than the operator, to the seed of the lot."""

    commitment = _hex(64)


class PolicyIn(Input):
    """What the city decides about citizens' polls."""

    is_reviewed = fields.Boolean(required=True, metadata={"description": "whether staff look before a poll runs"})
    daily_limit = fields.Integer(required=True, strict=True, validate=validate.Range(0, 100))


class PolicyOut(Output):
    """The policy on citizens' polls."""

    is_reviewed = fields.Boolean(required=True)
    daily_limit = fields.Integer(required=True)


class PollQuery(PageQuery):
    """Which polls are listed."""

    state = fields.String(validate=validate.OneOf(STATES[1:]), metadata={"description": "by its times"})


class StaffPollQuery(PageQuery):
    """Which polls are listed for staff."""

    state = fields.String(validate=validate.OneOf(STATES), metadata={"description": "by its times, drafts too"})
    q = Text(max=100, load_default="", metadata={"description": "words of their titles"})


class ChangeOut(Output):
    """An act of staff on a poll that everybody reads."""

    kind = fields.String(required=True, validate=validate.OneOf(["extended", "closed-early", "hidden", "shown"]))
    at = UtcDateTime(required=True)
    closes_at = UtcDateTime(metadata={"description": "the new end, where it was moved"})
    reason = fields.String(required=True)


class PollOut(Output):
    """A poll as everybody sees it."""

    id = fields.String(required=True, attribute="_id")
    state = fields.String(
        required=True, metadata={"example": "open", "description": "by its times"}, validate=validate.OneOf(STATES)
    )
    title = fields.Nested(LocalizedOut(), required=True)
    definition = fields.Dict(
        required=True, metadata={"example": DEFINITION, "description": "what a ballot answers; hashed in canonical JSON"}
    )
    definition_hash = fields.String(required=True)
    opens_at = UtcDateTime(required=True)
    closes_at = UtcDateTime(required=True)
    changes = fields.List(fields.Nested(ChangeOut()), required=True)
    cancel_reason = fields.String()
    result = fields.Dict(allow_none=True, metadata={"description": "null until the result is published, and in lists"})
    version = fields.Integer(required=True)


class OwnPollOut(PollOut):
    """A poll as its author and staff see it."""

    review = fields.String(
        metadata={"description": "where the city looks first"}, validate=validate.OneOf(["waiting", "refused"])
    )
    review_reason = fields.String()
    room_number = fields.String(metadata={"example": "4821907", "description": "of a private room"})
    is_hidden = fields.Boolean()


class TemplateOut(Output):
    """A template."""

    id = fields.String(required=True, attribute="_id")
    name = fields.String(required=True)
    content = fields.Dict(
        required=True,
        metadata={
            "example": {"title": DEFINITION["title"], "questions": DEFINITION["questions"], "audience": DEFINITION["audience"]}
        },
    )
    created_at = UtcDateTime(required=True)


class RoomIn(Input):
    """What opens a private room."""

    password = Text(min=1, max=64, required=True)


class VenueCodeIn(Input):
    """The code on the venue's screen."""

    code = Text(min=1, max=40, required=True)


class VenuePositionIn(Input):
    """Where the phone says it is; not stored."""

    latitude = fields.Float(required=True, validate=validate.Range(-90, 90), metadata={"example": 37.5759})
    longitude = fields.Float(required=True, validate=validate.Range(-180, 180), metadata={"example": 126.9769})


class AdmissionOut(Output):
    """That a person was let in."""

    poll_id = fields.String(required=True)
    until = UtcDateTime(required=True)


class VenueScreenOut(Output):
    """What the venue's screen shows; ask again when the seconds are over."""

    code = fields.String(required=True)
    address = fields.String(
        required=True,
        metadata={
            "example": "https://vote.city.example/polls/01kbn6v3tq8w2y4z6a7c9e0g1h?code=4f0c9a",
            "description": "what the QR code holds",
        },
    )
    svg = fields.String(
        required=True,
        metadata={
            "example": '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 37 37"></svg>',
            "description": "QR code of the address that phones open",
        },
    )
    seconds_left = fields.Integer(required=True)


class RollUploadOut(Output):
    """How far the reading of a roll is."""

    id = fields.String(required=True, attribute="_id")
    state = fields.String(
        required=True,
        metadata={"description": "waiting: being read; clearing: the roll is being emptied"},
        validate=validate.OneOf(["waiting", "done", "failed", "clearing"]),
    )
    rows = fields.Integer(required=True, metadata={"description": "read so far"})
    accepted = fields.Integer(required=True)
    repeated = fields.Integer(required=True, metadata={"description": "numbers that were on the roll already"})
    rejected = fields.Integer(required=True)
    problem = fields.Nested(LocalizedOut())


class RollLookUpIn(Input):
    """Whom to look for on a roll, and why."""

    number = Text(min=1, max=40, required=True, metadata={"description": "a phone or member number", "example": "010-1234-5678"})
    reason = Text(min=3, max=500, required=True, metadata={"example": "투표가 열리지 않는다고 전화로 문의함"})


class RollLookUpOut(Output):
    """Whether a number is on a roll."""

    is_listed = fields.Boolean(required=True)


class RejectedRollRowOut(Output):
    """A row that added nobody to the roll."""

    row = fields.Integer(required=True)
    reason = fields.String(required=True, validate=validate.OneOf(["empty", "formula", "not-a-number", "repeated"]))
