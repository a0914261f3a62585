"""A text that a moderator hid stands nowhere: every readable route and every screen of the panel is walked, and what leaves
by other ways: push messages, inboxes, pictures, exports, events."""

import io
import random
import re
from datetime import timedelta

import pytest
from PIL import Image

from mvoting.core.clock import now
from mvoting.core.ids import random_id

# What may show a hidden text: the moderators' own queue; the panel is walked apart.
FOR_MODERATORS = ("/v1/reports/cases", "/v1/reports/appeals", "/admin")
# Officers whose work is polls go on seeing those that wait or were hidden.
WORKS_WITH = {"poll_officer": {"poll"}}
# Arguments of routes that cannot stand for one of ours.
OTHERS = {"picture_id": "0" * 32, "case_id": "idea:0", "district": "11440", "programme_id": "oasis"}


def picture():
    buffer = io.BytesIO()
    Image.new("RGB", (32, 32), (random.randrange(256), random.randrange(256), 60)).save(buffer, "PNG")
    return buffer.getvalue()


def citizens_poll(mark, author):
    """Have a citizen ask everybody, with the mark in every text."""
    from mvoting.voting.polls import citizens

    options = [{"id": f"o{n}", "title": {"ko": f"{mark} {n}번"}} for n in (1, 2)]
    question = {"id": "q1", "title": {"ko": f"{mark} 질문"}, "method": "plurality", "seats": 1, "options": options}
    content = {"title": {"ko": f"{mark} 투표"}, "description": {"ko": mark}, "secrecy": "open", "figures": "live", "k": 5}
    content |= {"changeable": True, "audience": {"kind": "everyone"}, "questions": [question]}
    times = now() - timedelta(minutes=1), now() + timedelta(days=1)
    citizens.set_policy(True, 9, staff_id="staff-a")
    poll = citizens.start_poll(content, *times, author, now=now(), room_password="")
    return citizens.approve(poll["_id"], now=now(), staff_id="staff-a")


def tell():
    """Do what the workers do: relay what happened and start the campaigns about it."""
    from notifications.announcements import proposals as announcements
    from proposals import events

    events.relay()
    announcements.announce(now=now())
    announcements.announce_near(now=now())


def told_of(db, mark):
    """List the messages with a mark that still go out or stand in an inbox."""
    living = {"$or": [{"is_in_inbox": True}, {"state": {"$in": ["scheduled", "planning", "sending"]}}]}
    return [campaign["_id"] for campaign in db.campaigns.find(living) if mark in repr(campaign["message"])]


@pytest.fixture
def city(app, make_idea, make_debate, endorse_many):
    """A city in which each text carries its own mark."""
    from mvoting.core import storage
    from proposals.debates import services as debates
    from proposals.ideas.services import joining, writing

    marks = {kind: f"비밀{random_id()}" for kind in ("idea", "debate", "comment", "addition", "poll")}
    author, reader = random_id(), random_id()
    photo = storage.store_picture(picture(), author, now=now())["id"]
    point = {"type": "Point", "coordinates": [126.9, 37.5]}
    idea = make_idea(
        author,
        title=f"{marks['idea']} 그늘막",
        body=f"{marks['idea']} 놀이터가 뜨겁습니다.",
        district="11440",
        category="safety",
        point=point,
        photos=[photo],
    )
    writing.follow(idea["_id"], reader, now=now())
    near_twin = make_idea(reader, title=f"{marks['idea'][:24]} 그늘막 놀이터", district="11440")
    endorse_many(idea["_id"], 100)
    debate = make_debate(
        author, title=f"{marks['debate']} 토론", body=f"{marks['debate']} 해 봅시다 여러분", sides="none", district="11440"
    )
    comment = debates.add_comment(debate["_id"], {"body": f"{marks['comment']} 의견"}, now=now(), author_id=author)
    debates.add_comment(debate["_id"], {"body": "답글"}, now=now(), author_id=reader)
    debates.add_comment(debate["_id"], {"body": "답글", "parent_id": comment["_id"]}, now=now(), author_id=reader)
    debates.edit_comment(
        comment["debate_id"], comment["_id"], author, f"{marks['comment']} 고친 의견", 1, now=now() + timedelta(minutes=6)
    )
    debates.pin(debate["_id"], comment["_id"], "staff-a", is_pinned=True)
    addition = joining.offer_addition(near_twin["_id"], author, f"{marks['addition']} 벤치도", now=now())
    poll = citizens_poll(marks["poll"], author)
    tell()
    return {
        "marks": marks,
        "reader": reader,
        "author": author,
        "targets": {"idea": idea, "debate": debate, "comment": comment, "addition": addition, "poll": poll},
        "photo": photo,
        "ids": {
            "idea_id": [idea["_id"], near_twin["_id"]],
            "debate_id": [debate["_id"]],
            "comment_id": [comment["_id"]],
            "poll_id": [poll["_id"]],
        },
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


def panel_seen(app, city, db, headers):
    """Give every screen of the panel that a staff member can open, lists also as files and searched."""
    client = app.test_client()
    client.set_cookie("staff", headers["Authorization"].removeprefix("Bearer "))
    urls = set()
    for rule in app.url_map.iter_rules():
        if "GET" not in rule.methods or not rule.rule.startswith("/admin"):
            continue
        for n in range(2):
            values = {a: city["ids"][a][n % len(city["ids"][a])] if a in city["ids"] else OTHERS.get(a) for a in rule.arguments}
            if None not in values.values():
                built = rule.build(values, append_unknown=False)
                urls |= {built[1]} if built else set()
    for page in ("/admin/ideas/list", "/admin/debates", "/admin/moderation", "/admin/reports", "/admin/audit"):
        urls |= {f"{page}?q={city['marks']['idea']}", f"{page}?as=csv"}
    for url in sorted(urls):
        answer = client.get(url)
        if answer.status_code == 200 and answer.mimetype.startswith(("text", "application/json")):
            yield url, answer.get_data(as_text=True)


def without_the_search(text, mark):
    """Take out what the page repeats of the search itself."""
    return re.sub(rf'(value="|q=){mark}', "", text)


def texts_seen(app, city, db, headers):
    client = app.test_client()
    for url in set(readable_urls(app, city, db)):
        if "/stream" in url:
            continue
        yield url, client.get(url, headers=headers).get_data(as_text=True)


def test_before_hiding_every_mark_is_seen(app, city, db, person_headers, staff_headers):
    everything = "".join(text for _, text in texts_seen(app, city, db, {}))
    for kind, mark in city["marks"].items():
        assert mark in everything, kind
    assert told_of(db, city["marks"]["idea"])
    inbox = app.test_client().get("/v1/inbox", headers=person_headers(city["reader"])).text
    assert city["marks"]["idea"] in inbox
    panel = "".join(text for _, text in panel_seen(app, city, db, staff_headers("proposal_officer")))
    assert city["marks"]["idea"] in panel
    assert app.test_client().get(f"/v1/pictures/{city['photo']}").status_code == 200


def test_pictures_of_an_idea_that_is_held_from_its_first_moment_are_seen_with_it(app, make_idea):
    from mvoting.core import storage
    from proposals.moderation import services as moderation

    author, client = random_id(), app.test_client()
    photo = storage.store_picture(picture(), author, now=now())["id"]
    idea = make_idea(author, body="여기를 보세요: bit.ly/x 그늘막이 있습니다.", photos=[photo])
    assert idea["visibility"] == "held"
    for path in (f"/v1/pictures/{photo}", f"/v1/pictures/{photo}/small"):
        assert client.get(path).status_code == 404
    moderation.decide(f"idea:{idea['_id']}", "keep", "광고가 아닙니다.", "staff-a", now=now())
    assert client.get(f"/v1/pictures/{photo}").status_code == 200


@pytest.mark.parametrize("how", ["hidden", "held", "erased"])
def test_after_hiding_no_mark_is_seen_anywhere_by_anybody(app, city, db, person_headers, staff_headers, how):
    from proposals import personal_data, services
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
    tell()
    marks = dict(city["marks"])
    if how == "erased":
        del marks["poll"]  # not this package's to erase
    auditor = staff_headers("auditor")
    for headers in ({}, person_headers(city["reader"]), auditor):
        for url, text in texts_seen(app, city, db, headers):
            for kind, mark in marks.items():
                assert mark not in text.replace(url, ""), (kind, url)
    for role in ("proposal_officer", "department_officer", "poll_officer", "auditor", "alert_author"):
        for url, text in panel_seen(app, city, db, staff_headers(role)):
            for kind, mark in marks.items():
                assert kind in WORKS_WITH.get(role, ()) or mark not in without_the_search(text, mark), (role, kind, url)
    assert [told_of(db, mark) for mark in marks.values()] == [[]] * len(marks)
    assert app.test_client().get(f"/v1/pictures/{city['photo']}").status_code == 404
    told = list(db.proposal_events.find({"subject.id": {"$in": [d["_id"] for d in city["targets"].values()]}}))
    assert told
    for event in told:
        assert not any(mark in repr(event) for mark in marks.values())
        assert services.title_of(event["subject"]) is None
    assert reading.titles([city["targets"]["idea"]["_id"]]) == {}
    if how == "erased":
        dump = repr([list(db[name].find()) for name in ("ideas", "debates", "comments", "idea_additions", "moderation_cases")])
        assert not any(mark in dump for mark in marks.values())


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
