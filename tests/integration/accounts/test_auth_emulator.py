"""Signing in through the real Firebase Auth emulator: a phone number with the code it "sent", custom claims, social sign-in.

The emulator is npm's firebase-tools, installed by `.ci/run` under tests/emulator. Absent, the tests are one named skip; in CI a failure.
"""

import json
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import httpx
import pytest

from mvoting.accounts import firebase
from mvoting.stack.servers import free_port

PROJECT = "demo-mvoting"
API = "identitytoolkit.googleapis.com/v1"
DEVICE = {"id": "e" * 32}
AGREED = {"terms": 1, "privacy": 1, "is_fourteen": True}


def firebase_command():
    """Find firebase-tools: in the environment, on PATH, or where `.ci/run` puts it."""
    found = os.environ.get("MVOTING_FIREBASE_TOOLS") or shutil.which("firebase")
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
        deadline = time.monotonic() + 90
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
    import firebase_admin

    monkeypatch.setenv("FIREBASE_AUTH_EMULATOR_HOST", emulator.removeprefix("http://"))
    firebase_admin._apps.pop(firebase.APP_NAME, None)
    yield
    firebase_admin._apps.pop(firebase.APP_NAME, None)


def call(emulator, method, **body):
    answer = httpx.post(f"{emulator}/{API}/accounts:{method}?key=any", json=body, timeout=10)
    assert answer.status_code == 200, answer.text
    return answer.json()


def phone_token(emulator, number):
    """Go the phone's way: ask for a code, read it where the emulator shows it, sign in."""
    session = call(emulator, "sendVerificationCode", phoneNumber=number)["sessionInfo"]
    shown = httpx.get(f"{emulator}/emulator/v1/projects/{PROJECT}/verificationCodes").json()["verificationCodes"]
    code = next(c["code"] for c in reversed(shown) if c["sessionInfo"] == session)
    return call(emulator, "signInWithPhoneNumber", sessionInfo=session, code=code)


def send(client, token):
    return client.post("/v1/sign-in/firebase", json={"id_token": token, "device": DEVICE, "consents": AGREED})


def test_a_phone_number_joins_and_comes_back(emulator, client):
    first = send(client, phone_token(emulator, "+821044440001")["idToken"])
    assert first.status_code == 200, first.json
    assert send(client, phone_token(emulator, "+821044440001")["idToken"]).json["person"] == first.json["person"]
    assert send(client, phone_token(emulator, "+821044440002")["idToken"]).json["person"] != first.json["person"]


def test_claims_that_the_project_sets_give_no_rights_here(emulator, client):
    from firebase_admin import auth

    signed_in = phone_token(emulator, "+821044440003")
    auth.set_custom_user_claims(signed_in["localId"], {"trust": "resident", "roles": ["administrator"]}, app=firebase._app())
    token = phone_token(emulator, "+821044440003")["idToken"]
    assert auth.verify_id_token(token, app=firebase._app())["trust"] == "resident"
    assert send(client, token).json["person"]["trust"] == "member"


def test_a_social_sign_in_opens_a_connected_account_only(emulator, client):
    google = json.dumps({"sub": "google-1", "email": "kim@example.com", "email_verified": True})
    body = {"postBody": f"id_token={google}&providerId=google.com", "requestUri": "http://localhost", "returnSecureToken": True}
    token = call(emulator, "signInWithIdp", **body)["idToken"]
    refused = send(client, token)
    assert (refused.status_code, refused.json["code"]) == (403, "accounts.phone-required")
    me = send(client, phone_token(emulator, "+821044440004")["idToken"]).json
    bearer = {"Authorization": f"Bearer {me['access_token']}"}
    assert client.post("/v1/me/sign-ins/firebase", json={"id_token": token}, headers=bearer).status_code == 204
    assert send(client, call(emulator, "signInWithIdp", **body)["idToken"]).json["person"] == me["person"]


def test_an_anonymous_account_is_nobody(emulator, client):
    answer = send(client, call(emulator, "signUp", returnSecureToken=True)["idToken"])
    assert (answer.status_code, answer.json["code"]) == (401, "accounts.invalid-identity-token")
