"""Campaigns on a real database, Redis and phone sandbox: nobody is missed, nobody gets it twice, the ledger adds up."""

from datetime import timedelta

import pytest

from mvoting.core.clock import now
from mvoting.core.ids import new_id
from notifications.campaigns import holds, ledger, pipeline, rules, sender, services
from notifications.campaigns.audience import Audience
from notifications.campaigns.errors import CampaignOver
from notifications.channels import registry
from notifications.devices.models import Device
from tests.workers import wait_until

MESSAGE = {
    "ko": {"title": "심야버스 투표", "body": "오늘 시작합니다."},
    "en": {"title": "Night bus poll", "body": "Opens today."},
}


@pytest.fixture(autouse=True)
def clean(db, sandbox):
    for name in ("devices", "preferences", "campaigns", "campaign_batches", "push_platform_stops"):
        db[name].delete_many({})
    holds.forget_pause()
    registry.gateway.cache_clear()
    registry.throttle("default")._redis.flushall()
    yield
    registry.gateway().close()


def add_devices(count, prefix="phone", **fields):
    moment = now()
    documents = [
        {
            "_id": new_id(),
            "person_id": f"person-{prefix}-{n}",
            "address": {"kind": "token", "value": f"{prefix}-{n}"},
            "platform": "android",
            "language": "ko",
            "state": "active",
            "trust": "member",
            "places": ["11110"],
            "registered_at": moment,
            "refreshed_at": moment,
            **fields,
        }
        for n in range(count)
    ]
    Device._get_collection().insert_many(documents)
    return [document["_id"] for document in documents]


def start(kind="poll_opened", audience=None, campaign_id=None, **options):
    options = {"expires_at": now() + timedelta(hours=1), "now": now(), **options}
    return services.start_campaign(
        kind, audience or Audience(everyone=True), MESSAGE, campaign_id=campaign_id or new_id(), **options
    )


def run(campaign):
    """Do what the workers would do until nothing is due."""
    while pipeline.send_due(campaign["lane"]):
        pass
    return services.get_campaign(campaign["_id"])


def received(sandbox, campaign):
    found = sandbox.phones.deliveries(f"{campaign['message_id']}:{campaign['revision']}")
    return found.targets if found else {}


def test_every_phone_gets_it_once_and_the_ledger_adds_up(sandbox):
    add_devices(2345)
    campaign = run(start())
    assert campaign["state"] == "done"
    assert campaign["totals"] == {"sent": 2345}
    assert campaign["planned_count"] == 2345
    assert received(sandbox, campaign) == {f"phone-{n}": 1 for n in range(2345)}


def test_each_phone_reads_its_own_language(sandbox):
    add_devices(2, "korean", language="ko")
    add_devices(2, "english", language="en")
    run(start())
    assert sandbox.phones.messages("korean-0")[0]["notification"]["title"] == "심야버스 투표"
    assert sandbox.phones.messages("english-0")[0]["notification"]["title"] == "Night bus poll"


def test_only_the_audience_gets_it(sandbox):
    add_devices(3, "jongno", places=["11110"])
    add_devices(3, "gangnam", places=["11680"])
    add_devices(3, "both", places=["11110", "11680"])
    campaign = run(start(audience=Audience(districts=("11110",))))
    assert sorted(received(sandbox, campaign)) == ["both-0", "both-1", "both-2", "jongno-0", "jongno-1", "jongno-2"]


def test_an_area_finds_exact_positions_and_districts_of_the_others(sandbox):
    here, there = {"type": "Point", "coordinates": [126.98, 37.57]}, {"type": "Point", "coordinates": [127.05, 37.50]}
    add_devices(1, "inside", position=here, places=["11110"])
    add_devices(1, "outside", position=there, places=["11110"])
    add_devices(1, "district", places=["11110"])
    add_devices(1, "elsewhere", places=["11680"])
    square = [[126.97, 37.56], [126.99, 37.56], [126.99, 37.58], [126.97, 37.58], [126.97, 37.56]]
    audience = Audience(shapes=({"type": "Polygon", "coordinates": [square]},), shape_districts=("11110",))
    campaign = run(start("alert_severe", audience))
    assert sorted(received(sandbox, campaign)) == ["district-0", "inside-0"]


def test_named_people_on_all_their_phones_and_nobody_else(sandbox):
    add_devices(2, "mine", person_id="me")
    add_devices(2, "other")
    campaign = run(start("reply", Audience(people=("me",))))
    assert sorted(received(sandbox, campaign)) == ["mine-0", "mine-1"]


def test_a_correction_goes_to_exactly_the_ledger_of_the_original(sandbox):
    add_devices(1500, "first", places=["11110"])
    original = run(start("alert_severe", Audience(districts=("11110",))))
    add_devices(5, "late", places=["11110"])
    Device._get_collection().update_many({"address.value": "first-7"}, {"$set": {"places": ["11680"]}})
    correction = start("alert_severe", Audience(ledger_of=original["_id"]), message_id=original["message_id"], revision=2)
    correction = run(correction)
    assert sorted(received(sandbox, correction)) == sorted(f"first-{n}" for n in range(1500))
    assert correction["totals"] == {"sent": 1500}


def test_starting_again_changes_nothing(sandbox):
    add_devices(3)
    first = start(campaign_id="poll_opened:1")
    again = start("poll_result", campaign_id="poll_opened:1")
    assert again["kind"] == "poll_opened"
    run(first)
    run(first)
    assert set(received(sandbox, first).values()) == {1}


def test_a_planner_killed_in_the_middle_and_run_twice_leaves_the_same_ledger(monkeypatch):
    ids = add_devices(25_000)
    campaign = start()

    class Killed(BaseException):
        pass

    def kill(*_, **__):
        raise Killed

    monkeypatch.setattr(services, "hint", kill)
    with pytest.raises(Killed):
        services.plan_campaign(campaign["_id"], now=now())
    services.plan_campaign(campaign["_id"], now=now())
    assert ledger.batches().count_documents({}) == 1, "a planner that was heard of a moment ago is left alone"
    with pytest.raises(Killed):
        services.plan_campaign(campaign["_id"], now=now() + rules.PLAN_LEASE)
    monkeypatch.undo()
    for silence in (2, 3):
        services.plan_campaign(campaign["_id"], now=now() + silence * rules.PLAN_LEASE)
    rows = list(ledger.batches().find({"campaign_id": campaign["_id"]}).sort("number", 1))
    assert [device for row in rows for device in row["devices"]] == sorted(ids)
    assert {len(row["devices"]) for row in rows} == {1000}
    assert services.get_campaign(campaign["_id"])["planned_count"] == 25_000


def test_cancel_before_planning_while_planning_and_when_done(sandbox, monkeypatch):
    add_devices(1500)
    campaign = start()
    services.cancel_campaign(campaign["_id"], "typo", now=now())
    assert run(campaign)["state"] == "cancelled"
    during = start()
    plan = services.planner.plan

    def cancelled_meanwhile(*arguments, **options):
        count = plan(*arguments, **options)
        services.cancel_campaign(during["_id"], "typo", now=now())
        return count

    monkeypatch.setattr(services.planner, "plan", cancelled_meanwhile)
    services.plan_campaign(during["_id"], now=now())
    run(during)
    assert services.progress(during["_id"]) == {"cancelled": 1500}
    assert sandbox.outcomes["accepted"] == 0
    monkeypatch.undo()
    done = run(start())
    with pytest.raises(CampaignOver):
        services.cancel_campaign(done["_id"], "too late", now=now())


def test_the_first_phones_ring_while_the_rest_is_still_being_planned(sandbox, monkeypatch):
    add_devices(3000)
    campaign = start("alert_extreme")
    rows, first_is_out = services.planner._rows, []

    def slowly(*arguments, **options):
        for row in rows(*arguments, **options):
            if row["number"] == 1:
                wait_until(lambda: len(received(sandbox, campaign)) == 1000, seconds=60)
                first_is_out.append(True)
            yield row

    monkeypatch.setattr(services.planner, "_rows", slowly)
    assert run(campaign)["totals"] == {"sent": 3000}
    assert first_is_out == [True]


def test_cancel_while_a_batch_is_being_sent_stops_it_and_keeps_the_books(sandbox):
    add_devices(1000)
    campaign = start()
    services.plan_campaign(campaign["_id"], now=now())

    class Cancelling:
        def take(self, count):
            if sandbox.outcomes["accepted"] >= 100:
                services_cancel()
            return 0.0

        def slow_down(self, retry_after_s):
            raise AssertionError

    cancelled = []

    def services_cancel():
        if not cancelled:
            cancelled.append(services.cancel_campaign(campaign["_id"], "typo", now=now()))

    sender.send_batch(f"{campaign['_id']}:000000", throttle=Cancelling())
    assert cancelled
    totals = services.progress(campaign["_id"])
    assert totals["sent"] == sandbox.outcomes["accepted"] < 1000
    assert totals["sent"] + totals["cancelled"] == 1000


def test_dead_addresses_are_forgotten_only_while_they_are_the_stored_ones(sandbox, db):
    add_devices(1, "fail-unregistered_a")
    kept = add_devices(1, "fail-unregistered_b")[0]
    campaign = start()
    services.plan_campaign(campaign["_id"], now=now())

    class Refreshing:
        def take(self, count):
            # The app refreshes its registration between our reading and the answer.
            db.devices.update_one({"_id": kept}, {"$set": {"address.value": "fresh"}})
            return 0.0

    sender.send_batch(f"{campaign['_id']}:000000", throttle=Refreshing())
    assert db.devices.find_one({"address.value": "fail-unregistered_a-0"})["state"] == "dead"
    assert db.devices.find_one({"_id": kept})["state"] == "active"
    assert services.progress(campaign["_id"]) == {"dead": 2}


def test_malformed_addresses_are_set_aside_one_by_one(sandbox, db):
    add_devices(30)
    add_devices(2, "fail-invalid-token_")
    add_devices(1, "fail-sender-mismatch_")
    campaign = run(start())
    assert campaign["totals"] == {"sent": 30, "set_aside": 3}
    assert db.devices.count_documents({"state": "quarantined"}) == 3


def test_when_most_addresses_are_called_malformed_the_message_is_blamed(sandbox, db):
    add_devices(50)
    sandbox.rules.append(_fault("invalid-token"))
    campaign = run(start())
    assert campaign["state"] == "stopped"
    assert db.devices.count_documents({"state": "active"}) == 50


def test_a_message_that_fcm_refuses_stops_the_campaign(sandbox, db):
    add_devices(3000)
    sandbox.rules.append(_fault("invalid-request"))
    campaign = run(start())
    assert campaign["state"] == "stopped"
    assert sandbox.outcomes["invalid-request"] < 600
    assert db.devices.count_documents({"state": "active"}) == 3000
    assert sum(services.progress(campaign["_id"]).values()) == 3000


def _fault(name, **options):
    from notifications.sandbox.server import FaultRule

    return FaultRule(name, **options)


def test_more_than_the_daily_cap_becomes_one_digest(sandbox, db):
    from notifications.campaigns import caps

    db.push_days.delete_many({})
    add_devices(2, "mine", person_id="me")
    add_devices(1, "other", person_id="other")
    db.preferences.insert_one({"_id": "me", "muted": [], "hidden": [], "daily_cap": 2, "version": 1})
    sent = [run(start("reply", Audience(people=("me", "other"))))["totals"] for _ in range(4)]
    assert sent == [{"sent": 3}, {"sent": 3}, {"sent": 1, "digest": 2}, {"sent": 1, "digest": 2}]
    moment = now()
    day = caps.day_of(moment)
    at_six = moment.astimezone(caps.CITY_TIME).replace(hour=18, minute=5)
    caps.send_digests(now=at_six - timedelta(hours=1))
    assert db.campaigns.count_documents({"kind": "digest"}) == 0
    db.push_days.update_many({}, {"$set": {"day": at_six.date().isoformat()}})
    for _ in range(2):
        caps.send_digests(now=at_six)
    digests = list(db.campaigns.find({"kind": "digest"}))
    assert [digest["audience"]["people"] for digest in digests] == [["me"]]
    assert day <= caps.day_of(moment + timedelta(hours=24))


def test_the_daily_cap_outlives_redis_and_kills(sandbox, db):
    """Redis wiped between two messages, and a message sent again: the count neither starts anew nor runs ahead."""
    from notifications.campaigns import caps

    db.push_days.delete_many({})
    people, moment = ["ann", "ben"], now()
    db.preferences.insert_one({"_id": "ann", "muted": [], "hidden": [], "daily_cap": 2, "version": 1})
    for campaign in ("c1", "c1", "c2", "c1"):
        assert caps.over_cap(people, campaign, now=moment) == set()
        registry.throttle("default")._redis.flushall()
    assert caps.over_cap(people, "c3", now=moment) == {"ann"}
    assert caps.over_cap(people, "c1", now=moment) == set(), "counted already, so sent again after a kill"
    for n in range(60):
        caps.over_cap(people, f"more-{n}", now=moment)
    assert {len(day["counted"]) for day in db.push_days.find()} == {50}
    assert caps.over_cap(people, "last", now=moment) == {"ann", "ben"}
    assert caps.export_personal_data("ann")["push_days"][0]["pushes"] == 50
    caps.erase_personal_data("ann")
    assert caps.over_cap(["ann"], "c9", now=moment) == set()


def test_quiet_hours_wait_and_an_extreme_alert_does_not(sandbox):
    local = now().astimezone()
    quiet = {
        "start": (local - timedelta(hours=1)).strftime("%H:%M"),
        "end": (local + timedelta(hours=2)).strftime("%H:%M"),
        "timezone": "UTC",
    }
    add_devices(1, "sleeping", quiet=quiet)
    add_devices(1, "awake")
    news = start("news", expires_at=now() + timedelta(hours=8))
    pipeline.send_due("default")
    assert set(received(sandbox, news)) == {"awake-0"}
    waiting = ledger.batches().find_one({"campaign_id": news["_id"]})
    assert waiting["state"] == "pending"
    assert timedelta(hours=1) < waiting["due_at"] - now() < timedelta(hours=3)
    alert = run(start("alert_extreme"))
    assert set(received(sandbox, alert)) == {"awake-0", "sleeping-0"}


def test_muted_kinds_are_not_pushed_but_extreme_alerts_are(sandbox):
    add_devices(1, muted=["news", "alert_severe", "alert_extreme"])
    assert run(start("news"))["totals"] == {"muted": 1}
    assert run(start("alert_severe"))["totals"] == {"muted": 1}
    assert run(start("alert_extreme"))["totals"] == {"sent": 1}


def test_a_platform_that_the_service_refuses_stops_alone(sandbox, db):
    add_devices(3, "fail-third-party-auth_", platform="ios")
    add_devices(3, "android")
    campaign = start("news")
    pipeline.send_due("default")
    assert set(received(sandbox, campaign)) == {"android-0", "android-1", "android-2"}
    assert db.push_platform_stops.find_one({})["_id"] == "ios"
    assert db.devices.count_documents({"state": "active"}) == 6
    refused = sandbox.outcomes["third-party-auth"]
    later = start("news")
    pipeline.send_due("default")
    assert set(received(sandbox, later)) == {"android-0", "android-1", "android-2"}
    assert sandbox.outcomes["third-party-auth"] == refused, "nothing is tried while it is stopped"


def test_what_expires_is_not_sent_late(sandbox):
    add_devices(3)
    campaign = start(expires_at=now() + timedelta(milliseconds=50))
    services.plan_campaign(campaign["_id"], now=now())
    import time

    time.sleep(0.1)
    assert run(campaign)["totals"] == {"expired": 3}
    assert sandbox.outcomes["accepted"] == 0


def test_a_scheduled_campaign_waits_for_its_time(sandbox):
    add_devices(1)
    campaign = start(starts_at=now() + timedelta(minutes=5))
    assert run(campaign)["state"] == "scheduled"
    services.plan_campaign(campaign["_id"], now=now() + timedelta(minutes=6))
    assert ledger.batches().count_documents({}) == 1


def test_the_sdks_own_sender_does_the_same(sandbox, environment):
    from mvoting.core.settings import settings
    from notifications.channels.fcm.credentials import AccessTokens
    from notifications.channels.fcm.sdk import SdkGateway

    add_devices(150)
    add_devices(2, "fail-unregistered_")
    campaign = start()
    services.plan_campaign(campaign["_id"], now=now())
    gateway = SdkGateway(settings().fcm_url, "demo", AccessTokens(None))
    sender.send_batch(f"{campaign['_id']}:000000", gateway=gateway)
    gateway.close()
    assert services.get_campaign(campaign["_id"])["totals"] == {"sent": 150, "dead": 2}


def test_web_push_goes_through_fcm_as_well(sandbox):
    add_devices(1, "browser", platform="web")
    run(start())
    message = sandbox.phones.messages("browser-0")[0]
    assert message["webpush"]["headers"]["Urgency"] == "normal"
    assert message["webpush"]["notification"]["tag"] == message["data"]["message_id"]


def test_queries_on_the_sending_path_use_their_indexes(db):
    add_devices(300)
    campaign = start()
    services.plan_campaign(campaign["_id"], now=now())
    moment = now()
    queries = [
        (db.campaign_batches, {"lane": "default", "state": "pending", "due_at": {"$lte": moment}}),
        (db.campaign_batches, {"lane": "default", "state": "leased", "lease_until": {"$lte": moment}}),
        (db.campaign_batches, {"campaign_id": campaign["_id"], "state": {"$in": ["pending", "leased"]}}),
        (db.campaigns, {"state": {"$in": ["scheduled", "planning"]}, "lane": "default", "starts_at": {"$lte": moment}}),
        (db.devices, {"person_id": "me"}),
        (db.devices, {"state": "active", "places": {"$in": ["11110"]}}),
    ]
    for collection, query in queries:
        assert "COLLSCAN" not in str(collection.find(query).explain()["queryPlanner"]["winningPlan"]), query
