"""From a closed poll to its published result: once, whatever dies, and not a figure before."""

import threading
from datetime import timedelta

import pytest

from mvoting.core.clock import now
from mvoting.core.lease import Lease
from mvoting.voting.board import sequencer
from mvoting.voting.board import services as board
from mvoting.voting.board.errors import TieSeedRefused
from mvoting.voting.board.ties import SEED_AWAITED, tie_commitment
from mvoting.voting.polls import services as polls
from mvoting.voting.tally import services


@pytest.fixture
def closed_poll(make_poll, cast, ballot_body, db):
    """A poll of 25 ballots, 15 for o1 and 10 for o2, that has closed and is wholly on its board."""

    def make(**changes):
        poll = make_poll(**changes)
        for option, times in (("o1", 15), ("o2", 10)):
            for _ in range(times):
                assert cast(poll, ballot_body(poll, option)).status_code == 200
        end(poll, db)
        return poll

    return make


def end(poll, db):
    closed = now() - sequencer.GRACE - timedelta(seconds=1)
    db.polls.update_one({"_id": poll[0]}, {"$set": {"closes_at": closed, "ended_at": closed, "state": "closed"}})
    polls.forget_facts()
    sequencer.sequence(poll[0])
    polls.forget_facts()


def results_on_board(poll, db):
    entries = [entry for batch in db.board_batches.find({"poll": poll[0]}) for entry in batch["entries"]]
    return sum(entry.get("record", {}).get("type") == "result" for entry in entries)


def test_a_closed_poll_is_counted_and_published(client, closed_poll):
    poll = closed_poll()
    address = f"/v1/polls/{poll[0]}"
    assert client.get(f"{address}/result").get_json()["code"] == "voting.result-not-published"
    assert client.get(address).get_json()["result"] is None
    assert poll[0] in services.tally_due(now=now())
    result = client.get(f"{address}/result").get_json()
    assert (result["ballots"], result["is_valid"]) == (25, True)
    counted = result["questions"][0]
    assert counted["winners"] == ["o1"]
    assert counted["rounds"][0]["totals"] == {"o1": "15", "o2": "10", "o3": "0"}
    assert counted["rounds"][0]["explanation"]["ko"][-1] == "1번이 15표로 가장 많은 표를 얻었습니다."
    assert client.get(address).get_json()["state"] == "published"
    table = client.get(f"{address}/result.csv").get_data(as_text=True).splitlines()
    assert table[1] == "q1,1,o1,1번,,15,elected,,,"
    page = client.get(f"{address}/result.html", headers={"Accept-Language": "en"}).get_data(as_text=True)
    assert "25 ballots were counted" in page


def test_the_result_stands_on_the_board_once(closed_poll, db):
    poll = closed_poll()
    assert services.tally_poll(poll[0], now=now())
    assert not services.tally_poll(poll[0], now=now())
    assert results_on_board(poll, db) == 1


def test_a_turnout_that_was_not_reached_is_said(client, closed_poll):
    poll = closed_poll(min_turnout=26)
    services.tally_poll(poll[0], now=now())
    result = client.get(f"/v1/polls/{poll[0]}/result").get_json()
    assert (result["is_valid"], result["min_turnout"]) == (False, 26)


def test_a_committed_tie_seed_is_awaited(closed_poll):
    seed = bytes(range(32))
    poll = closed_poll(tie_commitment=tie_commitment(seed))
    assert not services.tally_poll(poll[0], now=now())
    board.reveal_tie_seed(poll[0], seed, staff_id="s")
    assert services.tally_poll(poll[0], now=now())


def test_a_day_after_closing_no_seed_is_taken_and_none_is_awaited(closed_poll, db):
    """One that came between the count and its result would make that result wrong for whoever counts again."""
    seed = bytes(range(32))
    poll = closed_poll(tie_commitment=tie_commitment(seed))
    for minutes, is_counted in ((0.5, False), (-0.5, True)):
        closes_at = now() - SEED_AWAITED + timedelta(minutes=minutes)
        db.polls.update_one({"_id": poll[0]}, {"$set": {"closes_at": closes_at}})
        polls.forget_facts()
        with pytest.raises(TieSeedRefused):
            board.reveal_tie_seed(poll[0], seed, staff_id="s")
        assert services.tally_poll(poll[0], now=now()) is is_counted


def test_two_sweeps_at_once_publish_once(app, closed_poll, db, monkeypatch):
    poll = closed_poll()
    monkeypatch.setattr(services.lease, "acquire", lambda *_, **__: 1)  # as if a lease had run out under its holder
    published = []
    threads = [threading.Thread(target=lambda: published.append(services.tally_poll(poll[0], now=now()))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert published.count(True) == 1
    assert db.polls.find_one({"_id": poll[0]})["version"] == 3
    assert results_on_board(poll, db) == 1


@pytest.mark.parametrize("where", ["count_contents", "publish_result", "record_tally", "record_published"])
def test_a_worker_that_dies_while_counting_is_made_good(client, closed_poll, monkeypatch, where):
    poll = closed_poll()
    owner = {"count_contents": services, "publish_result": board}.get(where, polls)
    original = getattr(owner, where)

    def die(*args, **kwargs):
        if where in ("publish_result", "record_tally"):
            original(*args, **kwargs)  # the write is made, the answer lost
        raise SystemExit

    monkeypatch.setattr(owner, where, die)
    with pytest.raises(SystemExit):
        services.tally_poll(poll[0], now=now())
    monkeypatch.setattr(owner, where, original)
    assert services.tally_poll(poll[0], now=now())
    assert client.get(f"/v1/polls/{poll[0]}/result").get_json()["questions"][0]["winners"] == ["o1"]


def test_a_poll_is_not_counted_before_all_ballots_are_on_the_board(make_poll, cast, ballot_body, db):
    poll = make_poll()
    cast(poll, ballot_body(poll, "o1"))
    db.polls.update_one({"_id": poll[0]}, {"$set": {"state": "closed"}})
    assert not services.tally_poll(poll[0], now=now())
    assert db.polls.find_one({"_id": poll[0]})["state"] == "closed"
    Lease._get_collection().delete_many({})


def test_moved_ends_stand_on_the_board_with_the_result(client, make_poll, db):
    poll = make_poll()
    change = {"kind": "extended", "at": now(), "closes_at": now(), "reason": "정전으로 하루 늘렸습니다."}
    db.polls.update_one({"_id": poll[0]}, {"$set": {"changes": [change]}})
    end(poll, db)
    services.tally_poll(poll[0], now=now())
    assert client.get(f"/v1/polls/{poll[0]}/result").get_json()["changes"][0]["reason"] == change["reason"]
    assert change["reason"] in str(list(db.board_batches.find({"poll": poll[0]})))
