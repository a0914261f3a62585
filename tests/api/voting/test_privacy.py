"""What a poll tells about who can link ballots to people, before and after the final head."""

import re
from zoneinfo import ZoneInfo

from mvoting.voting.ballots.services import waiting_ballots
from mvoting.voting.sealing import trustees


def read(client, poll, headers=None):
    return client.get(f"/v1/polls/{poll[0]}/privacy", headers=headers)


def text(told, language="en"):
    return " ".join(sentence[language] for sentence in told["sentences"])


def test_an_open_poll_says_to_whom_ballots_are_linkable_and_from_when_to_nobody(client, poll, cast, ballot_body, close, db):
    cast(poll, ballot_body(poll))
    before = read(client, poll).get_json()
    assert (before["is_linkable"], before["unlinkable_since"]) == (True, None)
    assert "both the database (or a backup of it) and the server's secret" in text(before)
    assert "who chose what" in text(before)
    close(poll)
    after = read(client, poll).get_json()
    destroyed_at = db.polls.find_one({"_id": poll[0]})["final_head_at"]
    assert after["is_linkable"] is False
    assert after["unlinkable_since"][:16] == destroyed_at.isoformat()[:16]
    local = destroyed_at.astimezone(ZoneInfo("Asia/Seoul"))
    assert f"Since {local.day} {local:%b %Y %H:%M} the database cannot tell" in text(after)
    assert f"{local.year}년 {local.month}월 {local.day}일 {'오전' if local.hour < 12 else '오후'}" in text(after, "ko")
    assert "As long as a backup from before exists" in text(after)


def test_a_sealed_poll_says_that_the_operator_learns_only_who_voted(client, make_poll):
    def dealt(poll_id):
        return {**trustees.deal(poll_id, 2, 3)[0].document(), "padded_bytes": 64, "recount": "public"}

    told = read(client, make_poll(secrecy="sealed", figures="after_closing", sealing=dealt)).get_json()
    assert "until 2 of 3 trustees join their shares" in text(told)
    assert "who chose what" not in text(told)


def test_the_page_speaks_the_language_asked_for(client, poll):
    for language, word in (("ko", "운영하는 사람"), ("en", "whoever runs the city")):
        answer = client.get(f"/v1/polls/{poll[0]}/privacy.html", headers={"Accept-Language": language})
        assert answer.mimetype == "text/html"
        assert word in answer.get_data(as_text=True)
        assert re.search(f'<html lang="{language}">', answer.get_data(as_text=True))


def test_a_room_s_privacy_is_for_its_people_and_unknown_polls_have_none(client, make_poll, person_headers):
    room = make_poll(audience={"kind": "room"}, room_password="열려라참깨", k=1)
    assert read(client, room).status_code == read(client, room, person_headers()).status_code == 404
    assert read(client, ("0" * 26,)).get_json()["code"] == "voting.poll-not-found"


def test_the_order_in_which_ballots_lie_is_not_that_in_which_they_came(poll, cast, ballot_body, db):
    """Beside any record of who was there when (a proxy's log, a message that was opened) that order would be as good as a name."""
    for _ in range(12):
        cast(poll, ballot_body(poll))
    stored = [bytes(ballot["_id"]) for ballot in db.ballots.find({"poll": poll[0]}).sort("$natural", 1)]
    waiting = [bytes(ballot["_id"]) for ballot in waiting_ballots(poll[0], 20, None)]
    assert len(stored) == 12
    assert stored == waiting == sorted(stored)
