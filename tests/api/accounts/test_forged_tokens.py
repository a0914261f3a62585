"""Forged and misused access tokens of each known kind, and rotation of the signing key."""

import base64
import hashlib
import hmac
import json
from datetime import timedelta

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from mvoting.accounts import persons, sessions, tokens
from mvoting.core import clock, keys
from mvoting.core.ids import new_id, random_id
from mvoting.core.keys_command import create_keys
from mvoting.core.settings import settings
from tests.people import headers, phone


def payload(**changes):
    at = clock.now()
    claims = {
        "iss": settings().public_url,
        "aud": "mvoting",
        "sub": new_id(),
        "sid": new_id(),
        "iat": at,
        "nbf": at,
        "exp": at + timedelta(minutes=10),
        "trust": "member",
    }
    return {name: value for name, value in (claims | changes).items() if value is not None}


def signed(claims=None, *, key=None, algorithm="RS256", **header):
    current = keys.current_key("token")
    return jwt.encode(
        claims or payload(),
        current.private if key is None else key,
        algorithm=algorithm,
        headers={"kid": current.kid, "typ": "at+jwt", **header},
    )


def raw(header, claims, signature=b""):
    def part(value):
        return (
            base64.urlsafe_b64encode(value if isinstance(value, bytes) else json.dumps(value, default=str).encode())
            .decode()
            .rstrip("=")
        )

    return f"{part(header)}.{part(claims)}.{part(signature)}"


def plain():
    return payload(iat=1_700_000_000, nbf=1_700_000_000, exp=4_000_000_000)


def hmac_with_the_public_key():
    pem = keys.current_key("token").private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    header = {"alg": "HS256", "typ": "at+jwt", "kid": keys.current_key("token").kid}
    body = raw(header, plain()).rpartition(".")[0]
    mac = hmac.new(pem, body.encode(), hashlib.sha256).digest()
    return f"{body}.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}"


def of_another_environment():
    stranger = rsa.generate_private_key(65537, 2048)
    return signed(key=stranger)


def changed():
    first, _, rest = signed().partition(".")
    middle, _, last = rest.partition(".")
    claims = json.loads(base64.urlsafe_b64decode(middle + "=="))
    return f"{first}.{raw({}, claims | {'trust': 'resident'}).split('.')[1]}.{last}"


def facts_of_another_session():
    sealed = jwt.decode(
        tokens.issue(new_id(), new_id(), "resident", {"district": "11440"}, at=clock.now()), options={"verify_signature": False}
    )["res"]
    return signed(payload(trust="resident", res=sealed))


FORGERIES = {
    "alg none": lambda: raw({"alg": "none", "typ": "at+jwt", "kid": keys.current_key("token").kid}, plain()),
    "alg nOnE": lambda: raw({"alg": "nOnE", "typ": "at+jwt", "kid": keys.current_key("token").kid}, plain()),
    "signature removed": lambda: signed().rpartition(".")[0] + ".",
    "HS256 with the public key": hmac_with_the_public_key,
    "ES256": lambda: signed(key=ec.generate_private_key(ec.SECP256R1()), algorithm="ES256"),
    "EdDSA": lambda: signed(key=ed25519.Ed25519PrivateKey.generate(), algorithm="EdDSA"),
    "RS512 with our key": lambda: signed(algorithm="RS512"),
    "PS256 with our key": lambda: signed(algorithm="PS256"),
    "key of another environment": of_another_environment,
    "unknown kid": lambda: signed(kid="20200101000000"),
    "kid that is a path": lambda: signed(kid="../../etc/passwd"),
    "kid that is an object": lambda: raw({"alg": "RS256", "typ": "at+jwt", "kid": {"$gt": ""}}, plain(), b"x"),
    "key brought along": lambda: signed(key=rsa.generate_private_key(65537, 2048), jwk={"kty": "RSA"}, jku="http://127.0.0.1:1/"),
    "other type": lambda: signed(typ="JWT"),
    "wrong issuer": lambda: signed(payload(iss="https://elsewhere.example")),
    "wrong audience": lambda: signed(payload(aud="another-service")),
    "expired": lambda: signed(payload(exp=clock.now() - timedelta(seconds=1))),
    "not yet valid": lambda: signed(payload(nbf=clock.now() + timedelta(minutes=2))),
    "without expiry": lambda: signed(payload(exp=None)),
    "without session": lambda: signed(payload(sid=None)),
    "expiry that is a text": lambda: signed(payload(exp="never")),
    "changed claims": changed,
    "facts of another session": facts_of_another_session,
    "empty parts": lambda: "..",
    "too long": lambda: signed(payload(extra="x" * 5000)),
    "not ASCII": lambda: "é.é.é",
}


@pytest.mark.parametrize("kind", FORGERIES)
def test_forged_tokens_are_refused(client, kind):
    answer = client.get("/v1/me/sessions", headers={"Authorization": f"Bearer {FORGERIES[kind]()}"})
    expected = "accounts.token-expired" if kind == "expired" else "accounts.token-invalid"
    assert (answer.status_code, answer.json["code"]) == (401, expected)
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_what_the_forgeries_are_made_of_is_good(client):
    assert client.get("/v1/me/sessions", headers={"Authorization": f"Bearer {signed()}"}).status_code == 200


def test_a_refresh_token_is_no_access_token(client, enter):
    grant = enter(phone("010-1234-0001"))
    answer = client.get("/v1/me", headers={"Authorization": f"Bearer {grant.refresh_token}"})
    assert (answer.status_code, answer.json["code"]) == (401, "accounts.token-invalid")
    body = {"refresh_token": grant.access_token[:200], "device_id": "x" * 32}
    assert client.post("/v1/sessions/refresh", json=body).json["code"] == "accounts.invalid-refresh-token"


def test_a_cached_token_expires_and_is_revoked_all_the_same(client, enter):
    grant = enter(phone("010-1234-0002"))
    assert client.get("/v1/me", headers=headers(grant)).status_code == 200
    sessions.end_all(grant.person_id, because="test")
    assert client.get("/v1/me", headers=headers(grant)).json["code"] == "accounts.session-ended"
    other = enter(phone("010-1234-0003"))
    assert client.get("/v1/me", headers=headers(other)).status_code == 200
    clock.shift(timedelta(minutes=11))
    assert client.get("/v1/me", headers=headers(other)).json["code"] == "accounts.token-expired"


def test_another_process_honours_no_revoked_token_after_five_seconds(client, enter, db, monkeypatch):
    grant = enter(phone("010-1234-0004"))
    assert client.get("/v1/me", headers=headers(grant)).status_code == 200
    db.revoked_sessions.insert_one(
        {"_id": grant.session_id, "until": clock.now() + timedelta(minutes=20)}
    )  # as another process does
    monkeypatch.setattr(sessions._revocations, "_read_at", sessions._revocations._read_at - sessions.REVOCATIONS_CACHED_S)
    assert client.get("/v1/me", headers=headers(grant)).json["code"] == "accounts.session-ended"


def test_rotating_the_key_signs_nobody_out(client, enter):
    before = enter(phone("010-1234-0005"))
    old = keys.current_key("token").kid
    made = settings().keys_dir / f"token-{int(old) + 1 if old.isdecimal() else old + '1'}.pem"
    create_keys(settings().keys_dir / "next", ["token"])[0].rename(made)
    try:
        forget_keys()
        assert keys.current_key("token").kid != old
        after = enter(phone("010-1234-0006"))
        assert jwt.get_unverified_header(after.access_token)["kid"] != old
        tokens._verified.clear()
        for grant in (before, after):
            assert client.get("/v1/me", headers=headers(grant)).status_code == 200
        assert [key["kid"] for key in client.get("/v1/.well-known/jwks.json").json["keys"]] == [
            old,
            keys.current_key("token").kid,
        ]
    finally:
        made.unlink()
        forget_keys()
        tokens._verified.clear()
    assert client.get("/v1/me", headers=headers(after)).json["code"] == "accounts.token-invalid"


def forget_keys():
    keys.signing_keys.cache_clear()
    tokens._public_keys.cache_clear()
    tokens._headers.cache_clear()


def test_resident_facts_travel_where_only_the_server_reads_them(client, enter):
    me = enter(phone("010-1234-0007"))
    from mvoting.accounts import residents

    residents.confirm(
        me.person_id, {"district": "11440", "birth_year": 1957, "gender": "female", "tags": ["baker"]}, source="staff"
    )
    token = enter(phone("010-1234-0007")).access_token
    shown = base64.urlsafe_b64decode(token.split(".")[1] + "==").decode()
    assert json.loads(shown)["trust"] == "resident"
    for fact in ("11440", "1957", "female", "baker"):
        assert fact not in shown
    assert tokens.verify(token).facts == {"district": "11440", "birth_year": 1957, "gender": "female", "tags": ["baker"]}
    assert persons.person(me.person_id)["facts_source"] == "staff"
    assert random_id() not in shown
