"""A nursery of sequencers that kill themselves, with SIGKILL, before a given step: one process for each step.

It imports the product once and forks a process for each line "poll step" on standard input, one ahead, so that it is connected
when its line comes; answers "killed" or "ended". A step is a statement about to be executed in one of the modules that touch the
database.
"""

import ast
import os
import signal
import sys
from pathlib import Path

from mvoting import parts
from mvoting.core import database, memory
from mvoting.voting.ballots import services as ballots
from mvoting.voting.board import sequencer, tiles

# The pure functions between the steps of these cannot leave anything behind.
NO_MORE = 3
TRACED = {Path(module.__file__).resolve().as_posix() for module in (sequencer, tiles, ballots)}


def statement_starts(path):
    """Map each line of a file to the line on which its statement begins: a statement of several lines is one step."""
    starts = {}
    for node in ast.walk(ast.parse(Path(path).read_text())):
        if isinstance(node, ast.stmt):
            end = node.body[0].lineno - 1 if getattr(node, "body", None) else node.end_lineno
            starts.update(dict.fromkeys(range(node.lineno, end + 1), node.lineno))
    return starts


STARTS = {path: statement_starts(path) for path in TRACED}


def die_before(target, work):
    """Run `work`; end this process before the `target`-th step it takes in the traced modules."""
    executed = 0

    def trace(frame, event, _):
        # A comprehension is one step, whatever number of elements it goes through.
        if frame.f_code.co_filename not in TRACED or frame.f_code.co_name.startswith("<"):
            return None
        starts, at = STARTS[frame.f_code.co_filename], None

        def local(frame, event, _):
            nonlocal executed, at
            if event == "line" and at != (at := starts.get(frame.f_lineno)):
                executed += 1
                if executed == target:
                    os.kill(os.getpid(), signal.SIGKILL)
            return local

        return local

    sys.settrace(trace)
    work()
    sys.settrace(None)


def main():
    """Serve until standard input ends."""
    with memory.importing():  # and so each process that is forked looks for garbage among its own objects only
        for path in parts.DOCUMENTS:
            parts.load(path)
    print("ready", flush=True)
    while True:
        pid = os.fork()
        if pid == 0:
            serve_once()
        _, status = os.waitpid(pid, 0)
        if os.WIFEXITED(status) and os.WEXITSTATUS(status) == NO_MORE:
            return
        print("killed" if os.WIFSIGNALED(status) else f"ended {os.WEXITSTATUS(status)}", flush=True)


def serve_once():
    """Read one line, whose sender waits for the answer before the next, and do what it says."""
    database.connect()
    line = os.read(sys.stdin.fileno(), 1000).decode()
    if not line:
        os._exit(NO_MORE)
    poll_id, step = line.split()
    die_before(int(step), lambda: sequencer.sequence(poll_id))
    os._exit(0)


if __name__ == "__main__":
    main()
