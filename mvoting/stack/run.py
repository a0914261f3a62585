"""`python -m mvoting run`: the whole product on this machine, for development and for trying it out.

Stays in the foreground; SIGINT or SIGTERM ends everything it started. Data, logs and secrets are kept under `var/`.
"""

import argparse
import fcntl
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from textwrap import indent
from typing import Any

from pymongo import MongoClient

from mvoting.core.settings import SettingsError, load_settings
from mvoting.stack import credentials, seed_mark
from mvoting.stack.environment import ROOT, read_ports, var_folder
from mvoting.stack.servers import ServerError
from mvoting.stack.supervision import Stack

SEED_TIMEOUT_S = 300


class Interrupted(Exception):
    """Somebody asked to end."""


def main(argv: list[str]) -> int:
    """Run until interrupted; returns 0 then, 1 when it cannot start or the supervisor dies."""
    argparse.ArgumentParser(prog="mvoting run", description="everything on this machine; PORT=8000 moves it").parse_args(argv)
    var = var_folder(os.environ)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    began = time.monotonic()
    try:
        with (var / "run.lock").open("w") as lock:
            _lock(lock, var)
            return _run(Stack(var, read_ports(os.environ), os.environ, say), began)
    except (ServerError, SettingsError) as error:
        print(f"mVoting: {error}", file=sys.stderr, flush=True)
        return 1
    except Interrupted:
        say("ended")
        return 0


def say(what: str) -> None:
    """Show progress at once, also into a pipe."""
    print(f"mVoting: {what}", flush=True)


def _run(stack: Stack, began: float) -> int:
    load_settings(stack.env)
    try:
        stack.start()
        if not _is_seeded(stack):
            say("seeding the demo city")
            _seed(stack)
        say(f"ready in {time.monotonic() - began:.1f} s\n")
        os.environ.update(stack.env)  # the demo credentials follow from the root secret
        print(welcome(stack), flush=True)
        family = stack.family()
        while stack.is_running():
            family = stack.family() or family
            time.sleep(0.5)
    except Interrupted:
        say("ending; what runs is finished first")
        _ignore_signals()
        stack.stop()
        raise
    except BaseException:
        _ignore_signals()
        stack.stop()
        raise
    stack.clear(family, patience_s=10)
    print("mVoting: the supervisor died; everything it started has been ended", file=sys.stderr, flush=True)
    return 1


def _is_seeded(stack: Stack) -> bool:
    wanted = load_settings(stack.env)
    with MongoClient[dict[str, Any]](wanted.mongodb_uri) as client:
        return client[wanted.mongodb_name][seed_mark.COLLECTION].find_one(seed_mark.MARK) is not None


def _seed(stack: Stack) -> None:
    command = [sys.executable, "-m", "mvoting", "seed"]
    try:
        subprocess.run(command, cwd=ROOT, env=stack.env, capture_output=True, text=True, timeout=SEED_TIMEOUT_S, check=True)
    except subprocess.SubprocessError as error:
        # Everything runs; only the demo city is not whole.
        say(f"the demo city is not whole: {error}\n{(getattr(error, 'stderr', '') or '')[-2000:]}")
        say("to begin it anew: end this, make clean, make run")


def welcome(stack: Stack) -> str:
    """Tell where everything is and how to get in."""
    return f"""\
  Citizens' app  {stack.address}/
  API            {stack.address}/v1
  API pages      {stack.address}/docs
  Admin panel    {stack.address}/admin
  Phone sandbox  {stack.sandbox_address}/
  Logs, data     {stack.var}

{indent(credentials.shown(), "  ")}

  Codes again:                   make credentials PORT={stack.ports.api}
  The story, told step by step:  make demo PORT={stack.ports.api}
  Ctrl-C ends everything."""


def _lock(lock: object, var: Path) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)  # type: ignore[arg-type]
    except BlockingIOError:
        raise ServerError(f"another `make run` already uses {var}; end it first") from None


def _interrupt(_number: int, _frame: object) -> None:
    if threading.current_thread() is threading.main_thread():
        raise Interrupted


def _ignore_signals() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
