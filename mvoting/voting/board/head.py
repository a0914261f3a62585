"""Signed tree heads and receipts: what a phone keeps and what anyone can hold against the board later.

Both are Ed25519 signatures (RFC 8032) over a domain line and the canonical JSON of their fields. Neither holds a time:
the order of heads is their size, and a receipt must not say when somebody voted.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from mvoting.voting import canonical


class ForgedSignature(ValueError):
    """A signature does not belong to what it stands under."""


@dataclass(frozen=True)
class TreeHead:
    """State of a poll's board after batch `number`; hashes in hex. `is_final` as 0 or 1: all ballots are in."""

    poll_id: str
    definition_hash: str
    number: int
    size: int
    root: str
    is_final: int

    DOMAIN = b"mvoting tree head v1\n"


@dataclass(frozen=True)
class Receipt:
    """Promise that `leaf` will be in the poll's final head, as replacement of `replaces` if that is not None."""

    poll_id: str
    definition_hash: str
    leaf: str
    replaces: str | None

    DOMAIN = b"mvoting receipt v1\n"


def sign(statement: TreeHead | Receipt, key: Ed25519PrivateKey, kid: str) -> dict[str, Any]:
    """Give the statement's document: its fields with `kid` and `signature` (hex)."""
    fields = asdict(statement)
    return {**fields, "kid": kid, "signature": key.sign(_signed_bytes(statement, fields)).hex()}


def check(document: Mapping[str, Any], kind: type, keys: Mapping[str, bytes]) -> Any:
    """Check a document's signature and give its statement; `keys` are raw public keys by kid.

    Raises: ForgedSignature.
    """
    try:
        statement = kind(**{k: v for k, v in document.items() if k not in ("kid", "signature")})
        signed = _signed_bytes(statement, asdict(statement))
        public = Ed25519PublicKey.from_public_bytes(keys[document["kid"]])
        public.verify(bytes.fromhex(document["signature"]), signed)
    except (KeyError, TypeError, ValueError, InvalidSignature) as wrong:
        raise ForgedSignature(f"not a {kind.__name__} signed by this board") from wrong
    return statement


def _signed_bytes(statement: TreeHead | Receipt, fields: dict[str, Any]) -> bytes:
    return statement.DOMAIN + canonical.encode(fields)
