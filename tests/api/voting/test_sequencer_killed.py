"""The sequencer is killed at every line it executes, in turn, and started again: nothing lost, doubled or reordered."""

import os
import subprocess
import sys
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from mvoting.core import merkle
from mvoting.core.clock import now
from mvoting.core.ids import random_id
from mvoting.voting import statements
from mvoting.voting.ballots.leaf import open_leaf
from mvoting.voting.board import entries, sequencer, services
from mvoting.voting.polls import services as polls

ROOT = Path(__file__).resolve().parents[3]
CONTENT = [b'{"q1":["o1"]}', b'{"q1":["o2"]}']
K = 2


class Nursery:
    """Sequencer processes that kill themselves: `begin` one, do something else, `ended` tells how it went."""

    def __init__(self, process, db):
        self.process, self.db = process, db

    def begin(self, poll_id, step):
        self.poll_id = poll_id
        self.process.stdin.write(f"{poll_id} {step}\n")
        self.process.stdin.flush()

    def ended(self):
        """Give "killed", or "ended 0" when it took fewer steps."""
        end = self.process.stdout.readline().strip()
        # What time does: the dead one's lease runs out.
        over = {"$set": {"until": now() - timedelta(seconds=1)}}
        self.db.leases.update_many({"_id": f"board {self.poll_id}"}, over)
        return end


@pytest.fixture
def nursery(app, environment, db):
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.api.voting.stepwise"],
        cwd=ROOT,
        env={**os.environ, **environment},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout.readline() == "ready\n"
    yield Nursery(process, db)
    process.stdin.close()
    process.wait(20)


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
    db.polls.update_one({"_id": poll_id}, {"$set": {"closes_at": closed, "ended_at": closed, "state": "closed"}})
    polls.forget_facts()


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
def test_killed_at_each_line_in_turn(db, waiting, nursery, is_closing):
    """While one process runs into its end, the poll of the one before is taken up again and checked."""

    def begin(step):
        poll_id, leaves = waiting(people=3 if is_closing else 5)
        if is_closing:
            sequencer.sequence(poll_id)  # how a board begins, and is taken up after closing, the other run has seen
            close(db, poll_id)
        nursery.begin(poll_id, step)
        return poll_id, leaves

    def take_up(poll_id, leaves):
        published = {h["number"]: h for h in services.heads(poll_id, after=-1, limit=100)}
        if not is_closing:
            change(db, poll_id, leaves)
            close(db, poll_id)
        sequencer.sequence(poll_id)
        check(db, poll_id, leaves, published)

    step, end, trial = 1, "", begin(1)
    while (end := nursery.ended()) == "killed":
        step, before, trial = step + 1, trial, begin(step + 1)
        take_up(*before)
    take_up(*trial)
    assert end == "ended 0"
    assert step > 100


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
