"""Turnout by the hour: coarse, never below the smallest batch, never less than before."""

from datetime import timedelta

from mvoting.core.clock import now
from mvoting.voting.board import sequencer, tasks, turnout


def cast_some(cast, poll, ballot_body, count):
    for _ in range(count):
        assert cast(poll, ballot_body(poll)).status_code == 200


def test_ballots_are_noted_once_a_batch_is_full(cast, make_poll, ballot_body, db):
    poll = make_poll(k=2)
    cast_some(cast, poll, ballot_body, 1)
    tasks.sequence_boards()
    assert turnout.by_hour(poll[0]) == [], "fewer than the smallest batch show nothing"
    cast_some(cast, poll, ballot_body, 5)
    tasks.sequence_boards()
    (point,) = turnout.by_hour(poll[0])
    assert point["ballots"] == 4, "two stay behind for the next batch"
    assert (point["hour"].minute, point["hour"].second, point["hour"].microsecond) == (0, 0, 0)
    assert set(db.poll_turnouts.find_one({"poll": poll[0]})) == {"_id", "poll", "hour", "ballots"}


def test_a_later_hour_is_another_point_and_a_late_note_takes_nothing_back(cast, make_poll, ballot_body, db):
    poll, at = make_poll(k=2), now()
    cast_some(cast, poll, ballot_body, 4)
    sequencer.sequence(poll[0])
    turnout.note(poll[0], now=at)
    db.poll_turnouts.update_one({"poll": poll[0]}, {"$set": {"ballots": 9}})
    turnout.note(poll[0], now=at)
    turnout.note(poll[0], now=at + timedelta(hours=1))
    assert [point["ballots"] for point in turnout.by_hour(poll[0])] == [9, 2]


def test_reading_it_scans_nothing(db):
    plan = db.poll_turnouts.find({"poll": "p"}).sort("hour", 1).explain()["queryPlanner"]["winningPlan"]
    assert "COLLSCAN" not in str(plan)
    assert "SORT" not in str(plan).replace("SORT_KEY", "")
