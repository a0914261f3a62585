"""Known vulnerabilities among what is installed, asked of the public OSV database by pip-audit; without network it says so."""

import json
import subprocess
import sys
from pathlib import Path

PIP_AUDIT = Path(sys.executable).parent / "pip-audit"
TIMEOUT_S = 10
# Vulnerability id: why it does not touch this product. An exception ends when its package is upgraded.
EXCEPTIONS: dict[str, str] = {}


def ask(*, osv_url: str = "") -> tuple[bool | None, str]:
    """Ask about every installed package. Returns: whether none is vulnerable, None when nobody answered; and what to show."""
    command = [str(PIP_AUDIT), "--local", "--vulnerability-service", "osv", "--format", "json", "--progress-spinner", "off"]
    command += ["--timeout", str(TIMEOUT_S), *(["--osv-url", osv_url] if osv_url else [])]
    for known in EXCEPTIONS:
        command += ["--ignore-vuln", known]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        packages = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        return None, (done.stderr.strip().splitlines() or ["no answer"])[-1]
    found = [
        f"{package['name']} {package['version']}: {vulnerability['id']}, fixed in {', '.join(vulnerability['fix_versions']) or '-'}"
        for package in packages
        for vulnerability in package.get("vulns", [])
    ]
    return not found, "\n".join(found)
