"""Shapes of sensors at the door."""

from marshmallow import fields, validate

from mvoting.core.schemas import Input, Output, Text, UtcDateTime
from notifications.alerts.hazards import CLASSES, HAZARDS
from notifications.alerts.schemas import AreaIn, WordingIn

READINGS_MAX = 500
DAY_S = 24 * 3600


class ReadingIn(Input):
    """One value of a station."""

    station = Text(min=1, max=60, required=True, metadata={"example": "홍제천-연희교"})
    kind = Text(min=1, max=30, required=True, metadata={"example": "water_level"})
    value = fields.Float(required=True, validate=validate.Range(-1e9, 1e9))
    at = UtcDateTime(required=True)


class ReadingsIn(Input):
    """Readings in any order; handing in twice changes nothing."""

    readings = fields.List(fields.Nested(ReadingIn()), required=True, validate=validate.Length(1, READINGS_MAX))


class TakenReadingsOut(Output):
    """How many were new."""

    stored = fields.Integer(required=True)
    duplicates = fields.Integer(required=True)


class GatewayIn(Input):
    """A gateway as an administrator registers it."""

    name = Text(min=1, max=60, required=True)
    stations = fields.List(Text(min=1, max=60), required=True, validate=validate.Length(1, 500))


class GatewayOut(Output):
    """A gateway."""

    id = fields.String(required=True, attribute="_id")
    name = fields.String(required=True)
    stations = fields.List(fields.String(), required=True)
    is_active = fields.Boolean(required=True)
    created_at = UtcDateTime(required=True)


class GatewayKeyOut(GatewayOut):
    """A gateway with its key, shown once."""

    key = fields.String(required=True)


class RuleAlertIn(Input):
    """The alert that a rule drafts; words may hold {station}, {value}, {unit} and {time}."""

    alert_class = fields.String(data_key="class", required=True, validate=validate.OneOf(list(CLASSES)))
    hazard = fields.String(required=True, validate=validate.OneOf(list(HAZARDS)))
    wording = fields.Nested(WordingIn(), required=True)
    area = fields.Nested(AreaIn(), required=True)


class RuleIn(Input):
    """A rule: limits, how long they must be passed, and what is drafted then."""

    name = Text(min=1, max=100, required=True)
    station = Text(min=1, max=60, required=True)
    kind = Text(min=1, max=30, required=True, metadata={"example": "water_level"})
    unit = Text(max=10, load_default="")
    threshold = fields.Float(required=True, validate=validate.Range(-1e9, 1e9))
    clear_at = fields.Float(required=True, validate=validate.Range(-1e9, 1e9))
    is_above = fields.Boolean(load_default=True, metadata={"description": "false: low values are the danger"})
    duration_s = fields.Integer(required=True, validate=validate.Range(0, DAY_S))
    gap_max_s = fields.Integer(required=True, validate=validate.Range(10, DAY_S))
    lasts_s = fields.Integer(load_default=6 * 3600, validate=validate.Range(900, 7 * DAY_S))
    alert = fields.Nested(RuleAlertIn(), required=True)


class RuleChangeIn(RuleIn):
    """A whole rule again; every change ends its listings."""

    is_active = fields.Boolean(load_default=True)
    revision = fields.Integer(metadata={"description": "the revision that you saw; another one since: 412"})


class RuleOut(Output):
    """A rule and where it stands."""

    id = fields.String(required=True, attribute="_id")
    name = fields.String(required=True)
    station = fields.String(required=True)
    kind = fields.String(required=True, metadata={"example": "water_level"})
    unit = fields.String()
    threshold = fields.Float(required=True)
    clear_at = fields.Float(required=True)
    is_above = fields.Boolean(required=True)
    duration_s = fields.Integer(required=True)
    gap_max_s = fields.Integer(required=True)
    lasts_s = fields.Integer(required=True)
    alert = fields.Dict(required=True, metadata={"example": {"class": "severe", "hazard": "flood"}})
    revision = fields.Integer(required=True)
    is_active = fields.Boolean(required=True)
    is_raised = fields.Boolean(required=True)
    changed_at = UtcDateTime(required=True)
    alert_id = fields.String()
