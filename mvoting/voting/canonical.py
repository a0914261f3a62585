"""The one byte form of whatever is hashed or signed: RFC 8785 (JSON canonicalization) for what voting uses of JSON.

Only objects with text keys, lists, text, integers up to 2^53 − 1, true, false and null; no fractions, so that any
language's JSON writer with sorted keys and without spaces gives the same bytes.
"""

from typing import Any

import msgspec

INTEGER_LIMIT = 2**53 - 1
DEPTH_LIMIT = 12

_encoder = msgspec.json.Encoder(order="deterministic")


class NotCanonical(ValueError):
    """The value holds something that has no canonical form, or the text is not in it."""


def encode(value: Any) -> bytes:
    """Write `value` in canonical form.

    Raises: NotCanonical.
    """
    _require_plain(value, DEPTH_LIMIT)
    try:
        return _encoder.encode(value)
    except UnicodeEncodeError:  # half of a surrogate pair
        raise NotCanonical("the text is not valid Unicode") from None


def decode(data: bytes) -> Any:
    """Read canonical JSON and refuse every other spelling of the same value.

    Raises: NotCanonical.
    """
    try:
        value = msgspec.json.decode(data)
    except (msgspec.DecodeError, RecursionError):
        raise NotCanonical("not JSON") from None
    if encode(value) != data:
        raise NotCanonical("JSON, but not in canonical form")
    return value


def _require_plain(value: Any, depth: int) -> None:
    kind = type(value)
    if kind is str or kind is bool or value is None:
        return
    if kind is int:
        if abs(value) > INTEGER_LIMIT:
            raise NotCanonical("an integer is too large")
    elif not depth:
        raise NotCanonical("nested too deeply")
    elif kind is list or kind is tuple:
        for item in value:
            _require_plain(item, depth - 1)
    elif kind is dict:
        for key, item in value.items():
            if type(key) is not str:
                raise NotCanonical("a key is not text")
            _require_plain(item, depth - 1)
    else:
        raise NotCanonical(f"{kind.__name__} has no canonical form")
