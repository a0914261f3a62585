"""Counting again, and comparing with the result that was published. Pure."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

import msgspec

from mvoting.voting.board import ties
from mvoting.voting.board.verify.reading import Archive
from mvoting.voting.board.verify.report import Report
from mvoting.voting.canonical import encode
from mvoting.voting.methods import registry
from mvoting.voting.methods.answers import freeze
from mvoting.voting.methods.questions import contest, option_names
from mvoting.voting.methods.types import CannotCount, CountResult, Funding, Round, TieBreak, decimal_text
from mvoting.voting.methods.words import say
from mvoting.voting.sealing import opened

Document = Mapping[str, Any]


def check_result(archive: Archive, report: Report) -> None:
    """Recount every question and compare all that the published result says, word for word."""
    record = archive.records.get("result")
    if record is None:
        report.fail("no-result")
        return
    try:
        _compare(archive, report, record["result"])
    except (KeyError, TypeError, ValueError, AttributeError):
        report.fail("wrong-result", "it cannot be read")


def _compare(archive: Archive, report: Report, stated: Document) -> None:
    ballots, least = archive.contents.total, archive.definition.get("min_turnout", 0)
    counted = {
        "ballots": ballots,
        "invalid": 0,
        "min_turnout": least,
        "is_valid": ballots >= least,
        "changes": [{name: value for name, value in change.items() if name != "type"} for change in archive.changes],
    }
    _differences(report, "", {name: value for name, value in stated.items() if name != "questions"}, counted)
    questions = archive.definition["questions"]
    if [question["id"] for question in stated["questions"]] != [question["id"] for question in questions]:
        report.fail("wrong-result", "it answers other questions")
        return
    seed, counts = _tie_seed(archive, report), _counts(archive, report)
    for count, published in zip(counts, stated["questions"], strict=True):
        _compare_question(report, count, published, seed)


def _compare_question(report: Report, count: "_Count", published: Document, seed: bytes) -> None:
    question = count.question
    try:
        counted = count.result(seed)
    except CannotCount as refused:
        report.fail("cannot-count", f"{question['id']}: {refused}")
        return
    _differences(report, f"{question['id']}: ", published, {"id": question["id"], "invalid": 0, **_result(counted, question)})
    report.checked["questions"] = report.checked.get("questions", 0) + 1


def _differences(report: Report, where: str, stated: Document, counted: Document) -> None:
    """Name each part that is not as counted anew; what nobody could count is a difference as well."""
    for part in sorted(stated.keys() | counted.keys()):
        # As what is hashed: in Python, true would be equal to 1.
        if part not in stated or part not in counted or encode(stated[part]) != encode(counted[part]):
            report.fail("wrong-result", f"{where}{part}")


def _tie_seed(archive: Archive, report: Report) -> bytes:
    revealed = archive.records.get("tie-seed", {}).get("seed", "")
    if revealed and ties.tie_commitment(bytes.fromhex(revealed)) != archive.definition.get("tie_commitment"):
        report.fail("wrong-tie-seed")
    return ties.seed_of_heaps(archive.leaves.heaps(), bytes.fromhex(revealed))


def _counts(archive: Archive, report: Report) -> list["_Count"]:
    """Count every question, part by part, so that memory need not hold what each ballot says."""
    judge = opened.Judge(archive.definition)
    counts = {question["id"]: _Count(question) for question in archive.definition["questions"]}
    for part in archive.contents.parts():
        for content, times in part.items():
            if judge.reason(content):  # each content comes once
                report.fail("invalid-content", f"{times} times")
                continue
            for question_id, answer in msgspec.json.decode(content).items():
                counts[question_id].read(answer, times)
        for count in counts.values():
            count.add()
    return list(counts.values())


class _Count:
    """One question's count, to which answers are added part by part."""

    def __init__(self, question: Document) -> None:
        self.question, self._contest = question, contest(question)
        self._patterns: Counter[Any] = Counter()
        self._shared: dict[Any, Any] = {}  # equal tiers of different rankings are kept once
        self._refused: CannotCount | None = None
        try:
            self._tally = registry.begin(question["method"], self._contest)
        except CannotCount as refused:
            self._refused = refused

    def read(self, answer: Any, times: int) -> None:
        self._patterns[tuple([self._shared.setdefault(part, part) for part in freeze(answer)])] += times

    def add(self) -> None:
        if self._refused is None:
            try:
                self._tally.add(self._patterns)
            except CannotCount as refused:
                self._refused = refused
        self._patterns = Counter()

    def result(self, seed: bytes) -> CountResult:
        """Raises: CannotCount."""
        if self._refused:
            raise self._refused
        return self._tally.result(TieBreak.from_seed(seed + b"\x00" + self.question["id"].encode(), self._contest.options))


# What a result says, written anew


def _result(counted: CountResult, question: Document) -> dict[str, Any]:
    names = {language: option_names(question, language) for language in ("ko", "en")}
    result = {
        "method": counted.method,
        "seats": counted.seats,
        "ballots": counted.ballots,
        "blank": counted.blank,
        "winners": list(counted.winners),
        "rounds": [_round(one, names) for one in counted.rounds],
        "exhausted": decimal_text(counted.exhausted),
    }
    if counted.quota is not None:
        result["quota"] = decimal_text(counted.quota)
    if counted.ranking:
        result["ranking"] = [list(tier) for tier in counted.ranking]
    if counted.fundings:
        result["fundings"] = [_funding(one) for one in counted.fundings]
    return result


def _round(one: Round, names: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    return {
        "totals": {option: decimal_text(votes) for option, votes in one.totals.items()},
        "elected": list(one.elected),
        "eliminated": list(one.eliminated),
        "exhausted": decimal_text(one.exhausted),
        "rounding": decimal_text(one.rounding),
        "ties": [{"between": list(tie.between), "drawn": tie.drawn, "by": tie.by} for tie in one.ties],
        "explanation": {language: [say(s, names[language], language) for s in one.sentences] for language in names},
    }


def _funding(one: Funding) -> dict[str, Any]:
    stated = {"option": one.option, "cost": one.cost, "votes": decimal_text(one.votes), "funded": one.is_funded}
    return {**stated, "reason": one.reason, "left": one.left}
