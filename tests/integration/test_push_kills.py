"""20,000 phones while workers are killed, Redis is wiped and FCM fails: nobody is missed, the ledger adds up."""

import time
from datetime import timedelta

import pytest

from mvoting.core.clock import now
from mvoting.core.ids import new_id
from notifications.campaigns import holds, pipeline, sender, services
from notifications.campaigns.audience import Audience
from notifications.channels import registry
from notifications.channels.throttle import REDIS_PAUSE_S
from notifications.devices.models import Device
from tests import kills, workers

MESSAGE = {"ko": {"title": "심야버스 투표", "body": "오늘 시작합니다."}}
PHONES, DEAD, KILLS = 20_000, 40, 3


@pytest.fixture(autouse=True)
def clean(db, sandbox):
    for name in ("devices", "campaigns", "campaign_batches", "push_platform_stops", "polls"):
        db[name].delete_many({})
    holds.forget_pause()


def add_devices(count, name):
    moment = now()
    common = {"platform": "android", "language": "ko", "state": "active", "trust": "member", "places": ["11110"]}
    documents = [
        {
            "_id": new_id(),
            "person_id": f"{name}-{n}",
            "address": {"kind": "fid", "value": f"{name}{n}"},
            "registered_at": moment,
            "refreshed_at": moment,
            **common,
        }
        for n in range(count)
    ]
    Device._get_collection().insert_many(documents)


def start(kind="poll_opened", audience=None, **options):
    options = {"campaign_id": new_id(), "expires_at": now() + timedelta(hours=1), "now": now(), **options}
    return services.start_campaign(kind, audience or Audience(everyone=True), MESSAGE, **options)


@pytest.mark.slow
def test_kills_wipes_and_faults_lose_nobody(db, sandbox, environment, tmp_path):
    add_devices(PHONES - DEAD, "phone-")
    add_devices(DEAD, "fail-unregistered_")
    with kills.broker(tmp_path / "broker") as broker:
        servers = {"address": sandbox.address, "environment": environment, "broker": broker, "folder": tmp_path}
        outcome = kills.run(Audience(everyone=True), kills=KILLS, **servers)
    kills.check(outcome, live=PHONES - DEAD, dead=DEAD, kills=KILLS)
    if outcome.repeated:
        tags = {message["android"]["notification"]["tag"] for message in sandbox.phones.messages(outcome.repeated)}
        assert len(tags) <= 1, "a repeat replaces what it repeats"


def test_without_redis_an_alert_still_goes_out(db, sandbox, monkeypatch):
    add_devices(1500, "phone-")
    monkeypatch.setattr(services, "hint", lambda *_, **__: None)
    throttle = registry.SharedThrottle("redis://127.0.0.1:9/0", "demo", is_bulk=False)
    monkeypatch.setattr(registry, "throttle", lambda lane: throttle)
    asked, ask = [], throttle._take
    monkeypatch.setattr(throttle, "_take", lambda **arguments: asked.append(arguments) or ask(**arguments))
    campaign = start("alert_extreme")
    started = time.monotonic()
    while pipeline.send_due("alerts"):
        pass
    assert services.get_campaign(campaign["_id"])["totals"] == {"sent": 1500}
    # Each hundred pushes asks for leave; a Redis that is gone is asked again only now and then.
    assert len(asked) <= 2 + (time.monotonic() - started) / REDIS_PAUSE_S


def test_bulk_pauses_for_an_extreme_alert_and_goes_on(db, sandbox):
    add_devices(1000, "phone-")
    bulk = start()
    services.plan_campaign(bulk["_id"], now=now())
    alert = start("alert_extreme")
    holds.forget_pause()
    sender.send_batch(f"{bulk['_id']}:000000")
    assert sandbox.outcomes["accepted"] == 0, "bulk waits"
    batch = db.campaign_batches.find_one({"campaign_id": bulk["_id"]})
    assert batch["state"] == "pending"
    assert batch["due_at"] > now()
    while pipeline.send_due("alerts"):
        pass
    assert services.get_campaign(alert["_id"])["totals"] == {"sent": 1000}
    holds.forget_pause()
    workers.wait_until(lambda: pipeline.send_due("default") or services.get_campaign(bulk["_id"])["state"] == "done")
    assert services.get_campaign(bulk["_id"])["totals"] == {"sent": 1000}


def test_bulk_stops_within_its_next_permits_when_an_extreme_alert_is_released(db, sandbox, monkeypatch):
    """Before any process has looked into the database again: the word goes through Redis."""
    registry.throttle("default")._redis.flushall()
    monkeypatch.setattr(holds, "_paused", (time.monotonic() + 60, False))
    assert registry.throttle("default").take(100) == 0
    assert registry.throttle("alerts").take(100) == 0
    start("alert_extreme")
    assert 0 < registry.throttle("default").take(100) <= 2
    assert registry.throttle("alerts").take(100) == 0
    registry.throttle("default")._redis.flushall()
    start("alert_severe")
    assert registry.throttle("default").take(100) == 0, "only what is extreme"


def test_an_unfinished_alert_does_not_hold_bulk_back_for_ever(db, sandbox):
    add_devices(3, "fail-unavailable_")
    start("alert_extreme", starts_at=now() - timedelta(minutes=11))
    assert holds.is_bulk_paused(now=now()) is False


def test_a_fenced_sender_cannot_write(db, sandbox):
    from notifications.campaigns import ledger

    add_devices(10, "phone-")
    campaign = start()
    services.plan_campaign(campaign["_id"], now=now())
    first = ledger.claim(f"{campaign['_id']}:000000", now=now())
    assert ledger.claim(f"{campaign['_id']}:000000", now=now()) is None
    later = now() + timedelta(minutes=5)
    second = ledger.claim(f"{campaign['_id']}:000000", now=later)
    assert (first["attempt"], second["attempt"], second["lost"]) == (1, 2, 1)
    assert ledger.checkpoint(first, bytes([1]) * 10, now=later) is False
    ledger.finish(first, bytes([1]) * 10, "done", now=later)
    stored = db.campaign_batches.find_one({"_id": second["_id"]})
    assert (stored["state"], bytes(stored["results"])) == ("leased", bytes(10))
    assert ledger.checkpoint(second, bytes([1]) * 5 + bytes(5), now=later) is True


def test_a_batch_that_kills_its_senders_is_given_up(db, sandbox):
    from notifications.campaigns import ledger
    from notifications.campaigns.rules import LOST_MAX

    add_devices(10, "phone-")
    campaign = start()
    services.plan_campaign(campaign["_id"], now=now())
    moment = now()
    for _ in range(LOST_MAX + 1):
        assert ledger.claim(f"{campaign['_id']}:000000", now=moment) is not None
        moment += timedelta(minutes=1)
    assert ledger.claim(f"{campaign['_id']}:000000", now=moment) is None
    stored = db.campaign_batches.find_one({})
    assert (stored["state"], stored["counts"]) == ("failed", {"failed": 10})
    services.complete_all(now=moment)
    assert services.get_campaign(campaign["_id"])["totals"] == {"failed": 10}
