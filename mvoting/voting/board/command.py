"""`python -m mvoting board verify ARCHIVE-OR-URL`: check and recount a published poll, without the server's help."""

import argparse
import gzip
import json
import os
import sys
import urllib.error
import urllib.request
import zlib
from collections.abc import Iterator
from typing import Any, BinaryIO

from rich.console import Console
from rich.progress import Progress, TextColumn, TimeElapsedColumn

from mvoting.voting.board import witness_command, words
from mvoting.voting.board.verify import Report, verify
from mvoting.voting.board.witness_command import pair

BLOCK_BYTES = 1024 * 1024
LINE_LIMIT_BYTES = 32 * 1024 * 1024
TIMEOUT_S = 60


def main(argv: list[str] | None = None) -> int:
    """Check an archive, or watch boards; exit status 0 when all is well, 1 when something is wrong, 2 when it cannot be read."""
    arguments = _parser().parse_args(argv)
    status: int = arguments.step(arguments)
    return status


def _check(arguments: argparse.Namespace) -> int:
    try:
        receipts = [_json_file(path) for path in arguments.receipt]
        heads = [_json_file(path) for path in arguments.head]
        witnesses = dict(arguments.witness)
        cosigned = _cosignatures(arguments) if witnesses else []
        with _open(arguments.archive) as stream:
            report = _verified(
                stream,
                receipts=receipts,
                kept_heads=heads,
                cosignatures=cosigned,
                witnesses=witnesses,
                processes=arguments.processes,
            )
    except urllib.error.HTTPError as refused:
        print(f"{arguments.archive}: {_told(refused)}", file=sys.stderr)
        return 2
    except (OSError, EOFError, ValueError, zlib.error, urllib.error.URLError) as error:
        print(f"{arguments.archive}: {error}", file=sys.stderr)
        return 2
    if arguments.json:
        print(json.dumps({"checked": report.checked, "wrong": report.wrong}, ensure_ascii=False, indent=2))
    else:
        print("\n".join(_say(report, 0 if arguments.language == "ko" else 1)))
    return 1 if report.wrong else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m mvoting board", description="Check a poll's public board.")
    steps = parser.add_subparsers(required=True)
    witness_command.add_parser(steps)
    check = steps.add_parser("verify", help="check and recount an archive")
    check.set_defaults(step=_check)
    check.add_argument("archive", metavar="ARCHIVE-OR-URL", help="….jsonl.gz, its address, or the address of the poll")
    check.add_argument("--receipt", action="append", default=[], metavar="FILE", help="a receipt your phone kept; repeatable")
    check.add_argument("--head", action="append", default=[], metavar="FILE", help="a signed head somebody kept; repeatable")
    check.add_argument(
        "--witness",
        action="append",
        default=[],
        type=pair,
        metavar="NAME=KEY",
        help="somebody who must have cosigned the final head; the key from themselves, not from the board; repeatable",
    )
    check.add_argument("--cosignatures", metavar="FILE-OR-URL", help="default: from beside the archive's address")
    check.add_argument(
        "--processes", type=int, default=os.cpu_count() or 1, help="how many work at it, default: as many as there are cores"
    )
    korean = os.environ.get("LANG", "").startswith("ko")
    check.add_argument("--language", choices=["ko", "en"], default="ko" if korean else "en")
    check.add_argument("--json", action="store_true", help="print the report as JSON")
    return parser


def _open(place: str) -> BinaryIO:
    if place.startswith(("http://", "https://")):
        address = place if place.endswith(".gz") else place.rstrip("/") + "/archive.jsonl.gz"
        asked = urllib.request.Request(address, headers={"Accept-Language": os.environ.get("LANG", "en")[:2]})
        response: BinaryIO = urllib.request.urlopen(asked, timeout=TIMEOUT_S)  # http(s) only, above  # nosec B310
        return response
    return open(place, "rb")


def _cosignatures(arguments: argparse.Namespace) -> list[dict[str, Any]]:
    """Read cosignatures from a file, or page by page from the board beside the archive."""
    place = arguments.cosignatures or arguments.archive
    if not place.startswith(("http://", "https://")):
        if not arguments.cosignatures:
            raise ValueError("--witness needs --cosignatures, or the archive's address")
        found: list[dict[str, Any]] = _json_file(place)["items"]
        return found
    board = place.partition("/archive.")[0].partition("/board")[0].rstrip("/") + "/board/cosignatures?limit=100"
    return [one for one in witness_command.pages(board, -1) if isinstance(one, dict)]


def _told(refused: urllib.error.HTTPError) -> str:
    """Give a server's own words for a refusal, such as that the poll has not ended yet."""
    try:
        return str(json.loads(refused.read(BLOCK_BYTES))["title"])
    except (ValueError, KeyError, TypeError, OSError):
        return str(refused)


def _verified(stream: BinaryIO, **kept: Any) -> Report:
    """Check, and show meanwhile how far it is where somebody looks on."""
    console = Console(stderr=True)
    columns = TextColumn("{task.description} {task.completed:,.0f}"), TimeElapsedColumn()
    with Progress(*columns, console=console, disable=not console.is_terminal) as shown:
        tasks = {phase: shown.add_task(words.PHASES[phase], visible=False, total=None) for phase in words.PHASES}

        def progress(phase: str, more: int) -> None:
            shown.update(tasks[phase], advance=more, visible=True)

        return verify(blocks(stream), progress=progress, **kept)


def blocks(stream: BinaryIO) -> Iterator[bytes]:
    """Give pieces of whole lines."""
    rest = b""
    with gzip.open(stream) as text:
        while block := text.read(BLOCK_BYTES):
            whole, end, begun = (rest + block).rpartition(b"\n")
            rest = begun
            if len(rest) > LINE_LIMIT_BYTES:
                raise ValueError("a line is too long")
            if end:
                yield whole
    if rest:
        yield rest


def _json_file(path: str) -> dict[str, Any]:
    with open(path, encoding="utf-8") as text:
        document = json.load(text)
    if not isinstance(document, dict):
        raise ValueError(f"{path} holds no JSON object")
    return document


def _say(report: Report, language: int) -> Iterator[str]:
    yield ("확인한 것", "What was checked")[language]
    for code, figure in report.checked.items():
        yield "  · " + words.CHECKED[code][language].format(n=f"{figure:,}")
    yield ("이 확인으로 알 수 없는 것", "What this cannot know")[language]
    for sentence in words.CANNOT_KNOW:
        yield "  · " + sentence[language]
    if not report.wrong:
        yield ("모두 맞습니다.", "Everything fits.")[language]
        return
    yield (f"틀린 것 {len(report.wrong)}가지", f"WRONG: {len(report.wrong)}")[language]
    for code, detail in report.wrong:
        yield f"  ✗ [{code}] {words.WRONG[code][language]}" + (f": {detail}" if detail else "")
