"""Shapes of results."""

from marshmallow import fields, validate

from mvoting.core.schemas import Output
from mvoting.voting.methods.registry import METHODS


class TieOut(Output):
    """Options that were level, and what decided."""

    between = fields.List(fields.String(), required=True)
    drawn = fields.String(required=True)
    by = fields.String(
        required=True, validate=validate.OneOf(["lot", "earlier-round", "head-to-head", "highest-scores", "higher-sum"])
    )


class RoundOut(Output):
    """One step of a count; numbers are exact decimals as text."""

    totals = fields.Dict(
        keys=fields.String(), values=fields.String(), required=True, metadata={"example": {"o1": "1250", "o2": "1100"}}
    )
    elected = fields.List(fields.String(), required=True)
    eliminated = fields.List(fields.String(), required=True)
    exhausted = fields.String(required=True)
    rounding = fields.String(required=True)
    ties = fields.List(fields.Nested(TieOut()), required=True)
    explanation = fields.Dict(
        required=True,
        metadata={
            "example": {
                "ko": ["유효표 2,350표 가운데 과반을 얻어 당선되었습니다."],
                "en": ["It has more than half of 2,350 ballots and is elected."],
            },
            "description": "sentences in ko and en",
        },
    )


class FundingOut(Output):
    """What became of a project, in the order in which it was decided."""

    option = fields.String(required=True)
    cost = fields.Integer(required=True)
    votes = fields.String(required=True)
    funded = fields.Boolean(required=True)
    reason = fields.String(required=True, validate=validate.OneOf(["funded", "too_costly", "no_votes", "share"]))
    left = fields.Integer(required=True, metadata={"description": "money left then"})


class QuestionResultOut(Output):
    """The result of one question."""

    id = fields.String(required=True, metadata={"example": "q1"})
    method = fields.String(required=True, validate=validate.OneOf(list(METHODS)))
    seats = fields.Integer(required=True)
    ballots = fields.Integer(required=True)
    blank = fields.Integer(required=True)
    invalid = fields.Integer(required=True)
    winners = fields.List(fields.String(), required=True)
    quota = fields.String()
    exhausted = fields.String(required=True)
    rounds = fields.List(fields.Nested(RoundOut()), required=True)
    ranking = fields.List(fields.List(fields.String()))
    fundings = fields.List(fields.Nested(FundingOut()))


class FiguresOut(Output):
    """Totals so far."""

    totals = fields.Dict(
        required=True,
        allow_none=True,
        metadata={
            "example": {"q1": {"o1": "412", "o2": "388"}},
            "description": "by question and option; null below the smallest batch",
        },
    )


class ResultOut(Output):
    """The result of a poll."""

    ballots = fields.Integer(required=True)
    invalid = fields.Integer(required=True)
    min_turnout = fields.Integer(required=True, metadata={"description": "ballots needed for the result to be valid; 0: none"})
    is_valid = fields.Boolean(required=True, metadata={"description": "whether the turnout was reached"})
    changes = fields.List(
        fields.Dict(), required=True, metadata={"description": "acts of staff on the board: kind, at, closes_at?, reason"}
    )
    later_changes = fields.List(
        fields.Dict(),
        required=True,
        metadata={"description": "acts of staff after the final head, which are not on the board: kind, at, reason"},
    )
    questions = fields.List(fields.Nested(QuestionResultOut()), required=True)
