"""A witness of boards: somebody else's process that remembers the last head of each poll and cosigns only what continues it.

Two groups that are shown two boards cannot both have the cosignature of one witness. Ideas: RFC 9162 (consistency proofs), C2SP
tlog-witness and tlog-cosignature; but no time is signed, as in all statements here. A head is remembered, on disk, before it is
cosigned, and one process at a time works with a folder: so the same witness never signs two branches, whenever it is killed.
"""

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any, Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from mvoting.core import merkle
from mvoting.voting import statements

Head = dict[str, Any]


class Refused(Exception):
    """A board shows what this witness must not cosign; `code` is a key of `words.REFUSED`."""

    def __init__(self, code: str, kept: Head | None = None, shown: Head | None = None) -> None:
        super().__init__(code)
        self.code, self.kept, self.shown = code, kept, shown


class Busy(Exception):
    """Another process works with this folder."""


class Board(Protocol):
    """What a witness asks of a board."""

    def head(self) -> tuple[Head, Mapping[str, str]]:
        """Give the latest signed head and the board's keys, hex by kid."""
        ...

    def consistency(self, size1: int, size2: int) -> list[str]:
        """Give the proof (hex) that the board of `size1` entries is the beginning of that of `size2`."""
        ...


@contextmanager
def opened(folder: Path, name: str) -> Iterator["Witness"]:
    """Open a witness's folder, which is made at need, with a new key.

    Raises: Busy.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Busy(str(folder)) from None
        yield Witness(folder, name)


class Witness:
    """What one witness knows: its key, the boards' keys, the last head of each poll."""

    def __init__(self, folder: Path, name: str) -> None:
        self.folder, self.name = folder, name
        key = folder / "witness.key"
        if not key.exists():
            _write(key, Ed25519PrivateKey.generate().private_bytes_raw().hex())
        self._key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(key.read_text()))

    @property
    def public_key(self) -> str:
        return self._key.public_key().public_bytes_raw().hex()

    def trust(self, keys: Mapping[str, str]) -> None:
        """Trust these keys of the city's boards (hex by kid), and no others, from now on."""
        _write(self.folder / "board-keys.json", json.dumps(dict(keys)))

    def trusted(self) -> dict[str, str]:
        """Give the boards' keys that are trusted: those of the first board that was seen, unless others were named before."""
        path = self.folder / "board-keys.json"
        return dict(json.loads(path.read_text())) if path.exists() else {}

    def see(self, poll_id: str, board: Board) -> Head:
        """Look at a poll's board, remember its head and cosign it.

        Returns: the cosignature's document.
        Raises: Refused, with the two heads written to a file as evidence where there are two.
        """
        shown, keys = board.head()
        if not self.trusted():
            self.trust(keys)
        trusted = {kid: bytes.fromhex(key) for kid, key in self.trusted().items()}
        try:
            head = statements.check(shown, statements.TreeHead, trusted)
        except statements.ForgedSignature:
            raise Refused("unknown-signer", shown=shown) from None
        if head.poll_id != poll_id:
            raise Refused("other-poll", shown=shown)
        kept = self.kept(poll_id)
        if kept:
            self._require_continued(kept, shown, board)
        if shown != kept:
            _write(self._path(poll_id), json.dumps(shown))
        return statements.sign(statements.Cosignature(**vars(head)), self._key, self.name)

    def kept(self, poll_id: str) -> Head | None:
        """Give the last head of a poll that was seen."""
        path = self._path(poll_id)
        return dict(json.loads(path.read_text())) if path.exists() else None

    def _require_continued(self, kept: Head, shown: Head, board: Board) -> None:
        if shown["size"] < kept["size"]:
            raise Refused("went-back", kept, shown)  # perhaps a cache's; nothing older is ever cosigned again
        is_forked = kept["definition_hash"] != shown["definition_hash"] or kept["is_final"] > shown["is_final"]
        try:
            proof = [bytes.fromhex(h) for h in board.consistency(kept["size"], shown["size"])]
            roots = bytes.fromhex(kept["root"]), bytes.fromhex(shown["root"])
            merkle.verify_consistency(kept["size"], shown["size"], *roots, proof)
        except (merkle.ProofError, ValueError):
            is_forked = True
        if is_forked:
            self._keep_evidence(kept, shown)
            raise Refused("fork", kept, shown)

    def _keep_evidence(self, kept: Head, shown: Head) -> None:
        text = json.dumps({"kept": kept, "shown": shown}, indent=1)
        _write(self.folder / f"fork-{sha256(text.encode()).hexdigest()[:16]}.json", text)

    def _path(self, poll_id: str) -> Path:
        return self.folder / f"head-{sha256(poll_id.encode()).hexdigest()[:32]}.json"


def _write(path: Path, text: str) -> None:
    """Put a file in place at once and on the disk, or not at all."""
    fresh = path.with_suffix(".new")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
