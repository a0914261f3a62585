"""Counting the contents of ballots, streamed: pure, exact, one pass."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from mvoting.voting.methods import registry
from mvoting.voting.methods.answers import freeze, invalid_reason
from mvoting.voting.methods.questions import answer_rules, contest, option_names
from mvoting.voting.methods.types import Answer, TieBreak
from mvoting.voting.tally.document import result_document

_read_choices = msgspec.json.Decoder(dict[str, msgspec.Raw])


def count_contents(definition: Mapping[str, Any], contents: Iterable[bytes], *, seed: bytes) -> dict[str, Any]:
    """Count ballots from their contents, canonical JSON of the choices, into the result that is published.

    Memory grows with the number of different answers, not of ballots. A question's lot is drawn from `seed` and its id.

    Returns: {"ballots", "invalid", "questions": [{"id", ...result_document}]}; invalid answers, which the door does not
    let in, are left out of their question.
    """
    questions = {question["id"]: question for question in definition["questions"]}
    if len(questions) == 1:
        # Equal contents are counted before they are read, which is most of the work for large polls.
        contents_counted: Iterable[tuple[bytes, int]] = Counter(contents).items()
    else:
        contents_counted = ((content, 1) for content in contents)
    written: dict[str, Counter[bytes]] = {question_id: Counter() for question_id in questions}
    ballots = invalid = 0
    for content, times in contents_counted:
        ballots += times
        try:
            choices = _read_choices.decode(content)
        except msgspec.DecodeError:
            invalid += times
            continue
        if choices.keys() != questions.keys():
            invalid += times
            continue
        for question_id, answer in choices.items():
            written[question_id][bytes(answer)] += times
    results = [_count_question(question, written[question_id], seed) for question_id, question in questions.items()]
    return {"ballots": ballots, "invalid": invalid, "questions": results}


def _count_question(question: Mapping[str, Any], written: Counter[bytes], seed: bytes) -> dict[str, Any]:
    patterns, invalid = read_patterns(question, written)
    decided = contest(question)
    lot = TieBreak.from_seed(seed + b"\0" + question["id"].encode(), decided.options)
    result = registry.count(question["method"], patterns, decided, lot)
    names = {language: option_names(question, language) for language in ("ko", "en")}
    return {"id": question["id"], "invalid": invalid, **result_document(result, names)}


def read_patterns(question: Mapping[str, Any], written: Counter[bytes]) -> tuple[Counter[Answer], int]:
    """Turn written answers into patterns, emptying `written`; gives the number of invalid ones beside them."""
    rules = answer_rules(question)
    patterns: Counter[Answer] = Counter()
    invalid = 0
    shared: dict[Any, Any] = {}  # equal parts of different answers are kept once
    while written:
        text, times = written.popitem()
        answer = msgspec.json.decode(text)
        if invalid_reason(answer, rules):
            invalid += times
        else:
            patterns[tuple(shared.setdefault(part, part) for part in freeze(answer))] += times
    return patterns, invalid
