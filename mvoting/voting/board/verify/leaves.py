"""Every ballot's leaf with its place, in heaps on disk: what is to be known of all of them needs one heap in memory at a time. Pure."""

from collections.abc import Iterator, Set
from tempfile import TemporaryFile
from typing import IO

LEAF_BYTES, PLACE_BYTES = 32, 8
ROW_BYTES = LEAF_BYTES + PLACE_BYTES
HEAPS = 64
WAITING_BYTES = 4 * 1024 * 1024


class Leaves:
    """The leaves of a board. First `add` them all, then `settle`; after that their number and those asked for are known."""

    def __init__(self) -> None:
        self._waiting = [bytearray() for _ in range(HEAPS)]  # for the disk, which a small board never needs
        self._waiting_bytes = 0
        self._heaps: list[IO[bytes]] = []
        self._places: dict[bytes, int] = {}
        self._count = 0

    def add(self, joined: bytes, place: int) -> None:
        """Add leaves that are joined one after the other; `place`: of the first."""
        waiting = self._waiting
        for at in range(0, len(joined), LEAF_BYTES):
            row = joined[at : at + LEAF_BYTES] + (place + at // LEAF_BYTES).to_bytes(PLACE_BYTES, "big")
            waiting[row[0] * HEAPS >> 8] += row
        self._waiting_bytes += len(joined)
        if self._waiting_bytes > WAITING_BYTES:
            self._write_out()

    def settle(self, asked: Set[bytes]) -> list[bytes]:
        """Look up the places of the leaves that will be asked for. Returns: the leaves that stand more than once."""
        twice: list[bytes] = []
        for packed in self._packed():
            leaves = _leaves(packed)
            distinct = set(leaves)
            self._count += len(distinct)
            if len(distinct) < len(leaves):
                twice += _repeated(leaves)
            if known := asked & distinct:
                # Backwards, so that of a leaf which stands twice the first place is kept.
                rows = range(len(packed) - ROW_BYTES, -1, -ROW_BYTES)
                places = {packed[at : at + LEAF_BYTES]: packed[at + LEAF_BYTES : at + ROW_BYTES] for at in rows}
                self._places.update((leaf, int.from_bytes(places[leaf], "big")) for leaf in known)
        return twice

    def __len__(self) -> int:
        return self._count

    def __contains__(self, leaf: bytes) -> bool:
        return leaf in self._places

    def place(self, leaf: bytes) -> int:
        """Give the place at which a leaf stands first; of those asked for."""
        return self._places[leaf]

    def heaps(self) -> Iterator[list[bytes]]:
        """Give all leaves, heap by heap in the order of their first bits."""
        return map(_leaves, self._packed())

    def close(self) -> None:
        """Give the disk back."""
        for heap in self._heaps:
            heap.close()

    def _write_out(self) -> None:
        self._heaps = self._heaps or [TemporaryFile() for _ in range(HEAPS)]  # until `close`  # noqa: SIM115
        for heap, waiting in zip(self._heaps, self._waiting, strict=True):
            heap.write(waiting)
            waiting.clear()
        self._waiting_bytes = 0

    def _packed(self) -> Iterator[bytes]:
        if not self._heaps:
            yield from map(bytes, self._waiting)
            return
        self._write_out()
        for heap in self._heaps:
            heap.seek(0)
            yield heap.read()


def _leaves(packed: bytes) -> list[bytes]:
    return [packed[at : at + LEAF_BYTES] for at in range(0, len(packed), ROW_BYTES)]


def _repeated(leaves: list[bytes]) -> Iterator[bytes]:
    seen: set[bytes] = set()
    for leaf in leaves:
        if leaf in seen:
            yield leaf
        seen.add(leaf)
