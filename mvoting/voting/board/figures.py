"""Live figures of an open poll: totals by option, first preferences where options are ranked; never patterns. Pure."""

from collections.abc import Mapping
from typing import Any

import msgspec

Totals = dict[str, dict[str, int]]
BLANK = "blank"


def no_votes(definition: Mapping[str, Any]) -> Totals:
    """Give zero for every option of every question."""
    return {q["id"]: {**dict.fromkeys((o["id"] for o in q["options"]), 0), BLANK: 0} for q in definition["questions"]}


def add(totals: Totals, content: bytes, times: int) -> None:
    """Add a ballot's content `times` times; −1 takes a replaced one out again."""
    for question, answer in msgspec.json.decode(content).items():
        for option, votes in _votes(answer).items():
            totals[question][option] += votes * times


def _votes(answer: Any) -> dict[str, int]:
    if not answer:
        return {BLANK: 1}
    if isinstance(answer, dict):
        return answer
    if isinstance(answer[0], str):
        return dict.fromkeys(answer, 1)
    return {answer[0][0]: 1} if len(answer[0]) == 1 else {}
