"""Makers of ideas and debates, straight through the services."""

from datetime import timedelta

import pytest

from mvoting.core.clock import now
from mvoting.core.ids import new_id, random_id

TITLE, BODY = "놀이터에 그늘막을 설치해 주세요", "여름이면 놀이터가 너무 뜨거워서 놀 수 없습니다."


@pytest.fixture
def make_idea(app):
    """Raise an idea: `make_idea(programme_id="oasis")`."""
    from proposals.ideas.services import writing

    def make(author=None, *, at=None, **content):
        content = {"title": TITLE, "body": BODY, "programme_id": "democracy-seoul", **content}
        return writing.raise_idea(content, author or random_id(), now=at or now())

    return make


@pytest.fixture
def make_debate(app):
    """Open a debate for a week: `make_debate(sides="none")`."""
    from proposals.debates import services

    def make(author=None, *, at=None, **content):
        at = at or now()
        content = {
            "title": "심야버스를 늘려야 할까요?",
            "body": "배차 간격이 너무 깁니다.",
            "sides": "sides",
            "closes_at": at + timedelta(days=7),
            **content,
        }
        return services.open_debate(content, now=at, author_id=author or random_id())

    return make


@pytest.fixture
def endorse_many(app):
    """Endorse an idea as that many new people."""
    from proposals.ideas.services import endorsing

    def endorse(idea_id, count, *, at=None):
        people = [random_id() for _ in range(count)]
        for person in people:
            endorsing.endorse(idea_id, person, now=at or now())
        return people

    return endorse


@pytest.fixture
def officer_of(app, db, staff_headers):
    """Give headers of a department officer who speaks for departments: `officer_of("교통실")`."""

    def make(*departments):
        officer = new_id()
        for name in departments:
            change = {"$addToSet": {"officer_ids": officer}, "$inc": {"version": 1}}
            db.idea_departments.update_one({"_id": name}, change, upsert=True)
        return staff_headers("department_officer", staff_id=officer)

    return make


@pytest.fixture
def events_about(app, db):
    """Relay, then list the kinds of events about a subject, in order."""
    from proposals import events

    def about(subject_id, kind=None):
        events.relay()
        found = db.proposal_events.find({"subject.id": subject_id}).sort("position", 1)
        return [event for event in found if kind in (None, event["kind"])]

    return about
