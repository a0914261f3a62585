"""Shapes of listings at the door."""

from marshmallow import fields, validate

from mvoting.core.pagination import PageQuery
from mvoting.core.schemas import Id, Input, Output, Text, UtcDateTime
from notifications.alerts.hazards import CLASSES
from notifications.listings.models import KINDS, STATES


class ListingIn(Input):
    """What an administrator proposes for automatic sending."""

    kind = fields.String(required=True, validate=validate.OneOf(KINDS))
    subject_id = Id(required=True, metadata={"description": "of the source or rule"})
    classes = fields.List(fields.String(validate=validate.OneOf(list(CLASSES))), required=True, validate=validate.Length(1, 3))
    reason = Text(min=1, max=500, required=True)


class ListingQuery(PageQuery):
    """Which listings are listed."""

    state = fields.String(validate=validate.OneOf(STATES), metadata={"description": "where it stands"})


class ListingOut(Output):
    """A listing and the two people behind it."""

    id = fields.String(required=True, attribute="_id")
    kind = fields.String(required=True, validate=validate.OneOf(KINDS))
    subject_id = fields.String(required=True)
    subject_revision = fields.Integer(required=True)
    classes = fields.List(fields.String(validate=validate.OneOf(list(CLASSES))), required=True)
    reason = fields.String(required=True)
    state = fields.String(required=True, validate=validate.OneOf(STATES))
    proposed_by = fields.String(required=True)
    proposed_at = UtcDateTime(required=True)
    agreed_by = fields.String()
    agreed_at = UtcDateTime()
    revoked_by = fields.String()
    revoked_at = UtcDateTime()
