"""Work shared by several processes, its results in order, few pieces at a time. Pure."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from typing import TypeVar

Piece = TypeVar("Piece")
Done = TypeVar("Done")

AHEAD = 3  # pieces that wait for each process, so that a long archive is never in memory as a whole


def in_order(work: Callable[[Piece], Done], pieces: Iterable[Piece], *, processes: int) -> Iterator[Done]:
    """Do `work` on each piece and give the results in the order of the pieces.

    Args: processes: 1 works in this one; `work` and the pieces must then be no more than picklable for others.
    """
    if processes <= 1:
        yield from map(work, pieces)
        return
    with ProcessPoolExecutor(processes) as pool:
        waiting: deque[Future[Done]] = deque()
        for piece in pieces:
            waiting.append(pool.submit(work, piece))
            if len(waiting) > AHEAD * processes:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
