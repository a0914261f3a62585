"""Signing in through the real Firebase Auth emulator: numbers, social providers, linking, accounts that Firebase closed.

The emulator is npm's firebase-tools, installed by `.ci/run` under tests/emulator. Absent, the tests are one named skip; in CI a failure.
"""

import json
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path
from urllib.parse import urlencode

import firebase_admin
import httpx
import jwt
import pytest
from firebase_admin import auth

from mvoting.accounts import firebase
from mvoting.stack.servers import free_port
from tests.workers import wait_until

PROJECT = "demo-mvoting"
API = "identitytoolkit.googleapis.com/v1"
DEVICE = {"id": "e" * 32}
AGREED = {"terms": 1, "privacy": 1, "is_fourteen": True}


def firebase_command():
    """Find firebase-tools: in the environment, on PATH, or where `.ci/run` puts it."""
    if named := os.environ.get("MVOTING_FIREBASE_TOOLS"):
        wait_until(lambda: Path(named).exists(), seconds=240, every=0.5)  # `.ci/run` installs it beside the tests
        return named
    found = shutil.which("firebase")
    local = Path(__file__).parents[2] / "emulator/node_modules/.bin/firebase"
    if found or local.exists():
        return str(found or local)
    reason = "firebase-tools is not on this machine (`cd tests/emulator && npm install`)"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="module")
def emulator(tmp_path_factory):
    """A running Auth emulator; gives its base address."""
    command, folder, port = firebase_command(), tmp_path_factory.mktemp("emulator"), free_port()
    ports = {"auth": {"host": "127.0.0.1", "port": port}, "ui": {"enabled": False}}
    ports |= {"hub": {"host": "127.0.0.1", "port": free_port()}, "logging": {"host": "127.0.0.1", "port": free_port()}}
    (folder / "firebase.json").write_text(json.dumps({"emulators": {**ports, "singleProjectMode": True}}))
    log = (folder / "log").open("w")
    process = subprocess.Popen(
        [command, "emulators:start", "--only", "auth", "--project", PROJECT],
        cwd=folder,
        stdout=log,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        env={**os.environ, "CI": "1", "HOME": str(folder), "FIREBASE_CLI_DISABLE_UPDATE_CHECK": "1"},
    )
    base = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + 240  # a busy machine
        while True:
            try:
                if httpx.get(base, timeout=1).status_code == 200:
                    break
            except httpx.HTTPError:
                pass
            assert process.poll() is None, (folder / "log").read_text()[-2000:]
            assert time.monotonic() < deadline, (folder / "log").read_text()[-2000:]
            time.sleep(0.2)
        yield base
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        log.close()


@pytest.fixture(autouse=True)
def _use_emulator(emulator, app, monkeypatch):
    monkeypatch.setenv("FIREBASE_AUTH_EMULATOR_HOST", emulator.removeprefix("http://"))
    firebase_admin._apps.pop(firebase.APP_NAME, None)
    yield
    firebase_admin._apps.pop(firebase.APP_NAME, None)


def call(emulator, method, **body):
    answer = httpx.post(f"{emulator}/{API}/accounts:{method}?key=any", json=body, timeout=10)
    assert answer.status_code == 200, answer.text
    return answer.json()


def phone_token(emulator, number, **more):
    """Go the phone's way: ask for a code, read it where the emulator shows it, sign in."""
    session = call(emulator, "sendVerificationCode", phoneNumber=number)["sessionInfo"]
    shown = httpx.get(f"{emulator}/emulator/v1/projects/{PROJECT}/verificationCodes").json()["verificationCodes"]
    code = next(c["code"] for c in reversed(shown) if c["sessionInfo"] == session)
    return call(emulator, "signInWithPhoneNumber", sessionInfo=session, code=code, **more)


def send(client, token):
    return client.post("/v1/sign-in/firebase", json={"id_token": token, "device": DEVICE, "consents": AGREED})


def test_a_phone_number_joins_and_comes_back(emulator, client):
    first = send(client, phone_token(emulator, "+821044440001")["idToken"])
    assert first.status_code == 200, first.json
    assert send(client, phone_token(emulator, "+821044440001")["idToken"]).json["person"] == first.json["person"]
    assert send(client, phone_token(emulator, "+821044440002")["idToken"]).json["person"] != first.json["person"]


def test_claims_that_the_project_sets_give_no_rights_here(emulator, client):
    signed_in = phone_token(emulator, "+821044440003")
    auth.set_custom_user_claims(signed_in["localId"], {"trust": "resident", "roles": ["administrator"]}, app=firebase._app())
    token = phone_token(emulator, "+821044440003")["idToken"]
    assert auth.verify_id_token(token, app=firebase._app())["trust"] == "resident"
    assert send(client, token).json["person"]["trust"] == "member"


# The social providers that Firebase offers, each with the credential that its own sign-in hands to the app.
SOCIAL = {
    "google.com": "id_token",
    "apple.com": "id_token",
    "microsoft.com": "id_token",
    "facebook.com": "access_token",
    "github.com": "access_token",
    "twitter.com": "access_token",
    "yahoo.com": "access_token",
    "oidc.kakao": "id_token",
}


def social(emulator, provider, subject, **more):
    """Sign in with a social provider; `idToken=` links it to the Firebase account of that token."""
    claims = json.dumps({"sub": subject, "email": f"{subject}@example.com", "email_verified": True})
    sent = urlencode({SOCIAL[provider]: claims, "providerId": provider})
    return call(emulator, "signInWithIdp", postBody=sent, requestUri="http://localhost", returnSecureToken=True, **more)


def bearer(grant):
    return {"Authorization": f"Bearer {grant['access_token']}"}


def connect(client, grant, token):
    return client.post("/v1/me/sign-ins/firebase", json={"id_token": token}, headers=bearer(grant))


@pytest.mark.parametrize("provider", SOCIAL)
def test_a_social_sign_in_makes_nobody_and_opens_the_door_it_is_connected_to(emulator, client, db, provider):
    number = f"+82105555{list(SOCIAL).index(provider):04d}"
    subject = f"subject-of-{provider.partition('.')[2]}-{provider.partition('.')[0]}"
    people = db.persons.count_documents({})
    refused = send(client, social(emulator, provider, subject)["idToken"])
    assert (refused.status_code, refused.json["code"]) == (403, "accounts.phone-required")
    assert db.persons.count_documents({}) == people
    me = send(client, phone_token(emulator, number)["idToken"]).json
    assert connect(client, me, social(emulator, provider, subject)["idToken"]).status_code == 204
    assert connect(client, me, social(emulator, provider, subject)["idToken"]).status_code == 204, "twice is once"
    again = send(client, social(emulator, provider, subject)["idToken"])
    assert again.json["person"] == me["person"]
    other = send(client, phone_token(emulator, "+821066660000")["idToken"]).json
    taken = connect(client, other, social(emulator, provider, subject)["idToken"])
    assert taken.json["code"] == "accounts.identifier-taken"
    listed = client.get("/v1/me/sign-ins", headers=bearer(me)).json["items"]
    (mine,) = [one for one in listed if one["kind"] == "social"]
    assert mine["label"] == provider
    assert client.delete(f"/v1/me/sign-ins/{mine['id']}", headers=bearer(me)).status_code == 204
    assert send(client, social(emulator, provider, subject)["idToken"]).json["code"] == "accounts.phone-required"


def test_an_address_with_a_password_opens_a_connected_account_only(emulator, client):
    made = call(emulator, "signUp", email="kim@example.com", password="not-ours-to-judge", returnSecureToken=True)
    assert send(client, made["idToken"]).json["code"] == "accounts.phone-required"
    me = send(client, phone_token(emulator, "+821044440014")["idToken"]).json
    assert connect(client, me, made["idToken"]).status_code == 204
    assert send(client, made["idToken"]).json["person"] == me["person"]


def test_linking_inside_firebase_proves_no_number_to_us(emulator, client):
    """A Firebase account may hold a number and a social sign-in; each proves only itself, however it was linked there."""
    by_phone = phone_token(emulator, "+821044440005")
    me = send(client, by_phone["idToken"]).json
    linked = social(emulator, "google.com", "linked-there", idToken=by_phone["idToken"])
    assert linked["localId"] == by_phone["localId"]
    token = social(emulator, "google.com", "linked-there")["idToken"]
    assert jwt.decode(token, options={"verify_signature": False})["phone_number"] == "+821044440005"
    assert send(client, token).json["code"] == "accounts.phone-required"
    assert connect(client, me, token).status_code == 204
    assert send(client, token).json["person"] == me["person"]
    assert send(client, phone_token(emulator, "+821044440005")["idToken"]).json["person"] == me["person"]


def test_a_number_changed_inside_firebase_moves_nobody(emulator, client):
    old = phone_token(emulator, "+821044440006")
    me = send(client, old["idToken"]).json
    new = phone_token(emulator, "+821044440007", idToken=old["idToken"])
    assert new["localId"] == old["localId"]
    assert connect(client, me, new["idToken"]).status_code == 204, "the owner brings the number along by connecting it"
    assert send(client, phone_token(emulator, "+821044440007")["idToken"]).json["person"] == me["person"]
    stranger = phone_token(emulator, "+821044440006")  # a new Firebase account with the number given up there
    assert stranger["localId"] != old["localId"]
    assert send(client, stranger["idToken"]).json["person"] == me["person"], "until the number is given up here, too"


def disable(uid):
    auth.update_user(uid, disabled=True, app=firebase._app())


def delete(uid):
    auth.delete_user(uid, app=firebase._app())


def sign_out_everywhere(uid):
    later = int(time.time()) + 2  # as if some seconds had passed since the token was given
    auth._get_client(firebase._app())._user_manager.update_user(uid, valid_since=later)


@pytest.mark.parametrize("act", [disable, delete, sign_out_everywhere])
@pytest.mark.parametrize("way", ["phone", "social"])
def test_an_account_that_firebase_closed_opens_nothing_more_and_open_sessions_go_on(emulator, client, act, way):
    number = f"+8210333{['disable', 'delete', 'sign_out_everywhere'].index(act.__name__)}{len(way):04d}"
    by_phone = phone_token(emulator, number)
    me = send(client, by_phone["idToken"]).json
    closed = by_phone
    if way == "social":
        closed = social(emulator, "google.com", f"closed-{act.__name__}")
        assert connect(client, me, closed["idToken"]).status_code == 204
    assert send(client, closed["idToken"]).status_code == 200
    act(closed["localId"])
    refused = send(client, closed["idToken"])
    assert (refused.status_code, refused.json["code"]) == (401, "accounts.invalid-identity-token")
    assert connect(client, me, closed["idToken"]).json["code"] == "accounts.invalid-identity-token"
    assert client.get("/v1/me", headers=bearer(me)).status_code == 200


def test_a_token_of_nobody_is_refused_although_the_emulator_signs_nothing(client):
    at = int(time.time())
    claims = {"iss": f"https://securetoken.google.com/{PROJECT}", "aud": PROJECT, "sub": "x", "user_id": "x", "iat": at}
    claims |= {"exp": at + 3600, "phone_number": "+821044440008", "firebase": {"sign_in_provider": "phone"}}
    answer = send(client, jwt.encode(claims, None, algorithm="none"))
    assert (answer.status_code, answer.json["code"]) == (401, "accounts.invalid-identity-token")


def test_a_custom_token_is_nobody(emulator, client):
    custom = auth.create_custom_token("made-by-the-project", app=firebase._app()).decode()
    token = call(emulator, "signInWithCustomToken", token=custom, returnSecureToken=True)["idToken"]
    assert send(client, token).json["code"] == "accounts.invalid-identity-token"


def test_while_firebase_is_gone_a_new_sign_in_waits(emulator, client, monkeypatch):
    me = phone_token(emulator, "+821044440009")
    assert send(client, me["idToken"]).status_code == 200
    monkeypatch.setenv("FIREBASE_AUTH_EMULATOR_HOST", f"127.0.0.1:{free_port()}")
    firebase_admin._apps.pop(firebase.APP_NAME, None)
    answer = send(client, me["idToken"])
    assert (answer.status_code, answer.json["code"]) == (503, "accounts.identity-provider-down")
    assert int(answer.headers["Retry-After"]) > 0


def test_an_anonymous_account_is_nobody(emulator, client):
    answer = send(client, call(emulator, "signUp", returnSecureToken=True)["idToken"])
    assert (answer.status_code, answer.json["code"]) == (401, "accounts.invalid-identity-token")
