"""Acts of staff on polls: what they change and its entry in the audit log are written together or not at all."""

from collections.abc import Callable
from typing import Any, TypeVar

from pymongo.client_session import ClientSession

from mvoting.core import audit
from mvoting.core.database import in_transaction

T = TypeVar("T")


def recorded(
    act: str,
    target: str,
    staff_id: str | None,
    write: Callable[[ClientSession | None], T],
    *,
    reason: str = "",
    before: Any = None,
    after: Any = None,
) -> T:
    """Do one write and record it where staff did it. Returns: what `write` gives.

    Args: act: "polls.verb" without the domain; staff_id: None where a citizen or a sweep acts, which no entry tells of;
    write: gets the session, and gives something false when nothing was changed; it may run again. before, after: what the
    entry tells beside the reason, never a choice or a voter.
    """
    if staff_id is None:
        return write(None)

    def both(session: ClientSession) -> T:
        changed = write(session)
        if changed:
            audit.record(f"polls.{act}", target, staff_id=staff_id, reason=reason, before=before, after=after, session=session)
        return changed

    return in_transaction(both)
