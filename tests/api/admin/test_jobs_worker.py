"""A real worker does a job of staff; killed in the middle, another takes the job over and nothing is done twice."""

from datetime import timedelta

import pytest

from admin.jobs import services
from mvoting.core import runs
from mvoting.core.clock import now
from mvoting.core.hints import hint
from mvoting.core.ids import new_id, random_id
from proposals.moderation import services as moderation
from tests import workers

CASES = 90


@pytest.fixture
def cases(db):
    """Reported ideas' cases."""
    for name in ("staff_jobs", "staff_job_pieces", "ideas", "moderation_cases", "moderation_reports", "task_runs"):
        db[name].delete_many({})
    db.leases.delete_one({"_id": "jobs"})
    found = []
    for _ in range(CASES):
        idea = new_id()
        db.ideas.insert_one(
            {"_id": idea, "title": "제목", "body": "본문", "visibility": "public", "author_id": random_id(), "version": 1}
        )
        moderation.report("idea", idea, random_id(), moderation.Reason.SPAM, "", now=now())
        found.append(f"idea:{idea}")
    return found


def test_a_job_outlives_the_worker_that_began_it(browser, db, cases, environment, tmp_path):
    staff_id = new_id()
    mine = browser("moderator", staff_id=staff_id)
    job_id = mine.post("/admin/moderation/bulk", {"case": cases, "action": "hide", "reason": "광고"}).location.rsplit("/", 1)[1]
    log = tmp_path / "worker.log"
    decided = {"state": "decided"}
    first = workers.start(*workers.worker("default"), environment=environment, log=log)
    try:
        workers.wait_until(lambda: db.moderation_cases.count_documents(decided) >= 10, seconds=60)
    finally:
        workers.kill(first)
    done = db.moderation_cases.count_documents(decided)
    assert done < CASES, "the worker was quicker than the test"
    assert services.get(job_id, staff_id)["state"] == "running"
    # A minute later its leases have run out.
    past = {"$set": {"lease_until": now() - timedelta(seconds=1)}}
    db.staff_jobs.update_one({"_id": job_id}, past)
    db.leases.update_one({"_id": "jobs"}, {"$set": {"until": now() - timedelta(seconds=1)}})
    hint("jobs.carry_on")
    with workers.running(workers.worker("default"), environment=environment, log=log):
        workers.wait_until(lambda: services.get(job_id, staff_id)["state"] == "done", seconds=90)
        workers.wait_until(lambda: "jobs.carry_on" in runs.last_runs(), seconds=20)
    assert services.get(job_id, staff_id)["outcome"] == {"decided": CASES, "skipped": []}
    assert db.moderation_cases.count_documents(decided) == CASES
    assert db.moderation_cases.count_documents({"history.1": {"$exists": True}}) == 0, "no case was decided twice"
    assert f"{CASES}건을 처리했습니다" in mine.text(f"/admin/jobs/{job_id}")
