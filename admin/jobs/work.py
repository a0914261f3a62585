"""A job under way, as its kind sees it: arguments in, progress and pieces of a file out."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from bson import Binary
from pymongo.collection import Collection

from admin.jobs.models import Job, JobPiece
from mvoting.core import lease
from mvoting.core.clock import now
from mvoting.core.secrets import seal

LEASE = timedelta(seconds=60)
PIECE_BYTES = 1024 * 1024


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
            key = f"{self.id}:{self._attempt}:{self._number}"
            sealed = Binary(seal("job-file", piece[start : start + PIECE_BYTES], bound_to=key.encode()))
            stored = {"job": self.id, "attempt": self._attempt, "number": self._number, "sealed": sealed}
            JobPiece._get_collection().insert_one({"_id": key, **stored, "purge_at": self._purge_at})
            self._number += 1

    def end(self, state: str, **more: Any) -> None:
        """Record how it ended, unless it was cancelled or given to another worker."""
        jobs().update_one(self._mine, {"$set": {"state": state, "finished_at": now(), **more}, "$unset": {"lease_until": ""}})
