"""The sequencer is ended at every line it executes, in turn, and started again: nothing lost, doubled or reordered."""

import os
import sys
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from mvoting.core import merkle
from mvoting.core.clock import now
from mvoting.voting import statements
from mvoting.voting.ballots import services as ballots
from mvoting.voting.ballots.leaf import open_leaf
from mvoting.voting.board import entries, sequencer, services
from mvoting.voting.polls import services as polls

# What touches the database; the pure functions between its steps cannot leave anything behind.
TRACED = {Path(module.__file__).resolve().as_posix() for module in (sequencer, ballots)}
CONTENT = [b'{"q1":["o1"]}', b'{"q1":["o2"]}']
K = 2


class Killed(BaseException):
    """The process dies here."""


def run_until_line(target, work):
    """Run `work`; raise Killed before the `target`-th line it executes in the traced modules. Tells how many ran."""
    executed = 0

    def local(frame, event, _):
        nonlocal executed
        if event == "line":
            executed += 1
            if executed == target:
                raise Killed
        return local

    def trace(frame, event, _):
        return local if frame.f_code.co_filename in TRACED else None

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        work()
    except Killed:
        pass
    finally:
        sys.settrace(before)
    return executed


@pytest.fixture
def waiting(make_poll, db):
    """A poll in which 7 people voted and 2 of them changed their ballot; gives its id and all leaves in order by person."""

    def make():
        poll_id, hashed = make_poll(k=K)
        people = []
        for n in range(7):
            nonces = [os.urandom(16) for _ in range(2 if n < 2 else 1)]
            leaves = [open_leaf(bytes.fromhex(hashed), CONTENT[at], nonce) for at, nonce in enumerate(nonces)]
            ballot = {"_id": os.urandom(32), "poll": poll_id, "leaves": leaves, "casts": [os.urandom(16) for _ in leaves]}
            ballot |= {"content": CONTENT[len(leaves) - 1], "nonce": nonces[-1], "boarded": 0, "pending": True}
            people.append(ballot)
        db.ballots.insert_many(people)
        return poll_id, [ballot["leaves"] for ballot in people]

    return make


def change(db, poll_id, leaves):
    """Let the third person change the ballot, as a cast between two lives of the sequencer would."""
    hashed = polls.poll_facts(poll_id).definition_hash
    nonce = os.urandom(16)
    leaf = open_leaf(bytes.fromhex(hashed), CONTENT[1], nonce)
    db.ballots.update_one(
        {"leaves": leaves[2][0]},
        {"$push": {"leaves": leaf, "casts": os.urandom(16)}, "$set": {"content": CONTENT[1], "nonce": nonce, "pending": True}},
    )
    leaves[2].append(leaf)


def close(db, poll_id):
    closed = now() - sequencer.GRACE - timedelta(seconds=1)
    db.polls.update_one({"_id": poll_id}, {"$set": {"closes_at": closed, "state": "closed"}})
    polls._facts.clear()


def check(db, poll_id, leaves, published_before):
    keys = {kid: bytes.fromhex(key) for kid, key in services.board_keys().items()}
    tree, on_board, replacements = merkle.Frontier(), [], {}
    for batch in db.board_batches.find({"poll": poll_id}).sort("number", 1):
        for entry in batch["entries"]:
            tree.append(entries.entry_hash(entry))
            if "leaf" in entry:
                on_board.append(entry["leaf"])
                if "replaces" in entry:
                    assert entry["replaces"] in on_board
                    replacements[entry["leaf"]] = entry["replaces"]
        head = statements.check(batch["head"], statements.TreeHead, keys)
        assert (head.size, head.root, head.number) == (tree.size, tree.root().hex(), batch["number"])
        assert "taken" not in batch
        if head.number in published_before:
            assert published_before[head.number] == batch["head"]
    assert sorted(on_board) == sorted(leaf for person in leaves for leaf in person)
    assert replacements == {after: before for person in leaves for before, after in pairwise(person)}
    assert services.is_final(poll_id)
    assert db.ballots.count_documents({"poll": poll_id, "pending": True}) == 0
    assert db.ballots.count_documents({"poll": poll_id, "$expr": {"$ne": ["$boarded", {"$size": "$leaves"}]}}) == 0
    last = db.board_batches.find_one({"poll": poll_id}, sort=[("number", -1)])
    assert last["ballots"] == len(leaves) == len(list(services.iter_contents(poll_id)))
    assert last["totals"]["q1"] == {"o1": 4, "o2": 3, "o3": 0, "blank": 0}
    assert "salt" not in db.polls.find_one({"_id": poll_id})


@pytest.mark.slow
@pytest.mark.parametrize("is_closing", [False, True])
def test_killed_at_each_line_in_turn(db, waiting, is_closing):
    line = 0
    while True:
        line += 1
        poll_id, leaves = waiting()
        if is_closing:
            change(db, poll_id, leaves)
            close(db, poll_id)
        executed = run_until_line(line, lambda: sequencer.sequence(poll_id))  # noqa: B023
        published = {h["number"]: h for h in services.heads(poll_id, after=-1, limit=100)}
        if not is_closing:
            change(db, poll_id, leaves)
            sequencer.sequence(poll_id)
            close(db, poll_id)
        sequencer.sequence(poll_id)
        check(db, poll_id, leaves, published)
        if executed < line:
            break
    assert line > 80


def test_two_sequencers_at_once_fence_each_other_off(db, waiting, monkeypatch):
    """One falls asleep before its insert, another works meanwhile (its lease ran out): the sleeper's batch is refused."""
    poll_id, leaves = waiting()
    insert, stolen = sequencer._insert, []

    def slept(facts, last, fresh, **more):
        if last and not stolen:
            stolen.append(True)
            monkeypatch.setattr(sequencer, "_insert", insert)
            assert sequencer.sequence(poll_id) == 1
        return insert(facts, last, fresh, **more)

    monkeypatch.setattr(sequencer, "_insert", slept)
    assert sequencer.sequence(poll_id) == 0
    change(db, poll_id, leaves)
    close(db, poll_id)
    sequencer.sequence(poll_id)
    check(db, poll_id, leaves, {})


def test_a_sequencer_that_wakes_up_late_cuts_no_tile(db, waiting):
    poll_id, leaves = waiting()
    sequencer.sequence(poll_id)
    stale = db.board_batches.find_one({"poll": poll_id, "number": 1})
    change(db, poll_id, leaves)
    close(db, poll_id)
    sequencer.sequence(poll_id)
    stale.pop("head")
    sequencer._finish(polls.poll_facts(poll_id), stale)
    check(db, poll_id, leaves, {})
    for person in leaves:
        for leaf in person:
            assert services.check_leaf(poll_id, leaf)["inclusion"]["proof"]
