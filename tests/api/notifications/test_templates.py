"""Texts of pushes: written by one, put into use by another, in versions; hostile fields never leave the door."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from mvoting.core.clock import now
from notifications.templates import services

TEXTS = {
    "ko": {"title": "투표 안내", "body": "{title} 투표가 열렸습니다. {closes}까지!"},
    "en": {"title": "A poll", "body": "{title} is open until {closes}."},
}
PATH = "/v1/staff/push-templates"


@pytest.fixture(autouse=True)
def clean(db):
    for name in ("push_templates", "campaigns", "devices"):
        db[name].delete_many({})


@pytest.fixture
def people(staff_headers):
    return staff_headers("poll_officer", staff_id="writer"), staff_headers("administrator", staff_id="colleague")


def propose(client, headers, key="poll_opened", texts=TEXTS):
    return client.post(f"{PATH}/{key}/versions", json={"texts": texts, "note": "더 짧게"}, headers=headers)


def texts(**changes):
    return {"ko": {**TEXTS["ko"], **changes}, "en": TEXTS["en"]}


def test_a_new_text_is_used_once_a_second_person_agrees(client, people, db):
    writer, colleague = people
    draft = propose(client, writer)
    assert (draft.status_code, draft.json["id"], draft.json["state"]) == (201, "poll_opened:2", "draft")
    assert services.current("poll_opened").version == 1
    own = client.post(f"{PATH}/versions/poll_opened:2/agree", headers=writer)
    assert (own.status_code, own.json["code"]) == (403, "notifications.own-template")
    assert services.current("poll_opened").version == 1
    agreed = client.post(f"{PATH}/versions/poll_opened:2/agree", headers=colleague)
    assert (agreed.status_code, agreed.json["state"], agreed.json["agreed_by"]) == (200, "active", "colleague")
    message, name = services.render("poll_opened", {"title": "심야버스", "closes": "내일"})
    assert (name, message["ko"]["body"]) == ("poll_opened:2", "심야버스 투표가 열렸습니다. 내일까지!")
    again = client.post(f"{PATH}/versions/poll_opened:2/agree", headers=colleague)
    assert (again.status_code, again.json["code"]) == (409, "notifications.template-state")
    assert [entry["action"] for entry in db.audit_entries.find({"target": "push_template:poll_opened:2"}).sort("_id", 1)] == [
        "templates.propose",
        "templates.agree",
    ]


def test_a_newer_version_retires_the_older_and_one_person_takes_it_back(client, people):
    writer, colleague = people
    for number in (2, 3):
        propose(client, writer)
        assert client.post(f"{PATH}/versions/poll_opened:{number}/agree", headers=colleague).status_code == 200
    versions = client.get(f"{PATH}/poll_opened/versions", headers=writer).json["items"]
    assert [(v["version"], v["state"]) for v in versions] == [(3, "active"), (2, "retired")]
    assert client.post(f"{PATH}/versions/poll_opened:3/retire", headers=writer).status_code == 200
    assert services.current("poll_opened").version == 1
    assert client.post(f"{PATH}/versions/poll_opened:3/agree", headers=colleague).status_code == 409
    assert client.post(f"{PATH}/versions/poll_opened:9/agree", headers=colleague).status_code == 404


@pytest.mark.parametrize(
    ("change", "place", "gap"),
    [
        (texts(body="{winner}이 이겼습니다"), "ko.body", "unknown-field"),
        (texts(body="{title.__class__}"), "ko.body", "bad-field"),
        (texts(body="{title!r}"), "ko.body", "bad-field"),
        (texts(body="{title:>100000000}"), "ko.body", "bad-field"),
        (texts(body="{0}"), "ko.body", "bad-field"),
        (texts(body="{title"), "ko.body", "bad-field"),
        (texts(title="{title}" + "가" * 51), "ko.title", "too-long"),
        (texts(body="나" * 201), "ko.body", "too-long"),
    ],
)
def test_texts_that_could_not_be_sent_are_not_stored(client, people, db, change, place, gap):
    answer = propose(client, people[0], texts=change)
    assert (answer.status_code, answer.json["code"]) == (422, "notifications.template-refused")
    assert answer.json["gaps"] == {place: gap}
    assert client.post(f"{PATH}/poll_opened/preview", json={"texts": change}, headers=people[0]).status_code == 422
    assert db.push_templates.count_documents({}) == 0


def test_both_languages_and_a_real_key_are_needed(client, people, db):
    assert propose(client, people[0], texts={"ko": TEXTS["ko"]}).status_code == 422
    assert propose(client, people[0], key="No-Key").status_code == 404
    assert db.push_templates.count_documents({}) == 0


def test_what_people_will_read_is_shown_before(client, people):
    shown = client.post(f"{PATH}/poll_opened/preview", json={"texts": TEXTS}, headers=people[0])
    assert shown.json["message"]["ko"]["body"] == "심야버스 노선 투표가 열렸습니다. 11월 29일 오후 6시까지!"
    filled = {"texts": TEXTS, "values": {"title": {"ko": "{closes}"}}}
    shown = client.post(f"{PATH}/poll_opened/preview", json=filled, headers=people[0])
    assert shown.json["message"]["ko"]["body"].startswith("{closes} 투표가"), "what is filled in is no template"
    listed = client.get(PATH, headers=people[0]).json["items"]
    assert {item["key"]: item["fields"] for item in listed}["poll_opened"] == ["closes", "title"]
    assert {item["version"] for item in listed} == {1}


def test_a_campaign_speaks_by_a_template_of_its_own(client, people, db):
    writer, colleague = people
    festival = {
        "ko": {"title": "{name}", "body": "{day}에 열립니다."},
        "en": {"title": "{name}", "body": "On {day}."},
    }
    propose(client, writer, "festival", festival)
    values = {"name": {"ko": "한강공원 축제", "en": "River festival"}, "day": {"ko": "토요일", "en": "Saturday"}}
    body = {
        "template": {"key": "festival", "values": values},
        "audience": {"everyone": True},
        "expires_at": (now() + timedelta(days=1)).isoformat(),
    }
    post = "/v1/staff/campaigns"
    assert client.post(post, json=body, headers=writer).status_code == 404, "not in use yet"
    client.post(f"{PATH}/versions/festival:1/agree", headers=colleague)
    made = client.post(post, json=body, headers=writer)
    assert (made.status_code, made.json["template"]) == (201, "festival:1")
    assert made.json["message"]["en"] == {"title": "River festival", "body": "On Saturday."}
    missing = {**body, "template": {"key": "festival", "values": {"name": {"ko": "축제"}}}}
    assert client.post(post, json=missing, headers=writer).json["code"] == "notifications.campaign-invalid"
    both = {**body, "message": {"ko": {"title": "t", "body": "b"}}}
    assert client.post(post, json=both, headers=writer).status_code == 422
    assert client.post(post, json={**body, "template": {"key": "nothing"}}, headers=writer).status_code == 404
    assert db.campaigns.count_documents({}) == 1


def test_two_who_agree_at_once_leave_one_in_use(app, people, staff_headers, db):
    writer, _ = people
    for _ in range(4):
        assert propose(app.test_client(), writer).status_code == 201
    others = [staff_headers("administrator", staff_id=f"other-{n}") for n in range(4)]

    def agree(number):
        path = f"{PATH}/versions/poll_opened:{number + 2}/agree"
        return app.test_client().post(path, headers=others[number]).status_code

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(agree, range(4))) == [200] * 4
    assert db.push_templates.count_documents({"state": "active"}) == 1
    assert db.push_templates.count_documents({"state": "retired"}) == 3


def test_writers_at_once_get_a_number_each(app, people):
    writer, colleague = people
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda who: propose(app.test_client(), who), [writer, colleague] * 2))
    assert sorted(answer.json["id"] for answer in made) == [f"poll_opened:{n}" for n in range(2, 6)]


def test_only_those_who_write_campaigns_may(client, staff_headers, person_headers):
    for headers, status in ((staff_headers("moderator"), 403), (person_headers(), 401), ({}, 401)):
        assert propose(client, headers).status_code == status
    assert client.get(PATH, headers=staff_headers("auditor")).status_code == 200
    assert propose(client, staff_headers("auditor")).status_code == 403


def test_drafts_that_wait_for_a_second_person_are_listed(client, people, staff_headers, person_headers):
    writer, colleague = people
    propose(client, writer)
    propose(
        client,
        colleague,
        "festival",
        {"ko": {"title": "축제", "body": "열립니다."}, "en": {"title": "Festival", "body": "Open."}},
    )

    def waiting(**query):
        answer = client.get(f"{PATH}/waiting", query_string=query, headers=staff_headers("auditor"))
        assert answer.status_code == 200, answer.json
        return answer.json

    assert [item["id"] for item in waiting()["items"]] == ["festival:1", "poll_opened:2"]
    first = waiting(limit=1)
    assert [item["id"] for item in waiting(limit=1, after=first["next"])["items"]] == ["poll_opened:2"]
    client.post(f"{PATH}/versions/festival:1/agree", headers=writer)
    client.post(f"{PATH}/versions/poll_opened:2/retire", headers=writer)
    assert waiting()["items"] == []
    assert client.get(f"{PATH}/waiting", headers=staff_headers("moderator")).status_code == 403
    assert client.get(f"{PATH}/waiting", headers=person_headers()).status_code == 401


def test_the_waiting_are_found_by_an_index(client, db):
    plan = db.push_templates.find({"state": "draft"}).sort([("written_at", -1), ("_id", -1)]).limit(10).explain()
    assert "COLLSCAN" not in str(plan["queryPlanner"]["winningPlan"])
    assert "SORT'" not in str(plan["queryPlanner"]["winningPlan"])
