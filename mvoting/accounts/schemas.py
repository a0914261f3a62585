"""Shapes of what citizens send and get about their accounts."""

from collections.abc import Mapping
from typing import Any

from marshmallow import fields, validate

from mvoting.accounts import tokens
from mvoting.core.schemas import Id, Input, Output, Text, UtcDateTime

PLATFORM = validate.OneOf(["android", "ios", "web"])
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


def access_shown(token: str) -> dict[str, Any]:
    """Show an access token as its `AccessOut`."""
    return {
        "access_token": token,
        "token_type": "Bearer",
        "expires_in": int(tokens.LIFETIME.total_seconds()),
    }  # the scheme's name, no secret  # nosec B105


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
