"""A time limit on what a request may ask of the database, all of its commands together.

The driver hands each command what is left of it (`maxTimeMS`, and the wait for an answer), so the server stops working as
well. A write is one atomic command or one transaction: it is stored or not, never in part.
Source: MongoDB's specification of client-side operations timeouts.
"""

from collections.abc import Callable, Iterable
from typing import Any

import pymongo

LIMIT_S = 10.0


def limited(application: Callable[..., Iterable[bytes]]) -> Callable[..., Iterable[bytes]]:
    """Give a WSGI application whose requests have at most `LIMIT_S` seconds of the database (core.took-too-long, 503)."""

    def run(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        with pymongo.timeout(LIMIT_S):
            return application(environ, start_response)

    return run
