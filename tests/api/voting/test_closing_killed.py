"""Real workers are killed with -9 while they close, board and count a poll, two sweeps run at once, clocks jump: closed once, counted once."""

import os
import random
import time
from datetime import timedelta

import pytest
from celery import current_app

from mvoting.core.clock import now
from mvoting.voting.ballots.leaf import open_leaf
from mvoting.voting.board import sequencer, services
from mvoting.voting.polls import services as polls
from mvoting.voting.tally import services as tally
from tests import workers

BALLOTS, KILLS = 3000, 2
SWEEPS = ("voting.open_and_close_polls", "voting.sequence_boards", "voting.tally_polls")


@pytest.fixture
def due_poll(make_poll, db):
    """A poll of 3,000 waiting ballots whose end is over, but which nobody has closed: 2,000 for o1, 1,000 for o2."""

    def make():
        poll_id, hashed = make_poll(figures="after_closing")
        ballots = []
        for n in range(BALLOTS):
            content, nonce = b'{"q1":["o%d"]}' % (1 + n % 3 // 2), os.urandom(16)
            leaf = open_leaf(bytes.fromhex(hashed), content, nonce)
            ballot = {"_id": os.urandom(32), "poll": poll_id, "leaves": [leaf], "casts": [os.urandom(16)]}
            ballots.append(ballot | {"content": content, "nonce": nonce, "boarded": 0, "pending": True})
        db.ballots.insert_many(ballots)
        over = now() - sequencer.GRACE - timedelta(seconds=1)
        db.polls.update_one({"_id": poll_id}, {"$set": {"closes_at": over}})
        polls.forget_facts()
        return poll_id

    return make


def let_time_pass(db):
    """Do what time does: a dead worker's leases run out, and so does the grace after a recorded end."""
    db.leases.update_many({}, {"$set": {"until": now() - timedelta(seconds=1)}})
    end_grace(db)


def end_grace(db):
    over = now() - sequencer.GRACE - timedelta(seconds=1)
    db.polls.update_many({"ended_at": {"$exists": True}}, {"$set": {"ended_at": over}})


def check(db, poll_id):
    poll = db.polls.find_one({"_id": poll_id})
    assert (poll["state"], poll["version"]) == ("published", 4), "each of closed, tallied and published was recorded once"
    assert poll["closed_at"] <= poll["tallied_at"] <= poll["published_at"]
    counted = poll["result"]["questions"][0]
    assert (poll["result"]["ballots"], poll["result"]["invalid"]) == (BALLOTS, 0)
    assert counted["rounds"][0]["totals"] == {"o1": "2000", "o2": "1000", "o3": "0"}
    records = [e["record"]["type"] for b in db.board_batches.find({"poll": poll_id}) for e in b["entries"] if "record" in e]
    assert sorted(records) == ["closing", "opening", "result"]
    assert len(list(services.iter_contents(poll_id))) == BALLOTS


@pytest.mark.slow
def test_workers_that_are_killed_while_closing_and_counting(db, environment, due_poll, tmp_path):
    for name in ("polls", "ballots", "board_batches", "leases"):
        db[name].delete_many({})
    poll_id, chance = due_poll(), random.Random(20261122)
    seen = []
    with_log = {"environment": environment, "log": tmp_path / "workers.log"}

    def state():
        seen.append((db.polls.find_one({"_id": poll_id})["state"], db.board_batches.count_documents({"poll": poll_id})))
        return seen[-1]

    def sweep():
        for task in SWEEPS:
            for _ in range(2):  # two of each at once, one in either worker
                current_app.send_task(task, queue="default", retry=False)
        end_grace(db)

    for _ in range(KILLS):
        pair = [workers.start(*workers.worker("default"), **with_log) for _ in range(2)]
        before = state()
        deadline = time.monotonic() + 60
        while state() == before and before[0] != "published":
            sweep()
            time.sleep(0.1)
            assert time.monotonic() < deadline, (tmp_path / "workers.log").read_text()
        time.sleep(chance.random() * 0.2)
        for process in pair:
            workers.kill(process)
        let_time_pass(db)
    with workers.running(workers.worker("default"), workers.worker("default"), **with_log):

        def is_published():
            sweep()
            let_time_pass(db)  # also under a worker that lives: only the compare-and-swap may decide
            return state()[0] == "published"

        workers.wait_until(is_published, seconds=60, every=0.3)
    assert len(set(seen)) > 2, "the workers were killed before they did anything"
    check(db, poll_id)


def test_two_sweeps_at_once_with_clocks_that_jumped(db, due_poll):
    """One worker's clock is a day ahead, the other's a day behind; the database's decides."""
    poll_id = due_poll()
    ahead, behind = now() + timedelta(days=1), now() - timedelta(days=1)
    for clock in (behind, ahead, behind, ahead):
        polls.record_openings(now=clock)
        polls.record_closings(now=clock)
        end_grace(db)
        sequencer.sequence(poll_id)
        tally.tally_due(now=clock)
        polls.forget_facts()
    poll = db.polls.find_one({"_id": poll_id})
    assert (poll["state"], poll["version"], poll["result"]["ballots"]) == ("published", 4, BALLOTS)
    running = due_poll()
    db.polls.update_one({"_id": running}, {"$set": {"closes_at": now() + timedelta(hours=1)}})
    polls.forget_facts()
    polls.record_closings(now=ahead)
    sequencer.sequence(running)
    tally.tally_due(now=ahead)
    assert db.polls.find_one({"_id": running})["state"] == "open"
    assert not services.is_final(running)
