"""What one member of staff rings alone: so many in 24 hours, however many polls they are spread over; then a second person."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from mvoting.accounts.residents import fact_keys
from mvoting.core.clock import now
from notifications.announcements import polls
from notifications.campaigns import errors
from notifications.campaigns import staff as staffed
from tests.integration.test_announcements import add_poll, alone_max, campaigns, clean  # noqa: F401

DISTRICTS = ("11440", "11680", "11110", "11140")


def add_neighbours(db, district, count):
    keys = fact_keys({"district": district})
    resident = {"state": "active", "trust": "resident", "facts_keys": keys}
    db.devices.insert_many(
        [{"_id": f"{district}-{n}", "address": {"value": f"{district}-{n}"}, **resident} for n in range(count)]
    )


def add_district_poll(db, district, officer="officer", **fields):
    audience = {"kind": "profile", "trust": "resident", "districts": [district]}
    return add_poll(db, audience, scheduled_by=officer, **fields)


def state_of(db, poll, kind="poll_opened"):
    polls.announce(now=now())
    return campaigns(db)[f"{kind}:{poll}"]["state"]


def test_polls_by_district_that_add_up_to_many_wait_for_a_second_person(db, alone_max):  # noqa: F811
    alone_max(5)
    for district in DISTRICTS:
        add_neighbours(db, district, 2)
    first, second, third = (add_district_poll(db, district) for district in DISTRICTS[:3])
    states = sorted(state_of(db, poll) for poll in (first, second, third))
    assert states == ["draft", "scheduled", "scheduled"]
    assert state_of(db, add_district_poll(db, DISTRICTS[3], "another officer")) == "scheduled", "each has a window of their own"
    waiting = next(poll for poll in (first, second, third) if state_of(db, poll) == "draft")
    with pytest.raises(errors.NeedsSecondPerson):
        staffed.release(f"poll_opened:{waiting}", 1, by="officer", now=now())
    assert staffed.release(f"poll_opened:{waiting}", 1, by="colleague", now=now())["state"] == "scheduled"
    assert state_of(db, add_district_poll(db, DISTRICTS[3])) == "draft", "what a colleague released opens nothing for the next"


def test_lists_that_add_up_to_many_wait_for_a_second_person(db, alone_max):  # noqa: F811
    alone_max(5)
    db.identifiers.insert_many([{"_id": f"k{n}", "person_id": f"p{n}", "state": "active"} for n in range(3)])
    made = []
    for _ in range(2):
        made.append(add_poll(db, {"kind": "list", "trust": "member"}, scheduled_by="officer"))
        db.poll_rolls.insert_many([{"_id": f"{made[-1]}:k{n}", "poll": made[-1]} for n in range(3)])
    assert [state_of(db, poll) for poll in made] == ["scheduled", "draft"]


def test_a_day_later_the_next_poll_rings_again(db, alone_max):  # noqa: F811
    alone_max(3)
    add_neighbours(db, DISTRICTS[0], 2)
    assert state_of(db, add_district_poll(db, DISTRICTS[0])) == "scheduled"
    assert state_of(db, add_district_poll(db, DISTRICTS[0])) == "draft"
    db.push_alone.update_one({"_id": "officer"}, {"$set": {"rung.0.at": now() - timedelta(hours=23, minutes=59)}})
    assert state_of(db, add_district_poll(db, DISTRICTS[0])) == "draft"
    db.push_alone.update_one({"_id": "officer"}, {"$set": {"rung.0.at": now() - timedelta(hours=24, minutes=1)}})
    assert state_of(db, add_district_poll(db, DISTRICTS[0])) == "scheduled"


def test_one_polls_opening_reminder_and_result_count_once_but_each_moved_reminder_again(db, alone_max):  # noqa: F811
    alone_max(3)
    add_neighbours(db, DISTRICTS[0], 2)
    poll = add_district_poll(db, DISTRICTS[0], opens_at=now() - timedelta(hours=23), closes_at=now() + timedelta(hours=2))
    assert (state_of(db, poll), state_of(db, poll, "poll_closing")) == ("scheduled", "scheduled")
    db.polls.update_one({"_id": poll}, {"$set": {"closes_at": now() + timedelta(hours=3), "changes": [{}]}})
    polls.announce(now=now())
    assert campaigns(db)[f"poll_closing:{poll}@1"]["state"] == "draft"
    db.polls.update_one({"_id": poll}, {"$set": {"state": "published", "published_at": now(), "closes_at": now()}})
    assert state_of(db, poll, "poll_result") == "scheduled"


def test_sweeps_at_the_same_moment_let_nobody_past(db, alone_max):  # noqa: F811
    alone_max(5)
    add_neighbours(db, DISTRICTS[0], 2)
    made = [add_district_poll(db, DISTRICTS[0]) for _ in range(6)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: polls.announce(now=now()), range(4)))
    states = [campaigns(db)[f"poll_opened:{poll}"]["state"] for poll in made]
    assert states.count("scheduled") == 2


def test_a_sweep_that_died_between_counting_and_storing_is_finished_by_the_next(db, alone_max, monkeypatch):  # noqa: F811
    alone_max(3)
    add_neighbours(db, DISTRICTS[0], 2)
    poll = add_district_poll(db, DISTRICTS[0])
    with monkeypatch.context() as dying:
        dying.setattr(polls, "_start_one", lambda *_, **__: (_ for _ in ()).throw(SystemExit))
        with pytest.raises(SystemExit):
            polls.announce(now=now())
    assert state_of(db, poll) == "scheduled"


@pytest.mark.parametrize(("language", "said"), [("ko", "24시간에 3명"), ("en", "3 people in 24 hours")])
def test_who_scheduled_it_reads_why_it_waits(client, staff_headers, db, alone_max, language, said):  # noqa: F811
    alone_max(3)
    add_neighbours(db, DISTRICTS[0], 4)
    poll = add_district_poll(db, DISTRICTS[0])
    assert state_of(db, poll) == "draft"
    by = {**staff_headers("poll_officer", staff_id="officer"), "If-Match": '"1"', "Accept-Language": language}
    refused = client.post(f"/v1/staff/campaigns/poll_opened:{poll}/release", headers=by)
    assert (refused.status_code, refused.json["code"]) == (403, "notifications.too-many-alone")
    assert said in refused.json["title"]
