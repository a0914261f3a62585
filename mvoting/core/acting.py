"""Rights, asked again in the transaction of the act itself.

A guard reads them when a request begins; an act may wait after that, for a body, a lock, a conflict. What is recorded in the
audit log asks once more, in the same transaction (`audit.record`). Whoever takes rights away writes an entry there, too, and
all entries line up at one document: of the two transactions the one that comes second sees the first.
"""

from collections.abc import Callable

from flask import g, has_request_context
from pymongo.client_session import ClientSession

Recheck = Callable[[ClientSession], None]


def note_rights(recheck: Recheck) -> None:
    """Note how the rights of who asks are looked up once more; it raises a Problem when they are gone."""
    g.recheck_rights = recheck


def require_rights(session: ClientSession) -> None:
    """Refuse to go on when the rights with which the request began are gone; outside a request nobody's are asked."""
    recheck: Recheck | None = g.get("recheck_rights") if has_request_context() else None
    if recheck is not None:
        recheck(session)
