"""Shamir's sharing of a poll's private key (Communications of the ACM 22, 1979) over the integers modulo 2^255 − 19.

The secret is a random field element; its 32 little-endian bytes are the X25519 private key (RFC 7748 clamps them when
used). Python's integers take time that depends on their value: deal and open on a computer that nobody else uses.
"""

import secrets
from collections.abc import Mapping

PRIME = 2**255 - 19
VALUE_BYTES = 32
MAX_TRUSTEES = 20


def deal(secret: int, threshold: int, trustees: int) -> dict[int, int]:
    """Split `secret` so that any `threshold` of the shares give it back and fewer say nothing about it.

    Returns: share values by index, 1 … trustees.
    Raises: ValueError for impossible numbers.
    """
    if not 1 <= threshold <= trustees <= MAX_TRUSTEES:
        raise ValueError(f"1 ≤ threshold ≤ trustees ≤ {MAX_TRUSTEES} does not hold")
    if not 0 <= secret < PRIME:
        raise ValueError("the secret is not a field element")
    coefficients = [secret] + [secrets.randbelow(PRIME) for _ in range(threshold - 1)]
    return {x: _evaluate(coefficients, x) for x in range(1, trustees + 1)}


def combine(shares: Mapping[int, int]) -> int:
    """Interpolate the secret from exactly the shares given (at least the threshold of them)."""
    secret = 0
    for x, value in shares.items():
        numerator = denominator = 1
        for other in shares:
            if other != x:
                numerator = numerator * other % PRIME
                denominator = denominator * (other - x) % PRIME
        secret += value * numerator * pow(denominator, -1, PRIME)
    return secret % PRIME


def _evaluate(coefficients: list[int], x: int) -> int:
    value = 0
    for coefficient in reversed(coefficients):
        value = (value * x + coefficient) % PRIME
    return value
