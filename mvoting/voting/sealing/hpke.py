"""Sealed ballots: HPKE (RFC 9180) in base mode, DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-128-GCM.

Every sealed ballot of a poll has the same length: the choices' canonical JSON is preceded by its length (2 bytes,
big-endian) and filled up with zero bytes. `info` binds the poll and the definition answered, so a ciphertext opens
nowhere else. Shape of a ciphertext: encapsulated key (32) ‖ encrypted (padded) ‖ tag (16).
"""

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_128_GCM)
OVERHEAD_BYTES = 32 + 16
LENGTH_BYTES = 2
MAX_PADDED_BYTES = 8192
_DOMAIN = b"mvoting sealed ballot v1\x00"


class CannotOpen(ValueError):
    """A ciphertext was not made for this poll, definition and key, or holds no padded ballot."""


def sealing_info(poll_id: str, definition_hash: bytes) -> bytes:
    """Give the `info` that binds a sealed ballot to its poll and definition."""
    return _DOMAIN + poll_id.encode() + b"\x00" + definition_hash


def ciphertext_bytes(padded_bytes: int) -> int:
    """Give the length of every sealed ballot of a poll."""
    return padded_bytes + OVERHEAD_BYTES


def seal_ballot(content: bytes, public_key: bytes, info: bytes, padded_bytes: int) -> bytes:
    """Seal the canonical choices for the trustees' public key.

    Raises: ValueError when the content does not fit.
    """
    if len(content) + LENGTH_BYTES > padded_bytes:
        raise ValueError("the choices are longer than a sealed ballot of this poll")
    padded = (len(content).to_bytes(LENGTH_BYTES, "big") + content).ljust(padded_bytes, b"\x00")
    return SUITE.encrypt(padded, X25519PublicKey.from_public_bytes(public_key), info=info)


def open_ballot(ciphertext: bytes, private_key: X25519PrivateKey, info: bytes) -> bytes:
    """Open a sealed ballot and give its content.

    Raises: CannotOpen.
    """
    try:
        padded = SUITE.decrypt(ciphertext, private_key, info=info)
    except (InvalidTag, ValueError) as wrong:
        raise CannotOpen("sealed for another poll, definition or key, or damaged") from wrong
    length = int.from_bytes(padded[:LENGTH_BYTES], "big")
    content, filling = padded[LENGTH_BYTES : LENGTH_BYTES + length], padded[LENGTH_BYTES + length :]
    if len(padded) < LENGTH_BYTES or len(content) != length or any(filling):
        raise CannotOpen("the padding is not that of a sealed ballot")
    return content
