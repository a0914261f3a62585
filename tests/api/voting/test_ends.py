"""The end of a poll, while somebody sleeps: whatever a process was told before it fell asleep, nothing acknowledged is lost."""

from dataclasses import replace
from datetime import timedelta

import pytest

from mvoting.core.clock import now
from mvoting.core.ids import random_id
from mvoting.voting import one_person
from mvoting.voting.ballots import services as ballots
from mvoting.voting.board import sequencer, services
from mvoting.voting.polls import services as polls
from mvoting.voting.polls.errors import PollClosed
from mvoting.voting.polls.services import store

SECOND = timedelta(seconds=1)
LONG_AGO = sequencer.GRACE + SECOND


def set_poll(db, poll, **fields):
    db.polls.update_one({"_id": poll[0]}, {"$set": fields})


def is_writable(cast, poll, body):
    polls.forget_facts()
    return cast(poll, body).status_code == 200


def test_a_sequencer_that_slept_through_an_extension_does_not_finish_the_board(db, poll, cast, ballot_body, monkeypatch):
    """It was told the old end, slept, and wakes up after that: the poll is still open."""
    set_poll(db, poll, closes_at=now() - LONG_AGO)
    polls.forget_facts()
    told = polls.poll_facts(poll[0])
    monkeypatch.setattr(sequencer.polls, "poll_facts", lambda poll_id: told)
    set_poll(db, poll, closes_at=now() + timedelta(hours=1))
    sequencer.sequence(poll[0])
    assert not services.is_final(poll[0])
    monkeypatch.undo()
    assert is_writable(cast, poll, ballot_body(poll))


def test_an_end_that_the_board_relies_on_cannot_be_moved_any_more(db, poll):
    """An extension judged in time, written late: either the board has not begun to end, or the extension is refused."""
    set_poll(db, poll, closes_at=now() + 5 * SECOND)
    later, seen = now() + timedelta(hours=1), polls.poll_document(poll[0])
    set_poll(db, poll, closes_at=now() - LONG_AGO)
    sequencer.sequence(poll[0])
    expected = {"state": {"$in": ["scheduled", "open"]}, "version": seen["version"]}
    assert polls.change_poll(poll[0], expected, {"$set": {"closes_at": later}}, act="extend", staff_id=None) is None
    assert db.polls.find_one({"_id": poll[0]})["closes_at"] < now()


def test_the_board_waits_from_the_moment_at_which_every_process_is_told_of_the_end(db, poll):
    set_poll(db, poll, closes_at=now() - timedelta(minutes=5))
    polls.forget_facts()
    sequencer.sequence(poll[0])
    assert not services.is_final(poll[0])
    ended = db.polls.find_one({"_id": poll[0]})
    assert ended["state"] == "closed"
    assert now() - ended["ended_at"] < timedelta(seconds=30)
    set_poll(db, poll, ended_at=now() - LONG_AGO)
    sequencer.sequence(poll[0])
    assert services.is_final(poll[0])


@pytest.mark.parametrize("end", ["closed early", "cancelled"])
def test_a_cast_that_slept_while_the_end_was_moved_is_not_acknowledged(db, poll, cast, ballot_body, monkeypatch, end):
    """The request knows an open poll, sleeps, and writes when the final head is signed."""
    told = polls.poll_facts(poll[0])
    early = {"closes_at": now() - LONG_AGO, "state": "closed"}
    cancelled = {"state": "cancelled", "cancelled_at": now() - LONG_AGO, "cancel_reason": "?"}
    set_poll(db, poll, ended_at=now() - LONG_AGO, **(early if end == "closed early" else cancelled))
    polls.forget_facts()
    sequencer.sequence(poll[0])
    assert services.is_final(poll[0])

    asleep(monkeypatch, told, store.FACTS_GOOD_FOR + SECOND)
    answer = cast(poll, ballot_body(poll))
    assert answer.status_code == 409, answer.text
    assert answer.get_json()["code"] == ("voting.poll-closed" if end == "closed early" else "voting.poll-cancelled")
    assert db.ballots.count_documents({"poll": poll[0]}) == 0


def test_a_cast_that_slept_in_an_open_poll_asks_again_and_is_taken(db, poll, cast, ballot_body, monkeypatch):
    asleep(monkeypatch, polls.poll_facts(poll[0]), timedelta(minutes=1))
    assert cast(poll, ballot_body(poll)).status_code == 200
    assert db.ballots.count_documents({"poll": poll[0]}) == 1


def test_a_withdrawal_is_on_the_board_or_refused(db, poll, cast, ballot_body, person_headers, close, monkeypatch):
    """Staff withdraw a ballot at the moment at which the last ones are drawn: it must not be told as done and counted."""
    cast(poll, ballot_body(poll), person_headers("somebody"))
    draw, outcomes = sequencer.entries.draw, []

    def meanwhile(*args, **kwargs):
        monkeypatch.setattr(sequencer.entries, "draw", draw)
        with pytest.raises(PollClosed):
            ballots.withdraw_ballot(poll[0], "somebody", {"ko": "?"}, staff_id=None)
        outcomes.append("refused")
        return draw(*args, **kwargs)

    monkeypatch.setattr(sequencer.entries, "draw", meanwhile)
    close(poll)
    assert outcomes == ["refused"]
    assert len(list(services.iter_contents(poll[0]))) == 1
    assert db.ballots.count_documents({"poll": poll[0], "pending": True}) == 0


def merged(db, at):
    merger = {"_id": random_id(), "kept": "kept", "dropped": "dropped", "at": at, "due": ["voting"]}
    db.mergers.insert_one(merger)
    return merger["_id"]


@pytest.fixture
def joined_lately(db, poll):
    """Two accounts of one person are joined five seconds before a poll ends. Returns: how to let so many seconds pass."""
    db.polls.delete_many({"_id": {"$ne": poll[0]}})  # others that ended lately would keep the merger open as well
    ended = now() - timedelta(seconds=5)
    set_poll(db, poll, closes_at=ended, state="closed", ended_at=ended)
    merger = merged(db, ended - 5 * SECOND)

    def go(seconds):
        by = timedelta(seconds=seconds)
        for name in ("closes_at", "ended_at"):
            set_poll(db, poll, **{name: db.polls.find_one({"_id": poll[0]})[name] - by})
        at = db.mergers.find_one({"_id": merger})["at"]
        db.mergers.update_one({"_id": merger}, {"$set": {"at": at - by}})
        polls.forget_facts()

    yield go
    db.mergers.delete_many({})


@pytest.mark.parametrize("who", [("kept", "dropped"), ("dropped",)])
def test_people_who_were_joined_just_before_the_end_have_one_ballot(
    db, poll, cast, ballot_body, person_headers, joined_lately, who
):
    set_poll(db, poll, closes_at=now() + timedelta(hours=1), state="open")
    polls.forget_facts()
    for name in who:
        assert cast(poll, ballot_body(poll), person_headers(name)).status_code == 200
    ended = now() - timedelta(seconds=5)
    set_poll(db, poll, closes_at=ended, state="closed", ended_at=ended)
    polls.forget_facts()
    one_person.keep_one_person()
    joined_lately(1)
    sequencer.sequence(poll[0])
    assert not services.is_final(poll[0]), "one of the ballots is still to be withdrawn"
    joined_lately(9)
    one_person.keep_one_person()
    sequencer.sequence(poll[0])
    assert services.is_final(poll[0])
    assert len(list(services.iter_contents(poll[0]))) == 1


def test_a_merger_that_nobody_finishes_holds_up_no_poll_for_ever(poll, joined_lately):
    joined_lately(30)
    sequencer.sequence(poll[0])
    assert not services.is_final(poll[0])
    joined_lately(60)
    sequencer.sequence(poll[0])
    assert services.is_final(poll[0])


def asleep(monkeypatch, told, by):
    """Let the next cast have been told the facts so long ago; asked again it hears the present ones."""
    first = [replace(told, known_until=told.known_until - by)]
    monkeypatch.setattr(ballots.polls, "poll_facts", lambda poll_id: first.pop() if first else store.poll_facts(poll_id))


def test_facts_carry_the_database_s_moment_until_which_they_are_good(poll):
    polls.forget_facts()
    facts = polls.poll_facts(poll[0])
    assert abs(facts.known_until - store.FACTS_GOOD_FOR - now()) < 5 * SECOND
