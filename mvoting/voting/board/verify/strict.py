"""JSON that every program reads alike: UTF-8, no member twice, no NaN. Pure.

RFC 8259 leaves it open which of two equal names counts, so a line with both could say one thing to this check and another to
somebody who reads it with other means.
"""

import json
from typing import Any


def read_json(text: bytes) -> Any:
    """Read JSON.

    Raises: ValueError for what could be read differently, RecursionError when it is nested too deeply.
    """
    return json.loads(text.decode(), object_pairs_hook=_no_name_twice, parse_constant=_refuse)


def _no_name_twice(members: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(members)
    if len(document) != len(members):
        raise ValueError("a member stands twice")
    return document


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is not JSON")
