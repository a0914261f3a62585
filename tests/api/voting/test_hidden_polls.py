"""A citizen's poll that moderation hid takes no ballots; one that is only held until somebody decides goes on."""

import pytest

from mvoting.core.ids import random_id
from mvoting.voting.polls import moderated, services


@pytest.mark.parametrize(("to", "taken"), [("hidden", False), ("held", True)])
def test_ballots_of_a_poll_out_of_sight(client, make_poll, cast, ballot_body, db, to, taken):
    poll = make_poll()
    db.polls.update_one({"_id": poll[0]}, {"$set": {"created_by": {"kind": "person", "id": random_id()}}})
    assert cast(poll, ballot_body(poll)).status_code == 200
    assert moderated.set_visibility(poll[0], ["public"], to)
    services.forget_facts()
    for path in ("", "/result", "/result.csv", "/result.html", "/figures", "/board"):
        assert client.get(f"/v1/polls/{poll[0]}{path}").get_json()["code"] == "voting.poll-not-found", path
    answer = cast(poll, ballot_body(poll))
    assert answer.status_code == 200 if taken else answer.get_json()["code"] == "voting.poll-not-found"
    assert moderated.set_visibility(poll[0], [to], "public")
    services.forget_facts()
    assert cast(poll, ballot_body(poll)).status_code == 200
