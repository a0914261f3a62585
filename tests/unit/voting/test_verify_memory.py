"""What `board verify` knows of every ballot lies on disk: leaves, places, ciphertexts."""

import base64
import os
import tracemalloc
from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mvoting.voting import canonical
from mvoting.voting.ballots.leaf import open_leaf, sealed_leaf
from mvoting.voting.board import ties
from mvoting.voting.board.verify import contents, leaves, verify
from mvoting.voting.board.verify.spool import Spool
from tests.unit.voting import operator as pen

LEAVES = [bytes([n * 5 % 256]) + bytes(31) for n in range(40)]


@given(batches=st.lists(st.lists(st.sampled_from(LEAVES), max_size=8), max_size=8), asked=st.sets(st.sampled_from(LEAVES)))
@pytest.mark.parametrize("waiting_bytes", [0, 100, leaves.WAITING_BYTES])
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_leaves_on_disk_know_what_a_dictionary_knows(monkeypatch, batches, asked, waiting_bytes):
    monkeypatch.setattr(leaves, "WAITING_BYTES", waiting_bytes)
    known, first, twice, place = leaves.Leaves(), {}, [], 0
    for batch in batches:
        known.add(b"".join(batch), place)
        for leaf in batch:
            twice += [leaf] if leaf in first else []
            first.setdefault(leaf, place)
            place += 1
    assert sorted(known.settle(asked)) == sorted(twice)
    assert len(known) == len(first)
    assert {leaf: known.place(leaf) for leaf in asked if leaf in known} == {leaf: first[leaf] for leaf in asked & first.keys()}
    assert sorted({leaf for heap in known.heaps() for leaf in heap}) == sorted(first)
    assert ties.seed_of_heaps(known.heaps(), b"x") == ties.tie_seed([leaf for batch in batches for leaf in batch], b"x")
    known.close()


@given(st.lists(st.tuples(st.sampled_from(LEAVES), st.binary(max_size=300)), max_size=20))
@settings(max_examples=30, deadline=None)
def test_ciphertexts_come_back_as_they_were(ballots):
    spool = Spool()
    for leaf, ciphertext in ballots:
        spool.add(leaf, ciphertext)
    assert list(spool) == ballots
    spool.close()


def test_memory_does_not_grow_with_the_ballots(monkeypatch):
    monkeypatch.setattr(leaves, "WAITING_BYTES", 20_000)
    monkeypatch.setattr(leaves, "HEAPS", 4)  # whose buffers are soon full
    definition = pen.sealed_archive()[0]
    few, many = (pen.text(pen.signed(definition, sealed_lines(definition, count))) for count in (1000, 6000))

    def peak(raw):
        blocks = (b"\n".join(raw[at : at + 500]) for at in range(0, len(raw), 500))
        tracemalloc.start()
        report = verify(blocks)
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert {code for code, _ in report.wrong} == {"no-final-head", "not-opened", "no-roll", "wrong-ballot-count"}
        return most

    assert peak(many) - peak(few) < 5_000 * 40, "a leaf in memory is more than that, a ciphertext still more"


CONTENTS = [b"x" * (n % 7) + bytes([n]) for n in range(30)]


@given(st.lists(st.dictionaries(st.sampled_from(CONTENTS), st.integers(1, 9), max_size=9), max_size=9))
@pytest.mark.parametrize("held_most", [0, 5, contents.HELD_MOST])
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_contents_on_disk_are_counted_as_a_counter_counts_them(monkeypatch, held_most, batches):
    monkeypatch.setattr(contents, "HELD_MOST", held_most)
    kept, expected = contents.Contents(), Counter()
    for batch in batches:
        kept.add(batch)
        expected.update(batch)
    parts = list(kept.parts())
    assert sum(parts, Counter()) == expected
    assert sum(map(len, parts)) == len(expected), "each in one part, with all its ballots"
    assert kept.total == expected.total()
    kept.close()


def test_memory_does_not_grow_with_what_ballots_say(monkeypatch):
    """Every ballot another one: scores that the method adds up and forgets."""
    monkeypatch.setattr(contents, "HELD_MOST", 200)
    monkeypatch.setattr(leaves, "WAITING_BYTES", 5_000)
    for module in (contents, leaves):
        monkeypatch.setattr(module, "HEAPS", 4)  # whose buffers are soon full
    options = [{"id": f"o{n}", "title": {"ko": str(n)}} for n in range(1, 31)]
    question = {"id": "q1", "title": {"ko": "?"}, "method": "score", "seats": 1, "max_score": 9, "options": options}
    definition = pen.definition_of(questions=[question])
    few, many = (pen.text(pen.signed(definition, scored(definition, options, count))) for count in (400, 1600))

    def peak(raw):
        blocks = (b"\n".join(raw[at : at + 100]) for at in range(0, len(raw), 100))
        tracemalloc.start()
        report = verify(blocks)
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert {code for code, _ in report.wrong} == {"wrong-result", "more-ballots-than-people"}
        return most

    assert peak(many) - peak(few) < 1_200 * 150, "a content of thirty scores in memory is more than that"


def scored(definition, options, count):
    """Write a counted board of ballots that all differ; only the count of ballots in its result is right."""
    hashed, least = bytes.fromhex(pen.definition_hash(definition)), definition["min_turnout"]
    yield from (pen.opening(definition), pen.HEAD)
    for number in range(1, count + 1):
        digits = f"{number:030d}"
        choices = {"q1": {option["id"]: int(digits[at]) for at, option in enumerate(options)}}
        nonce = os.urandom(16)
        leaf = open_leaf(hashed, canonical.encode(choices), nonce).hex()
        yield {"entry": {"type": "ballot", "leaf": leaf}, "choices": choices, "nonce": nonce.hex()}
        if number % 100 == 0:
            yield pen.HEAD
    yield from (pen.closing(count), pen.HEAD)
    result = {"ballots": count, "invalid": 0, "min_turnout": least, "is_valid": True, "changes": []}
    yield from ({"entry": {"type": "result", "result": {**result, "questions": [{"id": "q1"}]}}}, pen.HEAD)


def sealed_lines(definition, count):
    """Write a board that nobody has closed yet, of ciphertexts that nobody will open."""
    hashed = bytes.fromhex(pen.definition_hash(definition))
    yield from (pen.opening(definition), pen.HEAD)
    for n in range(1, count + 1):
        sealed = os.urandom(200)
        entry = {"type": "ballot", "leaf": sealed_leaf(hashed, sealed).hex()}
        yield {"entry": entry, "sealed": base64.b64encode(sealed).decode()}
        if n % 500 == 0:
            yield pen.HEAD
