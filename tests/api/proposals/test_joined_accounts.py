"""Two accounts that turn out to be one person's count once in ideas and debates, whatever happens at the same moment."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta

import pytest

from mvoting.accounts import joining, persons
from mvoting.core import clock
from mvoting.core.clock import now
from mvoting.core.ids import new_id, random_id
from mvoting.core.problems import Problem
from proposals import one_person
from proposals.debates import services as debates
from proposals.ideas.services import endorsing, writing


@pytest.fixture(autouse=True)
def at_its_time(db):
    db.mergers.delete_many({})
    yield
    clock.shift(timedelta())


def two():
    return new_id(), new_id()


def counts(db, idea_id):
    idea = db.ideas.find_one({"_id": idea_id})
    return idea["endorsement_count"], endorsing.count_documents(idea_id), idea["to_threshold"]


def test_the_second_endorsement_of_a_person_is_counted_no_longer(db, make_idea, endorse_many):
    (kept, dropped), idea_id = two(), make_idea()["_id"]
    endorse_many(idea_id, 3)
    for person in (kept, dropped):
        endorsing.endorse(idea_id, person, now=now())
    missing = counts(db, idea_id)[2]
    for _ in range(2):  # twice is once
        one_person.carry_over(dropped, kept)
    assert counts(db, idea_id) == (4, 4, missing + 1)
    assert db.idea_endorsements.find_one({"_id": f"{idea_id}:{kept}"})
    assert not endorsing.endorse(idea_id, kept, now=now())["is_new"]


def test_an_only_endorsement_becomes_the_kept_accounts_own(db, make_idea):
    (kept, dropped), idea_id = two(), make_idea()["_id"]
    endorsing.endorse(idea_id, dropped, now=now())
    before = counts(db, idea_id)
    one_person.carry_over(dropped, kept)
    assert counts(db, idea_id) == before
    assert not endorsing.endorse(idea_id, kept, now=now())["is_new"], "one person, once"
    assert endorsing.withdraw(idea_id, kept, now=now())["endorsement_count"] == 0


def test_what_a_threshold_brought_about_stays(db, make_idea, endorse_many):
    (kept, dropped), idea_id = two(), make_idea()["_id"]
    endorse_many(idea_id, 48)
    for person in (kept, dropped):
        endorsing.endorse(idea_id, person, now=now())
    assert db.ideas.find_one({"_id": idea_id})["reached"] == ["endorsements:50"]
    one_person.carry_over(dropped, kept)
    idea = db.ideas.find_one({"_id": idea_id})
    assert (idea["endorsement_count"], idea["reached"]) == (49, ["endorsements:50"])
    endorse_many(idea_id, 1)
    idea = db.ideas.find_one({"_id": idea_id})
    assert [line["event"] for line in idea["timeline"]].count("reach") == 1, "nothing is brought about twice"


def test_votes_participants_and_follows_count_once(db, make_debate):
    (kept, dropped), debate_id = two(), make_debate()["_id"]
    opinions = [
        debates.add_comment(debate_id, {"body": "좋습니다", "side": "for"}, now=now(), author_id=random_id()) for _ in "ab"
    ]
    for person, value in ((kept, 1), (dropped, -1)):
        debates.vote_comment(debate_id, opinions[0]["_id"], person, value, now=now())
    debates.vote_comment(debate_id, opinions[1]["_id"], dropped, -1, now=now())
    writing.follow(debate_id, dropped, now=now())
    for _ in range(2):
        one_person.carry_over(dropped, kept)
    first, second = (db.comments.find_one({"_id": opinion["_id"]}) for opinion in opinions)
    assert [(c["up"], c["down"]) for c in (first, second)] == [(1, 0), (0, 1)]
    assert first["best"] > 0
    assert second["controversial"] == first["controversial"]
    assert db.debates.find_one({"_id": debate_id})["participant_count"] == 3
    assert db.debate_participants.count_documents({"_id": {"$gt": f"{debate_id}:", "$lt": f"{debate_id};"}}) == 3
    assert db.follows.count_documents({"_id": f"{debate_id}:{kept}"}) == 1
    for rows in (db.idea_endorsements, db.comment_votes, db.debate_participants, db.follows):
        assert rows.count_documents({"person_id": dropped}) == 0
    debates.vote_comment(debate_id, opinions[1]["_id"], kept, 0, now=now())
    assert db.comments.find_one({"_id": opinions[1]["_id"]})["down"] == 0


def test_the_sweep_looks_again_until_nothing_can_come_any_more(db, make_idea):
    (kept, dropped), idea_id = two(), make_idea()["_id"]
    merger = {"_id": new_id(), "kept": kept, "dropped": dropped, "due": list(joining.PARTS), "at": now()}
    db.mergers.insert_one(merger)
    for person in (kept, dropped):
        endorsing.endorse(idea_id, person, now=now())
    one_person.keep_one_person()
    assert counts(db, idea_id)[:2] == (2, 2), "access tokens of before are still honoured"
    clock.shift(persons.SETTLED_AFTER + timedelta(seconds=1))
    one_person.keep_one_person()
    assert counts(db, idea_id)[:2] == (1, 1)
    endorsing.endorse(idea_id, dropped, now=now())  # a request that had begun before
    clock.shift(persons.SETTLED_AFTER + endorsing.IN_FLIGHT + timedelta(seconds=1))
    one_person.keep_one_person()
    assert counts(db, idea_id)[:2] == (1, 1)
    assert db.mergers.find_one({"_id": merger["_id"]})["due"] == ["voting"]


def test_endorsing_and_taking_back_while_accounts_are_joined_keeps_the_count(db, make_idea):
    """Both accounts, and two sweeps, at the same moment."""
    (kept, dropped), idea_id = two(), make_idea()["_id"]

    def quietly(work, *arguments):
        with suppress(Problem):
            work(*arguments, now=now())

    with ThreadPoolExecutor(8) as pool:
        for turn in range(12):
            acts = [
                pool.submit(quietly, endorsing.endorse, idea_id, dropped),
                pool.submit(quietly, endorsing.endorse if turn % 3 else endorsing.withdraw, idea_id, kept),
                pool.submit(one_person.carry_over, dropped, kept),
                pool.submit(one_person.carry_over, dropped, kept),
            ]
            for act in acts:
                act.result()
            one_person.carry_over(dropped, kept)
            stored = endorsing.count_documents(idea_id)
            assert counts(db, idea_id)[:2] == (stored, stored)
            assert stored <= 1
