"""`python -m mvoting board witness`: watch boards as somebody who does not belong to their operator, and cosign their heads."""

import argparse
import json
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from mvoting.voting.board import words
from mvoting.voting.board.witness import Busy, Head, Refused, Witness, opened

TIMEOUT_S = 30
MOST_BYTES = 4 * 1024 * 1024
MOST_PAGES = 1000


class RemoteBoard:
    """The board of the poll at an address."""

    def __init__(self, address: str) -> None:
        self.address = address.rstrip("/")
        self.poll_id = self.address.rpartition("/")[2]

    def head(self) -> tuple[Head, Mapping[str, str]]:
        told = _get(f"{self.address}/board")
        return dict(told["head"]), dict(told["keys"])

    def consistency(self, size1: int, size2: int) -> list[str]:
        return list(_get(f"{self.address}/board/consistency?size1={size1}&size2={size2}")["proof"])

    def publish(self, cosignature: Head) -> None:
        """Put a cosignature on the board."""
        _get(f"{self.address}/board/cosignatures", json.dumps(cosignature).encode())


def add_parser(steps: Any) -> None:
    """Describe the command."""
    parser = steps.add_parser("witness", help="watch boards, refuse forks, cosign their heads")
    parser.add_argument("address", nargs="*", help="…/v1/polls/POLL, or …/v1/polls for all; none: only show the witness's key")
    parser.add_argument("--dir", type=Path, required=True, metavar="FOLDER", help="the witness's key and what it has seen")
    parser.add_argument("--name", required=True, help="as the city has it in MVOTING_WITNESSES")
    parser.add_argument(
        "--board-key", action="append", default=[], type=pair, metavar="KID=HEX", help="trust no other keys of the city"
    )
    parser.add_argument("--every", type=float, default=0, metavar="SECONDS", help="look again and again; default: once")
    parser.add_argument("--keep", action="store_true", help="print the cosignatures instead of handing them in")
    parser.set_defaults(step=run)


def run(arguments: argparse.Namespace) -> int:
    """Watch; exit status 0 when all is well, 1 when a board was refused, 2 when one could not be read."""
    try:
        with opened(arguments.dir, arguments.name) as witness:
            if arguments.board_key:
                witness.trust(dict(arguments.board_key))
            if not arguments.address:
                print(f"{witness.name}={witness.public_key}")
                return 0
            worst = 0
            while True:
                for address in arguments.address:
                    worst = max(worst, _look(witness, address, keep=arguments.keep))
                if not arguments.every:
                    return worst
                time.sleep(arguments.every)
    except Busy:
        print(f"{arguments.dir}: another process works with this folder", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 0


def _look(witness: Witness, address: str, *, keep: bool) -> int:
    status = 0
    try:
        for board in _boards(address):
            status = max(status, _cosign(witness, board, keep=keep))
    except (OSError, ValueError, KeyError, TypeError, urllib.error.URLError) as error:
        print(f"{address}: {error}", file=sys.stderr)
        return 2
    return status


def _cosign(witness: Witness, board: RemoteBoard, *, keep: bool) -> int:
    try:
        cosignature = witness.see(board.poll_id, board)
    except Refused as refused:
        said = words.REFUSED[refused.code]
        print(f"{board.address}: REFUSED [{refused.code}] {said[1]} · {said[0]}", file=sys.stderr)
        return 1
    except urllib.error.HTTPError as error:
        if error.code == 404:  # a private room's, or hidden, or not begun
            return 0
        raise
    if keep:
        print(json.dumps(cosignature))
    else:
        board.publish(cosignature)
    return 0


def _boards(address: str) -> Iterator[RemoteBoard]:
    if not address.rstrip("/").endswith("/polls"):
        yield RemoteBoard(address)
        return
    for poll in pages(f"{address.rstrip('/')}?limit=100", ""):
        if poll["state"] != "scheduled":
            yield RemoteBoard(f"{address.rstrip('/')}/{poll['id']}")


def pages(address: str, after: Any) -> Iterator[dict[str, Any]]:
    """Give the items of all pages of a list."""
    for _ in range(MOST_PAGES):
        page = _get(address + (f"&after={after}" if after != "" else ""))
        yield from page["items"]
        after = page["next"]
        if after is None:
            return


def _get(address: str, body: bytes | None = None) -> Any:
    if not address.startswith(("http://", "https://")):
        raise ValueError("only http and https")
    headers = {"Content-Type": "application/json", "Cache-Control": "no-cache"}
    asked = urllib.request.Request(address, data=body, headers=headers)
    with urllib.request.urlopen(asked, timeout=TIMEOUT_S) as response:  # http(s) only, above  # nosec B310
        text = response.read(MOST_BYTES)
    return json.loads(text) if text else None


def pair(text: str) -> tuple[str, str]:
    """Read NAME=KEY, an Ed25519 public key in hex."""
    name, _, key = text.partition("=")
    try:
        is_key = len(bytes.fromhex(key)) == 32
    except ValueError:
        is_key = False
    if not is_key or not name:
        raise argparse.ArgumentTypeError(f"{text}: not NAME=HEX of an Ed25519 key")
    return name, key
