"""Acts of staff: what they change and its entry in the audit log are written together or not at all."""

from collections.abc import Callable
from typing import Any

from pymongo.client_session import ClientSession
from pymongo.collection import Collection

from mvoting.core import audit
from mvoting.core.database import in_transaction

Row = dict[str, Any]


def recorded(
    action: str,
    target: str,
    staff_id: str,
    write: Callable[[ClientSession], Row | None],
    *,
    reason: str = "",
    after: Any = None,
    person_id: str | None = None,
) -> Row | None:
    """Do one write of a staff member and record it.

    Args: write: gets the session and gives the changed document, or None when nothing was changed; it may run again.
    after: what the entry tells beside the reason; person_id: the citizen whom these tell about, who can have them erased.
    """

    def both(session: ClientSession) -> Row | None:
        changed = write(session)
        if changed is not None:
            audit.record(action, target, staff_id=staff_id, reason=reason, after=after, person_id=person_id, session=session)
        return changed

    return in_transaction(both)


def recorded_insert(collection: Collection[Row], row: Row, action: str, target: str, staff_id: str, *, after: Any) -> None:
    """Store what a staff member made and record it."""

    def write(session: ClientSession) -> Row:
        collection.insert_one(row, session=session)
        return row

    recorded(action, target, staff_id, write, after=after)
