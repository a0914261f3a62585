"""Ballots that come at one moment go to the database in one command; each gets its own answer, and none another's."""

import threading

import pytest
from pymongo import monitoring

from mvoting.core.ids import random_id
from mvoting.voting.ballots import services
from mvoting.voting.polls import services as polls


@pytest.fixture
def together(app, monkeypatch):
    """Send bodies of different people so that they wait for one another and are written in one command. Returns: answers."""

    def send(poll, sent):
        commands, answers, make = [], [None] * len(sent), services._make_ballots
        begin, started = threading.Event(), []

        def first_waits(updates):
            started.append(len(updates))
            if len(started) == 1:
                begin.wait(10)
            return make(updates)

        monkeypatch.setattr(services._first_ballots, "_write", first_waits)

        def one(at):
            body, headers = sent[at]
            answers[at] = app.test_client().put(f"/v1/polls/{poll[0]}/ballot", json=body, headers=headers)

        threads = [threading.Thread(target=one, args=(at,)) for at in range(len(sent))]
        [thread.start() for thread in threads]
        while len(services._first_ballots._queue) < len(sent) - 1:
            assert any(thread.is_alive() for thread in threads)
        begin.set()
        [thread.join() for thread in threads]
        commands.extend(started)
        return answers, commands

    return send


def test_each_gets_its_own_answer(db, poll, ballot_body, person_headers, together, cast):
    """A stranger, a copy of one ballot, one who has voted, a retry, an impossible revision: written with eight others."""
    voted, retries, body = person_headers(), person_headers(), ballot_body(poll, "o3")
    cast(poll, ballot_body(poll, "o2"), voted)
    first = cast(poll, body, retries).get_json()
    good = [(ballot_body(poll, "o1"), person_headers()) for _ in range(8)]
    copy = (good[0][0] | {"cast_id": "ab" * 16}, person_headers())
    mixed = [*good, copy, (ballot_body(poll, "o1"), voted), (body, retries)]
    answers, commands = together(poll, mixed)
    assert commands == [1, len(mixed) - 1]
    told = [(answer.status_code, answer.get_json().get("code")) for answer in answers]
    assert sorted([told[0], told[8]]) == [(200, None), (409, "voting.duplicate-ballot")]
    assert told[1:8] == [(200, None)] * 7
    assert told[9] == (409, "voting.revision-conflict")
    assert answers[10].get_json() == first
    leaves = [answer.get_json()["receipt"]["leaf"] for answer in answers[1:8]]
    assert len(set(leaves)) == 7
    assert db.ballots.count_documents({"poll": poll[0]}) == 10
    assert db.ballots.count_documents({"poll": poll[0], "content": b'{"q1":["o1"]}'}) == 8
    assert all(len(ballot["leaves"]) == 1 for ballot in db.ballots.find({"poll": poll[0]}))


def test_a_closed_poll_takes_none_of_them(db, make_poll, ballot_body, person_headers, together):
    poll = make_poll(closes_in=-1)
    answers, commands = together(poll, [(ballot_body(poll), person_headers()) for _ in range(5)])
    assert commands == [1, 4]
    assert {answer.get_json()["code"] for answer in answers} == {"voting.poll-closed"}
    assert db.ballots.count_documents({"poll": poll[0]}) == 0


def test_two_phones_of_one_person_make_one_ballot(db, poll, ballot_body, person_headers, together):
    me = person_headers()
    answers, _ = together(poll, [(ballot_body(poll, f"o{1 + n % 3}"), me) for n in range(6)])
    assert sorted(answer.status_code for answer in answers) == [200, *[409] * 5]
    assert db.ballots.count_documents({"poll": poll[0]}) == 1


@pytest.mark.parametrize("what", ["not surely a majority", "no answer"])
def test_a_write_of_which_nothing_is_known_is_asked_for_again_and_counts_once(
    db, poll, ballot_body, person_headers, cast, monkeypatch, what
):
    """The command was carried out, but not confirmed: each cast is written again alone and found to be there."""
    from pymongo.errors import AutoReconnect

    make = services._make_ballots

    def unsure(updates):
        make(updates)
        if what == "no answer":
            raise AutoReconnect("the primary is gone")
        return [False] * len(updates)

    monkeypatch.setattr(services._first_ballots, "_write", unsure)
    body, me = ballot_body(poll), person_headers()
    answer = cast(poll, body, me)
    assert (answer.status_code, answer.get_json()["revision"]) == (200, 1)
    assert cast(poll, body, me).get_json() == answer.get_json()
    assert [len(ballot["leaves"]) for ballot in db.ballots.find({"poll": poll[0]})] == [1]


def test_a_write_concern_that_was_missed_makes_no_receipt(poll, monkeypatch):
    """Even with every ballot made: who is not on the disks of a majority may be rolled back."""
    collection = services._ballots()

    class Slow:
        name, write_concern = collection.name, collection.write_concern

        class database:
            @staticmethod
            def command(sent):
                return {"ok": 1, "upserted": [{"index": 0, "_id": b""}], "writeConcernError": {"code": 64}}

    monkeypatch.setattr(services, "_ballots", lambda: Slow)
    assert services._make_ballots([{}]) == [False]


def test_a_first_ballot_costs_one_command_and_so_does_a_change(poll, ballot_body, person_headers, cast, monkeypatch):
    seen = []

    class Seen(monitoring.CommandListener):
        def started(self, event):
            seen.append(event.command_name)

        def succeeded(self, event):
            pass

        failed = succeeded

    monitoring.register(Seen())
    try:
        monkeypatch.setattr(services, "_connected", None)
        me = person_headers(random_id())
        cast(poll, ballot_body(poll), me)
        cast(poll, ballot_body(poll, revision=1), me)
        polls.forget_facts()
    finally:
        monitoring._LISTENERS.command_listeners.pop()
    assert [name for name in seen if name in ("update", "findAndModify", "find")] == ["update", "findAndModify"]
