"""Judging what came out of sealed ballots, and the lot for ties: the same on the server and offline. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from typing import Any

from mvoting.voting import canonical
from mvoting.voting.methods.answers import invalid_reason
from mvoting.voting.methods.questions import answer_rules

_TIE_DOMAIN = b"mvoting tie seed v1\x00"


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


def tie_seed(leaves: Iterable[bytes], revealed: bytes) -> bytes:
    """Draw the seed of the lot from every ballot's leaf and what somebody else committed to at opening (empty: nobody did)."""
    return sha256(_TIE_DOMAIN + len(revealed).to_bytes(2, "big") + revealed + b"".join(sorted(leaves))).digest()


def tie_commitment(seed: bytes) -> str:
    """Give the commitment (hex) that is published at opening for a seed revealed after closing."""
    return sha256(b"mvoting tie commitment v1\x00" + seed).hexdigest()
