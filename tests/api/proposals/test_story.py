"""The story over HTTP: raise, endorse, debate, reply, report, decide."""

from datetime import timedelta

import pytest

from mvoting.core.clock import now

IDEA = {
    "title": "놀이터에 그늘막을 설치해 주세요",
    "body": "여름이면 **놀이터**가 너무 뜨거워서 놀 수 없습니다.",
    "district": "11440",
}


@pytest.fixture
def idea(client, person_headers):
    headers = person_headers()
    response = client.post("/v1/ideas", json=IDEA, headers=headers)
    assert response.status_code == 201, response.text
    return response.get_json() | {"headers": headers}


def test_an_idea_is_raised_listed_and_read(client, idea):
    listed = client.get("/v1/ideas").get_json()["items"][0]
    assert (listed["id"], listed["state"], listed["to_threshold"]) == (idea["id"], "collecting", 50)
    page = client.get(f"/v1/ideas/{idea['id']}").get_json()
    assert page["body_html"] == "<p>여름이면 <strong>놀이터</strong>가 너무 뜨거워서 놀 수 없습니다.</p>\n"
    assert page["timeline"][0]["event"] == "submit"
    assert page["is_mine"] is False
    assert client.get(f"/v1/ideas/{idea['id']}", headers=idea["headers"]).get_json()["is_mine"] is True


def test_each_person_endorses_once(client, idea, person_headers):
    url = f"/v1/ideas/{idea['id']}/endorsement"
    one = person_headers()
    assert client.put(url, headers=one).get_json() == {"has_endorsed": True, "is_new": True, "endorsement_count": 1}
    assert client.put(url, headers=one).get_json() == {"has_endorsed": True, "is_new": False, "endorsement_count": 1}
    assert client.put(url, headers=person_headers()).get_json()["endorsement_count"] == 2
    assert client.delete(url, headers=one).get_json() == {"has_endorsed": False, "is_new": True, "endorsement_count": 1}
    assert client.put(url).status_code == 401


def test_a_debate_takes_opinions_and_replies_three_deep(client, person_headers):
    body = {
        "title": "심야버스를 늘려야 할까요?",
        "body": "배차 간격이 너무 깁니다.",
        "closes_at": (now() + timedelta(days=7)).isoformat(),
    }
    debate = client.post("/v1/debates", json=body, headers=person_headers())
    assert debate.status_code == 201, debate.text
    url = f"/v1/debates/{debate.get_json()['id']}/comments"
    refused = client.post(url, json={"body": "늘려 주세요"}, headers=person_headers())
    assert refused.get_json()["code"] == "proposals.side-needed"
    top = client.post(url, json={"body": "늘려 주세요", "side": "for"}, headers=person_headers()).get_json()
    second = client.post(url, json={"body": "저도요", "parent_id": top["id"]}, headers=person_headers()).get_json()
    third = client.post(url, json={"body": "동감", "parent_id": second["id"]}, headers=person_headers()).get_json()
    fourth = client.post(url, json={"body": "더", "parent_id": third["id"]}, headers=person_headers())
    assert fourth.get_json()["code"] == "proposals.too-deep"
    replies = client.get(f"{url}/{top['id']}/replies").get_json()["items"]
    assert [reply["depth"] for reply in replies] == [2, 3]


def test_a_reported_idea_is_held_decided_and_gone_from_every_list(client, db, idea, person_headers, staff_headers):
    db.moderation_cases.delete_many({})
    for _ in range(3):
        report = {"target": {"kind": "idea", "id": idea["id"]}, "reason": "spam"}
        assert client.post("/v1/reports", json=report, headers=person_headers()).status_code == 201
    assert client.get(f"/v1/ideas/{idea['id']}").get_json()["code"] == "proposals.idea-hidden"
    assert idea["id"] not in [line["id"] for line in client.get("/v1/ideas").get_json()["items"]]
    moderator = staff_headers("moderator")
    case = next(c for c in client.get("/v1/reports/cases", headers=moderator).get_json()["items"] if c["target_id"] == idea["id"])
    assert (case["report_count"], case["snapshot"]["title"]) == (3, IDEA["title"])
    decision = {"action": "hide", "reason": "같은 글을 여러 번 올렸습니다."}
    decided = client.post(f"/v1/reports/cases/{case['id']}/decision", json=decision, headers=moderator)
    assert decided.get_json()["decision"]["action"] == "hide"
    again = client.post(f"/v1/reports/cases/{case['id']}/decision", json=decision, headers=moderator)
    assert again.get_json()["code"] == "proposals.case-decided"
    about_me = client.get("/v1/reports/about-me", headers=idea["headers"]).get_json()["items"][0]
    assert about_me["decision"]["reason"] == decision["reason"]
    assert "by" not in about_me["decision"]
