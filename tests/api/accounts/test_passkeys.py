"""Passkeys of staff: registered with both factors, used as the second, and refused where anything is not right."""

from datetime import timedelta

import pyotp
import pytest

from mvoting.accounts import passkeys, staff, staff_sessions
from mvoting.core import audit, clock
from tests.authenticator import Authenticator

PASSWORD = "violet-kettle-under-the-harbour-9"
EMAIL = "officer@city.example"


@pytest.fixture
def officer(db):
    return staff.create(email=EMAIL, name="Kim", roles=["poll_officer"], password=PASSWORD)


@pytest.fixture
def headers(officer):
    return {"Authorization": f"Bearer {staff_sessions.begin(officer.staff_id, stage='full')}"}


def options_for(client, headers):
    answer = client.post("/v1/staff/me/passkeys/options", headers=headers)
    assert answer.status_code == 201, answer.json
    return answer.json["options"]


@pytest.fixture
def register(client, headers, officer):
    """Register a passkey, each time with a recovery code that was not used yet."""

    def send_it(key, *, options=None, **changes):
        credential = key.create(options or options_for(client, headers))
        facts = {"password": PASSWORD, "code": changes.get("code") or officer.recovery_codes.pop()}
        return client.post(
            "/v1/staff/me/passkeys", json={"name": "desk", **facts, "credential": credential, **changes}, headers=headers
        )

    return send_it


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
def key(register):
    key = Authenticator()
    assert register(key).status_code == 201
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
def test_a_passkey_made_elsewhere_is_not_kept(register, db, wrong, value):
    answer = register(Authenticator(**{wrong: value}))
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


def test_a_key_without_a_counter_works_again_and_again(client, register):
    key = Authenticator()
    register(key)
    for _ in range(2):
        key.count = -1  # shows 0 each time
        assert sign_in(client, key).status_code == 200


def test_a_removed_passkey_opens_nothing(client, headers, key, officer):
    (listed,) = client.get("/v1/staff/me/passkeys", headers=headers).json["items"]
    challenge = waiting(client)["challenge"]
    answer = key.get(request_options(client, challenge))

    def remove(**changes):
        body = {"password": PASSWORD, "code": officer.recovery_codes[0], **changes}
        return client.post(f"/v1/staff/me/passkeys/{listed['id']}/removal", json=body, headers=headers)

    assert code(remove(password="not it")) == "accounts.wrong-password"
    assert code(remove(code="000000")) == "accounts.wrong-second-factor"
    assert remove().status_code == 204
    assert code(remove()) == "accounts.wrong-second-factor", "the code was used up"
    assert remove(code=officer.recovery_codes[1]).status_code == 404
    assert code(send(client, challenge, answer)) == "accounts.invalid-second-factor"
    assert client.get("/v1/staff/me/passkeys", headers=headers).json["items"] == []


def test_registering_needs_the_password_and_a_fresh_challenge(client, headers, register):
    key, options = Authenticator(), options_for(client, headers)
    assert code(register(key, options=options, password="not it")) == "accounts.wrong-password"
    assert register(key, options=options).status_code == 201
    other = Authenticator()
    assert code(register(other, options=options)) == "accounts.invalid-passkey"
    assert code(register(key)) == "accounts.invalid-passkey", "one passkey stands once"


def test_ten_passkeys_are_enough(register, officer):
    for _ in range(passkeys.PASSKEYS_MAX):
        assert register(Authenticator()).status_code == 201
    app_code = pyotp.TOTP(officer.totp_secret).at(clock.now())
    assert code(register(Authenticator(), code=app_code)) == "accounts.too-many-passkeys"


def test_registering_needs_a_second_factor_of_before(client, headers, officer, register, db):
    """Whoever sits at an unlocked desk and knows only the password must not make a factor of their own."""
    before, options = db.staff.find_one({"email": EMAIL}), options_for(client, headers)
    credential = Authenticator().create(options)
    only = {"name": "desk", "password": PASSWORD, "credential": credential}
    assert code(client.post("/v1/staff/me/passkeys", json=only, headers=headers)) == "core.invalid-input"
    assert code(register(Authenticator(), options=options, code="000000")) == "accounts.wrong-second-factor"
    assert db.staff.find_one({"email": EMAIL}) == before
    assert db.audit_entries.count_documents({"action": "staff.add_passkey"}) == 0
    fact = officer.recovery_codes[0]
    assert register(Authenticator(), code=fact).status_code == 201
    assert code(register(Authenticator(), code=fact)) == "accounts.wrong-second-factor"


def test_a_refused_passkey_leaves_the_code_good(register, officer):
    fact = officer.recovery_codes[0]
    assert code(register(Authenticator(origin="http://evil.example"), code=fact)) == "accounts.invalid-passkey"
    assert register(Authenticator(), code=fact).status_code == 201


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
def test_garbage_from_a_browser_is_a_refusal(client, headers, officer, part):
    for garbage in ("AAAA", "oA", "-" * 100):
        credential = Authenticator().create(options_for(client, headers))
        credential["response"][part] = garbage
        body = {"name": "desk", "password": PASSWORD, "code": officer.recovery_codes[0], "credential": credential}
        assert code(client.post("/v1/staff/me/passkeys", json=body, headers=headers)) == "accounts.invalid-passkey"
