"""Alerts over HTTP: two people to send, one to stop, and every refusal in between."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from mvoting.core.clock import now
from mvoting.core.problems import PreconditionFailed
from notifications.alerts import services, store
from tests.alerts import WORDING, Desk, body


@pytest.fixture(autouse=True)
def clean(db):
    for name in ("alerts", "campaigns", "campaign_batches", "devices"):
        db[name].delete_many({})


@pytest.fixture
def desk(client, staff_headers):
    return Desk(client, staff_headers)


def code(answer):
    return answer.status_code, answer.get_json()["code"]


def test_one_writes_another_releases_and_it_is_public_at_once(desk, client, db):
    draft = desk.draft()
    assert client.get(f"/v1/alerts/{draft['id']}").status_code == 404
    submitted = desk.act(draft, "submit").get_json()
    assert (submitted["state"], client.get("/v1/alerts/active").get_json()) == ("submitted", {"items": []})
    review = desk.review(submitted)
    assert review["text"]["ko"].startswith("[시험][서울특별시] 마포구 홍제천 수위가 빠르게 오르고 있습니다.")
    assert review["confirmation"] == {"ko": "시험 마포구 위급 발송", "en": "TEST send Extreme to Mapo-gu"}
    assert review["prepared_texts"]["correction"]["ko"].startswith("[시험][서울특별시] 마포구 홍제천 앞서 보낸")
    released = desk.approve(submitted).get_json()
    assert (released["state"], released["approved_by"]) == ("sending", "approver")
    assert [step["act"] for step in released["trail"]] == ["draft", "submit", "approve"]
    (active,) = client.get("/v1/alerts/active").get_json()["items"]
    assert (active["id"], active["class"], active["is_test"]) == (draft["id"], "extreme", True)
    assert "trail" not in active and "author_ids" not in active  # noqa: PT018
    campaign = db.campaigns.find_one({"_id": draft["id"]})
    assert (campaign["lane"], campaign["urgency"], campaign["audience"]) == (
        "alerts",
        "extreme",
        {"districts": ["11440"], "alert_mode": "test"},
    )


@pytest.mark.parametrize(
    ("method", "path", "role"),
    [("post", "", "alert_approver"), ("post", "/{id}/submit", "alert_approver"), ("post", "/{id}/approve", "alert_author"),
     ("post", "/{id}/cancel", "moderator"), ("get", "/{id}/review", "moderator"), ("get", "", "poll_officer"),
     ("post", "/{id}/all-clear", "auditor"), ("put", "/{id}", "administrator")],
)  # fmt: skip
def test_each_act_needs_its_role(desk, client, staff_headers, person_headers, method, path, role):
    path = "/v1/alerts" + path.format(id=desk.draft()["id"])
    assert code(getattr(client, method)(path, headers=staff_headers(role), json={}))[1] == "core.forbidden"
    assert getattr(client, method)(path, json={}).status_code == 401
    assert getattr(client, method)(path, headers=person_headers(), json={}).status_code == 401


def test_nobody_releases_what_they_wrote_changed_or_submitted(desk, client, staff_headers):
    both = staff_headers("alert_author", "alert_approver", staff_id="author")
    assert code(desk.approve(desk.submitted(), by=both)) == (403, "alerts.own-alert")
    # who only changed a word of it
    draft = desk.draft()
    editor = staff_headers("alert_author", "alert_approver", staff_id="editor")
    changed = client.put(f"/v1/alerts/{draft['id']}", json=body(), headers={**editor, "If-Match": '"1"'}).get_json()
    submitted = desk.act(changed, "submit").get_json()
    assert code(desk.approve(submitted, by=editor)) == (403, "alerts.own-alert")
    # who only submitted it
    submitter = staff_headers("alert_author", "alert_approver", staff_id="submitter")
    submitted = desk.act(desk.draft(), "submit", by=submitter).get_json()
    assert code(desk.approve(submitted, by=submitter)) == (403, "alerts.own-alert")
    assert desk.approve(submitted).status_code == 200


def test_a_machines_draft_still_needs_two_people(desk, db):
    content = {**body(), "alert_class": "severe", "expires_at": now() + timedelta(hours=2)}
    draft = services.create_draft(content, by=None, now=now(), origin={"kind": "sensor", "id": "s1"})
    assert draft["author_ids"] == []
    db.alerts.update_one({"_id": draft["_id"]}, {"$set": {"state": "submitted"}})  # as if submitted by nobody
    answer = desk.approve({"id": draft["_id"], "version": 1})
    assert code(answer) == (403, "alerts.own-alert")


def test_the_confirmation_is_typed(desk):
    submitted = desk.submitted()
    for typed in ("예", "마포구 위급 발송", "시험 마포구 긴급 발송"):
        assert code(desk.approve(submitted, typed=typed)) == (422, "alerts.not-confirmed")
    assert desk.review(submitted)["state"] == "submitted"
    assert desk.approve(submitted, typed="test send EXTREME to Mapo-gu").status_code == 200


def test_what_the_approver_did_not_see_is_not_released(desk, client):
    submitted = desk.submitted()
    returned = desk.act(submitted, "return", by=desk.approver, note="낱말 하나").get_json()
    assert returned["state"] == "draft"
    edited = client.put(
        f"/v1/alerts/{submitted['id']}",
        json=body(area={"districts": ["11440", "11410"]}),
        headers={**desk.author, "If-Match": f'"{returned["version"]}"'},
    ).get_json()
    again = desk.act(edited, "submit").get_json()
    stale = desk.act(
        again, "approve", by=desk.approver, version=submitted["version"], typed=desk.review(again)["confirmation"]["ko"]
    )
    assert code(stale) == (412, "core.changed-meanwhile")
    missing = client.post(f"/v1/alerts/{again['id']}/approve", json={"typed": "x"}, headers=desk.approver)
    assert code(missing) == (428, "core.if-match-required")


@pytest.mark.parametrize("part", ["issuer", "where", "what", "action"])
def test_without_who_where_what_and_what_to_do_it_is_not_submitted(desk, part):
    wording = {**WORDING, "ko": {**WORDING["ko"], part: " "}}
    answer = desk.act(desk.draft(wording=wording), "submit")
    assert code(answer) == (422, "alerts.incomplete")
    assert answer.get_json()["gaps"][f"ko.{part}"] == "missing"


def test_text_over_157_characters_is_not_submitted(desk):
    wording = {**WORDING, "ko": {**WORDING["ko"], "what": "물" * 120}}
    answer = desk.act(desk.draft(wording=wording), "submit")
    assert answer.get_json()["gaps"] == {"ko": "too-long"}


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({"area": {"districts": []}}, (422, "alerts.area")),
        ({"area": {"districts": ["99999"]}}, (422, "alerts.area")),
        ({"area": {"circles": [{"lon": 37.56, "lat": 126.97, "radius_m": 500}]}}, (422, "alerts.area")),
        ({"class": "mild"}, (422, "core.invalid-input")),
        ({"hazard": "dragons"}, (422, "core.invalid-input")),
        ({"expires_at": "2026-01-01T00:00:00"}, (422, "core.invalid-input")),
        ({"links": [{"title": {"ko": "x"}, "url": "javascript:alert(1)"}]}, (422, "core.invalid-input")),
        ({"wording": {"ko": WORDING["ko"]}}, (422, "core.invalid-input")),
        ({"approved_by": "me"}, (422, "core.invalid-input")),
        ({"state": "approved"}, (422, "core.invalid-input")),
    ],
)
def test_bad_input_is_refused_and_nothing_stored(client, desk, db, changes, wanted):
    assert code(client.post("/v1/alerts", json=body(**changes), headers=desk.author)) == wanted
    assert db.alerts.count_documents({}) == 0


@pytest.mark.parametrize(("delta", "reason"), [(timedelta(minutes=5), "too-soon"), (timedelta(days=8), "too-late")])
def test_an_expiry_that_cannot_be_meant_is_refused(desk, delta, reason):
    answer = desk.act(desk.draft(expires_at=(now() + delta).isoformat()), "submit")
    assert (*code(answer), answer.get_json()["reason"]) == (422, "alerts.expiry", reason)


def test_the_same_hazard_in_the_same_area_asks_again(desk, client):
    first = desk.released()
    second = desk.draft(area={"districts": ["11440", "11410"]})
    answer = desk.act(second, "submit")
    assert code(answer) == (409, "alerts.repeated")
    assert [earlier["id"] for earlier in answer.get_json()["repeats"]] == [first["id"]]
    submitted = desk.act(second, "submit", repeats_seen=[first["id"]]).get_json()
    assert code(desk.approve(submitted)) == (409, "alerts.repeated")  # the approver is asked as well
    assert desk.approve(submitted, repeats_seen=[first["id"]]).status_code == 200
    # another hazard, or another place, does not ask
    assert desk.act(desk.draft(hazard="fire"), "submit").status_code == 200
    assert desk.act(desk.draft(area={"districts": ["11740"]}), "submit").status_code == 200


def test_one_person_stops_it_at_any_point_before_it_is_sent(desk, client, db):
    for make in (desk.draft, desk.submitted, desk.released):
        alert = make(hazard="fire") if make == desk.released else make()
        for headers in (desk.author,):
            stopped = client.post(f"/v1/alerts/{alert['id']}/cancel", json={"note": "착오"}, headers=headers)
            assert stopped.get_json()["state"] == "cancelled"
    assert client.get("/v1/alerts/active").get_json() == {"items": []}
    assert db.campaigns.find_one({"_id": alert["id"]})["state"] == "cancelled"
    again = client.post(f"/v1/alerts/{alert['id']}/cancel", json={"note": "착오"}, headers=desk.author)
    assert code(again) == (409, "alerts.state")
    assert desk.approve({**alert, "version": stopped.get_json()["version"]}).status_code == 409


def test_a_cancelled_alert_cannot_be_started_by_a_late_process(desk, db):
    """A process that read the alert before the cancel and goes on after it finds the place taken."""
    submitted = desk.submitted()
    db.alerts.update_one({"_id": submitted["id"]}, {"$set": {"state": "sending", "approved_at": now(), "approved_by": "x"}})
    late = services.get_alert(submitted["id"])
    services.cancel(submitted["id"], note="착오", by="other", now=now())
    services.delivery.start(late, now=now())
    campaign = db.campaigns.find_one({"_id": submitted["id"]})
    assert (campaign["state"], campaign["is_in_inbox"]) == ("cancelled", False)


def test_a_stop_that_died_half_way_is_finished_later(desk, db, monkeypatch):
    released = desk.released()
    monkeypatch.setattr(services.delivery, "stop", lambda *_, **__: (_ for _ in ()).throw(ConnectionError()))
    with pytest.raises(ConnectionError):
        services.cancel(released["id"], note="착오", by="other", now=now())
    monkeypatch.undo()
    assert db.campaigns.find_one({"_id": released["id"]})["state"] == "scheduled"
    services.carry_on(now=now())
    assert db.campaigns.find_one({"_id": released["id"]})["state"] == "cancelled"
    assert "is_stop_due" not in db.alerts.find_one({"_id": released["id"]})


def test_a_release_that_died_half_way_is_finished_later(desk, db, monkeypatch):
    submitted = desk.submitted()
    monkeypatch.setattr(services.delivery, "start", lambda *_, **__: (_ for _ in ()).throw(ConnectionError()))
    with pytest.raises(ConnectionError):
        services.approve(submitted["id"], submitted["version"], typed="시험 마포구 위급 발송", repeats_seen=[], by="b", now=now())
    monkeypatch.undo()
    assert db.campaigns.count_documents({}) == 0
    services.carry_on(now=now())
    services.carry_on(now=now())
    assert db.campaigns.count_documents({}) == 1


def test_two_approvers_at_once_release_once(app, desk, db, staff_headers):
    for turn in range(5):
        submitted = desk.submitted(hazard="fire", area={"districts": [["11110", "11140", "11170", "11200", "11215"][turn]]})
        typed = desk.review(submitted)["confirmation"]["ko"]

        def approve(number, submitted=submitted, typed=typed):
            who = staff_headers("alert_approver", staff_id=f"approver-{number}")
            other = Desk(app.test_client(), staff_headers)
            return other.act(submitted, "approve", by=who, typed=typed).status_code

        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(approve, range(8)))
        assert sorted(answers) == [200] + [409] * 7
        stored = db.alerts.find_one({"_id": submitted["id"]})
        assert [step["act"] for step in stored["trail"]].count("approve") == 1
        assert db.campaigns.count_documents({"_id": submitted["id"]}) == 1


def test_approve_and_cancel_at_the_same_moment_never_send_wrongly(app, desk, db, staff_headers):
    outcomes = set()
    codes = ["11110", "11140", "11170", "11200", "11215", "11230", "11260", "11290", "11305", "11320", "11350", "11380"]
    for district in codes:
        submitted = desk.submitted(hazard="fire", area={"districts": [district]})
        typed = desk.review(submitted)["confirmation"]["ko"]
        acts = {
            "approve": (desk.approver, {"typed": typed}),
            "cancel": (desk.author, {"note": "착오"}),
        }

        def act(name, submitted=submitted, acts=acts):
            headers, sent = acts[name]
            return Desk(app.test_client(), staff_headers).act(submitted, name, by=headers, **sent).status_code

        with ThreadPoolExecutor(2) as pool:
            approved, cancelled = pool.map(act, ("approve", "cancel"))
        services.carry_on(now=now())
        state = db.alerts.find_one({"_id": submitted["id"]})["state"]
        campaign = db.campaigns.find_one({"_id": submitted["id"]})
        outcomes.add((approved, cancelled))
        assert cancelled == 200  # nothing was wholly sent, so a stop always stops
        assert state == "cancelled"
        assert campaign is None or campaign["state"] == "cancelled"
        assert approved in (200, 409, 412)
    assert outcomes


def test_two_pairs_who_release_the_same_at_once_see_each_other(app, desk, db, staff_headers):
    """The same hazard and district, written by two authors and approved by two approvers in the same moment: one is asked again."""
    for turn, district in enumerate(["11110", "11140", "11170", "11200"]):
        pair = [desk.submitted(hazard="flood", area={"districts": [district]}) for _ in range(2)]
        typed = desk.review(pair[0])["confirmation"]["ko"]

        def approve(number, pair=pair, typed=typed, turn=turn):
            who = staff_headers("alert_approver", staff_id=f"approver-{turn}-{number}")
            return Desk(app.test_client(), staff_headers).act(pair[number], "approve", by=who, typed=typed)

        with ThreadPoolExecutor(2) as pool:
            answers = sorted(pool.map(approve, range(2)), key=lambda answer: answer.status_code)
        assert [answer.status_code for answer in answers] == [200, 409]
        assert answers[1].get_json()["code"] == "alerts.repeated"
        assert db.campaigns.count_documents({"_id": {"$in": [alert["id"] for alert in pair]}}) == 1


def test_an_edit_between_check_and_write_does_not_slip_past(desk, db, monkeypatch):
    """The approver becomes an author after the check and before the write: the write itself refuses."""
    submitted = desk.submitted()
    real = store.in_transaction

    def late(work):
        db.alerts.update_one({"_id": submitted["id"]}, {"$addToSet": {"author_ids": "b"}})
        return real(work)

    monkeypatch.setattr(store, "in_transaction", late)
    with pytest.raises(PreconditionFailed):
        services.approve(submitted["id"], submitted["version"], typed="시험 마포구 위급 발송", repeats_seen=[], by="b", now=now())
    assert db.alerts.find_one({"_id": submitted["id"]})["state"] == "submitted"


def test_every_staff_act_is_in_the_audit_log_or_did_not_happen(desk, client, db, monkeypatch):
    released = desk.released()
    acts = [entry["action"] for entry in db.audit_entries.find({"target": f"alert:{released['id']}"}).sort("_id", 1)]
    assert acts == ["alerts.draft", "alerts.submit", "alerts.approve"]

    def broken(*_, **__):
        raise ConnectionError

    monkeypatch.setattr(store.audit, "record", broken)
    with pytest.raises(ConnectionError):
        services.cancel(released["id"], note="착오", by="x", now=now())
    assert db.alerts.find_one({"_id": released["id"]})["state"] == "sending"


def test_the_largest_area_goes_through_every_step(desk, client):
    """Twenty polygons of two hundred points each: more than an audit entry holds, so the log keeps their hash."""
    import math

    turns = [2 * math.pi * step / 198 for step in range(198)]
    rings = [
        [[126.86 + 0.012 * column + 0.004 * math.cos(turn), 37.53 + 0.012 * row + 0.004 * math.sin(turn)] for turn in turns]
        for column in range(10)
        for row in range(2)
    ]
    released = desk.released(area={"polygons": rings})
    assert len(released["area"]["polygons"]) == 20
    assert client.get(f"/v1/alerts/{released['id']}/alert.cap").status_code == 200


def test_an_exercise_is_labelled_everywhere(desk):
    released = desk.released(is_exercise=True)
    assert released["text"]["ko"].startswith("[시험][훈련]")
    assert released["title"]["en"].startswith("[TEST][EXERCISE]")


def test_the_list_is_paged_and_filtered(desk, client):
    made = [desk.draft()["id"] for _ in range(3)] + [desk.submitted()["id"]]
    page = client.get("/v1/alerts?limit=3", headers=desk.author).get_json()
    rest = client.get(f"/v1/alerts?limit=3&after={page['next']}", headers=desk.author).get_json()
    assert [item["id"] for item in page["items"] + rest["items"]] == made[::-1]
    assert rest["next"] is None
    found = client.get("/v1/alerts?state=submitted", headers=desk.author).get_json()["items"]
    assert [item["id"] for item in found] == made[-1:]


def test_what_is_in_force_can_be_cached_and_costs_no_body_when_unchanged(desk, client):
    desk.released()
    first = client.get("/v1/alerts/active")
    assert "public" in first.headers["Cache-Control"]
    again = client.get("/v1/alerts/active", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["ETag"] == first.headers["ETag"]


def test_an_alert_that_is_over_is_not_in_force(desk, client, db):
    released = desk.released()
    db.alerts.update_one({"_id": released["id"]}, {"$set": {"expires_at": now() - timedelta(seconds=1)}})
    assert client.get("/v1/alerts/active").get_json() == {"items": []}
    assert client.get(f"/v1/alerts/{released['id']}").status_code == 200


@pytest.mark.parametrize("query", ["active", "watch", "repeats", "feed"])
def test_every_query_on_a_request_path_is_indexed(app, db, query):
    conditions = {
        "active": {"state": {"$in": ["approved", "sending", "sent"]}, "expires_at": {"$gt": now()}, "superseded_at": None},
        "watch": {"is_stop_due": True},
        "repeats": {
            "kind": "alert",
            "hazard": "fire",
            "mode": "test",
            "approved_at": {"$gte": now()},
            "area.districts": {"$in": ["11110"]},
        },
        "feed": {"approved_at": {"$gte": now()}},
    }
    plan = str(db.alerts.find(conditions[query]).explain()["queryPlanner"]["winningPlan"])
    assert "IXSCAN" in plan and "COLLSCAN" not in plan  # noqa: PT018


def test_what_nobody_with_a_role_wrote_any_more_is_not_released(desk, db):
    submitted = desk.submitted()
    for change in ({"state": "suspended"}, {"state": "active", "roles": ["moderator"]}):
        db.staff.update_one({"_id": "author"}, {"$set": change})
        answer = desk.approve(submitted)
        assert (answer.status_code, answer.get_json()["code"]) == (409, "alerts.author-gone")
    assert db.alerts.find_one({"_id": submitted["id"]})["state"] == "submitted"
    db.staff.update_one({"_id": "author"}, {"$set": {"roles": ["alert_author"]}})
    assert desk.approve(submitted).status_code == 200


@pytest.mark.parametrize("kind", ["correction", "all-clear"])
def test_no_single_hand_rings_everybody_about_an_alert_of_last_week(client, desk, db, kind):
    released = desk.released()
    over = now() - timedelta(hours=25)
    db.alerts.update_one({"_id": released["id"]}, {"$set": {"state": "ended", "expires_at": over}})
    path = f"/v1/alerts/{released['id']}/{kind}"
    late = client.post(path, json={"note": "잘못 눌렀습니다"}, headers=desk.author)
    assert (late.status_code, late.get_json()["code"]) == (409, "alerts.follow-up-late")
    assert db.alerts.count_documents({}) == 1
    assert client.post(path, json={"is_reworded": True}, headers=desk.author).get_json()["state"] == "draft"
    db.alerts.update_one({"_id": released["id"]}, {"$set": {"expires_at": over + timedelta(hours=2)}})
    assert client.post(path, json={"note": "오늘 일입니다"}, headers=desk.author).status_code == 201


def test_the_gravest_alert_is_listed_however_many_lesser_ones_there_are(desk, db):
    grave = desk.released()
    stored = db.alerts.find_one({"_id": grave["id"]})
    lesser = {"alert_class": "advisory", "approved_at": now()}
    db.alerts.insert_many({**stored, **lesser, "_id": f"0{number:025}"} for number in range(120))
    listed = services.active_alerts(now=now())
    assert (len(listed), listed[0]["_id"]) == (100, grave["id"])
    assert [alert["_id"] for alert in services.active_alerts(now=now(), limit=1)] == [grave["id"]]
