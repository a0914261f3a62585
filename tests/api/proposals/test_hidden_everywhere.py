"""A text that a moderator hid stands nowhere: every readable route is walked, and what leaves by other ways."""

from datetime import timedelta

import pytest

from mvoting.core.clock import now
from mvoting.core.ids import random_id

# What may show a hidden text: the staff's own queue.
FOR_MODERATORS = ("/v1/reports/cases", "/v1/reports/appeals", "/admin")
# Arguments of routes that cannot stand for one of ours.
OTHERS = {"picture_id": "0" * 32, "case_id": "idea:0", "district": "11440", "programme_id": "oasis"}


@pytest.fixture
def city(app, make_idea, make_debate, endorse_many):
    """A city in which each text carries its own mark."""
    from proposals.debates import services as debates
    from proposals.ideas.services import joining

    marks = {kind: f"비밀{random_id()}" for kind in ("idea", "debate", "comment", "addition")}
    author, reader = random_id(), random_id()
    point = {"type": "Point", "coordinates": [126.9, 37.5]}
    idea = make_idea(
        author,
        title=f"{marks['idea']} 그늘막",
        body=f"{marks['idea']} 놀이터가 뜨겁습니다.",
        district="11440",
        category="safety",
        point=point,
    )
    near_twin = make_idea(reader, title=f"{marks['idea']} 그늘막 놀이터", district="11440")
    endorse_many(idea["_id"], 100)
    debate = make_debate(
        author, title=f"{marks['debate']} 토론", body=f"{marks['debate']} 해 봅시다 여러분", sides="none", district="11440"
    )
    comment = debates.add_comment(debate["_id"], {"body": f"{marks['comment']} 의견"}, now=now(), author_id=author)
    debates.add_comment(debate["_id"], {"body": "답글"}, now=now(), author_id=reader)
    debates.add_comment(debate["_id"], {"body": "답글", "parent_id": comment["_id"]}, now=now(), author_id=reader)
    debates.edit_comment(comment["_id"], author, f"{marks['comment']} 고친 의견", 1, now=now() + timedelta(minutes=6))
    debates.pin(debate["_id"], comment["_id"], "staff-a", is_pinned=True)
    addition = joining.offer_addition(near_twin["_id"], author, f"{marks['addition']} 벤치도", now=now())
    return {
        "marks": marks,
        "reader": reader,
        "author": author,
        "targets": {"idea": idea, "debate": debate, "comment": comment, "addition": addition},
        "ids": {"idea_id": [idea["_id"], near_twin["_id"]], "debate_id": [debate["_id"]], "comment_id": [comment["_id"]]},
    }


def readable_urls(app, city, db):
    """Give an address for every GET route, with every id of ours in its place, and every order of every list."""
    ids = dict(city["ids"])
    ids["debate_id"] = [*ids["debate_id"], db.ideas.find_one({"_id": ids["idea_id"][0]})["debate_id"]]
    for rule in app.url_map.iter_rules():
        if "GET" not in rule.methods or rule.rule.startswith(FOR_MODERATORS):
            continue
        for n in range(2):
            values = {
                name: ids[name][n % len(ids[name])] if name in ids else OTHERS.get(name, random_id()) for name in rule.arguments
            }
            try:
                built = rule.build(values, append_unknown=False)
            except ValueError:
                continue
            if built:
                yield built[1]
    mark = city["marks"]
    for query in (
        "?limit=100", "?sort=hot&limit=100", "?sort=most_endorsed&limit=100", "?sort=near_threshold&limit=100", "?sort=overdue&limit=100",
        "?district=11440&limit=100", "?category=safety&limit=100", "?state=debating&limit=100", "?state=collecting&limit=100",
        f"?q={mark['idea']}", f"/similar?text={mark['idea']} 그늘막", "/near?lng=126.9&lat=37.5&limit=100",
    ):  # fmt: skip
        yield f"/v1/ideas{query}"
    for query in ("?limit=100", "?phase=open&limit=100", "?sort=most_joined&limit=100", f"?idea_id={ids['idea_id'][0]}"):
        yield f"/v1/debates{query}"
    for sort in ("newest", "best", "controversial", "most_replied"):
        yield f"/v1/debates/{ids['debate_id'][0]}/comments?sort={sort}&limit=100"


def texts_seen(app, city, db, headers):
    client = app.test_client()
    for url in set(readable_urls(app, city, db)):
        if "/stream" in url:
            continue
        yield url, client.get(url, headers=headers).get_data(as_text=True)


def test_before_hiding_every_mark_is_seen(app, city, db):
    everything = "".join(text for _, text in texts_seen(app, city, db, {}))
    for kind, mark in city["marks"].items():
        assert mark in everything, kind


@pytest.mark.parametrize("how", ["hidden", "held", "erased"])
def test_after_hiding_no_mark_is_seen_anywhere_by_anybody(app, city, db, person_headers, staff_headers, how):
    from proposals import events, personal_data, services
    from proposals.ideas.services import reading
    from proposals.moderation import services as moderation
    from proposals.moderation.rules import Reason

    if how == "erased":
        personal_data.erase_personal_data(city["author"])
    for kind, document in city["targets"].items():
        if how == "hidden":
            moderation.hide(kind, document["_id"], "규칙 위반", "staff-a", now=now())
        elif how == "held":
            for _ in range(3):
                moderation.report(kind, document["_id"], random_id(), Reason.SPAM, "", now=now())
    # The near twin of another author keeps its own title, so only the hidden author's marks are looked for.
    db.ideas.update_one({"_id": city["ids"]["idea_id"][1]}, {"$set": {"title": "다른 제안", "body": "다른 내용입니다."}})
    db.ideas.update_one({"_id": city["ids"]["idea_id"][1]}, {"$unset": {"body_html": ""}})
    auditor = staff_headers("auditor")
    for headers in ({}, person_headers(city["reader"]), auditor):
        for url, text in texts_seen(app, city, db, headers):
            for kind, mark in city["marks"].items():
                assert mark not in text.replace(url, ""), (kind, url)
    events.relay()
    told = list(db.proposal_events.find({"subject.id": {"$in": [d["_id"] for d in city["targets"].values()]}}))
    assert told
    for event in told:
        assert not any(mark in repr(event) for mark in city["marks"].values())
        assert services.title_of(event["subject"]) is None
    assert reading.titles([city["targets"]["idea"]["_id"]]) == {}
    if how == "erased":
        dump = repr([list(db[name].find()) for name in ("ideas", "debates", "comments", "idea_additions", "moderation_cases")])
        assert not any(mark in dump for mark in city["marks"].values())


def test_its_author_still_reads_a_hidden_text_and_why(client, city, person_headers):
    from proposals.moderation import services as moderation

    idea = city["targets"]["idea"]
    moderation.hide("idea", idea["_id"], "연락처가 있습니다.", "staff-a", now=now())
    page = client.get(f"/v1/ideas/{idea['_id']}", headers=person_headers(city["author"]))
    assert (page.status_code, page.get_json()["visibility"]) == (200, "hidden")
    about_me = client.get("/v1/reports/about-me", headers=person_headers(city["author"])).get_json()["items"]
    assert "연락처가 있습니다." in [case["decision"]["reason"] for case in about_me if case.get("decision")]


def test_what_is_shown_again_comes_back_whole_with_its_debate(client, city, db):
    from proposals.moderation import services as moderation

    idea = city["targets"]["idea"]
    debate_id = db.ideas.find_one({"_id": idea["_id"]})["debate_id"]
    moderation.hide("idea", idea["_id"], "실수", "staff-a", now=now())
    assert client.get(f"/v1/debates/{debate_id}").get_json()["code"] == "proposals.debate-hidden"
    moderation.revise(f"idea:{idea['_id']}", "keep", "되돌림", "staff-a", now=now())
    assert client.get(f"/v1/debates/{debate_id}").status_code == 200
    assert client.get(f"/v1/ideas/{idea['_id']}").status_code == 200
