"""Signing in with Firebase ID tokens, checked by firebase-admin itself against a certificate server on loopback."""

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from mvoting.accounts import firebase, persons
from tests.firebase import Certificates, certificate_server, point_verifier_at
from tests.people import CONSENTS, headers, phone

DEVICE = {"id": "d" * 32}
AGREED = {"terms": 1, "privacy": 1, "is_fourteen": True}


@pytest.fixture(autouse=True)
def _fresh_firebase(app, monkeypatch):
    """No certificates from a test before."""
    import firebase_admin

    monkeypatch.delenv("FIREBASE_AUTH_EMULATOR_HOST", raising=False)
    firebase_admin._apps.pop(firebase.APP_NAME, None)
    yield
    firebase_admin._apps.pop(firebase.APP_NAME, None)


@pytest.fixture(scope="module")
def certificates():
    return Certificates()


@pytest.fixture
def provider(certificates):
    with certificate_server(certificates) as url:
        point_verifier_at(firebase._app(), url)
        yield certificates


def send(client, token, **more):
    return client.post("/v1/sign-in/firebase", json={"id_token": token, "device": DEVICE, "consents": AGREED, **more})


def test_a_verified_number_joins_and_returns(client, provider):
    first = send(client, provider.token())
    assert first.status_code == 200, first.json
    again = client.post("/v1/sign-in/firebase", json={"id_token": provider.token(), "device": DEVICE})
    assert again.json["person"] == first.json["person"]
    assert provider.requests >= 1


def test_a_social_sign_in_with_a_number_in_the_account_proves_no_number(client, provider, db):
    answer = send(client, provider.token(provider="google.com", sub="g1", user_id="g1"))
    assert (answer.status_code, answer.json["code"]) == (403, "accounts.phone-required")
    me = send(client, provider.token()).json
    bearer = {"Authorization": f"Bearer {me['access_token']}"}
    connected = client.post(
        "/v1/me/sign-ins/firebase",
        json={"id_token": provider.token(provider="google.com", sub="g1", user_id="g1")},
        headers=bearer,
    )
    assert connected.status_code == 204
    assert [s["kind"] for s in client.get("/v1/me/sign-ins", headers=bearer).json["items"]] == ["phone", "social"]
    assert send(client, provider.token(provider="google.com", sub="g1", user_id="g1")).json["person"] == me["person"]


FORGERIES = {
    "alg none": lambda c: jwt.encode({"sub": "x", "aud": "demo-mvoting"}, None, algorithm="none"),
    "HS256": lambda c: c.token(key="secret-secret-secret-secret-secret", algorithm="HS256"),
    "another key": lambda c: c.token(key=rsa.generate_private_key(65537, 2048)),
    "unknown kid": lambda c: c.token(kid="firebase-2"),
    "another project": lambda c: c.token(aud="another", iss="https://securetoken.google.com/another"),
    "another issuer": lambda c: c.token(iss="https://elsewhere.example/demo-mvoting"),
    "expired": lambda c: c.token(iat=1_700_000_000, exp=1_700_003_600),
    "from the future": lambda c: c.token(iat=4_000_000_000, exp=4_000_003_600),
    "without subject": lambda c: c.token(sub=None),
    "empty subject": lambda c: c.token(sub=""),
    "anonymous": lambda c: c.token(provider="anonymous", phone_number=None),
    "custom token": lambda c: c.token(provider="custom"),
    "phone sign-in without a number": lambda c: c.token(phone_number=None),
    "garbage": lambda c: "not.a.token",
    "our own access token": lambda c: None,
}


@pytest.mark.parametrize("kind", FORGERIES)
def test_forged_id_tokens_are_refused_and_store_nothing(client, provider, db, kind, person_headers):
    token = FORGERIES[kind](provider) or person_headers()["Authorization"].removeprefix("Bearer ")
    answer = send(client, token)
    assert (answer.status_code, answer.json["code"]) == (401, "accounts.invalid-identity-token")
    assert db.persons.count_documents({}) == 0


def test_with_the_provider_down_sessions_live_on_and_new_sign_ins_wait(client, certificates, enter, db):
    """The provider is taken away: whoever has a session refreshes, reads and votes; only a new sign-in is told to wait."""
    from mvoting.accounts import services
    from tests.people import entry

    mine = entry()
    me = services.sign_in(phone("010-7777-0001"), mine, method="firebase")
    point_verifier_at(firebase._app(), "http://127.0.0.1:9/")  # nobody listens there
    answer = send(client, certificates.token())
    assert (answer.status_code, answer.json["code"]) == (503, "accounts.identity-provider-down")
    assert int(answer.headers["Retry-After"]) > 0
    renewed = client.post("/v1/sessions/refresh", json={"refresh_token": me.refresh_token, "device_id": mine.device.id})
    assert renewed.status_code == 200
    bearer = {"Authorization": f"Bearer {renewed.json['access_token']}"}
    assert client.get("/v1/me", headers=bearer).status_code == 200
    assert client.put("/v1/polls/" + "0" * 26 + "/ballot", json={}, headers=bearer).status_code in (404, 422)  # past the guard
    assert client.delete("/v1/me/sessions", headers=headers(me)).status_code == 200
    assert CONSENTS.is_fourteen


def test_certificates_once_fetched_outlive_the_provider(client, certificates):
    with certificate_server(certificates) as url:
        point_verifier_at(firebase._app(), url)
        assert send(client, certificates.token()).status_code == 200
    assert send(client, certificates.token()).status_code == 200


def test_production_does_not_start_with_the_emulator(environment, tmp_path):
    from mvoting.core.settings import SettingsError, load_settings

    with pytest.raises(SettingsError, match="FIREBASE_AUTH_EMULATOR_HOST"):
        load_settings({**environment, "MVOTING_ENV": "production", "FIREBASE_AUTH_EMULATOR_HOST": "127.0.0.1:9099"})


def test_the_development_sign_in_does_not_exist_in_production(client, monkeypatch):
    import dataclasses

    from mvoting.accounts import api, services
    from mvoting.core.settings import settings

    real = dataclasses.replace(settings(), env="production")
    for module in (api, services):
        monkeypatch.setattr(module, "settings", lambda: real)
    assert client.post("/v1/sign-in/development", json={"phone": "01012345678"}).status_code == 404
    body = {"phone": "01012345678", "code": "000000", "device": DEVICE}
    assert client.post("/v1/sign-in/development/code", json=body).status_code == 404
    with pytest.raises(RuntimeError):
        services.sign_in_with_phone("01012345678")
    assert persons.owner(phone("01012345678")) is None
