"""Counting the contents of ballots, streamed: pure, exact, one pass."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

import msgspec

from mvoting.voting.methods import registry
from mvoting.voting.methods.answers import freeze, invalid_reason
from mvoting.voting.methods.questions import answer_rules, contest, option_names
from mvoting.voting.methods.types import Answer, TieBreak
from mvoting.voting.tally.document import result_document

MAX_DIFFERENT = 131_072
"""So many different contents are held at once; all 109,600 rankings of eight options are below it."""
CHUNK = 10_000

_read_choices = msgspec.json.Decoder(dict[str, msgspec.Raw])


def count_contents(definition: Mapping[str, Any], contents: Iterable[bytes], *, seed: bytes) -> dict[str, Any]:
    """Count ballots from their contents, canonical JSON of the choices, into the result that is published.

    Memory does not grow with the number of ballots: equal contents are counted before they are read, and the methods that
    add up forget what they have added; the others keep every different answer once. A question's lot is drawn from `seed`
    and its id.

    Returns: {"ballots", "invalid", "questions": [{"id", ...result_document}]}; invalid answers, which the door does not
    let in, are left out of their question.
    """
    counts = {question["id"]: _QuestionCount(question) for question in definition["questions"]}
    ballots = invalid = 0
    for part in _parts(contents):
        ballots += part.total()
        invalid += _add(part, counts)
    return {"ballots": ballots, "invalid": invalid, "questions": [count.result(seed) for count in counts.values()]}


def _parts(contents: Iterable[bytes]) -> Iterator[Counter[bytes]]:
    """Give the contents with how often each occurs, in parts that do not exceed what memory is meant to hold."""
    part: Counter[bytes] = Counter()
    rest = iter(contents)
    while chunk := list(islice(rest, CHUNK)):
        part.update(chunk)
        if len(part) > MAX_DIFFERENT - CHUNK:
            yield part
            part = Counter()
    yield part


def _add(part: Counter[bytes], counts: Mapping[str, "_QuestionCount"]) -> int:
    """Give each question its part of the ballots, emptying `part`. Returns: how many ballots are no answers to them."""
    invalid = 0
    while part:
        content, times = part.popitem()
        try:
            choices = _read_choices.decode(content)
        except msgspec.DecodeError:
            invalid += times
            continue
        if choices.keys() != counts.keys():
            invalid += times
            continue
        for question_id, answer in choices.items():
            counts[question_id].written[bytes(answer)] += times
    for count in counts.values():
        count.add_written()
    return invalid


class _QuestionCount:
    """One question's count, to which answers are added as they are written."""

    def __init__(self, question: Mapping[str, Any]) -> None:
        self.question, self.rules, self.contest = question, answer_rules(question), contest(question)
        self.tally = registry.begin(question["method"], self.contest)
        self.written: Counter[bytes] = Counter()
        self.invalid = 0
        self._shared: dict[Any, Any] = {}  # equal parts of different answers are kept once

    def add_written(self) -> None:
        """Read the answers that wait in `written` and hand them to the tally."""
        patterns: Counter[Answer] = Counter()
        shared = self._shared.setdefault
        while self.written:
            text, times = self.written.popitem()
            answer = msgspec.json.decode(text)
            if invalid_reason(answer, self.rules):
                self.invalid += times
            else:
                patterns[tuple([shared(part, part) for part in freeze(answer)])] += times
        self.tally.add(patterns)

    def result(self, seed: bytes) -> dict[str, Any]:
        lot = TieBreak.from_seed(seed + b"\0" + self.question["id"].encode(), self.contest.options)
        names = {language: option_names(self.question, language) for language in ("ko", "en")}
        counted = result_document(self.tally.result(lot), names)
        return {"id": self.question["id"], "invalid": self.invalid, **counted}
