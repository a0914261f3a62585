"""Alerts at the desk: several shapes, nothing lost by an edit, usual words, sources, sensors, listings by two."""

import html
import re

import pytest

from mvoting.accounts.guards import ROLES
from mvoting.core.clock import now
from tests.api.admin.forms import alert_form, made

SQUARE = "126.90, 37.55\n126.92, 37.55\n126.92, 37.57\n126.90, 37.57"
OTHER = "127.00, 37.50\n127.02, 37.50\n127.02, 37.52"


@pytest.fixture
def author(browser):
    return browser("alert_author")


@pytest.fixture
def administrator(browser):
    return browser("administrator")


def stored(db, alert_id):
    return db.alerts.find_one({"_id": alert_id})


def test_several_polygons_circles_shelters_and_links_survive_an_edit(author, db):
    shapes = {"districts": [], "polygons": f"{SQUARE}\n\n{OTHER}", "circles": "126.98, 37.57, 400"}
    more = {
        "shelters": "마포구민체육센터 | Mapo Sports Centre | 월드컵로25길 190",
        "links": "행동 요령 | What to do | https://safe.example/flood",
    }
    alert_id = made(author.post("/admin/alerts/new", alert_form(**shapes, **more)))
    first = stored(db, alert_id)
    assert [len(ring) for ring in first["area"]["polygons"]] == [5, 4]
    assert first["area"]["circles"] == [{"lon": 126.98, "lat": 37.57, "radius_m": 400.0}]
    page = author.text(f"/admin/alerts/{alert_id}/edit")
    for text in ("126.92, 37.57", "127.02, 37.52", "126.98, 37.57, 400", "월드컵로25길 190", "https://safe.example/flood"):
        assert text in page
    assert author.post(f"/admin/alerts/{alert_id}/edit", alert_form(version="1", **shapes, **more)).status_code == 303
    second = stored(db, alert_id)
    for name in ("area", "shelters", "links", "prepared", "wording"):
        assert second[name] == first[name]


def test_prepared_words_of_ones_own_are_kept_and_made_ones_follow_the_alert(author, db):
    own = {"correction_what_ko": "앞 문자는 훈련 글입니다", "correction_action_ko": "따르지 마세요"}
    own |= {"correction_what_en": "that was a drill", "correction_action_en": "Ignore it"}
    alert_id = made(author.post("/admin/alerts/new", alert_form(**own)))
    assert stored(db, alert_id)["prepared"]["correction"]["ko"]["what"] == "앞 문자는 훈련 글입니다"
    assert "앞 문자는 훈련 글입니다" in author.text(f"/admin/alerts/{alert_id}/edit")
    author.post(f"/admin/alerts/{alert_id}/edit", alert_form(version="1", where_ko="은평구 불광천", **own))
    prepared = stored(db, alert_id)["prepared"]
    assert prepared["correction"]["ko"] == {
        "issuer": "서울특별시",
        "where": "은평구 불광천",
        "what": "앞 문자는 훈련 글입니다",
        "action": "따르지 마세요",
    }
    assert prepared["all_clear"]["ko"]["where"] == "은평구 불광천"


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"districts": []}, "지역을 하나 이상 고르세요"),
        ({"polygons": "37.5, 126.9\n37.6, 126.9\n37.6, 127.0"}, "경도와 위도가 바뀌었습니다"),
        ({"circles": "126.9, 37.5, 1"}, "반경은"),
        ({"links": "제목 | no address"}, "입력한 내용을 확인해 주세요"),
        ({"where_ko": "가" * 51}, "입력한 내용을 확인해 주세요"),
    ],
)
def test_what_cannot_be_stored_is_explained_and_kept(author, db, wrong, told):
    before = db.alerts.count_documents({})
    answer = author.post("/admin/alerts/new", alert_form(**wrong))
    assert answer.status_code == 422
    assert told in answer.text
    assert "물이 빠르게 불어나고 있습니다" in answer.text
    assert db.alerts.count_documents({}) == before


def test_usual_words_fill_only_what_is_empty_and_store_nothing(author, db):
    before = db.alerts.count_documents({})
    page = author.post(
        "/admin/alerts/new", alert_form(fill="1", hazard="earthquake", what_ko="", what_en="", action_ko="내 글")
    ).text
    assert "지진이 일어났습니다" in page
    assert "내 글" in page
    assert 'value="extreme" selected' in page
    assert db.alerts.count_documents({}) == before


def test_the_second_author_sees_what_the_first_changed(author, browser, db):
    alert_id = made(author.post("/admin/alerts/new", alert_form()))
    colleague = browser("alert_author")
    colleague.post(f"/admin/alerts/{alert_id}/edit", alert_form(version="1", where_ko="먼저 고친 곳"))
    answer = author.post(f"/admin/alerts/{alert_id}/edit", alert_form(version="1", where_ko="나중에 고친 곳"))
    assert answer.status_code == 422
    assert "먼저 고친 곳" in answer.text
    assert "나중에 고친 곳" in answer.text
    assert stored(db, alert_id)["wording"]["ko"]["where"] == "먼저 고친 곳"
    again = alert_form(overwrite="2", where_ko="나중에 고친 곳")
    assert author.post(f"/admin/alerts/{alert_id}/edit", again).status_code == 303


def test_a_source_is_registered_its_key_shown_once_and_changed(administrator, db):
    form = {"name": "기상청", "sender": "kma@example.kr", "url": ""}
    db.cap_sources.delete_many({})
    answer = administrator.post("/admin/alerts/sources", form)
    source = db.cap_sources.find_one({"sender": "kma@example.kr"})
    assert "한 번만 보입니다" in answer.text
    assert source["key_hash"] not in answer.text
    page = administrator.text("/admin/alerts/sources")
    assert "기상청" in page
    assert "한 번만 보입니다" not in page
    assert administrator.post("/admin/alerts/sources", form | {"name": ""}).status_code == 422
    address = f"/admin/alerts/sources/{source['_id']}"
    assert administrator.post(address, form | {"name": "기상청 서울", "revision": "1"}).status_code == 303
    changed = db.cap_sources.find_one({"_id": source["_id"]})
    assert (changed["name"], changed["is_active"], changed["revision"]) == ("기상청 서울", False, 2)
    assert "한 번만 보입니다" in administrator.post(address, {"act": "key"}).text


def test_a_feeds_sign_in_is_kept_sealed_never_shown_and_stays_until_it_is_removed(administrator, db):
    form = {"name": "산림청", "sender": "forest@example.kr", "url": "https://feed.example.kr/cap"}
    login = {"login_user": "seoul", "login_secret": "a secret of the feed"}
    assert administrator.post("/admin/alerts/sources", form | login).status_code == 200
    source = db.cap_sources.find_one({"sender": "forest@example.kr"})
    address = f"/admin/alerts/sources/{source['_id']}"
    assert source["login_kind"] == "basic"
    assert b"a secret" not in bytes(source["login_sealed"])
    page = administrator.text(address)
    assert "이름과 비밀번호로 로그인" in page
    assert "a secret of the feed" not in page

    def change(**entered):
        revision = str(db.cap_sources.find_one({"_id": source["_id"]})["revision"])
        return administrator.post(address, form | {"active": "1", "revision": revision} | entered)

    change(name="산림청 상황실")
    kept = db.cap_sources.find_one({"_id": source["_id"]})
    assert (kept["name"], kept["login_sealed"]) == ("산림청 상황실", source["login_sealed"])
    change(login_secret="a token")
    assert db.cap_sources.find_one({"_id": source["_id"]})["login_kind"] == "bearer"
    only_user = change(login_user="seoul")
    assert only_user.status_code == 422
    assert "login_secret-wrong" in only_user.text
    change(no_login="1")
    gone = db.cap_sources.find_one({"_id": source["_id"]})
    assert (gone["login_kind"], gone["login_sealed"]) == (None, None)
    administrator.post(address, {"act": "drop_key"})
    assert "key_hash" not in db.cap_sources.find_one({"_id": source["_id"]}), "what is only fetched needs no key"
    assert "키 없애기" not in administrator.text(address)


def test_a_certificate_that_cannot_be_used_is_refused(administrator, db):
    form = {
        "name": "기상청",
        "sender": "kma2@example.kr",
        "certificate": "-----BEGIN CERTIFICATE-----\nno\n-----END CERTIFICATE-----",
    }
    answer = administrator.post("/admin/alerts/sources", form)
    assert answer.status_code == 422
    assert "BEGIN CERTIFICATE" in answer.text, "what was typed stays"
    assert db.cap_sources.find_one({"sender": "kma2@example.kr"}) is None


def rule_form(**changes):
    form = {name: text for name, text in alert_form().items() if name != "expires_at"}
    form |= {"name": "홍제천 수위", "station": "홍제천-연희교", "kind": "water_level", "unit": "m", "above": "1", "active": "1"}
    form |= {"threshold": "3.5", "clear_at": "3.0", "duration_min": "10", "gap_min": "15", "lasts_min": "180"}
    return form | changes


def test_a_rule_is_made_explained_changed_and_switched_off(administrator, db):
    db.sensor_rules.delete_many({})
    for wrong in ({"clear_at": "4"}, {"threshold": "높음"}, {"what_ko": "{value}" * 20}, {"districts": []}):
        answer = administrator.post("/admin/alerts/rules/new", rule_form(**wrong))
        assert answer.status_code == 422, wrong
        assert "홍제천-연희교" in answer.text
    assert db.sensor_rules.count_documents({}) == 0
    assert administrator.post("/admin/alerts/rules/new", rule_form()).status_code == 303
    rule = db.sensor_rules.find_one({})
    assert (rule["threshold"], rule["duration_s"], rule["is_above"], rule["is_active"]) == (3.5, 600, True, True)
    assert "홍제천 수위" in administrator.text("/admin/alerts/rules")
    address = f"/admin/alerts/rules/{rule['_id']}"
    assert 'value="3.5"' in administrator.text(address)
    assert administrator.post(address, rule_form(threshold="4", active="", revision="1")).status_code == 303
    changed = db.sensor_rules.find_one({})
    assert (changed["threshold"], changed["is_active"], changed["revision"]) == (4.0, False, 2)


def test_a_gateway_is_registered_and_closed(administrator, db):
    db.sensor_gateways.delete_many({})
    answer = administrator.post("/admin/alerts/gateways", {"name": "하천과", "stations": "홍제천-연희교\n불광천-응암교"})
    assert "한 번만 보입니다" in answer.text
    gateway = db.sensor_gateways.find_one({})
    assert gateway["stations"] == ["불광천-응암교", "홍제천-연희교"]
    assert administrator.post("/admin/alerts/gateways", {"name": "빈 장치", "stations": ""}).status_code == 422
    administrator.post(f"/admin/alerts/gateways/{gateway['_id']}/close")
    assert not db.sensor_gateways.find_one({})["is_active"]


def test_two_administrators_list_and_one_revokes(administrator, browser, db):
    db.alert_listings.delete_many({})
    administrator.post("/admin/alerts/sources", {"name": "소방", "sender": "fire@example.kr", "url": ""})
    source = db.cap_sources.find_one({"sender": "fire@example.kr"})["_id"]
    propose = {"kind": "cap_source", "subject_id": source, "classes": ["severe"], "reason": "밤에는 사람이 없습니다"}
    administrator.post("/admin/alerts/listings/propose", propose)
    assert db.alert_listings.count_documents({}) == 0, "the administrator has seen its key"
    db.cap_sources.update_one({"_id": source}, {"$set": {"key_taken_at": now()}})
    administrator.post("/admin/alerts/listings/propose", propose | {"classes": []})
    assert db.alert_listings.count_documents({}) == 0
    administrator.post("/admin/alerts/listings/propose", propose)
    listing = db.alert_listings.find_one({})["_id"]
    act = f"/admin/alerts/listings/{listing}/act"
    administrator.post(act, {"act": "agree"})
    assert db.alert_listings.find_one({})["state"] == "proposed", "nobody agrees to the own proposal"
    second = browser("administrator")
    assert "밤에는 사람이 없습니다" in second.text("/admin/alerts/listings")
    second.post(act, {"act": "agree"})
    assert db.alert_listings.find_one({})["state"] == "active"
    administrator.post(act, {"act": "revoke"})
    assert db.alert_listings.find_one({})["state"] == "revoked"


@pytest.mark.parametrize("role", [role for role in ROLES if role != "administrator"])
def test_only_administrators_register_and_list(browser, db, role):
    before = [db[name].count_documents({}) for name in ("cap_sources", "sensor_gateways", "sensor_rules", "alert_listings")]
    mine = browser(role)
    for path, form in (
        ("/admin/alerts/sources", {"name": "가짜", "sender": "x"}),
        ("/admin/alerts/gateways", {"name": "가짜", "stations": "x"}),
        ("/admin/alerts/rules/new", rule_form()),
        ("/admin/alerts/listings/propose", {"kind": "cap_source"}),
    ):
        assert mine.post(path, form).status_code == 403, path
    after = [db[name].count_documents({}) for name in ("cap_sources", "sensor_gateways", "sensor_rules", "alert_listings")]
    assert after == before


def test_messages_received_say_what_each_part_led_to_and_what_was_not_used(administrator, db):
    db.cap_receipts.delete_many({})
    parts = [{"alert_class": name, "alert_id": "a" * 26, "outcome": "drafted"} for name in ("extreme", "advisory")]
    notes = [{"code": "circle-too-wide", "what": "서해 <남부>"}]
    said = {"source_id": "x", "received_at": now(), "last_at": now()}
    db.cap_receipts.insert_many(
        [
            {"_id": "1", "outcome": "drafted", "event": "태풍", "alert_id": "a" * 26, "parts": parts, "notes": notes, **said},
            {
                "_id": "2",
                "outcome": "unreachable",
                "reason": "status-503",
                "times": 7,
                "trouble": "u",
                "url": "https://x/1",
                **said,
            },
        ]
    )
    page = administrator.text("/admin/alerts/sources")
    for word in ("(위급", "(안전안내", "서해 &lt;남부&gt;: 너무 넓은 원", "가져오지 못함", "서버가 503로 답함, 7번, 마지막"):
        assert word in page, word
    db.cap_receipts.delete_many({})


def test_messages_received_are_paged_beside_their_sources(administrator, db):
    db.cap_receipts.delete_many({})
    said = {"source_id": "x", "outcome": "refused", "reason": "status-404", "received_at": now()}
    db.cap_receipts.insert_many([{"_id": f"{n:026d}", "event": f"호우 {n:03d}호", **said} for n in range(60)])
    page, seen = administrator.text("/admin/alerts/sources"), []
    assert "서버가 404로 답함" in page
    for _ in range(3):
        seen += re.findall(r"호우 (\d+)호", page)
        if following := re.search(r'rel="next" href="([^"]+messages_after[^"]+)"', page):
            page = administrator.text(html.unescape(following[1]))
    assert seen == [f"{n:03d}" for n in range(59, -1, -1)]
    db.cap_receipts.delete_many({})
