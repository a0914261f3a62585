"""A ballot's leaf: the commitment to the definition answered, the choices (or their ciphertext) and the phone's nonce. Pure."""

from hashlib import sha256

OPEN, SEALED = b"\x00", b"\x01"
NONCE_BYTES = 16
_DOMAIN = b"mvoting ballot leaf v1\x00"


def ballot_leaf(definition_hash: bytes, content: bytes, nonce: bytes, *, sealed: bool) -> bytes:
    """Commit to one ballot; every part before the content has a fixed length. Shape: 32 bytes."""
    if len(definition_hash) != 32 or len(nonce) != NONCE_BYTES:
        raise ValueError("a definition hash has 32 bytes and a nonce 16")
    return sha256(_DOMAIN + definition_hash + (SEALED if sealed else OPEN) + nonce + content).digest()
