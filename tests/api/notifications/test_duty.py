"""Duty phones: a draft that waits wakes those who can act on it, and tells nothing of what it says."""

from datetime import timedelta

import pytest

from mvoting.core.clock import now
from notifications.alerts import services as alerts
from notifications.alerts import waiting
from notifications.duty import services
from tests.alerts import Desk, body

PATH = "/v1/staff/duty-phones"


@pytest.fixture(autouse=True)
def clean(db, sandbox):
    for name in ("alerts", "campaigns", "campaign_batches", "devices", "duty_phones", "staff"):
        db[name].delete_many({})


@pytest.fixture
def desk(client, staff_headers):
    return Desk(client, staff_headers)


def add(client, headers, token, **changes):
    phone = {"address": {"kind": "token", "value": token}, "platform": "android", **changes}
    return client.put(PATH, json=phone, headers=headers)


def rung(sandbox, *names):
    return {name: len(sandbox.phones.messages(name)) for name in names}


def machines_draft(**changes):
    entered = {**body(**changes), "alert_class": "extreme", "expires_at": now() + timedelta(hours=3)}
    entered.pop("class")
    return alerts.create_draft(entered, by=None, now=now(), origin={"kind": "sensor", "id": "gauge"})


def test_a_draft_handed_over_rings_those_who_may_release_it(desk, client, staff_headers, sandbox, db):
    second = staff_headers("alert_approver", "alert_author", staff_id="second")
    for headers, name in ((desk.author, "writer"), (desk.approver, "boss"), (second, "second")):
        assert add(client, headers, name, language="en" if name == "second" else "ko").status_code == 200
    desk.draft()
    assert services.knock(now=now()) == 0, "nobody is woken for a draft that is still being written"
    desk.submitted(hazard="fire")
    assert services.knock(now=now()) == 1
    assert rung(sandbox, "writer", "boss", "second") == {"writer": 0, "boss": 1, "second": 1}
    message = sandbox.phones.messages("boss")[0]
    assert message["notification"]["title"] == "[시험] 재난문자 초안이 기다립니다"
    assert sandbox.phones.messages("second")[0]["notification"]["title"] == "[TEST] A draft of an alert waits"
    assert message["android"]["priority"] == "high"
    assert "홍제천" not in str(message), "the knock tells nothing"
    assert "fire" not in str(message["notification"])
    assert client.get(PATH, headers=desk.approver).json["items"][0]["rung_at"] is not None


def test_it_rings_again_until_somebody_acts(desk, client, sandbox):
    add(client, desk.approver, "boss")
    alert, later = desk.submitted(), now() + waiting.KNOCK_EVERY + timedelta(seconds=1)
    assert [services.knock(now=moment) for moment in (now(), now(), later)] == [1, 0, 1]
    assert desk.approve(alert).status_code == 200
    assert services.knock(now=later + waiting.KNOCK_EVERY + timedelta(seconds=1)) == 0
    assert sandbox.phones.deliveries(f"duty:{alert['id']}:1").received == 1
    assert sandbox.phones.deliveries(f"duty:{alert['id']}:2").received == 1


def test_it_does_not_ring_for_ever(desk, client, db):
    alert = desk.submitted()
    db.alerts.update_one({"_id": alert["id"]}, {"$set": {"knocks": waiting.KNOCKS_MAX}})
    assert services.knock(now=now()) == 0


def test_a_machines_draft_rings_writers_and_approvers_until_a_person_takes_it(desk, client, sandbox):
    for headers, name in ((desk.author, "writer"), (desk.approver, "boss")):
        add(client, headers, name)
    draft = machines_draft()
    assert services.knock(now=now()) == 1
    assert rung(sandbox, "writer", "boss") == {"writer": 1, "boss": 1}
    taken = client.put(f"/v1/alerts/{draft['_id']}", json=body(), headers={**desk.author, "If-Match": f'"{draft["version"]}"'})
    assert taken.status_code == 200, taken.json
    assert services.knock(now=now() + timedelta(hours=1)) == 0


def test_without_a_role_or_suspended_no_phone_rings(desk, client, sandbox, db):
    add(client, desk.approver, "boss")
    db.staff.update_one({"_id": "approver"}, {"$set": {"state": "suspended"}})
    desk.submitted()
    assert services.knock(now=now()) == 1
    assert rung(sandbox, "boss") == {"boss": 0}
    assert services.forget_former() == 1
    assert db.duty_phones.count_documents({}) == 0


def test_a_knock_that_no_phone_got_is_tried_again_soon_and_a_dead_phone_is_forgotten(desk, client, sandbox, db):
    add(client, desk.approver, "fail-unregistered_old")
    desk.submitted()
    assert services.knock(now=now()) == 1
    assert db.duty_phones.count_documents({}) == 0
    add(client, desk.approver, "boss")
    assert services.knock(now=now() + waiting.KNOCK_SOON + timedelta(seconds=1)) == 1
    assert rung(sandbox, "boss") == {"boss": 1}


def test_phones_are_ones_own_and_few(desk, client, staff_headers, person_headers, db):
    for number in range(services.PHONES_MAX):
        phone = add(client, desk.approver, f"t{number}").json
    refused = add(client, desk.approver, "one-more")
    assert (refused.status_code, refused.json["code"]) == (409, "duty.too-many-phones")
    assert add(client, desk.approver, "t0", name="상황실").json["name"] == "상황실", "a known one is refreshed"
    assert client.delete(f"{PATH}/{phone['id']}", headers=desk.author).status_code == 404
    assert client.delete(f"{PATH}/{phone['id']}", headers=desk.approver).status_code == 204
    assert len(client.get(PATH, headers=desk.approver).json["items"]) == services.PHONES_MAX - 1
    assert client.get(PATH, headers=desk.author).json["items"] == []
    for headers in (staff_headers("moderator"), person_headers(), {}):
        assert add(client, headers, "x").status_code in (401, 403)
    acts = [entry["action"] for entry in db.audit_entries.find({"target": f"duty_phone:{phone['id']}"}).sort("_id", 1)]
    assert acts == ["duty.register", "duty.remove"]


def test_a_phone_is_rung_as_a_trial_by_its_owner_only(desk, client, sandbox, db):
    phone = add(client, desk.approver, "boss", language="en").json["id"]
    assert client.post(f"{PATH}/{phone}/trial", headers=desk.author).status_code == 404
    answer = client.post(f"{PATH}/{phone}/trial", headers=desk.approver)
    assert answer.status_code == 200
    assert answer.json["rung_at"] is not None
    again = client.post(f"{PATH}/{phone}/trial", headers=desk.approver)
    assert (again.status_code, again.json["code"]) == (429, "duty.tried-just-now")
    message, *others = sandbox.phones.messages("boss")
    assert (message["notification"]["title"], others) == ("Your duty phone rings", [])


def test_a_trial_of_a_wrong_address_says_so_and_keeps_the_phone(desk, client, db):
    phone = add(client, desk.approver, "fail-unregistered_old").json["id"]
    answer = client.post(f"{PATH}/{phone}/trial", headers=desk.approver)
    assert (answer.status_code, answer.json["code"]) == (502, "duty.phone-silent")
    stored = db.duty_phones.find_one({"_id": phone})
    assert "rung_at" not in stored


def test_the_look_for_drafts_that_wait_uses_its_index(db, desk):
    desk.submitted()
    find = {
        "$or": [
            {"state": "submitted", "knock_at": {"$lte": now()}},
            {"state": "draft", "author_ids": [], "knock_at": {"$lte": now()}},
        ]
    }
    assert "COLLSCAN" not in str(db.alerts.find(find).explain()["queryPlanner"]["winningPlan"])
