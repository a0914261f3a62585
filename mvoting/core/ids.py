"""Identifiers: 26 letters of Crockford base32, lower case."""

import os
import time

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
LENGTH = 26


def _encode(number: int) -> str:
    return "".join(ALPHABET[(number >> shift) & 31] for shift in range(125, -1, -5))


def new_id() -> str:
    """Give an id whose order is its time of making (48-bit milliseconds, 80 random bits), as keyset pages need."""
    return _encode(time.time_ns() // 1_000_000 << 80 | int.from_bytes(os.urandom(10)))


def random_id() -> str:
    """Give an id that tells nothing about when it was made."""
    return _encode(int.from_bytes(os.urandom(16)))


def is_id(text: str) -> bool:
    """Tell whether `text` has the shape of an id."""
    return len(text) == LENGTH and all(letter in ALPHABET for letter in text)
