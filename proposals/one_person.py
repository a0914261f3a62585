"""What proposals owe to accounts so that a person counts once: what two joined accounts did becomes one account's.

Each endorsement, vote, follow and report of the dropped account goes over to the kept one; where that one did the same,
the second goes and is counted no longer. Row and count change in one transaction, so that doing it again changes nothing,
and whoever endorses or votes at the same moment makes the transaction see it.
"""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

from celery import shared_task
from pymongo.client_session import ClientSession

from mvoting.accounts import joining, persons
from mvoting.core import log
from mvoting.core.clock import now
from mvoting.core.database import in_transaction
from proposals.debates.models import CommentVote, Participant
from proposals.debates.services import opinions, topics
from proposals.ideas.models import Endorsement, Follow
from proposals.ideas.services import endorsing
from proposals.moderation.models import Report

Row = dict[str, Any]
Uncount = Callable[[str, Row, ClientSession], None]

# What a person does once, under the id `subject:person`, and how the second of two is counted no longer.
ONCE: list[tuple[Any, Uncount]] = [
    (Endorsement, lambda idea_id, _, session: endorsing.uncount(idea_id, session=session)),
    (CommentVote, lambda comment_id, vote, session: opinions.uncount_vote(comment_id, vote["value"], session=session)),
    (Participant, lambda debate_id, _, session: topics.uncount_participant(debate_id, session=session)),
    (Follow, lambda *_: None),
    (Report, lambda *_: None),  # counted anew with the next report of the same text
]


@shared_task(name="proposals.keep_one_person")
def keep_one_person() -> None:
    """Carry over what the dropped accounts of mergers did; safe to run twice."""
    at = now()
    for merger in joining.open_mergers("proposals", before=at - persons.SETTLED_AFTER):
        carry_over(merger["dropped"], merger["kept"])
        if _is_settled(merger["at"], at):
            joining.close_merger(merger["_id"], "proposals")


def _is_settled(joined_at: datetime, at: datetime) -> bool:
    """Tell whether no request that the dropped account had begun can still store anything."""
    return joined_at < at - persons.SETTLED_AFTER - endorsing.IN_FLIGHT


def carry_over(dropped: str, kept: str) -> int:
    """Carry over what one person did to another who turned out to be the same. Returns: how many rows."""
    count = 0
    for document, uncount in ONCE:
        rows = document._get_collection()
        for row in rows.find({"person_id": dropped}, {"_id": 1}):
            count += in_transaction(partial(_carry, rows, row["_id"], kept, uncount))
    if count:
        log.event("proposals.carried_over", count=count)
    return count


def _carry(rows: Any, row_id: str, kept: str, uncount: Uncount, session: ClientSession) -> bool:
    row = rows.find_one_and_delete({"_id": row_id}, session=session)
    if row is None:  # another process was quicker
        return False
    subject_id = row_id.rpartition(":")[0]
    mine = {"_id": f"{subject_id}:{kept}", "person_id": kept}
    if rows.find_one({"_id": mine["_id"]}, {"_id": 1}, session=session):
        uncount(subject_id, row, session)
    else:
        rows.insert_one({**row, **mine}, session=session)
    return True
