"""Passkeys of staff: registered with the password, used as the second factor, and refused where anything is not right."""

from datetime import timedelta

import pytest

from mvoting.accounts import passkeys, staff
from mvoting.core import audit, clock
from tests.authenticator import Authenticator

PASSWORD = "violet-kettle-under-the-harbour-9"
EMAIL = "officer@city.example"


@pytest.fixture
def officer(db):
    return staff.create(email=EMAIL, name="Kim", roles=["poll_officer"], password=PASSWORD)


@pytest.fixture
def headers(officer):
    from mvoting.accounts import staff_sessions

    return {"Authorization": f"Bearer {staff_sessions.begin(officer.staff_id, stage='full')}"}


def options_for(client, headers):
    answer = client.post("/v1/staff/me/passkeys/options", headers=headers)
    assert answer.status_code == 201, answer.json
    return answer.json["options"]


def register(client, headers, key, *, options=None, **changes):
    credential = key.create(options or options_for(client, headers))
    body = {"name": "desk", "password": PASSWORD, "credential": credential, **changes}
    return client.post("/v1/staff/me/passkeys", json=body, headers=headers)


def waiting(client, email=EMAIL):
    answer = client.post("/v1/staff/sign-in", json={"email": email, "password": PASSWORD})
    assert answer.status_code == 200, answer.json
    return answer.json


def request_options(client, challenge):
    return client.post("/v1/staff/sign-in/passkey/options", json={"challenge": challenge}).json["options"]


def send(client, challenge, credential):
    return client.post("/v1/staff/sign-in/passkey", json={"challenge": challenge, "credential": credential})


def sign_in(client, key, **changes):
    challenge = waiting(client)["challenge"]
    return send(client, challenge, key.get(request_options(client, challenge), **changes))


def code(answer):
    return answer.json["code"]


@pytest.fixture
def key(client, headers):
    key = Authenticator()
    assert register(client, headers, key).status_code == 201
    return key


def test_a_registered_passkey_is_a_second_factor(client, headers, key, officer, db):
    due = waiting(client)
    assert "passkey" in due["second_factors"]
    options = request_options(client, due["challenge"])
    assert [c["id"] for c in options["allowCredentials"]] == [key.create({"challenge": "x"})["id"]]
    grant = send(client, due["challenge"], key.get(options))
    assert grant.status_code == 200, grant.json
    me = {"Authorization": f"Bearer {grant.json['token']}"}
    assert client.get("/v1/staff/me", headers=me).json["id"] == officer.staff_id
    (listed,) = client.get("/v1/staff/me/passkeys", headers=me).json["items"]
    assert (listed["name"], listed["is_set_aside"]) == ("desk", False)
    assert listed["used_at"] is not None
    (entry,) = audit.entries({"action": "staff.add_passkey"}, after=None, limit=5)[0]
    assert (entry["staff_id"], entry["after"]["passkey"]) == (officer.staff_id, listed["id"])


def test_a_passkey_alone_opens_nothing(client, key):
    answer = send(client, "x" * 43, key.get({"challenge": "AAAA"}))
    assert code(answer) == "accounts.staff-session-ended"


@pytest.mark.parametrize(
    ("wrong", "value"),
    [("origin", "http://evil.example"), ("origin", "http://localhost:8001"), ("rp_id", "evil.example")],
)
def test_a_passkey_used_elsewhere_is_refused(client, key, wrong, value):
    setattr(key, wrong, value)
    assert code(sign_in(client, key)) == "accounts.invalid-second-factor"


@pytest.mark.parametrize(("wrong", "value"), [("origin", "http://evil.example"), ("rp_id", "evil.example")])
def test_a_passkey_made_elsewhere_is_not_kept(client, headers, db, wrong, value):
    answer = register(client, headers, Authenticator(**{wrong: value}))
    assert code(answer) == "accounts.invalid-passkey"
    assert db.staff.count_documents({"passkeys.0": {"$exists": True}}) == 0


def test_an_answer_is_good_once_and_for_its_own_challenge(client, key):
    first = waiting(client)["challenge"]
    answer = key.get(request_options(client, first))
    assert send(client, first, answer).status_code == 200
    second = waiting(client)["challenge"]
    assert code(send(client, second, answer)) == "accounts.invalid-second-factor", "no challenge was asked for"
    request_options(client, second)
    assert code(send(client, second, answer)) == "accounts.invalid-second-factor"
    fresh = key.get(request_options(client, second))
    assert code(send(client, first, fresh)) == "accounts.staff-session-ended"
    assert send(client, second, fresh).status_code == 200


def test_a_challenge_expires(client, key):
    challenge = waiting(client)["challenge"]
    answer = key.get(request_options(client, challenge))
    clock.shift(passkeys.CHALLENGE_LIFETIME + timedelta(seconds=1))
    assert send(client, challenge, answer).status_code == 401


def test_a_forged_signature_is_refused(client, key):
    assert code(sign_in(client, key, signature=b"\x30\x06\x02\x01\x01\x02\x01\x01")) == "accounts.invalid-second-factor"


def test_somebody_elses_passkey_opens_no_account(client, key):
    other = Authenticator()
    assert code(sign_in(client, other)) == "accounts.invalid-second-factor"
    other.credential_id = key.credential_id
    assert code(sign_in(client, other)) == "accounts.invalid-second-factor"


def test_a_clone_is_found_by_its_counter_and_the_passkey_set_aside(client, headers, key, db):
    clone = Authenticator(count=key.count)
    clone.key, clone.credential_id = key.key, key.credential_id
    assert sign_in(client, key).status_code == 200
    assert sign_in(client, key).status_code == 200
    assert code(sign_in(client, clone)) == "accounts.invalid-second-factor"
    assert code(sign_in(client, key)) == "accounts.invalid-second-factor", "nobody can tell which of the two is the clone"
    assert "passkey" not in waiting(client)["second_factors"]
    (listed,) = client.get("/v1/staff/me/passkeys", headers=headers).json["items"]
    assert listed["is_set_aside"]
    assert db.audit_entries.count_documents({"action": "staff.set_passkey_aside"}) == 1


def test_a_key_without_a_counter_works_again_and_again(client, headers):
    key = Authenticator()
    register(client, headers, key)
    for _ in range(2):
        key.count = -1  # shows 0 each time
        assert sign_in(client, key).status_code == 200


def test_a_removed_passkey_opens_nothing(client, headers, key, officer):
    (listed,) = client.get("/v1/staff/me/passkeys", headers=headers).json["items"]
    challenge = waiting(client)["challenge"]
    answer = key.get(request_options(client, challenge))
    removal = f"/v1/staff/me/passkeys/{listed['id']}/removal"
    assert code(client.post(removal, json={"password": "not it"}, headers=headers)) == "accounts.wrong-password"
    assert code(client.post(removal, json={}, headers=headers)) == "core.invalid-input"
    assert client.post(removal, json={"password": PASSWORD}, headers=headers).status_code == 204
    assert client.post(removal, json={"password": PASSWORD}, headers=headers).status_code == 404
    assert code(send(client, challenge, answer)) == "accounts.invalid-second-factor"
    assert client.get("/v1/staff/me/passkeys", headers=headers).json["items"] == []


def test_registering_needs_the_password_and_a_fresh_challenge(client, headers, db):
    key, options = Authenticator(), options_for(client, headers)
    assert code(register(client, headers, key, options=options, password="not it")) == "accounts.wrong-password"
    assert register(client, headers, key, options=options).status_code == 201
    other = Authenticator()
    assert code(register(client, headers, other, options=options)) == "accounts.invalid-passkey"
    assert code(register(client, headers, key)) == "accounts.invalid-passkey", "one passkey stands once"


def test_ten_passkeys_are_enough(client, headers):
    for _ in range(passkeys.PASSKEYS_MAX):
        assert register(client, headers, Authenticator()).status_code == 201
    assert code(register(client, headers, Authenticator())) == "accounts.too-many-passkeys"


def test_guessing_ends_the_challenge(client, key):
    challenge = waiting(client)["challenge"]
    for _ in range(5):
        options = request_options(client, challenge)
        assert code(send(client, challenge, key.get(options, signature=b"0"))) == "accounts.invalid-second-factor"
    assert send(client, challenge, key.get({"challenge": "AAAA"})).status_code == 401
    assert code(client.post("/v1/staff/sign-in/passkey/options", json={"challenge": challenge})) == "accounts.staff-session-ended"


def test_a_bare_address_offers_none(client, headers, monkeypatch):
    import dataclasses

    from mvoting.core.settings import settings

    real = dataclasses.replace(settings(), public_url="https://192.0.2.7")
    monkeypatch.setattr(passkeys, "settings", lambda: real)
    answer = client.post("/v1/staff/me/passkeys/options", headers=headers)
    assert code(answer) == "accounts.passkeys-not-offered"
    assert client.get("/v1/staff/me/passkeys", headers=headers).json["is_offered"] is False


@pytest.mark.parametrize("part", ["attestationObject", "clientDataJSON"])
def test_garbage_from_a_browser_is_a_refusal(client, headers, part):
    for garbage in ("AAAA", "oA", "-" * 100):
        credential = Authenticator().create(options_for(client, headers))
        credential["response"][part] = garbage
        body = {"name": "desk", "password": PASSWORD, "credential": credential}
        assert code(client.post("/v1/staff/me/passkeys", json=body, headers=headers)) == "accounts.invalid-passkey"
