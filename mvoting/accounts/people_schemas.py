"""Shapes of what staff send and get about citizens."""

from flask_smorest.fields import Upload
from marshmallow import fields, validate

from mvoting.accounts.schemas import ConsentsIn
from mvoting.core.districts import DISTRICTS
from mvoting.core.schemas import Id, Input, Output, Text, UtcDateTime


class ReasonIn(Input):
    reason = Text(min=3, max=500, required=True, metadata={"example": "본인이 신분증을 보이고 요청함"})


class ResidenceIn(ReasonIn):
    """What was seen on the papers."""

    district = fields.String(required=True, validate=validate.OneOf(list(DISTRICTS)), metadata={"example": "11440"})
    birth_year = fields.Integer(required=True, strict=True, validate=validate.Range(1900, 2100), metadata={"example": 1961})
    gender = fields.String(load_default=None, allow_none=True, validate=validate.OneOf(["female", "male"]))
    tags = fields.List(
        Text(min=1, max=40), load_default=list, validate=validate.Length(max=10), metadata={"description": "occupation tags"}
    )


class FactsOut(Output):
    district = fields.String()
    birth_year = fields.Integer()
    gender = fields.String(allow_none=True, validate=validate.OneOf(["female", "male"]))
    tags = fields.List(fields.String())


class PersonForStaffOut(Output):
    id = Id(required=True)
    state = fields.String(required=True, validate=validate.OneOf(["active", "awaiting_guardian", "erased", "merged"]))
    trust = fields.String(required=True, validate=validate.OneOf(["member", "resident"]))
    created_at = UtcDateTime(required=True)


class LinkIn(ReasonIn):
    kept = Id(required=True)
    dropped = Id(required=True)


class CounterSessionIn(ReasonIn):
    phone = Text(max=24, load_default="")
    document = Text(
        min=4,
        max=40,
        required=True,
        metadata={"example": "M12345678", "description": "number of the document shown; stored keyed"},
    )
    approval_code = Text(max=8, load_default="", metadata={"description": "shows that a number with an account is theirs"})
    second_id_token = Text(max=8192, load_default="", metadata={"description": "the same, by a Firebase sign-in at the counter"})
    consents = fields.Nested(ConsentsIn())


class RegisterIn(Input):
    file = Upload(required=True, metadata={"description": "CSV, UTF-8"})


class RejectedRowOut(Output):
    line = fields.Integer(required=True)
    why = fields.String(required=True, metadata={"example": "birth_year", "description": "the column that is wrong"})


class RegisterOut(Output):
    id = Id(required=True)
    state = fields.String(required=True, validate=validate.OneOf(["waiting", "done"]))
    done_count = fields.Integer(required=True)
    total_count = fields.Integer(required=True)
    rejected_count = fields.Integer(required=True)
    rejected = fields.List(fields.Nested(RejectedRowOut), required=True, metadata={"description": "the first 1,000"})


class DistrictCountsOut(Output):
    counts = fields.Dict(
        keys=fields.String(), values=fields.Integer(), required=True, metadata={"example": {"11110": 38120, "11440": 91377}}
    )
