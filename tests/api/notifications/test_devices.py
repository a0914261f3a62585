"""Registering phones over HTTP."""

import pytest

from mvoting.core.ids import random_id

PHONE = {"address": {"kind": "token", "value": "phone-minji-1"}, "platform": "android", "districts": ["11110"]}


@pytest.fixture(autouse=True)
def clean(db):
    db.devices.delete_many({})
    db.preferences.delete_many({})


def test_register_refresh_list_and_forget(client, person_headers, db):
    mine = person_headers()
    first = client.put("/v1/devices", json=PHONE, headers=mine)
    assert first.status_code == 200
    again = client.put("/v1/devices", json={**PHONE, "app_version": "2.1", "districts": []}, headers=mine)
    assert again.json["id"] == first.json["id"]
    assert (again.json["app_version"], again.json["districts"], again.json["condition"]) == ("2.1", [], "ready")
    assert [device["id"] for device in client.get("/v1/devices", headers=mine).json["items"]] == [first.json["id"]]
    assert client.delete(f"/v1/devices/{first.json['id']}", headers=person_headers()).status_code == 404
    assert client.delete(f"/v1/devices/{first.json['id']}", headers=mine).status_code == 204
    assert db.devices.count_documents({}) == 0


def test_a_phone_that_moves_to_another_person_leaves_nothing_behind(client, person_headers, db):
    position = {"lon": 126.98, "lat": 37.57, "is_exact": True}
    client.put("/v1/devices", json={**PHONE, "position": position}, headers=person_headers("first"))
    client.put("/v1/devices", json={**PHONE, "districts": []}, headers=person_headers("second"))
    device = db.devices.find_one({})
    assert db.devices.count_documents({}) == 1
    assert device["person_id"] == "second"
    assert "position" not in device
    assert device["places"] == []


def test_only_the_district_is_kept_unless_the_person_asks_for_more(client, person_headers, db):
    mine = person_headers()
    coarse = client.put("/v1/devices", json={**PHONE, "position": {"lon": 127.05, "lat": 37.50}}, headers=mine)
    assert coarse.json["position_district"] == "11680"
    device = db.devices.find_one({})
    assert "position" not in device
    assert device["places"] == ["11110", "11680"]


def test_a_position_is_forgotten_when_it_is_no_longer_sent(client, person_headers, db):
    mine = person_headers()
    client.put("/v1/devices", json={**PHONE, "position": {"lon": 127.05, "lat": 37.50, "is_exact": True}}, headers=mine)
    assert db.devices.find_one({})["position"]["coordinates"] == [127.05, 37.50]
    client.put("/v1/devices", json=PHONE, headers=mine)
    device = db.devices.find_one({})
    assert "position" not in device
    assert device["places"] == ["11110"]


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"address": {"kind": "token", "value": "x" * 1025}}, 422),
        ({"address": {"kind": "token", "value": ""}}, 422),
        ({"address": {"kind": "token", "value": {"$ne": ""}}}, 422),
        ({"address": {"kind": "topic", "value": "x"}}, 422),
        ({"platform": "fridge"}, 422),
        ({"districts": ["99999"]}, 422),
        ({"districts": ["11110"] * 26}, 422),
        ({"position": {"lon": 129.0, "lat": 35.1}}, 422),
        ({"position": {"lon": 1e400, "lat": 0}}, 422),
        ({"person_id": "somebody-else"}, 422),
    ],
)
def test_bad_registrations_store_nothing(client, person_headers, db, change, status):
    answer = client.put("/v1/devices", json={**PHONE, **change}, headers=person_headers())
    assert answer.status_code in (status, 400)
    assert db.devices.count_documents({}) == 0


def test_ten_devices_are_enough(client, person_headers):
    mine = person_headers(random_id())
    for number in range(10):
        client.put("/v1/devices", json={**PHONE, "address": {"kind": "fid", "value": f"f{number}"}}, headers=mine)
    refused = client.put("/v1/devices", json={**PHONE, "address": {"kind": "fid", "value": "f10"}}, headers=mine)
    assert (refused.status_code, refused.json["code"]) == (409, "notifications.too-many-devices")
    refresh = client.put("/v1/devices", json={**PHONE, "address": {"kind": "fid", "value": "f3"}}, headers=mine)
    assert refresh.status_code == 200


def test_signing_in_comes_first(client):
    assert client.put("/v1/devices", json=PHONE).status_code == 401
    assert client.get("/v1/devices").status_code == 401
