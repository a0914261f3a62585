"""Judging what came out of sealed ballots: the same on the server, with the trustees and offline. Pure."""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

from mvoting.voting import canonical
from mvoting.voting.methods.answers import invalid_reason
from mvoting.voting.methods.questions import answer_rules

KNOWN_MOST = 50_000


class Judge:
    """Tells which opened contents are valid ballots of one poll; contents repeat, so each is judged once."""

    def __init__(self, definition: Mapping[str, Any]) -> None:
        self._rules = {question["id"]: answer_rules(question) for question in definition["questions"]}
        self._known: dict[bytes, bool] = {}

    def is_valid(self, content: bytes) -> bool:
        """Tell whether a content is a valid ballot."""
        known = self._known.get(content)
        if known is None:
            if len(self._known) > KNOWN_MOST:
                self._known.clear()
            known = self._known[content] = self.reason(content) is None
        return known

    def reason(self, content: bytes) -> str | None:
        """Say why a content is no valid ballot, None when it is one."""
        try:
            choices = canonical.decode(content)
        except canonical.NotCanonical:
            return "not-canonical"
        if not isinstance(choices, dict) or choices.keys() != self._rules.keys():
            return "questions"
        reasons = (invalid_reason(choices[name], rules) for name, rules in self._rules.items())
        return next((reason for reason in reasons if reason), None)


def contents_digest(definition_hash: str, final_root: str, patterns: Sequence[Any], spoiled: Sequence[str]) -> bytes:
    """Hash what trustees sign: sorted contents with their multiplicity, and the spoiled leaves, of one final head."""
    signed = {"definition_hash": definition_hash, "root": final_root, "patterns": list(patterns), "spoiled": list(spoiled)}
    return sha256(canonical.encode(signed)).digest()
