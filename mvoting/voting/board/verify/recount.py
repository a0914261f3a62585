"""Counting again, and comparing with the result that was published. Pure."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

import msgspec

from mvoting.voting.board import ties
from mvoting.voting.board.verify.reading import Archive
from mvoting.voting.board.verify.report import Report
from mvoting.voting.methods import registry
from mvoting.voting.methods.answers import freeze
from mvoting.voting.methods.questions import contest
from mvoting.voting.methods.types import CannotCount, CountResult, TieBreak, decimal_text
from mvoting.voting.sealing import opened


def check_result(archive: Archive, report: Report, contents: Counter[bytes]) -> None:
    """Recount every question and compare."""
    record = archive.records.get("result")
    if record is None:
        report.fail("no-result")
        return
    try:
        _compare(archive, report, contents, record["result"])
    except (KeyError, TypeError, ValueError, AttributeError):
        report.fail("wrong-result", "it cannot be read")


def _compare(archive: Archive, report: Report, contents: Counter[bytes], result: Mapping[str, Any]) -> None:
    seed = _tie_seed(archive, report)
    answers = _answers(archive, report, contents)
    published = {q.get("id"): q for q in result.get("questions", [])}
    for question in archive.definition["questions"]:
        name = question["id"]
        decided = contest(question)
        lot = TieBreak.from_seed(seed + b"\x00" + name.encode(), decided.options)
        try:
            counted = _plain(registry.count(question["method"], answers[name], decided, lot))
        except CannotCount as refused:
            report.fail("cannot-count", f"{name}: {refused}")
            continue
        for part, value in counted.items():
            if _stated(published.get(name, {}), part) != value:
                report.fail("wrong-result", f"{name}: {part}")
        report.checked["questions"] = report.checked.get("questions", 0) + 1
    if result.get("ballots") != sum(contents.values()):
        report.fail("wrong-result", "ballots")
    changes = [{name: value for name, value in change.items() if name != "type"} for change in archive.changes]
    if result.get("changes", []) != changes:
        report.fail("wrong-result", "changes by staff")


def _tie_seed(archive: Archive, report: Report) -> bytes:
    revealed = archive.records.get("tie-seed", {}).get("seed", "")
    if revealed and ties.tie_commitment(bytes.fromhex(revealed)) != archive.definition.get("tie_commitment"):
        report.fail("wrong-tie-seed")
    return ties.tie_seed(archive.leaves, bytes.fromhex(revealed))


def _answers(archive: Archive, report: Report, contents: Counter[bytes]) -> dict[str, Counter[Any]]:
    judge = opened.Judge(archive.definition)
    answers: dict[str, Counter[Any]] = {q["id"]: Counter() for q in archive.definition["questions"]}
    for content, times in contents.items():
        if not judge.is_valid(content):
            report.fail("invalid-content", f"{times} times")
            continue
        for question_id, answer in msgspec.json.decode(content).items():
            answers[question_id][freeze(answer)] += times
    return answers


def _plain(counted: CountResult) -> dict[str, Any]:
    return {
        "winners": list(counted.winners),
        "ballots": counted.ballots,
        "blank": counted.blank,
        "rounds": [
            ({option: decimal_text(votes) for option, votes in r.totals.items()}, list(r.elected), list(r.eliminated))
            for r in counted.rounds
        ],
        "exhausted": decimal_text(counted.exhausted),
        "ranking": [list(tier) for tier in counted.ranking],
        "fundings": [(f.option, f.is_funded) for f in counted.fundings],
    }


def _stated(stated: Mapping[str, Any], part: str) -> Any:
    if part == "rounds":
        return [(r["totals"], r["elected"], r["eliminated"]) for r in stated.get("rounds", [])]
    if part == "fundings":
        return [(f["option"], f["funded"]) for f in stated.get("fundings", [])]
    return stated.get(part, [] if part == "ranking" else None)
