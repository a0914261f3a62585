"""A job under way, as its kind sees it: arguments in, progress and pieces of a file out."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from bson import Binary
from pymongo.collection import Collection

from admin.jobs.models import Job, JobPiece
from mvoting.core import lease
from mvoting.core.clock import now
from mvoting.core.secrets import seal, unseal

LEASE = timedelta(seconds=60)
PIECE_BYTES = 1024 * 1024
HANDED_IN = 0
"""The attempt under which a file lies that came with the job; workers' attempts count from one."""


class Superseded(Exception):
    """The job was cancelled, or another worker took it over: stop, and write nothing more."""


def jobs() -> Collection[dict[str, Any]]:
    """Give the jobs' collection."""
    collection: Collection[dict[str, Any]] = Job._get_collection()
    return collection


class Work:
    """One attempt at a job; every write is refused once the attempt is no longer the job's own."""

    def __init__(self, job: Mapping[str, Any]) -> None:
        self.id: str = job["_id"]
        self.owner: str = job["owner"]
        self.arguments: dict[str, Any] = job.get("arguments") or {}
        self.created_at = job["created_at"]
        self._purge_at = job["purge_at"]
        self._attempt: int = job["attempt"]
        self._number = 0
        self._mine = {"_id": self.id, "attempt": self._attempt, "state": "running"}

    def progress(self, done: int, total: int | None = None) -> None:
        """Note how much is done, and keep the lease.

        Raises: Superseded.
        """
        changes: dict[str, Any] = {"done_count": done, "lease_until": now() + LEASE}
        if total is not None:
            changes["total_count"] = total
        lease.acquire("jobs", seconds=LEASE.total_seconds())
        if not jobs().update_one(self._mine, {"$set": changes}).matched_count:
            raise Superseded

    def write(self, piece: bytes) -> None:
        """Append to the job's file; nobody reads it before the job is done."""
        for start in range(0, len(piece), PIECE_BYTES):
            keep_piece(self.id, self._attempt, self._number, piece[start : start + PIECE_BYTES], purge_at=self._purge_at)
            self._number += 1

    def handed_in(self) -> bytes:
        """Give the file that the job is about."""
        return b"".join(read_pieces(self.id, HANDED_IN))

    def end(self, state: str, **more: Any) -> None:
        """Record how it ended, unless it was cancelled or given to another worker."""
        ended = {"$set": {"state": state, "finished_at": now(), **more}, "$unset": {"lease_until": ""}}
        if jobs().update_one(self._mine, ended).modified_count:
            forget_handed_in(self.id)


def keep_piece(job_id: str, attempt: int, number: int, piece: bytes, *, purge_at: datetime) -> None:
    """Keep a piece of a file, sealed."""
    key = f"{job_id}:{attempt}:{number}"
    sealed = Binary(seal("job-file", piece, bound_to=key.encode()))
    stored = {"job": job_id, "attempt": attempt, "number": number, "sealed": sealed, "purge_at": purge_at}
    JobPiece._get_collection().insert_one({"_id": key, **stored})


def read_pieces(job_id: str, attempt: int) -> Iterator[bytes]:
    """Give the pieces of a file in their order."""
    for piece in JobPiece._get_collection().find({"job": job_id, "attempt": attempt}).sort("number", 1):
        yield unseal("job-file", bytes(piece["sealed"]), bound_to=piece["_id"].encode())


def forget_handed_in(job_id: str) -> None:
    """Remove the file that a job was about, once it is over."""
    JobPiece._get_collection().delete_many({"job": job_id, "attempt": HANDED_IN})
