"""The sequencer is ended at every line it executes, in turn, and started again: nothing lost, doubled or reordered."""

import ast
import os
import sys
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from mvoting.core import merkle
from mvoting.core.clock import now
from mvoting.core.ids import random_id
from mvoting.voting import statements
from mvoting.voting.ballots import services as ballots
from mvoting.voting.ballots.leaf import open_leaf
from mvoting.voting.board import entries, sequencer, services, tiles
from mvoting.voting.polls import services as polls

# What touches the database; the pure functions between its steps cannot leave anything behind.
TRACED = {Path(module.__file__).resolve().as_posix() for module in (sequencer, tiles, ballots)}
CONTENT = [b'{"q1":["o1"]}', b'{"q1":["o2"]}']
K = 2


class Killed(BaseException):
    """The process dies here."""


def statement_starts(path):
    """Map each line of a file to the line on which its statement begins: a statement of several lines is one step."""
    starts = {}
    for node in ast.walk(ast.parse(Path(path).read_text())):
        if isinstance(node, ast.stmt):
            end = node.body[0].lineno - 1 if getattr(node, "body", None) else node.end_lineno
            starts.update(dict.fromkeys(range(node.lineno, end + 1), node.lineno))
    return starts


STARTS = {path: statement_starts(path) for path in TRACED}


def run_until(target, work):
    """Run `work`; raise Killed before the `target`-th step it takes in the traced modules. Tells how many it took."""
    executed = 0

    def trace(frame, event, _):
        # A comprehension is one step, whatever number of elements it goes through.
        if frame.f_code.co_filename not in TRACED or frame.f_code.co_name.startswith("<"):
            return None
        starts, at = STARTS[frame.f_code.co_filename], None

        def local(frame, event, _):
            nonlocal executed, at
            if event == "line" and at != (at := starts.get(frame.f_lineno)):
                executed += 1
                if executed == target:
                    raise Killed
            return local

        return local

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
    """Polls in which people vote without the API; gives polls and, by person, the leaves in order."""
    first, made = db.polls.find_one({"_id": make_poll(k=K)[0]}), []

    def make(people=7):
        poll_id = random_id()  # its definition is another poll's: nothing here reads that
        db.polls.insert_one({**first, "_id": poll_id, "salt": os.urandom(32)})
        made.append(poll_id)
        leaves = []
        vote(db, poll_id, leaves, people)
        return poll_id, leaves

    yield make
    db.polls.delete_many({"_id": {"$in": [first["_id"], *made]}})  # or the next test's sweeps would count them all


def vote(db, poll_id, leaves, people):
    """Let people vote; the first two of them have changed their ballot before anybody looked."""
    hashed, ballots = bytes.fromhex(polls.poll_facts(poll_id).definition_hash), []
    for n in range(people):
        nonces = [os.urandom(16) for _ in range(2 if n < 2 else 1)]
        own = [open_leaf(hashed, CONTENT[at], nonce) for at, nonce in enumerate(nonces)]
        ballot = {"_id": os.urandom(32), "poll": poll_id, "leaves": own, "casts": [os.urandom(16) for _ in own]}
        ballot |= {"content": CONTENT[len(own) - 1], "nonce": nonces[-1], "boarded": 0, "pending": True}
        ballots.append(ballot)
    db.ballots.insert_many(ballots)
    leaves += [ballot["leaves"] for ballot in ballots]


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
    changed = sum(len(person) > 1 for person in leaves)
    assert last["totals"]["q1"] == {"o1": len(leaves) - changed, "o2": changed, "o3": 0, "blank": 0}
    assert "salt" not in db.polls.find_one({"_id": poll_id})


@pytest.mark.slow
@pytest.mark.parametrize("is_closing", [False, True])
def test_killed_at_each_line_in_turn(db, waiting, is_closing):
    step = 0
    while True:
        step += 1
        poll_id, leaves = waiting(people=3 if is_closing else 5)
        if is_closing:
            close(db, poll_id)
        executed = run_until(step, lambda: sequencer.sequence(poll_id))  # noqa: B023
        published = {h["number"]: h for h in services.heads(poll_id, after=-1, limit=100)}
        if not is_closing:
            change(db, poll_id, leaves)
            close(db, poll_id)
        sequencer.sequence(poll_id)
        check(db, poll_id, leaves, published)
        if executed < step:
            break
    assert step > 60


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
