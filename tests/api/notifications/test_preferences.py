"""What people choose holds for all their phones; 위급 cannot be switched off."""

import pytest


@pytest.fixture(autouse=True)
def clean(db):
    db.devices.delete_many({})
    db.preferences.delete_many({})


def put(client, headers, body, version=0):
    return client.put("/v1/preferences", json=body, headers={**headers, "If-Match": f'"{version}"'})


def test_choices_reach_every_phone_also_those_registered_later(client, person_headers, db):
    mine = person_headers("me")
    phone = {"address": {"kind": "token", "value": "a"}, "platform": "ios"}
    client.put("/v1/devices", json=phone, headers=mine)
    body = {"muted": ["news"], "quiet": {"start": "22:00", "end": "07:00"}, "daily_cap": 3}
    chosen = put(client, mine, body)
    assert (chosen.status_code, chosen.json["version"], chosen.headers["ETag"]) == (200, 1, '"1"')
    client.put("/v1/devices", json={**phone, "address": {"kind": "token", "value": "b"}}, headers=mine)
    quiet = {"start": "22:00", "end": "07:00", "timezone": "Asia/Seoul"}
    assert [(device["muted"], device["quiet"]) for device in db.devices.find()] == [(["news"], quiet)] * 2


def test_an_extreme_alert_cannot_be_switched_off_and_says_so(client, person_headers, db):
    mine = person_headers()
    refused = put(client, mine, {"muted": ["alert_extreme"]})
    assert (refused.status_code, refused.json["code"]) == (422, "notifications.cannot-mute")
    assert put(client, mine, {"hidden": ["alert_extreme"]}).status_code == 422
    assert db.preferences.count_documents({}) == 0
    kinds = {kind["name"]: kind for kind in client.get("/v1/preferences", headers=mine).json["kinds"]}
    assert "끌 수 없고" in kinds["alert_extreme"]["note"]
    assert kinds["alert_extreme"]["can_mute"] is False


def test_two_phones_do_not_overwrite_each_other(client, person_headers):
    mine = person_headers()
    assert put(client, mine, {"muted": ["news"]}, 0).status_code == 200
    assert put(client, mine, {"muted": ["reply"]}, 0).status_code == 412
    assert put(client, mine, {"muted": ["reply"]}, 1).json["muted"] == ["reply"]
    assert put(client, mine, {"muted": []}, 1).status_code == 412
    assert client.put("/v1/preferences", json={}, headers=mine).status_code == 428


@pytest.mark.parametrize(
    "wrong",
    [
        {"muted": ["everything"]},
        {"quiet": {"start": "24:00", "end": "07:00"}},
        {"quiet": {"start": "22:00", "end": "07:00", "timezone": "Mars/Olympus"}},
        {"quiet": {"start": "22:00"}},
        {"daily_cap": 0},
        {"unknown": 1},
    ],
)
def test_bad_choices_store_nothing(client, person_headers, db, wrong):
    assert put(client, person_headers(), wrong).status_code == 422
    assert db.preferences.count_documents({}) == 0
