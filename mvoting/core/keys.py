"""Signing keys in `MVOTING_KEYS_DIR`: `<use>-<kid>.pem`; the newest name signs, all of them verify.

Rotation is adding a file whose kid sorts last; remove the old one after the longest-lived signature has expired.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from mvoting.core.settings import SettingsError, settings


@dataclass(frozen=True)
class SigningKey:
    """One private key with its id."""

    kid: str
    private: Any  # RSA for tokens, Ed25519 for the board


@cache
def signing_keys(use: str) -> Mapping[str, SigningKey]:
    """Give all keys of a use ("token", "board") by kid, oldest first.

    Raises: SettingsError when there is none.
    """
    keys = {}
    for path in sorted(settings().keys_dir.glob(f"{use}-*.pem")):
        private = load_pem_private_key(path.read_bytes(), password=None)
        if not isinstance(private, RSAPrivateKey | Ed25519PrivateKey):
            raise SettingsError(f"MVOTING_KEYS_DIR: {path.name} is neither an RSA nor an Ed25519 key")
        kid = path.stem.removeprefix(f"{use}-")
        keys[kid] = SigningKey(kid, private)
    if not keys:
        raise SettingsError(f"MVOTING_KEYS_DIR: no {use}-<kid>.pem; `python -m mvoting keys create` makes the first")
    return keys


def current_key(use: str) -> SigningKey:
    """Give the key that signs now."""
    return list(signing_keys(use).values())[-1]
