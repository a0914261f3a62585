"""The guard of CAP sources: a key of their own, which can hand in messages and nothing else."""

from typing import Any

from flask import g, request

from mvoting.core.http import Guard
from notifications.feeds import errors, services


def _check_source() -> None:
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not key.strip():
        raise errors.SourceUnknown
    g.cap_source = services.source_of_key(key.strip())
    g.principal_id, g.signed_in = g.cap_source["_id"], True


cap_source = Guard("cap_source", _check_source, ("machine",))


def current_source() -> dict[str, Any]:
    """Give the source that hands in; only behind `cap_source`."""
    source: dict[str, Any] = g.cap_source
    return source
