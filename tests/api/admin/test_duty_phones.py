"""Duty phones in the panel: one's own, by the same services as the API's."""

import pytest

from notifications.duty import services

PHONE = {"name": "상황실 당직 전화", "platform": "android", "language": "ko", "address_kind": "token", "address_value": "duty-1"}


@pytest.fixture(autouse=True)
def without_phones(db):
    db.duty_phones.delete_many({})


@pytest.fixture
def author(browser):
    return browser("alert_author")


def test_a_phone_is_added_refreshed_and_removed(author, db):
    assert author.post("/admin/alerts/duty", PHONE).status_code == 303
    assert "아직 울리지 않음" in author.text("/admin/alerts/duty")
    assert author.post("/admin/alerts/duty", PHONE | {"name": "야간 당직"}).status_code == 303
    stored = db.duty_phones.find_one({})
    assert (db.duty_phones.count_documents({}), stored["name"], stored["address"]["value"]) == (1, "야간 당직", "duty-1")
    assert author.post(f"/admin/alerts/duty/{stored['_id']}/remove").status_code == 303
    assert db.duty_phones.count_documents({}) == 0
    acts = {entry["action"] for entry in db.audit_entries.find({"target": f"duty_phone:{stored['_id']}"})}
    assert acts == {"duty.register", "duty.remove"}


@pytest.mark.parametrize("wrong", [{"address_value": ""}, {"platform": "pager"}, {"address_kind": "sms"}, {"name": "가" * 61}])
def test_what_cannot_ring_is_refused_and_stays_typed(author, db, wrong):
    answer = author.post("/admin/alerts/duty", PHONE | wrong)
    assert answer.status_code == 422
    assert 'class="wrong"' in answer.text
    assert (PHONE | wrong)["name"] in answer.text
    assert db.duty_phones.count_documents({}) == 0


def test_a_sixth_phone_is_refused_and_the_page_says_what_to_do(author, db):
    for n in range(services.PHONES_MAX):
        assert author.post("/admin/alerts/duty", PHONE | {"address_value": f"duty-{n}"}).status_code == 303
    assert author.post("/admin/alerts/duty", PHONE | {"address_value": "one more"}).status_code == 409
    assert db.duty_phones.count_documents({}) == services.PHONES_MAX
    assert "쓰지 않는 전화를 먼저" in author.text("/admin/alerts/duty")


def test_a_phone_is_rung_to_see_that_its_address_is_right(author, db, sandbox):
    assert "울릴 전화가 없습니다" in author.text("/admin")
    author.post("/admin/alerts/duty", PHONE)
    assert "울릴 전화가 없습니다" not in author.text("/admin")
    trial = f"/admin/alerts/duty/{db.duty_phones.find_one()['_id']}/trial"
    assert "전화가 울렸는지" in author.post(trial, follow_redirects=True).text
    assert "10초 뒤에" in author.post(trial, follow_redirects=True).text
    assert len(sandbox.phones.messages("duty-1")) == 1
    author.post("/admin/alerts/duty", PHONE | {"address_value": "fail-unregistered"})
    wrong = db.duty_phones.find_one({"address.value": "fail-unregistered"})["_id"]
    assert "보내지 못했습니다" in author.post(f"/admin/alerts/duty/{wrong}/trial", follow_redirects=True).text


def test_nobody_sees_or_removes_a_colleagues_phone(author, browser, db):
    author.post("/admin/alerts/duty", PHONE)
    other, phone = browser("alert_approver"), db.duty_phones.find_one({})["_id"]
    assert f"<b>{PHONE['name']}</b>" in author.text("/admin/alerts/duty")
    assert f"<b>{PHONE['name']}</b>" not in other.text("/admin/alerts/duty")
    answer = other.post(f"/admin/alerts/duty/{phone}/remove", follow_redirects=True)
    assert "당직 전화를 찾을 수 없습니다." in answer.text
    assert db.duty_phones.count_documents({}) == 1


def test_the_tab_is_only_for_those_whom_a_phone_would_wake(browser):
    assert "/admin/alerts/duty" not in browser("administrator").text("/admin/alerts")
    assert browser("administrator").get("/admin/alerts/duty").status_code == 403
