"""Reports, decisions, appeals, trust and floods."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from mvoting.core.clock import now
from mvoting.core.ids import random_id
from proposals.moderation import errors


@pytest.fixture
def moderation(app):
    from proposals.moderation import services

    return services


@pytest.fixture
def comment(app, make_debate):
    from proposals.debates import services

    author = random_id()
    debate = make_debate(sides="none")
    return services.add_comment(debate["_id"], {"body": f"의견 {random_id()}"}, now=now(), author_id=author)


@pytest.fixture
def make_poll_of(db):
    """Have a citizen start a poll that the city let run, or one that nobody saw first: `make(author, is_reviewed=False)`."""
    from mvoting.voting.polls import citizens

    def make(author, title="어느 편인가요?", *, is_reviewed=True, audience="everyone", links=(), option_links=()):
        citizens.set_policy(is_reviewed, 9, staff_id="staff-a")
        options = [{"id": f"o{n}", "title": {"ko": name}} for n, name in enumerate(("이쪽", "저쪽"), 1)]
        options[0]["links"] = list(option_links)
        question = {"id": "q1", "title": {"ko": "어느 쪽?"}, "method": "plurality", "seats": 1, "options": options}
        content = {"title": {"ko": title}, "links": list(links), "secrecy": "open", "figures": "live", "changeable": True, "k": 5}
        content |= {"audience": {"kind": audience}, "questions": [question]}
        times = now() - timedelta(minutes=1), now() + timedelta(days=1)
        poll = citizens.start_poll(content, *times, author, now=now(), room_password="1234")
        if poll["state"] == "draft":
            citizens.approve(poll["_id"], now=now(), staff_id="staff-a")
        return poll["_id"]

    yield make
    db.poll_policies.delete_many({})


def report(client, headers, comment, reason="spam"):
    return client.post(
        "/v1/reports", json={"target": {"kind": "comment", "id": comment["_id"]}, "reason": reason}, headers=headers
    )


def body_of(client, comment):
    items = client.get(f"/v1/debates/{comment['debate_id']}/comments").get_json()["items"]
    return next(c for c in items if c["id"] == comment["_id"])["body"]


def test_one_person_reports_once_however_often(client, comment, person_headers, db):
    headers = person_headers()
    assert report(client, headers, comment).get_json() == {"is_new": True}
    for _ in range(5):
        assert report(client, headers, comment, "offensive").get_json() == {"is_new": False}
    case = db.moderation_cases.find_one({"_id": f"comment:{comment['_id']}"})
    assert (case["report_count"], case["reasons"]) == (1, {"spam": 1})
    assert body_of(client, comment) == comment["body"]


def test_nobody_reports_their_own_text_or_what_is_not_there(client, comment, person_headers):
    assert report(client, person_headers(comment["author_id"]), comment).get_json()["code"] == "proposals.own-text"
    assert report(client, person_headers(), {"_id": random_id()}).get_json()["code"] == "proposals.target-not-found"
    bad = {"target": {"kind": "idea", "id": {"$gt": ""}}, "reason": "spam"}
    assert client.post("/v1/reports", json=bad, headers=person_headers()).status_code == 422


def test_fifty_reports_at_once_hold_a_text_once(client, comment, moderation, db):
    from proposals.moderation.rules import Reason

    def work(person):
        try:
            return moderation.report("comment", comment["_id"], person, Reason.SPAM, "", now=now())
        except errors.TargetNotFound:
            return None  # held meanwhile

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(work, [random_id() for _ in range(50)]))
    stored = db.comments.find_one({"_id": comment["_id"]})
    assert stored["visibility"] == "held"
    assert [e["kind"] for e in stored["outbox"]].count("text_held") <= 1
    case = db.moderation_cases.find_one({"_id": f"comment:{comment['_id']}"})
    assert case["report_count"] >= 3


def test_the_number_that_holds_is_a_setting(client, comment, person_headers, staff_headers):
    admin = staff_headers("administrator")
    assert client.patch("/v1/reports/settings", json={"auto_hide_at": 1}, headers=staff_headers("moderator")).status_code == 403
    assert client.patch("/v1/reports/settings", json={"auto_hide_at": 0}, headers=admin).status_code == 422
    assert client.patch("/v1/reports/settings", json={"auto_hide_at": 1}, headers=admin).get_json()["auto_hide_at"] == 1
    report(client, person_headers(), comment)
    assert body_of(client, comment) is None
    client.patch("/v1/reports/settings", json={"auto_hide_at": 3}, headers=admin)


def test_the_snapshot_keeps_the_text_as_reported(client, comment, person_headers, staff_headers):
    report(client, person_headers(), comment)
    url = f"/v1/debates/{comment['debate_id']}/comments/{comment['_id']}"
    edited = client.patch(url, json={"body": "얌전한 글"}, headers=person_headers(comment["author_id"]) | {"If-Match": '"1"'})
    assert edited.status_code == 200
    case = client.get(f"/v1/reports/cases/comment:{comment['_id']}", headers=staff_headers("moderator")).get_json()
    assert (case["snapshot"]["body"], case["present"]["body"]) == (comment["body"], "얌전한 글")


def hide(client, headers, comment, reason="욕설이 있습니다."):
    target = {"kind": "comment", "id": comment["_id"]}
    return client.post("/v1/reports/hidings", json={"target": target, "text": reason}, headers=headers)


def test_an_appeal_is_decided_by_somebody_else(client, comment, person_headers, staff_headers, events_about):
    first, author = staff_headers("moderator"), person_headers(comment["author_id"])
    assert hide(client, first, comment).status_code == 201
    appeal = {"target": {"kind": "comment", "id": comment["_id"]}, "text": "욕설이 아니라 인용입니다."}
    assert (
        client.post("/v1/reports/appeals", json=appeal, headers=person_headers()).get_json()["code"]
        == "proposals.nothing-to-appeal"
    )
    assert client.post("/v1/reports/appeals", json=appeal, headers=author).status_code == 201
    assert client.post("/v1/reports/appeals", json=appeal, headers=author).get_json()["code"] == "proposals.nothing-to-appeal"
    url = f"/v1/reports/cases/comment:{comment['_id']}"
    decision = {"outcome": "reversed", "reason": "인용이 맞습니다."}
    assert client.put(f"{url}/appeal", json=decision, headers=first).get_json()["code"] == "proposals.same-moderator"
    revision = {"action": "keep", "reason": "되돌립니다"}
    assert client.put(f"{url}/decision", json=revision, headers=first).get_json()["code"] == "proposals.case-decided"
    waiting = client.get("/v1/reports/appeals?limit=100", headers=first).get_json()["items"]
    assert f"comment:{comment['_id']}" in [case["id"] for case in waiting]
    second = staff_headers("moderator")
    assert client.put(f"{url}/appeal", json=decision, headers=second).get_json()["appeal"]["outcome"] == "reversed"
    assert (
        client.put(f"{url}/appeal", json=decision, headers=staff_headers("moderator")).get_json()["code"]
        == "proposals.case-decided"
    )
    assert body_of(client, comment) == comment["body"]
    mine = client.get("/v1/reports/about-me", headers=author).get_json()["items"][0]
    assert (mine["appeal"]["reason"], mine["decision"]["action"]) == ("인용이 맞습니다.", "keep")
    told = [e["kind"] for e in events_about(comment["_id"]) if e["to"]["id"] == comment["author_id"]]
    assert told == ["text_hidden", "text_kept"]


def test_an_upheld_appeal_tells_why_and_ends(client, comment, person_headers, staff_headers, events_about):
    hide(client, staff_headers("moderator"), comment)
    appeal = {"target": {"kind": "comment", "id": comment["_id"]}, "text": "억울합니다."}
    client.post("/v1/reports/appeals", json=appeal, headers=person_headers(comment["author_id"]))
    upheld = {"outcome": "upheld", "reason": "욕설이 맞습니다."}
    url = f"/v1/reports/cases/comment:{comment['_id']}/appeal"
    assert client.put(url, json=upheld, headers=staff_headers("moderator")).status_code == 200
    assert body_of(client, comment) is None
    assert [e["facts"]["reason"] for e in events_about(comment["_id"], "appeal_upheld")] == ["욕설이 맞습니다."]


def test_an_appeal_comes_in_time(moderation, comment):
    moderation.hide("comment", comment["_id"], "욕설", "staff-a", now=now())
    with pytest.raises(errors.NothingToAppeal):
        moderation.appeal("comment", comment["_id"], comment["author_id"], "늦었나요", now=now() + timedelta(days=31))


def test_two_moderators_at_once_decide_once(moderation, comment):
    from proposals.moderation.rules import Reason

    moderation.report("comment", comment["_id"], random_id(), Reason.SPAM, "", now=now())

    def decide(number):
        try:
            moderation.decide(
                f"comment:{comment['_id']}", ("hide", "keep")[number % 2], f"까닭 {number}", f"staff-{number}", now=now()
            )
            return number
        except errors.CaseDecided:
            return None

    with ThreadPoolExecutor(8) as pool:
        winners = [number for number in pool.map(decide, range(8)) if number is not None]
    case = moderation.get_case(f"comment:{comment['_id']}")
    assert len(winners) == 1
    assert case["decision"]["by"] == f"staff-{winners[0]}"
    assert case["visibility"] == ("hidden", "public")[winners[0] % 2]


def test_a_decision_can_be_taken_back_and_leaves_its_trace(client, comment, staff_headers):
    moderator = staff_headers("moderator")
    hide(client, moderator, comment)
    url = f"/v1/reports/cases/comment:{comment['_id']}/decision"
    undone = client.put(url, json={"action": "keep", "reason": "잘못 눌렀습니다."}, headers=moderator).get_json()
    assert [d["action"] for d in undone["history"]] == ["hide", "keep"]
    assert body_of(client, comment) == comment["body"]


def test_a_decision_whose_process_died_is_finished(moderation, comment, db):
    moderation.hide("comment", comment["_id"], "욕설", "staff-a", now=now())
    case = moderation.get_case(f"comment:{comment['_id']}")
    db.comments.update_one({"_id": comment["_id"]}, {"$set": {"visibility": "public"}})
    db.moderation_cases.update_one(
        {"_id": case["_id"]}, {"$set": {"unapplied": {"at": case["decision"]["at"], "action": "hide"}}}
    )
    assert moderation.finish_decisions() >= 1
    assert db.comments.find_one({"_id": comment["_id"]})["visibility"] == "hidden"
    assert moderation.finish_decisions() == 0


def test_a_kept_text_is_not_held_again_by_more_reports_unless_rewritten(client, comment, person_headers, moderation):
    from proposals.moderation.rules import Reason

    for _ in range(3):
        moderation.report("comment", comment["_id"], random_id(), Reason.SPAM, "", now=now())
    assert body_of(client, comment) is None
    moderation.decide(f"comment:{comment['_id']}", "keep", "괜찮습니다", "staff-a", now=now())
    moderation.report("comment", comment["_id"], random_id(), Reason.SPAM, "", now=now())
    assert body_of(client, comment) == comment["body"]
    url = f"/v1/debates/{comment['debate_id']}/comments/{comment['_id']}"
    seen = client.get(url).get_json()["version"]
    client.patch(url, json={"body": "바뀐 글"}, headers=person_headers(comment["author_id"]) | {"If-Match": f'"{seen}"'})
    moderation.report("comment", comment["_id"], random_id(), Reason.SPAM, "", now=now())
    assert body_of(client, comment) is None


def test_a_flood_by_many_is_found_as_one_and_decided_as_one(client, make_debate, moderation, staff_headers):
    from proposals.debates import services

    debate, mark = make_debate(sides="none"), random_id()
    made = [
        services.add_comment(
            debate["_id"], {"body": f"지금 가입하면 무료 상품권 {mark} 드려요{'!' * n}"}, now=now(), author_id=random_id()
        )
        for n in range(12)
    ]
    services.add_comment(
        debate["_id"], {"body": "저는 배차 간격을 줄이는 데 찬성합니다. 퇴근이 늦거든요."}, now=now(), author_id=random_id()
    )
    flood_id = moderation.get_case(f"comment:{made[-1]['_id']}")["flood_id"]
    cases = moderation.find_flood(flood_id)
    assert {case["target_id"] for case in cases} == {comment["_id"] for comment in made}
    decided = client.post(
        "/v1/reports/decisions",
        json={"flood_id": flood_id, "action": "hide", "reason": "광고"},
        headers=staff_headers("moderator"),
    )
    assert len(decided.get_json()["decided"]) == 12
    left = [c for c in client.get(f"/v1/debates/{debate['_id']}/comments").get_json()["items"] if c["body"]]
    assert len(left) == 1


def test_one_person_who_repeats_a_text_is_held(make_debate):
    from proposals.debates import services

    debate, author = make_debate(sides="none"), random_id()
    made = [
        services.add_comment(debate["_id"], {"body": f"도배하는 글입니다 도배하는 글 {author}"}, now=now(), author_id=author)
        for _ in range(6)
    ]
    assert [c["visibility"] for c in made] == ["public"] * 3 + ["held"] * 3


def test_bulk_decisions_tell_what_somebody_else_decided(client, make_debate, moderation, staff_headers):
    from proposals.debates import services
    from proposals.moderation.rules import Reason

    debate = make_debate(sides="none")
    made = [
        services.add_comment(debate["_id"], {"body": f"글 {random_id()}"}, now=now(), author_id=random_id()) for _ in range(3)
    ]
    ids = [f"comment:{c['_id']}" for c in made]
    for c in made:
        moderation.report("comment", c["_id"], random_id(), Reason.OFF_TOPIC, "", now=now())
    moderation.decide(ids[0], "keep", "괜찮음", "staff-b", now=now())
    body = {"case_ids": [*ids, f"comment:{random_id()}"], "action": "hide", "reason": "주제 밖"}
    answer = client.post("/v1/reports/decisions", json=body, headers=staff_headers("moderator")).get_json()
    assert (answer["decided"], len(answer["skipped"])) == (ids[1:], 2)
    neither = client.post("/v1/reports/decisions", json={"action": "hide", "reason": "x"}, headers=staff_headers("moderator"))
    assert neither.status_code == 422


def test_what_a_search_finds_is_decided_as_one_when_it_is_what_was_seen(client, make_debate, moderation, staff_headers):
    from proposals.debates import services
    from proposals.moderation.rules import Reason

    debate, moderator = make_debate(sides="none"), staff_headers("moderator")
    word = "상품" + "".join(chr(0xAC00 + ord(letter) * 11) for letter in random_id()[-4:])

    def reported(text):
        said = services.add_comment(debate["_id"], {"body": text}, now=now(), author_id=random_id())
        moderation.report("comment", said["_id"], random_id(), Reason.SPAM, "", now=now())
        return f"comment:{said['_id']}"

    spam = [reported(text) for text in (f"{word}을 드려요", f"지금 {word} 받으세요", f"오늘만 {word}")]
    other = reported("배차 간격이 너무 깁니다")
    url = f"/v1/reports/cases?q={word}"
    assert [case["id"] for case in client.get(url, headers=moderator).get_json()["items"]] == spam
    assert client.get(f"{url}&kind=idea", headers=moderator).get_json()["items"] == []
    assert client.get("/v1/reports/cases?q=!!!", headers=moderator).get_json()["items"] == []
    body = {"found": {"q": word, "count": 2}, "action": "hide", "reason": "광고"}
    stale = client.post("/v1/reports/decisions", json=body, headers=moderator)
    assert (stale.status_code, stale.get_json()["code"]) == (409, "proposals.cases-changed")
    both = client.post("/v1/reports/decisions", json=body | {"case_ids": [other]}, headers=moderator)
    assert both.status_code == 422
    body["found"]["count"] = 3
    assert client.post("/v1/reports/decisions", json=body, headers=staff_headers("poll_officer")).status_code == 403
    assert client.post("/v1/reports/decisions", json=body, headers=moderator).get_json() == {"decided": spam, "skipped": []}
    assert moderation.get_case(other)["state"] == "open"
    decided = client.get(f"{url}&state=decided", headers=moderator).get_json()["items"]
    assert {case["decision"]["reason"] for case in decided} == {"광고"}


def test_a_citizens_poll_is_reported_held_decided_and_appealed(
    client, db, moderation, person_headers, staff_headers, make_poll_of
):
    author = random_id()
    poll = make_poll_of(author)
    target = {"kind": "poll", "id": poll}
    body = {"target": target, "reason": "offensive"}
    own = client.post("/v1/reports", json=body, headers=person_headers(author))
    assert own.get_json()["code"] == "proposals.own-text"
    for _ in range(3):
        assert client.post("/v1/reports", json=body, headers=person_headers()).status_code == 201
    assert client.get(f"/v1/polls/{poll}").status_code == 404
    assert client.get(f"/v1/polls/{poll}", headers=person_headers(author)).status_code == 200
    case = client.get(f"/v1/reports/cases/poll:{poll}", headers=staff_headers("moderator")).get_json()
    assert (case["visibility"], case["snapshot"]["title"]) == ("held", "어느 편인가요?")
    assert "이쪽" in case["snapshot"]["body"]
    hidden = {"action": "hide", "reason": "모욕입니다."}
    first = client.post(
        f"/v1/reports/cases/poll:{poll}/decision", json=hidden, headers=staff_headers("moderator", staff_id="mod-p")
    )
    assert (first.status_code, first.get_json()["visibility"]) == (200, "hidden")
    mine = client.get("/v1/reports/about-me", headers=person_headers(author)).get_json()["items"]
    assert [(c["target_id"], c["decision"]["reason"]) for c in mine] == [(poll, "모욕입니다.")]
    appeal = {"target": target, "text": "모욕이 아닙니다."}
    assert client.post("/v1/reports/appeals", json=appeal, headers=person_headers()).status_code == 409
    assert client.post("/v1/reports/appeals", json=appeal, headers=person_headers(author)).status_code == 201
    reversed_ = {"outcome": "reversed", "reason": "농담이었습니다."}
    url = f"/v1/reports/cases/poll:{poll}/appeal"
    assert client.put(url, json=reversed_, headers=staff_headers("moderator", staff_id="mod-p")).status_code == 403
    assert client.put(url, json=reversed_, headers=staff_headers("moderator")).status_code == 200
    assert client.get(f"/v1/polls/{poll}").status_code == 200
    from proposals import events

    events.relay()
    told = [e["kind"] for e in db.proposal_events.find({"subject": {"kind": "poll", "id": poll}}).sort("position", 1)]
    assert told == ["text_held", "text_hidden", "text_kept"]


LINK = "무료 상품권 받을 분? https://spam.example"


def is_listed(client, poll):
    return poll in [line["id"] for line in client.get("/v1/polls?limit=100").get_json()["items"]]


def test_a_poll_that_nobody_saw_first_is_listed_once_moderation_has_looked(client, db, moderation, make_poll_of):
    author = random_id()
    poll = make_poll_of(author, is_reviewed=False)
    assert not is_listed(client, poll)
    assert moderation.look_at_polls(now=now()) == 1
    assert is_listed(client, poll)
    assert moderation.look_at_polls(now=now()) == 0
    assert not db.moderation_cases.count_documents({"target_id": poll})
    assert moderation.standing_of(author, now=now())["posted_count"] == 1


def test_a_new_members_poll_with_a_link_is_held_and_the_author_told(
    client, db, moderation, person_headers, staff_headers, make_poll_of
):
    author = random_id()
    poll = make_poll_of(author, LINK, is_reviewed=False)
    moderation.look_at_polls(now=now())
    assert not is_listed(client, poll)
    assert client.get(f"/v1/polls/{poll}").status_code == 404
    assert client.get(f"/v1/polls/{poll}", headers=person_headers(author)).status_code == 200
    case = moderation.get_case(f"poll:{poll}")
    assert (case["because"], case["visibility"], case["snapshot"]["title"]) == (["new_member_link"], "held", LINK)
    from proposals import events

    events.relay()
    (told,) = db.proposal_events.find({"subject": {"kind": "poll", "id": poll}})
    assert (told["kind"], told["to"]["id"]) == ("text_held", author)
    moderation.decide(case["_id"], "keep", "광고가 아닙니다.", "mod-a", now=now())
    assert is_listed(client, poll)


@pytest.mark.parametrize("place", ["links", "option_links"])
def test_links_beside_the_words_are_looked_at_and_shown_to_the_moderator(moderation, make_poll_of, place):
    link = {"url": "https://spam.example/win", "title": {"ko": "여기를 누르세요"}}
    poll = make_poll_of(random_id(), is_reviewed=False, **{place: [link]})
    moderation.look_at_polls(now=now())
    case = moderation.get_case(f"poll:{poll}")
    assert case["visibility"] == "held"
    assert all(text in case["snapshot"]["body"] for text in ("https://spam.example/win", "여기를 누르세요"))


def test_a_flood_of_polls_is_one_flood_and_one_persons_are_held(client, moderation, make_poll_of):
    author, title = random_id(), "우리 동네 재개발 조합장을 지금 바로 바꿔야 할까요"
    first = [make_poll_of(author, title + "?" * n, is_reviewed=False) for n in range(3)]
    moderation.look_at_polls(now=now())
    assert all(is_listed(client, poll) for poll in first), "three alike are no flood"
    fourth, others = make_poll_of(author, title + "!", is_reviewed=False), make_poll_of(random_id(), title, is_reviewed=False)
    moderation.look_at_polls(now=now())
    assert not is_listed(client, fourth)
    assert is_listed(client, others), "many who say the same may be a campaign: a moderator decides, with it in sight"
    flood = moderation.get_case(f"poll:{fourth}")["flood_id"]
    assert {case["target_id"] for case in moderation.find_flood(flood)} == {*first, fourth, others}


@pytest.mark.parametrize("how", [{"is_reviewed": True}, {"is_reviewed": False, "audience": "room"}], ids=["approved", "room"])
def test_polls_that_are_not_judged_are_remembered_for_floods(client, db, moderation, make_poll_of, how):
    author, title = random_id(), "상품권을 현금으로 바꾸고 싶은 분은 여기에서 투표하세요"
    first = [make_poll_of(author, title + "?" * n, **how) for n in range(3)]
    assert moderation.look_at_polls(now=now()) == 3
    assert moderation.look_at_polls(now=now()) == 0
    assert [is_listed(client, poll) for poll in first] == [how["is_reviewed"]] * 3, "its place is not changed"
    assert moderation.standing_of(author, now=now())["posted_count"] == 3
    fourth = make_poll_of(author, title + "!", is_reviewed=False)
    moderation.look_at_polls(now=now())
    assert not is_listed(client, fourth)
    assert moderation.get_case(f"poll:{fourth}")["because"] == ["repeated", "flood"]
    db.moderation_fingerprints.delete_many({"person_id": author})


def test_a_look_that_died_halfway_is_done_again_and_counts_once(client, moderation, make_poll_of, monkeypatch):
    from mvoting.voting.polls import moderated
    from proposals.moderation import targets

    def die(*_):
        raise SystemExit

    author = random_id()
    clean, linked = make_poll_of(author, is_reviewed=False), make_poll_of(author, LINK, is_reviewed=False)
    with monkeypatch.context() as killed:
        killed.setattr(moderated, "let_be_listed", die)
        with pytest.raises(SystemExit):
            moderation.look_at_polls(now=now())
    with monkeypatch.context() as killed:
        killed.setattr(targets.CitizensPoll, "set_visibility", die)
        with pytest.raises(SystemExit):
            moderation.look_at_polls(now=now())
    assert moderation.look_at_polls(now=now()) == 1
    assert is_listed(client, clean)
    assert not is_listed(client, linked)
    assert moderation.standing_of(author, now=now())["posted_count"] == 2


def test_what_a_moderator_hid_before_the_look_stays_hidden(client, moderation, make_poll_of):
    poll = make_poll_of(random_id(), is_reviewed=False)
    moderation.hide("poll", poll, "욕설입니다.", "mod-a", now=now())
    assert moderation.look_at_polls(now=now()) == 0
    assert not is_listed(client, poll)


def test_looks_at_the_same_moment_hold_a_poll_once(db, moderation, make_poll_of):
    poll = make_poll_of(random_id(), LINK, is_reviewed=False)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: moderation.look_at_polls(now=now()), range(4)))
    assert db.polls.find_one({"_id": poll})["is_held"]
    assert [change["kind"] for change in db.polls.find_one({"_id": poll})["changes"]] == ["hidden"]


@pytest.mark.parametrize("way", [{"is_reviewed": True}, {"is_reviewed": False, "audience": "room"}])
def test_polls_that_the_city_saw_and_private_rooms_are_not_held(db, moderation, make_poll_of, way):
    poll = make_poll_of(random_id(), LINK, **way)
    assert moderation.look_at_polls(now=now()) == 1
    assert not db.polls.find_one({"_id": poll}).get("is_held")


def test_the_citys_own_polls_and_those_behind_a_door_are_not_reported_by_strangers(client, db, person_headers, make_poll_of):
    poll = make_poll_of(random_id())
    for change in ({"created_by": {"kind": "staff", "id": "s"}}, {"room": {"number": random_id()}}, {"state": "draft"}):
        before = db.polls.find_one_and_update({"_id": poll}, {"$set": change})
        report = {"target": {"kind": "poll", "id": poll}, "reason": "spam"}
        assert (
            client.post("/v1/reports", json=report, headers=person_headers()).get_json()["code"] == "proposals.target-not-found"
        )
        db.polls.replace_one({"_id": poll}, before)


def test_links_of_new_members_wait_for_a_moderator_and_trust_is_earned_and_lost(make_debate, moderation, db, client):
    from proposals.debates import services

    debate, author = make_debate(sides="none"), random_id()
    held = services.add_comment(debate["_id"], {"body": "여기 보세요 https://spam.example"}, now=now(), author_id=author)
    assert held["visibility"] == "held"
    assert body_of(client, held) is None
    moderation.decide(f"comment:{held['_id']}", "keep", "괜찮은 링크", "staff-a", now=now())
    assert body_of(client, held) == held["body"]
    db.moderation_standings.update_one(
        {"_id": author}, {"$set": {"posted_count": 10, "first_posted_at": now() - timedelta(days=3)}}
    )
    free = services.add_comment(debate["_id"], {"body": "자료는 https://data.seoul.go.kr 에"}, now=now(), author_id=author)
    assert free["visibility"] == "public"
    for _ in range(3):
        bad = services.add_comment(debate["_id"], {"body": f"욕 {random_id()}"}, now=now(), author_id=author)
        moderation.hide("comment", bad["_id"], "욕설", "staff-a", now=now())
    again = services.add_comment(debate["_id"], {"body": "또 https://spam.example"}, now=now(), author_id=author)
    assert again["visibility"] == "held"


def test_writing_too_fast_is_slowed_down(client, make_debate, person_headers):
    headers, debate = person_headers(), make_debate(sides="none")
    url = f"/v1/debates/{debate['_id']}/comments"
    answers = [client.post(url, json={"body": f"글 {random_id()}"}, headers=headers) for _ in range(31)]
    assert [a.status_code for a in answers] == [201] * 30 + [429]
    assert answers[-1].get_json()["code"] == "proposals.too-many-posts"
    assert 3500 <= int(answers[-1].headers["Retry-After"]) <= 3600


def test_words_hint_and_do_not_decide(make_debate, moderation, client):
    from proposals.debates import services
    from proposals.moderation.rules import Reason

    debate = make_debate(sides="none")
    made = services.add_comment(debate["_id"], {"body": f"이 바 보 같은 정책 {random_id()}"}, now=now(), author_id=random_id())
    assert made["visibility"] == "public"
    moderation.report("comment", made["_id"], random_id(), Reason.OFFENSIVE, "", now=now())
    assert moderation.get_case(f"comment:{made['_id']}")["hints"] == ["ko:바보"]


@pytest.mark.parametrize("role", ["poll_officer", "alert_author", "auditor", "department_officer"])
def test_other_staff_do_not_moderate(client, comment, staff_headers, role):
    assert client.get("/v1/reports/cases", headers=staff_headers(role)).status_code == 403
    assert hide(client, staff_headers(role), comment).status_code == 403
    assert hide(client, {}, comment).status_code == 401


def test_rewriting_an_opinion_is_no_way_around_the_first_look(client, comment, person_headers, staff_headers, db):
    url, author = f"/v1/debates/{comment['debate_id']}/comments/{comment['_id']}", person_headers(comment["author_id"])
    case_url, moderator = f"/v1/reports/cases/comment:{comment['_id']}", staff_headers("moderator")

    def rewrite(body, version):
        answer = client.patch(url, json={"body": body}, headers=author | {"If-Match": f'"{version}"'})
        assert answer.status_code == 200, answer.text
        return answer.get_json()

    assert rewrite("조금 고친 의견입니다.", 1)["visibility"] == "public"
    assert db.moderation_cases.count_documents({"_id": f"comment:{comment['_id']}"}) == 0

    held = rewrite("둔치 산책로 등불은 https://spam.example 에서 살펴보세요", 2)
    assert held["visibility"] == "held"
    assert client.get(url).status_code == 404
    case = client.get(case_url, headers=moderator).get_json()
    assert (case["state"], case["because"], case["snapshot"]["version"]) == ("open", ["new_member_link"], 1)

    kept = client.post(f"{case_url}/decision", json={"action": "keep", "reason": "괜찮습니다"}, headers=moderator)
    assert kept.status_code == 200, kept.text
    version = client.get(url).get_json()["version"]
    assert rewrite("밤에는 https://worse.example 쪽 등불이 낫습니다", version)["visibility"] == "held"
    again = client.get(case_url, headers=moderator).get_json()
    assert (again["state"], again["snapshot"]["body"]) == ("open", "밤에는 https://worse.example 쪽 등불이 낫습니다")


def test_rewriting_an_idea_is_no_way_around_the_first_look(client, make_idea, person_headers, db):
    idea = make_idea()
    url, author = f"/v1/ideas/{idea['_id']}", person_headers(idea["author_id"])
    place = client.patch(url, json={"district": "11440"}, headers=author | {"If-Match": f'"{idea["version"]}"'})
    assert (place.status_code, place.get_json()["visibility"]) == (200, "public")
    link = {"body": "자세한 내용은 https://spam.example 에 있습니다."}
    answer = client.patch(url, json=link, headers=author | {"If-Match": place.headers["ETag"]})
    assert (answer.status_code, answer.get_json()["visibility"]) == (200, "held")
    assert client.get(url, headers=person_headers()).status_code == 410
    assert db.moderation_cases.find_one({"_id": f"idea:{idea['_id']}"})["because"] == ["new_member_link"]


def test_who_is_known_rewrites_with_links(client, comment, person_headers, db):
    long_ago = now() - timedelta(days=40)
    standing = {"posted_count": 30, "hidden_count": 0, "first_posted_at": long_ago}
    db.moderation_standings.update_one({"_id": comment["author_id"]}, {"$set": standing}, upsert=True)
    url = f"/v1/debates/{comment['debate_id']}/comments/{comment['_id']}"
    headers = person_headers(comment["author_id"]) | {"If-Match": '"1"'}
    answer = client.patch(url, json={"body": "시의 자료입니다: https://city.example"}, headers=headers)
    assert answer.get_json()["visibility"] == "public"
