"""Repeating a request of which nobody knows whether it was stored makes one thing: mongod itself is made to fail (fail points)."""

from datetime import timedelta

import pytest
from pymongo.errors import AutoReconnect

from mvoting.core import clock
from mvoting.core.clock import now
from mvoting.core.ids import new_id, random_id, repeatable_ids

STORED = {"writeConcernError": {"code": 64, "errmsg": "no majority in time"}}  # carried out; nobody knows whether it stays
LOST = {"errorCode": 50}  # its time was over before it was carried out


@pytest.fixture
def fail(db):
    """Make the database fail: `fail(times, command, collection, how)`."""

    def arrange(times, command, collection, how):
        data = {"failCommands": [command], "namespace": f"{db.name}.{collection}", **how}
        db.client.admin.command({"configureFailPoint": "failCommand", "mode": {"times": times}, "data": data})

    yield arrange
    db.client.admin.command({"configureFailPoint": "failCommand", "mode": "off"})


@pytest.fixture(autouse=True)
def at_its_time():
    yield
    clock.shift(timedelta())


@pytest.fixture
def post(client, person_headers):
    """Open a debate, again and again under one key: `post()`."""
    headers = {**person_headers(), "Idempotency-Key": random_id()}
    body = {
        "title": f"심야버스 {random_id()}",
        "body": "배차 간격이 너무 깁니다.",
        "closes_at": (now() + timedelta(days=7)).isoformat(),
    }

    def send():
        return client.post("/v1/debates", json=body, headers=headers)

    send.title = body["title"]
    return send


def made(db, post):
    return [debate["_id"] for debate in db.debates.find({"title": post.title})]


def test_what_was_stored_without_anybody_being_told_is_not_made_again(db, post, fail):
    fail(1, "insert", "debates", STORED)
    unknown = post()
    assert (unknown.status_code, unknown.json["code"]) == (503, "core.unavailable")
    (debate_id,) = made(db, post)
    for _ in range(2):
        again = post()
        assert (again.status_code, again.json["code"], again.json["id"]) == (409, "core.made-already", debate_id)
    assert made(db, post) == [debate_id]


def test_what_never_arrived_is_made_by_the_repetition(db, post, fail):
    fail(1, "insert", "debates", LOST)
    assert post().status_code == 503
    assert made(db, post) == []
    again = post()
    assert again.status_code == 201, again.json
    assert made(db, post) == [again.json["id"]]
    assert post().json == again.json


def test_a_process_that_dies_after_storing_leaves_one_thing(db, post, monkeypatch):
    from proposals import events

    def die():
        raise SystemExit

    with monkeypatch.context() as dying:
        dying.setattr(events, "announce", die)
        with pytest.raises(SystemExit):
            post()
    (debate_id,) = made(db, post)
    clock.shift(timedelta(seconds=61))
    assert post().json["code"] == "core.made-already"
    assert made(db, post) == [debate_id]


def test_an_answer_that_cannot_be_kept_is_given_all_the_same(db, post, fail):
    fail(1, "update", "idempotent_requests", LOST)
    first = post()
    assert first.status_code == 201, first.json
    assert made(db, post) == [first.json["id"]]
    clock.shift(timedelta(seconds=61))
    assert post().json["code"] == "core.made-already"


def test_a_refusal_leaves_the_key_free_and_a_taken_name_is_no_repetition(client, person_headers, db):
    headers = {**person_headers(), "Idempotency-Key": random_id()}
    early = {
        "title": "심야버스를 늘려야",
        "body": "배차 간격이 너무 깁니다.",
        "closes_at": (now() - timedelta(days=7)).isoformat(),
    }
    for _ in range(2):
        assert client.post("/v1/debates", json=early, headers=headers).json["code"] == "proposals.debate-period"
    late = early | {"closes_at": (now() + timedelta(days=7)).isoformat()}
    assert client.post("/v1/debates", json=late, headers=headers).status_code == 201


def test_ids_of_a_seed_are_the_same_again_and_nobody_elses():
    at = now()
    with repeatable_ids("one", at) as ids:
        first = [new_id(), new_id()]
        assert ids.made == first
    with repeatable_ids("one", at):
        assert [new_id(), new_id()] == first
    with repeatable_ids("two", at):
        assert new_id() not in first
    assert new_id() != new_id()
    assert len({*first, new_id()}) == 3
    assert first[0][:9] == new_id()[:9], "they say the time"


def test_a_failure_within_gives_the_thread_its_own_ids_back():
    with pytest.raises(AutoReconnect), repeatable_ids("one", now()):
        raise AutoReconnect
    assert new_id() != new_id()
