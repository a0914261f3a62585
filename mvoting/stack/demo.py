"""`python -m mvoting demo`: tell the product's story against a running `make run`."""

import argparse
import os
import sys

import httpx
from rich.console import Console
from rich.rule import Rule

from mvoting.stack.clients import Refused
from mvoting.stack.credentials import officers
from mvoting.stack.environment import use_development_environment
from mvoting.stack.story import NotSo, Story


def main(argv: list[str]) -> int:
    """Tell the story; returns 1 when the product does not do what it says, or does not run."""
    argparse.ArgumentParser(prog="mvoting demo", description=__doc__).parse_args(argv)
    ports = use_development_environment()
    console = Console(highlight=False)
    try:
        tell_story(os.environ["MVOTING_PUBLIC_URL"], os.environ["MVOTING_FCM_URL"], console)
    except httpx.ConnectError:
        print(f"mVoting does not answer on port {ports.api}; start it with `make run` in another terminal", file=sys.stderr)
        return 1
    except (NotSo, Refused) as broken:
        console.print(f"[bold red]the story broke:[/] {broken}")
        return 1
    return 0


def tell_story(api: str, sandbox: str, console: Console) -> None:
    """Tell every step to `console`."""
    story = Story(api, sandbox, officers(api), lambda text: console.print(f"  {text}", markup=False))
    for number, (heading, step) in enumerate(story.steps(), 1):
        console.print(Rule(f"{number}. {heading}", align="left"))
        step()
