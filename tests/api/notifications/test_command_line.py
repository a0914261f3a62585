"""Nothing on the command line sends, approves, lists or grants by one hand what the panel asks two people for."""

import io

import pytest

from mvoting import cli
from mvoting.accounts import command, staff
from mvoting.accounts.staff_management import TWO_HANDS_ROLES
from mvoting.stack import credentials, seed

# Each command with what it can do to phones and rights. A new one must be judged here.
JUDGED = {
    "run": "starts the stack for development",
    "upgrade": "prepares the database for a newer release",
    "serve": "answers the API, whose routes ask for two people",
    "seed": "makes demo officers, of alerts too: refused in production",
    "demo": "acts over HTTP as the demo's officers, who do not exist in production",
    "credentials": "shows the demo's officers: refused in production",
    "environment": "prints a development stack's settings, which are files of whoever calls it",
    "sandbox": "stands in for FCM",
    "watch-alerts": "sends what two people have released",
    "replay": "votes over HTTP as the demo's citizens",
    "tally": "counts a file",
    "audit": "reads the log",
    "staff": "makes staff, but nobody for alerts (below)",
    "keys": "makes signing keys",
    "trustee": "works on files",
    "board": "reads what is published",
}


@pytest.fixture(autouse=True)
def nobody(db):
    db.staff.delete_many({})
    yield
    db.staff.delete_many({})


@pytest.fixture
def create(monkeypatch, capsys):
    def make(*roles, email="kim@city.example"):
        monkeypatch.setattr("sys.stdin", io.StringIO("violet-kettle-under-the-harbour-9\n"))
        asked = [part for role in roles for part in ("--role", role)]
        status = command.main(["create", "--email", email, "--name", "Kim", "--password-stdin", *asked])
        return status, capsys.readouterr()

    return make


def test_every_command_was_judged():
    assert set(cli.COMMANDS) == set(JUDGED)


@pytest.mark.parametrize("roles", [("alert_author",), ("alert_approver",), ("moderator", "alert_approver")])
def test_no_role_for_alerts_is_given(create, db, roles):
    status, printed = create(*roles)
    assert status == 1
    assert "second administrator" in printed.err
    assert printed.out == ""
    assert db.staff.count_documents({}) == 0


def test_two_administrators_are_made_and_no_third(create, db):
    assert [create("administrator", email=f"{name}@city.example")[0] for name in "abc"] == [0, 0, 1]
    assert db.staff.count_documents({"roles": "administrator"}) == 2
    assert create("moderator", email="d@city.example")[0] == 0
    assert db.staff.count_documents({"roles": {"$in": sorted(TWO_HANDS_ROLES - {"administrator"})}}) == 0


def test_a_member_of_staff_is_not_raised_by_making_them_again(create, db):
    assert create("moderator")[0] == 0
    assert create("administrator")[0] == 1
    assert db.staff.find_one()["roles"] == ["moderator"]


def test_the_demos_officers_do_not_come_into_production(monkeypatch, db):
    class Production:
        is_production = True

    for module in (seed, credentials):
        monkeypatch.setattr(module, "use_development_environment", lambda: None)
        monkeypatch.setattr(module, "settings", Production)
    assert seed.main([]) == 1
    with pytest.raises(SystemExit):
        credentials.main([])
    assert db.staff.count_documents({}) == 0
    assert staff.active_with(("alert_author", "alert_approver")) == []
