"""Polls and casts for the tests of voting."""

import secrets
from datetime import timedelta

import pytest

from mvoting.core.clock import now
from mvoting.voting.board import sequencer
from mvoting.voting.polls import services as polls
from mvoting.voting.polls.definition import definition_hash

QUESTION = {"id": "q1", "title": {"ko": "심야버스"}, "method": "plurality", "seats": 1}
QUESTION["options"] = [{"id": f"o{n}", "title": {"ko": f"{n}번"}} for n in (1, 2, 3)]


@pytest.fixture
def make_poll(db):
    def make(*, opens_in=-60.0, closes_in=3600.0, state="open", room_password="", **changes):
        content = {"title": {"ko": "투표"}, "secrecy": "open", "figures": "live", "changeable": True, "k": 20}
        dealt = changes.pop("sealing", None)
        content |= {"audience": {"kind": "everyone"}, "questions": [QUESTION], **changes}
        at = now()
        by = {"kind": "staff", "id": "s"}
        if dealt:  # the key belongs to a poll id, so the definition is completed once there is one
            content |= {"sealing": None}
        poll = polls.create_poll(
            content, at + timedelta(seconds=opens_in - 10), at + timedelta(days=1), by, now=at, room_password=room_password
        )
        if dealt:
            definition = {**poll["definition"], "sealing": dealt(poll["_id"])}
            poll |= {"definition": definition, "definition_hash": definition_hash(definition)}
        times = {"opens_at": at + timedelta(seconds=opens_in), "closes_at": at + timedelta(seconds=closes_in)}
        db.polls.update_one({"_id": poll["_id"]}, {"$set": {**poll, "state": state, **times}})
        return poll["_id"], poll["definition_hash"]

    return make


@pytest.fixture
def poll(make_poll):
    return make_poll()


def body_of(poll, option="o1", *, revision=0, **changes):
    body = {"definition_hash": poll[1], "revision": revision, "cast_id": secrets.token_hex(16), "nonce": secrets.token_hex(16)}
    return {**body, "choices": {"q1": [option]}, **changes}


@pytest.fixture
def ballot_body():
    """Make the body of a cast: `ballot_body(poll, "o2", revision=1)`."""
    return body_of


@pytest.fixture
def cast(client, person_headers):
    def put(poll, body, headers=None):
        return client.put(f"/v1/polls/{poll[0]}/ballot", json=body, headers=headers or person_headers())

    return put


@pytest.fixture
def close(db):
    def go(poll):
        closed = now() - sequencer.GRACE - timedelta(seconds=1)
        db.polls.update_one({"_id": poll[0]}, {"$set": {"closes_at": closed, "ended_at": closed, "state": "closed"}})
        polls.forget_facts()
        sequencer.sequence(poll[0])
        polls.forget_facts()

    return go
