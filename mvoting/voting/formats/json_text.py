"""Elections as one JSON document; what it holds is what `write` shows."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from mvoting.voting.formats.election import MAX_COUNT, BallotBox, Election, FormatError, check_options, unknown_option
from mvoting.voting.formats.lines import Line

MAX_JSON_CHARACTERS = 16 * 1024 * 1024
"""JSON is read whole, so a larger document is refused; use one of the line formats."""


def read(lines: Iterable[Line]) -> Election:
    """Read `{"title", "seats", "options": [{"id", "name", "cost"?}], "budget"?, "ballots": [{"count", "ranking", "scores"?}]}`."""
    document = _load(lines)
    options, ballots = _member(document, "options", list, []), _member(document, "ballots", list, [])
    check_options(0, len(options))
    names = {_member(option, "id", str): _member(option, "name", str) for option in options}
    if len(names) < len(options):
        raise FormatError(0, "선택지 번호가 되풀이됩니다.", "An option's id is repeated.")
    costs = {_member(o, "id", str): _whole(o, "cost") for o in options if "cost" in o}
    box = BallotBox()
    for ballot in ballots:
        _read_ballot(ballot, names, box)
    return Election(
        names,
        box.ballots,
        _member(document, "title", str, ""),
        _whole(document, "seats") if document.get("seats") is not None else None,
        costs,
        _whole(document, "budget") if document.get("budget") else 0,
    )


def write(election: Election) -> Iterator[str]:
    """Write the document, one ballot a line."""
    head = {"title": election.title, "seats": election.seats, "budget": election.budget}
    options: list[dict[str, Any]] = [{"id": option, "name": name} for option, name in election.names.items()]
    for option in options:
        if option["id"] in election.costs:
            option["cost"] = election.costs[option["id"]]
    yield json.dumps({**head, "options": options}, ensure_ascii=False)[:-1] + ', "ballots": ['
    comma = ""
    for ballot, times in election.ballots.items():
        entry: dict[str, Any] = {"count": times, "ranking": ballot.ranking}
        if ballot.scores is not None:
            entry["scores"] = dict(ballot.scores)
        yield comma + json.dumps(entry, ensure_ascii=False)
        comma = ","
    yield "]}"


def _load(lines: Iterable[Line]) -> dict[str, Any]:
    texts, size = [], 0
    for number, text in lines:
        texts.append(text)
        size += len(text) + 1
        if size > MAX_JSON_CHARACTERS:
            raise FormatError(number, "JSON이 너무 큽니다. 줄 단위 형식을 쓰세요.", "The JSON is too large; use a line format.")
    try:
        document = json.loads("\n".join(texts))
    except json.JSONDecodeError as error:
        raise FormatError(error.lineno, "올바른 JSON이 아닙니다.", f"This is not well-formed JSON ({error.msg}).") from error
    except (RecursionError, ValueError) as error:
        raise FormatError(0, "JSON이 너무 깊거나 큽니다.", "The JSON is nested too deep or holds a huge number.") from error
    if not isinstance(document, dict):
        raise FormatError(1, "JSON 객체가 아닙니다.", "The document is not an object.")
    return document


def _read_ballot(ballot: Any, names: dict[str, str], box: BallotBox) -> None:
    times = _whole(ballot, "count") if isinstance(ballot, dict) and "count" in ballot else 1
    tiers = _member(ballot, "ranking", list, [])
    if not all(isinstance(tier, list) and all(isinstance(option, str) for option in tier) for tier in tiers):
        raise _malformed("ranking")
    scores = _member(ballot, "scores", dict, {}) if isinstance(ballot, dict) and "scores" in ballot else None
    for option in [*(option for tier in tiers for option in tier), *(scores or ())]:
        if option not in names:
            raise unknown_option(0, option)
    if scores is not None and not all(type(score) is int and abs(score) < MAX_COUNT for score in scores.values()):
        raise _malformed("scores")
    box.add(0, tiers, scores, times)


def _member(value: Any, key: str, kind: type, default: Any = None) -> Any:
    found = value.get(key, default) if isinstance(value, dict) else None
    if not isinstance(found, kind):
        raise _malformed(key)
    return found


def _whole(value: Any, key: str) -> int:
    found = value.get(key) if isinstance(value, dict) else None
    if type(found) is not int or not 1 <= found <= MAX_COUNT:
        raise _malformed(key)
    return found


def _malformed(key: str) -> FormatError:
    return FormatError(0, f"'{key}' 값이 없거나 올바르지 않습니다.", f"'{key}' is missing or malformed.")
