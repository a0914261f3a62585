"""Shapes of people lists at the door."""

from flask_smorest.fields import Upload
from marshmallow import fields

from mvoting.core.schemas import Input, Output, Text, UtcDateTime


class PeopleListIn(Input):
    """What a list is for."""

    name = Text(
        min=1, max=100, required=True, metadata={"description": "what the list is for", "example": "한강공원 축제 자원봉사자"}
    )


class PeopleListFileIn(Input):
    """A .csv or .xlsx file with one phone number in each row."""

    file = Upload(required=True)


class ListLookUpIn(Input):
    """Whom to look for on a list, and why."""

    number = Text(min=1, max=40, required=True, metadata={"description": "a phone number", "example": "010-1234-5678"})
    reason = Text(min=3, max=500, required=True, metadata={"example": "소식이 오지 않는다고 전화로 문의함"})


class ListLookUpOut(Output):
    """Whether a number's holder is on a list."""

    is_listed = fields.Boolean(required=True)


class PeopleListOut(Output):
    """A list and how its file read."""

    id = fields.String(required=True, attribute="_id")
    name = fields.String(required=True)
    rows = fields.Integer(required=True)
    members = fields.Integer(required=True, metadata={"description": "people of the city's service who are on it"})
    strangers = fields.Integer(required=True, metadata={"description": "numbers that belong to no member; they are not kept"})
    rejected = fields.Integer(required=True, metadata={"description": "rows without a phone number"})
    created_at = UtcDateTime(required=True)
