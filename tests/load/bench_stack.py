"""How long the whole product takes to start with its data there already, and to end."""

import statistics
import tempfile
import time
from pathlib import Path

import psutil

from mvoting.stack.environment import Ports
from mvoting.stack.servers import free_port
from mvoting.stack.supervision import Stack
from tests.load.runner import Bench

ROUNDS = 3


def run(bench: Bench) -> None:
    """Measure warm starts, ends, and what runs in memory."""
    starts, ends, memory = [], [], []
    with tempfile.TemporaryDirectory() as folder:
        var, ports = Path(folder), Ports(free_port())
        for number in range(ROUNDS + 1):
            began = time.monotonic()
            stack = Stack(var, ports, _clean_environment())
            stack.start()
            started = time.monotonic()
            time.sleep(8)
            memory.append(sum(p.memory_full_info().uss for p in stack.family()) / 2**20)
            ending = time.monotonic()
            stack.stop()
            if number:  # the first makes the data
                starts.append(started - began)
                ends.append(time.monotonic() - ending)
    bench.record_rounds("stack.warm_start", starts, "s")
    bench.record_rounds("stack.end", ends, "s")
    bench.record("stack.memory", statistics.median(memory), "MB", min(memory), max(memory), len(memory))


def _clean_environment() -> dict[str, str]:
    return {name: value for name, value in psutil.Process().environ().items() if not name.startswith("MVOTING_")}
