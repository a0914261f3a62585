"""Audience of a staff campaign: topic × district × language × trust × list; each that is given must fit."""

import io
from datetime import timedelta

import pytest

from mvoting.accounts.services import sign_in_with_phone
from mvoting.accounts.tokens import verify
from mvoting.core.clock import now
from notifications.campaigns import holds, pipeline, services
from notifications.channels import registry
from notifications.people_lists import services as people_lists

MESSAGE = {"ko": {"title": "한강공원 축제", "body": "토요일 오후 2시에 열립니다."}}


@pytest.fixture(autouse=True)
def clean(db, sandbox):
    for name in ("devices", "preferences", "campaigns", "campaign_batches", "people_lists", "people_list_entries", "push_days"):
        db[name].delete_many({})
    # An extreme alert of another file holds bulk back for two seconds.
    holds.forget_pause()
    registry.throttle("default")._redis.flushall()


@pytest.fixture
def officer(staff_headers):
    return staff_headers("poll_officer", staff_id="audience-officer")


def phone(client, headers, name, *, district="11560", language="ko", topics=None):
    entered = {"address": {"kind": "token", "value": name}, "platform": "android", "districts": [district], "language": language}
    assert client.put("/v1/devices", json=entered, headers=headers).status_code == 200
    if topics is not None:
        version = client.get("/v1/preferences", headers=headers).headers["ETag"]
        chosen = {"topics": topics}
        assert client.put("/v1/preferences", json=chosen, headers={**headers, "If-Match": version}).status_code == 200


def upload(client, officer, text, name="자원봉사자"):
    sent = {"file": (io.BytesIO(text.encode()), "list.csv")}
    return client.post(f"/v1/staff/people-lists?name={name}", data=sent, headers=officer, content_type="multipart/form-data")


def count(client, officer, **audience):
    answer = client.post("/v1/staff/campaigns/preview", json=audience, headers=officer)
    assert answer.status_code == 200, answer.json
    return answer.json["devices"]


def release(client, campaign, headers):
    return client.post(f"/v1/staff/campaigns/{campaign}/release", headers={**headers, "If-Match": '"1"'})


def test_topic_district_language_and_trust_narrow_each_other(client, officer, person_headers):
    phone(client, person_headers(), "culture-here", topics=["culture"])
    phone(client, person_headers(), "culture-there", district="11680", topics=["culture", "safety"])
    phone(client, person_headers(), "safety-here", topics=["safety"])
    phone(client, person_headers(), "nothing-here")
    phone(client, person_headers(trust="resident", district="11560"), "resident", language="en", topics=["culture"])
    assert count(client, officer, everyone=True) == 5
    assert count(client, officer, topics=["culture"]) == 3
    assert count(client, officer, topics=["culture", "safety"]) == 4
    assert count(client, officer, topics=["culture"], districts=["11560"]) == 2
    assert count(client, officer, topics=["culture"], languages=["en"]) == 1
    assert count(client, officer, topics=["culture"], trust="resident") == 1
    assert count(client, officer, topics=["safety"], trust="resident") == 0
    wrong = client.post("/v1/staff/campaigns/preview", json={"topics": ["gossip"]}, headers=officer)
    assert wrong.status_code == 422


def test_a_topic_is_dropped_from_every_phone_at_once(client, officer, person_headers):
    me = person_headers()
    phone(client, me, "mine", topics=["culture"])
    assert count(client, officer, topics=["culture"]) == 1
    version = client.get("/v1/preferences", headers=me).headers["ETag"]
    kept = client.put("/v1/preferences", json={"muted": ["reply"]}, headers={**me, "If-Match": version})
    followed = [topic["name"] for topic in kept.json["topics"] if topic["is_followed"]]
    assert followed == ["culture"], "an app that does not know topics leaves them"
    phone(client, me, "mine", topics=[])
    assert count(client, officer, topics=["culture"]) == 0


def test_a_list_reaches_the_members_on_it_and_nobody_else(client, officer, staff_headers, sandbox, db):
    members = {}
    for number in ("010-2222-3301", "010-2222-3302", "010-2222-3303"):
        members[number] = {"Authorization": f"Bearer {sign_in_with_phone(number).access_token}"}
        phone(client, members[number], f"phone-{number[-1]}", district="11560" if number[-1] != "2" else "11680")
    listed = upload(client, officer, "phone\n010-2222-3301\n01022223302\n010-2222-3302\n010-9999-0000\nnobody\n")
    assert listed.status_code == 201, listed.json
    assert {name: listed.json[name] for name in ("rows", "members", "rejected")} == {"rows": 5, "members": 2, "rejected": 1}
    audience = {"lists": [listed.json["id"]]}
    assert count(client, officer, **audience) == 2
    assert count(client, officer, **audience, districts=["11560"]) == 1
    body = {"message": MESSAGE, "audience": audience, "expires_at": (now() + timedelta(days=1)).isoformat()}
    draft = client.post("/v1/staff/campaigns", json=body, headers=officer).json
    release(client, draft["id"], staff_headers("administrator"))
    while pipeline.send_due("default"):
        pass
    assert services.get_campaign(draft["id"])["totals"] == {"sent": 2}
    assert set(sandbox.phones.deliveries(f"{draft['id']}:1").targets) == {"phone-1", "phone-2"}
    inboxes = {number: client.get("/v1/inbox", headers=headers).json["items"] for number, headers in members.items()}
    assert {number[-1]: len(items) for number, items in inboxes.items()} == {"1": 1, "2": 1, "3": 0}
    stored = str(list(db.people_lists.find())) + str(list(db.people_list_entries.find()))
    assert "2222" not in stored, "numbers are not kept"
    person = verify(members["010-2222-3301"]["Authorization"][7:]).person_id
    assert people_lists.export_personal_data(person) == {"people_lists": ["자원봉사자"]}
    people_lists.erase_personal_data(person)
    assert count(client, officer, **audience) == 1
    assert client.delete(f"/v1/staff/people-lists/{listed.json['id']}", headers=officer).status_code == 204
    assert client.post("/v1/staff/campaigns/preview", json=audience, headers=officer).status_code == 404
    assert db.people_list_entries.count_documents({}) == 0


def test_one_number_is_looked_for_on_a_list_and_the_log_holds_none(client, officer, staff_headers, db):
    listed = sign_in_with_phone("010-2222-3401").person_id
    other = sign_in_with_phone("010-2222-3402").person_id
    path = f"/v1/staff/people-lists/{upload(client, officer, '010-2222-3401').json['id']}/look-up"
    for number, person, is_listed in (
        ("01022223401", listed, True),
        ("+82 10-2222-3402", other, False),
        ("010-2222-3499", None, False),
    ):
        answer = client.post(path, json={"number": number, "reason": "소식이 안 온다고 함"}, headers=officer)
        assert (answer.status_code, answer.json) == (200, {"is_listed": is_listed})
        entry = db.audit_entries.find_one({"action": "people_lists.look_up"}, sort=[("_id", -1)])
        assert "2222" not in entry["body"]
        assert (person is None) == ("sealed" not in entry["body"])
        assert person is None or person in entry["body"]
    for wrong, status in (({"number": "아무개"}, 422), ({"reason": ""}, 422), ({"reason": None}, 422)):
        sent = {"number": "010-2222-3401", "reason": "문의함", **wrong}
        assert client.post(path, json=sent, headers=officer).status_code == status
    sent = {"number": "010-2222-3401", "reason": "문의함"}
    assert client.post("/v1/staff/people-lists/01m80pg7v1vp6pmjh4n1rbqmzb/look-up", json=sent, headers=officer).status_code == 404
    for role in ("moderator", "auditor"):
        assert client.post(path, json=sent, headers=staff_headers(role)).status_code == 403


@pytest.mark.parametrize("text", ["", "phone\n", "phone\nnobody\n", "010-9999-0000\n"])
def test_a_list_without_members_is_not_stored(client, officer, db, text):
    answer = upload(client, officer, text)
    assert (answer.status_code, answer.json["code"]) == (422, "notifications.list-refused")
    assert db.people_lists.count_documents({}) == 0


def test_lists_are_for_those_who_write_campaigns(client, staff_headers, person_headers, officer):
    for headers, status in ((staff_headers("moderator"), 403), (person_headers(), 401)):
        assert client.get("/v1/staff/people-lists", headers=headers).status_code == status
        assert upload(client, headers, "010-2222-3301").status_code == status
    assert client.delete("/v1/staff/people-lists/01m80pg7v1vp6pmjh4n1rbqmzb", headers=officer).status_code == 404


def test_a_start_is_spread_as_staff_say_or_at_the_full_hour(client, officer):
    def spread(starts_at, **changes):
        body = {"message": MESSAGE, "audience": {"everyone": True}, "starts_at": starts_at.isoformat(), **changes}
        body["expires_at"] = (starts_at + timedelta(days=1)).isoformat()
        return client.post("/v1/staff/campaigns", json=body, headers=officer).json["spread_s"]

    tomorrow = (now() + timedelta(days=1)).replace(minute=0, second=0, microsecond=0)
    assert spread(tomorrow) == 120
    assert spread(tomorrow + timedelta(minutes=20)) == 0
    assert spread(tomorrow, spread_minutes=0) == 0
    assert spread(tomorrow, spread_minutes=30) == 1800


def test_every_act_is_in_the_audit_log(client, officer, staff_headers, db):
    body = {"message": MESSAGE, "audience": {"everyone": True}, "expires_at": (now() + timedelta(days=1)).isoformat()}
    draft = client.post("/v1/staff/campaigns", json=body, headers=officer).json["id"]
    release(client, draft, officer)
    release(client, draft, staff_headers("administrator", staff_id="colleague"))
    client.post(f"/v1/staff/campaigns/{draft}/cancel", json={"reason": "비 예보"}, headers=officer)
    entries = [
        (entry["action"], entry["staff_id"]) for entry in db.audit_entries.find({"target": f"campaign:{draft}"}).sort("_id", 1)
    ]
    assert entries == [
        ("campaigns.draft", "audience-officer"),
        ("campaigns.release", "colleague"),
        ("campaigns.cancel", "audience-officer"),
    ]
