"""`python -m mvoting COMMAND`: an explicit table; each command is imported only when it is called."""

import sys
from importlib import import_module

from mvoting.core.memory import importing
from mvoting.core.settings import SettingsError

COMMANDS = {
    "run": ("mvoting.stack.run:main", "everything on this machine, for development"),
    "serve": ("mvoting.stack.serve:main", "the API alone"),
    "upgrade": ("mvoting.upgrade:main", "bring an existing database up to this release"),
    "seed": ("mvoting.stack.seed:main", "fill the demo city, once"),
    "demo": ("mvoting.stack.demo:main", "tell the story against a running stack"),
    "credentials": ("mvoting.stack.credentials:main", "how the demo city's staff sign in"),
    "environment": ("mvoting.stack.environment:main", "print the settings of `make run` for a shell"),
    "sandbox": ("notifications.sandbox.command:main", "run the phone sandbox, a stand-in for FCM"),
    "watch-alerts": ("notifications.alerts.watch:main", "send due alerts without the broker"),
    "replay": ("mvoting.stack.replay:main", "let an election file be voted anew over HTTP"),
    "tally": ("mvoting.voting.tally.command:main", "count an election file"),
    "audit": ("mvoting.core.audit_command:main", "verify the audit log, print its head"),
    "staff": ("mvoting.accounts.command:main", "make a staff member"),
    "keys": ("mvoting.core.keys_command:main", "make signing keys"),
    "trustee": ("mvoting.voting.board.trustee_command:main", "deal, check and use the key shares of a sealed poll, offline"),
    "board": ("mvoting.voting.board.command:main", "check and recount a published poll"),
}


def main(argv: list[str] | None = None) -> int:
    """Run a command; returns its exit status."""
    arguments = sys.argv[1:] if argv is None else argv
    if not arguments or arguments[0] in ("-h", "--help") or arguments[0] not in COMMANDS:
        print("usage: python -m mvoting COMMAND …\n")
        for name, (_, what) in COMMANDS.items():
            print(f"  {name:12} {what}")
        return 0 if arguments and arguments[0] in ("-h", "--help") else 2
    module, _, name = COMMANDS[arguments[0]][0].partition(":")
    try:
        with importing():
            command = getattr(import_module(module), name)
        return int(command(arguments[1:]))
    except SettingsError as wrong:
        print(wrong, file=sys.stderr)
        return 2
