"""Real Celery workers and beat for tests, as processes of their own that can be killed."""

import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager

import psutil


def start(*arguments, environment, log):
    """Start `celery -A mvoting.worker ARGUMENTS` in its own session; output goes to the file `log`."""
    command = [sys.executable, "-m", "celery", "-A", "mvoting.worker", *arguments]
    with open(log, "ab") as output:
        return subprocess.Popen(
            command, env={**os.environ, **environment}, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
        )


def kill(process):
    """Kill a worker and its children with -9."""
    with_children = [*psutil.Process(process.pid).children(recursive=True), psutil.Process(process.pid)]
    for one in with_children:
        one.send_signal(signal.SIGKILL)
    process.wait(10)


def stop(process):
    """End a worker in an orderly way, or by force after 20 s."""
    if process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        kill(process)


@contextmanager
def running(*argument_lists, environment, log):
    """Run several Celery processes."""
    processes = [start(*arguments, environment=environment, log=log) for arguments in argument_lists]
    try:
        yield processes
    finally:
        for process in processes:
            stop(process)


def worker(queue, *, processes=1):
    """Give the arguments of a worker on one queue."""
    return ["worker", "-Q", queue, "-n", f"{queue}-{os.urandom(3).hex()}@test", "-c", str(processes), "--loglevel", "WARNING"]


def beat():
    """Give the arguments of beat."""
    return ["beat", "--loglevel", "WARNING", "--pidfile="]


def wait_until(condition, *, seconds=20.0, every=0.05):
    """Wait until `condition()` is true; fail with what it last gave."""
    deadline = time.monotonic() + seconds
    while not (last := condition()):
        assert time.monotonic() < deadline, f"not within {seconds} s (last: {last!r})"
        time.sleep(every)
    return last
