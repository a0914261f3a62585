"""The page on which staff replace their own authenticator: password and a working factor first, then a code of the new one."""

import re

import pyotp
import pytest

from mvoting.accounts import staff_sessions
from mvoting.core.clock import now
from tests.api.admin.browsers import Browser
from tests.browser.panel_scene import PASSWORD, officer


@pytest.fixture
def member(app):
    """Give (a browser that is signed in, what the enrolment told)."""
    enrolled = officer("moderator")[1]
    return Browser(app.test_client(), staff_sessions.begin(enrolled.staff_id, stage="full")), enrolled


def code_of(secret):
    return pyotp.TOTP(secret).at(int(now().timestamp()))


def begun(mine, **entered):
    return mine.post("/admin/me/authenticator", {"password": PASSWORD, **entered})


def test_an_authenticator_is_replaced_and_other_sessions_end(app, member, db):
    mine, enrolled = member
    elsewhere = Browser(app.test_client(), staff_sessions.begin(enrolled.staff_id, stage="full"))
    assert "인증 앱 바꾸기" in mine.text("/admin/me")
    page = begun(mine, code=code_of(enrolled.totp_secret))
    assert page.status_code == 200
    assert "<svg" in page.text
    fresh = re.search(r"<code class=\"selectable\">(\w+)</code>", page.text)[1]
    before = bytes(db.staff.find_one({"_id": enrolled.staff_id})["totp_sealed"])
    wrong = mine.post("/admin/me/authenticator", {"step": "2", "totp_code": "000000"})
    assert wrong.status_code == 422
    assert fresh not in wrong.text, "shown once"
    assert bytes(db.staff.find_one({"_id": enrolled.staff_id})["totp_sealed"]) == before
    code = code_of(fresh)
    answer = mine.post("/admin/me/authenticator", {"step": "2", "totp_code": f"{code[:3]} {code[3:]}"})
    assert answer.status_code == 303
    assert "인증 앱을 바꾸었습니다" in mine.text("/admin/me")
    assert bytes(db.staff.find_one({"_id": enrolled.staff_id})["totp_sealed"]) != before
    assert elsewhere.get("/admin/me").status_code == 303


@pytest.mark.parametrize("wrong", [{"password": "wrong horse battery"}, {"code": "000000"}, {"code": ""}, {"password": ""}])
def test_nothing_is_prepared_without_both(member, db, wrong):
    mine, enrolled = member
    answer = begun(mine, **{"code": code_of(enrolled.totp_secret), **wrong})
    assert answer.status_code == 422
    assert "<svg" not in answer.text
    assert db.staff_sessions.count_documents({"staff_id": enrolled.staff_id, "totp_waiting_sealed": {"$exists": True}}) == 0


def test_a_code_alone_replaces_nothing(member):
    mine, enrolled = member
    alone = mine.post("/admin/me/authenticator", {"step": "2", "totp_code": code_of(enrolled.totp_secret)})
    assert alone.status_code == 422


def test_recovery_codes_are_shown_for_password_and_code_together(member):
    mine, enrolled = member
    alone = mine.post("/admin/me/recovery-codes", {"password": PASSWORD, "code": ""})
    assert alone.status_code == 303
    assert "입력한 내용을 확인" in mine.text("/admin/me")
    code = code_of(enrolled.totp_secret)
    page = mine.post("/admin/me/recovery-codes", {"password": PASSWORD, "code": f"{code[:3]} {code[3:]}"})
    assert page.status_code == 200
    assert not any(old in page.text for old in enrolled.recovery_codes)
