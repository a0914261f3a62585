"""Statements that the board, and those who watch it, sign (Ed25519, RFC 8032): a domain line, then the canonical JSON of the fields. Pure.

No statement holds a time: the order of tree heads is their size, and a receipt must not say when somebody voted.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from mvoting.voting import canonical


class ForgedSignature(ValueError):
    """A signature does not belong to what it stands under."""


@dataclass(frozen=True)
class Statement:
    """Fields (text, integers, null) that are signed under a domain of their own."""

    DOMAIN: ClassVar[bytes]


@dataclass(frozen=True)
class Receipt(Statement):
    """Promise that `leaf` will be in the poll's final head, as replacement of `replaces` if that is not None; hex."""

    poll_id: str
    definition_hash: str
    leaf: str
    replaces: str | None

    DOMAIN = b"mvoting receipt v1\n"


@dataclass(frozen=True)
class TreeHead(Statement):
    """State of a poll's board after batch `number`; hashes in hex. `is_final`, 0 or 1: all ballots are in."""

    poll_id: str
    definition_hash: str
    number: int
    size: int
    root: str
    is_final: int

    DOMAIN = b"mvoting tree head v1\n"


@dataclass(frozen=True)
class Cosignature(TreeHead):
    """A witness's word that this head continues every head of the poll that it has cosigned; its `kid` is the witness's name."""

    DOMAIN = b"mvoting cosignature v1\n"


S = TypeVar("S", bound=Statement)


def sign(statement: Statement, key: Ed25519PrivateKey, kid: str) -> dict[str, Any]:
    """Give the statement's document: its fields with `kid` and `signature` (hex)."""
    fields = vars(statement)
    return {**fields, "kid": kid, "signature": key.sign(_signed_bytes(statement, fields)).hex()}


def check(document: Mapping[str, Any], kind: type[S], keys: Mapping[str, bytes]) -> S:
    """Check a document's signature and give its statement.

    Args: keys: raw Ed25519 public keys by kid.
    Raises: ForgedSignature.
    """
    try:
        statement = kind(**{name: value for name, value in document.items() if name not in ("kid", "signature")})
        signed = _signed_bytes(statement, vars(statement))
        public = Ed25519PublicKey.from_public_bytes(keys[document["kid"]])
        public.verify(bytes.fromhex(document["signature"]), signed)
    except (KeyError, TypeError, ValueError, AttributeError, InvalidSignature) as wrong:
        raise ForgedSignature(f"not a {kind.__name__} signed by this board") from wrong
    return statement


def _signed_bytes(statement: Statement, fields: dict[str, Any]) -> bytes:
    return statement.DOMAIN + canonical.encode(fields)
