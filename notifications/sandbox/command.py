"""`python -m mvoting sandbox`: run the phone sandbox."""

import argparse

from mvoting.core import memory
from notifications.sandbox.server import run


def main(arguments: list[str]) -> int:
    """Serve the sandbox until interrupted."""
    parser = argparse.ArgumentParser(prog="python -m mvoting sandbox", description="a stand-in for FCM with simulated phones")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8001)
    chosen = parser.parse_args(arguments)
    memory.settle()
    print(f"phone sandbox: http://{chosen.host}:{chosen.port}/", flush=True)
    run(chosen.host, chosen.port)
    return 0
