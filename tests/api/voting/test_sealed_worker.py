"""A sealed poll from closing to its verified archive by real workers, one of which is killed when the shares come in."""

import base64
import gzip
import os
import secrets
from datetime import timedelta

import pytest

from mvoting.core.clock import now
from mvoting.core.ids import random_id
from mvoting.voting import canonical
from mvoting.voting.board import sequencer, services
from mvoting.voting.board.verify import verify
from mvoting.voting.polls import services as polls
from mvoting.voting.sealing import hpke, trustees
from tests import workers

BALLOTS, SPOILED, SOME = 24, 2, 5


@pytest.fixture
def voted(make_poll, cast, db):
    """A sealed poll with ballots in several batches, two of them spoiled; gives poll and shares."""
    dealt = []

    def deal(poll_id):
        ceremony, shares = trustees.deal(poll_id, 2, 3)
        dealt.append((ceremony, shares))
        return {**ceremony.document(), "padded_bytes": 64, "recount": "public"}

    people = [random_id() for _ in range(BALLOTS)]
    db.persons.insert_many([{"_id": i, "state": "active", "trust": "member", "created_at": now()} for i in people])
    poll = make_poll(secrecy="sealed", figures="after_closing", k=SOME, sealing=deal)
    ceremony, shares = dealt[0]
    info = hpke.sealing_info(poll[0], bytes.fromhex(poll[1]))
    for number in range(BALLOTS):
        content = b"{}" if number < SPOILED else canonical.encode({"q1": [f"o{number % 3 + 1}"]})
        sealed = base64.urlsafe_b64encode(hpke.seal_ballot(content, ceremony.public_key, info, 64)).decode().rstrip("=")
        body = {"definition_hash": poll[1], "revision": 0, "cast_id": secrets.token_hex(16), "sealed": sealed}
        assert cast(poll, body).status_code == 200
        if number == BALLOTS // 2:
            assert sequencer.sequence(poll[0]) >= 1
    yield poll, shares
    db.persons.delete_many({"_id": {"$in": people}})


@pytest.mark.slow
def test_two_workers_open_a_board_also_when_one_was_killed(voted, client, db, environment, tmp_path):
    poll, shares = voted
    closed = now() - sequencer.GRACE - timedelta(seconds=1)
    db.polls.update_one({"_id": poll[0]}, {"$set": {"closes_at": closed, "ended_at": closed, "state": "closed"}})
    log = tmp_path / "workers.log"
    with workers.running(workers.beat(), environment=environment, log=log):
        doomed = workers.start(*workers.worker("default", processes=2), environment=environment, log=log)
        try:
            workers.wait_until(lambda: services.is_final(poll[0]), seconds=90)
        finally:
            workers.kill(doomed)
        polls.forget_facts()
        for share in (shares[2], shares[0]):
            sent = client.post(f"/v1/polls/{poll[0]}/board/shares", json={"share": trustees.share_text(share)})
            assert sent.status_code == 200, sent.text
        assert services.opened_record(poll[0]) is None, "nobody is there to open it"
        with workers.running(workers.worker("default", processes=2), environment=environment, log=log):
            workers.wait_until(lambda: db.polls.find_one({"_id": poll[0]}).get("is_archived"), seconds=120)
    batches = db.board_batches.find({"poll": poll[0]}).sort("number", 1)
    records = [entry["record"] for batch in batches for entry in batch["entries"] if "record" in entry]
    assert [r["type"] for r in records if r["type"] in ("opened", "result")] == ["opened", "result"]
    response = client.get(f"/v1/polls/{poll[0]}/archive.jsonl.gz")
    assert "immutable" in response.headers["Cache-Control"]
    report = verify([gzip.decompress(response.data)], processes=os.cpu_count() or 1)
    assert report.wrong == []
    assert (report.checked["opened"], report.checked["ballots"], report.checked["shares"]) == (BALLOTS - SPOILED, BALLOTS, 2)
