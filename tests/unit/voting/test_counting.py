"""Counting as ballots stream by: parts make no difference, memory does not grow, and the lot is what it was."""

import json
import random
import tracemalloc
from hashlib import sha256

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mvoting.voting.board import ties
from mvoting.voting.methods.answers import freeze, invalid_reason
from mvoting.voting.methods.questions import answer_rules, contest
from mvoting.voting.methods.registry import METHODS, count
from mvoting.voting.methods.types import TieBreak
from mvoting.voting.methods.words import INVALID
from mvoting.voting.tally import counting
from mvoting.voting.tally.document import result_document

drawn = settings(
    deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
OPTIONS = [f"o{n}" for n in range(1, 6)]
SEED = bytes(32)


def question(method, **more):
    needs_costs = METHODS[method].needs_costs
    costs = [{"cost": 10 + 7 * n} if needs_costs else {} for n in range(len(OPTIONS))]
    options = [{"id": option, "title": {"ko": option}, **cost} for option, cost in zip(OPTIONS, costs, strict=True)]
    return {"id": "q1", "method": method, "options": options, **({"budget": 60} if needs_costs else {}), **more}


def answers(method):
    kind = METHODS[method].answers[0]
    chosen = st.lists(st.sampled_from(OPTIONS), unique=True, min_size=1, max_size=1 if method == "plurality" else 5)
    scores = st.dictionaries(st.sampled_from(OPTIONS), st.integers(0, 5), min_size=1)
    rankings = chosen.map(lambda options: [[option] for option in options])
    return st.none() | {"choice": chosen, "ranking": rankings, "scores": scores}[kind]


@pytest.mark.parametrize("method", list(METHODS))
@drawn
@given(data=st.data())
def test_a_count_in_parts_is_the_count(method, data, monkeypatch):
    ballots = data.draw(st.lists(answers(method), min_size=1, max_size=30))
    asked = question(method)
    contents = [json.dumps({"q1": answer}, separators=(",", ":")).encode() for answer in ballots]
    monkeypatch.setattr(counting, "CHUNK", 3)
    monkeypatch.setattr(counting, "MAX_DIFFERENT", 4)
    [in_parts] = counting.count_contents({"questions": [asked]}, contents, seed=SEED)["questions"]
    patterns = {}
    for answer in ballots:
        patterns[freeze(answer)] = patterns.get(freeze(answer), 0) + 1
    decided = contest(asked)
    at_once = count(method, patterns, decided, TieBreak.from_seed(SEED + b"\0q1", decided.options))
    names = {language: {option: option for option in OPTIONS} for language in ("ko", "en")}
    assert in_parts == {"id": "q1", "invalid": 0, **json.loads(json.dumps(result_document(at_once, names)))}


def test_what_is_no_answer_is_left_out():
    asked = [question("plurality"), {**question("approval"), "id": "q2"}]
    contents = [b'{"q1":["o1"],"q2":null}', b'{"q1":["o1"]}', b"no json", b'{"q1":["o1","o2"],"q2":["o9"]}'] * 2
    counted = counting.count_contents({"questions": asked}, contents, seed=SEED)
    assert (counted["ballots"], counted["invalid"]) == (8, 4)
    assert [(q["ballots"], q["blank"], q["invalid"]) for q in counted["questions"]] == [(2, 0, 2), (2, 2, 2)]


@pytest.mark.parametrize("method", ["score", "star"])
def test_memory_does_not_grow_with_the_ballots_of_methods_that_add_up(method, monkeypatch):
    monkeypatch.setattr(counting, "CHUNK", 200)
    monkeypatch.setattr(counting, "MAX_DIFFERENT", 1000)
    asked = question(method, max_score=100)

    def peak(ballots):
        chance = random.Random(7)
        contents = (b'{"q1":{"o1":%d,"o2":%d,"o3":%d}}' % tuple(chance.choices(range(101), k=3)) for _ in range(ballots))
        tracemalloc.start()
        counted = counting.count_contents({"questions": [asked]}, contents, seed=SEED)
        highest = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert (counted["ballots"], counted["questions"][0]["invalid"]) == (ballots, 0)
        return highest

    peak(100)  # what is loaded once
    assert peak(12_000) < 1.2 * peak(3_000)


def test_points_and_approvals_do_not_meet_in_one_poll():
    """One that takes points takes no approvals, and the other way round: else one voter could give any number of points."""
    points = answer_rules(question("budget_greedy", max_points=5))
    approvals = answer_rules(question("budget_greedy"))
    assert invalid_reason({"o1": 5}, points) is None
    assert invalid_reason(["o1"], points) == "shape"
    assert invalid_reason({"o1": 6}, points) == "points"
    assert invalid_reason(["o1"], approvals) is None
    assert invalid_reason({"o1": 2**50}, approvals) == "shape"


def test_every_reason_is_said_in_both_languages():
    shapes = [None, [], {}, ["o9"], ["o1", "o1"], ["o1"], ["o1", "o2", "o3"], [["o1", "o2"]], {"o1": 9}, {"o1": -1}, "x"]
    found = set()
    for method in METHODS:
        for more in ({}, {"blank": False}, {"min_choices": 2, "max_choices": 2}, {"max_points": 5, "equal_ranks": False}):
            found |= {invalid_reason(shape, answer_rules(question(method, **more))) for shape in shapes}
    assert found - {None} == set(INVALID) - {"questions"}
    assert all(ko[-1] == en[-1] == "." for ko, en in INVALID.values())


@drawn
@given(leaves=st.lists(st.binary(min_size=32, max_size=32), max_size=40, unique=True), revealed=st.binary(max_size=40))
def test_the_lots_seed_is_the_hash_of_all_leaves_in_order(leaves, revealed):
    told = b"mvoting tie seed v1\x00" + len(revealed).to_bytes(2, "big") + revealed
    assert ties.tie_seed(iter(leaves), revealed) == sha256(told + b"".join(sorted(leaves))).digest()
