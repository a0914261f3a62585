"""Both senders against the phone sandbox: the same answers give the same outcomes, whatever the service does."""

import json
import time
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from notifications.channels.fcm.credentials import AccessTokens, CredentialsUnavailable
from notifications.channels.fcm.messages import Content, FcmPayload, PayloadTooLarge
from notifications.channels.fcm.pooled import PooledGateway
from notifications.channels.fcm.sdk import SdkGateway
from notifications.channels.gateway import Push, Verdict

NOW = datetime.now(UTC)


class Open:
    """A throttle that always grants and notes what it is told."""

    def __init__(self, waits=()):
        self.waits, self.slowed, self.taken = list(waits), [], 0

    def take(self, count):
        if self.waits:
            return self.waits.pop(0)
        self.taken += count
        return 0.0

    def slow_down(self, retry_after_s):
        self.slowed.append(retry_after_s)


class AfterFirst(Open):
    """Grants once, then asks for a wait."""

    def __init__(self, wait_s):
        super().__init__()
        self.wait_s = wait_s

    def take(self, count):
        return self.wait_s if self.taken else super().take(count)


def content(**changes):
    values = {
        "message_id": "m1", "revision": 1, "kind": "poll_opened", "title": "심야버스 투표", "body": "오늘 시작합니다.", "link": "/polls/1",
        "language": "ko", "expires_at": NOW + timedelta(hours=1), **changes,
    }  # fmt: skip
    return Content(**values)


def pushes(values, address="token", **changes):
    payload = FcmPayload(content(**changes), now=NOW)
    return [Push(address, value, "android", payload) for value in values]


def send(gateway, sent, throttle=None, *, stop_after=None):
    outcomes = {}

    def report(index, outcome):
        assert index not in outcomes, "reported twice"
        outcomes[index] = outcome
        return stop_after is None or len(outcomes) < stop_after

    wait_s = gateway.send(sent, report, throttle or Open())
    return wait_s, outcomes


@pytest.fixture
def pooled(sandbox):
    gateway = PooledGateway(sandbox.address, "demo", AccessTokens(None), connections=50)
    yield gateway
    gateway.close()


@pytest.fixture
def impatient(sandbox):
    gateway = PooledGateway(sandbox.address, "demo", AccessTokens(None), connections=50, timeout_s=1.5)
    yield gateway
    gateway.close()


@pytest.fixture
def sdk(sandbox):
    gateway = SdkGateway(sandbox.address, "demo", AccessTokens(None), timeout_s=1.5)
    yield gateway
    gateway.close()


@pytest.fixture(params=["pooled", "sdk"])
def gateway(request):
    return request.getfixturevalue(request.param)


def test_every_phone_gets_its_message_once(gateway, sandbox):
    wait_s, outcomes = send(gateway, pushes([f"phone-{n}" for n in range(250)]))
    assert wait_s == 0
    assert {o.verdict for o in outcomes.values()} == {Verdict.ACCEPTED}
    found = sandbox.phones.deliveries("m1:1")
    assert (len(found.targets), found.received) == (250, 250)
    assert sandbox.phones.messages("phone-7")[0]["notification"] == {"title": "심야버스 투표", "body": "오늘 시작합니다."}


def test_installation_ids_are_addressed_as_such(gateway, sandbox):
    send(gateway, pushes(["fid-1"], address="fid"))
    message = sandbox.phones.messages("fid-1")[0]
    assert message["fid"] == "fid-1"
    assert "token" not in message


@pytest.mark.parametrize(
    ("fault", "verdict"),
    [
        ("unregistered", Verdict.DEAD),
        ("invalid-token", Verdict.BAD_ADDRESS),
        ("invalid-request", Verdict.BAD_MESSAGE),
        ("sender-mismatch", Verdict.WRONG_SENDER),
        ("internal", Verdict.RETRY),
        ("third-party-auth", Verdict.PLATFORM_REFUSED),
        ("unauthenticated", Verdict.NOT_AUTHORISED),
        ("forbidden", Verdict.NOT_AUTHORISED),
        ("reset", Verdict.RETRY),
    ],
)
def test_error_table(gateway, fault, verdict):
    _, outcomes = send(gateway, pushes([f"fail-{fault}_1"]))
    assert outcomes[0].verdict is verdict


@pytest.mark.parametrize("fault", ["unavailable", "quota", "timeout", "drip"])
def test_error_table_of_the_pooled_sender(impatient, fault):
    """The SDK's sender sleeps and repeats inside the call on these, so they are shown with the pooled one."""
    started = time.monotonic()
    _, outcomes = send(impatient, pushes([f"fail-{fault}_1", "good"]))
    assert outcomes[0].verdict is (Verdict.SLOW_DOWN if fault == "quota" else Verdict.RETRY)
    assert outcomes[1].verdict is Verdict.ACCEPTED
    assert time.monotonic() - started < 4


def test_quota_holds_everything_and_gives_the_worker_back(pooled, sandbox):
    sandbox.rules.append(_rule("quota", retry_after_s=33))
    throttle, started = Open(), time.monotonic()
    wait_s, outcomes = send(pooled, pushes([f"p{n}" for n in range(1000)]), throttle)
    assert wait_s == 33
    assert throttle.slowed == [33]
    assert len(outcomes) <= 60, "the rest was not tried"
    assert time.monotonic() - started < 3


def test_one_phone_over_its_own_quota_does_not_hold_the_others(pooled):
    throttle = Open()
    wait_s, outcomes = send(pooled, pushes(["fail-quota_1", *[f"p{n}" for n in range(100)]]), throttle)
    assert (wait_s, throttle.slowed, len(outcomes)) == (0, [], 101)


def test_an_outage_opens_the_breaker(pooled, sandbox):
    sandbox.rules.append(_rule("unavailable"))
    wait_s, outcomes = send(pooled, pushes([f"p{n}" for n in range(2000)]))
    assert 0 < wait_s <= 2
    assert len(outcomes) < 150
    before = sandbox.outcomes["unavailable"]
    assert send(pooled, pushes(["x"]))[1] == {}, "open: nothing is tried"
    assert sandbox.outcomes["unavailable"] == before
    sandbox.rules.clear()
    time.sleep(2.1)
    assert send(pooled, pushes([f"q{n}" for n in range(100)]))[1], "the probe went through"
    assert len(send(pooled, pushes([f"r{n}" for n in range(100)]))[1]) == 100, "closed again"


def test_report_stops_a_run(pooled, sandbox):
    _, outcomes = send(pooled, pushes([f"p{n}" for n in range(2000)]), stop_after=100)
    assert 100 <= len(outcomes) <= 150, "only what was in flight is still reported"
    assert sandbox.outcomes["accepted"] == len(outcomes)


def test_a_long_wait_of_the_throttle_gives_the_worker_back(gateway):
    wait_s, outcomes = send(gateway, pushes(["a"]), Open(waits=[30.0]))
    assert (wait_s, outcomes) == (30.0, {})


def test_a_short_wait_of_the_throttle_is_slept_through(pooled):
    throttle = Open(waits=[0.05, 0.05])
    assert len(send(pooled, pushes(["a", "b"]), throttle)[1]) == 2
    assert throttle.taken == 2


def test_permits_are_asked_for_ahead_and_no_more_than_there_are_pushes(pooled, sandbox):
    throttle = Open(waits=[0.05])
    assert len(send(pooled, pushes([f"p{n}" for n in range(700)]), throttle)[1]) == 700
    assert throttle.taken == 700
    assert sandbox.phones.deliveries("m1:1").received == 700


def test_a_wait_met_while_asking_ahead_gives_the_worker_back(pooled):
    throttle = AfterFirst(30.0)
    wait_s, outcomes = send(pooled, pushes([f"p{n}" for n in range(700)]), throttle)
    assert wait_s == 30.0
    assert 0 < len(outcomes) <= throttle.taken, "what was permitted, and nothing beyond"


def test_a_service_that_is_not_there_is_retried_later():
    gateway = PooledGateway("http://127.0.0.1:9", "demo", AccessTokens(None), timeout_s=1)
    wait_s, outcomes = send(gateway, pushes([f"p{n}" for n in range(300)]))
    gateway.close()
    assert wait_s > 0
    assert {o.verdict for o in outcomes.values()} == {Verdict.RETRY}


def _rule(fault, **changes):
    from notifications.sandbox.server import FaultRule

    return FaultRule(fault, **changes)


# Credentials


@pytest.fixture(scope="module")
def private_key():
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()).decode()


def service_account(path, private_key, address, email="sender@demo.iam.gserviceaccount.com"):
    path.write_text(
        json.dumps(
            {
                "type": "service_account",
                "project_id": "demo",
                "private_key_id": "1",
                "private_key": private_key,
                "client_email": email,
                "client_id": "1",
                "token_uri": f"{address}/token",
            }
        )
    )
    return path


def test_a_refused_token_is_renewed_once(sandbox, tmp_path, private_key):
    tokens = AccessTokens(service_account(tmp_path / "account.json", private_key, sandbox.address))
    gateway = PooledGateway(sandbox.address, "demo", tokens)
    assert len(send(gateway, pushes(["a"]))[1]) == 1
    sandbox.revoked_tokens.add(tokens.current())
    issued = sandbox.issued_tokens
    _, outcomes = send(gateway, pushes([f"p{n}" for n in range(300)]))
    assert {o.verdict for o in outcomes.values()} == {Verdict.ACCEPTED}
    assert len(outcomes) == 300
    assert sandbox.issued_tokens == issued + 1
    sandbox.rules.append(_rule("forbidden"))
    wait_s, outcomes = send(gateway, pushes([f"p{n}" for n in range(1000)]))
    gateway.close()
    assert wait_s == 60
    assert len(outcomes) < 1000
    assert sandbox.issued_tokens == issued + 2, "renewed once, not for every refusal"


def test_a_changed_service_account_is_read_without_a_restart(sandbox, tmp_path, private_key):
    path = service_account(tmp_path / "account.json", private_key, sandbox.address)
    tokens = AccessTokens(path)
    first = tokens.current()
    assert tokens.current() == first
    path.write_text("{")
    with pytest.raises(CredentialsUnavailable):
        tokens.current()
    gateway = PooledGateway(sandbox.address, "demo", tokens)
    assert send(gateway, pushes(["a"])) == (60.0, {})
    service_account(path, private_key, sandbox.address, email="other@demo.iam.gserviceaccount.com")
    assert tokens.current() != first
    gateway.close()


def test_no_token_server_means_wait_not_loss(tmp_path, private_key):
    tokens = AccessTokens(service_account(tmp_path / "account.json", private_key, "http://127.0.0.1:9"))
    gateway = PooledGateway("http://127.0.0.1:9", "demo", tokens)
    assert send(gateway, pushes(["a"])) == (60.0, {})


# Messages


def test_an_extreme_alert_says_everything_a_phone_needs(sandbox, pooled):
    send(pooled, pushes(["a"], urgency="extreme", kind="alert_extreme", message_id="alert-1", critical_sound=True))
    message = sandbox.phones.messages("a")[0]
    android, apns, web = message["android"], message["apns"], message["webpush"]
    assert android["priority"] == "high"
    assert android["direct_boot_ok"] is True
    assert android["collapse_key"] == "alert-1"
    assert android["notification"] == {
        "channel_id": "alert_extreme", "tag": "alert-1", "visibility": "PUBLIC", "notification_priority": "PRIORITY_MAX", "proxy": "DENY",
    }  # fmt: skip
    assert apns["headers"]["apns-priority"] == "10"
    assert apns["headers"]["apns-collapse-id"] == "alert-1"
    assert apns["payload"]["aps"]["sound"] == {"critical": 1, "name": "default", "volume": 1.0}
    assert apns["payload"]["aps"]["interruption-level"] == "critical"
    assert (web["headers"]["Urgency"], web["notification"]["renotify"], web["notification"]["requireInteraction"]) == (
        "high",
        True,
        True,
    )
    assert message["data"]["message_id"] == "alert-1"


def test_ordinary_pushes_are_quiet(sandbox, pooled):
    send(pooled, pushes(["a"]))
    message = sandbox.phones.messages("a")[0]
    assert message["android"]["priority"] == "normal"
    assert message["apns"]["headers"]["apns-priority"] == "5"
    assert message["apns"]["payload"]["aps"]["sound"] == "default"
    assert "direct_boot_ok" not in message["android"]


def test_without_the_entitlement_an_extreme_alert_is_time_sensitive():
    document = json.loads(FcmPayload(content(urgency="extreme"), now=NOW).addressed("token", "a"))["message"]
    assert document["apns"]["payload"]["aps"] == {
        "sound": "default",
        "thread-id": "poll_opened",
        "interruption-level": "time-sensitive",
    }


def test_time_to_live_ends_with_the_message():
    def ttl(expires_in):
        document = json.loads(FcmPayload(content(expires_at=NOW + expires_in), now=NOW).addressed("token", "a"))
        return document["message"]["android"].get("ttl"), document["message"]["webpush"]["headers"]["TTL"]

    assert ttl(timedelta(minutes=5)) == ("300s", "300")
    assert ttl(timedelta(days=90)) == (f"{28 * 86400}s", str(28 * 86400))
    assert ttl(timedelta(minutes=-5)) == ("0s", "0")


def test_too_large_messages_are_refused_before_sending():
    with pytest.raises(PayloadTooLarge):
        FcmPayload(content(body="가" * 1500), now=NOW)
    assert FcmPayload(content(title="가" * 60, body="나" * 300), now=NOW)


def test_tokens_with_odd_letters_stay_one_json_string(sandbox, pooled):
    send(pooled, pushes(['a"b\\c한']))
    assert sandbox.phones.messages('a"b\\c한')
