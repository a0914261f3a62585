"""Run a command that ends when its parent ends: `python child.py PARENT_PID COMMAND …` (0: the parent is not checked).

Only the standard library, so that it starts in milliseconds and under any interpreter.
Source: prctl(2), PR_SET_PDEATHSIG. Elsewhere than on Linux the command runs without this guard.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def die_with_parent(signal_number: int = signal.SIGTERM) -> None:
    """Ask the kernel to send this process `signal_number` when the thread that started it ends."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal_number)


def main() -> None:
    parent, command = int(sys.argv[1]), sys.argv[2:]
    die_with_parent()
    if parent and os.getppid() != parent:
        sys.exit(0)  # the parent ended before the guard was in place
    # A shell's background job hands down ignored signals; Python ignores SIGPIPE. Servers expect neither.
    for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGPIPE):
        signal.signal(number, signal.SIG_DFL)
    os.execvp(command[0], command)  # to become the command is the purpose


if __name__ == "__main__":
    main()
