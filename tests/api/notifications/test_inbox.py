"""The inbox holds every message that concerns a person, before and without any push."""

from datetime import timedelta

import pytest

from mvoting.core.clock import now
from mvoting.core.ids import new_id
from notifications.campaigns import audience as audiences
from notifications.campaigns import services as campaigns
from notifications.campaigns.audience import Audience
from notifications.inbox import readers
from notifications.inbox import services as inbox

MESSAGE = {"ko": {"title": "알림", "body": "내용"}, "en": {"title": "Notice", "body": "Text"}}


@pytest.fixture(autouse=True)
def clean(db):
    for name in ("devices", "preferences", "campaigns", "campaign_batches", "message_acks"):
        db[name].delete_many({})


def start(kind="news", audience=None, **options):
    options = {"campaign_id": new_id(), "expires_at": now() + timedelta(hours=1), "now": now(), **options}
    return campaigns.start_campaign(kind, audience or Audience(everyone=True), MESSAGE, **options)["_id"]


def register(client, headers, districts=(), value=None, **changes):
    phone = {
        "address": {"kind": "token", "value": value or new_id()},
        "platform": "android",
        "districts": list(districts),
        **changes,
    }
    return client.put("/v1/devices", json=phone, headers=headers).json["id"]


def listed(client, headers, query=""):
    answer = client.get(f"/v1/inbox{query}", headers=headers)
    assert answer.status_code == 200, answer.json
    return [item["id"] for item in answer.json["items"]]


def test_a_message_is_there_before_any_push_and_for_people_without_a_phone(client, person_headers):
    message = start()
    assert listed(client, person_headers()) == [message]


def test_only_what_concerns_a_person_is_shown(client, person_headers):
    mine, other = person_headers("me"), person_headers("other", trust="resident")
    register(client, mine, ["11110"])
    register(client, other, ["11680"], language="en")
    here = {
        "type": "Polygon",
        "coordinates": [[[126.97, 37.56], [126.99, 37.56], [126.99, 37.58], [126.97, 37.58], [126.97, 37.56]]],
    }
    for_me = [
        start(audience=Audience(districts=("11110", "11140"))),
        start("reply", Audience(people=("me",))),
        start("alert_severe", Audience(shapes=(here,), shape_districts=("11110",))),
        start(audience=Audience(everyone=True, languages=("ko",))),
    ]
    for_other = [
        start(audience=Audience(everyone=True, trust="resident")),
        start(audience=Audience(districts=("11680",), languages=("en",))),
    ]
    assert sorted(listed(client, mine)) == sorted(for_me)
    assert sorted(listed(client, other)) == sorted(for_other)


def test_a_correction_is_shown_to_those_of_the_original(client, person_headers, db):
    mine, late = person_headers("me"), person_headers("late")
    device = register(client, mine, ["11110"])
    original = start("alert_severe", Audience(districts=("11110",)))
    campaigns.plan_campaign(original, now=now())
    assert [row["devices"] for row in db.campaign_batches.find({"campaign_id": original})] == [[device]]
    register(client, late, ["11110"])
    correction = start("alert_severe", Audience(ledger_of=original), message_id=original, revision=2)
    assert set(listed(client, mine)) == {original, correction}
    assert set(listed(client, late)) == {original}


def test_a_long_list_of_people_is_read_by_nobody(client, person_headers, staff_headers):
    named = start("reply", Audience(people=("me", *(f"p{n}" for n in range(5000)))))
    assert listed(client, person_headers("me")) == [named]
    assert listed(client, person_headers("you")) == []
    item = inbox.read(readers.load("me", "member"), since=None, after=None, limit=5, now=now())[0][0]
    assert "selectors" not in item
    assert "people" not in item["audience"]
    shown = client.get(f"/v1/staff/campaigns/{named}", headers=staff_headers("auditor")).json
    assert shown["audience"] == {"people_count": 5001}
    assert client.get("/v1/staff/campaigns", headers=staff_headers("auditor")).json["items"][0]["audience"] == {
        "people_count": 5001
    }


def test_unread_seen_and_opened(client, person_headers, db):
    mine = person_headers("me")
    device = register(client, mine)
    first, second = start(), start()
    assert client.get("/v1/inbox/unread", headers=mine).json == {"unread": 2}
    body = {"device_id": device, "acks": [{"id": first, "event": "received"}, {"id": first, "event": "seen"}]}
    assert client.post("/v1/inbox/acks", json=body, headers=mine).json == {"noted": 2}
    assert client.post("/v1/inbox/acks", json=body, headers=mine).json == {"noted": 2}
    assert client.get("/v1/inbox/unread", headers=mine).json == {"unread": 1}
    assert client.get("/v1/devices", headers=mine).json["items"][0]["reached_at"] is not None
    client.post("/v1/inbox/acks", json={"acks": [{"id": second, "event": "opened"}]}, headers=mine)
    assert client.get("/v1/inbox/unread", headers=mine).json == {"unread": 0}
    assert inbox.reach(first) == {"received": 1, "seen": 1, "opened": 0}
    assert inbox.reach(second) == {"received": 0, "seen": 0, "opened": 1}
    assert client.get("/v1/inbox/unread", headers=person_headers("other")).json == {"unread": 2}


def test_made_up_acknowledgements_store_nothing(client, person_headers, db):
    mine = person_headers()
    assert client.post("/v1/inbox/acks", json={"acks": [{"id": "nothing", "event": "seen"}]}, headers=mine).json == {"noted": 0}
    assert db.message_acks.count_documents({}) == 0
    for wrong in ({"acks": []}, {"acks": [{"id": "x", "event": "loved"}]}, {"acks": [{"id": {"$gt": ""}, "event": "seen"}]}, {}):
        assert client.post("/v1/inbox/acks", json=wrong, headers=mine).status_code == 422


def test_nothing_new_costs_a_304(client, person_headers):
    mine = person_headers()
    start()
    first = client.get("/v1/inbox", headers=mine)
    again = client.get("/v1/inbox", headers={**mine, "If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    start()
    assert client.get("/v1/inbox", headers={**mine, "If-None-Match": first.headers["ETag"]}).status_code == 200


def test_since_and_pages_show_everything_once(client, person_headers):
    mine, base = person_headers(), now()
    ids = [start(starts_at=base - timedelta(minutes=n), campaign_id=f"m{n:02d}") for n in range(25)]
    for n in range(30):
        start(audience=Audience(districts=("11110",)), starts_at=base - timedelta(minutes=n, seconds=5))
    seen, query = [], "?limit=10"
    while query:
        page = client.get(f"/v1/inbox{query}", headers=mine).json
        seen += [item["id"] for item in page["items"]]
        query = page["next"] and f"?limit=10&after={page['next']}"
    assert seen == ids
    recent = (base - timedelta(minutes=5, seconds=30)).isoformat().replace("+", "%2B")
    assert listed(client, mine, f"?since={recent}") == ids[:6]


def test_cancelled_before_sending_never_shows_and_hidden_kinds_neither(client, person_headers):
    mine = person_headers()
    cancelled, news = start(), start()
    result = start("poll_result")
    campaigns.cancel_campaign(cancelled, "typo", now=now())
    assert set(listed(client, mine)) == {news, result}
    chosen = client.put("/v1/preferences", json={"hidden": ["news"]}, headers={**mine, "If-Match": '"0"'})
    assert chosen.status_code == 200, chosen.json
    assert listed(client, mine) == [result]


def test_both_languages(client, person_headers):
    start()
    mine = person_headers()
    assert client.get("/v1/inbox", headers=mine).json["items"][0]["title"] == "알림"
    assert client.get("/v1/inbox", headers={**mine, "Accept-Language": "en"}).json["items"][0]["title"] == "Notice"


def test_the_inbox_query_uses_its_index(app, db):
    for n in range(200):
        start(audience=Audience(districts=("11680",)), campaign_id=f"c{n}")
    who = readers.load("me", "member")
    plan = (
        campaigns.campaigns().find(inbox._condition(who, since=None, now=now())).sort([("starts_at", -1), ("_id", -1)]).explain()
    )
    text = str(plan["queryPlanner"]["winningPlan"])
    assert "COLLSCAN" not in text
    assert "'stage': 'SORT'" not in text
    assert plan["executionStats"]["totalKeysExamined"] <= 20


def test_personal_data_is_handed_out_and_erased(client, person_headers, db):
    mine = person_headers("me")
    register(client, mine)
    alone, shared = start("reply", Audience(people=("me",))), start("reply", Audience(people=("me", "you")))
    client.post("/v1/inbox/acks", json={"acks": [{"id": alone, "event": "seen"}]}, headers=mine)
    exported = inbox.export_personal_data("me")
    assert {message["_id"] for message in exported["messages"]} == {alone, shared}
    assert len(exported["acknowledgements"]) == 1
    inbox.erase_personal_data("me")
    assert db.message_acks.count_documents({}) == 0
    assert db.campaigns.count_documents({"selectors": "p:me"}) == 0
    assert [campaign["_id"] for campaign in db.campaigns.find()] == [shared]
    assert audiences.from_document(db.campaigns.find_one()["audience"]).people == ("you",)
