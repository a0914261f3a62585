"""What the counting ballots say, with how often each occurs: in heaps on disk once they are many, as rankings soon are. Pure."""

from collections import Counter
from collections.abc import Iterator, Mapping
from tempfile import TemporaryFile
from typing import IO
from zlib import crc32

HEAPS = 64
HELD_MOST = 50_000
NUMBER_BYTES = 8


class Contents:
    """Contents of ballots, canonical JSON. First `add` them all, then go through the `parts`."""

    def __init__(self) -> None:
        self.total = 0  # ballots
        self._held: Counter[bytes] = Counter()
        self._heaps: list[IO[bytes]] = []

    def add(self, more: Mapping[bytes, int]) -> None:
        """Add contents with their multiplicity."""
        self._held.update(more)
        self.total += sum(more.values())
        if len(self._held) > HELD_MOST:
            self._write_out()

    def parts(self) -> Iterator[Counter[bytes]]:
        """Give all contents in parts; each stands in one of them, with all its ballots."""
        if not self._heaps:
            yield self._held
            return
        self._write_out()
        for heap in self._heaps:
            heap.seek(0)
            yield _read(heap)

    def close(self) -> None:
        """Give the disk back."""
        for heap in self._heaps:
            heap.close()

    def _write_out(self) -> None:
        self._heaps = self._heaps or [TemporaryFile() for _ in range(HEAPS)]  # until `close`  # noqa: SIM115
        for content, times in self._held.items():
            numbers = len(content).to_bytes(NUMBER_BYTES, "big") + times.to_bytes(NUMBER_BYTES, "big")
            self._heaps[crc32(content) % HEAPS].write(numbers + content)
        self._held.clear()


def _read(heap: IO[bytes]) -> Counter[bytes]:
    found: Counter[bytes] = Counter()
    while numbers := heap.read(2 * NUMBER_BYTES):
        content = heap.read(int.from_bytes(numbers[:NUMBER_BYTES], "big"))
        found[content] += int.from_bytes(numbers[NUMBER_BYTES:], "big")
    return found
