"""Long work: it is stored before anybody waits for it, done by a worker, killed, taken over, cancelled, and never a colleague's."""

import csv
import io
import re
from datetime import timedelta

import pytest
from openpyxl import load_workbook

from admin.jobs import kinds, services
from admin.jobs.errors import TooManyJobs
from admin.jobs.work import Superseded, Work
from admin.tables import TABLES
from mvoting.accounts.guards import ROLES
from mvoting.core import audit, lease
from mvoting.core.clock import now
from mvoting.core.ids import new_id, random_id
from proposals.moderation import services as moderation

EVIL = '=HYPERLINK("http://evil.example","x")'


@pytest.fixture(autouse=True)
def empty(db):
    for name in ("staff_jobs", "staff_job_pieces", "ideas", "moderation_cases", "moderation_reports"):
        db[name].delete_many({})
    db.leases.delete_one({"_id": "jobs"})


def reported(db, count):
    """Store ideas that somebody reported. Returns: their cases' ids."""
    found = []
    for number in range(count):
        idea, at = new_id(), now() - timedelta(minutes=number)
        text = {"title": EVIL, "body": "여름이면 미끄럼틀이 너무 뜨겁습니다", "visibility": "public"}
        db.ideas.insert_one(
            {"_id": idea, **text, "author_id": random_id(), "version": 1, "published_at": at, "state": "collecting"}
        )
        moderation.report("idea", idea, random_id(), moderation.Reason.SPAM, "", now=at)
        found.append(f"idea:{idea}")
    return found


def begun(answer):
    assert answer.status_code == 303, answer.text[-2000:]
    assert "/admin/jobs/" in answer.location
    return answer.location.rsplit("/", 1)[1]


def exported(browser, roles, table, fmt="csv", **query):
    mine = browser(*roles)
    job_id = begun(mine.post("/admin/exports", {"table": table, "format": fmt, **query}))
    assert "기다리는 중" in mine.text(f"/admin/jobs/{job_id}")
    assert services.carry_on() == 1
    page = mine.text(f"/admin/jobs/{job_id}")
    assert f"/admin/jobs/{job_id}/file" in page, page[-1500:]
    answer = mine.get(f"/admin/jobs/{job_id}/file")
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    return answer.data


@pytest.mark.parametrize("table", TABLES)
def test_every_list_is_exported_by_whoever_may_see_it(browser, db, table):
    reported(db, 2)
    rows = list(csv.reader(io.StringIO(exported(browser, TABLES[table].roles[:1], table).decode("utf-8-sig"))))
    assert rows[0] == [ko for ko, _ in TABLES[table].columns]
    assert {len(row) for row in rows} == {len(rows[0])}


@pytest.mark.parametrize("table", TABLES)
def test_nobody_else_may_have_it(browser, db, table):
    for role in set(ROLES) - set(TABLES[table].roles):
        assert browser(role).post("/admin/exports", {"table": table, "format": "csv"}).status_code == 403
    assert db.staff_jobs.count_documents({}) == 0


def test_formulas_are_harmless_in_both_formats_and_every_row_is_there(browser, db):
    reported(db, 130)
    rows = list(csv.reader(io.StringIO(exported(browser, ["moderator"], "cases").decode("utf-8-sig"))))
    assert len(rows) == 131
    assert {row[4] for row in rows[1:]} == {f"'{EVIL}"}
    sheet = load_workbook(io.BytesIO(exported(browser, ["moderator"], "cases", "xlsx"))).active
    assert sheet.max_row == 131
    assert {sheet.cell(row, 5).value for row in range(2, 132)} == {f"'{EVIL}"}


def test_moments_in_files_are_the_citys(browser, db):
    reported(db, 1)
    (_, row) = csv.reader(io.StringIO(exported(browser, ["moderator"], "cases").decode("utf-8-sig")))
    moments = [cell for cell in row if re.match(r"\d{4}-\d\d-\d\dT", cell)]
    assert moments
    assert all(moment.endswith("+09:00") for moment in moments)


def test_filters_hold_in_the_file(browser, db):
    reported(db, 3)
    rows = exported(browser, ["moderator"], "cases", mark="reason:offensive").decode("utf-8-sig").splitlines()
    assert len(rows) == 1
    assert len(exported(browser, ["moderator"], "cases", mark="reason:spam").decode("utf-8-sig").splitlines()) == 4


def test_an_export_stands_in_the_audit_log(browser):
    exported(browser, ["auditor"], "audit", action="staff.invite")
    newest = audit.entries({}, after=None, limit=1)[0][0]
    assert newest["action"] == "export.make"
    assert newest["after"]["query"] == {"action": "staff.invite"}


@pytest.mark.parametrize("form", [{"table": "persons", "format": "csv"}, {"table": "audit", "format": "exe"}, {}])
def test_what_is_no_list_or_no_format_is_refused(browser, db, form):
    assert browser("administrator", "auditor").post("/admin/exports", form).status_code == 404
    assert db.staff_jobs.count_documents({}) == 0


def test_a_job_is_its_owners_alone(browser):
    mine, other = browser("auditor"), browser("auditor")
    job_id = begun(mine.post("/admin/exports", {"table": "audit", "format": "csv"}))
    services.carry_on()
    for path in (f"/admin/jobs/{job_id}", f"/admin/jobs/{job_id}/file"):
        assert mine.get(path).status_code == 200
        assert other.get(path).status_code == 404
    other.post(f"/admin/jobs/{job_id}/cancel")
    assert services.jobs().find_one({"_id": job_id})["state"] == "done"


def test_who_lost_the_role_gets_neither_the_work_nor_the_file(browser, db):
    staff_id = new_id()
    mine = browser("auditor", staff_id=staff_id)
    first = begun(mine.post("/admin/exports", {"table": "audit", "format": "csv"}))
    services.carry_on()
    second = begun(mine.post("/admin/exports", {"table": "audit", "format": "csv"}))
    db.staff.update_one({"_id": staff_id}, {"$set": {"roles": ["moderator"]}})
    services.carry_on()
    assert services.jobs().find_one({"_id": second})["state"] == "failed"
    assert mine.get(f"/admin/jobs/{first}/file").status_code == 403


def test_the_file_lies_sealed(browser, db):
    reported(db, 1)
    exported(browser, ["moderator"], "cases")
    assert b"HYPERLINK" not in bytes(db.staff_job_pieces.find_one()["sealed"])


def test_nobody_fills_the_queue(browser, db):
    mine = browser("auditor")
    for _ in range(services.OPEN_MAX):
        begun(mine.post("/admin/exports", {"table": "audit", "format": "csv"}))
    assert mine.post("/admin/exports", {"table": "audit", "format": "csv"}).location.endswith("/admin/jobs")
    assert TooManyJobs.ko[:6] in mine.text("/admin/jobs")
    assert db.staff_jobs.count_documents({}) == services.OPEN_MAX


def test_a_job_whose_worker_died_is_taken_over_and_the_dead_one_writes_nothing_more(browser, db):
    mine = browser("auditor")
    job_id = begun(mine.post("/admin/exports", {"table": "audit", "format": "csv"}))
    dead = Work(services._claim())
    dead.write(b"half a file")
    assert services.carry_on() == 0, "its lease still runs"
    db.staff_jobs.update_one({"_id": job_id}, {"$set": {"lease_until": now() - timedelta(seconds=1)}})
    assert services.carry_on() == 1
    with pytest.raises(Superseded):
        dead.progress(5)
    dead.end("done", outcome={"file_name": "forged.csv"})
    assert b"half a file" not in mine.get(f"/admin/jobs/{job_id}/file").data
    assert services.jobs().find_one({"_id": job_id})["outcome"]["file_name"].startswith("mvoting-audit")


def test_a_job_that_kills_its_worker_is_given_up_after_three_times(browser, db):
    job_id = begun(browser("auditor").post("/admin/exports", {"table": "audit", "format": "csv"}))
    for _ in range(services.ATTEMPTS_MAX):
        services._claim()
        db.staff_jobs.update_one({"_id": job_id}, {"$set": {"lease_until": now() - timedelta(seconds=1)}})
    services.carry_on()
    assert services.jobs().find_one({"_id": job_id})["state"] == "failed"


def test_only_one_job_runs_at_a_time(browser):
    begun(browser("auditor").post("/admin/exports", {"table": "audit", "format": "csv"}))
    lease.acquire("jobs", seconds=60, holder="another worker")
    assert services.carry_on() == 0
    lease.release("jobs", holder="another worker")
    assert services.carry_on() == 1


def test_a_cancelled_job_stops_between_two_cases(browser, db, monkeypatch):
    cases = reported(db, 25)
    mine = browser("moderator")
    job_id = begun(mine.post("/admin/moderation/bulk", {"case": cases, "action": "hide", "reason": "광고입니다"}))
    decide = moderation.decide_many

    def decide_and_cancel(*args, **kwargs):
        mine.post(f"/admin/jobs/{job_id}/cancel")
        return decide(*args, **kwargs)

    monkeypatch.setattr(moderation, "decide_many", decide_and_cancel)
    services.carry_on()
    assert services.jobs().find_one({"_id": job_id})["state"] == "cancelled"
    assert db.moderation_cases.count_documents({"state": "decided"}) == kinds.CASES_NOTED
    assert "멈춤" in mine.text(f"/admin/jobs/{job_id}")


def test_many_cases_are_decided_in_a_job_and_taken_back_as_one(browser, db):
    cases = reported(db, 23)
    mine = browser("moderator")
    moderation.decide(cases[3], "keep", "괜찮습니다", "a colleague", now=now())
    job_id = begun(mine.post("/admin/moderation/bulk", {"case": cases, "action": "hide", "reason": "광고입니다"}))
    assert db.moderation_cases.count_documents({"state": "decided"}) == 1
    services.carry_on()
    assert db.ideas.count_documents({"visibility": "hidden"}) == 22
    assert services.jobs().find_one({"_id": job_id})["outcome"] == {"decided": 22, "skipped": [cases[3]]}
    assert "모두 되돌리기" in mine.text(f"/admin/jobs/{job_id}")
    assert browser("moderator").post(f"/admin/moderation/jobs/{job_id}/undo").status_code == 404
    begun(mine.post(f"/admin/moderation/jobs/{job_id}/undo"))
    services.carry_on()
    assert db.ideas.count_documents({"visibility": "hidden"}) == 0


def test_a_second_attempt_counts_what_the_first_decided(browser, db):
    cases = reported(db, 12)
    staff_id = new_id()
    job_id = begun(browser("moderator", staff_id=staff_id).post("/admin/moderation/bulk", {"case": cases, "action": "hide"}))
    moderation.decide_many(cases[:5], "hide", "광고입니다", staff_id, now=now())
    services.carry_on()
    assert services.jobs().find_one({"_id": job_id})["outcome"] == {"decided": 12, "skipped": []}


def test_a_few_cases_are_decided_at_once(browser, db):
    cases = reported(db, 3)
    answer = browser("moderator").post("/admin/moderation/bulk", {"case": cases, "action": "hide", "reason": "광고입니다"})
    assert answer.location.endswith("/admin/moderation")
    assert db.ideas.count_documents({"visibility": "hidden"}) == 3


def test_the_log_is_verified_in_a_job_also_against_a_head_on_paper(browser):
    mine = browser("auditor")
    audit.record("test.one", "test:1", staff_id="test")
    head = audit.head()
    for size, root, said in ((head["size"], head["root"], "모두 쓰인 그대로"), (head["size"], "0" * 64, "기록이 바뀌었습니다")):
        job_id = begun(mine.post("/admin/audit/verification", {"size": size, "root": root}))
        services.carry_on()
        assert said in mine.text(f"/admin/jobs/{job_id}")


def test_every_query_on_jobs_is_indexed(db):
    queries = ({"owner": "x"}, {"owner": "x", "state": {"$in": ["waiting", "running"]}}, {"state": "waiting"})
    for query in queries:
        plan = str(db.staff_jobs.find(query).sort("_id", 1).explain()["queryPlanner"]["winningPlan"])
        assert "COLLSCAN" not in plan, query
