"""Reminders go to those who have not voted and nothing kept tells who they are; a push address ends with its session."""

import pytest

from mvoting.accounts import sessions
from mvoting.accounts.services import end_session_by_staff, sign_in_with_phone
from mvoting.core.clock import now
from mvoting.core.ids import new_id
from mvoting.voting.polls import services as polls
from notifications.campaigns import ledger, pipeline, services
from notifications.devices.models import Device
from notifications.inbox import services as inbox
from notifications.sandbox.server import FaultRule
from tests.api.voting.conftest import ballot_body, cast, make_poll  # noqa: F401 - fixtures
from tests.integration.test_campaigns import add_devices, clean, received, run, start  # noqa: F401 - clean is a fixture


@pytest.fixture
def poll(make_poll):  # noqa: F811
    return make_poll()


@pytest.fixture
def vote(poll, cast, ballot_body, person_headers):  # noqa: F811
    def go(*people):
        for person in people:
            assert cast(poll, ballot_body(poll), person_headers(person)).status_code == 200

    return go


def remind(poll):
    return start("poll_closing", campaign_id=f"poll_closing:{poll[0]}", data={"poll_id": poll[0]})


def row_of(campaign):
    return ledger.batches().find_one({"campaign_id": campaign["_id"]})


def stored_about(db, names):
    """Give what the ledger and the phones keep about each address, without the address."""
    found = []
    row = db.campaign_batches.find_one({})
    for name in names:
        device = db.devices.find_one({"address.value": name})
        byte = bytes(row["results"])[row["devices"].index(device["_id"])]
        kept = {key: value for key, value in device.items() if key not in ("_id", "person_id", "address")}
        found.append((byte, {**kept, "registered_at": None, "refreshed_at": None}))
    return found


def test_only_those_who_have_not_voted_are_reminded(sandbox, poll, vote):
    add_devices(6)
    add_devices(2, "mine", person_id="person-phone-1")
    vote("person-phone-1", "person-phone-4")
    campaign = run(remind(poll))
    assert set(received(sandbox, campaign)) == {"phone-0", "phone-2", "phone-3", "phone-5"}
    assert campaign["totals"] == {"handled": 8}


def test_a_vote_between_planning_and_sending_counts(sandbox, poll, vote):
    add_devices(3)
    campaign = remind(poll)
    services.plan_campaign(campaign["_id"], now=now())
    vote("person-phone-0")
    assert set(received(sandbox, run(campaign))) == {"phone-1", "phone-2"}


def test_when_all_have_voted_nobody_is_reminded(sandbox, poll, vote):
    add_devices(3)
    vote("person-phone-0", "person-phone-1", "person-phone-2")
    campaign = run(remind(poll))
    assert campaign["totals"] == {"handled": 3}
    assert sandbox.outcomes["accepted"] == 0


def test_other_kinds_reach_voters_too_and_say_sent(sandbox, poll, vote):
    add_devices(2)
    vote("person-phone-0")
    assert run(start("poll_opened", data={"poll_id": poll[0]}))["totals"] == {"sent": 2}


def test_nothing_kept_tells_voters_from_the_reminded_or_the_refused(sandbox, poll, vote, db):
    add_devices(2)
    add_devices(1, "fail-unregistered_")
    add_devices(1, "fail-invalid-token_")
    vote("person-phone-0")
    run(remind(poll))
    first, *others = stored_about(db, ("phone-0", "phone-1", "fail-unregistered_-0", "fail-invalid-token_-0"))
    assert others == [first] * 3
    assert first[0] == 11


def test_while_it_waits_for_a_retry_voters_wait_with_the_others(sandbox, poll, vote):
    add_devices(4)
    vote("person-phone-0", "person-phone-1")
    sandbox.rules.append(FaultRule("unavailable"))
    campaign = remind(poll)
    pipeline.send_due("default")
    row = row_of(campaign)
    assert row["state"] == "pending"
    assert bytes(row["results"]) == bytes(4)
    sandbox.rules.clear()
    vote("person-phone-2")
    ledger.batches().update_one({"_id": row["_id"]}, {"$set": {"due_at": now()}})
    campaign = run(campaign)
    assert campaign["totals"] == {"handled": 4}
    assert set(received(sandbox, campaign)) == {"phone-3"}, "who voted before the retry is spared too"


def test_when_nobody_can_tell_who_voted_nobody_is_reminded(sandbox, poll, db):
    add_devices(3)
    db.polls.update_one({"_id": poll[0]}, {"$unset": {"salt": ""}})
    polls.forget_facts()
    assert run(remind(poll))["state"] == "stopped"
    assert run(remind(("no-such-poll", "")))["state"] == "stopped"
    assert sandbox.outcomes["accepted"] == 0


def test_that_a_reminder_arrived_is_not_kept(sandbox, poll, db):
    db.message_acks.delete_many({})
    add_devices(1)
    reminder, other = run(remind(poll)), run(start())
    acks = [{"id": campaign["_id"], "event": "received"} for campaign in (reminder, other)]
    assert inbox.acknowledge("person-phone-0", acks[:1], now=now()) == 0
    assert "reached_at" not in db.devices.find_one({})
    assert inbox.acknowledge("person-phone-0", acks, now=now()) == 1
    assert [ack["campaign_id"] for ack in db.message_acks.find()] == [other["_id"]]


# Sessions


@pytest.fixture
def phones(client, db):
    """Register two phones of one person, each with a session of its own; gives their grants by address."""
    grants = {}
    for name in ("kept", "lost"):
        grants[name] = sign_in_with_phone("010-5555-0101")
        register(client, grants[name], name)
    return grants


def register(client, grant, name):
    phone = {"address": {"kind": "token", "value": name}, "platform": "android"}
    headers = {"Authorization": f"Bearer {grant.access_token}"}
    assert client.put("/v1/devices", json=phone, headers=headers).status_code == 200


ENDINGS = {
    "signed_out": lambda grant: sessions.end(grant.session_id, person_id=grant.person_id),
    "lost": lambda grant: end_session_by_staff(grant.session_id, grant.person_id, staff_id="s", reason="분실 신고"),
    "replayed": lambda grant: sessions._end({"_id": grant.session_id}, because="replay"),
}


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("kind", ["news", "alert_extreme"])
def test_a_push_address_ends_with_its_session(sandbox, phones, db, ending, kind):
    assert run(start("news"))["totals"] == {"sent": 2}
    ENDINGS[ending](phones["lost"])
    campaign = start(kind)
    services.plan_campaign(campaign["_id"], now=now())
    campaign = run(campaign)
    assert campaign["totals"] == {"sent": 1, "gone": 1}
    assert set(received(sandbox, campaign)) == {"kept"}
    lost = db.devices.find_one({"address.value": "lost"})
    assert (lost["state"], lost["state_reason"]) == ("dead", "SESSION_ENDED")
    assert run(start("news"))["planned_count"] == 1


def test_a_session_that_merely_ran_out_still_gets_what_is_sent(sandbox, phones, db):
    db.sessions.update_one({"_id": phones["lost"].session_id}, {"$set": {"expires_at": now()}})
    assert run(start("news"))["totals"] == {"sent": 2}


def test_signing_in_again_on_that_phone_revives_it(client, sandbox, phones):
    sessions.end(phones["lost"].session_id, person_id=phones["lost"].person_id)
    assert run(start("news"))["totals"] == {"sent": 1, "gone": 1}
    register(client, sign_in_with_phone("010-5555-0101"), "lost")
    assert run(start("news"))["totals"] == {"sent": 2}


def test_a_phone_registered_anew_meanwhile_is_not_retired(client, sandbox, phones, db, monkeypatch):
    sessions.end(phones["lost"].session_id, person_id=phones["lost"].person_id)
    asked = sessions.ended_among

    def registered_meanwhile(ids):
        found = asked(ids)
        register(client, sign_in_with_phone("010-5555-0101"), "lost")
        return found

    monkeypatch.setattr(sessions, "ended_among", registered_meanwhile)
    run(start("news"))
    assert db.devices.find_one({"address.value": "lost"})["state"] == "active"


def test_a_phone_registered_before_sessions_were_kept_goes_on(sandbox):
    add_devices(1)
    assert Device._get_collection().find_one({"session_id": {"$exists": True}}) is None
    assert run(start(campaign_id=new_id()))["totals"] == {"sent": 1}
