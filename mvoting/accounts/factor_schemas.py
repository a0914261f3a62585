"""Shapes of what staff send and get about their own sign-in. Browsers' members of passkeys are named as WebAuthn names them."""

from typing import Any

from marshmallow import EXCLUDE, fields, validate

from mvoting.core.schemas import Id, Input, Output, Text, UtcDateTime

PASSKEY_PART_MAX = 16_384
BASE64URL = validate.Regexp(r"^[A-Za-z0-9_-]+$")


def _part(*, is_required: bool = True) -> fields.String:
    limits = [validate.Length(1, PASSKEY_PART_MAX), BASE64URL]
    return fields.String(required=is_required, validate=limits, metadata={"description": "base64url", "example": "AAAA"})


class BothFactorsIn(Input):
    password = fields.String(required=True, validate=validate.Length(1, 128), metadata={"description": "the present one"})
    code = Text(min=6, max=20, required=True, metadata={"description": "of the present authenticator, or a recovery code"})


class ChangePasswordIn(BothFactorsIn):
    new_password = fields.String(required=True, validate=validate.Length(1, 128))


class RecoveryCodesOut(Output):
    recovery_codes = fields.List(fields.String(), required=True, metadata={"description": "shown once"})


class NewAuthenticatorOut(Output):
    totp_secret = fields.String(required=True, metadata={"example": "JBSWY3DPEHPK3PXP", "description": "shown once"})
    totp_uri = fields.String(
        required=True,
        metadata={
            "example": "otpauth://totp/mVoting:officer%40city.example?secret=JBSWY3DPEHPK3PXP&issuer=mVoting",
            "description": "for the authenticator's QR code",
        },
    )
    expires_at = UtcDateTime(required=True)


class ShownCodeIn(Input):
    totp_code = Text(min=6, max=6, required=True, metadata={"example": "031415", "description": "of the new authenticator"})


class _FromBrowser(Input):
    """Browsers add members as WebAuthn grows; what is not named here is left out."""

    class Meta:
        unknown = EXCLUDE


class AttestationIn(_FromBrowser):
    clientDataJSON = _part()
    attestationObject = _part()


class NewCredentialIn(_FromBrowser):
    """A `RegistrationResponseJSON`."""

    id = _part()
    rawId = _part()
    type = fields.String(required=True, validate=validate.OneOf(["public-key"]))
    response = fields.Nested(AttestationIn(), required=True)


class AssertionIn(_FromBrowser):
    clientDataJSON = _part()
    authenticatorData = _part()
    signature = _part()
    userHandle = fields.String(allow_none=True, validate=validate.Length(0, 200), metadata={"example": "AAAA"})


class CredentialIn(_FromBrowser):
    """An `AuthenticationResponseJSON`."""

    id = _part()
    rawId = _part()
    type = fields.String(required=True, validate=validate.OneOf(["public-key"]))
    response = fields.Nested(AssertionIn(), required=True)


class NewPasskeyIn(BothFactorsIn):
    name = Text(min=1, max=60, required=True, metadata={"example": "책상 위 보안 키"})
    credential = fields.Nested(NewCredentialIn(), required=True)


class PasskeySignInIn(Input):
    challenge = Text(min=1, max=64, required=True)
    credential = fields.Nested(CredentialIn(), required=True)


class WaitingIn(Input):
    challenge = Text(min=1, max=64, required=True)


class PasskeyOut(Output):
    """A passkey as its owner sees it."""

    id = Id(required=True)
    name = fields.String(required=True)
    added_at = UtcDateTime(required=True)
    used_at = UtcDateTime(required=True, allow_none=True)
    is_set_aside = fields.Boolean(
        required=True, metadata={"description": "its counter told of a clone: it opens nothing any more; remove it"}
    )


class PasskeysOut(Output):
    items = fields.List(fields.Nested(PasskeyOut), required=True, metadata={"description": "at most 10"})
    is_offered = fields.Boolean(required=True, metadata={"description": "whether new ones can be registered here"})


class PasskeyOptionsOut(Output):
    """What the browser's `navigator.credentials` is to be given."""

    options = fields.Raw(
        required=True,
        metadata={
            "example": {"challenge": "AAAA", "rpId": "vote.city.example", "userVerification": "required"},
            "type": "object",
            "description": "options as WebAuthn Level 3 names them",
        },
    )


def plain(credential: dict[str, Any]) -> dict[str, Any]:
    """Give a loaded credential as the library reads it, without empty members."""
    response = {name: part for name, part in credential["response"].items() if part}
    return {**credential, "response": response}
