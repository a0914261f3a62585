"""Near-duplicates: texts that are the same but for a few letters, found by their shingles.

Pure. MinHash (A. Broder, On the resemblance and containment of documents, 1997): the share of equal positions in two
signatures estimates the Jaccard likeness of their shingle sets; bands of positions are the keys looked up in an index.
"""

import hashlib
import unicodedata
from collections.abc import Iterable

import numpy

SHINGLE = 4
POSITIONS = 32
BANDS = 8
NEAR = 0.6
SHORTEST = 12

_PRIME = (1 << 61) - 1
_random = numpy.random.default_rng(20170601)
_FACTORS = _random.integers(1, 1 << 31, POSITIONS, dtype=numpy.uint64)
_OFFSETS = _random.integers(0, 1 << 31, POSITIONS, dtype=numpy.uint64)


def _plain(text: str) -> str:
    kept = (letter for letter in unicodedata.normalize("NFKC", text).lower() if letter.isalnum())
    return "".join(kept)


def shingles(text: str) -> set[str]:
    """Sets of four letters in a row; spaces, marks and case do not count."""
    plain = _plain(text)
    return {plain[i : i + SHINGLE] for i in range(max(1, len(plain) - SHINGLE + 1))} if plain else set()


def signature(text: str) -> list[int]:
    """Make the 32-number signature of a text; empty for texts too short to accuse anybody of copying."""
    if len(_plain(text)) < SHORTEST:
        return []
    hashes = numpy.array(
        [int.from_bytes(hashlib.blake2b(s.encode(), digest_size=4).digest()) for s in shingles(text)], dtype=numpy.uint64
    )
    return [int(n) for n in ((hashes[:, None] * _FACTORS + _OFFSETS) % numpy.uint64(_PRIME)).min(axis=0) & 0xFFFFFFFF]


def bands(of: Iterable[int]) -> list[str]:
    """List the lookup keys of a signature: two near texts share at least one nearly surely."""
    numbers = list(of)
    width = POSITIONS // BANDS
    return [
        f"{band}:" + hashlib.blake2b(repr(numbers[band * width : (band + 1) * width]).encode(), digest_size=6).hexdigest()
        for band in range(BANDS)
        if numbers
    ]


def likeness(one: list[int], other: list[int]) -> float:
    """Estimate the Jaccard likeness of two texts from their signatures, 0 to 1."""
    if not one or not other:
        return 0.0
    return sum(a == b for a, b in zip(one, other, strict=True)) / POSITIONS
