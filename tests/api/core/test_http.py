"""Manners of the door: every refusal is a problem document with its own code."""

import json

import pytest

POLL = {
    "title": {"ko": "심야버스"},
    "questions": [
        {"title": {"ko": "어디로?"}, "method": "plurality", "options": [{"title": {"ko": "가"}}, {"title": {"ko": "나"}}]}
    ],
    "opens_at": "2030-01-01T00:00:00+09:00",
    "closes_at": "2030-01-02T00:00:00+09:00",
}


def code(response):
    assert response.content_type == "application/problem+json"
    return response.get_json()["code"]


@pytest.fixture
def post(client, staff_headers):
    headers = staff_headers("poll_officer")
    return lambda body=None, **more: client.post("/v1/polls", json=body, headers={**headers, **more.pop("headers", {})}, **more)


def test_a_draft_is_made(post):
    response = post(POLL)
    assert response.status_code == 201, response.text
    assert response.get_json()["opens_at"] == "2029-12-31T15:00:00+00:00"


def test_malformed_json(post):
    response = post(data="{", content_type="application/json")
    assert (response.status_code, code(response)) == (400, "core.malformed-body")


def test_wrong_content_type(post):
    response = post(data="{}", content_type="text/plain")
    assert (response.status_code, code(response)) == (415, "core.unsupported-media-type")


def test_unknown_field_in_the_body(post):
    response = post({**POLL, "colour": "red"})
    assert (response.status_code, code(response)) == (422, "core.invalid-input")
    assert response.get_json()["errors"] == {"json": {"colour": ["알 수 없는 항목입니다."]}}


def test_unknown_query_argument(client):
    response = client.get("/v1/polls?colour=red", headers={"Accept-Language": "en"})
    assert (response.status_code, code(response)) == (422, "core.invalid-input")
    assert response.get_json()["errors"] == {"query": {"colour": ["Unknown field."]}}


@pytest.mark.parametrize(
    "title", ["", "   ", "가" * 2001, "\ud800", "a\x00b", "a\x85b", "\u3164", "\u200b \u2060", "\u1160\u115f", "\ufeff", "\u202e"]
)
def test_bad_text(post, title):
    response = post(data=json.dumps({**POLL, "title": {"ko": title}}), content_type="application/json")
    assert response.status_code in (400, 422), response.text


@pytest.mark.parametrize("moment", ["2030-01-01T00:00:00", "9999-12-31T23:59:59-05:00", "0001-01-01T00:00:00+09:00", "x"])
def test_bad_times(post, moment):
    response = post({**POLL, "opens_at": moment})
    assert (response.status_code, code(response)) == (422, "core.invalid-input")


def test_too_large_a_body(post):
    response = post(data="[" + "1," * 1_000_000 + "1]", content_type="application/json")
    assert (response.status_code, code(response)) == (413, "core.body-too-large")


def test_unknown_id_and_path(client):
    assert code(client.get("/v1/polls/00000000000000000000000000")) == "voting.poll-not-found"
    assert code(client.get("/v1/nothing")) == "core.not-found"
    assert code(client.delete("/v1/polls")) == "core.method-not-allowed"


def test_without_and_with_a_wrong_session(client, staff_headers, person_headers):
    assert code(client.post("/v1/polls", json=POLL)) == "core.sign-in-required"
    assert code(client.post("/v1/polls", json=POLL, headers=staff_headers("moderator"))) == "core.forbidden"
    assert code(client.post("/v1/polls", json=POLL, headers=person_headers())) == "accounts.token-invalid"
    assert code(client.post("/v1/polls", json=POLL, headers={"Authorization": "Bearer x.y.z"})) == "accounts.token-invalid"


def test_problem_texts_follow_accept_language(client):
    for asked, expected in (("ko", "찾으시는"), ("en-GB,en;q=0.9", "There is nothing"), ("fr", "찾으시는")):
        assert client.get("/v1/nothing", headers={"Accept-Language": asked}).get_json()["title"].startswith(expected)


def test_idempotency_key(post, db):
    keyed = {"Idempotency-Key": "k-1"}
    first, again = post(POLL, headers=keyed), post(POLL, headers=keyed)
    assert first.get_json() == again.get_json()
    assert again.headers["Idempotency-Replayed"] == "true"
    other = post({**POLL, "is_changeable": False}, headers=keyed)
    assert code(other) == "core.idempotency-key-reused"
    kept = db.idempotent_requests.find_one({"answer_sealed": {"$exists": True}})
    assert POLL["title"]["ko"].encode() not in bytes(kept["answer_sealed"])
    assert POLL["title"]["ko"] not in str(kept)
    refused = post({**POLL, "title": {}}, headers={"Idempotency-Key": "k-2"})
    assert refused.status_code == 422
    assert post(POLL, headers={"Idempotency-Key": "k-2"}).status_code == 201


def test_etag_of_lists(client):
    first = client.get("/v1/polls")
    again = client.get("/v1/polls", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
    assert again.headers["ETag"] == first.headers["ETag"]


@pytest.mark.parametrize("cursor", ["x", "W10", "bnVsbA", "W3sidCI6IngifV0", "_" * 401])
def test_bad_cursor(client, cursor):
    assert client.get(f"/v1/polls?after={cursor}").status_code == 422


def test_health(client):
    assert client.get("/health/live").get_json() == {"live": True}
    assert client.get("/health/ready").get_json() == {"ready": True, "missing": []}


def test_docs_pages(client):
    assert "/v1/polls" in client.get("/docs").text
    assert "voting.poll-closed" in client.get("/docs/problems").text


@pytest.mark.parametrize(
    "failure", ["AutoReconnect", "WriteConcernError", "WTimeoutError", "ServerSelectionTimeoutError", "NotPrimaryError"]
)
def test_a_database_that_fails_for_a_moment_asks_to_try_again(client, monkeypatch, failure):
    import pymongo.errors

    from mvoting.voting.polls import services

    def fail(*_, **__):
        raise getattr(pymongo.errors, failure)("primary stepped down")

    monkeypatch.setattr(services, "list_polls", fail)
    response = client.get("/v1/polls")
    assert (response.status_code, code(response)) == (503, "core.unavailable")
    assert response.headers["Retry-After"] == "2"
    assert "stepped" not in response.text


def test_a_number_that_nothing_could_hold_is_not_found(client):
    answer = client.get(f"/v1/polls/{'0' * 26}/board/batches/{10**22}")
    assert (answer.status_code, answer.get_json()["code"]) == (404, "core.not-found")


def test_orders_of_direction_do_not_turn_what_stands_after_them(post):
    response = post({**POLL, "title": {"ko": "찬성 \u202e대반\u2066 아님"}})
    assert response.get_json()["title"] == {"ko": "찬성 대반 아님"}


def test_letters_that_are_joined_by_shapeless_ones_stay_joined(post):
    family = "👩\u200d👧 나들이"
    assert post({**POLL, "title": {"ko": family}}).get_json()["title"] == {"ko": family}


def test_json_as_deep_as_a_well_is_malformed(client):
    answer = client.post("/v1/sessions/refresh", data="[" * 100_000, content_type="application/json")
    assert (answer.status_code, code(answer)) == (400, "core.malformed-body")
