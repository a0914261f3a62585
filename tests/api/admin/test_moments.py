"""Dates and times in forms: the year first, whatever the browser is set to; what is wrong is said beside the field, and stays."""

from datetime import UTC, datetime

import pytest

from tests.api.admin.forms import poll_form


@pytest.fixture
def officer(browser):
    return browser("poll_officer")


@pytest.mark.parametrize(
    "typed", ["2031-03-04 09:05", "2031-03-04T09:05", "2031. 3. 4. 9:05", "2031/03/04  09:05", " 2031.3.4 09:05 "]
)
def test_a_moment_is_meant_in_the_citys_time_however_it_is_written(officer, db, typed):
    answer = officer.post("/admin/polls/new", poll_form(opens_at="2031-03-01 00:00", closes_at=typed))
    assert answer.status_code == 303, answer.text
    stored = db.polls.find_one({"_id": answer.location.rpartition("/")[2]})
    assert (stored["opens_at"], stored["closes_at"]) == (
        datetime(2031, 2, 28, 15, tzinfo=UTC),
        datetime(2031, 3, 4, 0, 5, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("03/04/2031 09:05", "2026-01-31 14:30처럼"),
        ("2031-03-04", "2026-01-31 14:30처럼"),
        ("내일 아침", "2026-01-31 14:30처럼"),
        ("2031-02-30 09:00", "달력에 없는"),
        ("2031-03-04 24:00", "달력에 없는"),
        ("9999-03-04 09:00", "연도는 1900년에서"),
    ],
)
def test_what_is_no_moment_is_told_beside_its_field_and_stays_typed(officer, db, typed, said):
    before = db.polls.count_documents({})
    answer = officer.post("/admin/polls/new", poll_form(closes_at=typed))
    assert answer.status_code == 422
    told = answer.text.split('id="closes_at-wrong">')[1].split("</p>")[0]
    assert said in told
    assert f'name="closes_at" value="{typed}"' in answer.text
    assert db.polls.count_documents({}) == before


def test_in_english_it_is_told_in_english(officer):
    officer.post("/admin/language", {"language": "en"})
    assert "Write it like 2026-01-31 14:30." in officer.post("/admin/polls/new", poll_form(opens_at="1/2/31")).text


def test_a_refused_new_closing_keeps_the_reason(officer, db):
    poll = officer.post("/admin/polls/new", poll_form()).location
    assert officer.post(f"{poll}/schedule").status_code == 303
    page = officer.text(poll)
    seen = page.split('name="seen_closes_at" value="')[1].split('"')[0]
    sent = {"closes_at": "어제", "reason": "비가 많이 와서", "seen_closes_at": seen}
    answer = officer.post(f"{poll}/closing", sent)
    assert answer.status_code == 422
    for kept in ('value="어제"', 'value="비가 많이 와서"', 'id="closes_at-wrong"', "<details open"):
        assert kept in answer.text, kept
