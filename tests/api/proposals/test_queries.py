"""Every query on a request path reads an index: the database's own profiler is asked after each route was used."""

from datetime import timedelta

import pytest

from mvoting.core.clock import now
from mvoting.core.ids import random_id

OURS = ("ideas", "idea_", "debates", "debate_", "comments", "comment_", "follows", "moderation_", "proposal_")


@pytest.fixture
def profiled(db):
    """Run work and give the plans of all queries it made on our collections."""

    def run(work):
        db.command("profile", 0)
        db.drop_collection("system.profile")
        db.command("profile", 2)
        try:
            work()
        finally:
            db.command("profile", 0)
        return [
            entry
            for entry in db["system.profile"].find({"planSummary": {"$exists": True}})
            if entry["ns"].partition(".")[2].startswith(OURS)
        ]

    return run


def scans(entries):
    return [(entry["ns"], entry.get("command")) for entry in entries if "COLLSCAN" in entry["planSummary"]]


def sorts(entries):
    return [(entry["ns"], entry.get("command")) for entry in entries if entry.get("hasSortStage")]


IDEA_LISTS = [
    "", "?sort=hot", "?sort=most_endorsed", "?sort=near_threshold", "?sort=overdue", "?sort=hall_of_fame",
    "?district=11440&sort=near_threshold", "?category=safety&sort=near_threshold", "?district=11440", "?district=11440&sort=hot", "?district=11440&sort=most_endorsed",
    "?category=safety", "?category=safety&sort=hot", "?category=safety&sort=most_endorsed",
    "?state=collecting", "?state=reviewing", "?q=놀이터", "?q=놀이터를 그늘", "?q=놀이터&district=11440",
    "/near?lng=127&lat=37.5", "/mine", "/similar?text=놀이터에 그늘막", "/programmes", "/reply-statistics",
]  # fmt: skip


@pytest.mark.parametrize("url", IDEA_LISTS)
def test_no_list_of_ideas_scans_or_sorts(client, make_idea, endorse_many, person_headers, profiled, url):
    ideas = [
        make_idea(district="11440", category="safety", point={"type": "Point", "coordinates": [127, 37.5]}) for _ in range(4)
    ]
    endorse_many(ideas[0]["_id"], 2)
    headers = person_headers()

    def work():
        first = client.get(f"/v1/ideas{url}", headers=headers)
        assert first.status_code == 200, first.text
        small = client.get(f"/v1/ideas{url}{'&' if '?' in url else '?'}limit=2", headers=headers).get_json()
        if small.get("next"):
            again = client.get(f"/v1/ideas{url}{'&' if '?' in url else '?'}limit=2&after={small['next']}", headers=headers)
            assert again.status_code == 200

    entries = profiled(work)
    assert entries or url == "/programmes"
    assert scans(entries) == []
    # Those at one very place, and candidates that are ranked afterwards, are sorted in memory: few.
    if not any(part in url for part in ("q=", "text=", "statistics", "near?")):
        assert sorts(entries) == []


def test_nothing_else_on_a_request_path_scans(client, make_idea, make_debate, person_headers, staff_headers, profiled):
    from proposals.debates import services as debates

    author, me = random_id(), person_headers()
    idea, other, debate = make_idea(author), make_idea(author), make_debate(sides="none")
    opinion = debates.add_comment(debate["_id"], {"body": f"의견 {random_id()}"}, now=now(), author_id=author)
    moderator, officer = staff_headers("moderator"), staff_headers("proposal_officer")
    reply = {"body": f"답글 {random_id()}", "parent_id": opinion["_id"]}
    i, d, c = f"/v1/ideas/{idea['_id']}", f"/v1/debates/{debate['_id']}", f"/v1/debates/{debate['_id']}/comments/{opinion['_id']}"
    times = {"opens_at": (now() + timedelta(days=1)).isoformat(), "closes_at": (now() + timedelta(days=2)).isoformat()}
    calls = [
        ("GET", i, None, me), ("PUT", f"{i}/endorsement", None, me), ("DELETE", f"{i}/endorsement", None, me),
        ("PUT", f"{i}/follow", None, me), ("DELETE", f"{i}/follow", None, me), ("GET", f"{i}/additions", None, me),
        ("POST", f"{i}/additions", {"body": f"더하기 {random_id()}"}, me), ("GET", f"{i}/similar", None, me),
        ("POST", "/v1/ideas", {"title": "골목에 가로등을", "body": f"너무 어둡습니다 {random_id()}"}, me),
        ("POST", f"{i}/merges", {"into_id": other["_id"]}, person_headers(author)),
        ("GET", f"/v1/ideas/{other['_id']}/merges", None, person_headers(author)),
        ("GET", "/v1/ideas/owed", None, officer), ("GET", "/v1/ideas/departments", None, officer),
        ("GET", "/v1/ideas/owed", None, staff_headers("department_officer")),
        ("PUT", f"{i}/department", {"department": "교통실"}, officer), ("POST", f"{i}/poll", times, officer),
        ("GET", "/v1/debates", None, me), ("GET", "/v1/debates?sort=closing", None, me), ("GET", "/v1/debates?sort=most_joined", None, me),
        ("GET", f"/v1/debates?idea_id={idea['_id']}", None, me), ("GET", d, None, me), ("GET", f"{d}/comments", None, me),
        ("GET", f"{d}/comments?sort=best", None, me), ("GET", f"{d}/comments?sort=controversial", None, me),
        ("GET", f"{d}/comments?sort=most_replied", None, me), ("GET", f"{d}/export.csv", None, me),
        ("POST", f"{d}/comments", reply, me), ("GET", c, None, me), ("GET", f"{c}/replies", None, me),
        ("PUT", f"{c}/vote", {"value": 1}, me), ("PUT", f"{c}/pin", {"is_pinned": True}, moderator),
        ("POST", "/v1/reports", {"target": {"kind": "comment", "id": opinion["_id"]}, "reason": "spam"}, me),
        ("GET", "/v1/reports/cases", None, moderator), ("GET", "/v1/reports/cases?kind=comment", None, moderator),
        ("GET", "/v1/reports/cases?state=decided", None, moderator), ("GET", "/v1/reports/cases?q=의견", None, moderator), ("GET", "/v1/reports/appeals", None, moderator),
        ("GET", "/v1/reports/about-me", None, me),
        ("POST", f"/v1/reports/cases/comment:{opinion['_id']}/decision", {"action": "hide", "reason": "주제 밖"}, moderator),
        ("POST", "/v1/reports/appeals", {"target": {"kind": "comment", "id": opinion["_id"]}, "text": "왜요"}, person_headers(author)),
    ]  # fmt: skip

    def work():
        for method, url, body, headers in calls:
            answer = client.open(url, method=method, json=body, headers=headers)
            assert answer.status_code < 300, (method, url, answer.text)

    assert scans(profiled(work)) == []


def test_no_sweep_scans(app, make_idea, make_debate, profiled):
    from proposals import events, personal_data, services
    from proposals.debates import services as debates
    from proposals.ideas.services import endorsing, sweeping
    from proposals.moderation import services as moderation

    author = random_id()
    idea = make_idea(author)
    make_debate(author)

    def work():
        sweeping.sweep(now=now())
        endorsing.refresh_ranks(since=now() - timedelta(minutes=1))
        endorsing.reconcile(since=now() - timedelta(minutes=5), now=now())
        endorsing.reconcile_all(now=now())
        debates.tell_closings(now=now())
        moderation.finish_decisions()
        moderation.find_flood(random_id())
        events.relay()
        events.events_since(0)
        services.audience({"kind": "followers", "id": idea["_id"]})
        personal_data.export_personal_data(author)
        personal_data.erase_personal_data(author)

    assert scans(profiled(work)) == []
