"""Too many requests are refused, by network, person and device; without Redis each process still counts."""

import dataclasses
import time

import pytest
from flask import Flask

from mvoting.accounts import limits, tokens
from mvoting.core.clock import now
from mvoting.core.ids import new_id
from mvoting.core.settings import settings


@pytest.fixture
def counting(app, monkeypatch):
    """Make a small application with narrow limits: `counting(redis_url)` → test client."""
    for name, limit in {"NETWORK": "6/minute", "PERSON": "4/minute", "DEVICE": "3/minute"}.items():
        monkeypatch.setattr(limits, name, limit)
    if time.time() % 60 > 54:  # a window ends with its minute
        time.sleep(60.2 - time.time() % 60)

    def make(**changes):
        other = dataclasses.replace(settings(), mongodb_name=new_id(), **changes)
        monkeypatch.setattr(limits, "settings", lambda: other)
        small = Flask("small")
        limits.configure(small)
        for path in ("/make", "/v1/sessions/refresh", "/v1/polls/<id:poll_id>/ballot"):
            small.url_map.converters.setdefault("id", app.url_map.converters["id"])
            small.add_url_rule(path, path, lambda **_: "made", methods=["GET", "POST", "PUT"])
        return small.test_client()

    return make


def send(client, path="/make", method="POST", address="203.0.113.7", **options):
    return client.open(path, method=method, environ_base={"REMOTE_ADDR": address}, **options)


def bearer():
    return {"Authorization": f"Bearer {tokens.issue(new_id(), new_id(), 'member', None, at=now())}"}


def test_a_network_that_floods_is_refused_and_others_are_not(counting):
    client = counting()
    assert [send(client).status_code for _ in range(7)] == [200] * 6 + [429]
    refused = send(client)
    assert refused.json["code"] == "core.too-many-requests"
    assert 0 < int(refused.headers["Retry-After"]) <= 60
    assert send(client, address="203.0.113.8").status_code == 200
    assert send(client, method="GET").status_code == 200


def test_a_person_is_counted_wherever_the_requests_come_from(counting):
    client, me = counting(), bearer()
    answers = [send(client, address=f"203.0.113.{n}", headers=me).status_code for n in range(5)]
    assert answers == [200] * 4 + [429]
    assert send(client, address="203.0.113.9", headers=bearer()).status_code == 200
    ballot = f"/v1/polls/{new_id()}/ballot"
    assert [send(client, ballot, "PUT", headers=me).status_code for _ in range(8)] == [200] * 8


def test_a_refresh_token_is_not_tried_endlessly(counting):
    client = counting()
    body = {"refresh_token": f"{new_id()}.1.guess", "device_id": "x" * 32}
    answers = [send(client, "/v1/sessions/refresh", address=f"203.0.113.{n}", json=body).status_code for n in range(4)]
    assert answers == [200] * 3 + [429]
    assert send(client, "/v1/sessions/refresh", address="203.0.113.9", json={"refresh_token": {"$gt": ""}}).status_code == 200


def test_without_redis_each_process_counts_by_itself(counting):
    client = counting(redis_url="redis://127.0.0.1:9/0")
    assert [send(client).status_code for _ in range(7)] == [200] * 6 + [429]


def test_the_product_itself_is_limited(app, client):
    assert any(extension == "limiter" for extension in app.extensions)
    assert client.post("/v1/sign-in/counter", json={}).status_code == 422


class TestReading:
    """What is dear to answer may be asked for so often from one network; everything else is free to read."""

    @pytest.fixture
    def reading(self, counting, app):
        client = counting()
        guarded = {"/proof": 3, "/archive": 2, "/free": None}
        for path, allowed in guarded.items():

            def view():
                return "read"

            view.reads_per_minute = allowed
            client.application.add_url_rule(path, path, view)
        return client

    def test_each_dear_route_is_counted_by_itself_and_by_network(self, reading):
        assert [send(reading, "/proof", "GET").status_code for _ in range(5)] == [200] * 3 + [429] * 2
        refused = send(reading, "/proof", "HEAD")
        assert refused.status_code == 429
        assert 0 < int(refused.headers["Retry-After"]) <= 60
        assert [send(reading, "/archive", "GET").status_code for _ in range(3)] == [200] * 2 + [429]
        assert send(reading, "/proof", "GET", address="203.0.113.8").status_code == 200
        assert [send(reading, "/free", "GET").status_code for _ in range(9)] == [200] * 9

    def test_reading_takes_nothing_from_what_may_be_changed(self, reading):
        for _ in range(5):
            send(reading, "/proof", "GET")
        assert send(reading).status_code == 200

    def test_proofs_archives_and_searches_are_counted(self, app):
        limited = {
            rule.rule for rule in app.url_map.iter_rules() if getattr(app.view_functions[rule.endpoint], "reads_per_minute", 0)
        }
        assert limited == {
            "/v1/polls/<id:poll_id>/board/consistency",
            "/v1/polls/<id:poll_id>/board/leaves/<string(length=64):leaf>",
            "/v1/polls/<id:poll_id>/board/opening",
            "/v1/polls/<id:poll_id>/archive.jsonl.gz",
            "/v1/polls/<id:poll_id>/archive.csv.gz",
            "/v1/polls/<id:poll_id>/result.csv",
            "/v1/ideas/near",
            "/v1/ideas/similar",
            "/v1/ideas/<id:idea_id>/similar",
            "/v1/debates/<id:debate_id>/export.csv",
            "/v1/exports/<id:export_id>",
        }

    def test_a_real_proof_is_refused_once_it_was_asked_for_too_often(self, app, monkeypatch):
        view = app.view_functions["board.get_consistency"]
        monkeypatch.setattr(view, "reads_per_minute", 2)
        address = {"REMOTE_ADDR": f"2001:db8::{new_id()[-4:].translate(str.maketrans('ghjkmnpqrstvwxyz', '0123456789abcdef'))}"}
        path = f"/v1/polls/{new_id()}/board/consistency?size1=1"
        if time.time() % 60 > 54:
            time.sleep(60.2 - time.time() % 60)
        answers = [app.test_client().get(path, environ_base=address) for _ in range(3)]
        assert [answer.status_code for answer in answers] == [404, 404, 429]
        assert answers[-1].json["code"] == "core.too-many-requests"
