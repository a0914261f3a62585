"""Which WSGI server: granian as `mvoting serve` runs it beside gunicorn with threads, same application, workers and threads.

CPU of the server's processes per request, which swings less than rates on a shared machine; in alternating rounds.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psutil

from mvoting.stack import servers
from mvoting.stack.environment import ROOT
from mvoting.stack.temporary import temporary_app
from tests.load.runner import Bench
from tests.load.traffic import burst, request

ROUNDS = int(os.environ.get("BENCH_ROUNDS", "5"))
REQUESTS = int(os.environ.get("BENCH_REQUESTS", "3000"))
WORKERS, THREADS = 2, 16
VIEWS = {"simple": "/health/live", "read": "/v1/polls"}


def run(bench: Bench) -> None:
    """Measure both servers on a view that does nothing and on one that reads a list."""
    with temporary_app(), _served(_granian) as granian, _served(_gunicorn) as gunicorn:
        costs: dict[str, list[float]] = {}
        ports = {"granian": granian, "gunicorn": gunicorn}
        for _ in range(ROUNDS + 1):
            for view, path in VIEWS.items():
                for name, (port, process) in ports.items():
                    costs.setdefault(f"server.{name}_{view}_cpu", []).append(_cpu_us(port, process, path))
        for name, values in costs.items():
            bench.record_rounds(name, values[1:], "µs")
        for view in VIEWS:
            pairs = zip(costs[f"server.granian_{view}_cpu"][1:], costs[f"server.gunicorn_{view}_cpu"][1:], strict=True)
            bench.record_rounds(f"server.granian_{view}_ratio_to_gunicorn", [ours / other for ours, other in pairs], "ratio")


def _cpu_us(port: int, process: psutil.Process, path: str) -> float:
    family = [process, *process.children(recursive=True)]
    before = sum(sum(p.cpu_times()[:2]) for p in family)
    outcome = burst(port, [request("GET", path, {}, "").replace(b"Authorization: Bearer \r\n", b"")] * REQUESTS)
    if set(outcome.statuses) != {200}:
        raise RuntimeError(f"{path}: {outcome.statuses}")
    return (sum(sum(p.cpu_times()[:2]) for p in family) - before) / REQUESTS * 1e6


def _granian(port: int) -> list[str]:
    return [sys.executable, "-m", "mvoting", "serve", "--port", str(port), "--workers", str(WORKERS), "--threads", str(THREADS)]


def _gunicorn(port: int) -> list[str]:
    where = ["-b", f"127.0.0.1:{port}", "--keep-alive", "75", "--log-level", "error"]
    return [sys.executable, "-m", "gunicorn", "-w", str(WORKERS), "-k", "gthread", "--threads", str(THREADS), *where, "wsgi:app"]


@contextmanager
def _served(command: Callable[[int], list[str]]) -> Iterator[tuple[int, psutil.Process]]:
    port = servers.free_port()
    process = subprocess.Popen(command(port), cwd=ROOT, start_new_session=True)
    try:
        deadline = time.monotonic() + 60
        while not servers.port_is_taken(port):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{command(port)} did not start")
            time.sleep(0.2)
        time.sleep(4)  # both workers
        yield port, psutil.Process(process.pid)
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(20)
