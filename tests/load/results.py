"""bench/results.json: the last value of every figure, with the group that made it, the machine and the time."""

import json
import os
from pathlib import Path
from typing import Any

from rich.table import Table

RESULTS = Path(__file__).resolve().parents[2] / "bench" / "results.json"
Figures = dict[str, dict[str, Any]]


def read() -> Figures:
    """Give every figure that is kept."""
    return json.loads(RESULTS.read_text()) if RESULTS.is_file() else {}


def keep(figures: Figures) -> None:
    """Put `figures` beside those that are kept, in place of the same names."""
    _write({**read(), **figures})


def not_made(group: str, made: set[str]) -> list[str]:
    """Name the kept figures of `group` that are not among those it made now."""
    return [name for name, figure in read().items() if figure["group"] == group and name not in made]


def drop(names: list[str]) -> None:
    """Forget figures."""
    _write({name: figure for name, figure in read().items() if name not in names})


def table(figures: Figures) -> Table:
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


def _write(figures: Figures) -> None:
    """Write all of it or nothing: a run may be ended at any moment."""
    RESULTS.parent.mkdir(exist_ok=True)
    half = RESULTS.with_suffix(".half")
    half.write_text(json.dumps(dict(sorted(figures.items())), indent=1, ensure_ascii=False) + "\n")
    os.replace(half, RESULTS)
