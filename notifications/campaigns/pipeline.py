"""Batch after batch: while one is being sent, the next is made ready and the one before is written down.

So connections never idle while the database answers. Killed, a process leaves two leases: the batch that was being sent,
repeated from its last checkpoint, and one of which nothing was sent.
"""

import random
from concurrent.futures import Future, ThreadPoolExecutor, wait

from mvoting.core.clock import now as clock_now
from notifications.campaigns import holds, ledger, sender, services
from notifications.campaigns.sender import Sending

PLANNER_LOOK_S = 0.005
_chance = random.Random()


def send_some(lane: str, *, limit: int) -> int:
    """Send at most `limit` batches that are due in a lane; give how many there were."""
    ready = _next(lane)
    sent, written = 0, None
    with ThreadPoolExecutor(1, thread_name_prefix="push-ledger") as beside, ThreadPoolExecutor(1) as saver:
        while ready is not None:
            sent += 1
            following = beside.submit(_next, lane) if sent < limit else None
            try:
                sender.transmit(ready, saver)
            except BaseException:
                _give_back(following)
                raise
            if written is not None:
                written.result()
            written = beside.submit(sender.commit, ready)
            if ready.blames_message:
                # The campaign is stopped before another of its batches begins.
                _give_back(following)
                break
            ready = following.result() if following else None
        if written is not None:
            written.result()
    return sent


def _give_back(following: Future[Sending | None] | None) -> None:
    taken = following.result() if following else None
    if taken is not None:
        sender.give_back(taken)


def _next(lane: str) -> Sending | None:
    """Take one batch that is due, no bulk while an extreme alert is going out."""
    if lane != "alerts" and holds.is_bulk_paused(now=clock_now()):
        return None
    due = ledger.due(lane, now=clock_now(), limit=2 * services.PARALLEL_BATCHES)
    # Several senders look at the same list; each begins somewhere else.
    _chance.shuffle(due)
    return next((taken for batch_id in due if (taken := sender.take(batch_id)) is not None), None)


def send_due(lane: str, *, limit: int = 20) -> int:
    """Plan and send what is due in a lane, without the broker; give how many batches were sent.

    It sends while it still plans, so that the first phones of a million ring at once. The alert watch calls this every
    second, so that alerts go out while Redis is gone or flushed.
    """
    sent = 0
    with ThreadPoolExecutor(1, thread_name_prefix="planner") as pool:
        planned = pool.submit(services.plan_due, lane, now=clock_now())
        while sent < limit or not planned.done():
            was_planned = planned.done()
            if some := send_some(lane, limit=limit):
                sent += some
            elif was_planned:
                break
            else:
                wait([planned], timeout=PLANNER_LOOK_S)
        planned.result()
    return sent
