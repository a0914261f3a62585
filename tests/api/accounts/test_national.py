"""Signing in through a national identity provider, against a provider of our own that misbehaves on demand."""

import base64
import dataclasses
import hashlib
import json
import threading
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from mvoting.accounts import changing_hands, identifiers, national, persons
from mvoting.core import clock
from mvoting.core.settings import settings
from tests.people import headers, phone

DEVICE = {"id": "n" * 32}
AGREED = {"terms": 1, "privacy": 1, "is_fourteen": True}
CLIENT = "mvoting-city"


class Provider:
    """An OpenID provider: discovery, keys, and a token endpoint that checks client, code and PKCE."""

    def __init__(self):
        self.key = rsa.generate_private_key(65537, 2048)
        self.codes, self.claims, self.header, self.signing_key, self.algorithm = {}, {}, {}, self.key, "RS256"
        self.url = ""

    def authorize(self, url):
        """Be the person who agrees at the provider. Gives code and state."""
        query = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        assert (query["response_type"], query["client_id"], query["code_challenge_method"]) == ("code", CLIENT, "S256")
        code = f"code-{len(self.codes)}"
        self.codes[code] = query
        return code, query["state"]

    def token(self, form):
        query = self.codes.pop(form["code"], None)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest()).decode().rstrip("=")
        if query is None or query["code_challenge"] != challenge or form["redirect_uri"] != query["redirect_uri"]:
            return 400, {"error": "invalid_grant"}
        at = int(clock.now().timestamp())
        claims = {
            "iss": self.url,
            "aud": CLIENT,
            "sub": "ci-1",
            "iat": at,
            "exp": at + 300,
            "nonce": query["nonce"],
            **self.claims,
        }
        claims = {name: value for name, value in claims.items() if value is not None}
        token = jwt.encode(claims, self.signing_key, algorithm=self.algorithm, headers={"kid": "n1", **self.header})
        return 200, {"access_token": "a", "token_type": "Bearer", "id_token": token}

    def jwks(self):
        public = jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key(), as_dict=True)
        return {"keys": [{"kty": "RSA", "n": public["n"], "e": public["e"], "kid": "n1", "use": "sig", "alg": "RS256"}]}


@contextmanager
def served(provider):
    class Handler(BaseHTTPRequestHandler):
        def answer(self, status, document):
            body = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_GET(self):
            if self.path == "/jwks":
                return self.answer(200, provider.jwks())
            ends = {f"{name}_endpoint": f"{provider.url}/{name}" for name in ("authorization", "token")}
            return self.answer(200, {"issuer": provider.url, "jwks_uri": f"{provider.url}/jwks", **ends})

        def do_POST(self):
            sent = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
            basic = base64.b64encode(f"{CLIENT}:hush".encode()).decode()
            if self.headers.get("Authorization") != f"Basic {basic}":
                return self.answer(401, {"error": "invalid_client"})
            return self.answer(*provider.token({name: values[0] for name, values in sent.items()}))

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def provider(app, monkeypatch):
    national._fetched.cache_clear()
    with served(Provider()) as running:
        offered = {"national_issuer": running.url, "national_client_id": CLIENT, "national_client_secret": "hush"}
        changed = dataclasses.replace(settings(), **offered)
        monkeypatch.setattr(national, "settings", lambda: changed)
        yield running
    national._fetched.cache_clear()


def sign_in(client, provider, **changes):
    begun = client.post("/v1/sign-in/national")
    assert begun.status_code == 200, begun.json
    code, state = provider.authorize(begun.json["authorization_url"])
    body = {"code": code, "state": state, "device": DEVICE, "consents": AGREED, **changes}
    return client.post("/v1/sign-in/national/code", json=body)


def test_a_national_identity_makes_a_person_and_finds_it_again(client, provider, db):
    first = sign_in(client, provider)
    assert first.status_code == 200, first.json
    assert sign_in(client, provider).json["person"] == first.json["person"]
    assert "ci-1" not in str(list(db.identifiers.find()))


def test_facts_that_the_provider_vouches_for_make_a_resident(client, provider):
    provider.claims = {"birthdate": "1961-05-16", "district": "11440", "gender": "female"}
    assert sign_in(client, provider).json["person"]["trust"] == "resident"


def test_a_verified_number_leads_to_the_person_who_has_it(client, provider, enter):
    me = enter(phone("010-4321-0001"))
    provider.claims = {"phone_number": "+82 10-4321-0001", "phone_number_verified": False}
    assert sign_in(client, provider).json["person"]["id"] != me.person_id
    provider.claims = {"sub": "ci-2", "phone_number": "+82 10-4321-0001", "phone_number_verified": True}
    assert sign_in(client, provider).json["person"]["id"] == me.person_id
    provider.claims = {"sub": "ci-2"}
    assert sign_in(client, provider).json["person"]["id"] == me.person_id


def test_a_number_that_changed_hands_does_not_lead_to_its_former_holder(client, provider, enter):
    former = enter(phone("010-4321-0003"))
    clock.shift(timedelta(days=91))
    provider.claims = {"sub": "ci-9", "phone_number": "010-4321-0003", "phone_number_verified": True}
    newcomer = sign_in(client, provider)
    assert newcomer.status_code == 200, newcomer.json
    assert newcomer.json["person"]["id"] != former.person_id
    assert [i["kind"] for i in identifiers.identifiers_of(former.person_id)] == ["phone"]
    assert [i["kind"] for i in identifiers.identifiers_of(newcomer.json["person"]["id"])] == ["national"]


def test_a_new_number_from_the_provider_opens_the_same_door(client, provider, enter):
    provider.claims = {"phone_number": "010-4321-0002", "phone_number_verified": True}
    first = sign_in(client, provider).json["person"]["id"]
    assert enter(phone("010-4321-0002")).person_id == first


MISDEEDS = {
    "wrong nonce": lambda p: p.claims.update(nonce="other"),
    "no nonce": lambda p: p.claims.update(nonce=None),
    "wrong audience": lambda p: p.claims.update(aud="another"),
    "second audience without azp": lambda p: p.claims.update(aud=[CLIENT, "another"]),
    "wrong issuer": lambda p: p.claims.update(iss="https://elsewhere.example"),
    "expired": lambda p: p.claims.update(exp=1_700_000_000),
    "no expiry": lambda p: p.claims.update(exp=None),
    "no subject": lambda p: p.claims.update(sub=None),
    "empty subject": lambda p: p.claims.update(sub=""),
    "another key": lambda p: setattr(p, "signing_key", rsa.generate_private_key(65537, 2048)),
    "HS256 with the secret": lambda p: (setattr(p, "signing_key", "hush" * 8), setattr(p, "algorithm", "HS256")),
    "alg none": lambda p: (setattr(p, "signing_key", None), setattr(p, "algorithm", "none")),
    "unknown kid": lambda p: p.header.update(kid="n2"),
}


@pytest.mark.parametrize("kind", MISDEEDS)
def test_a_bad_id_token_is_refused_and_stores_nothing(client, provider, db, kind):
    MISDEEDS[kind](provider)
    answer = sign_in(client, provider)
    assert (answer.status_code, answer.json["code"]) == (401, "accounts.invalid-identity-token")
    assert db.persons.count_documents({}) == 0


def test_state_and_code_work_once(client, provider):
    begun = client.post("/v1/sign-in/national").json
    code, state = provider.authorize(begun["authorization_url"])
    body = {"code": code, "state": state, "device": DEVICE, "consents": AGREED}
    assert client.post("/v1/sign-in/national/code", json={**body, "state": "guess" * 8}).json["code"] == "accounts.invalid-code"
    assert client.post("/v1/sign-in/national/code", json=body).status_code == 200
    assert client.post("/v1/sign-in/national/code", json=body).json["code"] == "accounts.invalid-code"
    other = client.post("/v1/sign-in/national").json
    stolen = client.post("/v1/sign-in/national/code", json={**body, "state": other["state"]})
    assert stolen.json["code"] == "accounts.invalid-identity-token"


def test_whoever_has_to_agree_first_goes_on_with_what_the_provider_gave(client, provider, db):
    provider.claims = {"phone_number": "010-4321-0002", "phone_number_verified": True}
    begun = client.post("/v1/sign-in/national").json
    code, state = provider.authorize(begun["authorization_url"])
    body = {"code": code, "state": state, "device": DEVICE}
    assert client.post("/v1/sign-in/national/code", json=body).json["code"] == "accounts.consent-required"
    assert "010" not in str(list(db.sign_in_codes.find())), "what the provider told lies sealed"
    other = client.post("/v1/sign-in/national/code", json={**body, "code": "code-9", "consents": AGREED})
    assert other.json["code"] == "accounts.invalid-code"
    assert client.post("/v1/sign-in/national/code", json={**body, "consents": AGREED}).json["code"] == "accounts.invalid-code"
    joined = sign_in(client, provider)
    assert joined.status_code == 200


def test_agreeing_afterwards_joins_without_asking_the_provider_again(client, provider):
    provider.claims = {"birthdate": "1961-05-16", "district": "11440", "phone_number": "010-4321-0002"}
    provider.claims |= {"phone_number_verified": True}
    begun = client.post("/v1/sign-in/national").json
    code, state = provider.authorize(begun["authorization_url"])
    body = {"code": code, "state": state, "device": DEVICE}
    assert client.post("/v1/sign-in/national/code", json=body).status_code == 403
    joined = client.post("/v1/sign-in/national/code", json={**body, "consents": AGREED})
    assert joined.json["person"]["trust"] == "resident"
    assert {i["kind"] for i in identifiers.identifiers_of(joined.json["person"]["id"])} == {"national", "phone"}
    assert client.post("/v1/sign-in/national/code", json={**body, "consents": AGREED}).json["code"] == "accounts.invalid-code"


class TestConnecting:
    """The national identity connected to an account that is signed in, which it may confirm as a resident's."""

    FACTS = {"birthdate": "1961-05-16", "district": "11440"}

    def connect(self, client, provider, grant):
        code, state = provider.authorize(client.post("/v1/sign-in/national").json["authorization_url"])
        return client.post("/v1/me/sign-ins/national", json={"code": code, "state": state}, headers=headers(grant))

    def trust(self, client, grant):
        return client.get("/v1/me", headers=headers(grant)).json["trust"]

    def test_it_confirms_the_account_and_opens_it_from_then_on(self, client, provider, enter):
        me = enter(phone("010-4321-0001"))
        provider.claims = self.FACTS
        assert self.connect(client, provider, me).status_code == 204
        assert self.trust(client, me) == "resident"
        assert sign_in(client, provider).json["person"]["id"] == me.person_id

    def test_without_facts_it_confirms_nothing(self, client, provider, enter):
        me = enter(phone("010-4321-0001"))
        assert self.connect(client, provider, me).status_code == 204
        assert self.trust(client, me) == "member"

    def test_another_persons_identity_is_refused_and_confirms_nobody(self, client, provider, enter):
        sign_in(client, provider)
        me = enter(phone("010-4321-0001"))
        provider.claims = self.FACTS
        answer = self.connect(client, provider, me)
        assert (answer.status_code, answer.json["code"]) == (409, "accounts.identifier-taken")
        assert self.trust(client, me) == "member"

    def test_a_forged_answer_is_refused(self, client, provider, enter):
        me = enter(phone("010-4321-0001"))
        provider.claims = {**self.FACTS, "nonce": "other"}
        assert self.connect(client, provider, me).json["code"] == "accounts.invalid-identity-token"
        assert self.trust(client, me) == "member"
        assert [i["kind"] for i in identifiers.identifiers_of(me.person_id)] == ["phone"]

    def test_one_identity_makes_residents_of_one_account_only(self, client, provider, enter):
        first, second = enter(phone("010-4321-0001")), enter(phone("010-4321-0002"))
        provider.claims = self.FACTS
        assert self.connect(client, provider, first).status_code == 204
        (identity,) = (i["id"] for i in identifiers.identifiers_of(first.person_id) if i["kind"] == "national")
        changing_hands.disconnect(first.person_id, identity)
        assert self.trust(client, first) == "member"
        assert self.connect(client, provider, second).json["code"] == "accounts.number-resting"
        persons.note_poll_horizon(clock.now() + timedelta(seconds=1))
        assert self.connect(client, provider, second).status_code == 204
        assert (self.trust(client, first), self.trust(client, second)) == ("member", "resident")


def test_a_provider_that_is_down_is_told_plainly(client, provider, monkeypatch):
    begun = client.post("/v1/sign-in/national").json
    code, state = provider.authorize(begun["authorization_url"])
    gone = dataclasses.replace(
        settings(), national_issuer="http://127.0.0.1:9", national_client_id=CLIENT, national_client_secret="x"
    )
    monkeypatch.setattr(national, "settings", lambda: gone)
    for path, body in (("", {}), ("/code", {"code": code, "state": state, "device": DEVICE})):
        answer = client.post(f"/v1/sign-in/national{path}", json=body or None)
        assert (answer.status_code, answer.json["code"]) == (503, "accounts.identity-provider-down")
        assert answer.headers["Retry-After"]


def test_a_city_without_a_provider_does_not_offer_it(client, enter):
    assert client.post("/v1/sign-in/national").status_code == 404
    answer = client.post(
        "/v1/me/sign-ins/national", json={"code": "c", "state": "s"}, headers=headers(enter(phone("010-4321-0009")))
    )
    assert answer.status_code == 404
    assert national.is_offered() is False
