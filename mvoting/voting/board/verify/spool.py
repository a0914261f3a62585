"""Ciphertexts that wait on disk until the key is read, which stands behind them: a million are more than memory should hold. Pure."""

from collections.abc import Iterator
from tempfile import TemporaryFile

from mvoting.voting.board.verify.leaves import LEAF_BYTES

LENGTH_BYTES = 4


class Spool:
    """Sealed ballots in the order of the archive, each with its leaf."""

    def __init__(self) -> None:
        self._file = TemporaryFile()  # until `close`  # noqa: SIM115

    def add(self, leaf: bytes, ciphertext: bytes) -> None:
        """Append one ballot."""
        self._file.write(leaf + len(ciphertext).to_bytes(LENGTH_BYTES, "big") + ciphertext)

    def __iter__(self) -> Iterator[tuple[bytes, bytes]]:
        self._file.seek(0)
        while head := self._file.read(LEAF_BYTES + LENGTH_BYTES):
            yield head[:LEAF_BYTES], self._file.read(int.from_bytes(head[LEAF_BYTES:], "big"))

    def close(self) -> None:
        """Give the disk back."""
        self._file.close()
