"""Rights are read when a request begins, and again in the transaction that releases: who lost them meanwhile releases nothing."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from mvoting.accounts import staff_management
from notifications.alerts import sendable, services
from notifications.campaigns import staff as staffed
from notifications.listings import services as listings
from tests.alerts import Desk
from tests.api.notifications.test_feeds import SENDER
from tests.api.notifications.test_staff_campaigns import draft, release

REFUSALS = {"suspended": (401, "accounts.staff-session-ended"), "moved": (403, "core.forbidden")}
DISTRICTS = ["11110", "11140", "11170", "11200", "11215", "11230", "11260", "11290"]


@pytest.fixture(autouse=True)
def clean(db):
    for name in ("alerts", "campaigns", "campaign_batches", "devices", "cap_sources", "alert_listings"):
        db[name].delete_many({})


@pytest.fixture
def desk(client, staff_headers):
    staff_headers("administrator", staff_id="chief")
    return Desk(client, staff_headers)


def lose(how, staff_id):
    if how == "suspended":
        staff_management.suspend(staff_id, by="chief", reason="계정 도용 의심")
    else:
        staff_management.change_roles(staff_id, ["auditor"], by="chief", reason="부서 이동")


def refused(answer):
    return answer.status_code, answer.json["code"]


@pytest.mark.parametrize("how", ["suspended", "moved"])
@pytest.mark.parametrize("who", ["approver", "author"])
def test_an_alert_is_not_released_by_or_for_somebody_who_lost_the_role_meanwhile(desk, db, monkeypatch, how, who):
    submitted, judge = desk.submitted(), sendable.refuse_unsendable
    review = desk.review(submitted)

    def meanwhile(*facts):
        judge(*facts)
        monkeypatch.undo()
        lose(how, who)

    monkeypatch.setattr(sendable, "refuse_unsendable", meanwhile)
    answer = desk.act(submitted, "approve", by=desk.approver, typed=review["confirmation"]["ko"])
    assert refused(answer) == (REFUSALS[how] if who == "approver" else (409, "alerts.author-gone"))
    assert (db.alerts.find_one({"_id": submitted["id"]})["state"], db.campaigns.count_documents({})) == ("submitted", 0)


def test_a_prepared_correction_is_not_sent_by_somebody_who_lost_the_role_meanwhile(desk, db, monkeypatch):
    released, real = desk.released(), services.follow_ups.message

    def meanwhile(*facts):
        monkeypatch.undo()
        lose("suspended", "author")
        return real(*facts)

    monkeypatch.setattr(services.follow_ups, "message", meanwhile)
    answer = desk.client.post(f"/v1/alerts/{released['id']}/correction", json={"note": "착오"}, headers=desk.author)
    assert refused(answer) == REFUSALS["suspended"], answer.json
    assert db.alerts.count_documents({"original_id": released["id"]}) == 0


@pytest.mark.parametrize("how", ["suspended", "moved"])
def test_a_campaign_is_not_released_by_somebody_who_lost_the_role_meanwhile(client, desk, db, staff_headers, monkeypatch, how):
    author, colleague = (staff_headers("poll_officer", staff_id=who) for who in ("writer", "colleague"))
    campaign, real = draft(client, author), staffed.in_transaction

    def meanwhile(work):
        monkeypatch.undo()
        lose(how, "colleague")
        return real(work)

    monkeypatch.setattr(staffed, "in_transaction", meanwhile)
    assert refused(release(client, campaign, colleague)) == REFUSALS[how]
    assert db.campaigns.find_one({"_id": campaign})["state"] == "draft"


def test_a_listing_is_not_put_into_force_by_or_for_somebody_who_lost_the_role_meanwhile(
    client, desk, db, staff_headers, monkeypatch
):
    source = client.post(
        "/v1/cap/sources", json={"name": "기상청", "sender": SENDER}, headers=staff_headers("administrator", staff_id="one")
    ).json
    client.post("/v1/cap/key", headers={"Authorization": f"Bearer {source['key']}"})
    two, real = staff_headers("administrator", staff_id="two"), listings.in_transaction
    for gone, told in (("two", REFUSALS["suspended"]), ("one", (409, "listings.proposer-gone"))):
        one = staff_headers("administrator", staff_id="one")
        two = staff_headers("administrator", staff_id="two")
        sent = {"kind": "cap_source", "subject_id": source["id"], "classes": ["severe"], "reason": "관측 기관"}
        listing = client.post("/v1/alert-listings", json=sent, headers=one).json["id"]

        def meanwhile(work, gone=gone):
            monkeypatch.undo()
            lose("suspended", gone)
            return real(work)

        monkeypatch.setattr(listings, "in_transaction", meanwhile)
        assert refused(client.post(f"/v1/alert-listings/{listing}/agree", headers=two)) == told
        assert db.alert_listings.find_one({"_id": listing})["state"] == "proposed"


def test_approval_and_suspension_at_the_same_moment_come_in_an_order_that_makes_sense(app, desk, db, staff_headers):
    """Whoever is suspended first releases nothing after it, whatever their request had read."""
    outcomes = set()
    for district in DISTRICTS:
        submitted = desk.submitted(hazard="fire", area={"districts": [district]})
        typed = desk.review(submitted)["confirmation"]["ko"]
        approver = staff_headers("alert_approver", staff_id=f"approver-{district}")
        start = threading.Barrier(2)

        def approve(submitted=submitted, typed=typed, approver=approver, start=start):
            other = Desk(app.test_client(), staff_headers)
            start.wait()
            return other.act(submitted, "approve", by=approver, typed=typed).status_code

        def suspend(district=district, start=start):
            start.wait()
            staff_management.suspend(f"approver-{district}", by="chief", reason="계정 도용 의심")

        with ThreadPoolExecutor(2) as pool:
            answer, _ = pool.submit(approve), pool.submit(suspend).result()
        entries = {
            entry["action"]: entry["_id"]
            for entry in db.audit_entries.find({"target": {"$in": [f"alert:{submitted['id']}", f"staff:approver-{district}"]}})
        }
        outcomes.add(answer.result())
        if answer.result() == 200:
            assert entries["alerts.approve"] < entries["staff.suspend"]
        else:
            assert "alerts.approve" not in entries
            assert answer.result() in (401, 403)
            assert db.campaigns.find_one({"_id": submitted["id"]}) is None
    assert outcomes <= {200, 401, 403}
