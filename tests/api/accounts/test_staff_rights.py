"""Who is staff and what they may do: invitations, roles by two hands, suspension; each with its audit entry."""

import pyotp
import pytest

from mvoting.accounts import staff_management
from mvoting.core import audit, clock

PASSWORD = "violet-kettle-under-the-harbour-9"
WHY = {"reason": "새 담당자"}
KIM, LEE, PARK = ("k" * 26, "m" * 26, "p" * 26)


@pytest.fixture
def chief(staff_headers):
    return staff_headers("administrator", staff_id=KIM)


def code(answer):
    return answer.json["code"]


def invited(client, chief, email="new@city.example", roles=("moderator",)):
    body = {"email": email, "name": "New", "roles": list(roles), **WHY}
    return client.post("/v1/staff/invitations", json=body, headers=chief)


def accepted(client, token, password=PASSWORD, wrong=False):
    shown = client.post("/v1/staff/invitations/open", json={"token": token})
    totp = "000000" if wrong else pyotp.TOTP(shown.json["totp_secret"]).at(clock.now())
    return client.post("/v1/staff/invitations/accept", json={"token": token, "password": password, "totp_code": totp})


def test_an_invited_person_becomes_staff_once(client, chief, db):
    token = invited(client, chief).json["token"]
    assert token not in str(list(db.staff_invitations.find()))
    assert code(accepted(client, token, wrong=True)) == "accounts.invalid-second-factor"
    assert code(accepted(client, token, password="password1234")) == "accounts.weak-password"
    joined = accepted(client, token)
    assert joined.status_code == 201, joined.json
    assert db.staff.find_one({"_id": joined.json["staff_id"]})["roles"] == ["moderator"]
    assert code(client.post("/v1/staff/invitations/open", json={"token": token})) == "accounts.invalid-invitation"
    waiting = client.post("/v1/staff/sign-in", json={"email": "new@city.example", "password": PASSWORD})
    assert waiting.status_code == 200
    assert [e["action"] for e in audit.entries({}, after=None, limit=5)[0]] == ["staff.join", "staff.invite"]


def test_an_invitation_grants_no_role_for_alerts_and_no_second_account(client, chief):
    assert code(invited(client, chief, roles=["alert_author"])) == "accounts.two-hands-needed"
    accepted(client, invited(client, chief).json["token"])
    assert code(invited(client, chief)) == "accounts.staff-exists"


def test_roles_change_at_once_and_leave_their_trace(client, chief, staff_headers, db):
    lee = staff_headers("moderator", staff_id=LEE)
    assert client.get("/v1/reports/cases", headers=lee).status_code == 200
    path = f"/v1/staff/members/{LEE}/roles"
    assert client.put(path, json={"roles": ["auditor"], **WHY}, headers=chief).json == {"request_id": None}
    assert client.get("/v1/reports/cases", headers=lee).status_code == 403
    assert client.get("/v1/audit/entries", headers=lee).json["items"][0]["before"] == {"roles": ["moderator"]}


def test_a_role_for_alerts_needs_a_second_administrator(client, chief, staff_headers, db):
    staff_headers("moderator", staff_id=LEE)
    asked = client.put(f"/v1/staff/members/{LEE}/roles", json={"roles": ["alert_author"], **WHY}, headers=chief)
    path = f"/v1/staff/rights-requests/{asked.json['request_id']}/agreement"
    assert db.staff.find_one({"_id": LEE})["roles"] == ["moderator"]
    assert code(client.post(path, headers=chief)) == "accounts.two-hands-needed"
    assert code(client.post(path, headers=staff_headers("administrator", staff_id=LEE))) == "accounts.not-oneself"
    staff_headers("moderator", staff_id=LEE)
    second = staff_headers("administrator", staff_id=PARK)
    assert len(client.get("/v1/staff/rights-requests", headers=second).json["items"]) == 1
    assert client.post(path, headers=second).status_code == 204
    assert db.staff.find_one({"_id": LEE})["roles"] == ["alert_author"]
    assert client.post(path, headers=second).status_code == 404


def test_nobody_changes_their_own_rights(client, chief):
    for method, path in (("PUT", "roles"), ("PUT", "suspension"), ("POST", "suspension/end"), ("POST", "new-factors")):
        body = {**WHY, "roles": ["auditor"]} if path == "roles" else WHY
        assert (
            code(client.open(f"/v1/staff/members/{KIM}/{path}", method=method, json=body, headers=chief))
            == "accounts.not-oneself"
        )


def test_a_suspended_colleague_is_out_at_once_and_may_come_back(client, chief, staff_headers):
    lee = staff_headers("moderator", staff_id=LEE)
    assert client.put(f"/v1/staff/members/{LEE}/suspension", json=WHY, headers=chief).status_code == 204
    assert code(client.get("/v1/staff/me", headers=lee)) == "accounts.staff-session-ended"
    assert client.post(f"/v1/staff/members/{LEE}/suspension/end", json=WHY, headers=chief).status_code == 204
    assert code(client.get("/v1/staff/me", headers=lee)) == "accounts.staff-session-ended"


def test_lost_factors_are_set_up_again(client, chief, db):
    first = accepted(client, invited(client, chief).json["token"]).json["staff_id"]
    again = client.post(f"/v1/staff/members/{first}/new-factors", json=WHY, headers=chief).json["token"]
    assert db.staff.find_one({"_id": first})["state"] == "suspended"
    second = accepted(client, again, password="another-violet-kettle-harbour-8")
    assert second.json["staff_id"] == first
    assert db.staff.find_one({"_id": first})["state"] == "active"
    old = client.post("/v1/staff/sign-in", json={"email": "new@city.example", "password": PASSWORD})
    assert code(old) == "accounts.staff-sign-in-refused"


def test_only_administrators_do_any_of_it(client, staff_headers):
    for role in ("moderator", "poll_officer", "alert_author", "alert_approver", "auditor"):
        assert invited(client, staff_headers(role)).status_code == 403


def test_the_command_makes_the_first_administrator(environment, db, capsys, monkeypatch):
    import io
    import json

    from mvoting.accounts import command

    db.staff.delete_many({})
    arguments = ["create", "--email", "chief@city.example", "--name", "Chief", "--role", "administrator", "--password-stdin"]
    monkeypatch.setattr("sys.stdin", io.StringIO("password\n"))
    assert command.main(arguments) == 1
    monkeypatch.setattr("sys.stdin", io.StringIO(PASSWORD + "\n"))
    assert command.main(arguments) == 0
    shown = json.loads(capsys.readouterr().out)
    assert db.staff.find_one({"_id": shown["staff_id"]})["email"] == "chief@city.example"
    assert len(shown["recovery_codes"]) == 10
    assert db.audit_entries.find_one({"action": "staff.create"})["staff_id"] == "system"


def test_the_command_line_gives_nobody_the_power_to_send_alone(environment, db, capsys, monkeypatch):
    """Two administrators it may make, to begin with; a third and every role for alerts need two in the panel."""
    import io

    from mvoting.accounts import command

    def create(name, role):
        monkeypatch.setattr("sys.stdin", io.StringIO(PASSWORD + "\n"))
        arguments = ["create", "--email", f"{name}@city.example", "--name", name, "--role", role, "--password-stdin"]
        return command.main(arguments)

    db.staff.delete_many({})
    assert [create(f"chief-{n}", "administrator") for n in range(3)] == [0, 0, 1]
    assert "A second administrator must agree" in capsys.readouterr().err
    assert [create("duty", role) for role in ("alert_author", "alert_approver")] == [1, 1]
    assert create("desk", "moderator") == 0
    assert db.staff.count_documents({"roles": {"$in": ["alert_author", "alert_approver"]}}) == 0


def test_one_administrator_cannot_make_another_or_step_into_an_approver(client, chief, staff_headers, db):
    """Neither by an invitation, nor by a change of roles, nor by setting up a colleague's factors anew."""
    assert code(invited(client, chief, roles=["administrator"])) == "accounts.two-hands-needed"
    staff_headers("alert_approver", staff_id=LEE)
    asked = client.put(f"/v1/staff/members/{LEE}/roles", json={"roles": ["administrator"], **WHY}, headers=chief)
    assert asked.json.get("request_id"), asked.json
    again = client.post(f"/v1/staff/members/{LEE}/new-factors", json=WHY, headers=chief).json["token"]
    accepted(client, again)
    assert db.staff.find_one({"_id": LEE})["roles"] == []


def asked_for(client, headers, roles):
    answer = client.put(f"/v1/staff/members/{LEE}/roles", json={"roles": roles, **WHY}, headers=headers)
    return f"/v1/staff/rights-requests/{answer.json['request_id']}/agreement"


def test_a_role_that_was_taken_does_not_come_back_with_an_older_request(client, chief, staff_headers, db):
    staff_headers("administrator", "moderator", staff_id=LEE)
    second = staff_headers("administrator", staff_id=PARK)
    agreement = asked_for(client, chief, ["administrator", "alert_author", "moderator"])
    assert client.put(f"/v1/staff/members/{LEE}/roles", json={"roles": ["moderator"], **WHY}, headers=second).status_code == 200
    assert code(client.post(agreement, headers=second)) == "core.changed-meanwhile"
    assert db.staff.find_one({"_id": LEE})["roles"] == ["moderator"]


def test_one_hand_does_not_give_back_a_role_that_was_taken_a_moment_ago(client, chief, staff_headers, db, monkeypatch):
    staff_headers("alert_author", "moderator", staff_id=LEE)
    seen = staff_management._other(LEE, KIM)
    db.staff.update_one({"_id": LEE}, {"$set": {"roles": ["moderator"]}})  # a colleague's act, after `seen` was read
    monkeypatch.setattr(staff_management, "_other", lambda *_: seen)
    sent = {"roles": ["alert_author", "auditor"], **WHY}
    assert code(client.put(f"/v1/staff/members/{LEE}/roles", json=sent, headers=chief)) == "core.changed-meanwhile"
    assert db.staff.find_one({"_id": LEE})["roles"] == ["moderator"]


def test_a_request_ends_with_the_rights_of_who_asked(client, chief, staff_headers, db):
    staff_headers("moderator", staff_id=LEE)
    second = staff_headers("administrator", staff_id=PARK)
    agreement = asked_for(client, chief, ["alert_author"])
    assert client.put(f"/v1/staff/members/{KIM}/suspension", json=WHY, headers=second).status_code == 204
    assert code(client.post(agreement, headers=second)) == "accounts.two-hands-needed"
    assert db.staff.find_one({"_id": LEE})["roles"] == ["moderator"]


def test_whoever_takes_over_an_account_by_a_new_link_finds_no_request_waiting_for_it(client, chief, staff_headers, db):
    staff_headers("moderator", staff_id=LEE)
    second = staff_headers("administrator", staff_id=PARK)
    agreement = asked_for(client, second, ["alert_approver"])
    token = client.post(f"/v1/staff/members/{LEE}/new-factors", json=WHY, headers=chief).json["token"]
    assert accepted(client, token).status_code == 201  # by whoever holds the link: the administrator who made it
    third = staff_headers("administrator", staff_id="q" * 26)
    assert client.post(agreement, headers=third).status_code == 404
    assert db.staff.find_one({"_id": LEE})["roles"] == ["moderator"]
