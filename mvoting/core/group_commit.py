"""Group commit: requests of a process that want to write at the same moment write together; each gets its own outcome.

The first to come leads and writes for all that wait; whoever comes meanwhile belongs to the next round. There is no timer:
a lone request waits for nobody, and the busier a process is, the fewer its writes.
"""

import threading
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

Item = TypeVar("Item")
Outcome = TypeVar("Outcome")


class _Waiting(Generic[Item, Outcome]):
    def __init__(self, item: Item) -> None:
        self.item = item
        self.woken = threading.Event()
        self.is_over = False
        self.outcome: Outcome | None = None
        self.error: BaseException | None = None


class GroupCommit(Generic[Item, Outcome]):
    """Gathers what is submitted from several threads into calls of `write`.

    Args: write: gets the items of a round and gives their outcomes in the same order; what it raises reaches all of them.
    most: how many items a round has at most.
    """

    def __init__(self, write: Callable[[list[Item]], Sequence[Outcome]], *, most: int = 100) -> None:
        self._write = write
        self._most = most
        self._lock = threading.Lock()
        self._queue: list[_Waiting[Item, Outcome]] = []
        self._is_led = False

    def submit(self, item: Item) -> Outcome:
        """Have an item written and give its outcome."""
        mine: _Waiting[Item, Outcome] = _Waiting(item)
        with self._lock:
            self._queue.append(mine)
            leads, self._is_led = not self._is_led, True
        if not leads:
            mine.woken.wait()
        if not mine.is_over:  # woken to lead the next round
            self._lead()
        if mine.error is not None:
            raise mine.error
        return mine.outcome  # type: ignore[return-value]  # set wherever there is no error

    def _lead(self) -> None:
        with self._lock:  # the leader is the first in the queue
            group, self._queue = self._queue[: self._most], self._queue[self._most :]
        try:
            outcomes = self._write([one.item for one in group])
            for one, outcome in zip(group, outcomes, strict=True):
                one.outcome = outcome
        except BaseException as error:  # whatever it is, nobody may be left waiting
            for one in group:
                one.error = error
        with self._lock:
            following = self._queue[:1]
            self._is_led = bool(following)
        for one in group:
            one.is_over = True
        for one in [*group, *following]:
            one.woken.set()
