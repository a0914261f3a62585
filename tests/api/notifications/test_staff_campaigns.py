"""Messages that staff write: counted before, released by a second person, cancelled at any time."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from mvoting.core.clock import now
from mvoting.core.ids import new_id
from notifications.campaigns import services
from notifications.campaigns.audience import Audience

BODY = {
    "message": {"ko": {"title": "한강공원 축제", "body": "토요일 오후 2시, 여의도에서 열립니다."}},
    "audience": {"districts": ["11560"]},
    "link": "/news/1",
}


@pytest.fixture(autouse=True)
def clean(db):
    for name in ("devices", "campaigns", "campaign_batches"):
        db[name].delete_many({})


def body(**changes):
    return {**BODY, "expires_at": (now() + timedelta(days=1)).isoformat(), **changes}


def draft(client, headers, **changes):
    answer = client.post("/v1/staff/campaigns", json=body(**changes), headers=headers)
    assert answer.status_code == 201, answer.json
    return answer.json["id"]


def release(client, campaign, headers, version=1):
    return client.post(f"/v1/staff/campaigns/{campaign}/release", headers={**headers, "If-Match": f'"{version}"'})


def edit(client, campaign, headers, version=1, **changes):
    sent = {**headers, "If-Match": f'"{version}"'}
    return client.put(f"/v1/staff/campaigns/{campaign}", json=body(**changes), headers=sent)


def test_one_drafts_another_releases(client, staff_headers, db):
    author, colleague = staff_headers("poll_officer"), staff_headers("administrator")
    campaign = draft(client, author)
    services.plan_campaign(campaign, now=now())
    assert db.campaign_batches.count_documents({}) == 0
    refused = release(client, campaign, author)
    assert (refused.status_code, refused.json["code"]) == (403, "notifications.needs-second-person")
    assert db.campaigns.find_one()["state"] == "draft"
    assert client.post(f"/v1/staff/campaigns/{campaign}/release", headers=colleague).status_code == 428
    released = release(client, campaign, colleague)
    assert (released.status_code, released.json["state"]) == (200, "scheduled")
    again = release(client, campaign, staff_headers("administrator"))
    assert (again.status_code, again.json["code"]) == (409, "notifications.campaign-over")


def test_a_draft_is_changed_and_the_second_saver_is_told(client, staff_headers, db):
    author, colleague, third = (staff_headers("poll_officer", staff_id=name) for name in ("one", "two", "three"))
    campaign = draft(client, author)
    changed = edit(client, campaign, colleague, message={"ko": {"title": "축제가 미뤄졌습니다", "body": "일요일에 열립니다."}})
    assert (changed.status_code, changed.json["version"], changed.headers["ETag"]) == (200, 2, '"2"'), changed.json
    late = edit(client, campaign, author, link="/news/2")
    assert (late.status_code, late.json["code"]) == (412, "core.changed-meanwhile")
    assert client.put(f"/v1/staff/campaigns/{campaign}", json=body(), headers=author).status_code == 428
    stored = db.campaigns.find_one()
    assert (stored["message"]["ko"]["title"], stored["link"], stored["author_ids"]) == (
        "축제가 미뤄졌습니다",
        "/news/1",
        ["one", "two"],
    )
    for writer in (author, colleague):
        refused = release(client, campaign, writer, version=2)
        assert (refused.status_code, refused.json["code"]) == (403, "notifications.needs-second-person")
    unseen = release(client, campaign, third, version=1)
    assert (unseen.status_code, unseen.json["code"]) == (412, "core.changed-meanwhile"), "nobody releases what was not seen"
    assert release(client, campaign, third, version=2).status_code == 200
    over = edit(client, campaign, author, version=2)
    assert (over.status_code, over.json["code"]) == (409, "notifications.campaign-over")
    assert edit(client, new_id(), author).status_code == 404
    actions = [entry["action"] for entry in db.audit_entries.find({"target": f"campaign:{campaign}"}).sort("_id", 1)]
    assert actions == ["campaigns.draft", "campaigns.edit", "campaigns.release"]


def test_what_was_made_by_itself_is_not_changed(client, staff_headers, db):
    campaign = draft(client, officer := staff_headers("poll_officer"))
    db.campaigns.update_one(
        {"_id": campaign}, {"$set": {"created_by": {"kind": "poll", "id": "somebody"}, "kind": "poll_opened"}}
    )
    refused = edit(client, campaign, officer)
    assert (refused.status_code, refused.json["code"]) == (422, "notifications.campaign-invalid")


def test_a_change_and_a_release_at_the_same_moment_never_send_what_nobody_saw(client, staff_headers, db, app):
    author, colleague = staff_headers("poll_officer"), staff_headers("administrator")
    for _ in range(6):
        campaign = draft(client, author)
        with ThreadPoolExecutor(2) as pool:
            changing = pool.submit(lambda c=campaign: edit(app.test_client(), c, author, link="/news/2"))
            releasing = pool.submit(lambda c=campaign: release(app.test_client(), c, colleague))
            done = changing.result().status_code, releasing.result().status_code
        stored = db.campaigns.find_one({"_id": campaign})
        wanted = {"scheduled": ((409, 200), "/news/1"), "draft": ((200, 412), "/news/2")}[stored["state"]]
        assert (done, stored["link"]) == wanted


def test_a_draft_from_before_there_were_versions_is_changed_and_released(client, staff_headers, db):
    campaign = draft(client, staff_headers("poll_officer", staff_id="one"))
    db.campaigns.update_one({"_id": campaign}, {"$unset": {"version": "", "author_ids": ""}})
    assert release(client, campaign, staff_headers("poll_officer", staff_id="one")).status_code == 403
    assert client.get(f"/v1/staff/campaigns/{campaign}", headers=staff_headers("auditor")).json["version"] == 1
    assert edit(client, campaign, staff_headers("poll_officer", staff_id="two")).json["version"] == 2
    assert release(client, campaign, staff_headers("administrator"), version=2).status_code == 200


def test_a_draft_is_in_nobodys_inbox(client, staff_headers, person_headers):
    campaign = draft(client, staff_headers("poll_officer"), audience={"everyone": True})
    mine = person_headers()
    assert client.get("/v1/inbox", headers=mine).json["items"] == []
    release(client, campaign, staff_headers("poll_officer"))
    assert [item["title"] for item in client.get("/v1/inbox", headers=mine).json["items"]] == ["한강공원 축제"]


def test_preview_counts_phones(client, staff_headers, person_headers):
    for number, district in enumerate(["11560", "11560", "11680"]):
        phone = {"address": {"kind": "token", "value": f"t{number}"}, "platform": "android", "districts": [district]}
        client.put("/v1/devices", json=phone, headers=person_headers())
    officer = staff_headers("poll_officer")

    def count(audience):
        return client.post("/v1/staff/campaigns/preview", json=audience, headers=officer).json["devices"]

    assert count({"districts": ["11560"]}) == 2
    assert count({"everyone": True}) == 3
    assert count({"everyone": True, "languages": ["en"]}) == 0
    assert client.post("/v1/staff/campaigns/preview", json={}, headers=officer).status_code == 422


def test_cancel_and_progress(client, staff_headers):
    officer = staff_headers("poll_officer")
    campaign = draft(client, officer)
    shown = client.get(f"/v1/staff/campaigns/{campaign}", headers=staff_headers("auditor"))
    assert (shown.json["progress"], shown.json["reach"]) == ({}, {"received": 0, "seen": 0, "opened": 0})
    cancelled = client.post(f"/v1/staff/campaigns/{campaign}/cancel", json={"reason": "비 예보"}, headers=officer)
    assert (cancelled.status_code, cancelled.json["state"], cancelled.json["reason"]) == (200, "cancelled", "비 예보")
    assert release(client, campaign, staff_headers("administrator")).status_code == 409
    assert client.get("/v1/staff/campaigns?kind=news", headers=officer).json["items"][0]["id"] == campaign
    assert client.get("/v1/staff/campaigns/nothing", headers=officer).status_code == 404


def test_an_alert_is_not_cancelled_here(client, staff_headers):
    services.start_campaign(
        "alert_severe",
        Audience(everyone=True),
        {"ko": {"title": "t", "body": "b"}},
        campaign_id=(alert := new_id()),
        expires_at=now() + timedelta(hours=1),
        now=now(),
    )
    officer = staff_headers("poll_officer")
    assert client.post(f"/v1/staff/campaigns/{alert}/cancel", json={"reason": "x"}, headers=officer).status_code == 409
    assert services.get_campaign(alert)["state"] == "scheduled"


BAD = pytest.mark.parametrize(
    "change",
    [
        {"audience": {}},
        {"audience": {"districts": ["00000"]}},
        {"audience": {"everyone": True, "$where": "1"}},
        {"message": {"en": {"title": "t", "body": "b"}}},
        {"message": {"ko": {"title": "가" * 61, "body": "b"}}},
        {"message": {"ko": {"title": "t", "body": "나" * 201}}},
        {"link": "https://elsewhere.example"},
        {"link": "//elsewhere.example"},
        {"expires_at": "2020-01-01T00:00:00Z"},
        {"expires_at": "2026-11-22T09:00:00"},
    ],
)


@BAD
def test_bad_drafts_store_nothing(client, staff_headers, db, change):
    answer = client.post("/v1/staff/campaigns", json=body(**change), headers=staff_headers("poll_officer"))
    assert answer.status_code == 422, answer.json
    assert db.campaigns.count_documents({}) == 0


@BAD
def test_a_bad_change_leaves_the_draft_as_it_is(client, staff_headers, db, change):
    campaign = draft(client, officer := staff_headers("poll_officer"))
    before = db.campaigns.find_one({"_id": campaign})
    assert edit(client, campaign, officer, **change).status_code == 422
    assert db.campaigns.find_one({"_id": campaign}) == before


def test_only_those_who_write_campaigns_may(client, staff_headers, person_headers):
    for headers, status in (
        (staff_headers("moderator"), 403),
        (staff_headers("alert_author"), 403),
        (person_headers(), 401),
        ({}, 401),
    ):
        assert client.post("/v1/staff/campaigns", json=body(), headers=headers).status_code == status
        assert edit(client, new_id(), headers).status_code == status
