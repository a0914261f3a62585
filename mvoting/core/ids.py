"""Identifiers: 26 letters of Crockford base32, lower case."""

import hashlib
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
LENGTH = 26


def _encode(number: int) -> str:
    return "".join(ALPHABET[(number >> shift) & 31] for shift in range(125, -1, -5))


def new_id() -> str:
    """Give an id whose order is its time of making (48-bit milliseconds, 80 random bits), as keyset pages need.

    Within `repeatable_ids` it is the same one again.
    """
    repeated = _repeated.get()
    if repeated is not None:
        return repeated.make()
    return _encode(time.time_ns() // 1_000_000 << 80 | int.from_bytes(os.urandom(10)))


class RepeatableIds:
    """Ids that follow from a seed: whoever does the same work again with it gets the same ones in the same order."""

    def __init__(self, seed: str, at: datetime) -> None:
        self._seed, self._milliseconds = seed, int(at.timestamp() * 1000)
        self.made: list[str] = []

    def make(self) -> str:
        drawn = hashlib.sha256(f"{self._seed}:{len(self.made)}".encode()).digest()[:10]
        self.made.append(_encode(self._milliseconds << 80 | int.from_bytes(drawn)))
        return self.made[-1]


_repeated: ContextVar[RepeatableIds | None] = ContextVar("repeated", default=None)


@contextmanager
def repeatable_ids(seed: str, at: datetime) -> Iterator[RepeatableIds]:
    """Let `new_id` give the ids that follow from `seed`, made at `at`, in this thread."""
    ids = RepeatableIds(seed, at)
    token = _repeated.set(ids)
    try:
        yield ids
    finally:
        _repeated.reset(token)


def random_id() -> str:
    """Give an id that tells nothing about when it was made."""
    return _encode(int.from_bytes(os.urandom(16)))


def is_id(text: str) -> bool:
    """Tell whether `text` has the shape of an id."""
    return len(text) == LENGTH and all(letter in ALPHABET for letter in text)
