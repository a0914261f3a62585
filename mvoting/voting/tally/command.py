"""`python -m mvoting tally FILE --method M`: count an election file and print the result as JSON."""

import argparse
import json
import sys
from pathlib import Path

from mvoting.voting.formats.election import FormatError
from mvoting.voting.formats.registry import FORMATS, read_file
from mvoting.voting.methods.registry import METHODS
from mvoting.voting.methods.types import CannotCount
from mvoting.voting.tally.document import result_document
from mvoting.voting.tally.files import count_file, display_names, named

# What people who know participatory budgeting call these two.
ALSO_CALLED = {"greedy": "budget_greedy", "equal_shares": "budget_equal_shares", "mes": "budget_equal_shares"}


def main(argv: list[str] | None = None) -> int:
    """Count a file; exit status 0, or 1 with one message when the file or the method does not do."""
    arguments = _parser().parse_args(argv)
    method = arguments.method.replace("-", "_")
    method = ALSO_CALLED.get(method, method)
    try:
        election = read_file(arguments.file)
        seed = arguments.seed.encode() if arguments.seed else None
        result = count_file(election, method, seats=arguments.seats, seed=seed)
    except (FormatError, CannotCount, OSError) as error:
        print(f"{arguments.file}: {error}", file=sys.stderr)
        return 1
    names = display_names(election)
    plain = {name: name for name in names.values()}
    document = result_document(named(result, names), {"ko": plain, "en": plain})
    json.dump(document, sys.stdout, ensure_ascii=False, indent=2)
    print()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m mvoting tally", description="Count an election file and print the result as JSON."
    )
    known = ", ".join("." + kind for kind in FORMATS)
    parser.add_argument("file", type=Path, metavar="FILE", help=f"one of {known}; also with .gz behind it")
    parser.add_argument(
        "--method",
        required=True,
        choices=[spelling for name in (*METHODS, *ALSO_CALLED) for spelling in {name, name.replace("_", "-")}],
        metavar="METHOD",
        help="one of " + ", ".join(METHODS),
    )
    parser.add_argument("--seats", type=_seats, help="how many win; otherwise the file's own number, or 1")
    parser.add_argument("--seed", help="draws the lot for ties; without it ties fall in ballot order")
    return parser


def _seats(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or not 1 <= int(text) <= 1000:
        raise argparse.ArgumentTypeError("must be a whole number from 1 to 1000")
    return int(text)
