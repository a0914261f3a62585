"""The definition: the exact question, options and rules a ballot answers, and its hash. Pure.

Shape:
    {"poll": id, "title": {"ko", "en"?}, "description": {…}, "secrecy": "open" | "sealed",
     "figures": "live" | "after_vote" | "after_closing", "changeable": bool, "k": int, "audience": {"kind": …, …},
     "questions": [{"id": "q1", "title": {…}, "method": "plurality", "seats": 1, …method's settings,
                    "options": [{"id": "o1", "title": {…}, …}]}]}
"""

import hashlib
import json
from typing import Any


def canonical_json(value: Any) -> bytes:
    """Encode JSON in the one form that is hashed: sorted keys, no blanks, UTF-8, no fractions.

    Raises: TypeError for a float, whose text form differs between languages.
    """
    _refuse_floats(value)
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def definition_hash(definition: dict[str, Any]) -> str:
    """Give the hex SHA-256 of a definition's canonical form."""
    return hashlib.sha256(canonical_json(definition)).hexdigest()


def _refuse_floats(value: Any) -> None:
    if isinstance(value, float):
        raise TypeError("a float has no canonical form")
    if isinstance(value, dict):
        for inner in value.values():
            _refuse_floats(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            _refuse_floats(inner)
