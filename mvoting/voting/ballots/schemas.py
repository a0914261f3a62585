"""The body of a cast: read by msgspec, because this is the busiest address, and described for OpenAPI by marshmallow."""

from typing import Annotated, Any

import msgspec
from marshmallow import fields, validate

from mvoting.core.schemas import Input, Output

MAX_CHANGES = 20
SEALED_LIMIT = 12_000  # base64url letters

Hex128 = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{32}$")]
Hex256 = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]


class Cast(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """One cast as the phone sends it."""

    definition_hash: Hex256
    revision: Annotated[int, msgspec.Meta(ge=0, le=1000)]
    cast_id: Hex128
    nonce: Hex128 | None = None
    choices: dict[str, Any] | None = None
    sealed: Annotated[str, msgspec.Meta(max_length=SEALED_LIMIT, pattern="^[A-Za-z0-9_-]+$")] | None = None


def hex_field(length: int, description: str, *, required: bool = True) -> fields.String:
    """Describe a field of lower-case hex letters."""
    pattern = validate.Regexp(f"^[0-9a-f]{{{length}}}$")
    return fields.String(
        required=required, validate=pattern, metadata={"description": description, "example": "5f" * (length // 2)}
    )


class CastIn(Input):
    """A ballot. Exactly one of `choices` (open count) and `sealed` (sealed poll) is sent."""

    definition_hash = hex_field(64, "the poll's definition_hash as it was shown to the voter")
    revision = fields.Integer(
        required=True, validate=validate.Range(0, 1000), metadata={"description": "the revision this replaces; 0 first"}
    )
    cast_id = hex_field(32, "made anew by the phone for each decision, kept for its retries")
    nonce = hex_field(32, "open count: 128 random bits; keep them to check the ballot. Not used in sealed polls", required=False)
    choices = fields.Dict(
        keys=fields.String(),
        metadata={"description": "an answer, or null, for each question", "example": {"q1": ["o1"], "q2": None}},
    )
    sealed = fields.String(validate=validate.Length(max=SEALED_LIMIT), metadata={"description": "HPKE ciphertext, base64url"})


class ReceiptOut(Output):
    """The board's signed promise that `leaf` will be in the poll's final head. Holds no time and no choice."""

    poll_id = fields.String(required=True)
    definition_hash = hex_field(64, "the definition answered")
    leaf = hex_field(64, "commitment to the definition and the ballot")
    replaces = fields.String(required=True, allow_none=True, metadata={"description": "leaf of the revision before, or null"})
    kid = fields.String(required=True, metadata={"description": "which of the board's keys signed"})
    signature = hex_field(128, "Ed25519")


class CastOut(Output):
    """What a phone keeps."""

    revision = fields.Integer(required=True, metadata={"description": "the revision to name when changing this ballot"})
    receipt = fields.Nested(ReceiptOut(), required=True)


class BallotStateOut(Output):
    """Whether the person has voted; never what."""

    revision = fields.Integer(required=True, metadata={"description": "0: not yet"})
    is_withdrawn = fields.Boolean(required=True)
