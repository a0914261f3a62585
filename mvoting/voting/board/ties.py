"""The lot for ties: nobody alone can foresee it, everybody can draw it again. Pure."""

from collections.abc import Iterable
from hashlib import sha256

_SEED_DOMAIN = b"mvoting tie seed v1\x00"
_COMMITMENT_DOMAIN = b"mvoting tie commitment v1\x00"


def tie_seed(leaves: Iterable[bytes], revealed: bytes) -> bytes:
    """Draw the seed of the lot from every ballot's leaf and what somebody else committed to at opening (empty: nobody did)."""
    return sha256(_SEED_DOMAIN + len(revealed).to_bytes(2, "big") + revealed + b"".join(sorted(leaves))).digest()


def tie_commitment(seed: bytes) -> str:
    """Give the commitment (hex) that is published at opening for a seed revealed after closing."""
    return sha256(_COMMITMENT_DOMAIN + seed).hexdigest()
