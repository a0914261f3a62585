"""Callers of the demo: a staff member signs in as often as the story needs, though each code is good once."""

import json
from types import SimpleNamespace

import httpx
import pyotp
import pytest

from mvoting.stack import clients

SECRET = pyotp.random_base32()
REFUSED = {"code": "accounts.invalid-second-factor"}


@pytest.fixture
def clock(monkeypatch):
    """A clock that moves by sleeping only."""
    at = SimpleNamespace(now=1_800_000_012.0, slept=0.0)

    def sleep(seconds):
        at.now, at.slept = at.now + seconds, at.slept + seconds

    monkeypatch.setattr(clients, "time", SimpleNamespace(time=lambda: at.now, sleep=sleep))
    return at


def officer_of(server):
    officer = clients.Officer("http://city.example", "a@city.example", "password", SECRET)
    officer.http = httpx.Client(base_url="http://city.example", transport=httpx.MockTransport(server))
    return officer


def test_codes_that_were_used_are_followed_by_the_next_that_is_good(clock):
    used = [0]

    def server(request):
        if request.url.path == "/v1/staff/sign-in":
            return httpx.Response(200, json={"challenge": "c"})
        code, present = json.loads(request.content)["code"], int(clock.now) // 30
        steps = [step for step in (present, present - 1, present + 1) if pyotp.TOTP(SECRET).generate_otp(step) == code]
        if not steps or steps[0] <= used[-1]:
            return httpx.Response(401, json=REFUSED, headers={"Content-Type": "application/problem+json"})
        used.append(steps[0])
        return httpx.Response(200, json={"token": "t"})

    for _ in range(4):
        assert officer_of(server).sign_in() == {"token": "t"}
    first = 1_800_000_012 // 30
    assert used == [0, first, first + 1, first + 2, first + 3]
    assert 30 < clock.slept < 60


def test_a_wrong_authenticator_is_told_of_after_the_wait(clock):
    def server(request):
        if request.url.path == "/v1/staff/sign-in":
            return httpx.Response(200, json={"challenge": "c"})
        return httpx.Response(401, json=REFUSED, headers={"Content-Type": "application/problem+json"})

    with pytest.raises(clients.Refused, match="invalid-second-factor"):
        officer_of(server).sign_in()
    assert clock.slept <= 30.5
