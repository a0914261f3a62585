"""Staff: invitations that wait, taken back; new sign-in factors; two administrators who change the same colleague at once."""

import re

import pytest

from mvoting.accounts import staff_management
from mvoting.accounts.errors import InvalidInvitation
from mvoting.core.ids import new_id


@pytest.fixture(autouse=True)
def empty(db):
    db.staff_invitations.delete_many({})


@pytest.fixture
def colleague(staff_headers):
    staff_id = new_id()
    staff_headers("moderator", staff_id=staff_id)
    return staff_id


INVITATION = {"name": "박서준", "email": "seojun@city.example", "roles": ["moderator"], "reason": "새로 온 직원"}


def invited(mine):
    page = mine.post("/admin/staff/invitations", INVITATION)
    return re.search(r"/admin/join#([\w=-]+)", page.text)[1]


def test_an_open_invitation_is_listed_and_can_be_taken_back(browser, db):
    mine = browser("administrator")
    token = invited(mine)
    page = mine.text("/admin/staff")
    assert "seojun@city.example" in page
    assert token not in page
    address = re.search(r"/admin/staff/invitations/\w+", page)[0]
    assert browser("auditor").post(address, {"reason": "잘못 보냄"}).status_code == 403
    mine.post(address, {"reason": ""})
    assert staff_management.read_invitation(token)
    mine.post(address, {"reason": "잘못 보냄"})
    with pytest.raises(InvalidInvitation):
        staff_management.read_invitation(token)
    assert "seojun@city.example" not in mine.text("/admin/staff")


def test_who_lost_both_factors_gets_a_new_invitation_and_is_suspended_meanwhile(browser, db, colleague):
    page = browser("administrator").post(f"/admin/staff/{colleague}/act", {"act": "new_factors", "reason": "휴대폰을 잃어버림"})
    assert "/admin/join#" in page.text
    assert db.staff.find_one({"_id": colleague})["state"] == "suspended"


def test_the_second_administrator_sees_what_the_first_changed(browser, db, colleague):
    first, second = browser("administrator"), browser("administrator")
    change = {"act": "roles", "seen": "moderator", "reason": "자리를 옮김"}
    assert first.post(f"/admin/staff/{colleague}/act", {**change, "roles": ["poll_officer"]}).status_code == 303
    late = second.post(f"/admin/staff/{colleague}/act", {**change, "roles": ["auditor"]})
    assert late.status_code == 409
    assert "그사이 다른 관리자가" in late.text
    assert db.staff.find_one({"_id": colleague})["roles"] == ["poll_officer"]
    again = {**change, "seen": "poll_officer", "roles": ["auditor"]}
    assert second.post(f"/admin/staff/{colleague}/act", again).status_code == 303
    assert db.staff.find_one({"_id": colleague})["roles"] == ["auditor"]


def test_nobody_changes_their_own_rights(browser, db):
    staff_id = new_id()
    mine = browser("administrator", staff_id=staff_id)
    mine.post(f"/admin/staff/{staff_id}/act", {"act": "roles", "seen": "administrator", "roles": ["auditor"], "reason": "해 봄"})
    assert db.staff.find_one({"_id": staff_id})["roles"] == ["administrator"]
