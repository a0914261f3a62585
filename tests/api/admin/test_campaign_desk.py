"""Campaigns in the panel: who gets it, by which text, changed by two, released by a third; texts and people lists beside it."""

import io
import re

import pytest

from admin.jobs import services as jobs
from mvoting.core.clock import now
from mvoting.core.ids import new_id
from notifications.devices.models import Device
from notifications.people_lists import services as people_lists
from notifications.templates import services as templates
from tests.api.admin.forms import made, moment

OFFICER, COLLEAGUE = new_id(), new_id()


@pytest.fixture(autouse=True)
def clean(db):
    for name in ("campaigns", "campaign_batches", "devices", "push_templates", "people_lists", "people_list_entries"):
        db[name].delete_many({})
    for name in ("staff_jobs", "staff_job_pieces"):
        db[name].delete_many({})
    db.leases.delete_one({"_id": "jobs"})


@pytest.fixture
def officer(browser):
    return browser("poll_officer", staff_id=OFFICER)


@pytest.fixture
def colleague(browser):
    return browser("administrator", staff_id=COLLEAGUE)


def form(**changes):
    entered = {
        "title_ko": "한강공원 축제",
        "body_ko": "토요일 오후 2시에 열립니다.",
        "to": "districts",
        "districts": ["11560"],
        "link": "/news/1",
        "expires_at": moment(30),
    }
    return entered | changes


def phones(*districts, **fields):
    at = now()
    facts = {
        "platform": "android",
        "language": "ko",
        "state": "active",
        "trust": "member",
        "registered_at": at,
        "refreshed_at": at,
    }
    made_of = [
        {
            "_id": new_id(),
            "person_id": f"person-{place}",
            "address": {"kind": "token", "value": f"desk-{place}"},
            "districts": [code],
            "places": [code],
            **facts,
            **fields,
        }
        for place, code in enumerate(districts)
    ]
    Device._get_collection().insert_many(made_of)


def uploaded(browser, name, text):
    """Upload a list and let a worker read it. Returns: the job's page."""
    answer = browser.post("/admin/campaigns/lists", {"name": name, "file": (io.BytesIO(text.encode()), "list.csv")})
    assert answer.status_code == 303, answer.text[-2000:]
    jobs.carry_on()
    return browser.text(answer.location)


def test_an_audience_is_topic_district_language_trust_and_list_at_once(officer, db, sign_in):
    sign_in("010-7700-0001")
    uploaded(officer, "자원봉사자", "phone\n010-7700-0001\n")
    listed = db.people_lists.find_one()["_id"]
    narrow = {"topics": ["culture"], "languages": ["ko"], "trust": "resident", "lists": [listed], "spread_minutes": "30"}
    campaign = db.campaigns.find_one({"_id": made(officer.post("/admin/campaigns/new", form(**narrow, starts_at=moment(2))))})
    audience = {"districts": ["11560"], "topics": ["culture"], "languages": ["ko"], "trust": "resident", "lists": [listed]}
    assert campaign["audience"] == audience
    assert (campaign["spread_s"], campaign["state"], campaign["link"]) == (1800, "draft", "/news/1")
    page = officer.text(f"/admin/campaigns/{campaign['_id']}")
    for shown in ("영등포구", "문화", "확인된 주민", "자원봉사자", "30분"):
        assert shown in page, shown


def test_phones_are_counted_before_anything_is_stored(officer, db):
    phones("11560", "11560", "11680", topics=["culture"])

    def counted(**changes):
        return officer.post("/admin/campaigns/audience", form(**changes)).text

    assert "<b>2</b>" in counted()
    assert "<b>3</b>" in counted(to="everyone")
    assert "<b>0</b>" in counted(topics=["safety"])
    assert "받는 사람을 골라" in counted(districts=[])
    without_script = officer.post("/admin/campaigns/new", form(to="everyone", count="1"))
    assert "<b>3</b>" in without_script.text
    assert db.campaigns.count_documents({}) == 0


def test_the_message_is_shown_as_on_a_lock_screen_with_its_length(officer):
    shown = officer.post("/admin/campaigns/preview", form(title_ko="가" * 61, body_ko="첫 줄\n둘째 줄")).text
    assert "61 / 60" in shown
    assert 'class="count wrong"' in shown
    assert "첫 줄<br>둘째 줄" in shown
    assert "<script>" not in officer.post("/admin/campaigns/preview", form(title_ko="<script>alert(1)</script>")).text


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"districts": []}, "자치구를 하나 이상"),
        ({"title_ko": ""}, "title_ko-wrong"),
        ({"title_en": "only a title"}, "body_en-wrong"),
        ({"link": "https://elsewhere.example"}, "link-wrong"),
        ({"expires_at": ""}, "expires_at-wrong"),
        ({"expires_at": "someday"}, "expires_at-wrong"),
        ({"expires_at": "2020-01-01T00:00"}, "끝나는 시각이 시작보다"),
        ({"spread_minutes": "9999"}, "spread_minutes-wrong"),
        ({"topics": ["nothing"]}, 'class="wrong"'),
        ({"lists": ["0" * 26]}, "명단을 찾을 수 없습니다"),
    ],
)
def test_what_cannot_be_sent_is_refused_where_it_stands_and_stays_typed(officer, db, change, said):
    answer = officer.post("/admin/campaigns/new", form(**change))
    assert answer.status_code in (404, 422), answer.status_code
    assert said in answer.text
    assert "토요일 오후 2시" in answer.text
    assert db.campaigns.count_documents({}) == 0


def test_a_draft_is_changed_and_whoever_saves_second_sees_what_changed(officer, colleague, browser, db):
    campaign = made(officer.post("/admin/campaigns/new", form()))
    page = officer.text(f"/admin/campaigns/{campaign}/edit")
    assert "토요일 오후 2시" in page
    assert 'name="version" value="1"' in page
    changed = form(title_ko="축제가 미뤄졌습니다", districts=["11560", "11680"], version="1")
    assert colleague.post(f"/admin/campaigns/{campaign}/edit", changed).status_code == 303
    late = officer.post(f"/admin/campaigns/{campaign}/edit", form(title_ko="축제가 취소됐습니다", version="1"))
    assert late.status_code == 412
    for shown in ("축제가 미뤄졌습니다", "축제가 취소됐습니다", "강남구", 'name="overwrite" value="2"'):
        assert shown in late.text, shown
    assert db.campaigns.find_one()["message"]["ko"]["title"] == "축제가 미뤄졌습니다"
    mine = form(title_ko="축제가 취소됐습니다", version="1", overwrite="2")
    assert officer.post(f"/admin/campaigns/{campaign}/edit", mine).status_code == 303
    assert db.campaigns.find_one()["message"]["ko"]["title"] == "축제가 취소됐습니다"
    for author in (officer, colleague):
        assert "다른 사람이 내보냅니다" in author.text(f"/admin/campaigns/{campaign}")
        author.post(f"/admin/campaigns/{campaign}/act", {"act": "release", "version": "3"})
    third = browser("poll_officer")
    third.post(f"/admin/campaigns/{campaign}/act", {"act": "release", "version": "2"})
    assert db.campaigns.find_one()["state"] == "draft", "an author released it, or somebody what was not seen"
    third.post(f"/admin/campaigns/{campaign}/act", {"act": "release", "version": "3"})
    assert db.campaigns.find_one()["state"] in ("scheduled", "planning", "sending", "done")


def test_what_was_released_is_changed_no_more(officer, colleague, db):
    campaign = made(officer.post("/admin/campaigns/new", form()))
    colleague.post(f"/admin/campaigns/{campaign}/act", {"act": "release", "version": "1"})
    assert officer.post(f"/admin/campaigns/{campaign}/edit", form(version="1")).status_code == 409
    assert f"/admin/campaigns/{campaign}/edit" not in officer.text(f"/admin/campaigns/{campaign}")


TEXT = {
    "title_ko": "{name}",
    "body_ko": "{day}에 열립니다.",
    "title_en": "{name}",
    "body_en": "On {day}.",
    "note": "해마다 쓰는 글",
}


def test_a_text_is_written_by_one_used_once_another_agrees_and_filled_in(officer, colleague, db):
    assert made(officer.post("/admin/campaigns/templates/new", {"key": "festival", **TEXT})) == "festival"
    assert "동의를 기다리는" in colleague.text("/admin/campaigns/templates")
    assert "동의를 기다리는 알림 문구" in colleague.text("/admin")
    officer.post("/admin/campaigns/templates/versions/festival:1/act", {"act": "agree"})
    assert db.push_templates.find_one()["state"] == "draft", "its writer put it into use"
    assert officer.get("/admin/campaigns/new?template=festival").status_code == 200
    colleague.post("/admin/campaigns/templates/versions/festival:1/act", {"act": "agree"})
    assert db.push_templates.find_one()["state"] == "active"
    composer = officer.text("/admin/campaigns/new?template=festival")
    assert 'name="value_day_ko"' in composer
    assert 'name="title_ko"' not in composer
    filled = form(template="festival", value_name_ko="한강 축제", value_day_ko="토요일", value_day_en="Saturday")
    assert "토요일에 열립니다." in officer.post("/admin/campaigns/preview", filled).text
    missing = officer.post("/admin/campaigns/new", form(template="festival", value_name_ko="한강 축제"))
    assert missing.status_code == 422
    assert "문구의 빈칸을 채워 주세요(day)" in missing.text
    campaign = made(officer.post("/admin/campaigns/new", filled))
    stored = db.campaigns.find_one({"_id": campaign})
    assert (stored["template"], stored["message"]["en"]["body"]) == ("festival:1", "On Saturday.")
    edited = officer.text(f"/admin/campaigns/{campaign}/edit")
    assert 'value="토요일"' in edited
    colleague.post("/admin/campaigns/templates/versions/festival:1/act", {"act": "retire"})
    assert 'name="title_ko"' in officer.text(f"/admin/campaigns/{campaign}/edit"), "its last words remain to go on from"


def test_a_text_for_automatic_messages_takes_only_its_fields(officer, db):
    address = "/admin/campaigns/templates/of/poll_opened"
    wrong = officer.post(address, TEXT | {"body_ko": "{winner}이 이겼습니다"})
    assert wrong.status_code == 422
    assert "여기서 쓸 수 없는 빈칸" in wrong.text
    preview = officer.post("/admin/campaigns/templates/preview", TEXT | {"of": "poll_opened", "title_ko": "나" * 61})
    assert "너무 깁니다" in preview.text
    shown = officer.post(
        "/admin/campaigns/templates/preview",
        TEXT | {"of": "poll_opened", "title_ko": "{title}", "body_ko": "{closes}", "title_en": "a", "body_en": "b"},
    )
    assert "심야버스 노선" in shown.text
    assert db.push_templates.count_documents({}) == 0


@pytest.mark.parametrize("key", ["", "No-Key", "poll_opened", "x", "가나다"])
def test_a_text_needs_a_name_of_its_own(officer, db, key):
    assert officer.post("/admin/campaigns/templates/new", {"key": key, **TEXT}).status_code == 422
    assert db.push_templates.count_documents({}) == 0


def test_versions_are_shown_with_their_two_people(officer, colleague, db):
    templates.propose(
        "reply",
        {"ko": {"title": "답글", "body": "보세요."}, "en": {"title": "Reply", "body": "Look."}},
        "더 짧게",
        by=OFFICER,
        now=now(),
    )
    page = colleague.text("/admin/campaigns/templates/of/reply")
    assert "더 짧게" in page
    assert "내 글에 답글이 달렸습니다" in page, "the product's own text stands beside it"
    assert colleague.get("/admin/campaigns/templates/of/nothing_such").status_code == 404


def test_the_auditor_reads_texts_and_changes_none(browser, db):
    auditor = browser("auditor")
    assert "문구 쓰기" not in auditor.text("/admin/campaigns/templates/of/poll_opened")
    assert auditor.post("/admin/campaigns/templates/of/poll_opened", TEXT).status_code == 403
    assert auditor.get("/admin/campaigns/lists").status_code == 403
    assert db.push_templates.count_documents({}) == 0


def test_a_list_is_read_by_a_worker_and_its_file_is_forgotten(officer, db, sign_in):
    sign_in("010-7700-0002")
    page = uploaded(officer, "축제 자원봉사자", "phone\n010-7700-0002\n010-9999-0000\nnobody\n")
    assert "3줄을 읽어 회원 1명" in page
    assert "축제 자원봉사자" in officer.text("/admin/campaigns/lists")
    assert db.staff_job_pieces.count_documents({}) == 0, "the file with the numbers is gone"
    listed = db.people_lists.find_one()
    assert (listed["members"], listed["strangers"], listed["rejected"], listed["created_by"]) == (1, 1, 1, OFFICER)
    page = f"/admin/campaigns/lists/{listed['_id']}"
    for number, said in (("01077000002", "이 명단에 있습니다"), ("010-9999-0000", "이 명단에 없습니다")):
        answer = officer.post(page, {"number": number, "reason": "전화로 문의함"})
        assert said in answer.text
        assert number not in answer.text, "the next one at the desk does not read it"
    refused = officer.post(page, {"number": "아무개", "reason": "전화로 문의함"})
    assert (refused.status_code, "전화번호를 입력해 주세요" in refused.text) == (422, True)
    officer.post(f"{page}/remove")
    assert db.people_lists.count_documents({}) == db.people_list_entries.count_documents({}) == 0
    again = officer.post(f"/admin/campaigns/lists/{listed['_id']}/remove", follow_redirects=True)
    assert "명단을 찾을 수 없습니다" in again.text


def test_a_list_whose_worker_died_is_made_once(officer, db, sign_in, monkeypatch):
    sign_in("010-7700-0003")
    answer = officer.post("/admin/campaigns/lists", {"name": "둘", "file": (io.BytesIO(b"010-7700-0003\n"), "list.csv")})
    job = db.staff_jobs.find_one({"kind": "people_list"})
    insert, audited = people_lists._insert_new, people_lists.audit.record

    def die(*_args, **_kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(people_lists.audit, "record", die)
    with pytest.raises(KeyboardInterrupt):
        jobs.carry_on()
    assert db.people_list_entries.count_documents({}) == 1
    monkeypatch.setattr(people_lists.audit, "record", audited)
    monkeypatch.setattr(people_lists, "_insert_new", insert)
    db.leases.delete_one({"_id": "jobs"})
    db.staff_jobs.update_one({"_id": job["_id"]}, {"$set": {"lease_until": job["created_at"]}})
    jobs.carry_on()
    assert db.people_lists.count_documents({}) == db.people_list_entries.count_documents({}) == 1
    people_lists.upload("둘", b"010-7700-0003\n", by=OFFICER, now=now(), list_id=job["_id"])
    assert db.people_lists.count_documents({}) == 1
    assert "명단 보기" in officer.text(answer.location)


@pytest.mark.parametrize("text", ["", "phone\nnobody\n", "010-9999-0000\n"])
def test_a_list_without_members_is_refused_and_says_why(officer, db, text):
    answer = officer.post("/admin/campaigns/lists", {"name": "없음", "file": (io.BytesIO(text.encode()), "list.csv")})
    if answer.status_code == 303:
        jobs.carry_on()
        assert "명단을 읽을 수 없습니다" in officer.text(answer.location)
    else:
        assert answer.status_code == 422
        assert "명단을 읽을 수 없습니다" in answer.text
    assert db.people_lists.count_documents({}) == db.staff_job_pieces.count_documents({}) == 0


def test_a_cancelled_upload_leaves_neither_list_nor_file(officer, db):
    officer.post("/admin/campaigns/lists", {"name": "멈춤", "file": (io.BytesIO(b"010-7700-0004\n"), "list.csv")})
    assert db.staff_job_pieces.count_documents({}) == 1
    assert b"7700" not in bytes(db.staff_job_pieces.find_one()["sealed"])
    officer.post(f"/admin/jobs/{db.staff_jobs.find_one()['_id']}/cancel")
    jobs.carry_on()
    assert db.people_lists.count_documents({}) == db.staff_job_pieces.count_documents({}) == 0


def test_older_lists_are_chosen_from_further_pages_and_what_was_typed_stays(officer, db):
    counts = {"rows": 2, "members": 2, "strangers": 0, "rejected": 0, "created_by": "x", "created_at": now()}
    lists = [{"_id": f"{n:026d}", "name": f"명단 {n:03d}", **counts} for n in range(45)]
    db.people_lists.insert_many(lists)
    page = officer.text("/admin/campaigns/new")
    assert "명단 044" in page
    assert "명단 024" not in page
    for expected in ("명단 024", "명단 004"):
        more = re.search(r'name="lists_after" value="([^"]+)"', page)[1]
        page = officer.post("/admin/campaigns/new", form(lists_after=more, lists=[lists[44]["_id"]])).text
        assert expected in page
        assert f'value="{lists[44]["_id"]}" checked' in page, "what was chosen on another page stays chosen"
        assert 'value="한강공원 축제"' in page
    assert db.campaigns.count_documents({}) == 0
    chosen = [lists[44]["_id"], lists[4]["_id"]]
    campaign = made(officer.post("/admin/campaigns/new", form(lists=chosen)))
    assert db.campaigns.find_one({"_id": campaign})["audience"]["lists"] == chosen
    edited = officer.text(f"/admin/campaigns/{campaign}/edit")
    assert f'value="{lists[4]["_id"]}" checked' in edited, "an old list of a stored draft is shown among the latest"
