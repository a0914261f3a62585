"""Codes by the city's own text messages: one person all the same, few messages to one number, and no stranger's tries in between."""

import dataclasses
import json
import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from mvoting.accounts import services, text_messages
from mvoting.core import clock
from mvoting.core.settings import SettingsError, load_settings, settings
from tests.people import entry, phone

NUMBER, DEVICE = "010-1234-5678", {"id": "d" * 32}
AGREED = {"terms": 1, "privacy": 1, "is_fourteen": True}


@pytest.fixture
def gateway(app, monkeypatch):
    """A gateway on loopback; `sent` is what it got, `status` what it answers."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            server.sent.append({**body, "key": self.headers["Authorization"]})
            self.send_response(server.status)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.sent, server.status = [], 202
    offered = dataclasses.replace(settings(), sms_url=f"http://127.0.0.1:{server.server_port}/send", sms_key="hush")
    monkeypatch.setattr(text_messages, "settings", lambda: offered)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def ask(client, number=NUMBER, device=DEVICE, address="10.0.0.1", **headers):
    body = {"phone": number, "device_id": device["id"]}
    return client.post("/v1/sign-in/phone", json=body, environ_base={"REMOTE_ADDR": address}, headers=headers)


def sign_in(client, code, number=NUMBER, device=DEVICE, **more):
    body = {"phone": number, "code": code, "device": device, "consents": AGREED, **more}
    return client.post("/v1/sign-in/phone/code", json=body)


def code_in(message):
    return next(word for word in message["text"].split() if word.isdecimal())


def test_a_code_by_text_message_opens_the_one_account_of_its_number(client, gateway):
    answer = ask(client)
    assert answer.status_code == 202, answer.json
    (message,) = gateway.sent
    assert (message["to"], message["key"]) == ("+821012345678", "Bearer hush")
    assert set(answer.json) == {"expires_at"}
    first = sign_in(client, code_in(message))
    assert first.status_code == 200, first.json
    assert services.sign_in(phone(NUMBER), entry(), method="firebase").person_id == first.json["person"]["id"]
    again = sign_in(client, code_in(message))
    assert again.json["code"] == "accounts.invalid-code", "each is good once"


def test_one_message_is_enough_for_whoever_has_to_agree_first(client, gateway):
    ask(client)
    body = {"phone": NUMBER, "code": code_in(gateway.sent[0]), "device": DEVICE}
    assert client.post("/v1/sign-in/phone/code", json=body).json["code"] == "accounts.consent-required"
    stranger = client.post("/v1/sign-in/phone/code", json={**body, "device": {"id": "s" * 32}, "consents": AGREED})
    assert stranger.json["code"] == "accounts.invalid-code", "it stays the code of the browser that asked"
    assert client.post("/v1/sign-in/phone/code", json={**body, "consents": AGREED}).status_code == 200
    assert len(gateway.sent) == 1


def test_its_text_speaks_the_persons_language(client, gateway):
    ask(client, **{"Accept-Language": "en"})
    ask(client, "010-2222-3333")
    assert "Your code is" in gateway.sent[0]["text"]
    assert "인증번호" in gateway.sent[1]["text"]


def test_a_wrong_late_or_foreign_code_opens_nothing(client, gateway, db):
    ask(client)
    code = code_in(gateway.sent[0])
    assert sign_in(client, f"{(int(code) + 1) % 10**6:06d}").json["code"] == "accounts.invalid-code"
    assert sign_in(client, code, "010-9999-0000").json["code"] == "accounts.invalid-code"
    clock.shift(text_messages.LIFETIME + timedelta(seconds=1))
    assert sign_in(client, code).json["code"] == "accounts.invalid-code"
    assert db.persons.count_documents({}) == 0


def test_a_second_fact_needs_no_second_message(client, gateway):
    owner = services.sign_in_with_phone(NUMBER).person_id
    clock.shift(timedelta(days=91))
    try:
        ask(client)
        code, right = code_in(gateway.sent[0]), services.approval_code(owner)[0]
        assert sign_in(client, code).json["code"] == "accounts.second-fact-required"
        wrong = "00000000" if right != "00000000" else "11111111"
        assert sign_in(client, code, second_fact={"approval_code": wrong}).json["code"] == "accounts.invalid-code"
        assert sign_in(client, code, second_fact={"approval_code": right}).json["person"]["id"] == owner
        assert sign_in(client, code).json["code"] == "accounts.invalid-code", "used up once somebody is in"
        assert len(gateway.sent) == 1
    finally:
        clock.shift(timedelta())


def test_a_strangers_tries_do_not_use_the_code_up(client, gateway):
    ask(client)
    stranger = {"id": "s" * 32}
    for guess in range(6):
        assert sign_in(client, f"{guess:06d}", device=stranger).json["code"] == "accounts.invalid-code"
    ask(client, device=stranger, address="10.6.6.6")
    assert sign_in(client, code_in(gateway.sent[1]), device=DEVICE).json["code"] == "accounts.invalid-code"
    assert sign_in(client, code_in(gateway.sent[0])).status_code == 200


def test_a_phone_rings_only_so_often(client, gateway):
    assert [ask(client).status_code for _ in range(4)] == [202, 202, 202, 429]
    assert int(ask(client).headers["Retry-After"]) > 0
    assert ask(client, address="10.0.0.2").status_code == 202, "another network may still ask"
    assert ask(client, "010-8888-7777").status_code == 202
    for number in range(40):
        ask(client, address=f"10.1.{number}.1")
    assert sum(message["to"] == "+821012345678" for message in gateway.sent) == 20


@pytest.mark.parametrize("number", ["+1 900 555 0100", "02-120-1234", "+82 60 123 4567", "not a number", "0505-123-4567"])
def test_only_korean_mobile_numbers_get_messages(client, gateway, number):
    answer = ask(client, number)
    assert (answer.status_code, answer.json["code"]) == (422, "accounts.no-mobile-number")
    assert gateway.sent == []


def test_a_gateway_that_fails_is_said_so(client, gateway):
    gateway.status = 500
    answer = ask(client)
    assert (answer.status_code, answer.json["code"]) == (503, "accounts.identity-provider-down")
    assert int(answer.headers["Retry-After"]) > 0


def test_a_new_number_is_connected_with_a_code(client, gateway):
    ask(client)
    me = sign_in(client, code_in(gateway.sent[0])).json
    other = {"phone": "010-7777-1111", "device_id": DEVICE["id"]}
    ask(client, other["phone"])
    headers = {"Authorization": f"Bearer {me['access_token']}"}
    wrong = client.post("/v1/me/sign-ins/phone", json={**other, "code": "000000"}, headers=headers)
    assert wrong.json["code"] == "accounts.invalid-code"
    right = {**other, "code": code_in(gateway.sent[1])}
    assert client.post("/v1/me/sign-ins/phone", json=right, headers=headers).status_code == 204
    labels = [one["label"] for one in client.get("/v1/me/sign-ins", headers=headers).json["items"]]
    assert sorted(labels) == ["***-1111", "***-5678"]


def test_where_no_gateway_is_there_is_no_such_way(client):
    assert client.get("/v1/sign-in/ways").json == {"text_message": False, "national": False, "development": True}
    assert ask(client).status_code == 404
    assert sign_in(client, "000000").status_code == 404


def test_half_a_gateway_or_an_open_line_stops_the_start(environment, tmp_path):
    with pytest.raises(SettingsError, match="MVOTING_SMS_KEY"):
        load_settings({**environment, "MVOTING_SMS_URL": "https://sms.example"})
    plain = {"MVOTING_SMS_URL": "http://sms.example", "MVOTING_SMS_KEY": "k", "MVOTING_ENV": "production"}
    with pytest.raises(SettingsError, match="MVOTING_SMS_URL: must start with https"):
        load_settings({**environment, **plain})
