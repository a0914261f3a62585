"""A message for one queue reaches that queue only: a bulk campaign must not land in front of an alert."""

import subprocess
import sys

import pytest

from mvoting.core.hints import QUEUES
from mvoting.worker import create_worker


def test_each_queue_has_its_own_routing_key(environment):
    queues = {queue.name: queue.routing_key for queue in create_worker().conf.task_queues}
    assert queues == {name: name for name in QUEUES}


def test_each_beat_entry_names_a_known_task_and_queue(environment):
    app = create_worker()
    app.loader.import_default_modules()
    for entry in app.conf.beat_schedule.values():
        assert entry["task"] in app.tasks
        assert entry["options"]["queue"] in QUEUES


ORPHAN = """
import os, time
from mvoting import worker
worker.database.connect = lambda: os.write(1, b"connected")
worker.database.disconnect = worker.database.claim_alert_mode = lambda: None
worker.database.prepare = lambda documents: None
middle = os.fork()
if middle == 0:
    middle = os.getpid()
    if {is_orphan} and os.fork() != 0:
        os._exit(0)
    while {is_orphan} and os.getppid() == middle:
        time.sleep(0.01)
    worker._connect()
    os._exit(0)
os.waitpid(middle, 0)
"""


@pytest.mark.parametrize(("is_orphan", "said"), [(True, b""), (False, b"connected")])
def test_a_pool_process_whose_worker_was_killed_before_it_had_its_guard_ends(is_orphan, said):
    script = ORPHAN.replace("{is_orphan}", str(is_orphan))
    # All who hold the pipe have ended when it is read to its end.
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, timeout=60, check=True)
    assert (ended.stdout, ended.stderr) == (said, b"")
