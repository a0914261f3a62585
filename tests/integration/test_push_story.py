"""A poll opens, and through beat, Celery and the sender the phones of its audience hear of it. Nobody else does."""

from datetime import timedelta

import pytest

from mvoting.core.clock import now
from mvoting.core.database import database
from tests import workers

POLL = {
    "title": {"ko": "심야버스 노선", "en": "Night bus routes"},
    "questions": [
        {
            "title": {"ko": "어느 노선인가요?", "en": "Which route?"},
            "method": "plurality",
            "options": [{"title": {"ko": "N13", "en": "N13"}}, {"title": {"ko": "N61", "en": "N61"}}],
        }
    ],
}


@pytest.fixture(autouse=True)
def clean(db, sandbox):
    for name in ("devices", "preferences", "campaigns", "campaign_batches", "push_platform_stops", "polls"):
        db[name].delete_many({})


@pytest.fixture
def live_workers(app, environment, tmp_path):
    arguments = [workers.worker("default"), workers.beat()]
    with workers.running(*arguments, environment=environment, log=tmp_path / "workers.log"):
        yield tmp_path / "workers.log"


def register(client, headers, name, **changes):
    phone = {"address": {"kind": "token", "value": name}, "platform": "android", **changes}
    assert client.put("/v1/devices", json=phone, headers=headers).status_code == 200
    # The bare token of the tests belongs to no stored session, and without one no push goes to its phone.
    session_id = database().devices.find_one({"address.value": name})["session_id"]
    database().sessions.insert_one({"_id": session_id, "expires_at": now() + timedelta(hours=1)})


def test_a_poll_that_opens_reaches_phones_through_celery(client, person_headers, staff_headers, sandbox, live_workers, db):
    register(client, person_headers(), "minji")
    register(client, person_headers(), "james", language="en")
    muted = person_headers()
    db.preferences.insert_one({"_id": "muted-person", "muted": ["poll_opened"], "version": 1})
    muted = person_headers("muted-person")
    register(client, muted, "quiet-one")
    register(client, person_headers(), "fail-unregistered_old")
    officer = staff_headers("poll_officer")
    opens_at = now() + timedelta(seconds=2)
    poll = {**POLL, "opens_at": opens_at.isoformat(), "closes_at": (opens_at + timedelta(days=1)).isoformat()}
    created = client.post("/v1/polls", json=poll, headers=officer)
    assert created.status_code == 201, created.json
    assert client.post(f"/v1/polls/{created.json['id']}/schedule", headers=officer).status_code == 200
    assert sandbox.outcomes["accepted"] == 0

    workers.wait_until(lambda: sandbox.phones.messages("minji") and sandbox.phones.messages("james"), seconds=40)
    message = sandbox.phones.messages("minji")[0]
    assert message["notification"]["title"] == "투표가 시작됐습니다"
    assert "심야버스 노선" in message["notification"]["body"]
    assert sandbox.phones.messages("james")[0]["notification"]["title"] == "A poll has opened"
    assert message["data"]["link"] == f"/polls/{created.json['id']}"

    campaign_id = f"poll_opened:{created.json['id']}"
    campaign = workers.wait_until(lambda: db.campaigns.find_one({"_id": campaign_id, "state": "done"}))
    assert campaign["totals"] == {"sent": 2, "dead": 1, "muted": 1}
    assert sandbox.phones.messages("quiet-one") == []
    assert db.devices.find_one({"address.value": "fail-unregistered_old"})["state"] == "dead"
    assert sandbox.phones.deliveries(f"{campaign_id}:1").received == 2
