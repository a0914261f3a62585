"""Batch after batch: while one is being sent, the next is made ready; it begins while the last answers of the one before
are still awaited, so that no connection idles while the slowest answers or the database.

Killed, a process leaves three leases at most: a batch whose last answers were awaited and one that was being sent, each
repeated from its last checkpoint, and one of which nothing was sent.
"""

import random
from concurrent.futures import Executor, Future, ThreadPoolExecutor, wait

from mvoting.core.clock import now as clock_now
from notifications.campaigns import holds, ledger, sender, services
from notifications.campaigns.sender import Sending

PLANNER_LOOK_S = 0.005
_chance = random.Random()


def send_some(lane: str, *, limit: int) -> int:
    """Send at most `limit` batches that are due in a lane; give how many there were."""
    sent, before = 0, None
    with (
        ThreadPoolExecutor(1, thread_name_prefix="push-ready") as readying,
        ThreadPoolExecutor(2, thread_name_prefix="push-send") as sending,
        ThreadPoolExecutor(1, thread_name_prefix="push-save") as saver,
    ):
        following: Future[Sending | None] | None = readying.submit(_next, lane)
        try:
            while following is not None and (ready := following.result()) is not None:
                sent += 1
                following = readying.submit(_next, lane) if sent < limit else None
                under_way = sending.submit(_send, ready, saver)
                ready.nearly_done.wait()
                if before is not None:
                    before.result()
                before = under_way
                if ready.blames_message:
                    # The campaign is stopped before another of its batches begins.
                    break
            if before is not None:
                before.result()
        finally:
            _give_back(following)
    return sent


def _send(ready: Sending, saver: Executor) -> None:
    try:
        sender.transmit(ready, saver)
    finally:
        ready.nearly_done.set()
    sender.commit(ready)


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
