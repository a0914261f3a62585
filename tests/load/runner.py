"""`make bench`: run the groups `bench_<group>.py`, write bench/results.json and print a table.

A group is a module with `run(bench)`, which measures and calls `bench.record(...)` for each figure. Figures of groups that did
not run now are kept from the run before, each with the machine and the time it was measured on.
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
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from tests import load

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / "bench" / "results.json"
PREFIX = "bench_"


class Bench:
    """Collects the figures of one run."""

    def __init__(self, console: Console | None = None) -> None:
        self.figures: dict[str, dict[str, Any]] = {}
        self._console = console or Console(stderr=True)
        self._facts = machine()

    def record(
        self, name: str, value: float, unit: str, low: float | None = None, high: float | None = None, rounds: int = 1
    ) -> None:
        """Note one figure: a median with the lowest and highest round.

        Args: name: `<group>.<what>`; unit: "ratio", "/s", "ms", "µs", "MB", "count", "s".
        """
        if "." not in name:
            raise ValueError(f"{name}: a figure is named <group>.<what>")
        self.figures[name] = {
            "value": _short(value),
            "unit": unit,
            "low": _short(value if low is None else low),
            "high": _short(value if high is None else high),
            "rounds": rounds,
            "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "machine": self._facts,
        }
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
    bench, failed = Bench(console), []
    for group in [only] if only else groups():
        console.rule(group, align="left")
        began = time.monotonic()
        # A process of its own for each group: what one imports, connects or leaks must not slow another.
        done = subprocess.run(
            [sys.executable, "-m", "tests.load.runner_group", group], cwd=ROOT, stdout=subprocess.PIPE, check=False
        )
        if done.returncode == 0:
            bench.figures |= json.loads(done.stdout.splitlines()[-1])
        else:
            failed.append(group)
        console.print(f"  [dim]{time.monotonic() - began:.0f} s")
    figures = write(bench.figures)
    Console().print(table({name: figure for name, figure in figures.items() if not only or name in bench.figures}))
    if failed:
        console.print(f"[bold red]failed: {', '.join(failed)}")
    return 1 if failed else 0


def groups() -> list[str]:
    """List the groups that there are."""
    return sorted(m.name.removeprefix(PREFIX) for m in pkgutil.iter_modules(load.__path__) if m.name.startswith(PREFIX))


def run_group(group: str) -> dict[str, dict[str, Any]]:
    """Run one group in this process and give its figures."""
    bench = Bench()
    import_module(f"tests.load.{PREFIX}{group}").run(bench)
    return bench.figures


def write(figures: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Put `figures` into bench/results.json beside those that were there; gives all."""
    before = json.loads(RESULTS.read_text()) if RESULTS.is_file() else {}
    merged = dict(sorted({**before, **figures}.items()))
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(merged, indent=1, ensure_ascii=False) + "\n")
    return merged


def table(figures: dict[str, dict[str, Any]]) -> Table:
    """Show figures."""
    shown = Table(title="bench/results.json")
    for column, justify in (
        ("figure", "left"),
        ("value", "right"),
        ("unit", "left"),
        ("lowest to highest", "right"),
        ("rounds", "right"),
    ):
        shown.add_column(column, justify=justify)  # type: ignore[arg-type]
    for name, figure in figures.items():
        spread = f"{figure['low']:,} to {figure['high']:,}"
        shown.add_row(name, f"{figure['value']:,}", figure["unit"], spread, str(figure["rounds"]))
    return shown


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
