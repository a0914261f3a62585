"""The whole product, started as `make run` starts it: its own mongod, Redis, API, workers, beat and phone sandbox."""

import os
import subprocess
import sys

import pytest

from mvoting.stack.environment import ROOT, Ports
from mvoting.stack.servers import free_port, port_is_taken
from mvoting.stack.supervision import Stack

# What a shell would hand down; the settings of other fixtures must not leak into the stack.
CLEAN_ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("MVOTING_")}


def free_ports():
    """Give a PORT whose three followers are free as well."""
    while True:
        first = free_port()
        if not any(port_is_taken(first + offset) for offset in range(4)):
            return Ports(first)


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    """A running, seeded stack for one file: its workers and beat would take from the tests that follow."""
    running = Stack(tmp_path_factory.mktemp("stack"), free_ports(), CLEAN_ENVIRONMENT)
    running.start()
    try:
        seed = [sys.executable, "-m", "mvoting", "seed"]
        done = subprocess.run(seed, cwd=ROOT, env=running.env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        yield running
    finally:
        running.stop()
