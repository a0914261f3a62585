"""The audit log: what is written holds with its action or not at all, and nothing can be changed unnoticed."""

import threading

import pytest
from pymongo.errors import PyMongoError

from mvoting.core import audit
from mvoting.core.database import in_transaction


@pytest.fixture(autouse=True)
def _clean(db):
    for name in ("audit_entries", "audit_tree", "personal_keys"):
        db[name].delete_many({})


def write(count):
    for number in range(count):
        audit.record("moderation.hide", f"reply:{number}", staff_id="s1", reason="spam", before="shown", after="hidden")


def test_entries_are_read_back_newest_first_and_by_field(app):
    write(3)
    audit.record("staff.suspend", "staff:x", staff_id="s2")
    page, following = audit.entries({}, after=None, limit=2)
    assert [entry["id"] for entry in page] == [3, 2]
    assert following
    found, _ = audit.entries({"target": "reply:1"}, after=None, limit=10)
    assert [(e["action"], e["reason"], e["before"], e["after"]) for e in found] == [
        ("moderation.hide", "spam", "shown", "hidden")
    ]
    assert audit.entries({"staff_id": "s2"}, after=None, limit=10)[0][0]["action"] == "staff.suspend"


def test_a_whole_log_is_whole_also_against_earlier_heads_and_beyond_a_tile(app):
    write(3)
    early = audit.head()
    write(260)
    assert audit.verify(early) == (263, [])
    assert audit.verify(audit.head()) == (263, [])


def test_an_action_that_fails_leaves_no_entry(db):
    def work(session):
        audit.record("test.act", "thing:1", staff_id="s1", session=session)
        db.audit_test.update_one({"_id": 1}, {"$set": {"done": True}}, upsert=True, session=session)
        raise RuntimeError

    db.audit_test.insert_one({"_id": 0})
    with pytest.raises(RuntimeError):
        in_transaction(work)
    assert audit.verify() == (0, [])
    assert db.audit_test.find_one({"_id": 1}) is None
    db.audit_test.drop()


def test_racing_staff_all_get_their_entry(app):
    threads = [threading.Thread(target=write, args=(5,)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert audit.verify() == (30, [])


TAMPERINGS = {
    "changed": lambda db: db.audit_entries.update_one({"_id": 4}, [{"$set": {"body": {"$concat": ["$body", " "]}}}]),
    "missing": lambda db: db.audit_entries.delete_one({"_id": 4}),
    "cut off": lambda db: db.audit_entries.delete_many({"_id": {"$gte": 7}}),
    "search field": lambda db: db.audit_entries.update_one({"_id": 4}, {"$set": {"staff_id": "somebody"}}),
    "signature": lambda db: db.audit_entries.update_one({"_id": 9}, {"$set": {"head.signature": "00" * 64}}),
    "tree": lambda db: db.audit_tree.update_one({"_id": "0:0"}, {"$set": {"hashes": bytes(320)}}),
}


@pytest.mark.parametrize("how", TAMPERINGS)
def test_tampering_is_found(db, how):
    write(10)
    assert audit.verify() == (10, [])
    TAMPERINGS[how](db)
    assert audit.verify()[1]


def test_a_log_rewritten_and_signed_anew_is_found_against_an_earlier_head(db):
    write(6)
    kept = audit.head()
    for name in ("audit_entries", "audit_tree"):
        db[name].delete_many({})
    for number in range(8):
        audit.record("moderation.keep", f"reply:{number}", staff_id="s1")
    assert audit.verify() == (8, [])
    assert [f.what for f in audit.verify(kept)[1]] == ["the log was rewritten since the earlier head"]
    longer = audit.head()
    for name in ("audit_entries", "audit_tree"):
        db[name].delete_many({})
    write(3)
    assert "cut off" in audit.verify(longer)[1][0].what
    assert audit.verify({**kept, "size": 2})[1][0].what == "the earlier head was not signed by us"


def test_personal_values_die_with_the_persons_key(db):
    audit.record("person.confirm", "person:p1", staff_id="s1", reason="Planted Name", after={"district": "11440"}, person_id="p1")
    assert "Planted" not in str(list(db.audit_entries.find()))
    assert audit.entries({}, after=None, limit=1)[0][0]["after"] == {"district": "11440"}
    audit.destroy_personal_key("p1")
    (entry,) = audit.entries({}, after=None, limit=1)[0]
    assert (entry["is_erased"], entry["after"], entry["reason"]) == (True, None, "")
    assert audit.verify() == (1, [])


def test_only_auditors_read_it_and_anybody_may_keep_the_head(client, staff_headers):
    write(2)
    assert client.get("/v1/audit/entries", headers=staff_headers("auditor")).json["items"][0]["target"] == "reply:1"
    assert client.get("/v1/audit/entries", headers=staff_headers("moderator")).status_code == 403
    assert client.get("/v1/audit/entries").status_code == 401
    assert client.get("/v1/audit/head").json["size"] == 2


def test_searching_scans_no_collection(db):
    write(1)
    for name in ("staff_id", "action", "target"):
        plan = db.audit_entries.find({name: "x"}).sort("_id", -1).explain()["queryPlanner"]["winningPlan"]
        assert "COLLSCAN" not in str(plan)
        assert "'stage': 'SORT'" not in str(plan)


def test_the_command_says_whole_or_not(db, environment, capsys, tmp_path):
    from mvoting.core import audit_command

    write(3)
    assert audit_command.main(["head"]) == 0
    (tmp_path / "head.json").write_text(capsys.readouterr().out)
    assert audit_command.main(["verify", "--head", str(tmp_path / "head.json")]) == 0
    db.audit_entries.update_one({"_id": 1}, {"$set": {"body": "{}"}})
    assert audit_command.main(["verify", "--head", str(tmp_path / "head.json")]) == 1
    assert "rewritten" in capsys.readouterr().out


def test_a_database_that_fails_in_between_keeps_both_or_neither(db):
    write(1)
    with pytest.raises(PyMongoError):
        in_transaction(
            lambda s: (audit.record("a.b", "c:1", staff_id="s", session=s), db.audit_tree.insert_one({"_id": "head"}, session=s))
        )
    assert audit.verify() == (1, [])
