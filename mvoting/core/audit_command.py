"""`python -m mvoting audit verify`: prove that the audit log is whole; `audit head`: print the head to keep for later."""

import argparse
import json
import sys
from pathlib import Path

from mvoting.core import audit, database


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="mvoting audit", description=__doc__)
    actions = parser.add_subparsers(dest="action", required=True)
    verify = actions.add_parser("verify", help="exit status 1 when an entry was changed, removed or added behind the log's back")
    verify.add_argument("--head", type=Path, help="file with an earlier head, as `audit head` prints it")
    actions.add_parser("head", help="print the latest signed head")
    options = parser.parse_args(argv)
    database.connect()
    database.prepare(audit.DOCUMENTS)
    if options.action == "head":
        print(json.dumps(audit.head()))
        return 0
    try:
        earlier = json.loads(options.head.read_text()) if options.head else None
    except (OSError, ValueError) as error:
        print(f"{options.head}: {error}", file=sys.stderr)
        return 2
    size, findings = audit.verify(earlier)
    for finding in findings:
        print(f"{finding.index}: {finding.what}")
    print(f"{size} entries, " + ("whole" if not findings else "NOT whole"))
    return 1 if findings else 0
