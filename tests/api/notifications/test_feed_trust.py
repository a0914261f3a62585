"""Whom CAP feeds are believed and where they are fetched from: logins, signatures, addresses."""

import base64
import threading
from dataclasses import replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from lxml import etree

from mvoting.core.clock import now
from mvoting.core.settings import settings
from notifications.cap.writer import write
from notifications.feeds import addresses, poller, services
from tests.api.notifications.test_feeds import SENDER, admin, atom, clean, code, hand_in, message  # noqa: F401 - fixtures
from tests.signing import Signer

LOGIN = {"user": "seoul", "secret": "우산-1234"}


@pytest.fixture
def guarded_feed():
    """A web server that answers only to the right login; `asked` is what was asked with which headers."""
    asked = []
    wanted = "Basic " + base64.b64encode(f"{LOGIN['user']}:{LOGIN['secret']}".encode()).decode()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append((self.path, self.headers["Host"], self.headers.get("Authorization")))
            is_known = self.headers.get("Authorization") == wanted
            body = atom("/1.cap") if self.path == "/feed" else write(message("p-1"))
            self.send_response(200 if is_known else 401)
            self.send_header("Content-Length", str(len(body) if is_known else 0))
            self.end_headers()
            self.wfile.write(body if is_known else b"")

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    server.server_close()


def register(client, admin, **entered):  # noqa: F811 - the fixture's value
    return client.post("/v1/cap/sources", json={"name": "기상청", "sender": SENDER, **entered}, headers=admin)


def test_a_guarded_feed_is_read_with_its_login_and_the_login_never_shown(client, admin, db, guarded_feed):  # noqa: F811
    address, asked = guarded_feed
    made = register(client, admin, url=f"{address}/feed", feed_login={"user": "seoul", "secret": "wrong"})
    assert (made.status_code, made.json["login_kind"]) == (201, "basic")
    poller.poll(now=now())
    assert db.cap_sources.find_one()["poll_error"] == "status-401"
    path = f"/v1/cap/sources/{made.json['id']}"
    changed = client.patch(path, json={"feed_login": LOGIN}, headers=admin)
    assert (changed.status_code, changed.json["revision"]) == (200, 2), "a change ends what was listed"
    poller.poll(now=now())
    assert db.cap_receipts.find_one()["outcome"] == "drafted"
    assert all(login for _, _, login in asked)
    everything = str(list(db.cap_sources.find())) + str(list(db.audit_entries.find())) + changed.text
    assert LOGIN["secret"] not in everything
    client.patch(path, json={"feed_login": {"secret": "token-1"}}, headers=admin)
    assert services.feed_headers(services.get_source(made.json["id"])) == {"Authorization": "Bearer token-1"}
    assert client.patch(path, json={"feed_login": None}, headers=admin).json["login_kind"] is None
    assert services.feed_headers(services.get_source(made.json["id"])) == {}


def test_only_what_the_institution_signed_is_taken_in(client, admin, db):  # noqa: F811
    signer, other = Signer(), Signer("남")
    source = register(client, admin, certificate=signer.pem).json
    plain = write(message("s-1"))
    for data, word in (
        (plain, "unsigned"),
        (other.signed(plain), "bad-signature"),
        (signer.signed(plain).replace(b"1144000000", b"1114000000"), "bad-signature"),
        (signer.signed(plain).replace(b"<identifier>s-1", b"<identifier>s-2"), "bad-signature"),
    ):
        refused = hand_in(client, source, data)
        assert code(refused) == (422, "feeds.message-refused")
        assert refused.json["reason"] == word
    assert {receipt["outcome"] for receipt in db.cap_receipts.find()} == {"refused"}
    taken = hand_in(client, source, signer.signed(plain))
    assert (taken.status_code, taken.json["outcome"]) == (200, "drafted")


def test_a_signature_over_something_else_signs_nothing(client, admin, db):  # noqa: F811
    """Wrapping: a true signed message hidden inside a false one, and a signature over a part only."""
    signer = Signer()
    source = register(client, admin, certificate=signer.pem).json
    true = etree.fromstring(signer.signed(write(message("s-1"))))
    false = etree.fromstring(write(message("s-2")))
    signature = true.find("{http://www.w3.org/2000/09/xmldsig#}Signature")
    false.append(signature)
    assert code(hand_in(client, source, etree.tostring(false))) == (422, "feeds.message-refused")
    wrapped = etree.fromstring(write(message("s-3")))
    wrapped.append(etree.fromstring(signer.signed(write(message("s-4")))))
    assert code(hand_in(client, source, etree.tostring(wrapped))) == (422, "feeds.message-refused")
    bomb = b'<!DOCTYPE alert [<!ENTITY a "b">]>' + signer.signed(write(message("s-5")))
    assert code(hand_in(client, source, bomb)) == (422, "feeds.message-refused")
    assert db.alerts.count_documents({}) == 0


@pytest.mark.parametrize(
    ("certificate", "word"),
    [
        ("no certificate", "unreadable"),
        (Signer(starts=timedelta(days=-9), lasts=timedelta(days=8)).pem, "expired"),
        (Signer(starts=timedelta(days=2)).pem, "not-yet-valid"),
    ],
)
def test_a_certificate_that_cannot_serve_is_not_stored(client, admin, db, certificate, word):  # noqa: F811
    refused = register(client, admin, certificate=certificate)
    assert (code(refused), refused.json["reason"]) == ((422, "feeds.certificate-refused"), word)
    assert db.cap_sources.count_documents({}) == 0


def test_the_request_goes_to_the_address_that_was_checked(client, admin, db, guarded_feed, monkeypatch):  # noqa: F811
    """A name is looked up once for each request, and the request goes there, however the name is answered a moment later."""
    address, asked = guarded_feed
    port = address.rsplit(":", 1)[1]
    register(client, admin, url=f"http://feed.example:{port}/feed", feed_login=LOGIN)
    looked_up = []
    monkeypatch.setattr(addresses, "resolve", lambda host, _: looked_up.append(host) or ["127.0.0.1"])
    poller.poll(now=now())
    assert [(path, host) for path, host, _ in asked] == [(path, f"feed.example:{port}") for path in ("/feed", "/1.cap")]
    assert looked_up == ["feed.example"] * 2, "never by the library that connects"
    assert db.cap_receipts.find_one()["outcome"] == "drafted"


@pytest.mark.parametrize("answers", [["127.0.0.1"], ["211.34.86.21", "10.0.0.8"], ["::ffff:169.254.169.254"]])
def test_a_name_that_leads_inside_is_not_asked(client, admin, db, guarded_feed, monkeypatch, answers):  # noqa: F811
    address, asked = guarded_feed
    register(client, admin, url=f"http://feed.example:{address.rsplit(':', 1)[1]}/feed")
    monkeypatch.setattr(poller, "settings", lambda: replace(settings(), env="production"))
    monkeypatch.setattr(addresses, "resolve", lambda *_: answers)
    poller.poll(now=now())
    assert asked == []
    assert db.cap_sources.find_one()["poll_error"] == "address-not-public"


def test_production_stores_only_https_to_a_name(client, admin, db, monkeypatch):  # noqa: F811
    monkeypatch.setattr(services, "settings", lambda: replace(settings(), env="production"))
    for url in ("http://feed.kma.go.kr/rss", "https://127.0.0.1/feed", "https://redis.internal/feed"):
        assert code(register(client, admin, url=url)) == (422, "feeds.address-refused"), url
    assert register(client, admin, url="https://feed.kma.go.kr/rss").status_code == 201
