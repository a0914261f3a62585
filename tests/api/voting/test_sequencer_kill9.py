"""A real sequencer process is ended with kill -9 at moments drawn at random, again and again, while people vote.

A nursery process imports the product once and forks a sequencer for each trial, so that trials are quick.
"""

import os
import random
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from mvoting.voting.board import sequencer
from tests.api.voting.test_sequencer_killed import change, check, close, vote

ROOT = Path(__file__).resolve().parents[3]
TRIALS, K = 40, 2
LONGEST_S = 0.25

NURSERY = """
import os, sys
from mvoting import parts
from mvoting.core import database, memory
with memory.importing():
    for path in parts.DOCUMENTS:
        parts.load(path)
from mvoting.voting.board import sequencer
sequencer.LEASE_S, sequencer.MAX_BATCH = 0.05, 4  # the killed one's lease runs out at once; many small batches
print("ready", flush=True)
for poll_id in sys.stdin:
    pid = os.fork()
    if pid == 0:
        database.connect()
        print(os.getpid(), flush=True)
        sequencer.sequence(poll_id.strip())
        os._exit(0)
    _, status = os.waitpid(pid, 0)
    print("killed" if os.WIFSIGNALED(status) else f"ended {os.WEXITSTATUS(status)}", flush=True)
"""


@pytest.fixture
def nursery(app, environment):
    process = subprocess.Popen(
        [sys.executable, "-c", NURSERY],
        cwd=ROOT,
        env={**os.environ, **environment},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout.readline() == "ready\n"
    yield process
    process.stdin.close()
    process.wait(20)


@pytest.mark.slow
def test_a_sequencer_killed_at_random_moments_loses_and_doubles_nothing(nursery, db, make_poll):
    poll_id = make_poll(k=K)[0]
    leaves, published, ends = [], {}, []
    longest_s = LONGEST_S  # the moments are drawn from this; it follows what a sequencer needs on this machine
    for trial in range(TRIALS):
        vote(db, poll_id, leaves, 12)
        if trial == 1:
            change(db, poll_id, leaves)
        nursery.stdin.write(f"{poll_id}\n")
        nursery.stdin.flush()
        with suppress(ProcessLookupError):  # it was quicker
            handle = os.pidfd_open(int(nursery.stdout.readline()))  # no other process can come by its number now
            time.sleep(random.SystemRandom().uniform(0, longest_s))
            signal.pidfd_send_signal(handle, signal.SIGKILL)
            os.close(handle)
        ends.append(nursery.stdout.readline().strip())
        longest_s = min(longest_s * 1.2, LONGEST_S) if ends[-1] == "killed" else longest_s * 0.8
        for batch in db.board_batches.find({"poll": poll_id, "head": {"$ne": None}}, {"head": 1, "number": 1}):
            assert published.setdefault(batch["number"], batch["head"]) == batch["head"], "a published head was changed"
    assert ends.count("killed") > TRIALS // 4, ends
    assert set(ends) <= {"killed", "ended 0"}, ends
    time.sleep(0.1)  # the last one's lease
    close(db, poll_id)
    sequencer.sequence(poll_id)
    check(db, poll_id, leaves, published)
