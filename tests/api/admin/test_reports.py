"""Reports: counted in the background, small groups hidden, each table as a file; and when the sweeps last ran."""

import csv
import io
from datetime import timedelta

import pytest

from admin import figures
from mvoting.accounts import residents
from mvoting.core import runs
from mvoting.core.clock import now
from mvoting.core.figures import kept
from mvoting.core.ids import new_id, random_id
from proposals import participation
from proposals.moderation import services as moderation

COLLECTIONS = (
    "figures",
    "persons",
    "ideas",
    "idea_endorsements",
    "debate_participants",
    "moderation_cases",
    "polls",
    "task_runs",
)


@pytest.fixture(autouse=True)
def empty(db):
    for name in COLLECTIONS:
        db[name].delete_many({})
    yield
    db.figures.delete_many({})


def people(db, count, district="11440", age=34):
    """Store residents. Returns: their ids."""
    facts = {"district": district, "birth_year": now().year - age, "gender": None}
    keys = residents.fact_keys(facts)
    found = [random_id() for _ in range(count)]
    common = {"state": "active", "trust": "resident", "created_at": now(), "facts_keys": keys}
    db.persons.insert_many({"_id": person_id, **common} for person_id in found)
    return found


def endorse(db, ids, at=None):
    db.idea_endorsements.insert_many({"_id": f"{new_id()}:{one}", "person_id": one, "at": at or now()} for one in ids)


def table(browser, name, **query):
    answer = browser("auditor").get("/admin/reports", query_string={"as": "csv", "table": name, **query})
    assert answer.status_code == 200
    return list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))


def test_residents_are_counted_by_district_and_age_and_small_groups_are_hidden(browser, db):
    people(db, 30)
    people(db, 12, age=75)
    people(db, 11, age=55)
    people(db, 4, age=19)
    people(db, 20, district="11110", age=19)
    people(db, 15, district="11110", age=55)
    figures.refresh(now=now())
    row = next(row for row in table(browser, "residents") if row[0] == "11440")
    assert row[2:] == ["", "0", "30", "0", "", "0", "10"], "four people, and the eleven by whom they could be computed"
    other = next(row for row in table(browser, "residents") if row[0] == "11110")
    assert other[2:] == ["", "0", "0", "0", "", "0", "0"], "from the city's totals as well"
    assert residents.count_by_district(["11440", "11110", "11140"]) == {"11440": 57, "11110": 35, "11140": 0}
    page = browser("auditor").text("/admin/reports")
    assert "57" in page
    assert "<svg" in page


def test_a_person_counts_once_a_month_and_a_past_month_stays_as_it_was(browser, db):
    crowd = people(db, 40)
    endorse(db, crowd)
    endorse(db, crowd[:5])
    last_month = now().replace(day=1) - timedelta(days=3)
    endorse(db, crowd[:25], at=last_month)
    db.debate_participants.insert_many({"_id": f"d:{one}", "person_id": one, "at": now()} for one in crowd[:3])
    figures.refresh(now=now())
    months = kept(participation.FIGURE)["value"]
    this, past = months[f"{now():%Y-%m}"], months[f"{last_month:%Y-%m}"]
    assert (this["people"], this["acts"]) == (40, {"ideas": 0, "endorsements": 45, "debaters": 3})
    assert past["people"] == 25
    db.idea_endorsements.delete_many({})
    figures.refresh(now=now())
    months = kept(participation.FIGURE)["value"]
    assert months[f"{last_month:%Y-%m}"]["people"] == 25
    assert months[f"{now():%Y-%m}"]["people"] == 3
    period = f"{last_month:%Y-%m}"
    row = next(row for row in table(browser, "participation", period=period) if row[0] == "11440")
    assert "20" in row
    assert table(browser, "months")[-2][1] == "25"


def test_a_small_month_is_not_told_by_the_year_and_the_other_months(browser, db):
    crowd, last_month = people(db, 40), now().replace(day=1) - timedelta(days=3)
    endorse(db, crowd[:37])
    endorse(db, crowd[:3], at=last_month)
    figures.refresh(now=now())
    this, past, year = (
        next(row for row in table(browser, "participation", period=period) if row[0] == "11440")[4]
        for period in (f"{now():%Y-%m}", f"{last_month:%Y-%m}", "")
    )
    assert (this, past, year) == ("30", "", "40")


def test_nobody_is_told_by_the_tables_of_yesterday_and_today(browser, db):
    people(db, 33)
    figures.refresh(now=now())
    before = table(browser, "residents")
    people(db, 1)
    figures.refresh(now=now())
    assert table(browser, "residents") == before


def test_moderation_is_told_with_its_appeals(browser, db):
    for number in range(3):
        idea, author = new_id(), random_id()
        db.ideas.insert_one({"_id": idea, "title": "x", "body": "y", "visibility": "public", "author_id": author, "version": 1})
        moderation.report("idea", idea, random_id(), moderation.Reason.SPAM, "", now=now() - timedelta(minutes=30))
        if number < 2:
            moderation.decide(f"idea:{idea}", "hide", "광고", "one", now=now())
            moderation.appeal("idea", idea, author, "아닙니다", now=now())
        if number < 1:
            moderation.decide_appeal(f"idea:{idea}", "reversed", "맞습니다", "another", now=now())
    figures.refresh(now=now())
    head, *_, row = table(browser, "moderation")
    told = dict(zip(head, row, strict=True))
    assert told == {
        "달": f"{now() - timedelta(minutes=30):%Y-%m}",
        "접수": "3",
        "대기": "1",
        "숨김": "1",
        "그대로 둠": "1",
        "결정까지 걸린 시간의 중앙값": "0.5",
        "이의 신청": "2",
        "받아들임": "1",
        "결정 유지": "0",
        "이의 대기": "1",
    }


def test_departments_are_listed_with_their_median_days(browser, db):
    at = now()
    promise = {"kind": "department_reply", "department": "푸른도시여가국", "made_at": at - timedelta(days=9)}
    promise |= {"due_at": at, "kept_at": at - timedelta(days=2)}
    db.ideas.insert_one({"_id": new_id(), "title": "x", "visibility": "public", "promises": [promise], "state": "done"})
    figures.refresh(now=at)
    assert table(browser, "departments")[1] == ["푸른도시여가국", "1", "1", "0", "0", "7.0"]
    assert "푸른도시여가국" in browser("administrator").text("/admin/reports")


@pytest.mark.parametrize("query", [{"as": "csv", "table": "persons"}, {"as": "exe"}])
def test_other_tables_and_formats_are_refused(browser, query):
    assert browser("auditor").get("/admin/reports", query_string=query).status_code == 404


def test_the_system_page_tells_which_sweeps_ran_which_are_late_and_which_failed(browser, db, monkeypatch):
    monkeypatch.setattr(runs, "_noted", {})
    runs.note("voting.tally_polls", took_s=0.25)
    runs.note("voting.tally_polls", took_s=0.5)
    runs.note("feeds.poll", took_s=1.0, failure="TimeoutError")
    db.task_runs.insert_one({"_id": "voting.sequence_boards", "at": now() - timedelta(hours=1), "took_s": 0.1})
    assert runs.last_runs()["voting.tally_polls"]["took_s"] == 0.25, "noted at most every ten seconds"
    page = browser("administrator").text("/admin/system")
    for word in ("voting.tally_polls", "TimeoutError", "1시간 전"):
        assert word in page
    begun = runs.watched_since(runs.last_runs())
    assert begun is not None
    assert not runs.is_late({"at": now()}, 2.0, since=begun, now=now())
    assert runs.is_late({"at": now() - timedelta(minutes=2)}, 2.0, since=begun, now=now())
    assert runs.is_late(None, 2.0, since=begun, now=now() + timedelta(minutes=2))
    assert not runs.is_late(None, 3600.0, since=begun, now=now()), "not due yet"
    assert runs.is_late(None, 3600.0, since=None, now=now()), "no worker ever ran"
