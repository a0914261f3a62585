"""An officer who loses the rights while an act waits does not complete it."""

import pytest

from mvoting.accounts import guards, staff_management
from mvoting.core import audit
from tests.api.accounts.test_races import Meanwhile
from tests.people import phone

FACTS = {"district": "11440", "birth_year": 1980, "reason": "seen"}


@pytest.fixture
def officers(db, staff_headers):
    """Two administrators with every right, and a colleague: ids and the headers of the first."""
    found = {name: staff_headers("administrator", "poll_officer", "moderator") for name in ("first", "second", "third")}
    ids = {name: staff_id(headers) for name, headers in found.items()}
    return ids, found["first"]


def staff_id(headers):
    from mvoting.accounts import staff_sessions

    return staff_sessions.open_session(headers["Authorization"].partition(" ")[2])[1]["_id"]


@pytest.fixture
def after_the_guard(monkeypatch, officers):
    """Have something done to the first officer right after the guard has let the request in."""
    ids, _ = officers

    def arrange(act):
        made = guards.StaffMember

        def enter(*arguments):
            monkeypatch.setattr(guards, "StaffMember", made)
            act(ids["first"], ids["second"])
            return made(*arguments)

        monkeypatch.setattr(guards, "StaffMember", enter)

    return arrange


def suspended(staff_id, by):
    staff_management.suspend(staff_id, by=by, reason="phone lost")


def with_one_role_less(staff_id, by):
    staff_management.change_roles(staff_id, ["administrator", "moderator"], by=by, reason="moved")


ACTS = {
    "residence": lambda client, headers, ids, me: client.put(f"/v1/people/{me.person_id}/residence", json=FACTS, headers=headers),
    "facts": lambda client, headers, ids, me: client.post(
        f"/v1/people/{me.person_id}/facts", json={"reason": "asked"}, headers=headers
    ),
    "roles": lambda client, headers, ids, me: client.put(
        f"/v1/staff/members/{ids['third']}/roles", json={"roles": ["moderator"], "reason": "moved"}, headers=headers
    ),
    "suspension": lambda client, headers, ids, me: client.put(
        f"/v1/staff/members/{ids['third']}/suspension", json={"reason": "moved"}, headers=headers
    ),
    "erasure": lambda client, headers, ids, me: client.post(
        f"/v1/people/{me.person_id}/erasure", json={"reason": "asked"}, headers=headers
    ),
}


def untouched(db, ids, me):
    person, third = db.persons.find_one({"_id": me.person_id}), db.staff.find_one({"_id": ids["third"]})
    return (person["state"], person["trust"], third["state"], sorted(third["roles"]))


@pytest.mark.parametrize("name", ACTS)
def test_a_suspended_officer_completes_nothing(client, enter, officers, after_the_guard, db, name):
    (ids, headers), me = officers, enter(phone("010-1111-1111"))
    before, act = untouched(db, ids, me), ACTS[name]
    after_the_guard(suspended)
    answer = act(client, headers, ids, me)
    assert (answer.status_code, answer.json["code"]) == (401, "accounts.staff-session-ended")
    assert untouched(db, ids, me) == before
    assert db.audit_entries.count_documents({"staff_id": ids["first"]}) == 0


def test_a_role_taken_meanwhile_is_missed(client, enter, officers, after_the_guard, db):
    (ids, headers), me = officers, enter(phone("010-1111-1111"))
    before = untouched(db, ids, me)
    after_the_guard(with_one_role_less)
    answer = ACTS["residence"](client, headers, ids, me)
    assert (answer.status_code, answer.json["code"]) == (403, "core.forbidden")
    assert untouched(db, ids, me) == before
    assert ACTS["residence"](client, headers, ids, me).status_code == 204, "an administrator may still"


def test_a_suspension_in_the_middle_of_the_acts_transaction_wins_or_comes_after_it(client, enter, officers, db, monkeypatch):
    """The rights were looked at, and the act not yet recorded, when the suspension is committed: the transaction runs again."""
    (ids, headers), me = officers, enter(phone("010-1111-1111"))
    suspension, append = Meanwhile(lambda: suspended(ids["first"], ids["second"])), audit._append
    appended = []

    def appending(body, copies, session):
        appended.append(copies["action"])
        if len(appended) == 1:
            suspension.begin()
        return append(body, copies, session)

    monkeypatch.setattr(audit, "_append", appending)
    answer = ACTS["residence"](client, headers, ids, me)
    assert suspension.result() is None
    assert answer.status_code == 401
    assert db.persons.find_one({"_id": me.person_id})["trust"] == "member"
    assert appended[:2] == ["person.confirm_residence", "staff.suspend"]


def test_whoever_asked_for_a_role_must_still_be_an_administrator_when_it_is_agreed_to(client, officers, db, staff_headers):
    ids, headers = officers
    asked = client.put(
        f"/v1/staff/members/{ids['third']}/roles",
        json={"roles": ["alert_author"], "reason": "night shift"},
        headers=headers,
    ).json["request_id"]
    db.staff.update_one({"_id": ids["first"]}, {"$set": {"roles": ["moderator"]}})
    second = staff_headers("administrator")
    answer = client.post(f"/v1/staff/rights-requests/{asked}/agreement", headers=second)
    assert answer.json["code"] == "accounts.two-hands-needed"
    assert "alert_author" not in db.staff.find_one({"_id": ids["third"]})["roles"]
