"""Judging what came out of sealed ballots: the same on the server, with the trustees and offline. Pure."""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

from mvoting.voting import canonical
from mvoting.voting.methods.answers import invalid_reason
from mvoting.voting.methods.questions import answer_rules


def spoiled_reason(definition: Mapping[str, Any], content: bytes) -> str | None:
    """Say why an opened content is no valid ballot, None when it is one."""
    try:
        choices = canonical.decode(content)
    except canonical.NotCanonical:
        return "not-canonical"
    questions = {question["id"]: question for question in definition["questions"]}
    if not isinstance(choices, dict) or choices.keys() != questions.keys():
        return "questions"
    reasons = (invalid_reason(choices[name], answer_rules(question)) for name, question in questions.items())
    return next((reason for reason in reasons if reason), None)


def contents_digest(definition_hash: str, final_root: str, patterns: Sequence[Any], spoiled: Sequence[str]) -> bytes:
    """Hash what trustees sign: sorted contents with their multiplicity, and the spoiled leaves, of one final head."""
    signed = {"definition_hash": definition_hash, "root": final_root, "patterns": list(patterns), "spoiled": list(spoiled)}
    return sha256(canonical.encode(signed)).digest()
