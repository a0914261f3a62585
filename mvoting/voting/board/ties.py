"""The lot for ties: nobody alone can foresee it, everybody can draw it again. Pure."""

from collections.abc import Iterable
from contextlib import ExitStack
from datetime import timedelta
from hashlib import sha256
from tempfile import TemporaryFile
from typing import IO

SEED_AWAITED = timedelta(hours=24)
"""How long after closing the count waits for whoever committed to the lot's seed; then the leaves alone decide ties."""
SEED_MARGIN = timedelta(minutes=1)
"""So much earlier the last seed is taken, so that none comes while the count begins without it."""

LEAF_BYTES = 32
HEAPS = 64

_SEED_DOMAIN = b"mvoting tie seed v1\x00"
_COMMITMENT_DOMAIN = b"mvoting tie commitment v1\x00"


def tie_seed(leaves: Iterable[bytes], revealed: bytes) -> bytes:
    """Draw the seed of the lot from every ballot's leaf and what somebody else committed to at opening (empty: nobody did).

    The leaves are sorted in heaps on disk, by their first bits, so that memory does not grow with the poll.
    """
    with ExitStack() as files:
        heaps = [files.enter_context(TemporaryFile()) for _ in range(HEAPS)]
        for leaf in leaves:
            heaps[leaf[0] * HEAPS >> 8].write(leaf)
        return seed_of_heaps(map(_leaves_in, heaps), revealed)


def _leaves_in(heap: IO[bytes]) -> list[bytes]:
    heap.seek(0)
    packed = heap.read()
    return [packed[at : at + LEAF_BYTES] for at in range(0, len(packed), LEAF_BYTES)]


def seed_of_heaps(heaps: Iterable[Iterable[bytes]], revealed: bytes) -> bytes:
    """Draw the seed from leaves in heaps, of which each holds none that is smaller than one of the heap before."""
    seed = sha256(_SEED_DOMAIN + len(revealed).to_bytes(2, "big") + revealed)
    for heap in heaps:
        seed.update(b"".join(sorted(heap)))
    return seed.digest()


def tie_commitment(seed: bytes) -> str:
    """Give the commitment (hex) that is published at opening for a seed revealed after closing."""
    return sha256(_COMMITMENT_DOMAIN + seed).hexdigest()
