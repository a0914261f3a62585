"""Shapes of what staff send and get about staff: signing in, invitations, roles."""

from marshmallow import fields, validate

from mvoting.accounts.people_schemas import ReasonIn
from mvoting.accounts.staff import ROLES
from mvoting.core.schemas import Id, Input, Output, Text, UtcDateTime

ROLE = validate.OneOf(ROLES)


class StaffSignInIn(Input):
    email = Text(min=3, max=254, required=True, metadata={"example": "officer@city.example"})
    password = fields.String(required=True, validate=validate.Length(1, 128))
    device = Text(max=120, load_default="", metadata={"description": "`device` of an earlier sign-in on this computer"})


class SecondFactorDueOut(Output):
    challenge = fields.String(required=True, metadata={"description": "hand it to the second factor within five minutes"})
    second_factors = fields.List(fields.String(validate=validate.OneOf(["totp", "passkey", "recovery_code"])), required=True)


class SecondFactorIn(Input):
    challenge = Text(min=1, max=64, required=True)
    code = Text(min=6, max=20, required=True)


class StaffOut(Output):
    id = Id(required=True)
    name = fields.String(required=True)
    email = fields.String(required=True)
    roles = fields.List(fields.String(validate=ROLE), required=True)
    state = fields.String(required=True, validate=validate.OneOf(["active", "suspended"]))
    created_at = UtcDateTime(required=True)


class StaffGrantOut(Output):
    token = fields.String(required=True, metadata={"description": "send it as Authorization: Bearer"})
    device = fields.String(required=True, metadata={"description": "keep it on this computer for the next sign-in"})
    expires_at = UtcDateTime(required=True)
    staff = fields.Nested(StaffOut, required=True)


class InviteIn(ReasonIn):
    email = fields.Email(required=True, validate=validate.Length(max=254), metadata={"example": "officer@city.example"})
    name = Text(min=1, max=60, required=True)
    roles = fields.List(fields.String(validate=ROLE), required=True, validate=validate.Length(1, len(ROLES)))


class InvitationOut(Output):
    token = fields.String(required=True, metadata={"description": "for the link; shown once, good for three days"})


class InvitationTokenIn(Input):
    token = Text(min=1, max=64, required=True)


class InvitationShownOut(Output):
    email = fields.String(required=True)
    name = fields.String(required=True)
    roles = fields.List(fields.String(validate=ROLE), required=True)
    totp_secret = fields.String(required=True, metadata={"example": "JBSWY3DPEHPK3PXP"})
    totp_uri = fields.String(
        required=True,
        metadata={
            "example": "otpauth://totp/mVoting:officer%40city.example?secret=JBSWY3DPEHPK3PXP&issuer=mVoting",
            "description": "for the authenticator's QR code",
        },
    )


class AcceptIn(InvitationTokenIn):
    password = fields.String(required=True, validate=validate.Length(1, 128))
    totp_code = Text(min=6, max=6, required=True, metadata={"example": "031415"})


class EnrolledOut(Output):
    staff_id = Id(required=True)
    recovery_codes = fields.List(fields.String(), required=True, metadata={"description": "shown once"})


class RolesIn(ReasonIn):
    roles = fields.List(fields.String(validate=ROLE), required=True, validate=validate.Length(1, len(ROLES)))


class RolesChangedOut(Output):
    request_id = Id(
        allow_none=True, required=True, metadata={"description": "what a second administrator must agree to, or null"}
    )


class RightsRequestOut(Output):
    id = Id(required=True)
    staff_id = Id(required=True)
    roles = fields.List(fields.String(validate=ROLE), required=True)
    asked_by = fields.String(required=True)
    reason = fields.String(required=True)
    expires_at = UtcDateTime(required=True)


class RightsRequestsOut(Output):
    items = fields.List(fields.Nested(RightsRequestOut), required=True, metadata={"description": "at most 100"})
