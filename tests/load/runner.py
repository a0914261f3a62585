"""`make bench`: run the groups `bench_<group>.py`, keep their figures in bench/results.json and print a table.

A group is a module with `run(bench)`, which measures and calls `bench.record(...)` for each figure. A figure is kept as soon as
it is recorded, so a run that breaks off loses nothing. Figures of groups that did not run now stay, each with the machine and
the time it was measured on; of a group that ran to its end, figures that it no longer makes are dropped.
"""

import argparse
import json
import os
import pkgutil
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console

from tests import load
from tests.load import results

ROOT = Path(__file__).resolve().parents[2]
PREFIX = "bench_"
COMMAND = [sys.executable, "-m", "tests.load.runner_group"]


class Bench:
    """Makes the figures of one group and hands each on at once, as `tell(name, figure)`."""

    def __init__(self, group: str, tell: Callable[[str, dict[str, Any]], None]) -> None:
        self._group = group
        self._tell = tell
        self._console = Console(stderr=True)
        self._facts = machine()
        # Names stay those of the full size: a figure of a smaller run says so.
        self._sizes = {name: value for name, value in sorted(os.environ.items()) if name.startswith(("BENCH_", "PUSH_BENCH_"))}

    def record(
        self, name: str, value: float, unit: str, low: float | None = None, high: float | None = None, rounds: int = 1
    ) -> None:
        """Note one figure: a median with the lowest and highest round.

        Args: name: `<group>.<what>`; unit: "ratio", "/s", "ms", "µs", "MB", "count", "s".
        """
        if "." not in name:
            raise ValueError(f"{name}: a figure is named <group>.<what>")
        figure = {
            "group": self._group,
            "value": _short(value),
            "unit": unit,
            "low": _short(value if low is None else low),
            "high": _short(value if high is None else high),
            "rounds": rounds,
            "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "machine": self._facts,
            **({"sizes": self._sizes} if self._sizes else {}),
        }
        self._tell(name, figure)
        self._console.print(f"  {name}: {_short(value):,} {unit}", highlight=False)

    def record_rounds(self, name: str, values: list[float], unit: str) -> None:
        """Note the median of several rounds with the lowest and the highest."""
        self.record(name, statistics.median(values), unit, min(values), max(values), len(values))

    def say(self, what: str) -> None:
        """Show progress."""
        self._console.print(f"  [dim]{what}", highlight=False)


def main(argv: list[str] | None = None) -> int:
    """Run all groups or one; returns 1 when a group fails (the others still run)."""
    parser = argparse.ArgumentParser(prog="make bench", description="measure and write bench/results.json")
    parser.add_argument("--only", help="one group", choices=groups())
    only = parser.parse_args(argv).only
    console = Console(stderr=True)
    failed: dict[str, list[str]] = {}
    for group in [only] if only else groups():
        console.rule(group, align="left")
        began = time.monotonic()
        is_whole, made = measure(group)
        not_made = results.not_made(group, made)
        if is_whole:
            results.drop(not_made)
        else:
            failed[group] = not_made
        console.print(f"  [dim]{time.monotonic() - began:.0f} s")
    Console().print(results.table({name: figure for name, figure in results.read().items() if only in (None, figure["group"])}))
    for group, not_made in failed.items():
        console.print(f"[bold red]failed: {group}[/]; not measured anew: {', '.join(not_made) or 'nothing that is known'}")
    return 1 if failed else 0


def groups() -> list[str]:
    """List the groups that there are."""
    return sorted(m.name.removeprefix(PREFIX) for m in pkgutil.iter_modules(load.__path__) if m.name.startswith(PREFIX))


def measure(group: str) -> tuple[bool, set[str]]:
    """Run one group and keep each figure as it comes. Returns: whether it ran to its end, and the names of its figures.

    A process of its own for each group: what one imports, connects or leaks must not slow another.
    """
    made: set[str] = set()
    with subprocess.Popen([*COMMAND, group], cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            figure = json.loads(line)
            results.keep(figure)
            made |= figure.keys()
    return process.returncode == 0, made


def machine() -> dict[str, Any]:
    """Say what it was measured on."""
    return {
        "cpu": _cpu_model(),
        "cores": os.cpu_count(),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30),
        "python": platform.python_version(),
        "load_1m": round(os.getloadavg()[0], 1),
        "commit": subprocess.run(
            ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
        ).stdout.strip(),
    }


def _cpu_model() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.processor())


def _short(value: float) -> float:
    return float(f"{value:.4g}") if abs(value) < 10_000 else round(value)


if __name__ == "__main__":
    sys.exit(main())
