"""Keys derived from the one root secret, each bound to its purpose."""

import hashlib
import hmac
import os
from functools import lru_cache

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from mvoting.core.settings import settings

NONCE_BYTES = 12


@lru_cache(maxsize=256)
def derive_key(purpose: str, salt: bytes = b"") -> bytes:
    """Derive a 32-byte key for one purpose from the root secret (HKDF-SHA256, RFC 5869)."""
    return HKDF(algorithm=SHA256(), length=32, salt=salt, info=b"mvoting:" + purpose.encode()).derive(settings().secret)


def keyed(purpose: str, value: str) -> str:
    """Give the hex HMAC-SHA256 of `value`, so that the value itself need not be stored."""
    return hmac.new(derive_key(purpose), value.encode(), hashlib.sha256).hexdigest()


@lru_cache(maxsize=256)
def _cipher(purpose: str) -> AESGCM:
    return AESGCM(derive_key(purpose))


def seal(purpose: str, plain: bytes, *, bound_to: bytes = b"") -> bytes:
    """Encrypt with AES-256-GCM; `bound_to` must be given again to open. Shape: nonce ‖ ciphertext ‖ tag."""
    nonce = os.urandom(NONCE_BYTES)
    return nonce + _cipher(purpose).encrypt(nonce, plain, bound_to)


def unseal(purpose: str, sealed: bytes, *, bound_to: bytes = b"") -> bytes:
    """Decrypt what `seal` made.

    Raises: cryptography.exceptions.InvalidTag when it was changed or belongs elsewhere.
    """
    return _cipher(purpose).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], bound_to)
