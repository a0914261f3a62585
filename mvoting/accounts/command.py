"""`python -m mvoting staff create`: make the first two administrators, or other staff, from the server itself.

Roles for alerts, and further administrators, are granted in the panel by two administrators.
"""

import argparse
import getpass
import json
import sys

from mvoting.accounts import staff, staff_management
from mvoting.accounts.models import DOCUMENTS
from mvoting.core import audit, database
from mvoting.core.problems import Problem


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="mvoting staff", description=__doc__)
    actions = parser.add_subparsers(dest="action", required=True)
    create = actions.add_parser("create", help="make a staff member; prints the second factor and the recovery codes once")
    create.add_argument("--email", required=True)
    create.add_argument("--name", required=True)
    create.add_argument("--role", action="append", choices=staff.ROLES, required=True, help="may be repeated")
    create.add_argument("--password-stdin", action="store_true", help="read the password from standard input")
    options = parser.parse_args(argv)
    password = sys.stdin.readline().rstrip("\n") if options.password_stdin else getpass.getpass("password: ")
    database.connect()
    database.prepare([*DOCUMENTS, *audit.DOCUMENTS])
    try:
        staff_management.refuse_alone(options.role)
        enrolment = staff.create(email=options.email, name=options.name, roles=options.role, password=password)
    except Problem as problem:
        print(f"{problem.ko}\n{problem.en}", file=sys.stderr)
        return 1
    print(json.dumps(vars(enrolment), indent=2))
    return 0
