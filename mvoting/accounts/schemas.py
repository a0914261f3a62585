"""Shapes that come in and go out."""

from marshmallow import fields, validate

from mvoting.core.schemas import Id, Input, Output, Text, UtcDateTime


class DeviceIn(Input):
    """The phone or browser that signs in."""

    id = Text(
        min=16,
        max=64,
        required=True,
        metadata={"description": "128 random bits that the device made and keeps", "example": "b3f1c2d4e5a697887766"},
    )
    name = Text(max=60, load_default="", metadata={"example": "Galaxy S26"})
    platform = fields.String(load_default="web", validate=validate.OneOf(["android", "ios", "web"]))


class ConsentsIn(Input):
    """What somebody who joins agrees to; not needed later."""

    terms = fields.Integer(required=True, validate=validate.Range(1, 10_000), metadata={"example": 1})
    privacy = fields.Integer(required=True, validate=validate.Range(1, 10_000), metadata={"example": 1})
    is_fourteen = fields.Boolean(required=True, metadata={"description": "14 years or older; below, a guardian must consent"})


class PhoneIn(Input):
    phone = Text(min=7, max=24, required=True, metadata={"example": "010-1234-5678"})


class CodeSentOut(Output):
    code = fields.String(required=True, metadata={"description": "shown, because development sends no text message"})
    expires_at = UtcDateTime(required=True)


class SignInWithCodeIn(PhoneIn):
    code = Text(min=6, max=6, required=True, metadata={"example": "031415"})
    device = fields.Nested(DeviceIn(), required=True)
    consents = fields.Nested(ConsentsIn())


class SignInWithFirebaseIn(Input):
    id_token = Text(min=1, max=8192, required=True)
    device = fields.Nested(DeviceIn(), required=True)
    consents = fields.Nested(ConsentsIn())


class RefreshIn(Input):
    refresh_token = Text(min=1, max=200, required=True)
    device_id = Text(min=16, max=64, required=True)


class PersonOut(Output):
    id = Id(required=True)
    trust = fields.String(required=True, metadata={"description": "guest, member or resident"})
    state = fields.String(required=True, metadata={"description": "active, or awaiting_guardian"})


class GrantOut(Output):
    """What a signed-in device holds."""

    access_token = fields.String(required=True)
    token_type = fields.String(required=True, metadata={"example": "Bearer"})
    expires_in = fields.Integer(required=True, metadata={"description": "seconds until the access token expires"})
    refresh_token = fields.String(allow_none=True, required=True, metadata={"description": "good once; null at a counter"})
    session_id = Id(required=True)
    person = fields.Nested(PersonOut, required=True)


class SessionOut(Output):
    """One device that is signed in."""

    id = Id(required=True)
    device_name = fields.String(required=True)
    platform = fields.String(required=True)
    method = fields.String(required=True)
    created_at = UtcDateTime(required=True)
    last_used_at = UtcDateTime(required=True)
    is_current = fields.Boolean(required=True)


class EndedOut(Output):
    ended_count = fields.Integer(required=True)


class JwkOut(Output):
    kty = fields.String(required=True)
    n = fields.String(required=True)
    e = fields.String(required=True)
    kid = fields.String(required=True)
    use = fields.String(required=True)
    alg = fields.String(required=True)


class JwksOut(Output):
    keys = fields.List(fields.Nested(JwkOut), required=True)


class StaffSignInIn(Input):
    email = Text(min=3, max=254, required=True, metadata={"example": "officer@city.example"})
    password = fields.String(required=True, validate=validate.Length(1, 128))
    device = Text(max=120, load_default="", metadata={"description": "`device` of an earlier sign-in on this computer"})


class SecondFactorDueOut(Output):
    challenge = fields.String(required=True, metadata={"description": "hand it to the second factor within five minutes"})
    second_factors = fields.List(fields.String(), required=True, metadata={"description": "totp, passkey, recovery_code"})


class SecondFactorIn(Input):
    challenge = Text(min=1, max=64, required=True)
    code = Text(min=6, max=20, required=True)


class StaffOut(Output):
    id = Id(required=True)
    name = fields.String(required=True)
    email = fields.String(required=True)
    roles = fields.List(fields.String(), required=True)
    state = fields.String(required=True)
    created_at = UtcDateTime(required=True)


class StaffGrantOut(Output):
    token = fields.String(required=True, metadata={"description": "send it as Authorization: Bearer"})
    device = fields.String(required=True, metadata={"description": "keep it on this computer for the next sign-in"})
    expires_at = UtcDateTime(required=True)
    staff = fields.Nested(StaffOut, required=True)
