"""A request has so many seconds of the database: a slow query ends on the server too, and leaves nothing half-done."""

import time

import pytest
from flask import Flask

from mvoting.core import database, http, time_limit
from mvoting.core.http import ApiBlueprint, Guard
from mvoting.core.schemas import Output

SLOW = {"$where": "sleep(3000) || true"}


@pytest.fixture
def slow_client(app, db, monkeypatch):
    """A small application on the real database with a narrow limit, whose queries take longer."""
    monkeypatch.setattr(time_limit, "LIMIT_S", 0.5)
    db.slow_things.drop()
    db.slow_things.insert_one({"_id": "there"})
    small = Flask("small")
    api = http.configure(small)
    blueprint, anyone = ApiBlueprint("slow", __name__, url_prefix="/v1/slow", description=""), Guard("public", lambda: None)

    def quick():
        return {}

    def one_query():
        db.slow_things.find_one(SLOW)

    def many_queries():
        while True:
            db.slow_things.find_one({"_id": "there"})

    def transaction():
        def work(session):
            db.slow_things.insert_one({"_id": "half"}, session=session)
            db.slow_things.find_one({"_id": "there", **SLOW}, session=session)

        database.in_transaction(work)

    def update():
        db.slow_things.update_many(SLOW, {"$set": {"half": True}})

    for view in (quick, one_query, many_queries, transaction, update):
        blueprint.route(f"/{view.__name__}", methods=["POST"], guard=anyone)(blueprint.response(200, Output())(view))
    api.register_blueprint(blueprint)
    small.wsgi_app = time_limit.limited(small.wsgi_app)
    yield small.test_client()
    db.slow_things.drop()


@pytest.mark.parametrize("route", ["one_query", "many_queries", "transaction", "update"])
def test_what_takes_too_long_is_stopped_and_says_so(slow_client, db, route):
    began = time.monotonic()
    answer = slow_client.post(f"/v1/slow/{route}", headers={"Accept-Language": "en"})
    assert (answer.status_code, answer.json["code"]) == (503, "core.took-too-long")
    assert "Nothing was stored in part" in answer.json["title"]
    assert int(answer.headers["Retry-After"]) > 0
    assert time.monotonic() - began < 2.5
    assert list(db.slow_things.find()) == [{"_id": "there"}]
    deadline = time.monotonic() + 2.5  # the server, too, has stopped
    while running := [op for op in db.client.admin.aggregate([{"$currentOp": {}}]) if "slow_things" in op.get("ns", "")]:
        assert time.monotonic() < deadline, running
        time.sleep(0.05)


def test_the_limit_ends_with_its_request(slow_client, db):
    assert slow_client.post("/v1/slow/quick").status_code == 200
    assert slow_client.post("/v1/slow/one_query").status_code == 503
    time.sleep(0.6)
    assert db.slow_things.count_documents({}) == 1
    assert slow_client.post("/v1/slow/quick").status_code == 200


def test_the_product_itself_is_limited(app, client, monkeypatch):
    monkeypatch.setattr(time_limit, "LIMIT_S", 1e-6)
    answer = client.get("/v1/alerts/active")
    assert (answer.status_code, answer.json["code"]) == (503, "core.took-too-long")
    page = client.get("/admin/sign-in/second")
    assert page.status_code < 500, "a page that asks the database nothing"
