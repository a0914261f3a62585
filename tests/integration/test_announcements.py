"""What happened elsewhere becomes campaigns: once each, to the right people, and never about what was hidden."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from mvoting.accounts.residents import fact_keys
from mvoting.core.clock import now
from mvoting.core.ids import new_id
from mvoting.core.settings import settings
from notifications.announcements import polls, proposals
from notifications.campaigns import alone, errors, planner, services
from notifications.campaigns import audience as audiences
from notifications.campaigns import staff as staffed
from notifications.campaigns.audience import Audience
from notifications.inbox import readers
from notifications.inbox import services as inbox
from proposals import events


@pytest.fixture(autouse=True)
def clean(db):
    names = ("devices", "campaigns", "campaign_batches", "polls", "poll_rolls", "persons", "identifiers", "ideas", "follows")
    for name in (
        *names,
        "push_alone",
        "proposal_events",
        "proposal_event_counter",
        "announcement_bookmarks",
        "idea_endorsements",
    ):
        db[name].delete_many({})


def add_poll(db, audience=None, **fields):
    poll = {
        "_id": new_id(),
        "state": "open",
        "definition": {"title": {"ko": "심야버스 노선"}, "audience": audience or {"kind": "everyone", "trust": "member"}},
        "opens_at": now() - timedelta(minutes=1),
        "closes_at": now() + timedelta(days=1),
        "created_by": {"kind": "staff", "id": "s"},
        **fields,
    }
    db.polls.insert_one(poll)
    return poll["_id"]


def campaigns(db):
    return {campaign["_id"]: campaign for campaign in db.campaigns.find()}


def test_opened_closing_and_result_are_told_once(db):
    opened = add_poll(db)
    closing = add_poll(db, opens_at=now() - timedelta(days=3), closes_at=now() + timedelta(hours=23))
    add_poll(db, opens_at=now() - timedelta(minutes=50), closes_at=now() + timedelta(minutes=5))
    result = add_poll(db, state="published", published_at=now(), opens_at=now() - timedelta(days=3), closes_at=now())
    for _ in range(3):
        polls.announce(now=now())
    ids = set(campaigns(db))
    assert {f"poll_opened:{opened}", f"poll_closing:{closing}", f"poll_result:{result}"} < ids
    assert len(ids) == 4, "the short poll is told of at its opening only"


@pytest.mark.parametrize(
    ("length_h", "left_h", "is_told"),
    [
        (72, 23.9, True),
        (72, 24.1, False),
        (25, 18.7, True),
        (25, 18.8, False),
        (24, 5.9, True),
        (24, 6.1, False),
        (4, 0.9, True),
        (4, 1.1, False),
        (0.9, 0.1, False),
    ],
)
def test_the_reminder_goes_out_a_day_before_or_at_a_short_polls_last_quarter(db, length_h, left_h, is_told):
    closes_at = now() + timedelta(hours=left_h)
    poll = add_poll(db, opens_at=closes_at - timedelta(hours=length_h), closes_at=closes_at)
    polls.announce(now=now())
    assert (f"poll_closing:{poll}" in campaigns(db)) is is_told


@pytest.mark.parametrize(
    "fields",
    [
        {"state": "draft"},
        {"state": "cancelled"},
        {"opens_at": datetime.now(UTC) + timedelta(hours=1), "state": "scheduled"},
        {"is_hidden": True},
        {"created_by": {"kind": "person", "id": "p"}},
        {"definition": {"title": {"ko": "방"}, "audience": {"kind": "room", "trust": "member"}}},
        {"definition": {"title": {"ko": "현장"}, "audience": {"kind": "on_site", "by": "code", "trust": "member"}}},
    ],
)
def test_nobody_is_told_of(db, fields):
    add_poll(db, **fields)
    polls.announce(now=now())
    assert campaigns(db) == {}


def test_a_profile_poll_reaches_those_whom_the_city_confirmed(db):
    fits = fact_keys({"district": "11440", "birth_year": 2008, "gender": "female", "tags": ["youth"]})
    misses = fact_keys({"district": "11440", "birth_year": 1960, "gender": "female"})
    for person, keys in (("fits", fits), ("misses", misses), ("unknown", [])):
        db.devices.insert_one(
            {
                "_id": person,
                "person_id": person,
                "address": {"value": person},
                "state": "active",
                "trust": "resident",
                "facts_keys": keys,
            }
        )
    audience = {"kind": "profile", "trust": "resident", "districts": ["11440", "11680"], "birth_years": [2005, 2010]}
    poll_id = add_poll(db, audience)
    polls.announce(now=now())
    stored = audiences.from_document(campaigns(db)[f"poll_opened:{poll_id}"]["audience"])
    assert list(planner.ids(stored, after="")) == ["fits"]


def test_a_roll_reaches_the_members_on_it(db):
    poll_id = add_poll(db, {"kind": "list", "trust": "member"})
    db.poll_rolls.insert_many([{"_id": f"{poll_id}:{key}", "poll": poll_id} for key in ("k1", "k2", "k3")])
    db.identifiers.insert_many(
        [
            {"_id": "k1", "person_id": "ann", "state": "active"},
            {"_id": "k2", "person_id": "bob", "state": "released"},
            {"_id": "k4", "person_id": "eve", "state": "active"},
        ]
    )
    polls.announce(now=now())
    assert campaigns(db)[f"poll_opened:{poll_id}"]["audience"]["people"] == ["ann"]


# One person alone rings a few; more phones wait for a colleague


@pytest.fixture
def alone_max(monkeypatch):
    def set_to(count):
        monkeypatch.setattr(alone, "settings", lambda: replace(settings(), push_alone_max=count))

    return set_to


def add_phones(db, count):
    phones = [{"_id": f"d{n}", "address": {"value": f"d{n}"}, "state": "active", "trust": "member"} for n in range(count)]
    db.devices.insert_many(phones)


def test_a_notice_to_the_city_waits_for_a_colleague_of_who_scheduled_the_poll(db, alone_max):
    alone_max(2)
    add_phones(db, 3)
    poll = add_poll(db, created_by={"kind": "staff", "id": "writer"}, scheduled_by="officer")
    opened = f"poll_opened:{poll}"
    polls.announce(now=now())
    assert campaigns(db)[opened]["state"] == "draft"
    services.plan_campaign(opened, now=now())
    assert db.campaign_batches.count_documents({}) == 0
    assert inbox.read(readers.load("ann", "member"), since=None, after=None, limit=10, now=now())[0] == []
    with pytest.raises(errors.NeedsSecondPerson):
        staffed.release(opened, 1, by="officer", now=now())
    assert staffed.devices_of(campaigns(db)[opened]) == 3
    staffed.release(opened, 1, by="colleague", now=now())
    services.plan_campaign(opened, now=now())
    assert db.campaign_batches.find_one()["devices"] == ["d0", "d1", "d2"]


def test_one_release_is_for_all_that_a_poll_tells_and_none_keeps_all_waiting(db, alone_max):
    alone_max(2)
    add_phones(db, 3)
    released, waiting = (add_poll(db, opens_at=now() - timedelta(hours=30), closes_at=now() + timedelta(hours=30)) for _ in "ab")
    later = now() + timedelta(hours=8)
    for poll in (released, waiting):
        polls._start("poll_opened", [db.polls.find_one({"_id": poll})], now=now())
    staffed.release(f"poll_opened:{released}", 1, by="colleague", now=now())
    polls.announce(now=later)
    states = {name: campaign["state"] for name, campaign in campaigns(db).items()}
    assert states[f"poll_closing:{released}"] == "scheduled"
    assert states[f"poll_closing:{waiting}"] == "draft"
    polls.announce(now=now() + timedelta(hours=31))
    assert campaigns(db)[f"poll_closing:{waiting}"]["state"] == "stopped", "what nobody released in time is not told"
    with pytest.raises(errors.CampaignOver):
        staffed.release(f"poll_closing:{waiting}", 1, by="colleague", now=now())


def test_few_phones_are_told_at_once_and_a_waiting_notice_names_a_moved_closing(db, alone_max):
    add_phones(db, 3)
    alone_max(3)
    few = add_poll(db)
    polls.announce(now=now())
    assert campaigns(db)[f"poll_opened:{few}"]["state"] == "scheduled"
    alone_max(0)
    poll = add_poll(db)
    polls.announce(now=now())
    before = campaigns(db)[f"poll_opened:{poll}"]
    db.polls.update_one({"_id": poll}, {"$set": {"closes_at": now() + timedelta(days=5)}})
    polls.announce(now=now())
    after = campaigns(db)[f"poll_opened:{poll}"]
    assert after["state"] == "draft"
    assert after["message"]["ko"]["body"] != before["message"]["ko"]["body"]


def test_a_long_list_waits_in_all_its_parts_and_goes_out_in_all(db, alone_max, monkeypatch):
    alone_max(2)
    monkeypatch.setattr(polls, "PEOPLE_MAX", 2)
    poll = add_poll(db, {"kind": "list", "trust": "member"})
    db.poll_rolls.insert_many([{"_id": f"{poll}:k{n}", "poll": poll} for n in range(3)])
    db.identifiers.insert_many([{"_id": f"k{n}", "person_id": f"p{n}", "state": "active"} for n in range(3)])
    polls.announce(now=now())
    parts = [f"poll_opened:{poll}", f"poll_opened:{poll}:1"]
    assert [campaigns(db)[part]["state"] for part in parts] == ["draft", "draft"]
    staffed.release(parts[0], 1, by="colleague", now=now())
    assert [campaigns(db)[part]["state"] for part in parts] == ["scheduled", "scheduled"]


# Ideas and debates


def happened(db, kind, subject, to, *, at=None, **facts):
    entry = events.entry(kind, subject, at or now(), to=to, **facts)
    db.ideas.update_one({"_id": subject[1]}, {"$push": {"outbox": entry}}, upsert=True)
    events.relay()
    return f"event:{entry['id']}"


def add_idea(db, title="놀이터에 그늘", **fields):
    idea = {"_id": new_id(), "title": title, "visibility": "public", "state": "collecting", "outbox": [], **fields}
    db.ideas.insert_one(idea)
    return idea["_id"]


def follow(db, idea_id, *people):
    db.follows.insert_many([{"_id": f"{idea_id}:{person}", "person_id": person, "at": now()} for person in people])


def test_followers_hear_of_a_step_and_a_reply_reaches_its_person(db):
    idea, other = add_idea(db), add_idea(db)
    follow(db, idea, "ann", "bob")
    follow(db, other, "eve")
    moved = happened(db, "idea_moved", ("idea", idea), ("followers", idea), event="advance", state="reviewing")
    debate = new_id()
    reply = new_id()
    replied = happened(db, "replied_to_you", ("comment", reply), ("person", "ann"), debate_id=debate)
    of_old = happened(db, "replied_to_you", ("comment", new_id()), ("person", "ann"))
    happened(db, "reply_due", ("idea", idea), ("department", "parks"))
    for _ in range(2):
        proposals.announce(now=now())
    found = campaigns(db)
    assert set(found) == {moved, replied, of_old}
    assert (found[replied]["link"], found[of_old]["link"]) == (f"/debates/{debate}/comments/{reply}", "/inbox")
    assert found[moved]["audience"]["people"] == ["ann", "bob"]
    assert found[moved]["message"]["ko"]["body"] == "놀이터에 그늘 · 담당 부서가 검토하고 있습니다."
    assert found[replied]["audience"]["people"] == ["ann"]


def test_more_followers_than_one_campaign_names_are_told_in_parts(db, monkeypatch):
    monkeypatch.setattr(proposals, "PEOPLE_MAX", 2)
    idea = add_idea(db, to_threshold=2, ranked_missing=2, endorsement_count=48, closes_at=now() + timedelta(days=3))
    follow(db, idea, "ann", "bob", "eve")
    moved = happened(db, "idea_moved", ("idea", idea), ("followers", idea), event="advance", state="reviewing")
    proposals.announce(now=now())
    proposals.announce_near(now=now())
    for name in (moved, f"near:{idea}:50"):
        told = [campaigns(db)[part]["audience"]["people"] for part in (name, f"{name}:1")]
        assert told == [["ann", "bob"], ["eve"]]


def test_a_sweep_that_died_before_its_bookmark_repeats_without_a_second_message(db):
    idea = add_idea(db)
    follow(db, idea, "ann")
    happened(db, "milestone_added", ("idea", idea), ("followers", idea), percent=40)
    proposals.announce(now=now())
    db.announcement_bookmarks.delete_many({})
    proposals.announce(now=now())
    assert len(campaigns(db)) == 1


def test_old_events_are_passed_over_and_hidden_ideas_never_named(db):
    idea, hidden = add_idea(db), add_idea(db, visibility="hidden")
    follow(db, idea, "ann")
    follow(db, hidden, "ann")
    happened(db, "idea_moved", ("idea", idea), ("followers", idea), at=now() - timedelta(days=3), state="reviewing")
    happened(db, "idea_moved", ("idea", hidden), ("followers", hidden), state="reviewing")
    proposals.announce(now=now())
    assert campaigns(db) == {}


def test_what_is_hidden_later_leaves_every_inbox_and_is_not_sent(db):
    idea = add_idea(db)
    follow(db, idea, "ann")
    moved = happened(db, "idea_moved", ("idea", idea), ("followers", idea), state="reviewing")
    proposals.announce(now=now())
    ann = readers.load("ann", "member")
    assert [item["_id"] for item in inbox.read(ann, since=None, after=None, limit=10, now=now())[0]] == [moved]
    hidden = happened(db, "text_hidden", ("idea", idea), ("person", "author"), reason={"ko": "광고"}, case_id="case")
    proposals.announce(now=now())
    assert inbox.read(ann, since=None, after=None, limit=10, now=now())[0] == []
    assert campaigns(db)[moved]["state"] == "stopped"
    assert campaigns(db)[hidden]["kind"] == "account"


@pytest.mark.parametrize("what", ["text_held", "text_hidden", "text_kept", "appeal_upheld"])
def test_what_moderation_did_is_told_to_the_author_with_the_way_to_appeal(db, what):
    comment = new_id()
    happened(db, what, ("comment", comment), ("person", "author"))
    proposals.announce(now=now())
    (told,) = campaigns(db).values()
    assert (told["audience"]["people"], told["link"]) == (["author"], f"/moderation/comment:{comment}")
    assert told["kind"] == "account"


def test_followers_hear_once_that_only_a_few_are_missing(db):
    close = add_idea(db, to_threshold=2, ranked_missing=2, endorsement_count=48)
    far = add_idea(db, to_threshold=30, ranked_missing=30, endorsement_count=20)
    db.ideas.update_many({}, {"$set": {"closes_at": now() + timedelta(days=3)}})
    for idea in (close, far):
        follow(db, idea, "ann")
    for _ in range(2):
        proposals.announce_near(now=now())
    db.ideas.update_one({"_id": close}, {"$inc": {"to_threshold": -1, "endorsement_count": 1}})
    proposals.announce_near(now=now())
    assert set(campaigns(db)) == {f"near:{close}:50"}
    assert "2명만 더" in campaigns(db)[f"near:{close}:50"]["message"]["ko"]["body"]


def test_nobody_is_passed_over_when_many_ideas_are_near(db):
    count = proposals.NEAR_AT_ONCE + 5
    for number in range(count):
        missing = 1 if number < proposals.NEAR_AT_ONCE else 3
        idea = add_idea(db, to_threshold=missing, ranked_missing=missing, endorsement_count=50 - missing)
        follow(db, idea, "ann")
    db.ideas.update_many({}, {"$set": {"closes_at": now() + timedelta(days=3)}})
    proposals.announce_near(now=now())
    assert len(campaigns(db)) == count


def test_everything_told_fits_a_push(db):
    longest = {"title": "가" * 200, "closes": "나" * 80, "stage": "다" * 200, "missing": "3"}
    for template in services_templates():
        message = template.render({name: longest[name] for name in template.fields()})
        services.start_campaign(
            "news", Audience(everyone=True), message, campaign_id=new_id(), expires_at=now() + timedelta(days=1), now=now()
        )


def services_templates():
    from notifications.templates.builtin import TEMPLATES

    return TEMPLATES.values()


def test_a_moved_closing_gets_a_reminder_of_its_own_and_the_old_one_stops(db):
    """The reminder of the old closing is stopped; near the new one everybody is told anew, in the old one's place."""
    near = {"opens_at": now() - timedelta(days=3), "closes_at": now() + timedelta(hours=20)}
    poll = add_poll(db, **near)
    polls.announce(now=now())
    first = campaigns(db)[f"poll_closing:{poll}"]
    later = now() + timedelta(days=5)
    moved = {"kind": "extended", "at": now(), "closes_at": later, "reason": "비"}
    db.polls.update_one({"_id": poll}, {"$set": {"closes_at": later}, "$push": {"changes": moved}})
    polls.announce(now=now())
    assert campaigns(db)[first["_id"]]["state"] == "stopped"
    assert set(campaigns(db)) == {first["_id"]}, "the new closing is far"
    polls.announce(now=later - timedelta(hours=23))
    second = campaigns(db)[f"poll_closing:{poll}@1"]
    assert (second["message_id"], second["revision"]) == (first["message_id"], 2)
    assert abs(second["expires_at"] - later) < timedelta(seconds=1)
    assert second["message"]["ko"]["body"] != first["message"]["ko"]["body"]


def test_what_is_unsent_about_an_opening_names_the_new_closing_or_stops(db):
    poll, gone = add_poll(db), add_poll(db)
    polls.announce(now=now())
    later = now() + timedelta(days=5)
    db.polls.update_one({"_id": poll}, {"$set": {"closes_at": later}})
    db.polls.update_one({"_id": gone}, {"$set": {"state": "cancelled"}})
    before = campaigns(db)[f"poll_opened:{poll}"]
    polls.announce(now=now())
    after = campaigns(db)[f"poll_opened:{poll}"]
    assert after["state"] == before["state"]
    assert after["expires_at"] > before["expires_at"] + timedelta(days=3)
    assert after["message"]["ko"]["body"] != before["message"]["ko"]["body"]
    assert campaigns(db)[f"poll_opened:{gone}"]["state"] == "stopped"
