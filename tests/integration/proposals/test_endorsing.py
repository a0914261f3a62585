"""Counts and consequences under simultaneous people and dying processes, on a real mongod."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from mvoting.core.clock import now
from mvoting.core.ids import random_id


@pytest.fixture
def services(app):
    from proposals.ideas import errors
    from proposals.ideas.services import endorsing, joining, progress, sweeping, writing

    return SimpleNamespace(
        endorsing=endorsing, joining=joining, progress=progress, sweeping=sweeping, writing=writing, errors=errors
    )


def raise_idea(services, programme_id="democracy-seoul", author=None):
    content = {
        "title": "골목 가로등을 더 밝게",
        "body": "퇴근길이 너무 어둡습니다. 더 밝혀 주세요.",
        "programme_id": programme_id,
    }
    return services.writing.raise_idea(content, author or random_id(), now=now())["_id"]


def at_once(work, arguments):
    with ThreadPoolExecutor(32) as pool:
        return list(pool.map(work, arguments))


def endorse_or_refusal(services, idea_id):
    def work(person):
        try:
            return services.endorsing.endorse(idea_id, person, now=now())["is_new"]
        except services.errors.NotCollecting:
            return "refused"

    return work


@pytest.mark.parametrize("around", [0, 45, 60])
def test_a_hundred_at_once_around_a_threshold_bring_its_consequence_once(services, db, around):
    idea_id = raise_idea(services)
    at_once(endorse_or_refusal(services, idea_id), [random_id() for _ in range(around)])
    results = at_once(endorse_or_refusal(services, idea_id), [random_id() for _ in range(100)])
    idea = db.ideas.find_one({"_id": idea_id})
    assert idea["state"] == "debating"
    assert idea["reached"] == ["endorsements:50", "endorsements:100"]
    assert [p["kind"] for p in idea["promises"]] == ["department_reply"]
    assert [line["event"] for line in idea["timeline"]] == ["submit", "reach", "reach"]
    assert db.debates.count_documents({"idea_id": idea_id}) == 1
    assert idea["endorsement_count"] == services.endorsing.count_documents(idea_id) == around + results.count(True)
    assert idea["endorsement_count"] >= 100


def test_one_person_a_hundred_times_at_once_counts_once(services, db):
    idea_id, person = raise_idea(services), random_id()
    results = at_once(endorse_or_refusal(services, idea_id), [person] * 100)
    assert results.count(True) == 1
    assert db.ideas.find_one({"_id": idea_id})["endorsement_count"] == services.endorsing.count_documents(idea_id) == 1


def test_endorsing_and_withdrawing_at_once_at_the_threshold_never_disagree(services, db):
    idea_id = raise_idea(services, "oasis")
    people = [random_id() for _ in range(4)]
    at_once(endorse_or_refusal(services, idea_id), people)

    def either(number):
        if number % 2:
            return endorse_or_refusal(services, idea_id)(random_id())
        try:
            return services.endorsing.withdraw(idea_id, people[number // 2 % 4], now=now())["is_new"]
        except services.errors.EndorsementSettled:
            return "settled"

    at_once(either, range(40))
    idea = db.ideas.find_one({"_id": idea_id})
    assert idea["endorsement_count"] == services.endorsing.count_documents(idea_id)
    assert idea["to_threshold"] == 5 - idea["endorsement_count"]
    assert idea["state"] == ("reviewing" if idea["endorsement_count"] >= 5 else "collecting")


def test_a_process_that_dies_between_its_two_writes_is_mended(services, db):
    idea_id = raise_idea(services, "oasis")
    at_once(endorse_or_refusal(services, idea_id), [random_id() for _ in range(4)])
    # As if killed after the endorsement and before the count.
    person = random_id()
    db.idea_endorsements.insert_one({"_id": f"{idea_id}:{person}", "person_id": person, "at": now()})
    assert services.endorsing.reconcile(since=now() - timedelta(minutes=5), now=now()) == 0, "it may still be under way"
    assert services.endorsing.reconcile(since=now() - timedelta(minutes=5), now=now() + timedelta(minutes=1)) == 1
    idea = db.ideas.find_one({"_id": idea_id})
    assert (idea["endorsement_count"], idea["state"]) == (5, "reviewing")


def test_a_process_that_dies_between_count_and_consequence_is_finished_by_the_sweep(services, db):
    idea_id = raise_idea(services, "oasis")
    at_once(endorse_or_refusal(services, idea_id), [random_id() for _ in range(4)])
    person = random_id()
    db.idea_endorsements.insert_one({"_id": f"{idea_id}:{person}", "person_id": person, "at": now()})
    db.ideas.update_one({"_id": idea_id}, {"$inc": {"endorsement_count": 1, "to_threshold": -1}})
    services.endorsing.refresh_ranks(since=now() - timedelta(minutes=1))
    at_once(lambda _: services.sweeping.sweep(now=now()), range(4))
    idea = db.ideas.find_one({"_id": idea_id})
    assert (idea["state"], idea["reached"], len(idea["promises"])) == ("reviewing", ["endorsements:5"], 1)


def test_one_broken_idea_does_not_keep_the_others_waiting(services, db):
    broken = raise_idea(services)
    db.ideas.update_one({"_id": broken}, {"$set": {"state": "debating"}, "$unset": {"debate_id": "", "debate_closes_at": ""}})
    db.ideas.update_one({"_id": raise_idea(services)}, {"$set": {"programme_id": "gone", "closes_at": now()}})
    due = {"promises": [{"id": "p", "kind": "department_reply"}], "next_due_at": now()}
    db.ideas.update_one({"_id": raise_idea(services)}, {"$set": due})
    whole = raise_idea(services)
    at_once(endorse_or_refusal(services, whole), [random_id() for _ in range(100)])
    debate_closes_at = db.ideas.find_one({"_id": whole})["debate_closes_at"]
    services.sweeping.sweep(now=debate_closes_at)
    assert db.ideas.find_one({"_id": whole})["state"] != "debating"
    db.ideas.delete_one({"_id": broken})


def test_a_debate_whose_opener_died_is_opened_once(services, db):
    idea_id = raise_idea(services)
    at_once(endorse_or_refusal(services, idea_id), [random_id() for _ in range(100)])
    db.debates.delete_one({"idea_id": idea_id})
    db.ideas.update_one({"_id": idea_id}, {"$set": {"settle": ["debate"]}})
    at_once(lambda _: services.sweeping.sweep(now=now()), range(4))
    idea = db.ideas.find_one({"_id": idea_id})
    assert [debate["_id"] for debate in db.debates.find({"idea_id": idea_id})] == [idea["debate_id"]]
    assert idea["settle"] == []


def test_counts_equal_documents_after_any_interleaving(services, db):
    from proposals import personal_data

    class Endorsing(RuleBasedStateMachine):
        """Seven people, three ideas of one programme; every step may be refused, none may make the counts wrong."""

        def __init__(self):
            super().__init__()
            self.authors = [random_id() for _ in range(3)]
            self.ideas = [raise_idea(services, "oasis", author) for author in self.authors]
            self.people = [random_id() for _ in range(7)]

        def attempt(self, work, *arguments):
            from mvoting.core.problems import Problem

            try:
                work(*arguments, now=now())
            except Problem:
                return

        @rule(idea=st.integers(0, 2), person=st.integers(0, 6))
        def endorse(self, idea, person):
            self.attempt(services.endorsing.endorse, self.ideas[idea], self.people[person])

        @rule(idea=st.integers(0, 2), person=st.integers(0, 6))
        def withdraw(self, idea, person):
            self.attempt(services.endorsing.withdraw, self.ideas[idea], self.people[person])

        @rule(source=st.integers(0, 2), into=st.integers(0, 2))
        def merge(self, source, into):
            asked_by = {"kind": "person", "id": self.authors[source]}
            try:
                asked = services.joining.ask_merge(self.ideas[source], self.ideas[into], asked_by, now=now())
            except services.errors.MergeNotPossible:
                return
            services.joining.answer_merge(self.ideas[into], asked["_id"], self.authors[into], accepted=True, now=now())

        @rule(idea=st.integers(0, 2), person=st.integers(0, 6))
        def consent(self, idea, person):
            self.attempt(services.joining.consent_to_merge, self.ideas[idea], self.people[person])

        @rule(person=st.integers(0, 6))
        def erase(self, person):
            personal_data.erase_personal_data(self.people[person])

        @rule(idea=st.integers(0, 2))
        def retire(self, idea):
            self.attempt(services.joining.retire, self.ideas[idea], self.authors[idea], "그만둡니다")

        @invariant()
        def counts_are_right(self):
            for idea in db.ideas.find({"_id": {"$in": self.ideas}}):
                assert idea["endorsement_count"] == services.endorsing.count_documents(idea["_id"])
                if idea["state"] == "collecting":
                    assert idea["to_threshold"] == 5 - idea["endorsement_count"] > 0

        @invariant()
        def nobody_counts_twice_in_what_was_merged(self):
            for idea in db.ideas.find({"_id": {"$in": self.ideas}, "state": "merged"}):
                assert idea["_id"] in db.ideas.find_one({"_id": idea["merged_into"]})["merged_from"]

    run_state_machine_as_test(
        Endorsing,
        settings=settings(max_examples=25, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)),
    )
