"""Ideas all the way through both programmes, with their clocks."""

from datetime import UTC, datetime, timedelta

import pytest

from mvoting.core.clock import now
from mvoting.core.ids import random_id

START = datetime.now(UTC)


def day(number):
    return START + timedelta(days=number)


@pytest.fixture
def progress(app):
    from proposals.ideas.services import progress

    return progress


@pytest.fixture
def sweeping(app):
    from proposals.ideas.services import sweeping

    return sweeping


@pytest.fixture
def staff_call(client, staff_headers, officer_of):
    """Call as staff: `staff_call("proposal_officer", …)`, or for a department: `staff_call("department:교통실", …)`."""

    def call(role, method, url, **body):
        kind, _, department = role.partition(":")
        headers = officer_of(department) if kind == "department" else staff_headers(role)
        return client.open(url, method=method, json=body, headers=headers)

    return call


def state(db, idea):
    return db.ideas.find_one({"_id": idea["_id"]})["state"]


def test_oasis_from_endorsement_to_the_hall_of_fame(client, db, make_idea, endorse_many, staff_call, events_about, officer_of):
    idea = make_idea(programme_id="oasis")
    url = f"/v1/ideas/{idea['_id']}"
    endorse_many(idea["_id"], 5)
    assert state(db, idea) == "reviewing"
    assert staff_call("proposal_officer", "PUT", f"{url}/department", department="푸른도시여가국").status_code == 200
    page = client.get(url).get_json()
    assert [p["department"] for p in page["promises"]] == ["푸른도시여가국"]

    draft = {"text": "검토하고 있습니다.", "verdict": "partly", "reason": "", "version": 0}
    assert staff_call("department:푸른도시여가국", "PUT", f"{url}/answer-draft", **draft).get_json()["version"] == 1
    assert staff_call("department:푸른도시여가국", "PUT", f"{url}/answer-draft", **draft).status_code == 412
    assert "검토하고 있습니다." not in client.get(url).text
    answer = {"text": "**올해** 안에 다섯 곳에 설치하겠습니다.", "verdict": "partly", "reason": "예산이 다섯 곳분입니다."}
    answered = staff_call("department:푸른도시여가국", "POST", f"{url}/answers", **answer)
    assert (answered.status_code, answered.get_json()["state"]) == (201, "working")
    page = client.get(url).get_json()
    assert page["answers"][0]["text_html"] == "<p><strong>올해</strong> 안에 다섯 곳에 설치하겠습니다.</p>\n"
    assert page["promises"][0]["kept_at"] is not None
    assert page["next_due_at"] is None

    assert (
        staff_call(
            "department:푸른도시여가국", "POST", f"{url}/moves", event="advance", reason="전문가 의견을 들었습니다."
        ).get_json()["state"]
        == "deciding"
    )
    refused = staff_call("department:푸른도시여가국", "POST", f"{url}/answers", **answer)
    assert refused.get_json()["code"] == "proposals.move-not-allowed"
    assert (
        staff_call("proposal_officer", "POST", f"{url}/answers", **answer | {"verdict": "accepted"}).get_json()["state"]
        == "executing"
    )
    staffer = officer_of("푸른도시여가국")
    step = client.post(f"{url}/milestones", json={"text": "두 곳 설치", "percent": 40}, headers=staffer)
    assert step.get_json()["milestones"][0]["percent"] == 40
    assert (
        staff_call(
            "department:푸른도시여가국", "POST", f"{url}/moves", event="complete", reason="다섯 곳을 마쳤습니다."
        ).get_json()["state"]
        == "done"
    )
    assert staff_call("proposal_officer", "PUT", f"{url}/hall-of-fame", is_in=True).status_code == 200
    famous = client.get("/v1/ideas?sort=hall_of_fame").get_json()["items"]
    assert idea["_id"] in [line["id"] for line in famous]
    told = [event["facts"].get("state") for event in events_about(idea["_id"], "idea_moved")]
    assert told == ["reviewing", "working", "deciding", "executing", "done"]


def test_democracy_seoul_to_the_mayor(db, sweeping, make_idea, endorse_many, staff_call, client, events_about):
    from proposals.debates import services as debates

    idea = make_idea(at=START)
    url = f"/v1/ideas/{idea['_id']}"
    endorse_many(idea["_id"], 50)
    page = client.get(url).get_json()
    assert (page["state"], page["to_threshold"], [p["kind"] for p in page["promises"]]) == (
        "collecting",
        50,
        ["department_reply"],
    )
    staff_call("proposal_officer", "PUT", f"{url}/department", department="푸른도시여가국")
    replied = staff_call("department:푸른도시여가국", "POST", f"{url}/answers", text="살펴보겠습니다.", verdict="reply")
    assert (replied.get_json()["state"], replied.get_json()["next_due_at"]) == ("collecting", None)
    endorse_many(idea["_id"], 50)
    page = client.get(url).get_json()
    debate = client.get(f"/v1/debates/{page['debate_id']}").get_json()
    assert (page["state"], debate["idea_id"], debate["phase"], debate["opened_by"]) == (
        "debating",
        idea["_id"],
        "open",
        "programme",
    )

    for number in range(999):
        db.debate_participants.insert_one({"_id": f"{debate['id']}:p{number}", "person_id": f"p{number}", "at": now()})
    sweeping.sweep(now=now())
    assert [p["kind"] for p in db.ideas.find_one({"_id": idea["_id"]})["promises"]] == ["department_reply"]
    debates.take_part(debate["id"], random_id(), now=now())
    for _ in range(3):
        sweeping.sweep(now=now())
    assert [p["kind"] for p in db.ideas.find_one({"_id": idea["_id"]})["promises"]] == ["department_reply", "mayor_reply"]

    sweeping.sweep(now=day(31))
    assert state(db, idea) == "answering"
    verdict = {"text": "저희가 대신 답합니다.", "verdict": "accepted", "reason": ""}
    replied = staff_call("department:푸른도시여가국", "POST", f"{url}/answers", **verdict | {"verdict": "reply"})
    assert [p["kept_at"] is None for p in replied.get_json()["promises"]] == [False, True], "the mayor still owes a reply"
    refused = staff_call("department:푸른도시여가국", "POST", f"{url}/answers", **verdict)
    assert refused.get_json()["code"] == "proposals.move-not-allowed", "a department does not decide in the mayor's place"
    answered = staff_call(
        "proposal_officer", "POST", f"{url}/answers", text="시장입니다.", verdict="declined", reason="법에 어긋납니다."
    )
    assert answered.get_json()["state"] == "declined"
    assert answered.get_json()["timeline"][-1]["reason"] == "법에 어긋납니다."
    kinds = [event["kind"] for event in events_about(idea["_id"])]
    assert kinds.count("threshold_reached") == 2


def test_an_idea_that_misses_its_count_expires_and_can_be_lifted_with_a_public_reason(
    db, sweeping, make_idea, staff_call, client, person_headers
):
    idea = make_idea(programme_id="oasis", at=START - timedelta(days=10, minutes=1))
    url = f"/v1/ideas/{idea['_id']}"
    refused = client.put(f"{url}/endorsement", headers=person_headers())
    assert refused.get_json()["code"] == "proposals.not-collecting"
    assert db.idea_endorsements.count_documents({"_id": {"$regex": f"^{idea['_id']}"}}) == 0
    sweeping.sweep(now=START)
    assert state(db, idea) == "expired"
    staff_call("proposal_officer", "PUT", f"{url}/department", department="푸른도시여가국")
    assert (
        staff_call("department:푸른도시여가국", "POST", f"{url}/moves", event="lift", reason="꼭 필요합니다.").status_code == 409
    )
    assert staff_call("moderator", "POST", f"{url}/moves", event="lift", reason="꼭 필요합니다.").status_code == 403
    assert staff_call("proposal_officer", "POST", f"{url}/moves", event="lift", reason=" ").status_code == 422
    lifted = staff_call("proposal_officer", "POST", f"{url}/moves", event="lift", reason="꼭 필요합니다.").get_json()
    assert (lifted["state"], lifted["timeline"][-1]["reason"], lifted["timeline"][-1]["by"]) == (
        "reviewing",
        "꼭 필요합니다.",
        "coordinator",
    )
    assert len(lifted["promises"]) == 1


def test_a_promised_reply_is_reminded_of_once_marked_overdue_and_counted(
    client, db, sweeping, make_idea, endorse_many, staff_call, events_about
):
    idea = make_idea(programme_id="oasis")
    endorse_many(idea["_id"], 5)
    department = f"부서 {random_id()}"
    staff_call("proposal_officer", "PUT", f"/v1/ideas/{idea['_id']}/department", department=department)
    for at in (day(6), day(8), day(8), day(13.5), day(15), day(16)):
        sweeping.sweep(now=at)
    marks = [event["facts"]["mark"] for event in events_about(idea["_id"], "reply_due")]
    assert marks == ["7d", "1d", "overdue"]
    assert all(event["to"] == {"kind": "department", "id": department} for event in events_about(idea["_id"], "reply_due"))
    assert len(events_about(idea["_id"], "reply_overdue")) == 1
    db.ideas.update_one({"_id": idea["_id"]}, {"$set": {"next_due_at": day(-1), "promises.0.due_at": day(-1)}})
    assert client.get(f"/v1/ideas/{idea['_id']}").get_json()["is_overdue"] is True
    assert idea["_id"] in [line["id"] for line in client.get("/v1/ideas?sort=overdue").get_json()["items"]]
    statistic = next(s for s in client.get("/v1/ideas/reply-statistics").get_json()["items"] if s["department"] == department)
    assert (statistic["promised"], statistic["overdue"], statistic["kept_in_time"]) == (1, 1, 0)
    staff_call(
        f"department:{department}",
        "POST",
        f"/v1/ideas/{idea['_id']}/answers",
        text="늦었습니다.",
        verdict="declined",
        reason="불가",
    )
    statistic = next(s for s in client.get("/v1/ideas/reply-statistics").get_json()["items"] if s["department"] == department)
    assert (statistic["overdue"], statistic["kept_late"]) == (0, 1)


def test_two_staff_members_at_once_move_an_idea_once(db, progress, make_idea, endorse_many):
    from concurrent.futures import ThreadPoolExecutor

    from mvoting.core.problems import Problem
    from proposals.ideas.pipeline import Event

    idea = make_idea(programme_id="oasis")
    endorse_many(idea["_id"], 5)

    def adopt(_):
        try:
            progress.move_by_staff(idea["_id"], Event.ADOPT_AT_ONCE, ["proposal_officer"], "바로 합니다", "staff-a", now=now())
            return 1
        except Problem:
            return 0

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(adopt, range(16))) == 1
    assert [line["event"] for line in db.ideas.find_one({"_id": idea["_id"]})["timeline"]] == ["submit", "reach", "adopt_at_once"]


def test_changed_thresholds_hold_for_new_ideas_only(client, make_idea, staff_headers):
    before = make_idea(programme_id="oasis")
    known = next(p for p in client.get("/v1/ideas/programmes").get_json()["items"] if p["id"] == "oasis")
    changed = {key: known[key] for key in ("name", "about", "pipeline", "collecting_days", "remind_before_days", "version")}
    changed["thresholds"] = [{"counted": "endorsements", "count": 7, "consequence": "advance", "reply_days": 14}]
    admin = staff_headers("administrator")
    url = "/v1/ideas/programmes/oasis"
    assert client.put(url, json=changed, headers=staff_headers("moderator")).status_code == 403
    broken = changed | {"thresholds": [{"counted": "endorsements", "count": 7, "consequence": "department_reply"}]}
    assert client.put(url, json=broken, headers=admin).get_json()["code"] == "proposals.programme-invalid"
    saved = client.put(url, json=changed, headers=admin)
    assert saved.status_code == 200, saved.text
    assert client.put(url, json=changed, headers=admin).status_code == 412
    after = make_idea(programme_id="oasis")
    assert (before["to_threshold"], after["to_threshold"]) == (5, 7)
    back = changed | {"thresholds": known["thresholds"], "version": saved.get_json()["version"]}
    assert client.put(url, json=back, headers=admin).status_code == 200


def test_an_idea_becomes_a_poll_linked_both_ways_once(client, make_idea, staff_headers, db):
    idea = make_idea()
    times = {"opens_at": day(1).isoformat(), "closes_at": day(8).isoformat()}
    officer = staff_headers("proposal_officer")
    made = client.post(f"/v1/ideas/{idea['_id']}/poll", json=times, headers=officer)
    assert made.status_code == 201, made.text
    poll = db.polls.find_one({"_id": made.get_json()["poll_id"]})
    assert (poll["state"], poll["definition"]["idea"]) == ("draft", idea["_id"])
    again = client.post(f"/v1/ideas/{idea['_id']}/poll", json=times, headers=officer)
    assert again.get_json()["code"] == "proposals.poll-exists"


def test_acts_of_staff_stand_in_the_audit_log_with_their_effect(client, db, make_idea, endorse_many, staff_headers):
    staff_id = random_id()
    officer, moderator = staff_headers("proposal_officer", staff_id=staff_id), staff_headers("moderator", staff_id=staff_id + "m")
    idea = make_idea(programme_id="oasis")
    url = f"/v1/ideas/{idea['_id']}"
    endorse_many(idea["_id"], 5)
    client.put(f"{url}/department", json={"department": "교통실"}, headers=officer)
    draft = {"text": "아직 비밀입니다", "verdict": "accepted", "reason": ""}
    for version in (0, 1):
        assert client.put(f"{url}/answer-draft", json=draft | {"version": version}, headers=officer).status_code == 200
    assert client.put(f"{url}/answer-draft", json=draft | {"version": 1}, headers=officer).status_code == 412
    merge = {"into_id": make_idea(programme_id="oasis")["_id"]}
    assert client.post(f"{url}/merges/by-staff", json=merge, headers=officer).status_code == 409, "it is under review"
    client.post(f"{url}/answers", json={"text": "합니다", "verdict": "accepted"}, headers=officer)
    refused = client.post(f"{url}/moves", json={"event": "complete", "reason": "아직"}, headers=officer)
    assert refused.status_code == 409
    hiding = {"target": {"kind": "idea", "id": idea["_id"]}, "text": "연락처가 있습니다."}
    client.post("/v1/reports/hidings", json=hiding, headers=moderator)
    entries = list(db.audit_entries.find({"target": f"idea:{idea['_id']}"}).sort("_id", 1))
    assert [(e["action"], e["staff_id"]) for e in entries] == [
        ("proposals.assign", staff_id),
        ("proposals.answer_draft", staff_id),
        ("proposals.answer_draft", staff_id),
        ("proposals.accept", staff_id),
        ("moderation.hide", staff_id + "m"),
    ]
    assert "연락처가" not in entries[-1]["body"], "what tells about a citizen is sealed"
    assert not any("아직 비밀입니다" in entry["body"] for entry in entries), "a draft is not repeated in a log that others read"
    source, into = make_idea(programme_id="oasis"), make_idea(programme_id="oasis")
    asked = client.post(f"/v1/ideas/{source['_id']}/merges/by-staff", json={"into_id": into["_id"]}, headers=officer)
    assert asked.status_code == 201
    entry = db.audit_entries.find_one({"target": f"idea:{source['_id']}"})
    assert (entry["action"], entry["staff_id"]) == ("proposals.ask_merge", staff_id)
    assert into["_id"] in entry["body"]


def test_an_officer_acts_only_for_the_own_department_and_a_coordinator_for_all(
    client, db, make_idea, make_debate, endorse_many, officer_of, staff_headers
):
    idea, parks, roads = make_idea(programme_id="oasis"), f"공원 {random_id()}", f"도로 {random_id()}"
    url = f"/v1/ideas/{idea['_id']}"
    endorse_many(idea["_id"], 5)
    ours, theirs, none = officer_of(parks), officer_of(roads), staff_headers("department_officer")
    coordinator = staff_headers("proposal_officer")
    draft = {"text": "검토합니다.", "verdict": "accepted", "reason": "", "version": 0}
    answer = {"text": "하겠습니다.", "verdict": "accepted"}
    calls = [
        ("PUT", f"{url}/answer-draft", draft),
        ("GET", f"{url}/answer-draft", None),
        ("POST", f"{url}/answers", answer),
        ("POST", f"{url}/moves", {"event": "adopt_at_once", "reason": "급합니다."}),
        ("POST", f"{url}/milestones", {"text": "시작", "percent": 1}),
    ]

    def codes(headers):
        return {client.open(at, method=how, json=body, headers=headers).get_json().get("code") for how, at, body in calls}

    assert codes(ours) == {"proposals.other-department"}, "nobody was assigned yet"
    assert client.put(f"{url}/department", json={"department": parks}, headers=ours).status_code == 403
    assert client.put(f"{url}/department", json={"department": parks}, headers=coordinator).status_code == 200
    assert codes(theirs) == codes(none) == {"proposals.other-department"}
    assert client.put(f"{url}/answer-draft", json=draft, headers=ours).status_code == 200
    assert client.get(f"{url}/answer-draft", headers=ours).get_json()["text"] == "검토합니다."
    assert client.post(f"{url}/answers", json=answer, headers=ours).get_json()["state"] == "working"
    said = {"body": "부서의 설명입니다.", "department": parks}
    speaking = f"/v1/debates/{make_debate(sides='none')['_id']}/comments/by-city"
    assert client.post(speaking, json=said, headers=theirs).get_json()["code"] == "proposals.other-department"
    assert client.post(speaking, json=said, headers=ours).get_json()["official"] == parks
    assert client.post(speaking, json=said, headers=coordinator).get_json()["official"] == parks


def test_a_department_sees_what_it_owes_the_most_urgent_first(client, db, make_idea, endorse_many, officer_of, staff_headers):
    parks, roads = f"공원 {random_id()}", f"도로 {random_id()}"
    coordinator, due = staff_headers("proposal_officer"), {}
    for department, days in ((parks, 5), (parks, -1), (parks, 20), (roads, 3)):
        idea = make_idea(programme_id="oasis")
        endorse_many(idea["_id"], 5)
        client.put(f"/v1/ideas/{idea['_id']}/department", json={"department": department}, headers=coordinator)
        due[department, days] = idea["_id"]
        db.ideas.update_one({"_id": idea["_id"]}, {"$set": {"next_due_at": day(days)}})

    def owed(headers, query=""):
        return [line["id"] for line in client.get(f"/v1/ideas/owed?limit=100{query}", headers=headers).get_json()["items"]]

    assert owed(officer_of(parks)) == [due[parks, -1], due[parks, 5]]
    assert owed(officer_of(parks), "&within_days=30") == [due[parks, -1], due[parks, 5], due[parks, 20]]
    assert owed(staff_headers("department_officer")) == []
    assert {due[parks, -1], due[parks, 5], due[roads, 3]} <= set(owed(coordinator))
    assert client.get("/v1/ideas/owed", headers=staff_headers("moderator")).status_code == 403


@pytest.mark.parametrize(
    ("verdict", "reason", "status"), [("declined", "", 422), ("partly", " ", 422), ("declined", "예산", 201)]
)
def test_who_does_not_get_what_they_asked_for_reads_why(client, make_idea, endorse_many, staff_headers, verdict, reason, status):
    idea = make_idea(programme_id="oasis")
    endorse_many(idea["_id"], 5)
    answer = {"text": "답변입니다.", "verdict": verdict, "reason": reason}
    answered = client.post(f"/v1/ideas/{idea['_id']}/answers", json=answer, headers=staff_headers("proposal_officer"))
    assert answered.status_code == status, answered.text


def test_coordinators_say_who_speaks_for_a_department(client, db, staff_headers):
    coordinator, officer_id, name = staff_headers("proposal_officer", staff_id=random_id()), random_id(), f"교통 {random_id()}"
    officer = staff_headers("department_officer", staff_id=officer_id)
    url = f"/v1/ideas/departments/{name}/officers"
    assert client.put(url, json={"officer_ids": [officer_id], "version": 0}, headers=officer).status_code == 403
    unknown = client.put(url, json={"officer_ids": [random_id()], "version": 0}, headers=coordinator)
    assert unknown.get_json()["code"] == "accounts.staff-not-found"
    made = client.put(url, json={"officer_ids": [officer_id], "version": 0}, headers=coordinator).get_json()
    assert (made["name"], made["version"], [one["id"] for one in made["officers"]]) == (name, 1, [officer_id])
    assert client.put(url, json={"officer_ids": [], "version": 0}, headers=coordinator).status_code == 412
    assert client.put(url, json={"officer_ids": [], "version": 3}, headers=coordinator).status_code == 412
    listed = client.get("/v1/ideas/departments?limit=100", headers=officer).get_json()["items"]
    assert made in listed
    assert client.put(url, json={"officer_ids": [], "version": 1}, headers=coordinator).get_json()["officers"] == []
    acts = [entry["action"] for entry in db.audit_entries.find({"target": f"department:{name}"})]
    assert acts == ["proposals.officers", "proposals.officers"]


def test_an_endorsement_given_again_while_it_is_taken_back_stands(db, make_idea, endorse_many, monkeypatch):
    from proposals.ideas.errors import EndorsementSettled
    from proposals.ideas.services import endorsing

    idea_id = make_idea()["_id"]
    (person,) = endorse_many(idea_id, 1)
    db.ideas.update_one({"_id": idea_id}, {"$set": {"reached": ["endorsements:50"]}})
    ideas = endorsing.ideas

    def overtaken():
        monkeypatch.setattr(endorsing, "ideas", ideas)
        db.idea_endorsements.insert_one({"_id": f"{idea_id}:{person}", "person_id": person, "at": now()})
        return ideas()

    monkeypatch.setattr(endorsing, "ideas", overtaken)
    with pytest.raises(EndorsementSettled):
        endorsing.withdraw(idea_id, person, now=now())
    assert db.idea_endorsements.count_documents({"_id": f"{idea_id}:{person}"}) == 1
