"""Debates: sorts, edits, votes, badge, pins, summary, export."""

import csv
import io
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from mvoting.core import clock
from mvoting.core.clock import now
from mvoting.core.ids import random_id


@pytest.fixture
def debates(app):
    from proposals.debates import services

    return services


@pytest.fixture
def say(debates):
    def make(debate, body=None, author=None, at=None, **content):
        return debates.add_comment(
            debate["_id"], {"body": body or f"의견 {random_id()}", **content}, now=at or now(), author_id=author or random_id()
        )

    return make


def test_votes_count_once_each_and_sort(client, debates, make_debate, say, person_headers, db):
    debate = make_debate(sides="none")
    loved, split, quiet = say(debate), say(debate), say(debate)
    for n in range(6):
        debates.vote_comment(debate["_id"], loved["_id"], random_id(), 1, now=now())
        debates.vote_comment(debate["_id"], split["_id"], random_id(), 1 if n % 2 else -1, now=now())
    say(debate, parent_id=quiet["_id"])
    url = f"/v1/debates/{debate['_id']}/comments"

    def first(sort):
        return client.get(f"{url}?sort={sort}").get_json()["items"][0]["id"]

    assert (first("best"), first("controversial"), first("most_replied"), first("newest")) == (
        loved["_id"],
        split["_id"],
        quiet["_id"],
        quiet["_id"],
    )
    voter, vote = person_headers(), f"{url}/{quiet['_id']}/vote"
    assert client.put(vote, json={"value": 1}, headers=voter).get_json()["up"] == 1
    assert client.put(vote, json={"value": 1}, headers=voter).get_json()["up"] == 1
    down = client.put(vote, json={"value": -1}, headers=voter).get_json()
    assert (down["up"], down["down"]) == (0, 1)
    assert client.put(vote, json={"value": 0}, headers=voter).get_json()["down"] == 0
    assert client.put(vote, json={"value": 2}, headers=voter).status_code == 422
    own = client.put(vote, json={"value": 1}, headers=person_headers(quiet["author_id"]))
    assert own.get_json()["code"] == "proposals.own-vote"


def test_one_person_votes_fifty_times_at_once_and_counts_once(debates, make_debate, say, db):
    from proposals import ranking

    comment, voter = say(make_debate(sides="none")), random_id()
    ids = comment["debate_id"], comment["_id"]
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda n: debates.vote_comment(*ids, voter if n % 2 else random_id(), 1, now=now()), range(50)))
    stored = db.comments.find_one({"_id": comment["_id"]})
    assert (stored["up"], stored["down"]) == (26, 0)
    assert stored["best"] == ranking.wilson(26, 0)


def test_an_opinion_is_found_under_its_own_debate_only(client, make_debate, say, person_headers):
    comment, other = say(make_debate(sides="none")), make_debate(sides="none")
    mine, reader = person_headers(comment["author_id"]), person_headers()
    asked = (
        ("GET", "", None, reader),
        ("GET", "/replies", None, reader),
        ("PUT", "/vote", {"value": 1}, reader),
        ("PATCH", "", {"body": "고친 글"}, mine | {"If-Match": '"1"'}),
    )
    for debate_id, statuses in ((other["_id"], {404}), (comment["debate_id"], {200})):
        url = f"/v1/debates/{debate_id}/comments/{comment['_id']}"
        answers = [client.open(url + path, method=method, json=body, headers=headers) for method, path, body, headers in asked]
        assert {answer.status_code for answer in answers} == statuses


def test_an_edit_within_five_minutes_is_silent_and_later_keeps_the_version(client, make_debate, say, person_headers):
    debate = make_debate(sides="none", at=now() - timedelta(hours=1))
    fresh, old = say(debate, "처음 글"), say(debate, "옛 글", at=now() - timedelta(minutes=6))
    for comment, versions in ((fresh, []), (old, ["옛 글"])):
        url = f"/v1/debates/{debate['_id']}/comments/{comment['_id']}"
        mine = person_headers(comment["author_id"])
        assert client.patch(url, json={"body": "새 글"}, headers=person_headers() | {"If-Match": '"1"'}).status_code == 403
        assert client.patch(url, json={"body": "새 글"}, headers=mine | {"If-Match": '"1"'}).status_code == 200
        assert client.patch(url, json={"body": "또"}, headers=mine | {"If-Match": '"1"'}).status_code == 412
        page = client.get(url).get_json()
        assert (page["body"], [v["body"] for v in page["versions"]]) == ("새 글", versions)


def test_a_phone_that_asks_again_sees_new_counts_and_the_end_though_the_version_stands(client, make_debate, say):
    debate = make_debate(sides="none", closes_at=now() + timedelta(hours=1))
    url = f"/v1/debates/{debate['_id']}"
    first = client.get(url)
    asked = {"If-None-Match": first.headers["ETag"]}
    assert client.get(url, headers=asked).status_code == 304
    say(debate, "새 의견")
    second = client.get(url, headers=asked)
    assert (second.status_code, second.get_json()["comment_count"]) == (200, 1)
    assert second.get_json()["version"] == first.get_json()["version"]
    clock.shift(timedelta(hours=2))
    try:
        assert client.get(url, headers={"If-None-Match": second.headers["ETag"]}).get_json()["phase"] == "closed"
    finally:
        clock.shift(timedelta())


def test_the_tag_of_a_page_is_what_an_edit_hands_back(client, make_debate, say, person_headers):
    comment = say(make_debate(sides="none"), "처음 글")
    url = f"/v1/debates/{comment['debate_id']}/comments/{comment['_id']}"
    mine = person_headers(comment["author_id"])
    seen = {"If-Match": client.get(url).headers["ETag"]}
    assert client.patch(url, json={"body": "새 글"}, headers=mine | seen).status_code == 200
    assert client.patch(url, json={"body": "또"}, headers=mine | seen).status_code == 412


def test_a_debate_takes_opinions_only_while_it_is_open(client, make_debate, person_headers, debates):
    closed = make_debate(sides="none", at=now() - timedelta(days=8))
    later = make_debate(sides="none", opens_at=now() + timedelta(hours=1))
    for debate in (closed, later):
        refused = client.post(f"/v1/debates/{debate['_id']}/comments", json={"body": "글"}, headers=person_headers())
        assert refused.get_json()["code"] == "proposals.debate-not-open"
    assert closed["_id"] in [d["id"] for d in client.get("/v1/debates?phase=closed").get_json()["items"]]
    assert later["_id"] in [d["id"] for d in client.get("/v1/debates?phase=scheduled").get_json()["items"]]


def test_a_list_of_debates_carries_first_letters_and_the_page_the_whole(client, make_debate, debates):
    long = "배차 간격이 너무 깁니다. " * 700
    debate = make_debate(sides="none", body=long, at=now() - timedelta(days=8))
    found = {"for": "가" * 5000, "against": "", "other": "", "answer": "나" * 10_000}
    debates.summarise(debate["_id"], found, 0, "staff-a", now=now())
    answer = client.get("/v1/debates?phase=closed&limit=100")
    line = next(d for d in answer.get_json()["items"] if d["id"] == debate["_id"])
    assert not {"body", "body_html", "summary"} & set(line)
    assert (len(line["excerpt"]), line["is_summarised"]) == (140, True)
    assert len(str(line)) < 1500
    page = client.get(f"/v1/debates/{debate['_id']}").get_json()
    assert (page["body"], page["summary"]["answer"], page["excerpt"]) == (long, found["answer"], line["excerpt"])
    assert page["body_html"].startswith("<p>배차")


def test_sides_are_counted_and_refused_where_there_are_none(client, make_debate, person_headers):
    sided, plain = make_debate(), make_debate(sides="none")
    for side, count in (("for", 2), ("against", 1)):
        for _ in range(count):
            client.post(
                f"/v1/debates/{sided['_id']}/comments", json={"body": f"글 {random_id()}", "side": side}, headers=person_headers()
            )
    page = client.get(f"/v1/debates/{sided['_id']}").get_json()
    assert (page["side_counts"], page["participant_count"], page["comment_count"]) == ({"for": 2, "against": 1}, 3, 3)
    listed = client.get(f"/v1/debates/{sided['_id']}/comments?side=against").get_json()["items"]
    assert [c["side"] for c in listed] == ["against"]
    refused = client.post(f"/v1/debates/{plain['_id']}/comments", json={"body": "글", "side": "for"}, headers=person_headers())
    assert refused.get_json()["code"] == "proposals.no-sides"


def test_a_debate_for_residents_asks_for_residents(client, make_debate, person_headers):
    debate = make_debate(sides="none", needs="resident")
    url = f"/v1/debates/{debate['_id']}/comments"
    assert client.post(url, json={"body": "글"}, headers=person_headers()).status_code == 403
    assert client.post(url, json={"body": "글"}, headers=person_headers(trust="resident")).status_code == 201


def test_staff_speak_with_a_badge_pin_and_sum_up(
    client, make_debate, say, staff_headers, officer_of, person_headers, events_about
):
    debate = make_debate(sides="none", at=now() - timedelta(days=6))
    url = f"/v1/debates/{debate['_id']}"
    officer = officer_of("교통실")
    official = client.post(f"{url}/comments/by-city", json={"body": "시의 설명입니다.", "department": "교통실"}, headers=officer)
    assert (official.status_code, official.get_json()["official"], official.get_json()["author"]) == (201, "교통실", None)
    assert (
        client.post(
            f"{url}/comments/by-city", json={"body": "가짜", "department": "교통실"}, headers=person_headers()
        ).status_code
        == 401
    )
    comments = [say(debate) for _ in range(6)]
    for comment in comments[:5]:
        assert (
            client.put(
                f"{url}/comments/{comment['_id']}/pin", json={"is_pinned": True}, headers=staff_headers("moderator")
            ).status_code
            == 200
        )
    sixth = client.put(f"{url}/comments/{comments[5]['_id']}/pin", json={"is_pinned": True}, headers=staff_headers("moderator"))
    assert sixth.get_json()["code"] == "proposals.too-many-pinned"
    again = client.put(f"{url}/comments/{comments[4]['_id']}/pin", json={"is_pinned": True}, headers=staff_headers("moderator"))
    assert again.status_code == 200, "it is pinned already"
    assert [c["id"] for c in client.get(url).get_json()["pinned"]] == [c["_id"] for c in comments[:5]]
    summary = {"for": "편하다", "against": "비싸다", "answer": "두 노선을 **늘립니다**."}
    coordinator = staff_headers("proposal_officer")
    assert client.put(f"{url}/summary", json=summary, headers=coordinator).get_json()["code"] == "proposals.debate-not-closed"
    from proposals.debates.models import Debate

    Debate._get_collection().update_one({"_id": debate["_id"]}, {"$set": {"closes_at": now()}})
    assert client.put(f"{url}/summary", json=summary, headers=officer).status_code == 403
    assert (
        client.put(f"{url}/summary", json=summary, headers=coordinator).get_json()["summary"]["answer_html"]
        == "<p>두 노선을 <strong>늘립니다</strong>.</p>\n"
    )
    assert [e["to"]["kind"] for e in events_about(debate["_id"], "debate_summarised")] == ["participants"]


def test_an_answer_to_me_is_an_event_and_my_own_is_none(make_debate, say, events_about):
    debate = make_debate(sides="none")
    mine = say(debate)
    reply, own = say(debate, parent_id=mine["_id"]), say(debate, author=mine["author_id"], parent_id=mine["_id"])
    assert [e["to"]["id"] for e in events_about(reply["_id"])] == [mine["author_id"]]
    assert events_about(own["_id"]) == []


def test_participants_are_told_of_the_end_once(debates, make_debate, events_about):
    debate = make_debate(sides="none", at=now() - timedelta(days=8))
    for _ in range(3):
        debates.tell_closings(now=now())
    assert len(events_about(debate["_id"], "debate_closed")) == 1


def test_the_export_is_complete_harmless_and_without_persons(client, make_debate, say):
    debate = make_debate(sides="none")
    formula = say(debate, '=HYPERLINK("http://evil.example")' + random_id(), author="veteran" + random_id()[:19])
    other = say(debate, '쉼표, "따옴표"\n줄바꿈')
    say(debate, parent_id=other["_id"])
    from proposals.debates.models import Comment

    Comment._get_collection().update_one({"_id": formula["_id"]}, {"$set": {"visibility": "public"}})
    response = client.get(f"/v1/debates/{debate['_id']}/export.csv")
    rows = list(csv.DictReader(io.StringIO(response.data.decode("utf-8-sig"))))
    assert len(rows) == 3
    by_id = {row["id"]: row for row in rows}
    assert by_id[formula["_id"]]["body"].startswith("'=")
    assert by_id[other["_id"]]["body"] == other["body"]
    assert formula["author_id"] not in response.text


def test_threads_page_without_gaps(client, make_debate, say):
    debate = make_debate(sides="none")
    top = say(debate)
    for _ in range(4):
        second = say(debate, parent_id=top["_id"])
        say(debate, parent_id=second["_id"])
    other = say(debate)
    say(debate, parent_id=other["_id"])
    seen, after = [], ""
    while True:
        url = f"/v1/debates/{debate['_id']}/comments/{top['_id']}/replies?limit=3" + (f"&after={after}" if after else "")
        page = client.get(url).get_json()
        seen += page["items"]
        after = page["next"]
        if not after:
            break
    assert [c["depth"] for c in seen] == [2, 3] * 4
    assert len({c["id"] for c in seen}) == 8
