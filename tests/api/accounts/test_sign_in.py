"""Signing in by phone, continuing, ending; and what is refused."""

from datetime import timedelta

import pytest

from mvoting.accounts import sessions, tokens
from mvoting.core import clock

DEVICE = {"id": "d" * 32, "name": "Galaxy", "platform": "android"}
CONSENTS = {"terms": 1, "privacy": 1, "is_fourteen": True}


@pytest.fixture(autouse=True)
def _clean(db):
    for name in ("persons", "identifiers", "sessions", "revoked_sessions", "sign_in_codes"):
        db[name].delete_many({})
    sessions._revocations.forget()
    yield
    clock.shift(timedelta())


def join(client, phone="010-1234-5678", device=DEVICE, consents=CONSENTS):
    code = client.post("/v1/sign-in/development", json={"phone": phone}).json["code"]
    body = {"phone": phone, "code": code, "device": device} | ({"consents": consents} if consents else {})
    return client.post("/v1/sign-in/development/code", json=body)


def bearer(grant):
    return {"Authorization": f"Bearer {grant['access_token']}"}


def test_sign_in_by_phone_opens_the_same_person_each_time(client):
    first = join(client)
    assert first.status_code == 200, first.json
    again = join(client, "+82 10 1234 5678", consents=None)
    assert again.json["person"] == first.json["person"]
    assert client.get("/v1/me", headers=bearer(again.json)).json["trust"] == "member"


def test_joining_needs_consents(client, db):
    answer = join(client, consents=None)
    assert (answer.status_code, answer.json["code"]) == (403, "accounts.consent-required")
    assert join(client, consents=CONSENTS | {"terms": 2}).status_code == 403
    assert db.persons.count_documents({}) == 0


def test_whoever_has_to_agree_first_goes_on_with_the_same_code(client):
    code = client.post("/v1/sign-in/development", json={"phone": "01012345678"}).json["code"]
    body = {"phone": "01012345678", "code": code, "device": DEVICE}
    for consents in ({}, {"consents": CONSENTS | {"terms": 2}}):
        asked = client.post("/v1/sign-in/development/code", json=body | consents)
        assert (asked.json["code"], asked.json["terms"]) == ("accounts.consent-required", 1)
    assert client.post("/v1/sign-in/development/code", json=body | {"consents": CONSENTS}).status_code == 200
    assert client.post("/v1/sign-in/development/code", json=body).json["code"] == "accounts.invalid-code", "now it is used up"


def test_a_newer_code_stays_the_one_that_counts(client, monkeypatch):
    from mvoting.accounts import services

    first = client.post("/v1/sign-in/development", json={"phone": "01012345678"}).json["code"]
    newer, sign_in = [], services.sign_in

    def asked_again_meanwhile(*args, **more):
        newer.append(services.send_development_code("01012345678")[0])
        return sign_in(*args, **more)

    monkeypatch.setattr(services, "sign_in", asked_again_meanwhile)
    body = {"phone": "01012345678", "device": DEVICE}
    assert client.post("/v1/sign-in/development/code", json=body | {"code": first}).status_code == 403
    monkeypatch.undo()
    agreed = body | {"consents": CONSENTS}
    if newer[0] != first:
        assert client.post("/v1/sign-in/development/code", json=agreed | {"code": first}).status_code == 401
    assert client.post("/v1/sign-in/development/code", json=agreed | {"code": newer[0]}).status_code == 200


def test_a_code_is_good_once_and_few_times_tried(client):
    code = client.post("/v1/sign-in/development", json={"phone": "01012345678"}).json["code"]
    wrong = f"{(int(code) + 1) % 10**6:06d}"
    body = {"phone": "01012345678", "code": wrong, "device": DEVICE, "consents": CONSENTS}
    for _ in range(5):
        assert client.post("/v1/sign-in/development/code", json=body).json["code"] == "accounts.invalid-code"
    blocked = client.post("/v1/sign-in/development/code", json=body | {"code": code})
    assert (blocked.status_code, blocked.json["code"]) == (429, "accounts.too-many-tries")
    assert int(blocked.headers["Retry-After"]) > 0


def test_under_fourteen_waits_for_a_guardian(client):
    child = join(client, consents=CONSENTS | {"is_fourteen": False}).json
    assert child["person"]["state"] == "awaiting_guardian"
    assert client.get("/v1/me", headers=bearer(child)).json["trust"] == "guest"


def refresh(client, token, device=DEVICE["id"]):
    return client.post("/v1/sessions/refresh", json={"refresh_token": token, "device_id": device})


def test_refresh_rotates_and_a_lost_answer_gets_the_same_successor(client):
    grant = join(client).json
    first = refresh(client, grant["refresh_token"]).json
    again = refresh(client, grant["refresh_token"]).json
    assert first["refresh_token"] == again["refresh_token"] != grant["refresh_token"]
    assert refresh(client, first["refresh_token"]).status_code == 200


@pytest.mark.parametrize("how", ["another device", "too late", "two generations back"])
def test_a_replayed_refresh_token_ends_the_family(client, how):
    grant = join(client).json
    newer = refresh(client, grant["refresh_token"]).json
    device = DEVICE["id"]
    if how == "another device":
        device = "e" * 32
    elif how == "too late":
        clock.shift(timedelta(seconds=61))
    else:
        newer = refresh(client, newer["refresh_token"]).json
    replayed = refresh(client, grant["refresh_token"], device)
    assert (replayed.status_code, replayed.json["code"]) == (401, "accounts.refresh-token-replayed")
    assert refresh(client, newer["refresh_token"]).json["code"] == "accounts.session-ended"
    assert client.get("/v1/me", headers=bearer(newer)).json["code"] == "accounts.session-ended"


def test_a_guessed_refresh_token_ends_nothing(client):
    grant = join(client).json
    session, generation, mac = grant["refresh_token"].split(".")
    for guess in (
        f"{session}.{generation}.{'A' * len(mac)}",
        f"{session}.2.{mac}",
        f"{session}.x.{mac}",
        "x",
        f"{session}.１.{mac}",
    ):
        assert refresh(client, guess).json["code"] == "accounts.invalid-refresh-token"
    assert refresh(client, grant["refresh_token"]).status_code == 200


def test_devices_are_listed_and_ended_one_by_one_or_all(client):
    phone, library = join(client).json, join(client, device=DEVICE | {"id": "e" * 32, "platform": "web"}).json
    listed = client.get("/v1/me/sessions?limit=1", headers=bearer(phone)).json
    assert [s["id"] for s in listed["items"]] == [library["session_id"]]
    assert listed["next"]
    other = join(client, "01099998888").json
    assert client.delete(f"/v1/me/sessions/{library['session_id']}", headers=bearer(other)).status_code == 404
    assert client.delete(f"/v1/me/sessions/{library['session_id']}", headers=bearer(phone)).status_code == 204
    assert client.get("/v1/me", headers=bearer(library)).json["code"] == "accounts.session-ended"
    assert client.delete("/v1/me/sessions", headers=bearer(phone)).json == {"ended_count": 1}
    assert client.get("/v1/me", headers=bearer(phone)).status_code == 401
    assert client.get("/v1/me", headers=bearer(other)).status_code == 200


def test_an_access_token_lasts_ten_minutes(client):
    grant = join(client).json
    clock.shift(tokens.LIFETIME + timedelta(seconds=1))
    assert client.get("/v1/me", headers=bearer(grant)).json["code"] == "accounts.token-expired"


def test_jwks_verifies_our_tokens(client):
    import jwt

    grant = join(client).json
    keys = jwt.PyJWKSet.from_dict(client.get("/v1/.well-known/jwks.json").json)
    kid = jwt.get_unverified_header(grant["access_token"])["kid"]
    assert jwt.decode(grant["access_token"], keys[kid], algorithms=["RS256"], audience="mvoting")["sub"] == grant["person"]["id"]


def test_an_operator_as_a_value_is_refused(client):
    for body in ({"phone": {"$gt": ""}}, {"phone": "01012345678", "code": {"$ne": ""}, "device": DEVICE}):
        path = "/v1/sign-in/development" + ("/code" if "code" in body else "")
        assert client.post(path, json=body).json["code"] == "core.invalid-input"


@pytest.mark.parametrize("phone", ["+82 010 7777 0100", "0082-10-7777-0100", "(010) 7777.0100"])
def test_one_number_is_one_person_however_it_is_written(client, phone):
    first = join(client, phone="010-7777-0100").json["access_token"]
    second = join(client, phone=phone).json["access_token"]
    me = [client.get("/v1/me", headers={"Authorization": f"Bearer {token}"}).json["id"] for token in (first, second)]
    assert me[0] == me[1]


def test_a_number_with_a_zero_too_many_is_none(client):
    assert client.post("/v1/sign-in/development", json={"phone": "+8200 10 7777 0100"}).status_code == 401
