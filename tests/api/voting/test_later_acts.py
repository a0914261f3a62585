"""What staff do after the final head has no place on the board: it stands beside the result and in the audit log."""

import pytest

from mvoting.core import audit
from mvoting.core.clock import now
from mvoting.voting.board import sequencer
from mvoting.voting.board.tasks import keep_archives
from mvoting.voting.tally import services as tally
from proposals.moderation import services as moderation


@pytest.fixture
def published(client, db, poll, cast, ballot_body, close):
    """A citizen's poll that was hidden and shown again while it was open, and is counted."""
    db.polls.update_one({"_id": poll[0]}, {"$set": {"created_by": {"kind": "person", "id": "author"}}})
    hide_and_show(poll)
    for _ in range(3):
        assert cast(poll, ballot_body(poll)).status_code == 200
    close(poll)
    assert tally.tally_poll(poll[0], now=now())
    keep_archives()
    return poll


def hide_and_show(poll):
    moderation.hide("poll", poll[0], "전화번호가 있습니다.", "moderator-1", now=now())
    moderation.revise(f"poll:{poll[0]}", "keep", "지웠습니다.", "moderator-2", now=now())


def state(client, poll):
    address = f"/v1/polls/{poll[0]}"
    head = sequencer.batches().find_one({"poll": poll[0]}, {"head": 1}, sort=[("number", -1)])["head"]
    return head, client.get(f"{address}/archive.jsonl.gz").data, client.get(f"{address}/result").get_json()


def test_a_poll_hidden_after_its_result_says_so_beside_the_result_and_not_on_the_board(client, published):
    head, archive, before = state(client, published)
    assert [change["kind"] for change in before["changes"]] == ["hidden", "shown"]
    assert before["later_changes"] == []
    hide_and_show(published)
    sequencer.sequence(published[0])
    again, same_archive, after = state(client, published)
    assert (again, same_archive) == (head, archive), "the board was finished"
    told = after.pop("later_changes")
    assert after == {name: value for name, value in before.items() if name != "later_changes"}
    assert [change["kind"] for change in told] == ["hidden", "shown"]
    assert all("전화번호" not in change["reason"] for change in told), "the author's reason is the author's"
    decided = audit.entries({"target": f"poll:{published[0]}"}, after=None, limit=20)[0]
    acts = [entry["action"] for entry in decided if entry["action"].startswith("moderation.")]
    assert acts == ["moderation.keep", "moderation.hide"] * 2


def test_the_page_of_the_result_tells_both_kinds_apart(client, published):
    address = f"/v1/polls/{published[0]}/result.html"
    assert client.get(address, headers={"Accept-Language": "en"}).text.count("the poll was hidden") == 1
    hide_and_show(published)
    page = client.get(address, headers={"Accept-Language": "en"}).text
    assert page.count("the poll was hidden") == 2
    assert page.index("stands on the board") < page.index("after the final head")
    assert "마지막 머리 뒤에" in client.get(address, headers={"Accept-Language": "ko"}).text


def test_while_it_is_hidden_nobody_reads_the_result_and_what_was_told_stays(client, published):
    moderation.hide("poll", published[0], "전화번호가 있습니다.", "moderator-1", now=now())
    for rest in ("result", "result.html", "board", "archive.jsonl.gz"):
        assert client.get(f"/v1/polls/{published[0]}/{rest}").status_code == 404
    moderation.revise(f"poll:{published[0]}", "keep", "지웠습니다.", "moderator-2", now=now())
    later = client.get(f"/v1/polls/{published[0]}/result").get_json()["later_changes"]
    assert [change["kind"] for change in later] == ["hidden", "shown"]
