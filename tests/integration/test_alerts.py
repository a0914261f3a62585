"""Alerts on real servers: the district's phones get them, and only they, with Redis or without."""

import os
import subprocess
import sys
import time
from contextlib import contextmanager
from datetime import timedelta

import pytest
import redis

from mvoting.core import database
from mvoting.core.clock import now
from mvoting.core.ids import new_id
from mvoting.core.settings import SettingsError
from notifications.alerts import services, watch
from notifications.alerts.rules import Kind
from notifications.campaigns import holds, sender
from notifications.campaigns import services as campaigns
from notifications.channels import registry
from notifications.devices.models import Device
from tests import workers
from tests.alerts import Desk


@pytest.fixture(autouse=True)
def clean(db, sandbox):
    for name in ("alerts", "devices", "preferences", "campaigns", "campaign_batches", "push_platform_stops"):
        db[name].delete_many({})
    holds.forget_pause()
    registry.gateway.cache_clear()
    registry.throttle.cache_clear()
    yield
    registry.gateway().close()


@pytest.fixture
def desk(client, staff_headers):
    return Desk(client, staff_headers)


def add_phones(count, name, *, district, **fields):
    moment = now()
    documents = [
        {
            "_id": new_id(),
            "person_id": f"person-{name}-{n}",
            "address": {"kind": "token", "value": f"{name}-{n}"},
            "platform": "android",
            "language": "ko",
            "state": "active",
            "trust": "member",
            "alert_mode": "test",
            "districts": [district],
            "places": [district],
            "registered_at": moment,
            "refreshed_at": moment,
            **fields,
        }
        for n in range(count)
    ]
    Device._get_collection().insert_many(documents)


def look_until_quiet():
    for _ in range(20):
        if not watch.look():
            return
    raise AssertionError("the watch never comes to rest")


def received(sandbox, alert_id, revision=1):
    found = sandbox.phones.deliveries(f"{alert_id}:{revision}")
    return found.targets if found else {}


def test_the_districts_phones_get_it_with_high_priority_and_only_they(desk, sandbox):
    add_phones(1500, "mapo", district="11440")
    add_phones(200, "gangdong", district="11740")
    alert = desk.released()
    look_until_quiet()
    assert received(sandbox, alert["id"]) == {f"mapo-{n}": 1 for n in range(1500)}
    (message,) = sandbox.phones.messages("mapo-0")
    assert message["android"]["priority"] == "high"
    assert message["notification"]["body"].startswith("[시험][서울특별시] 마포구 홍제천")
    assert message["data"]["alert_id"] == alert["id"]
    assert services.get_alert(alert["id"])["state"] == "sent"
    assert desk.review(alert)["progress"] == {"sent": 1500}


def test_a_polygon_reaches_exact_phones_inside_and_district_phones_that_it_touches(desk, sandbox):
    ring = [[126.905, 37.555], [126.925, 37.555], [126.925, 37.570], [126.905, 37.570]]
    inside = {"type": "Point", "coordinates": [126.915, 37.562]}
    outside = {"type": "Point", "coordinates": [126.950, 37.545]}
    add_phones(1, "inside", district="11440", position=inside)
    add_phones(1, "outside", district="11440", position=outside)
    add_phones(1, "coarse", district="11440")
    add_phones(1, "far", district="11740")
    alert = desk.released(area={"polygons": [ring]})
    look_until_quiet()
    assert set(received(sandbox, alert["id"])) == {"inside-0", "coarse-0"}


def test_a_correction_goes_to_exactly_those_who_got_the_first_in_the_same_class(desk, client, sandbox):
    add_phones(30, "mapo", district="11440")
    alert = desk.released()
    look_until_quiet()
    add_phones(5, "newcomer", district="11440")
    sent = client.post(f"/v1/alerts/{alert['id']}/correction", json={"note": "구역이 넓었음"}, headers=desk.author)
    assert sent.status_code == 201, sent.get_json()
    correction = sent.get_json()
    assert (correction["class"], correction["original_id"], correction["kind"]) == ("extreme", alert["id"], "correction")
    look_until_quiet()
    assert received(sandbox, alert["id"], revision=2) == {f"mapo-{n}": 1 for n in range(30)}
    newest = sandbox.phones.messages("mapo-0")[-1]
    assert newest["android"]["priority"] == "high"
    assert newest["notification"]["title"].startswith("[시험][정정] 위급")
    assert [item["id"] for item in client.get("/v1/alerts/active").get_json()["items"]] == [correction["id"]]
    again = client.post(f"/v1/alerts/{alert['id']}/correction", json={}, headers=desk.author)
    assert (again.status_code, again.get_json()["code"]) == (409, "alerts.already-followed")
    cleared = client.post(f"/v1/alerts/{alert['id']}/all-clear", json={}, headers=desk.approver)
    assert cleared.status_code == 201
    look_until_quiet()
    assert received(sandbox, alert["id"], revision=3) == {f"mapo-{n}": 1 for n in range(30)}


def test_a_reworded_correction_needs_two_people_and_keeps_class_and_audience(desk, client, sandbox):
    add_phones(3, "mapo", district="11440")
    alert = desk.released()
    look_until_quiet()
    sent = client.post(f"/v1/alerts/{alert['id']}/correction", json={"is_reworded": True}, headers=desk.author)
    draft = sent.get_json()
    assert draft["state"] == "draft"
    assert desk.act(draft, "approve", by=desk.approver, typed="시험 마포구 위급 발송").get_json()["code"] == "alerts.state"
    submitted = desk.act(draft, "submit").get_json()
    both = desk.approve(submitted, by=desk.author)
    assert both.status_code == 403
    add_phones(3, "newcomer", district="11440")
    assert desk.approve(submitted).status_code == 200
    look_until_quiet()
    assert set(received(sandbox, alert["id"], revision=2)) == {"mapo-0", "mapo-1", "mapo-2"}


def test_a_correction_of_a_running_alert_stops_it_and_goes_to_the_planned(desk, client, sandbox):
    add_phones(10, "mapo", district="11440")
    alert = desk.released()
    campaigns.plan_campaign(alert["id"], now=now())
    services.send_prepared(alert["id"], Kind.CORRECTION, note="", by="author", now=now())
    look_until_quiet()
    assert received(sandbox, alert["id"]) == {}
    assert services.get_alert(alert["id"])["state"] == "cancelled"


def test_nothing_follows_what_never_went_out(desk, client):
    submitted = desk.submitted()
    answer = client.post(f"/v1/alerts/{submitted['id']}/all-clear", json={}, headers=desk.author)
    assert (answer.status_code, answer.get_json()["code"]) == (409, "alerts.cannot-follow")
    cancelled = client.post(f"/v1/alerts/{submitted['id']}/cancel", json={"note": "착오"}, headers=desk.author).get_json()
    answer = client.post(f"/v1/alerts/{cancelled['id']}/correction", json={}, headers=desk.author)
    assert (answer.status_code, answer.get_json()["code"]) == (409, "alerts.cannot-follow")


def test_a_cancel_while_sending_leaves_the_rest_unsent(desk, client, sandbox):
    add_phones(2500, "mapo", district="11440")
    alert = desk.released()
    campaigns.plan_campaign(alert["id"], now=now())
    sender.send_batch(f"{alert['id']}:000000")
    client.post(f"/v1/alerts/{alert['id']}/cancel", json={"note": "착오"}, headers=desk.author)
    look_until_quiet()
    assert len(received(sandbox, alert["id"])) == 1000
    assert desk.review(alert)["progress"] == {"sent": 1000, "cancelled": 1500}


def test_the_watch_sends_alone_with_redis_gone(desk, sandbox, environment, tmp_path):
    """No broker, no Celery worker, a Redis address where nothing listens: the watch's own process sends."""
    add_phones(1200, "mapo", district="11440")
    gone = {**environment, "MVOTING_REDIS_URL": "redis://127.0.0.1:1/0"}
    with running_watch(gone, tmp_path / "log"):
        alert = desk.released()
        _wait_for(lambda: services.get_alert(alert["id"])["state"] == "sent", 60)
    assert received(sandbox, alert["id"]) == {f"mapo-{n}": 1 for n in range(1200)}


def _path():
    return {name: os.environ[name] for name in ("PATH", "HOME", "PYTHONPATH") if name in os.environ}


def _wait_for(condition, seconds):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "not in time"
        time.sleep(0.05)


def test_an_alert_past_its_time_ends_and_sends_nothing_more(desk, sandbox, db):
    add_phones(3, "mapo", district="11440")
    alert = desk.released()
    past = now() - timedelta(seconds=1)
    db.alerts.update_one({"_id": alert["id"]}, {"$set": {"expires_at": past}})
    db.campaigns.update_one({"_id": alert["id"]}, {"$set": {"expires_at": past}})
    look_until_quiet()
    services.carry_on(now=now())
    assert received(sandbox, alert["id"]) == {}
    assert services.get_alert(alert["id"])["state"] == "ended"


def test_a_test_alert_reaches_no_phone_of_the_live_city(desk, sandbox, db):
    """Not by its audience, not by a forged ledger, not on a database that belongs to the live city."""
    add_phones(3, "mapo", district="11440")
    add_phones(3, "live", district="11440", alert_mode="live")
    add_phones(3, "unknown", district="11440", alert_mode=None)
    alert = desk.released()
    assert desk.review(alert)["audience_count"] == 3
    campaigns.plan_campaign(alert["id"], now=now())
    everyone = [device["_id"] for device in db.devices.find()]
    forged = {"devices": everyone, "results": bytes(len(everyone))}
    db.campaign_batches.update_one({"campaign_id": alert["id"]}, {"$set": forged})
    look_until_quiet()
    assert received(sandbox, alert["id"]) == {f"mapo-{n}": 1 for n in range(3)}
    assert sandbox.phones.messages("live-0") == []


def test_a_test_deployment_does_not_start_on_live_data(app, db):
    kept = db.deployment.find_one({"_id": "alert_mode"})
    db.deployment.update_one({"_id": "alert_mode"}, {"$set": {"mode": "live"}})
    try:
        with pytest.raises(SettingsError, match="MVOTING_ALERT_MODE"):
            database.claim_alert_mode()
    finally:
        db.deployment.replace_one({"_id": "alert_mode"}, kept)
    database.claim_alert_mode()


def test_a_live_alert_is_not_released_by_a_test_deployment(desk, db):
    submitted = desk.submitted()
    db.alerts.update_one({"_id": submitted["id"]}, {"$set": {"mode": "live"}})
    answer = desk.act(submitted, "approve", by=desk.approver, typed="마포구 위급 발송")
    assert (answer.status_code, answer.get_json()["code"]) == (409, "alerts.wrong-mode")
    db.alerts.update_one({"_id": submitted["id"]}, {"$set": {"state": "approved", "approved_at": now()}})
    services.carry_on(now=now())
    assert db.campaigns.count_documents({}) == 0


@contextmanager
def running_watch(environment, log):
    """The alert watch as a process of its own, once it has started."""
    with log.open("ab") as output:
        command = [sys.executable, "-m", "mvoting", "watch-alerts"]
        process = subprocess.Popen(command, env={**_path(), **environment}, stdout=output, stderr=output)
    try:
        _wait_for(lambda: log.read_bytes().count(b"alerts.watch_started"), 90)
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(15)


def test_a_watch_killed_in_the_middle_misses_nobody(desk, sandbox, db, environment, tmp_path):
    """Killed with -9 while it sends: the next one goes on from the last checkpoint when the lease runs out."""
    add_phones(3000, "mapo", district="11440")
    sandbox.delay_s = 0.05
    with running_watch(environment, tmp_path / "first.log") as process:
        alert = desk.released()
        _wait_for(lambda: len(received(sandbox, alert["id"])) > 200, 30)
        process.kill()
        process.wait(10)
    assert len(received(sandbox, alert["id"])) < 3000
    db.campaign_batches.update_many({"state": "leased"}, {"$set": {"lease_until": now()}})  # as if 40 s had passed
    sandbox.delay_s = 0.0
    look_until_quiet()
    counts = received(sandbox, alert["id"])
    assert len(counts) == 3000
    assert sum(counts.values()) - 3000 <= 1000  # repeats stay below one batch for one kill
    assert desk.review(alert)["progress"] == {"sent": 3000}


def test_redis_flushed_under_a_running_alert_changes_nothing(desk, sandbox, environment, redis_url, tmp_path):
    add_phones(3000, "mapo", district="11440")
    sandbox.delay_s = 0.02
    with running_watch(environment, tmp_path / "log"):
        alert = desk.released()
        for _ in range(5):
            redis.Redis.from_url(redis_url).flushall()
            time.sleep(0.2)
        _wait_for(lambda: services.get_alert(alert["id"])["state"] == "sent", 60)
    assert received(sandbox, alert["id"]) == {f"mapo-{n}": 1 for n in range(3000)}


def test_watch_and_workers_together_send_once(desk, sandbox, environment, tmp_path):
    add_phones(4000, "mapo", district="11440")
    both = workers.running(workers.worker("alerts", processes=2), environment=environment, log=tmp_path / "workers.log")
    with running_watch(environment, tmp_path / "watch.log"), both:
        alert = desk.released()
        _wait_for(lambda: services.get_alert(alert["id"])["state"] == "sent", 90)
    assert received(sandbox, alert["id"]) == {f"mapo-{n}": 1 for n in range(4000)}
