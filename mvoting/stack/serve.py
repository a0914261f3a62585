"""`python -m mvoting serve`: the API under granian.

granian's own command would import the application in every worker and leave the workers behind when its master is killed.
Here the code is imported once, before the workers are forked (each still connects for itself), and a worker ends with its
master.
"""

import argparse
import os
import signal
from importlib import import_module

from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from mvoting import parts
from mvoting.core import memory
from mvoting.core.settings import settings
from mvoting.stack import slow_bodies
from mvoting.stack.child import die_with_parent

WORKERS = 2
THREADS = 16
STOP_TIMEOUT_S = 3


def main(argv: list[str]) -> int:
    """Serve until SIGTERM or SIGINT; requests under way are answered first."""
    parser = argparse.ArgumentParser(prog="mvoting serve", description="serve the API")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--workers", type=int, default=WORKERS)
    parser.add_argument("--threads", type=int, default=THREADS, help="for each worker")
    options = parser.parse_args(argv)
    settings()  # wrong ones stop the start here, with one message, before there are workers
    _import_code()
    slow_bodies.watch(threads=options.threads)
    master = os.getpid()
    os.register_at_fork(after_in_child=lambda: _end_with(master))
    Granian(
        "wsgi:app",
        address=options.host,
        port=options.port,
        interface=Interfaces.WSGI,
        workers=options.workers,
        blocking_threads=options.threads,
        respawn_failed_workers=True,
        workers_kill_timeout=STOP_TIMEOUT_S,
        log_level=LogLevels.error,
    ).serve()
    return 0


def _end_with(master: int) -> None:
    """Let a forked worker end when its master is killed, from its first moment on."""
    die_with_parent(signal.SIGKILL)
    if os.getppid() != master:
        os._exit(1)


def _import_code() -> None:
    """Import what the application is made of, without making it: no connection may be shared by the workers."""
    with memory.importing():
        import_module("mvoting.app")
        for path in (*parts.BLUEPRINTS, *parts.PAGES, *parts.DOCUMENTS):
            parts.load(path)
