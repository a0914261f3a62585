"""A ballot's leaf: the commitment to the definition answered and to the choices or their ciphertext. Pure.

Open choices are few, so the phone's nonce hides them until publication. A ciphertext hides itself; its leaf leaves the nonce
out, so that a copied ciphertext has the same leaf and is refused at the door whatever nonce comes with it.
"""

from hashlib import sha256

NONCE_BYTES = 16
_OPEN = b"mvoting open ballot v1\x00"
_SEALED = b"mvoting sealed ballot v1\x00"


def open_leaf(definition_hash: bytes, content: bytes, nonce: bytes) -> bytes:
    """Commit to open choices (canonical JSON): SHA-256 of domain ‖ definition hash (32) ‖ nonce (16) ‖ choices."""
    if len(definition_hash) != 32 or len(nonce) != NONCE_BYTES:
        raise ValueError("a definition hash has 32 bytes and a nonce 16")
    return sha256(_OPEN + definition_hash + nonce + content).digest()


def sealed_leaf(definition_hash: bytes, ciphertext: bytes) -> bytes:
    """Commit to a sealed ballot: SHA-256 of domain ‖ definition hash (32) ‖ ciphertext."""
    if len(definition_hash) != 32:
        raise ValueError("a definition hash has 32 bytes")
    return sha256(_SEALED + definition_hash + ciphertext).digest()
