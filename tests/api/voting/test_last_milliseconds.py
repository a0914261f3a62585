"""Ballots acknowledged in the last milliseconds before closing are counted."""

import secrets
import threading
import time
from datetime import timedelta

import pytest

from mvoting.core.clock import now
from mvoting.voting.board import sequencer, services
from mvoting.voting.polls import services as polls

TRIALS, PHONES, PEOPLE, OPEN_S = 20, 4, 300, 0.3  # more people than can vote in that time


@pytest.mark.slow
def test_what_was_acknowledged_before_closing_is_counted(app, db, make_poll, ballot_body, person_headers):
    headers = [person_headers() for _ in range(PEOPLE)]
    trials = []
    for _ in range(TRIALS):
        poll = make_poll(k=1)
        acknowledged, refused = [], []

        def phone(number, poll=poll, acknowledged=acknowledged, refused=refused):
            client = app.test_client()
            for at in range(number, len(headers), PHONES):
                answer = client.put(f"/v1/polls/{poll[0]}/ballot", json=ballot_body(poll), headers=headers[at])
                if answer.status_code != 200:
                    refused.append(answer.get_json()["code"])
                    return
                acknowledged.append(answer.get_json()["receipt"]["leaf"])
                time.sleep(secrets.randbelow(10) / 1000)

        closes_at = now() + timedelta(seconds=OPEN_S)
        db.polls.update_one({"_id": poll[0]}, {"$set": {"closes_at": closes_at}})
        polls.forget_facts()
        threads = [threading.Thread(target=phone, args=(number,)) for number in range(PHONES)]
        [t.start() for t in threads]
        [t.join() for t in threads]
        trials.append((poll[0], acknowledged, refused))
        assert polls.record_end(poll[0])
    time.sleep(sequencer.GRACE.total_seconds())
    for poll_id, acknowledged, refused in trials:
        sequencer.sequence(poll_id)
        assert services.is_final(poll_id)
        assert set(refused) <= {"voting.poll-closed"}
        on_board = {e["leaf"].hex() for b in db.board_batches.find({"poll": poll_id}) for e in b["entries"] if "leaf" in e}
        assert on_board == set(acknowledged)
        assert len(list(services.iter_contents(poll_id))) == len(acknowledged)
    assert sum(bool(refused) for _, _, refused in trials) > TRIALS // 2, "most trials never reached the closing"
