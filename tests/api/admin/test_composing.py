"""Composing through the forms: what the API would refuse is refused beside the form, and nothing typed is lost."""

import pytest

from mvoting.core.ids import new_id
from tests.api.admin.forms import alert_form, made, poll_form


def test_a_poll_is_composed_scheduled_and_cancelled_with_a_reason(browser):
    officer = browser("poll_officer")
    poll_id = made(officer.post("/admin/polls/new", poll_form()))
    page = officer.text(f"/admin/polls/{poll_id}")
    assert "우리 동네 야간버스" in page
    assert "강변" in page
    assert officer.post(f"/admin/polls/{poll_id}/schedule").status_code == 303
    assert "예정" in officer.text(f"/admin/polls/{poll_id}")
    assert "마감" in officer.text("/admin/polls")
    officer.post(f"/admin/polls/{poll_id}/cancel", {"reason": ""})
    assert "투표 취소" in officer.text(f"/admin/polls/{poll_id}")
    officer.post(f"/admin/polls/{poll_id}/cancel", {"reason": "노선이 이미 정해졌습니다"})
    assert "노선이 이미 정해졌습니다" in officer.text(f"/admin/polls/{poll_id}")


@pytest.mark.parametrize(
    "wrong",
    [{"title_ko": ""}, {"q1_paste": "하나"}, {"closes_at": ""}, {"closes_at": "2020-01-01T09:00"}, {"q1_method": "guess"}],
)
def test_a_wrong_poll_is_said_to_be_wrong_and_keeps_what_was_typed(browser, db, wrong):
    officer, before = browser("poll_officer"), db.polls.count_documents({})
    answer = officer.post("/admin/polls/new", poll_form(**wrong))
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert "어느 노선이 필요한가요?" in answer.text
    assert db.polls.count_documents({}) == before


def test_the_second_saver_sees_what_the_first_changed(browser):
    officer, colleague = browser("poll_officer"), browser("poll_officer")
    poll_id = made(officer.post("/admin/polls/new", poll_form()))
    seen = {"version": "1"}
    assert colleague.post(f"/admin/polls/{poll_id}/edit", poll_form(title_ko="먼저 바꾼 제목", **seen)).status_code == 303
    answer = officer.post(f"/admin/polls/{poll_id}/edit", poll_form(title_ko="나중에 바꾼 제목", **seen))
    assert answer.status_code == 422
    assert "먼저 바꾼 제목" in answer.text
    assert "나중에 바꾼 제목" in answer.text


def test_an_alert_needs_two_people_and_the_typed_words(browser, db):
    db.alerts.delete_many({})
    author, approver = browser("alert_author", "alert_approver"), browser("alert_approver")
    alert_id = made(author.post("/admin/alerts/new", alert_form()))
    assert author.post(f"/admin/alerts/{alert_id}/submit", {"version": "1"}).status_code == 303
    stored = db.alerts.find_one({"_id": alert_id})
    assert stored["state"] == "submitted"
    from notifications.alerts import content

    words = content.confirmation(stored)["ko"]
    for who, typed in ((author, words), (approver, "네")):
        who.post(f"/admin/alerts/{alert_id}/approve", {"version": str(stored["version"]), "typed": typed})
        assert db.alerts.find_one({"_id": alert_id})["state"] == "submitted"
    assert words in approver.text(f"/admin/alerts/{alert_id}")
    approver.post(f"/admin/alerts/{alert_id}/approve", {"version": str(stored["version"]), "typed": words})
    assert db.alerts.find_one({"_id": alert_id})["state"] in ("approved", "sending")
    author.post(f"/admin/alerts/{alert_id}/cancel", {"note": "잘못 보냈습니다"})
    assert db.alerts.find_one({"_id": alert_id})["state"] == "cancelled"
    assert "잘못 보냈습니다" in author.text(f"/admin/alerts/{alert_id}")


def test_the_preview_is_written_by_the_server_and_stores_nothing(browser, db):
    author, before = browser("alert_author"), db.alerts.count_documents({})
    answer = author.post("/admin/alerts/preview", alert_form())
    assert "[서울특별시]" in answer.text
    assert "/ 157" in answer.text
    assert db.alerts.count_documents({}) == before


def test_what_was_typed_is_shown_as_text(browser):
    officer = browser("poll_officer")
    evil = "<script>alert(1)</script><img src=x onerror=alert(1)>"
    poll_id = made(officer.post("/admin/polls/new", poll_form(title_ko=evil, q1_paste=f"{evil}\n둘")))
    for path in (f"/admin/polls/{poll_id}", "/admin/polls", f"/admin/polls/{poll_id}/edit"):
        page = officer.text(path)
        assert "<script>alert" not in page
        assert "<img src=x" not in page


def test_unknown_things_are_a_page_that_says_so(browser):
    officer = browser("poll_officer", "alert_author")
    for path in (f"/admin/polls/{new_id()}", f"/admin/alerts/{new_id()}", "/admin/what"):
        answer = officer.get(path)
        assert answer.status_code == 404
        assert "<h1>" in answer.text
