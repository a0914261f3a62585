"""Polls at the door: drafts, states, ends moved with a reason, templates, citizens' polls."""

import io
from datetime import timedelta

import pytest
from PIL import Image

from mvoting.core.clock import now
from mvoting.core.ids import random_id
from mvoting.voting.ballots.services import voted_among
from mvoting.voting.polls import citizens, moderated, services
from mvoting.voting.sealing import trustees

TITLE = {"ko": "밤 버스", "en": "Night bus"}


def question(**changes):
    options = [{"title": {"ko": f"{n}번 노선"}} for n in (1, 2, 3)]
    return {"title": TITLE, "method": "plurality", "options": options, **changes}


def body(**changes):
    times = {"opens_at": (now() + timedelta(hours=1)).isoformat(), "closes_at": (now() + timedelta(days=3)).isoformat()}
    return {"title": TITLE, "questions": [question()], **times, **changes}


@pytest.fixture
def officer(staff_headers):
    return staff_headers("poll_officer")


@pytest.fixture
def draft(client, officer):
    def make(**changes):
        answer = client.post("/v1/polls", json=body(**changes), headers=officer)
        assert answer.status_code == 201, answer.text
        return answer.get_json()

    return make


def refused(answer, status, code):
    assert (answer.status_code, answer.get_json()["code"]) == (status, code), answer.text


def test_a_draft_is_changed_frozen_and_seen(client, officer, draft):
    poll = draft()
    address = f"/v1/polls/{poll['id']}"
    refused(client.get(address), 404, "voting.poll-not-found")
    etag = client.get(f"{address}/draft", headers=officer).headers["ETag"]
    changed = client.put(f"{address}/draft", json=body(min_turnout=7), headers={**officer, "If-Match": etag})
    assert changed.get_json()["definition"]["min_turnout"] == 7
    refused(client.put(f"{address}/draft", json=body(), headers={**officer, "If-Match": etag}), 412, "core.changed-meanwhile")
    assert client.post(f"{address}/schedule", headers=officer).get_json()["state"] == "scheduled"
    assert client.get(address).get_json()["definition"]["min_turnout"] == 7
    last = {**officer, "If-Match": '"3"'}
    refused(client.put(f"{address}/draft", json=body(), headers=last), 409, "voting.poll-state")
    refused(client.post(f"{address}/schedule", headers=officer), 409, "voting.poll-state")


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"questions": [question(seats=4)]}, "q1"),
        ({"questions": [question(max_choices=2)]}, "q1"),
        ({"questions": [question(), question(method="multiple", min_choices=3, max_choices=2)]}, "q2"),
        ({"questions": [question(method="star", seats=2)]}, "q1"),
        ({"questions": [question(method="budget_greedy", budget=100)]}, "q1"),
        ({"questions": [question(budget=100)]}, "q1"),
        ({"questions": [question(method="score", equal_ranks=True)]}, "q1"),
        ({"audience": {"kind": "profile"}}, "audience"),
        ({"audience": {"kind": "everyone", "districts": ["11440"]}}, "audience"),
        ({"audience": {"kind": "profile", "birth_years": [2000, 1990]}}, "audience"),
        ({"audience": {"kind": "on_site", "by": "distance", "radius_m": 100}}, "audience"),
        ({"audience": {"kind": "on_site"}}, "audience"),
    ],
)
def test_content_that_cannot_be_counted_is_refused(client, officer, changes, place):
    answer = client.post("/v1/polls", json=body(**changes), headers=officer)
    refused(answer, 422, "voting.poll-content")
    assert place in answer.get_json()["errors"]


def test_only_officers_draft_and_only_in_order_of_time(client, officer, person_headers, staff_headers):
    assert client.post("/v1/polls", json=body()).status_code == 401
    assert client.post("/v1/polls", json=body(), headers=person_headers()).status_code == 401
    assert client.post("/v1/polls", json=body(), headers=staff_headers("moderator")).status_code == 403
    backwards = body(closes_at=(now() - timedelta(hours=1)).isoformat())
    refused(client.post("/v1/polls", json=backwards, headers=officer), 422, "voting.poll-times")
    unknown = client.post("/v1/polls", json=body(colour="red"), headers=officer)
    refused(unknown, 422, "core.invalid-input")


def test_an_end_is_moved_with_a_public_reason(client, officer, draft):
    poll = draft(opens_at=now().isoformat())
    address = f"/v1/polls/{poll['id']}"
    client.post(f"{address}/schedule", headers=officer)
    later = now() + timedelta(days=5)

    def move(to, **changes):
        return client.put(f"{address}/closing", json={"closes_at": to.isoformat(), "reason": "정전", **changes}, headers=officer)

    moved = move(later).get_json()
    assert [(change["kind"], change["reason"]) for change in moved["changes"]] == [("extended", "정전")]
    refused(move(now() + timedelta(seconds=1)), 409, "voting.too-late-to-change")
    refused(move(later, reason=" "), 422, "core.invalid-input")
    assert move(now() + timedelta(seconds=30)).get_json()["changes"][1]["kind"] == "closed-early"
    client.post(f"{address}/cancel", json={"reason": "오류"}, headers=officer)
    refused(move(later), 409, "voting.poll-state")


def test_sealed_polls_are_not_extended(make_poll, client, officer):
    poll = make_poll(secrecy="sealed", sealing=lambda _: {"padded_bytes": 256})
    longer = {"closes_at": (now() + timedelta(days=9)).isoformat(), "reason": "더 길게"}
    refused(client.put(f"/v1/polls/{poll[0]}/closing", json=longer, headers=officer), 409, "voting.sealed-not-extended")


def test_a_draft_is_sealed_with_its_own_ceremony(client, officer, draft):
    poll, other = draft(), draft(figures="live")
    ceremony, _ = trustees.deal(poll["id"], 2, 3)
    sealing = {**ceremony.document(), "padded_bytes": 96, "recount": "public"}
    address = f"/v1/polls/{poll['id']}"
    for wrong in ({"poll_id": other["id"]}, {"threshold": 4}):
        refused(client.put(f"{address}/sealing", json=sealing | wrong, headers=officer), 422, "voting.sealing-refused")
    sealed = client.put(f"{address}/sealing", json=sealing, headers=officer).get_json()
    assert (sealed["definition"]["secrecy"], sealed["definition"]["figures"]) == ("sealed", "after_closing")
    committed = client.put(f"{address}/tie-commitment", json={"commitment": "ab" * 32}, headers=officer).get_json()
    assert committed["definition"]["tie_commitment"] == "ab" * 32
    version = {**officer, "If-Match": f'"{committed["version"]}"'}
    kept = client.put(f"{address}/draft", json=body(min_turnout=9), headers=version).get_json()
    assert kept["definition"]["sealing"] == sealing
    longer = body(questions=[question(method="borda", options=[{"title": {"ko": str(n)}} for n in range(40)])])
    version = {**officer, "If-Match": f'"{kept["version"]}"'}
    assert client.put(f"{address}/draft", json=longer, headers=version).get_json()["definition"]["secrecy"] == "open"
    refused(client.put(f"{address}/sealing", json=sealing, headers=officer), 422, "voting.sealing-refused")
    client.post(f"{address}/schedule", headers=officer)
    refused(client.put(f"{address}/sealing", json=sealing | {"padded_bytes": 512}, headers=officer), 409, "voting.poll-state")


def test_a_worker_with_a_fast_clock_closes_nothing_early(make_poll, db):
    poll = make_poll(closes_in=3600)
    ahead = now() + timedelta(hours=2)
    assert poll[0] not in services.record_closings(now=ahead)
    assert db.polls.find_one({"_id": poll[0]})["state"] == "open"


def test_a_poll_nobody_recorded_as_open_is_closed_all_the_same(make_poll, db):
    poll = make_poll(opens_in=-120, closes_in=-60, state="scheduled")
    assert poll[0] in services.record_openings(now=now())
    assert poll[0] in services.record_closings(now=now())
    assert poll[0] not in services.record_closings(now=now())


def test_copies_and_templates(client, officer, draft):
    poll = draft(min_turnout=5)
    times = {"opens_at": (now() + timedelta(days=1)).isoformat(), "closes_at": (now() + timedelta(days=2)).isoformat()}
    copy = client.post(f"/v1/polls/{poll['id']}/copies", json=times, headers=officer).get_json()
    assert copy["id"] != poll["id"]
    assert copy["definition"]["min_turnout"] == 5
    assert copy["definition"]["poll"] == copy["id"]
    template = client.post(f"/v1/polls/{poll['id']}/template", json={"name": "동네 투표"}, headers=officer).get_json()
    assert template["id"] in [t["id"] for t in client.get("/v1/poll-templates", headers=officer).get_json()["items"]]
    made = client.post(f"/v1/poll-templates/{template['id']}/polls", json=times, headers=officer)
    assert made.status_code == 201
    assert client.delete(f"/v1/poll-templates/{template['id']}", headers=officer).status_code == 204
    gone = client.post(f"/v1/poll-templates/{template['id']}/polls", json=times, headers=officer)
    refused(gone, 404, "voting.template-not-found")


def test_pictures_are_uploaded_before_they_are_named(client, officer, draft):
    refused(client.post("/v1/polls", json=body(picture="0" * 32), headers=officer), 404, "core.picture-not-found")
    buffer = io.BytesIO()
    Image.new("RGB", (40, 30), "green").save(buffer, "PNG")
    uploaded = client.post(
        "/v1/staff/pictures", data={"file": (io.BytesIO(buffer.getvalue()), "a.png")}, headers=officer
    ).get_json()
    options = [{"title": {"ko": "나무"}, "picture": uploaded["id"]}, {"title": {"ko": "꽃"}}]
    poll = draft(questions=[question(options=options)])
    assert poll["definition"]["questions"][0]["options"][0]["picture"] == uploaded["id"]


@pytest.fixture
def citizen_body():
    return body(opens_at=(now() + timedelta(minutes=1)).isoformat())


def test_a_citizens_poll_waits_for_the_city(client, person_headers, staff_headers, citizen_body):
    citizens.set_policy(True, 3, staff_id="s")
    author, moderator = person_headers(), staff_headers("moderator")
    poll = client.post("/v1/citizen-polls", json=citizen_body, headers=author).get_json()
    address = f"/v1/polls/{poll['id']}"
    assert (poll["review"], poll["definition"]["by"], poll["definition"]["k"]) == ("waiting", "citizen", 5)
    refused(client.get(address), 404, "voting.poll-not-found")
    assert client.get(address, headers=author).status_code == 200
    assert poll["id"] in [p["id"] for p in waiting(client, moderator)]
    refused_poll = client.post("/v1/citizen-polls", json=citizen_body, headers=author).get_json()
    reason = {"reason": "다른 투표와 같습니다."}
    client.put(f"/v1/citizen-polls/{refused_poll['id']}/refusal", json=reason, headers=moderator)
    assert client.put(f"/v1/citizen-polls/{poll['id']}/approval", headers=moderator).get_json()["state"] == "scheduled"
    refused(client.put(f"/v1/citizen-polls/{poll['id']}/approval", headers=moderator), 409, "voting.poll-state")
    assert client.get(address).get_json()["state"] == "scheduled"
    mine = client.get("/v1/citizen-polls/mine", headers=author).get_json()["items"]
    assert {p["id"]: p.get("review_reason") for p in mine}[refused_poll["id"]] == reason["reason"]
    assert client.put(f"/v1/citizen-polls/{poll['id']}/approval", headers=author).status_code == 401


def waiting(client, headers):
    items, after = [], ""
    while after is not None:
        page = client.get(f"/v1/citizen-polls/waiting?limit=100{after and '&after=' + after}", headers=headers).get_json()
        items, after = items + page["items"], page["next"]
    return items


def test_a_citizen_starts_so_many_polls_a_day(client, person_headers, staff_headers, citizen_body):
    citizens.set_policy(False, 2, staff_id="s")
    author = person_headers()
    bad = {**citizen_body, "questions": [question(seats=9)]}
    refused(client.post("/v1/citizen-polls", json=bad, headers=author), 422, "voting.poll-content")
    for _ in range(2):
        assert client.post("/v1/citizen-polls", json=citizen_body, headers=author).get_json()["state"] == "scheduled"
    refused(client.post("/v1/citizen-polls", json=citizen_body, headers=author), 429, "voting.daily-poll-limit")
    assert client.post("/v1/citizen-polls", json=citizen_body, headers=person_headers()).status_code == 201
    targeted = {**citizen_body, "audience": {"kind": "profile", "districts": ["11440"]}}
    refused(client.post("/v1/citizen-polls", json=targeted, headers=person_headers()), 422, "voting.poll-content")
    policy = {"is_reviewed": True, "daily_limit": 3}
    assert client.put("/v1/citizen-polls/policy", json=policy, headers=staff_headers("moderator")).status_code == 403
    assert client.put("/v1/citizen-polls/policy", json=policy, headers=staff_headers("administrator")).get_json() == policy


@pytest.mark.parametrize("to", ["held", "hidden"])
def test_hidden_citizens_polls_are_out_of_sight_but_for_their_author(client, make_poll, db, person_headers, to):
    poll, author = make_poll()[0], random_id()
    assert not moderated.set_visibility(poll, ["public"], to), "the city's own poll is no matter of moderation"
    db.polls.update_one({"_id": poll}, {"$set": {"created_by": {"kind": "person", "id": author}}})
    assert moderated.set_visibility(poll, ["public"], to)
    assert not moderated.set_visibility(poll, ["public"], to), "it is done once"
    refused(client.get(f"/v1/polls/{poll}"), 404, "voting.poll-not-found")
    assert poll not in [line["id"] for line in client.get("/v1/polls?limit=100").get_json()["items"]]
    assert client.get(f"/v1/polls/{poll}", headers=person_headers(author)).status_code == 200
    assert moderated.find([poll])[poll]["visibility"] == to
    assert moderated.set_visibility(poll, ["held", "hidden"], "public")
    assert client.get(f"/v1/polls/{poll}").status_code == 200
    assert poll in [line["id"] for line in client.get("/v1/polls?limit=100").get_json()["items"]]


@pytest.mark.parametrize(
    ("query", "sort"),
    [
        ({"is_listed": True, "state": {"$in": services.PUBLIC_STATES}}, [("opens_at", -1), ("_id", -1)]),
        ({"is_listed": True, "state": "open"}, [("opens_at", -1), ("_id", -1)]),
        ({"created_by.id": "x"}, [("_id", -1)]),
        ({"review": "waiting"}, [("_id", 1)]),
        ({"to_look_at": {"$exists": True}}, [("to_look_at", 1)]),
        ({"room.number": "12345678"}, [("_id", 1)]),
        ({"state": {"$in": ["closed", "tallied"]}, "final_head_at": {"$ne": None}}, [("closes_at", 1)]),
    ],
)
def test_lists_are_read_from_indexes(db, query, sort):
    plan = str(db.polls.find(query).sort(sort).explain()["queryPlanner"]["winningPlan"])
    assert "IXSCAN" in plan
    assert "COLLSCAN" not in plan


def test_reminders_learn_who_has_voted_at_sending_time(make_poll, cast, ballot_body, person_headers):
    poll, people = make_poll(), [random_id() for _ in range(5)]
    for person_id in people[:2]:
        assert cast(poll, ballot_body(poll), person_headers(person_id)).status_code == 200
    assert voted_among(poll[0], people) == set(people[:2])
    assert voted_among(poll[0], []) == set()


def test_what_was_not_looked_at_is_not_frozen(client, officer, draft, person_headers, staff_headers):
    poll = draft()
    address = f"/v1/polls/{poll['id']}"
    seen = client.get(f"{address}/draft", headers=officer).headers["ETag"]
    colleague = {**staff_headers("poll_officer"), "If-Match": seen}
    assert client.put(f"{address}/draft", json=body(min_turnout=9), headers=colleague).status_code == 200
    refused(client.post(f"{address}/schedule", headers={**officer, "If-Match": seen}), 412, "core.changed-meanwhile")
    fresh = client.get(f"{address}/draft", headers=officer).headers["ETag"]
    assert client.post(f"{address}/schedule", headers={**officer, "If-Match": fresh}).get_json()["state"] == "scheduled"
    citizens_poll = client.post("/v1/citizen-polls", json=body(), headers=person_headers()).get_json()
    approval = f"/v1/citizen-polls/{citizens_poll['id']}/approval"
    refused(client.put(approval, headers={**officer, "If-Match": '"99"'}), 412, "core.changed-meanwhile")
    assert client.put(approval, headers=officer).get_json()["state"] == "scheduled"
