"""One group of `make bench` in a process of its own: each figure is a line of JSON on standard output when it is recorded."""

import json
import os
import sys
from importlib import import_module
from typing import Any

from tests.load.runner import PREFIX, Bench


def run_group(group: str) -> None:
    """Measure `group`; whatever else this process or its children print goes to standard error."""
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as figures:  # children do not inherit it: it ends with this process
        os.dup2(2, 1)

        def tell(name: str, figure: dict[str, Any]) -> None:
            print(json.dumps({name: figure}), file=figures, flush=True)

        import_module(f"tests.load.{PREFIX}{group}").run(Bench(group, tell))


if __name__ == "__main__":
    run_group(sys.argv[1])
