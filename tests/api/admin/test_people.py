"""People: counters, two accounts of one person, the register, devices; each only for whoever may do the same by API."""

import io
import re
from datetime import timedelta

import pytest

from mvoting.accounts import firebase, registers, services
from mvoting.accounts.sessions import Device
from mvoting.core import audit
from mvoting.core.clock import now
from mvoting.core.ids import new_id, random_id
from tests import people
from tests.browser import panel_scene
from tests.firebase import Certificates, certificate_server, point_verifier_at


@pytest.fixture
def provider(app, monkeypatch):
    """Certificates of the sign-in by text message, served on loopback."""
    import firebase_admin

    monkeypatch.delenv("FIREBASE_AUTH_EMULATOR_HOST", raising=False)
    firebase_admin._apps.pop(firebase.APP_NAME, None)
    certificates = Certificates()
    with certificate_server(certificates) as url:
        point_verifier_at(firebase._app(), url)
        yield certificates
    firebase_admin._apps.pop(firebase.APP_NAME, None)


@pytest.fixture(autouse=True)
def empty(db):
    for name in (
        "persons",
        "identifiers",
        "sessions",
        "devices",
        "register_imports",
        "register_entries",
        "staff_jobs",
        "sign_in_codes",
        "mergers",
    ):
        db[name].delete_many({})


def person(db, **more):
    person_id = new_id()
    db.persons.insert_one({"_id": person_id, "state": "active", "trust": "member", "created_at": now(), **more})
    return person_id


COUNTER = {"document": "M12345678", "reason": "주민등록증 확인", "agreed": "1", "is_fourteen": "1"}


def test_a_counter_code_is_shown_once_and_opens_a_session(browser, db):
    answer = browser("poll_officer").post("/admin/people/counter", COUNTER)
    assert answer.status_code == 200
    code = re.search(r'class="big"><code>([^<]+)</code>', answer.text)[1]
    assert "M12345678" not in answer.text
    grant = services.sign_in_at_counter(code, Device(id=random_id()), network="127.0.0.1")
    assert db.persons.find_one({"_id": grant.person_id})["state"] == "active"
    assert audit.entries({"action": "counter.open_session"}, after=None, limit=1)[0]


@pytest.mark.parametrize("wrong", [{"document": ""}, {"reason": ""}, {"agreed": ""}, {"phone": "12"}])
def test_a_counter_form_that_lacks_something_opens_nothing(browser, db, wrong):
    answer = browser("poll_officer").post("/admin/people/counter", COUNTER | wrong)
    assert answer.status_code == 422
    assert db.sign_in_codes.count_documents({}) == 0


def test_a_number_with_an_account_opens_at_the_counter_by_a_text_message_only(browser, db, provider):
    owner = services.sign_in(people.phone("+821012345678"), people.entry(), method="firebase").person_id
    mine, named = browser("poll_officer"), COUNTER | {"phone": "010-1234-5678"}
    for wrong in ("", "no token", provider.token(phone_number="+821099998888", sub="uid-2", user_id="uid-2")):
        refused = mine.post("/admin/people/counter", named | {"second_id_token": wrong})
        assert refused.status_code >= 400
        assert 'class="big"' not in refused.text
    opened = mine.post("/admin/people/counter", named | {"second_id_token": provider.token()})
    code = re.search(r'class="big"><code>([^<]+)</code>', opened.text)[1]
    assert services.sign_in_at_counter(code, Device(id=random_id()), network="127.0.0.1").person_id == owner
    assert provider.token() not in opened.text


def test_two_accounts_of_one_person_become_one(browser, db):
    kept, dropped = person(db), person(db)
    form = {"kept": kept, "dropped": dropped, "reason": "두 계정 모두 본인임을 확인"}
    assert browser("poll_officer").post("/admin/people/link", form).status_code == 403
    assert browser("administrator").post("/admin/people/link", form).status_code == 303
    assert db.persons.find_one({"_id": dropped})["merged_into"] == kept
    assert "두 계정을 합쳤습니다" not in browser("administrator").text("/admin/people/link")


@pytest.mark.parametrize("wrong", [{"dropped": "x"}, {"reason": ""}, {"dropped": "0" * 26}])
def test_accounts_that_are_not_two_are_not_joined(browser, db, wrong):
    kept, dropped = person(db), person(db)
    form = {"kept": kept, "dropped": dropped, "reason": "확인함"} | wrong
    assert browser("administrator").post("/admin/people/link", form).status_code == 422
    assert db.persons.count_documents({"state": "merged"}) == 0


def upload(mine, text, reason="정기 갱신"):
    return mine.post("/admin/people/registers", {"reason": reason, "file": (io.BytesIO(text.encode()), "register.csv")})


def test_a_register_is_followed_as_a_job_and_its_refused_rows_are_listed(browser, db):
    mine = browser("administrator")
    answer = upload(mine, "phone,district,birth_year,gender\n010-1234-5678,11440,1961,female\n010-1111-2222,99999,1961,male\n")
    assert answer.status_code == 303
    job = answer.location
    assert "진행 중" in mine.text(job)
    for import_id in registers.waiting_imports():
        registers.read_import(import_id)
    page = mine.text(job)
    assert "끝남" in page
    report = re.search(r"/admin/people/registers/\w+", page)[0]
    shown = mine.text(report)
    assert "자치구 번호" in shown
    assert "010-1111-2222" not in shown
    assert report in mine.text("/admin/people/registers")
    assert db.register_entries.count_documents({}) == 1


@pytest.mark.parametrize(("text", "reason"), [("name\nx", "갱신함"), ("", "갱신함"), ("phone,district,birth_year,gender\n", "")])
def test_what_is_no_register_is_refused(browser, db, text, reason):
    assert upload(browser("administrator"), text, reason).status_code == 422
    assert db.register_imports.count_documents({}) == 0
    assert db.staff_jobs.count_documents({}) == 0


def test_a_moderator_sees_no_devices(browser, db):
    member = person(db)
    at = now()
    session = {"person_id": member, "kind": "device", "device_name": "갤럭시", "ended_at": None, "created_at": at}
    db.sessions.insert_one({"_id": new_id(), **session, "expires_at": at + timedelta(days=1), "purge_at": at + timedelta(days=9)})
    assert "갤럭시" in browser("poll_officer").text(f"/admin/people/{member}")
    assert "갤럭시" not in browser("moderator").text(f"/admin/people/{member}")


def test_facts_are_shown_once_with_a_reason_and_logged(browser, db):
    mine = browser("poll_officer")
    member = person(db)
    facts = {"act": "residence", "district": "11440", "birth_year": "1961", "reason": "주민등록증 확인"}
    assert mine.post(f"/admin/people/{member}/act", facts).status_code == 303
    assert "1961" not in mine.text(f"/admin/people/{member}")
    assert "1961" in mine.post(f"/admin/people/{member}/facts", {"reason": "본인 요청"}).text
    assert audit.entries({"action": "person.show_facts"}, after=None, limit=1)[0][0]["reason"] == "본인 요청"


def test_the_second_officer_learns_that_a_colleague_confirmed_meanwhile(browser, db):
    first, second = browser("poll_officer"), browser("poll_officer")
    member = person(db)
    facts = {"act": "residence", "district": "11440", "birth_year": "1961", "reason": "주민등록증 확인", "seen_at": ""}
    first.post(f"/admin/people/{member}/act", facts)
    late = second.post(f"/admin/people/{member}/act", facts | {"district": "11680"}, follow_redirects=True)
    assert "그사이 다른 사람이" in late.text
    assert "마지막 확인" in late.text
    assert audit.entries({"action": "person.confirm_residence"}, after=None, limit=1)[0][0]["after"]["district"] == "11440"
    seen = re.search(r'name="seen_at" value="([^"]+)"', late.text)[1]
    second.post(f"/admin/people/{member}/act", facts | {"district": "11680", "seen_at": seen})
    assert audit.entries({"action": "person.confirm_residence"}, after=None, limit=1)[0][0]["after"]["district"] == "11680"


def test_whether_pushes_reach_a_person_is_told_and_names_only_on_demand_and_logged(browser, db):
    owner = person(db)
    panel_scene.phones_of(db, owner)
    mine, page = browser("poll_officer"), f"/admin/people/{owner}"
    shown = mine.text(page)
    for words in ("안드로이드", "받을 수 있음", "휴대폰 설정에서 막음", "앱을 지웠거나 로그아웃함"):
        assert words in shown
    assert "내 휴대폰" not in shown
    assert mine.post(f"{page}/push-devices", {"reason": ""}, follow_redirects=True).text.count("내 휴대폰") == 0
    assert audit.entries({"action": "person.show_devices", "target": f"person:{owner}"}, after=None, limit=1)[0] == []
    told = mine.post(f"{page}/push-devices", {"reason": "알림이 오지 않는다는 전화"})
    assert told.status_code == 200
    assert "내 휴대폰" in told.text
    assert "마포구" in told.text
    entry = audit.entries({"action": "person.show_devices", "target": f"person:{owner}"}, after=None, limit=1)[0][0]
    assert entry["reason"] == "알림이 오지 않는다는 전화"
    assert "내 휴대폰" not in mine.text(page), "once"
    assert "알림을 받는 기기" not in browser("moderator").text(page)


def test_the_api_tells_the_same_about_push_devices(client, staff_headers, db):
    owner, officer = person(db), staff_headers("poll_officer")
    panel_scene.phones_of(db, owner)
    path = f"/v1/people/{owner}/devices"
    states = client.get(path, headers=officer).json["items"]
    assert sorted(device["condition"] for device in states) == ["blocked", "gone", "ready"]
    assert not {"name", "districts", "position_district", "address"} & {key for device in states for key in device}
    assert client.post(f"{path}/shown", json={"reason": "x"}, headers=officer).status_code == 422
    shown = client.post(f"{path}/shown", json={"reason": "알림이 오지 않음"}, headers=officer).json["items"]
    assert {device["name"] for device in shown} == {"내 휴대폰"}
    for headers in (staff_headers("moderator"), {}):
        assert client.get(path, headers=headers).status_code in (401, 403)
    assert client.get(f"/v1/people/{new_id()}/devices", headers=officer).status_code == 404
