"""Start, follow, carry out and cancel jobs. MongoDB holds the truth; the Celery message is only a hint.

One job runs at a time in the whole deployment (a lease), so that long work never takes every worker from the sweeps.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from pymongo import ReturnDocument
from pymongo.errors import PyMongoError

from admin.jobs import kinds
from admin.jobs.errors import JobNotFound, JobOver, JobWithoutFile, TooManyJobs
from admin.jobs.work import HANDED_IN, LEASE, PIECE_BYTES, Superseded, Work, forget_handed_in, jobs, keep_piece, read_pieces
from admin.words import say
from mvoting.accounts import staff_management
from mvoting.core import lease, log
from mvoting.core.clock import now
from mvoting.core.hints import hint
from mvoting.core.ids import new_id
from mvoting.core.language import language, speaking
from mvoting.core.pagination import keyset_page
from mvoting.core.problems import Forbidden, Problem

KEPT = timedelta(days=7)
OPEN_MAX = 10
ATTEMPTS_MAX = 3
OPEN_STATES = ["waiting", "running"]


def start(
    kind: str, arguments: Mapping[str, Any], *, owner: str, roles: Sequence[str], total: int | None = None, file: bytes = b""
) -> str:
    """Store a job and wake a worker. Returns: its id.

    Args: file: what it is about; it lies sealed and is removed when the job is over.
    Raises: TooManyJobs (admin.too-many-jobs, 429).
    """
    kinds.KINDS[kind]  # an unknown kind must not be stored
    if jobs().count_documents({"owner": owner, "state": {"$in": OPEN_STATES}}, limit=OPEN_MAX) >= OPEN_MAX:
        raise TooManyJobs(limit=OPEN_MAX)
    return _store(kind, owner, roles, file, arguments=dict(arguments), total_count=total)


def follow(kind: str, followed_id: str, *, owner: str, roles: Sequence[str]) -> str:
    """List work that another package does (`kinds.FOLLOWED`) among the owner's jobs. Returns: the job's id.

    However many there are: the work was begun already, and only its page would be missing.
    """
    kinds.FOLLOWED[kind]
    return _store(kind, owner, roles, follows=followed_id)


def _store(kind: str, owner: str, roles: Sequence[str], file: bytes = b"", **more: Any) -> str:
    job_id, at = new_id(), now()
    stored = {
        "_id": job_id,
        "kind": kind,
        "owner": owner,
        "roles": sorted(roles),
        "language": language(),
        "state": "running" if "follows" in more else "waiting",
        "done_count": 0,
        "attempt": 0,
        "created_at": at,
        "purge_at": at + KEPT,
        **more,
    }
    for number, first in enumerate(range(0, len(file), PIECE_BYTES)):
        keep_piece(job_id, HANDED_IN, number, file[first : first + PIECE_BYTES], purge_at=at + KEPT)
    jobs().insert_one(stored)
    if "follows" not in more:
        hint("jobs.carry_on")
    return job_id


def of_owner(owner: str, *, after: str | None, limit: int) -> tuple[list[dict[str, Any]], str | None]:
    """List a staff member's jobs, the newest first."""
    found, following = keyset_page(jobs(), {"owner": owner}, sort=[("_id", -1)], after=after, limit=limit)
    return [_followed(job) for job in found], following


def get(job_id: str, owner: str) -> dict[str, Any]:
    """Load one of one's own jobs.

    Raises: JobNotFound (admin.job-not-found, 404).
    """
    job = jobs().find_one({"_id": job_id, "owner": owner})
    if job is None:
        raise JobNotFound
    return _followed(job)


def _followed(job: dict[str, Any]) -> dict[str, Any]:
    """Ask how far followed work is, and keep it once it is over."""
    if "follows" not in job or job["state"] != "running":
        return job
    progress = kinds.FOLLOWED[job["kind"]](job["follows"])
    if progress["state"] != "running":
        progress["finished_at"] = now()
        jobs().update_one({"_id": job["_id"], "state": "running"}, {"$set": progress})
    return job | progress


def open_count(*, most: int = 100) -> int:
    """Count the jobs of everybody that wait or run, up to `most`."""
    return jobs().count_documents({"state": {"$in": OPEN_STATES}}, limit=most)


def cancel(job_id: str, owner: str) -> None:
    """Stop a job; what it has done stays done.

    Raises: JobNotFound (404), JobOver (admin.job-over, 409).
    """
    get(job_id, owner)
    waiting = {"_id": job_id, "owner": owner, "state": {"$in": OPEN_STATES}, "follows": {"$exists": False}}
    if not jobs().update_one(waiting, {"$set": {"state": "cancelled", "finished_at": now()}}).modified_count:
        raise JobOver
    forget_handed_in(job_id)


def file_pieces(job: Mapping[str, Any], roles: frozenset[str]) -> Iterator[bytes]:
    """Give the file that a finished job made, piece by piece.

    Raises: JobWithoutFile (404), Forbidden (403) when its owner lost the role that it needs.
    """
    if not roles & set(job["roles"]):
        raise Forbidden(needs=" | ".join(job["roles"]))
    if job["state"] != "done" or not job["outcome"].get("file_name"):
        raise JobWithoutFile
    return read_pieces(job["_id"], job["attempt"])


# --- what the worker does --------------------------------------------------------------------------------------------


def carry_on() -> int:
    """Do waiting jobs, and those whose worker died, one after the other. Returns: how many were done here."""
    done = 0
    while lease.acquire("jobs", seconds=LEASE.total_seconds()) is not None:
        job = _claim()
        if job is None:
            lease.release("jobs")
            break
        _run(job)
        done += 1
    return done


def _claim() -> dict[str, Any] | None:
    at = now()
    claimed = {"$set": {"state": "running", "lease_until": at + LEASE, "done_count": 0}, "$inc": {"attempt": 1}}
    for free in ({"state": "running", "lease_until": {"$lt": at}}, {"state": "waiting"}):
        job = jobs().find_one_and_update(free, claimed, sort=[("_id", 1)], return_document=ReturnDocument.AFTER)
        if job is not None:
            return job
    return None


def _run(job: dict[str, Any]) -> None:
    work = Work(job)
    with speaking(job["language"]):
        if job["attempt"] > ATTEMPTS_MAX:
            work.end("failed", problem=say("세 번 시도했지만 끝내지 못했습니다.", "It was tried three times and never ended."))
            return
        try:
            if not staff_management.roles_of(job["owner"]) & set(job["roles"]):
                raise Forbidden(needs=" | ".join(job["roles"]))
            outcome = kinds.KINDS[job["kind"]](work)
        except Superseded:
            log.event("admin.job_given_up", job_id=work.id, kind=job["kind"])
        except Problem as problem:
            work.end("failed", problem=problem.document()["title"])
        except PyMongoError:
            raise  # the database was away: the lease runs out, and the job is tried again
        except Exception:
            log.event("admin.job_failed", level=logging.ERROR, job_id=work.id, kind=job["kind"], exc_info=True)
            work.end("failed", problem=say("예상하지 못한 오류가 났습니다.", "Something unexpected went wrong."))
        else:
            work.end("done", outcome=outcome)
            log.event("admin.job_done", job_id=work.id, kind=job["kind"])
