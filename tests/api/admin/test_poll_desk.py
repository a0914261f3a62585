"""Polls at the desk: pictures, nothing lost by an edit, templates, lists, hiding, the counted audience."""

import io
import re
from datetime import timedelta

import pytest

from mvoting.accounts import residents
from mvoting.core.clock import now
from mvoting.core.ids import random_id
from mvoting.voting.board import turnout
from mvoting.voting.polls import rolls, services
from mvoting.voting.polls.drafting import definition_content
from mvoting.voting.polls.schemas import PollIn
from tests.api.admin.forms import made, moment, picture, poll_form
from tests.api.admin.pages import Page


@pytest.fixture
def officer(browser):
    return browser("poll_officer")


def definition(db, poll_id):
    return db.polls.find_one({"_id": poll_id})["definition"]


def rows(*options, prefix="q1_"):
    """Give options as the page's rows."""
    names = ("ko", "en", "cost", "about_ko", "about_en", "picture", "keep", "links")
    columns = {f"{prefix}option_{name}": [str(option.get(name, "")) for option in options] for name in names}
    return columns | {f"{prefix}paste": ""}


def test_pictures_of_poll_question_and_options_are_stored_and_kept_by_an_edit(officer, db):
    form = poll_form(file=picture(), q1_file=picture(colour=(0, 120, 0)), **rows({"ko": "강변"}, {"ko": "도심"}))
    form["q1_option_file"] = [picture(colour=(120, 0, 0)), picture(colour=(90, 90, 0))]
    poll_id = made(officer.post("/admin/polls/new", form, content_type="multipart/form-data"))
    stored = definition(db, poll_id)
    pictures = [stored["picture"], stored["questions"][0]["picture"], *(o["picture"] for o in stored["questions"][0]["options"])]
    assert len(set(pictures)) == 4
    assert db.pictures.count_documents({"_id": {"$in": pictures}, "is_used": True}) == 4
    page = officer.text(f"/admin/polls/{poll_id}/edit")
    for one in pictures:
        assert f'value="{one}"' in page
        assert officer.get(f"/v1/pictures/{one}/small").status_code == 200
    kept = [{"ko": o["title"]["ko"], "picture": o["picture"]} for o in stored["questions"][0]["options"]]
    kept[1]["keep"] = "no"
    changed = poll_form(version="1", picture=pictures[0], q1_picture=pictures[1], **rows(*kept))
    assert officer.post(f"/admin/polls/{poll_id}/edit", changed).status_code == 303
    after = definition(db, poll_id)["questions"][0]["options"]
    assert after[0]["picture"] == pictures[2]
    assert "picture" not in after[1]


def test_what_is_no_picture_is_refused_and_nothing_typed_is_lost(officer, db):
    before = db.polls.count_documents({})
    broken = (picture()[0], "virus.exe")
    broken[0].seek(0)
    broken[0].truncate(10)
    answer = officer.post("/admin/polls/new", poll_form(file=broken), content_type="multipart/form-data")
    assert answer.status_code == 422
    assert "사진으로 쓸 수 없습니다" in answer.text
    assert "우리 동네 야간버스" in answer.text
    assert db.polls.count_documents({}) == before


def test_somebody_elses_picture_cannot_be_named(officer, browser, db):
    own = made(browser("poll_officer").post("/admin/polls/new", poll_form(file=picture()), content_type="multipart/form-data"))
    foreign = definition(db, own)["picture"]
    answer = officer.post("/admin/polls/new", poll_form(picture=foreign))
    assert answer.status_code == 422
    assert "사진을 찾을 수 없습니다" in answer.text


LINK = {"url": "https://seoul.example/1", "title": {"ko": "자료", "en": "Paper"}}


def test_everything_of_a_draft_stands_in_its_form_and_survives_an_edit(officer, db):
    options = [{"title": {"ko": "하나"}, "links": [LINK], "description": {"ko": "설명"}}, {"title": {"ko": "둘"}}]
    question = {"title": {"ko": "무엇"}, "method": "schulze", "options": options, "equal_ranks": True, "is_blank_allowed": False}
    at = now()
    entered = {
        "title": {"ko": "제목"},
        "questions": [question | {"links": [LINK]}],
        "links": [LINK],
        "k": 35,
        "opens_at": (at + timedelta(hours=1)).isoformat(),
        "closes_at": (at + timedelta(hours=9)).isoformat(),
    }
    body = PollIn().load(entered)
    content = definition_content(body, by="city")
    times = body["opens_at"], body["closes_at"]
    poll = services.create_poll(content, *times, {"kind": "staff", "id": "s"}, now=at)["_id"]
    (form,) = [each for each in Page("", officer.text(f"/admin/polls/{poll}/edit")).forms if "title_ko" in each.fields]
    kept = rows({"ko": "하나", "about_ko": "설명", "links": form.fields["q1_option_links"][0]}, {"ko": "둘"})
    assert officer.post(f"/admin/polls/{poll}/edit", form.fields | kept).status_code == 303
    assert definition(db, poll) == {"poll": poll, **content}


def test_links_and_the_size_of_a_batch_are_written_in_the_form(officer, db):
    line = "https://seoul.example/1 | 자료 | Paper\n\nhttps://seoul.example/2"
    form = poll_form(links=line, q1_links=line, k="50", **rows({"ko": "하나", "links": line}, {"ko": "둘"}))
    stored = definition(db, made(officer.post("/admin/polls/new", form)))
    links = [LINK, {"url": "https://seoul.example/2", "title": {"ko": "https://seoul.example/2"}}]
    question = stored["questions"][0]
    assert [stored["links"], question["links"], question["options"][0]["links"]] == [links] * 3
    assert (stored["k"], "links" in question["options"][1]) == (50, False)
    small = made(officer.post("/admin/polls/new", poll_form(k="3")))
    assert definition(db, small)["k"] == 20, "never below what the kind of poll asks for"


@pytest.mark.parametrize(
    ("wrong", "place"),
    [({"links": "x"}, "links"), ({"q1_links": "javascript:1"}, "q1_links"), ({"k": "0"}, "k"), ({"k": "1001"}, "k")],
)
def test_a_wrong_link_or_batch_is_told_beside_its_field(officer, wrong, place):
    answer = officer.post("/admin/polls/new", poll_form(**wrong))
    assert answer.status_code == 422
    assert f'id="{place}-wrong"' in answer.text


@pytest.mark.parametrize("words", ["야간", "버스 야간", "우리동네", "NIGHT bus", "버"])
def test_polls_are_found_by_words_of_their_titles(officer, db, words):
    db.polls.delete_many({})
    found = made(officer.post("/admin/polls/new", poll_form()))
    other = made(officer.post("/admin/polls/new", poll_form(title_ko="한강 자전거길", title_en="", q1_title_ko="어디부터?")))
    page = officer.get("/admin/polls", query_string={"q": words}).text
    assert found in page
    assert other not in page
    officer.post(f"/admin/polls/{other}/edit", poll_form(version="1", title_ko="한강 야간버스 Night bus 우리 동네"))
    assert other in officer.get("/admin/polls", query_string={"q": words}).text, "an edit is found too"


def test_polls_of_earlier_releases_are_found_after_the_upgrade(officer, db):
    poll_id = made(officer.post("/admin/polls/new", poll_form(title_ko="오래된 투표")))
    db.polls.update_one({"_id": poll_id}, {"$unset": {"letters": ""}})
    assert poll_id not in officer.get("/admin/polls", query_string={"q": "오래된"}).text
    assert sum(len(batch) for batch in services.fill_letters()) >= 1
    assert poll_id in officer.get("/admin/polls", query_string={"q": "오래된"}).text


@pytest.mark.parametrize("words", ["없는말", "$where", '{"$gt": ""}', "스버", "x" * 500])
def test_what_stands_in_no_title_finds_nothing(officer, db, words):
    db.polls.delete_many({})
    poll_id = made(officer.post("/admin/polls/new", poll_form()))
    page = officer.get("/admin/polls", query_string={"q": words}).text
    assert poll_id not in page
    assert "그 말이 들어 있는 투표가 없습니다" in page


def test_a_search_for_nothing_lists_everything(officer, db):
    poll_id = made(officer.post("/admin/polls/new", poll_form()))
    assert poll_id in officer.get("/admin/polls", query_string={"q": " !? "}).text


def test_options_keep_the_order_of_the_page_and_empty_rows_are_left_out(officer, db):
    form = poll_form(**rows({"ko": "나"}, {"ko": ""}, {"ko": "가"}))
    form["q1_paste"] = "다\tThird"
    poll_id = made(officer.post("/admin/polls/new", form))
    titles = [option["title"] for option in definition(db, poll_id)["questions"][0]["options"]]
    assert titles == [{"ko": "나"}, {"ko": "가"}, {"ko": "다", "en": "Third"}]


def test_more_rows_and_questions_without_javascript(officer, db):
    before = db.polls.count_documents({})
    answer = officer.post("/admin/polls/new", poll_form(more="q1_"))
    assert answer.status_code == 200
    assert answer.text.count('name="q1_option_ko"') == 8
    answer = officer.post("/admin/polls/new", poll_form(more="question"))
    assert 'name="q2_title_ko"' in answer.text
    assert db.polls.count_documents({}) == before


def test_the_second_saver_sees_the_differences_and_may_decide(officer, browser, db):
    poll_id = made(officer.post("/admin/polls/new", poll_form()))
    seen = {"version": "1"}
    colleague = browser("poll_officer")
    assert colleague.post(f"/admin/polls/{poll_id}/edit", poll_form(title_ko="먼저 바꾼 제목", **seen)).status_code == 303
    answer = officer.post(f"/admin/polls/{poll_id}/edit", poll_form(title_ko="나중 제목", **seen))
    assert answer.status_code == 422
    assert "먼저 바꾼 제목" in answer.text
    assert "나중 제목" in answer.text
    assert definition(db, poll_id)["title"]["ko"] == "먼저 바꾼 제목"
    again = poll_form(title_ko="나중 제목", overwrite="2", **seen)
    assert officer.post(f"/admin/polls/{poll_id}/edit", again).status_code == 303
    assert definition(db, poll_id)["title"]["ko"] == "나중 제목"


def test_a_template_is_kept_used_and_deleted(officer, db):
    poll_id = made(officer.post("/admin/polls/new", poll_form()))
    officer.post(f"/admin/polls/{poll_id}/template", {"name": ""})
    assert db.poll_templates.count_documents({"name": ""}) == 0
    officer.post(f"/admin/polls/{poll_id}/template", {"name": "분기 설문"})
    template = db.poll_templates.find_one({"name": "분기 설문"})["_id"]
    assert template in officer.text("/admin/polls/templates")
    assert "강변" in officer.text(f"/admin/polls/templates/{template}"), "shown as on a phone"
    use = {"act": "use", "opens_at": moment(5), "closes_at": moment(4)}
    assert officer.post(f"/admin/polls/templates/{template}", use).status_code == 422
    copy = made(officer.post(f"/admin/polls/templates/{template}", use | {"closes_at": moment(9)}))
    assert definition(db, copy)["questions"] == definition(db, poll_id)["questions"]
    assert officer.post(f"/admin/polls/templates/{template}", {"act": "delete"}).status_code == 303
    assert officer.get(f"/admin/polls/templates/{template}").status_code == 404


def test_the_audience_is_counted_in_tens(officer, db):
    db.persons.delete_many({"facts_keys": {"$exists": True}})
    for number in range(27):
        facts = {"district": "11440" if number < 25 else "11110", "birth_year": 1990, "gender": "female", "tags": ["student"]}
        person = random_id()
        stored = {"_id": person, "state": "active", "trust": "resident", "created_at": now()}
        db.persons.insert_one(stored | residents.sealed_facts(person, facts))
    ask = {"audience_kind": "profile", "trust": "resident", "districts": ["11440"], "born_from": "1980", "born_to": "1995"}
    assert "20명" in officer.post("/admin/polls/audience", ask).text
    assert "<b>약 0명" in officer.post("/admin/polls/audience", ask | {"districts": ["11110"]}).text, "two are not told apart"
    assert "<b>약 0명" in officer.post("/admin/polls/audience", ask | {"genders": ["male"]}).text
    assert "미리 알 수 없습니다" in officer.post("/admin/polls/audience", {"audience_kind": "on_site"}).text
    assert "20명" in officer.post("/admin/polls/new", poll_form(count="1", **ask)).text, "without JavaScript"


def uploaded(officer, poll_id, content):
    """Upload a list. Returns: the address of the job that follows its reading."""
    form = {"file": (io.BytesIO(content), "list.csv")}
    answer = officer.post(f"/admin/polls/{poll_id}/roll", form, content_type="multipart/form-data")
    assert "/admin/jobs/" in answer.location
    return answer.location


def test_a_list_is_followed_as_a_job_and_its_rejected_rows_are_handed_out(officer, browser):
    poll_id = made(officer.post("/admin/polls/new", poll_form(audience_kind="list")))
    job = uploaded(officer, poll_id, b"phone\n010-1234-5678\n=1+1\nabc\n")
    assert "진행 중" in officer.text(job)
    assert "투표 명단 읽기" in officer.text("/admin/jobs")
    assert browser("poll_officer").get(job).status_code == 404, "a colleague's job"
    for upload_id in rolls.waiting_uploads():
        rolls.read_upload(upload_id)
    page = officer.text(job)
    report = re.search(rf"/admin/polls/{poll_id}/roll/\w+", page)[0]
    assert "1명을 받아들였습니다" in page
    assert "수식이 들어 있습니다" in officer.text(report)
    table = officer.get(f"{report}?as=csv").get_data(as_text=True)
    assert "전화번호나 회원 번호가 아닙니다" in table
    assert report in officer.text(f"/admin/polls/{poll_id}"), "the poll leads back to the report"
    look = f"/admin/polls/{poll_id}/roll/look-up"
    for number, said in (
        ("010 1234 5678", "이 명단에 있습니다"),
        ("010-1234-5679", "이 명단에 없습니다"),
        ("abcd", "번호를 입력해"),
    ):
        answer = officer.post(look, {"number": number, "reason": "전화로 문의함"}, follow_redirects=True)
        assert said in answer.text
        assert number not in answer.text


def test_a_list_that_cannot_be_read_ends_its_job_with_the_reason(officer):
    poll_id = made(officer.post("/admin/polls/new", poll_form(audience_kind="list")))
    job = uploaded(officer, poll_id, b"PK\x03\x04 no workbook")
    for upload_id in rolls.waiting_uploads():
        rolls.read_upload(upload_id)
    page = officer.text(job)
    assert "실패" in page
    assert '<p class="wrong">' in page


def test_a_list_is_emptied_before_another_is_uploaded_and_the_page_says_by_whom(officer, browser):
    poll_id = made(officer.post("/admin/polls/new", poll_form(audience_kind="list")))
    job = uploaded(officer, poll_id, b"phone\n010-1234-5678\n")
    officer.post(f"/admin/polls/{poll_id}/roll/clear")
    assert rolls.uploads(poll_id), "not while it is being read"
    for upload_id in rolls.waiting_uploads():
        rolls.read_upload(upload_id)
    assert rolls.size(poll_id) == 1
    assert officer.post(f"/admin/polls/{poll_id}/roll/clear").status_code == 303
    assert (rolls.size(poll_id), rolls.uploads(poll_id)) == (0, [])
    page = officer.text(f"/admin/polls/{poll_id}")
    assert "명단을 비움" in page
    assert "(1명)" in page
    assert "명단을 비움" not in browser("moderator").text(f"/admin/polls/{poll_id}")
    assert "비워져" in officer.text(job) or "끝남" in officer.text(job)
    uploaded(officer, poll_id, b"phone\n010-8765-4321\n")
    for upload_id in rolls.waiting_uploads():
        rolls.read_upload(upload_id)
    officer.post(f"/admin/polls/{poll_id}/schedule")
    officer.post(f"/admin/polls/{poll_id}/roll/clear")
    assert rolls.size(poll_id) == 1, "a scheduled poll's list is frozen"


def test_a_citizens_poll_is_hidden_with_a_reason_by_a_moderator_only(officer, browser, db):
    poll_id = made(officer.post("/admin/polls/new", poll_form()))
    by = {"kind": "person", "id": random_id()}
    db.polls.update_one({"_id": poll_id}, {"$set": {"created_by": by, "state": "open"}})
    assert officer.post(f"/admin/polls/{poll_id}/visibility", {"is_hidden": "1", "reason": "광고"}).status_code == 403
    moderator = browser("moderator")
    moderator.post(f"/admin/polls/{poll_id}/visibility", {"is_hidden": "1", "reason": ""})
    assert not db.polls.find_one({"_id": poll_id}).get("is_hidden")
    moderator.post(f"/admin/polls/{poll_id}/visibility", {"is_hidden": "1", "reason": "광고입니다"})
    assert db.polls.find_one({"_id": poll_id})["is_hidden"]
    assert db.moderation_cases.find_one({"target_id": poll_id})["decision"]["reason"] == "광고입니다"
    assert officer.client.get(f"/v1/polls/{poll_id}").status_code == 404
    moderator.post(f"/admin/polls/{poll_id}/visibility", {"is_hidden": "0", "reason": "오해였습니다"})
    assert officer.client.get(f"/v1/polls/{poll_id}").status_code == 200


def test_turnout_is_drawn_by_the_hour_with_its_table_and_tells_no_result(officer, db):
    poll_id = made(officer.post("/admin/polls/new", poll_form()))
    start = now().replace(minute=0, second=0, microsecond=0) - timedelta(hours=5)
    db.polls.update_one({"_id": poll_id}, {"$set": {"state": "open", "opens_at": start}})
    head = {"number": 1, "size": 60, "root": "0" * 64, "kid": "k", "is_final": 0}
    batch = {"_id": f"{poll_id}:1", "poll": poll_id, "number": 1, "size": 60, "ballots": 57, "is_final": 0, "head": head}
    db.board_batches.insert_one({**batch, "entries": [], "totals": {"q1": {"o1": 31, "o2": 26}}})
    for hours, count in ((1, 20), (4, 57)):
        hour = start + timedelta(hours=hours)
        db.poll_turnouts.insert_one({"_id": f"{poll_id}:{hours}", "poll": poll_id, "hour": hour, "ballots": count})
    assert [point["ballots"] for point in turnout.by_hour(poll_id)] == [20, 57]
    page = officer.text(f"/admin/polls/{poll_id}")
    assert 'aria-label="시간에 따른 표의 수"' in page
    assert page.count('<td class="number">20</td>') == 3, "an hour without a new batch stands at the one before"
    assert ">31<" not in page, "no result before closing, not even to staff"
    assert ">26<" not in page


def test_a_draft_is_scheduled_as_it_is_on_the_screen_and_not_as_a_colleague_left_it(officer, db):
    poll_id = made(officer.post("/admin/polls/new", poll_form()))
    seen = re.search(r'name="version" value="(\d+)"', officer.text(f"/admin/polls/{poll_id}"))[1]
    stored = db.polls.find_one({"_id": poll_id})
    officer.post(f"/admin/polls/{poll_id}/edit", poll_form(title_ko="다른 질문", version=seen))
    assert db.polls.find_one({"_id": poll_id})["version"] > stored["version"], "a colleague's change"
    officer.post(f"/admin/polls/{poll_id}/schedule", {"version": seen})
    assert db.polls.find_one({"_id": poll_id})["state"] == "draft"
    fresh = re.search(r'name="version" value="(\d+)"', officer.text(f"/admin/polls/{poll_id}"))[1]
    officer.post(f"/admin/polls/{poll_id}/schedule", {"version": fresh})
    assert db.polls.find_one({"_id": poll_id})["state"] == "scheduled"
