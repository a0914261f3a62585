"""The audit trail says what changed field by field in words; an entry's own page looks further back and shows what was signed."""

from datetime import UTC, datetime

import pytest

from admin import audit_changes
from mvoting.core import audit
from mvoting.core.ids import new_id
from tests.api.admin.reading import Reader


@pytest.fixture
def auditor(browser):
    return browser("auditor")


def record(act, target, **told):
    return audit.record(act, target, staff_id="system", **told)


def test_a_change_is_told_before_and_after_in_words(auditor):
    before = {"state": "draft", "closes_at": datetime(2031, 3, 4, 0, 5, tzinfo=UTC), "version": 1}
    record("polls.schedule", f"poll:{new_id()}", before=before, after=before | {"state": "scheduled"})
    page = auditor.text("/admin/audit")
    row = page.split("<tbody>")[1].split("</tr>")[0]
    assert "<li>상태: <del>작성 중</del> → <ins>예정</ins></li>" in row
    assert "마감" not in row, "what stayed is not told"
    assert "{" not in row


def test_an_entry_that_tells_only_what_is_after_is_compared_with_those_before_it(auditor):
    alert = f"alert:{new_id()}"
    told = {"state": "draft", "hazard": "flood", "texts": {"ko": "하천에서 나오세요"}, "author_ids": ["cap:x"]}
    record("alerts.draft", alert, after=told)
    number = record("alerts.edit", alert, after=told | {"texts": {"ko": "하천변에서 나오세요"}})
    page = auditor.text(f"/admin/audit/{number}")
    rows = page.split("<tbody>")[1].split("</tbody>")[0]
    assert rows.count("<tr>") == 1
    for text in ("문구: 한국어", "하천에서 나오세요", "하천변에서 나오세요"):
        assert text in rows
    first = auditor.text(f"/admin/audit/{number - 1}")
    assert "호우" in first.split("<tbody>")[1], "codes in words"
    assert f"/admin/audit/{number - 1}" in page, "the way back"
    assert "하천변에서 나오세요" not in first


def test_the_text_that_was_signed_stands_on_the_page_and_an_erased_persons_values_do_not(auditor, db):
    person = new_id()
    number = record(
        "person.confirm_residence", f"person:{person}", reason="주민등록증", after={"district": "11440"}, person_id=person
    )
    page = auditor.text(f"/admin/audit/{number}")
    assert "마포구" in page
    assert db.audit_entries.find_one({"_id": number})["head"]["root"] in page
    audit.destroy_personal_key(person)
    page = auditor.text(f"/admin/audit/{number}")
    assert "마포구" not in page
    assert "주민등록증" not in page
    assert "지워진 사람의 기록" in page


@pytest.mark.parametrize("number", ["999999999", "-1", "x", str(10**30)])
def test_an_entry_that_is_not_there_is_not_found(auditor, number):
    assert auditor.get(f"/admin/audit/{number}").status_code == 404


def test_only_auditors_and_administrators_read_it(browser):
    number = record("polls.create", f"poll:{new_id()}", after={"state": "draft"})
    assert browser("administrator").get(f"/admin/audit/{number}").status_code == 200
    for role in ("moderator", "poll_officer", "alert_approver"):
        assert browser(role).get(f"/admin/audit/{number}").status_code == 403


def test_who_and_what_an_entry_names_has_words():
    """Values that stand in sealed entries, which no watch over the suite reads."""
    entry = {
        "action": "person.confirm_residence",
        "before": None,
        "after": {"district": "11440", "birth_year": 1980, "gender": "female"},
    }
    told = audit_changes.changes(entry, {})
    assert told == [("자치구", None, "마포구"), ("태어난 해", None, 1980), ("성별", None, "여")]
    asked = {"action": "staff.ask_rights", "before": None, "after": ["auditor"]}
    assert audit_changes.changes(asked, {}) == [("권한", None, "감사 담당자")]
    removed = {"action": "staff.remove_passkey", "before": {"passkey": "k"}, "after": None}
    assert audit_changes.changes(removed, {}) == [("패스키", "k", None)]


def test_the_page_holds_no_code_without_words(auditor):
    target = f"sensor_rule:{new_id()}"
    after = {"duration_s": 300, "is_active": True, "wording": {"ko": {"where": "홍제천"}}, "content_sha256": "ab" * 32}
    number = record("sensors.change_rule", target, before={"is_active": False}, after=after)
    assert Reader(auditor.text(f"/admin/audit/{number}"), is_korean=True).bare == []
