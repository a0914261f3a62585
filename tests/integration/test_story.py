"""The product's heartbeat: the story of `python -m mvoting demo` on a real stack."""

import subprocess
import sys

import pytest

from mvoting.stack.environment import ROOT


@pytest.mark.slow
def test_the_story_is_told_to_its_end(stack):
    demo = [sys.executable, "-m", "mvoting", "demo"]
    done = subprocess.run(demo, cwd=ROOT, env=stack.env, capture_output=True, text=True, check=False, timeout=900)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert "the audit trail names" in done.stdout.replace("\n", " ")
