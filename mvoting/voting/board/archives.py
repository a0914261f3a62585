"""Archives as files (MongoDB GridFS): made once, then handed out as they are.

Of a sealed poll there are two, one after the other: for the trustees what stands under the final head, then all with the result.
"""

import csv
import hashlib
import io
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any

from gridfs import GridFSBucket, GridOut, NoFile

from mvoting.core import lease, log
from mvoting.core.database import database
from mvoting.voting.board import archive, services
from mvoting.voting.polls import services as polls

BUCKET = "board_archives"
CHUNK_BYTES = 1024 * 1024
PIECE_BYTES = 256 * 1024
LEASE_S = 600.0

Lines = Iterable[Mapping[str, Any]]
PUBLISHED, CLOSED = "", ":closed"


def pieces(poll_id: str, kind: str) -> Iterator[bytes]:
    """Write a poll's archive anew, gzipped, piece by piece; the same each time as long as the board's keys are.

    Args: kind: "jsonl" or "csv".
    Raises: PollNotFound, NoBoardYet (404), NotPublishedYet (voting.not-published-yet, 409).
    """
    return _gzipped(KINDS[kind](services.archive_lines(poll_id)))


def kept(poll_id: str, kind: str, stage: str = PUBLISHED) -> GridOut | None:
    """Give a poll's archive as it was kept, None before that; `.sha256` names its bytes (hex), `.length` counts them.

    Args: stage: PUBLISHED with the result, which never changes, or CLOSED, which is gone once that is there.
    """
    try:
        return _bucket().open_download_stream(_key(poll_id, kind) + stage)
    except NoFile:
        return None


def keep(poll_id: str) -> None:
    """Make and keep a published poll's archives, once; may be broken off and repeated, and run twice at once."""
    if _keep_all(poll_id, PUBLISHED):
        for kind in KINDS:
            with suppress(NoFile):
                _bucket().delete(_key(poll_id, kind) + CLOSED)
        polls.record_archived(poll_id)


def keep_for_trustees(poll_id: str) -> None:
    """Make and keep what the trustees of a sealed poll open, once; like `keep`."""
    if any(kept(poll_id, kind, CLOSED) is None for kind in KINDS) and not services.has_result(poll_id):
        _keep_all(poll_id, CLOSED)


def _keep_all(poll_id: str, stage: str) -> bool:
    """Make each archive that is not kept. Returns: False when somebody else is at it."""
    name = f"archive {poll_id}"
    if lease.acquire(name, seconds=LEASE_S) is None:
        return False
    try:
        for kind in KINDS:
            if kept(poll_id, kind, stage) is None:
                _keep(poll_id, kind, stage)
        return True
    finally:
        lease.release(name)


def _keep(poll_id: str, kind: str, stage: str) -> None:
    key, digest = _key(poll_id, kind) + stage, hashlib.sha256()
    database()[BUCKET].chunks.delete_many({"files_id": key})  # of somebody who did not come to the end
    with _bucket().open_upload_stream_with_id(key, key) as stream:
        for piece in pieces(poll_id, kind):
            digest.update(piece)
            stream.write(piece)
        stream.sha256 = digest.hexdigest()  # stored with the file, which appears only when it is whole
    log.event("voting.archive_kept", poll_id=poll_id, kind=kind, length=stream.length)


def _bucket() -> GridFSBucket:
    return GridFSBucket(database(), bucket_name=BUCKET, chunk_size_bytes=CHUNK_BYTES)


def _key(poll_id: str, kind: str) -> str:
    return f"{poll_id}:{kind}"


def _csv_lines(lines: Lines) -> Iterator[bytes]:
    for row in archive.csv_rows(lines):
        line = io.StringIO()
        csv.writer(line).writerow(row)
        yield line.getvalue().encode()


def _gzipped(parts: Iterable[bytes]) -> Iterator[bytes]:
    packer = zlib.compressobj(6, wbits=31)
    waiting = bytearray()
    for part in parts:
        waiting += part
        if len(waiting) >= PIECE_BYTES:
            yield packer.compress(bytes(waiting))
            waiting.clear()
    yield packer.compress(bytes(waiting)) + packer.flush()


KINDS: dict[str, Callable[[Lines], Iterator[bytes]]] = {"jsonl": archive.json_lines, "csv": _csv_lines}
