"""`make check`: format, lint, types, import contracts, security lint, known vulnerabilities; all run, all failures are shown."""

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from rich.console import Console

from mvoting.stack import vulnerabilities
from mvoting.stack.environment import ROOT

BIN = Path(sys.executable).parent
SHOWN = {True: "[green]ok    [/]", False: "[bold red]FAILED[/]", None: "[yellow]no network: not asked[/]"}
Result = tuple[str, float, bool | None, str]  # name, seconds, whether all is well (None: not asked), what to show
CODE = ["mvoting", "proposals", "notifications", "admin", "app"]


def checks() -> dict[str, list[str]]:
    """Give each check's command by its name."""
    packages = [name for name in CODE if (ROOT / name).is_dir()]
    return {
        "format": [str(BIN / "ruff"), "format", "--check", "--quiet", "."],
        "lint": [str(BIN / "ruff"), "check", "--quiet", "."],
        "types": [str(BIN / "mypy"), *packages, "wsgi.py"],
        "imports": [str(BIN / "lint-imports"), "--no-cache"],
        "security": [str(BIN / "bandit"), "-q", "-c", "pyproject.toml", "-r", *packages, "wsgi.py"],
    }


def main() -> int:
    """Run every check; returns 1 when one fails."""
    console = Console()
    began = time.monotonic()
    with ThreadPoolExecutor(2) as pool:
        results = [*pool.map(_run, checks().items()), pool.submit(_ask_about_vulnerabilities).result()]
    for name, seconds, is_well, output in results:
        console.print(f"{SHOWN[is_well]} {name} ({seconds:.0f} s)")
        if not is_well:
            console.print(output, markup=False, highlight=False)
    console.print(f"[dim]{time.monotonic() - began:.0f} s")
    return 1 if any(is_well is False for _, _, is_well, _ in results) else 0


def _run(check: tuple[str, list[str]]) -> Result:
    name, command = check
    began = time.monotonic()
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    return name, time.monotonic() - began, done.returncode == 0, done.stdout


def _ask_about_vulnerabilities() -> Result:
    began = time.monotonic()
    is_well, output = vulnerabilities.ask()
    return "known vulnerabilities", time.monotonic() - began, is_well, output


if __name__ == "__main__":
    sys.exit(main())
