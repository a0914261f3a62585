"""Whose address counts behind proxies: only what our own proxies appended; by default no header at all."""

import dataclasses

import pytest
from flask import Flask, request

from mvoting import app as composition
from mvoting.core.settings import SettingsError, load_settings, settings


@pytest.fixture
def address_seen(app, monkeypatch):
    """Give the client's address as an application behind so many proxies sees it: `address_seen(1, "203.0.113.7")`."""

    def ask(hops, forwarded):
        real = dataclasses.replace(settings(), trusted_proxies=hops)
        monkeypatch.setattr(composition, "settings", lambda: real)
        small = Flask("small")
        composition.believe_proxies(small)
        small.add_url_rule("/", "seen", lambda: f"{request.remote_addr} {request.scheme}")
        sent = {"X-Forwarded-For": forwarded, "X-Forwarded-Proto": "https"}
        return small.test_client().get("/", headers=sent, environ_base={"REMOTE_ADDR": "10.0.0.1"}).text

    return ask


def test_by_default_no_header_is_believed(address_seen):
    assert address_seen(0, "203.0.113.7") == "10.0.0.1 http"


def test_one_proxy_tells_the_client_and_what_the_client_wrote_counts_for_nothing(address_seen):
    assert address_seen(1, "203.0.113.7") == "203.0.113.7 https"
    assert address_seen(1, "1.1.1.1, 203.0.113.7") == "203.0.113.7 https"
    assert address_seen(2, "1.1.1.1, 203.0.113.7, 10.0.0.9").split()[0] == "203.0.113.7"


@pytest.mark.parametrize("value", ["-1", "9", "yes", "1.5", "１"])
def test_nonsense_stops_the_start(environment, value):
    with pytest.raises(SettingsError, match="MVOTING_TRUSTED_PROXIES"):
        load_settings({**environment, "MVOTING_TRUSTED_PROXIES": value})
