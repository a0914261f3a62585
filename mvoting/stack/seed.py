"""`python -m mvoting seed`: fill the demo city through the domains' own services; a filled one is left as it is."""

import sys

from mvoting.app import create_app
from mvoting.core.settings import settings


def main(argv: list[str]) -> int:
    """Seed; refuses in production."""
    if settings().is_production:
        print("the demo city is not seeded in production", file=sys.stderr)
        return 1
    create_app()
    return 0
