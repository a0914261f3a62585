"""A stolen refresh token: its family ends, and the person's other devices are told, in the inbox and by push."""

from datetime import timedelta

import pytest

from mvoting.accounts import services, sessions
from mvoting.core import clock
from mvoting.core.clock import now
from notifications.announcements import accounts as announcements
from notifications.campaigns import planner
from notifications.campaigns import services as campaigns
from notifications.campaigns.audience import from_document
from tests.people import entry, headers, phone

A, B = "010-1111-1111", "010-2222-2222"


@pytest.fixture(autouse=True)
def _clean_messages(db):
    for name in ("campaigns", "campaign_batches", "devices"):
        db[name].delete_many({})


def register(client, grant, token):
    body = {"address": {"kind": "token", "value": token}, "platform": "android"}
    answer = client.put("/v1/devices", json=body, headers=headers(grant))
    assert answer.status_code == 200, answer.json
    return answer.json["id"]


def replayed(client):
    """Sign one person in twice and another once, then replay the first phone's token from elsewhere."""
    stolen, other, stranger = (services.sign_in(phone(n), entry(), method="firebase") for n in (A, A, B))
    devices = [register(client, grant, f"token-{n}") for n, grant in enumerate((stolen, other, stranger))]
    thief = client.post("/v1/sessions/refresh", json={"refresh_token": stolen.refresh_token, "device_id": "t" * 32})
    assert thief.json["code"] == "accounts.refresh-token-replayed"
    return stolen, other, stranger, devices


def inbox(client, grant):
    return client.get("/v1/inbox", headers=headers(grant)).json["items"]


def test_the_other_devices_hear_of_it_once(client, db):
    stolen, other, stranger, (_dead, alive, _elsewhere) = replayed(client)
    for _ in range(3):
        announcements.announce(now=now())
    (item,) = inbox(client, other)
    assert (item["kind"], item["link"]) == ("account", "/me")
    assert inbox(client, stranger) == []
    assert client.get("/v1/inbox", headers=headers(stolen)).json["code"] == "accounts.session-ended"
    (campaign,) = db.campaigns.find()
    assert campaign["_id"] == f"replay:{stolen.session_id}"
    campaigns.plan_campaign(campaign["_id"], now=now())
    from notifications.devices import services as devices

    reached = devices.for_sending(list(planner.ids(from_document(campaign["audience"]), after="")), now=now())
    assert set(reached) == {alive}, "the push goes to the device that is still signed in, not to the thief's"


def test_ordinary_ends_and_lost_answers_tell_nobody(client, db):
    mine = entry()
    me = services.sign_in(phone(A), mine, method="firebase")
    body = {"refresh_token": me.refresh_token, "device_id": mine.device.id}
    assert [client.post("/v1/sessions/refresh", json=body).status_code for _ in range(2)] == [200, 200]
    sessions.end_all(me.person_id, because="signed_out")
    announcements.announce(now=now())
    assert db.campaigns.count_documents({}) == 0


def test_what_happened_while_the_workers_were_down_is_still_told(client, db):
    replayed(client)
    clock.shift(announcements.LOOK_BACK - timedelta(minutes=5))
    announcements.announce(now=now())
    assert db.campaigns.count_documents({}) == 1
