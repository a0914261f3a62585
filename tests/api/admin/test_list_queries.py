"""Every list, sort and filter of the panel goes by an index, as the database itself tells: nothing is scanned or sorted in memory."""

import pytest

from mvoting.accounts.guards import ROLES
from mvoting.core import audit
from mvoting.core.ids import new_id
from proposals.moderation.rules import MARKS
from tests.load.bench_admin import HEAVY

# A handful of documents each, whole by purpose: settings, programmes, stopped platforms, one line per sweep.
SMALL = ("idea_programmes", "push_platform_stops", "task_runs", "rights_requests", "staff_invitations", "moderation_settings")
LISTS = [
    *HEAVY,
    *(f"/admin/moderation?mark={mark}" for mark in MARKS[:1]),
    "/admin/moderation?view=decided&kind=idea&mark=reason:spam",
    "/admin/moderation/next",
    "/admin/ideas/list?q=놀이터",
    "/admin/polls?state=published",
    "/admin/polls?q=야간버스",
    "/admin/polls?q=야간버스&state=published",
    "/admin/polls?q=버",
    "/admin/campaigns?state=stopped",
    "/admin/audit?staff_id=x",
    "/admin/audit?action=x",
    "/admin/audit?target=x",
    f"/admin/people/{'0' * 25}1",
    f"/admin/moderation/floods/{'0' * 26}",
]


@pytest.fixture(scope="module")
def profiled(app):
    from mvoting.core.database import database

    db = database()
    db.command("profile", 0)
    db.system.profile.drop()
    db.create_collection("system.profile", capped=True, size=16 * 1024 * 1024)
    db.command("profile", 2)
    yield db
    db.command("profile", 0)
    db.system.profile.drop()


def test_lists_scan_no_collection_and_sort_nothing(profiled, browser):
    profiled.persons.replace_one(
        {"_id": "0" * 25 + "1"}, {"state": "active", "trust": "member", "facts_keys": [new_id()]}, upsert=True
    )
    everybody = browser(*ROLES)
    everybody.get("/admin/reports")  # the first time in a new city its figures are counted
    profiled.command("profile", 0)
    profiled.system.profile.drop()
    profiled.create_collection("system.profile", capped=True, size=16 * 1024 * 1024)
    profiled.command("profile", 2)
    entries = [audit.record("polls.create", "poll:listed", staff_id="system", after={"state": "draft"}) for _ in range(2)]
    for path in (*LISTS, f"/admin/audit/{entries[1]}"):
        assert everybody.get(path).status_code in (200, 303), path
    profiled.moderation_cases.find_one({"snapshot.title": "x"})  # a scan, to see that scans are seen
    seen = list(profiled.system.profile.find({"op": {"$in": ["query", "command"]}, "planSummary": {"$exists": True}}))
    assert len(seen) > 2 * len(LISTS)
    wrong = []
    for operation in seen:
        collection = operation["ns"].partition(".")[2]
        if collection in SMALL or collection.startswith("system."):
            continue
        if "COLLSCAN" in operation["planSummary"] or operation.get("hasSortStage"):
            wrong.append(
                (collection, operation["planSummary"], {k: operation["command"].get(k) for k in ("filter", "sort", "pipeline")})
            )
    profiled.persons.delete_one({"_id": "0" * 25 + "1"})
    assert [collection for collection, _, _ in wrong] == ["moderation_cases"], wrong
