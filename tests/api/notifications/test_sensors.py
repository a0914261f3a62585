"""Sensors over HTTP: readings once each, one draft for each episode, nothing out without two people."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from mvoting.core.clock import now
from notifications.sensors import services
from tests.alerts import Desk

STATION, KIND = "홍제천-연희교", "water_level"
RULE = {
    "name": "홍제천 수위",
    "station": STATION,
    "kind": KIND,
    "unit": "m",
    "threshold": 3.0,
    "clear_at": 2.5,
    "duration_s": 300,
    "gap_max_s": 600,
    "alert": {
        "class": "extreme",
        "hazard": "flood",
        "area": {"districts": ["11440"], "circles": [{"lon": 126.93, "lat": 37.57, "radius_m": 800}]},
        "wording": {
            "ko": {
                "issuer": "서울특별시",
                "where": "마포구 홍제천",
                "what": "{time} 수위 {value}{unit}로 넘칠 위험이 있습니다",
                "action": "하천변에서 즉시 나와 높은 곳으로 대피하세요",
            },
            "en": {
                "issuer": "Seoul City",
                "where": "Hongjecheon, Mapo-gu",
                "what": "water at {value}{unit} at {time}, may overflow",
                "action": "Leave the riverside for higher ground now",
            },
        },
    },
}


@pytest.fixture(autouse=True)
def clean(db):
    for name in (
        "alerts",
        "campaigns",
        "campaign_batches",
        "sensor_gateways",
        "sensor_readings",
        "sensor_rules",
        "alert_listings",
    ):
        db[name].delete_many({})


@pytest.fixture
def admin(staff_headers):
    return staff_headers("administrator", staff_id="admin-1")


@pytest.fixture
def gateway(client, admin):
    sent = {"name": "하천 관측망", "stations": [STATION]}
    key = client.post("/v1/sensors/gateways", json=sent, headers=admin).get_json()["key"]
    return {"Authorization": f"Bearer {key}"}


@pytest.fixture
def rule(client, admin, db):
    answer = client.post("/v1/sensors/rules", json=RULE, headers=admin)
    assert answer.status_code == 201, answer.get_json()
    # as if made an hour ago, so that readings of the last hour count
    db.sensor_rules.update_many({}, {"$set": {"changed_at": now() - timedelta(hours=1)}})
    return answer.get_json()


def readings(*values, until_min=0, step_min=1):
    last = now() - timedelta(minutes=until_min)
    count = len(values)
    return [
        {
            "station": STATION,
            "kind": KIND,
            "value": value,
            "at": (last - timedelta(minutes=step_min * (count - 1 - n))).isoformat(),
        }
        for n, value in enumerate(values)
    ]


def hand_in(client, gateway, sent):
    return client.post("/v1/sensors/readings", json={"readings": sent}, headers=gateway)


def code(answer):
    return answer.status_code, answer.get_json()["code"]


HIGH = [3.1, 3.2, 3.3, 3.2, 3.4, 3.25]


def test_a_limit_passed_for_long_enough_drafts_an_alert_with_area_and_text(client, gateway, rule, db):
    assert hand_in(client, gateway, readings(2.0, *HIGH)).get_json() == {"stored": 7, "duplicates": 0}
    (alert,) = db.alerts.find()
    assert (alert["state"], alert["alert_class"], alert["author_ids"]) == ("draft", "extreme", [])
    assert "수위 3.25m로 넘칠 위험이 있습니다" in alert["texts"]["ko"]
    assert "11440" in alert["area"]["districts"]
    assert alert["origin"] == {"kind": "sensor", "id": rule["id"]}
    assert db.campaigns.count_documents({}) == 0  # nothing went out


def test_one_episode_drafts_once_however_often_and_in_whatever_order_readings_come(app, client, gateway, rule, db):
    rows = readings(2.0, *HIGH)
    with ThreadPoolExecutor(6) as pool:
        answers = list(
            pool.map(lambda n: hand_in(app.test_client(), gateway, rows[::-1] if n % 2 else rows).get_json(), range(6))
        )
    assert sum(answer["stored"] for answer in answers) == 7
    hand_in(client, gateway, readings(*HIGH))
    services.evaluate_all(now=now())
    assert db.alerts.count_documents({}) == 1


def test_what_comes_in_late_about_the_past_raises_nothing(client, gateway, rule, db):
    hand_in(client, gateway, readings(*HIGH, until_min=30))
    assert db.alerts.count_documents({}) == 0


def test_wavering_about_the_threshold_stays_one_episode(client, gateway, rule, db):
    hand_in(client, gateway, readings(*HIGH, until_min=9))
    assert db.alerts.count_documents({}) == 1
    hand_in(client, gateway, readings(2.9, 3.1, 2.8, 3.2, 2.6, 3.1, 3.0, 2.9))
    services.evaluate_all(now=now())
    assert db.alerts.count_documents({}) == 1
    assert db.sensor_rules.find_one()["is_raised"] is True


def test_calm_withdraws_an_untouched_draft(client, gateway, rule, db):
    hand_in(client, gateway, readings(*HIGH, until_min=7))
    hand_in(client, gateway, readings(2.4, 2.3, 2.2, 2.2, 2.1, 2.1))
    (alert,) = db.alerts.find()
    assert (alert["state"], alert["trail"][-1]["who"]) == ("cancelled", f"sensor:{rule['id']}")
    assert db.sensor_rules.find_one()["is_raised"] is False


def test_calm_after_release_drafts_the_all_clear(client, gateway, rule, db, staff_headers):
    hand_in(client, gateway, readings(*HIGH, until_min=7))
    (alert,) = db.alerts.find()
    desk = Desk(client, staff_headers)
    assert desk.approve(desk.act({"id": alert["_id"], "version": 1}, "submit").get_json()).status_code == 200
    hand_in(client, gateway, readings(2.4, 2.3, 2.2, 2.2, 2.1, 2.1))
    follow_up = db.alerts.find_one({"original_id": alert["_id"]})
    assert (follow_up["kind"], follow_up["state"]) == ("all_clear", "draft")


def test_a_late_low_reading_before_the_last_prevents_the_draft(client, gateway, rule, db):
    rows = readings(*HIGH)
    hand_in(client, gateway, rows[:-1])
    late = {**rows[2], "value": 1.0, "at": (now() - timedelta(minutes=2, seconds=30)).isoformat()}
    hand_in(client, gateway, [late])
    hand_in(client, gateway, rows[-1:])
    assert db.alerts.count_documents({}) == 0


def test_the_first_value_of_a_time_stands(client, gateway, rule, db):
    (row,) = readings(2.0)
    hand_in(client, gateway, [row])
    assert hand_in(client, gateway, [{**row, "value": 9.0}]).get_json() == {"stored": 0, "duplicates": 1}
    assert db.sensor_readings.find_one()["value"] == 2.0


def test_readings_that_cannot_be_meant_are_refused_whole(client, gateway, rule, db):
    good, future = readings(2.0)[0], {**readings(2.0)[0], "at": (now() + timedelta(minutes=10)).isoformat()}
    old = {**good, "at": (now() - timedelta(days=8)).isoformat()}
    answer = hand_in(client, gateway, [good, future, old])
    assert (*code(answer), answer.get_json()["readings"]) == (422, "sensors.reading-time", {"1": "future", "2": "too-old"})
    assert code(hand_in(client, gateway, [{**good, "station": "other"}])) == (403, "sensors.station-not-of-gateway")
    assert code(hand_in(client, gateway, [{**good, "value": "NaN"}]))[0] == 422
    assert code(hand_in(client, gateway, [])) == (422, "core.invalid-input")
    assert code(hand_in(client, gateway, [good] * 501)) == (422, "core.invalid-input")
    assert code(hand_in(client, {"Authorization": "Bearer no"}, [good])) == (401, "sensors.gateway-unknown")
    assert db.sensor_readings.count_documents({}) == 0


def test_a_closed_gateway_hands_in_nothing(client, gateway, admin, db):
    gateway_id = db.sensor_gateways.find_one()["_id"]
    assert client.delete(f"/v1/sensors/gateways/{gateway_id}", headers=admin).status_code == 204
    assert code(hand_in(client, gateway, readings(2.0))) == (401, "sensors.gateway-unknown")


@pytest.mark.parametrize(
    "changes",
    [
        {"clear_at": 3.5},
        {"alert": {**RULE["alert"], "area": {"districts": ["99999"]}}},
        {
            "alert": {
                **RULE["alert"],
                "wording": {**RULE["alert"]["wording"], "ko": {**RULE["alert"]["wording"]["ko"], "action": ""}},
            }
        },
        {"duration_s": -1},
    ],
)
def test_a_rule_that_could_not_send_is_not_stored(client, admin, db, changes):
    assert client.post("/v1/sensors/rules", json={**RULE, **changes}, headers=admin).status_code == 422
    assert db.sensor_rules.count_documents({}) == 0


def taken_over(client, gateway):
    """Have the gateway renew its key, so that no administrator knows it."""
    key = client.post("/v1/sensors/key", headers=gateway).get_json()["key"]
    return {"Authorization": f"Bearer {key}"}


def listed(client, rule, admin, staff_headers):
    sent = {"kind": "sensor_rule", "subject_id": rule["id"], "classes": ["extreme"], "reason": "야간 자동 경보"}
    listing = client.post("/v1/alert-listings", json=sent, headers=admin).get_json()
    other = staff_headers("administrator", staff_id="admin-2")
    assert client.post(f"/v1/alert-listings/{listing['id']}/agree", headers=other).status_code == 200
    return listing


@pytest.mark.parametrize("later", ["another gateway", "a new key"])
def test_no_administrator_makes_a_listed_rule_send_alone(client, gateway, rule, admin, staff_headers, db, later):
    """Whoever registers a gateway sees its key, and with made-up readings could make a listed rule send."""
    sent = {"kind": "sensor_rule", "subject_id": rule["id"], "classes": ["extreme"], "reason": "야간 자동 경보"}
    assert code(client.post("/v1/alert-listings", json=sent, headers=admin)) == (409, "listings.key-seen")
    own = taken_over(client, gateway)
    assert hand_in(client, gateway, readings(*HIGH)).status_code == 401, "the key that was seen is void"
    listed(client, rule, admin, staff_headers)
    if later == "another gateway":
        other = {"name": "가짜", "stations": [STATION]}
        key = client.post("/v1/sensors/gateways", json=other, headers=admin).get_json()["key"]
        own = {"Authorization": f"Bearer {key}"}
    else:
        own = taken_over(client, own)
    assert hand_in(client, own, readings(*HIGH)).status_code == 200
    assert [alert["state"] for alert in db.alerts.find()] == ["draft"], "the listing ended"


def test_a_listed_rule_sends_and_a_changed_one_does_not(client, gateway, rule, admin, staff_headers, db):
    gateway = taken_over(client, gateway)
    listing = listed(client, rule, admin, staff_headers)
    hand_in(client, gateway, readings(*HIGH, until_min=8))
    (alert,) = db.alerts.find()
    assert (alert["state"], alert["approved_by"]) == ("sending", f"listing:{listing['id']}")
    # the threshold is lowered by one hand: from then on drafts wait for people
    db.alerts.delete_many({})
    db.sensor_rules.update_one({}, {"$set": {"is_raised": False, "changed_at": now() - timedelta(minutes=7)}})
    changed = client.put(f"/v1/sensors/rules/{rule['id']}", json={**RULE, "threshold": 2.9}, headers=admin)
    assert changed.status_code == 200
    hand_in(client, gateway, readings(*HIGH))
    (alert,) = db.alerts.find()
    assert alert["state"] == "draft"


def test_roles(client, admin, rule, staff_headers, person_headers):
    author = staff_headers("alert_author")
    assert client.get("/v1/sensors/rules", headers=author).status_code == 200
    assert client.post("/v1/sensors/rules", json=RULE, headers=author).status_code == 403
    assert client.post("/v1/sensors/gateways", json={}, headers=author).status_code == 403
    assert client.get("/v1/sensors/rules", headers=person_headers()).status_code == 401
    assert "key_hash" not in client.get("/v1/sensors/gateways", headers=admin).text
