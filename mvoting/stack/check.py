"""`make check`: format, lint, types on core and rules, import contracts, security lint; all run, all failures are shown."""

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from rich.console import Console

from mvoting.stack.environment import ROOT

BIN = Path(sys.executable).parent
CODE = ["mvoting", "proposals", "notifications", "admin", "app"]


def checks() -> dict[str, list[str]]:
    """Give each check's command by its name."""
    packages = [name for name in CODE if (ROOT / name).is_dir()]
    typed = [
        "mvoting/core",
        *(str(path.relative_to(ROOT)) for name in packages for path in sorted((ROOT / name).rglob("rules.py"))),
    ]
    return {
        "format": [str(BIN / "ruff"), "format", "--check", "--quiet", "."],
        "lint": [str(BIN / "ruff"), "check", "--quiet", "."],
        "types": [str(BIN / "mypy"), *typed],
        "imports": [str(BIN / "lint-imports"), "--no-cache"],
        "security": [str(BIN / "bandit"), "-q", "--severity-level", "medium", "-c", "pyproject.toml", "-r", *packages, "wsgi.py"],
    }


def main() -> int:
    """Run every check; returns 1 when one fails."""
    console = Console()
    began = time.monotonic()
    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(_run, checks().items()))
    for name, seconds, status, output in results:
        console.print(
            f"[{'green' if status == 0 else 'bold red'}]{'ok    ' if status == 0 else 'FAILED'}[/] {name} ({seconds:.0f} s)"
        )
        if status:
            console.print(output, markup=False, highlight=False)
    console.print(f"[dim]{time.monotonic() - began:.0f} s")
    return 1 if any(status for _, _, status, _ in results) else 0


def _run(check: tuple[str, list[str]]) -> tuple[str, float, int, str]:
    name, command = check
    began = time.monotonic()
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    return name, time.monotonic() - began, done.returncode, done.stdout


if __name__ == "__main__":
    sys.exit(main())
