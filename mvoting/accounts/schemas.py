"""Shapes that come in and go out."""

from collections.abc import Mapping
from typing import Any

from flask_smorest.fields import Upload
from marshmallow import fields, validate

from mvoting.accounts.staff import ROLES
from mvoting.core.districts import DISTRICTS
from mvoting.core.schemas import Id, Input, Output, Text, UtcDateTime

PLATFORM = validate.OneOf(["android", "ios", "web"])
ROLE = validate.OneOf(ROLES)
WAYS_IN = ("development", "text_message", "firebase", "national", "counter")


class DeviceIn(Input):
    """The phone or browser that signs in."""

    id = Text(
        min=16,
        max=64,
        required=True,
        metadata={"description": "128 random bits that the device made and keeps", "example": "b3f1c2d4e5a697887766"},
    )
    name = Text(max=60, load_default="", metadata={"example": "Galaxy S26"})
    platform = fields.String(load_default="web", validate=PLATFORM)


class ConsentsIn(Input):
    """What somebody who joins agrees to; not needed later."""

    terms = fields.Integer(required=True, validate=validate.Range(1, 10_000), metadata={"example": 1})
    privacy = fields.Integer(required=True, validate=validate.Range(1, 10_000), metadata={"example": 1})
    is_fourteen = fields.Boolean(required=True, metadata={"description": "14 years or older; below, a guardian must consent"})


class PhoneIn(Input):
    phone = Text(min=7, max=24, required=True, metadata={"example": "010-1234-5678"})


class TextMessageIn(PhoneIn):
    device_id = Text(min=16, max=64, required=True, metadata={"description": "the device on which the code will be typed"})


class CodeSentOut(Output):
    code = fields.String(required=True, metadata={"description": "shown, because development sends no text message"})
    expires_at = UtcDateTime(required=True)


class CodeOnItsWayOut(Output):
    expires_at = UtcDateTime(required=True)


class WaysOut(Output):
    """What `/v1/sign-in/…` offers beside Firebase, which an app asks by itself."""

    text_message = fields.Boolean(required=True, metadata={"description": "a code by text message: `/v1/sign-in/phone`"})
    national = fields.Boolean(required=True, metadata={"description": "the national identity: `/v1/sign-in/national`"})
    development = fields.Boolean(required=True, metadata={"description": "a code that is shown: `/v1/sign-in/development`"})


class SecondFactIn(Input):
    """What confirms the owner of a number that was idle for 90 days; one of them is enough."""

    approval_code = Text(max=8, load_default="", metadata={"description": "from a device that is still signed in"})
    second_id_token = Text(max=8192, load_default="", metadata={"description": "Firebase ID token of another connected sign-in"})
    is_newcomer = fields.Boolean(load_default=False, metadata={"description": "the number is mine, the old account is not"})


class SignInWithCodeIn(PhoneIn):
    code = Text(min=6, max=6, required=True, metadata={"example": "031415"})
    device = fields.Nested(DeviceIn(), required=True)
    consents = fields.Nested(ConsentsIn())
    second_fact = fields.Nested(SecondFactIn())


class SignInWithFirebaseIn(Input):
    id_token = Text(min=1, max=8192, required=True)
    device = fields.Nested(DeviceIn(), required=True)
    consents = fields.Nested(ConsentsIn())
    second_fact = fields.Nested(SecondFactIn())


class RefreshIn(Input):
    refresh_token = Text(min=1, max=200, required=True)
    device_id = Text(min=16, max=64, required=True)


class PersonOut(Output):
    id = Id(required=True)
    trust = fields.String(required=True, validate=validate.OneOf(["guest", "member", "resident"]))
    state = fields.String(required=True, validate=validate.OneOf(["active", "awaiting_guardian"]))
    consents_due = fields.List(
        fields.String(validate=validate.OneOf(["terms", "privacy"])),
        required=True,
        metadata={"description": "terms, privacy: changed since the person agreed; only the own account works until then"},
    )


class AccessOut(Output):
    access_token = fields.String(required=True)
    token_type = fields.String(required=True, metadata={"example": "Bearer"})
    expires_in = fields.Integer(required=True, metadata={"description": "seconds until the access token expires"})


class VersionsOut(Output):
    terms = fields.Integer(required=True)
    privacy = fields.Integer(required=True)


class GrantOut(AccessOut):
    """What a signed-in device holds."""

    refresh_token = fields.String(allow_none=True, required=True, metadata={"description": "good once; null at a counter"})
    session_id = Id(required=True)
    person = fields.Nested(PersonOut, required=True)


class SessionOut(Output):
    """One device that is signed in."""

    id = Id(required=True)
    device_name = fields.String(required=True)
    platform = fields.String(required=True, validate=PLATFORM)
    method = fields.String(required=True, validate=validate.OneOf(WAYS_IN))
    created_at = UtcDateTime(required=True)
    last_used_at = UtcDateTime(required=True)
    is_current = fields.Boolean(required=True)


class EndedOut(Output):
    ended_count = fields.Integer(required=True)


class JwkOut(Output):
    kty = fields.String(required=True, metadata={"example": "RSA"})
    n = fields.String(
        required=True,
        metadata={
            "example": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMs"
        },
    )
    e = fields.String(required=True, metadata={"example": "AQAB"})
    kid = fields.String(required=True)
    use = fields.String(required=True, metadata={"example": "sig"})
    alg = fields.String(required=True, metadata={"example": "RS256"})


class JwksOut(Output):
    keys = fields.List(fields.Nested(JwkOut), required=True)


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


class CounterSignInIn(Input):
    code = Text(min=10, max=10, required=True)
    device = fields.Nested(DeviceIn(), required=True)


class CodeOut(Output):
    code = fields.String(required=True)
    expires_at = UtcDateTime(required=True)


class CodeIn(Input):
    code = Text(min=6, max=10, required=True)


class ConnectFirebaseIn(Input):
    id_token = Text(min=1, max=8192, required=True)


class ConnectPhoneIn(PhoneIn):
    code = Text(min=6, max=6, required=True)


class ConnectByTextMessageIn(TextMessageIn):
    code = Text(min=6, max=6, required=True)


class IdentifierOut(Output):
    """One way to sign in."""

    id = fields.String(required=True, metadata={"example": "5f" * 32})
    kind = fields.String(required=True, validate=validate.OneOf(["phone", "national", "document", "social"]))
    label = fields.String(required=True, metadata={"example": "***-5678"})
    verified_at = UtcDateTime(required=True)


class IdentifiersOut(Output):
    items = fields.List(fields.Nested(IdentifierOut), required=True, metadata={"description": "at most 10"})


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


def session_shown(session: Mapping[str, Any], *, current: str) -> dict[str, Any]:
    """Give a stored session as `SessionOut` shows it."""
    return {
        "id": session["_id"],
        "device_name": session["device_name"],
        "platform": session["platform"],
        "method": session["method"],
        "created_at": session["created_at"],
        "last_used_at": session["rotated_at"],
        "is_current": session["_id"] == current,
    }


class ExportOut(Output):
    """An archive of one's own data."""

    id = Id(required=True)
    state = fields.String(required=True, validate=validate.OneOf(["waiting", "ready"]))
    done_count = fields.Integer(required=True)
    total_count = fields.Integer(required=True)
    expires_at = UtcDateTime(required=True)


class ExportAskedOut(ExportOut):
    link = fields.String(
        required=True,
        metadata={
            "example": "https://vote.city.example/v1/exports/01kbn6v3tq8w2y4z6a7c9e0g1h?key=4nVq8Zt2",
            "description": "where the archive will be; keep it to yourself",
        },
    )


class LinkKeyIn(Input):
    key = Text(
        min=1, max=64, required=True, metadata={"description": "from the link that was given when the archive was asked for"}
    )


class NationalBegunOut(Output):
    authorization_url = fields.String(
        required=True,
        metadata={
            "example": "https://id.example/authorize?client_id=mvoting&state=hZ4c0vQ2",
            "description": "open it; it comes back with code and state",
        },
    )
    state = fields.String(required=True, metadata={"example": "hZ4c0vQ2"})


class ConnectNationalIn(Input):
    code = Text(min=1, max=2000, required=True)
    state = Text(min=1, max=64, required=True, metadata={"example": "hZ4c0vQ2"})


class SignInWithNationalIn(ConnectNationalIn):
    device = fields.Nested(DeviceIn(), required=True)
    consents = fields.Nested(ConsentsIn())
