"""`python -m mvoting seed`: fill the demo city through the domains' own services; what is there already is left as it is."""

import sys

from mvoting.accounts import staff
from mvoting.accounts.errors import StaffExists
from mvoting.app import create_app
from mvoting.core.settings import settings
from mvoting.stack.credentials import OFFICERS


def main(argv: list[str]) -> int:
    """Seed; refuses in production."""
    if settings().is_production:
        print("the demo city is not seeded in production", file=sys.stderr)
        return 1
    with create_app().app_context():
        seed_staff()
    return 0


def seed_staff() -> None:
    """Make the demo officers."""
    for one in OFFICERS:
        try:
            staff.create(
                email=one.email, name=one.name, roles=list(one.roles), password=one.password, totp_secret=one.totp_secret
            )
        except StaffExists:
            continue
