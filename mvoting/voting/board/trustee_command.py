"""`python -m mvoting trustee deal | share | open`: the key ceremony of a sealed poll. Offline: no server is asked or needed."""

import argparse
import json
import os
import sys
import zlib
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

from mvoting.voting.board.command import blocks
from mvoting.voting.board.verify import Report, check_board
from mvoting.voting.board.verify.opening import open_all
from mvoting.voting.board.verify.reading import Archive, read_archive
from mvoting.voting.board.words import WRONG
from mvoting.voting.sealing import hpke, trustees
from mvoting.voting.sealing.opened import contents_digest

RECOUNTS = ("public", "trustees")


class Refusal(Exception):
    """What the person did wrong, in words."""


def main(argv: list[str] | None = None) -> int:
    """Run one step of the ceremony; exit status 0, or 1 with one message."""
    arguments = _parser().parse_args(argv)
    try:
        arguments.step(arguments)
    except (Refusal, trustees.BadShare, ValueError, OSError, EOFError, KeyError, zlib.error) as error:
        print(f"trustee: {error}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m mvoting trustee", description="The key ceremony of a sealed poll, offline.")
    steps = parser.add_subparsers(required=True)
    deal = steps.add_parser("deal", help="make a poll's key pair and its shares; the private key is forgotten at once")
    deal.add_argument("--poll", required=True, help="the poll's id, from its draft")
    deal.add_argument("--trustees", type=int, required=True, metavar="N")
    deal.add_argument("--threshold", type=int, required=True, metavar="T", help="how many shares open the poll")
    deal.add_argument("--padded-bytes", type=int, default=512, help="room for the longest ballot; all get this size")
    deal.add_argument("--recount", choices=RECOUNTS, default="public", help="publish the key afterwards, or only the contents")
    deal.add_argument("--out", type=Path, required=True, metavar="FOLDER")
    deal.set_defaults(step=_deal)
    share = steps.add_parser("share", help="check a share that was printed or typed in again")
    share.add_argument("share", type=Path, metavar="FILE", help="- reads what is typed")
    share.add_argument("--public", type=Path, metavar="FILE", help="sealing.json: also check that it was dealt for this poll")
    share.set_defaults(step=_share)
    opening = steps.add_parser("open", help="open a closed poll's ballots with enough shares, and sign what came out")
    opening.add_argument("archive", type=Path, metavar="ARCHIVE", help="the poll's archive.jsonl.gz, downloaded after closing")
    opening.add_argument("--share", type=Path, action="append", required=True, metavar="FILE", help="repeat for each trustee")
    opening.add_argument("--out", type=Path, required=True, metavar="FILE", help="contents to hand in (a trustees' recount)")
    opening.set_defaults(step=_open)
    return parser


def _deal(arguments: argparse.Namespace) -> None:
    if not 32 <= arguments.padded_bytes <= hpke.MAX_PADDED_BYTES:
        raise Refusal(f"--padded-bytes must lie between 32 and {hpke.MAX_PADDED_BYTES}")
    ceremony, shares = trustees.deal(arguments.poll, arguments.threshold, arguments.trustees)
    arguments.out.mkdir(parents=True, exist_ok=True)
    files = {f"share-{share.index}.txt": trustees.share_text(share) for share in shares}
    sealing = {**ceremony.document(), "padded_bytes": arguments.padded_bytes, "recount": arguments.recount}
    files["sealing.json"] = json.dumps(sealing, indent=2) + "\n"
    present = [name for name in files if (arguments.out / name).exists()]
    if present:
        raise Refusal(f"{arguments.out} already holds {', '.join(present)}; nothing was written")
    for name, text in files.items():
        _write(arguments.out / name, text)
    print(f"{arguments.out}: sealing.json belongs into the poll's draft; each share-N.txt to one trustee, on paper or a stick.")
    print(
        f"Any {arguments.threshold} of {arguments.trustees} open the poll. Delete the share files here once they are handed out."
    )


def _share(arguments: argparse.Namespace) -> None:
    share = _read_share(arguments.share)
    print(f"share {share.index} of poll {share.poll_id}, {share.threshold} are needed: read correctly")
    if arguments.public:
        ceremony = trustees.Ceremony.from_document(json.loads(arguments.public.read_text()))
        trustees.check_share(share, ceremony)
        print(f"it is the share that was committed to as number {share.index} of {len(ceremony.commitments)}")


def _open(arguments: argparse.Namespace) -> None:
    shares = [_read_share(path) for path in arguments.share]
    with closing(Archive()) as archive:
        _read_sound(archive, arguments.archive)
        definition, root = archive.definition, archive.final_head.root if archive.final_head else ""
        ceremony = trustees.Ceremony.from_document({**definition["sealing"], "poll_id": archive.poll_id})
        key = trustees.join(shares, ceremony)
        contents, spoiled = _opened(archive, key.private_bytes_raw())
    digest = contents_digest(archive.definition_hash, root, patterns := _patterns(contents), spoiled)
    signatures = {str(share.index): trustees.sign_contents(share, digest).hex() for share in shares}
    handed_in = {"patterns": patterns, "spoiled": spoiled, "signatures": signatures}
    arguments.out.write_text(json.dumps(handed_in, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print(
        f"opened {sum(contents.values())} ballots, {len(spoiled)} spoiled; signed with {len(signatures)} shares: {arguments.out}"
    )
    print(f"hand it in: POST /v1/polls/{archive.poll_id}/board/contents; all trustees must get digest {digest.hex()}")


def _read_sound(archive: Archive, path: Path) -> None:
    """Read an archive and check it as anybody would: who opens altered ballots would sign a false count."""
    report = Report()
    with path.open("rb") as stream:
        read_archive(archive, blocks(stream), report, set(), processes=os.cpu_count() or 1, progress=lambda *_: None)
    if not archive.is_sealed:
        raise Refusal(f"{path} is not the archive of a sealed poll")
    check_board(archive, report, set())
    if archive.final_head is None:
        raise Refusal(f"{path} has no final head: the poll is not closed yet")
    if report.wrong:
        code, detail = report.wrong[0]
        raise Refusal(f"{path} must not be opened: [{code}] {WRONG[code][1]}" + (f": {detail}" if detail else ""))


def _opened(archive: Archive, private: bytes) -> tuple[Counter[bytes], list[str]]:
    info = hpke.sealing_info(archive.poll_id, bytes.fromhex(archive.definition_hash))
    contents: Counter[bytes] = Counter()
    spoiled: list[str] = []
    for some, some_spoiled in open_all(private, info, archive.definition, archive.counting(), processes=os.cpu_count() or 1):
        contents.update(some)
        spoiled += [leaf.hex() for leaf in some_spoiled]
    return contents, sorted(spoiled)


def _patterns(contents: Counter[bytes]) -> list[list[Any]]:
    return [[content.decode(), times] for content, times in sorted(contents.items())]


def _read_share(path: Path) -> trustees.Share:
    return trustees.parse_share(sys.stdin.read() if str(path) == "-" else path.read_text(encoding="utf-8"))


def _write(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
