"""`python -m mvoting upgrade`: what earlier releases left is brought up to this one, whenever it is ended and however often it runs."""

from datetime import timedelta

import pytest

from mvoting import cli
from mvoting import upgrade as command
from mvoting.core import upgrade
from mvoting.core.clock import now
from mvoting.core.ids import random_id
from mvoting.upgrade import OLD_INDEXES

FILLED = ("title_terms", "title_grams")


@pytest.fixture
def old(db):
    """A collection of five documents as an earlier release stored them."""
    db.upgraded.drop()
    db.upgraded.insert_many([{"_id": f"{n}", "title": f"제목 {n}"} for n in range(5)])
    yield db.upgraded
    db.upgraded.drop()


@pytest.fixture
def old_ideas(app, db):
    """Three ideas, one of them a draft, without what finds similar ones."""
    from proposals.ideas.services import writing

    db.ideas.delete_many({})
    db.idea_term_counts.delete_many({})
    content = {
        "title": "놀이터에 그늘막을 설치해 주세요",
        "body": "여름이면 너무 뜨거워서 놀 수 없습니다.",
        "programme_id": "oasis",
    }
    ideas = [writing.raise_idea(content | {"title": content["title"] + "!" * n}, random_id(), now=now()) for n in range(2)]
    writing.save_draft(content, random_id(), now=now())
    before = list(db.ideas.find())
    db.ideas.update_many({}, {"$unset": dict.fromkeys(FILLED, "")})
    yield before
    db.ideas.delete_many({"_id": {"$in": [idea["_id"] for idea in ideas]}})


@pytest.fixture
def run(app, capsys):
    """Give `run()` → the lines of the command."""

    def main():
        capsys.readouterr()
        assert command.main([]) == 0
        return capsys.readouterr().out.splitlines()

    return main


def in_batches_of(size, monkeypatch):
    monkeypatch.setattr(upgrade, "BATCH", size)


def length(row):
    return {"length": len(row["title"])}


def test_every_document_is_filled_once_and_those_of_another_kind_are_not_touched(old, monkeypatch):
    in_batches_of(2, monkeypatch)
    old.update_one({"_id": "1"}, {"$set": {"length": 99}})
    old.update_one({"_id": "2"}, {"$set": {"state": "draft"}})
    batches = list(upgrade.fill(old, "length", {"state": {"$ne": "draft"}}, ["title"], length))
    assert [len(batch) for batch in batches] == [2, 1]
    assert [row.get("length") for row in old.find().sort("_id", 1)] == [4, 99, None, 4, 4]
    assert list(upgrade.fill(old, "length", {"state": {"$ne": "draft"}}, ["title"], length)) == []


def test_ended_after_any_batch_it_goes_on_with_what_is_left(old, monkeypatch):
    in_batches_of(2, monkeypatch)
    begun = upgrade.fill(old, "length", {}, ["title"], length)
    next(begun)
    begun.close()
    assert old.count_documents({"length": {"$exists": True}}) == 2
    assert sum(len(batch) for batch in upgrade.fill(old, "length", {}, ["title"], length)) == 3
    assert old.count_documents({"length": 4}) == 5


def test_what_changes_meanwhile_is_not_overwritten(old):
    def changed_by_another(row):
        if row["_id"] == "1":  # a process of this release: it writes the field
            old.update_one({"_id": "1"}, {"$set": {"title": "새 제목입니다", "length": 7}})
        if row["_id"] == "2":  # one of the earlier release: it does not
            old.update_one({"_id": "2"}, {"$set": {"title": "더 긴 새 제목"}})
        return length(row)

    list(upgrade.fill(old, "length", {}, ["title"], changed_by_another))
    assert [row.get("length") for row in old.find().sort("_id", 1)] == [4, 7, None, 4, 4]
    list(upgrade.fill(old, "length", {}, ["title"], length))
    assert old.find_one({"_id": "2"})["length"] == 8


def test_ideas_and_cases_of_an_earlier_release_are_found_again(run, db, old_ideas):
    from proposals.ideas.services import reading
    from proposals.moderation import services as moderation
    from proposals.moderation.rules import Reason

    public = [idea["_id"] for idea in old_ideas if idea["state"] != "draft"]
    moderation.report("idea", public[0], random_id(), Reason.OFFENSIVE, "", now=now())
    case_id = f"idea:{public[0]}"
    case = db.moderation_cases.find_one({"_id": case_id})
    db.moderation_cases.update_one({"_id": case_id}, {"$unset": {"marks": "", "terms": ""}})
    counts = list(db.idea_term_counts.find().sort("_id", 1))
    db.idea_term_counts.delete_many({})
    assert not reading.similar_ideas("놀이터 그늘막을 설치합시다")

    lines = run()

    assert {"fill_title_terms: 2", "fill_marks: 1", "fill_terms: 1", "up to date"} <= set(lines)
    assert list(db.ideas.find({"_id": {"$in": public}})) == [idea for idea in old_ideas if idea["_id"] in public]
    assert list(db.idea_term_counts.find().sort("_id", 1)) == counts
    assert {idea["_id"] for idea in reading.similar_ideas("놀이터 그늘막을 설치합시다")} == set(public)
    assert db.moderation_cases.find_one({"_id": case_id}) == case
    assert run() == ["up to date"]
    db.moderation_cases.delete_one({"_id": case_id})


def test_ideas_of_an_earlier_release_stand_where_their_counts_belong(run, db, old_ideas):
    from proposals.ideas.services import reading

    public = [idea["_id"] for idea in old_ideas if idea["state"] != "draft"]
    moved_on = {"state": "reviewing", "endorsement_count": 7, "to_threshold": None}
    db.ideas.update_one({"_id": public[0]}, {"$set": moved_on})
    db.ideas.update_many({}, {"$unset": {"ranked_count": "", "ranked_missing": "", "hot": ""}})

    assert "fill_ranks: 2" in run()

    first, second = (db.ideas.find_one({"_id": idea_id}) for idea_id in public)
    assert (first["ranked_count"], first["ranked_missing"]) == (7, None)
    assert (second["ranked_count"], second["ranked_missing"]) == (0, second["to_threshold"])
    assert first["hot"] > second["hot"]
    listed, _ = reading.list_ideas({"sort": "most_endorsed", "limit": 10}, now=now())
    assert [idea["_id"] for idea in listed] == public
    assert "ranked_count" not in db.ideas.find_one({"state": "draft"})
    assert run() == ["up to date"]


def test_accounts_of_an_earlier_release_are_forgotten_two_years_from_the_upgrade_not_before(run, db):
    db.persons.insert_one({"_id": "of-old", "state": "active", "created_at": now() - timedelta(days=3000)})
    assert "fill_used_on: 1" in run()
    assert db.persons.find_one({"_id": "of-old"})["used_on"] == now().replace(hour=0, minute=0, second=0, microsecond=0)
    db.persons.delete_one({"_id": "of-old"})


def test_old_indexes_go_those_in_use_and_the_operators_own_stay(run, db):
    in_use = {name: db[name].index_information().keys() for name in OLD_INDEXES}
    for collection, names in OLD_INDEXES.items():
        assert not in_use[collection] & set(names), "none of them is declared"
        for name in names:
            db[collection].create_index([("made_for_this_test", 1), (f"{name}.x", 1)], name=name)
    db.ideas.create_index("operators_own")
    lines = run()
    assert "ideas: dropped index to_threshold_1" in lines
    assert {name: db[name].index_information().keys() for name in OLD_INDEXES} == in_use | {
        "ideas": in_use["ideas"] | {"operators_own_1"}
    }
    db.ideas.drop_index("operators_own_1")


REPLACED = {"ideas": ("next_due_at", "due"), "polls": ("review", "reviewed")}


@pytest.mark.parametrize("collection", REPLACED)
def test_indexes_that_held_every_document_are_replaced_beside_a_running_service(app, db, run, collection):
    """An earlier release declared them sparse, with the id: such an index holds every document, since each has one."""
    field, name = REPLACED[collection]
    rows = db[collection]
    rows.drop_index(name)
    rows.create_index([(field, 1), ("_id", 1)], sparse=True)
    assert f"{collection}: dropped index {field}_1__id_1" in run()
    assert rows.index_information()[name]["partialFilterExpression"] == {field: {"$exists": True}}
    wanted = {"next_due_at": {"$lt": now()}} if field == "next_due_at" else {"review": "waiting"}
    plan = rows.find(wanted).sort([(field, 1), ("_id", 1)]).explain()["queryPlanner"]["winningPlan"]
    assert f"'indexName': '{name}'" in str(plan)


def test_the_command_line_knows_it(capsys):
    assert cli.COMMANDS["upgrade"][0] == "mvoting.upgrade:main"
    with pytest.raises(SystemExit) as end:
        cli.main(["upgrade", "--help"])
    assert end.value.code == 0
    assert "existing database" in capsys.readouterr().out
