"""Casting a ballot: what is accepted, and at least two refusals for it each."""

import hashlib
import secrets
import threading
from datetime import timedelta

import pytest

from mvoting.core.clock import now
from mvoting.core.ids import random_id
from mvoting.voting import canonical, statements
from mvoting.voting.board import sequencer
from mvoting.voting.polls import services as polls


def refused(response, status, code):
    assert (response.status_code, response.get_json()["code"]) == (status, code), response.text
    return response.get_json()


def ballots_of(db, poll):
    return list(db.ballots.find({"poll": poll[0]}))


def test_a_ballot_is_stored_once_and_its_receipt_is_signed(ballot_body, cast, poll, db):
    from mvoting.core.keys import current_key

    body = ballot_body(poll)
    response = cast(poll, body)
    assert response.status_code == 200, response.text
    answer = response.get_json()
    key = current_key("board")
    keys = {key.kid: key.private.public_key().public_bytes_raw()}
    receipt = statements.check(answer["receipt"], statements.Receipt, keys)
    committed = b"mvoting open ballot v1\0" + bytes.fromhex(poll[1]) + bytes.fromhex(body["nonce"])
    leaf = hashlib.sha256(committed + canonical.encode(body["choices"])).hexdigest()
    assert receipt == statements.Receipt(poll[0], poll[1], leaf, None)
    assert answer["revision"] == 1
    (stored,) = ballots_of(db, poll)
    assert stored["content"] == b'{"q1":["o1"]}'
    assert set(stored) == {"_id", "poll", "leaves", "casts", "content", "nonce", "boarded", "pending"}


def test_a_change_names_what_it_replaces(ballot_body, cast, poll, db, person_headers):
    me = person_headers()
    first = cast(poll, ballot_body(poll, "o1"), me).get_json()
    second = cast(poll, ballot_body(poll, "o2", revision=1), me).get_json()
    assert second["revision"] == 2
    assert second["receipt"]["replaces"] == first["receipt"]["leaf"]
    assert [b["content"] for b in ballots_of(db, poll)] == [b'{"q1":["o2"]}']


def test_a_delayed_retry_gives_the_old_receipt_and_brings_no_old_vote_back(ballot_body, cast, poll, db, person_headers):
    me = person_headers()
    body = ballot_body(poll, "o1")
    first = cast(poll, body, me).get_json()
    cast(poll, ballot_body(poll, "o2", revision=1), me)
    assert cast(poll, body, me).get_json() == first
    assert [b["content"] for b in ballots_of(db, poll)] == [b'{"q1":["o2"]}']


def test_the_same_cast_id_with_other_choices_is_refused(ballot_body, cast, poll, db, person_headers):
    me = person_headers()
    body = ballot_body(poll, "o1")
    cast(poll, body, me)
    for other in ({"choices": {"q1": ["o2"]}}, {"nonce": secrets.token_hex(16)}):
        refused(cast(poll, {**body, **other}, me), 409, "voting.cast-id-reused")
    assert [b["content"] for b in ballots_of(db, poll)] == [b'{"q1":["o1"]}']


def test_a_revision_that_is_not_the_stored_one_is_refused_with_the_current_one(ballot_body, cast, poll, db, person_headers):
    me = person_headers()
    assert refused(cast(poll, ballot_body(poll, revision=3), me), 409, "voting.revision-conflict")["revision"] == 0
    assert ballots_of(db, poll) == []
    cast(poll, ballot_body(poll), me)
    assert refused(cast(poll, ballot_body(poll, "o2"), me), 409, "voting.revision-conflict")["revision"] == 1
    assert refused(cast(poll, ballot_body(poll, "o2", revision=2), me), 409, "voting.revision-conflict")["revision"] == 1


def test_twenty_changes_and_no_more(ballot_body, cast, poll, person_headers):
    me = person_headers()
    for revision in range(21):
        assert cast(poll, ballot_body(poll, revision=revision), me).status_code == 200
    refused(cast(poll, ballot_body(poll, revision=21), me), 409, "voting.too-many-changes")


def test_50_threads_of_one_person_make_one_ballot(ballot_body, app, poll, db, person_headers):
    me, answers, start = person_headers(), [], threading.Barrier(50)

    def one():
        client = app.test_client()
        start.wait()
        answers.append(client.put(f"/v1/polls/{poll[0]}/ballot", json=ballot_body(poll), headers=me))

    threads = [threading.Thread(target=one) for _ in range(50)]
    [t.start() for t in threads]
    [t.join() for t in threads]
    assert sorted(a.status_code for a in answers) == [200] + [409] * 49
    assert len(ballots_of(db, poll)) == 1


def test_two_phones_changing_at_once_the_last_acknowledged_counts(ballot_body, app, poll, db, person_headers):
    me, answers, start = person_headers(), [], threading.Barrier(2)

    def phone(option):
        client, revision = app.test_client(), 0
        start.wait()
        for _ in range(10):
            response = client.put(
                f"/v1/polls/{poll[0]}/ballot", json=ballot_body(poll, option, revision=revision), headers=me
            ).get_json()
            if "receipt" in response:
                answers.append((response["revision"], response["receipt"]["leaf"]))
            revision = response["revision"]

    threads = [threading.Thread(target=phone, args=(o,)) for o in ("o1", "o2")]
    [t.start() for t in threads]
    [t.join() for t in threads]
    (stored,) = ballots_of(db, poll)
    answers.sort()
    assert [n for n, _ in answers] == list(range(1, len(answers) + 1))
    assert [leaf.hex() for leaf in stored["leaves"]] == [leaf for _, leaf in answers]


def test_a_copied_ballot_is_refused(ballot_body, cast, poll, db, person_headers):
    me = person_headers()
    body = ballot_body(poll)
    cast(poll, body, me)
    refused(cast(poll, {**body, "cast_id": secrets.token_hex(16)}), 409, "voting.duplicate-ballot")
    cast(poll, ballot_body(poll, "o2", revision=1), me)
    refused(cast(poll, {**body, "cast_id": secrets.token_hex(16)}), 409, "voting.duplicate-ballot")
    assert len(ballots_of(db, poll)) == 1


def test_before_opening_and_after_closing_nothing_is_stored(ballot_body, cast, make_poll, db):
    early, late = make_poll(opens_in=60), make_poll(closes_in=-0.5)
    refused(cast(early, ballot_body(early)), 409, "voting.poll-not-open")
    refused(cast(late, ballot_body(late)), 409, "voting.poll-closed")
    assert ballots_of(db, early) == ballots_of(db, late) == []


@pytest.mark.parametrize("minutes", [-30, 30])
def test_the_node_s_wrong_clock_decides_nothing(ballot_body, cast, make_poll, person_headers, minutes):
    from mvoting.core import clock

    late, open_now = make_poll(closes_in=-0.5), make_poll()
    clock.shift(timedelta(minutes=minutes))
    first, second = person_headers(), person_headers()  # issued and checked by the same wrong clock
    try:
        refused(cast(late, ballot_body(late), first), 409, "voting.poll-closed")
        assert cast(open_now, ballot_body(open_now), second).status_code == 200
    finally:
        clock.shift(timedelta())


def test_after_closing_a_known_cast_still_gets_its_receipt(ballot_body, cast, poll, db, person_headers):
    me, body = person_headers(), ballot_body(poll)
    first = cast(poll, body, me).get_json()
    db.polls.update_one({"_id": poll[0]}, {"$set": {"closes_at": now() - timedelta(seconds=1), "state": "closed"}})
    polls.forget_facts()
    assert cast(poll, body, me).get_json() == first
    refused(cast(poll, ballot_body(poll, revision=1), me), 409, "voting.poll-closed")


def test_once_the_salt_is_destroyed_nobody_can_be_looked_up(ballot_body, cast, poll, db, client, person_headers):
    me = person_headers()
    cast(poll, ballot_body(poll), me)
    db.polls.update_one({"_id": poll[0]}, {"$unset": {"salt": 1}})
    polls.forget_facts()
    refused(cast(poll, ballot_body(poll, revision=1), me), 409, "voting.poll-closed")
    refused(client.get(f"/v1/polls/{poll[0]}/ballot", headers=me), 409, "voting.poll-closed")


def test_a_phone_that_was_long_in_the_tunnel_gets_its_receipt_after_the_count_as_well(
    ballot_body, cast, poll, db, person_headers, close
):
    """The answer was lost, the poll is final, the salt is gone: the ballot counts, so the phone must not hear that it came too late."""
    me, body = person_headers(), ballot_body(poll)
    first = cast(poll, body, me).get_json()
    later = cast(poll, ballot_body(poll, "o2", revision=1), me).get_json()
    close(poll)
    assert "salt" not in db.polls.find_one({"_id": poll[0]})
    before = ballots_of(db, poll)
    assert cast(poll, body, me).get_json() == first
    assert later["receipt"]["replaces"] == first["receipt"]["leaf"]
    for other in ({"cast_id": secrets.token_hex(16)}, {"choices": {"q1": ["o2"]}}, {"nonce": secrets.token_hex(16)}):
        refused(cast(poll, {**body, **other}, me), 409, "voting.poll-closed")
    assert ballots_of(db, poll) == before
    plan = db.ballots.find({"leaves": before[0]["leaves"][0], "poll": poll[0], "casts": b""}).explain()
    assert plan["executionStats"]["totalDocsExamined"] <= 1


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"definition_hash": "0" * 64}, 409, "voting.definition-changed"),
        ({"definition_hash": "0" * 63}, 422, "core.invalid-input"),
        ({"choices": {"q1": ["o9"]}}, 422, "voting.invalid-ballot"),
        ({"choices": {"q1": ["o1", "o2"]}}, 422, "voting.invalid-ballot"),
        ({"choices": {}}, 422, "voting.invalid-ballot"),
        ({"choices": {"q1": [{"$gt": ""}]}}, 422, "voting.invalid-ballot"),
        ({"choices": None}, 422, "voting.invalid-ballot"),
        ({"sealed": "AAAA"}, 422, "voting.invalid-ballot"),
        ({"nonce": None}, 422, "voting.invalid-ballot"),
        ({"nonce": "zz"}, 422, "core.invalid-input"),
        ({"cast_id": None}, 422, "core.invalid-input"),
        ({"revision": -1}, 422, "core.invalid-input"),
        ({"revision": "0"}, 422, "core.invalid-input"),
        ({"person": "x"}, 422, "core.invalid-input"),
    ],
)
def test_bad_ballots(ballot_body, cast, poll, db, changes, status, code):
    refused(cast(poll, {**ballot_body(poll), **changes}), status, code)
    assert ballots_of(db, poll) == []


def test_a_body_that_is_no_json_or_too_large_and_nobody_signed_in(ballot_body, client, poll, person_headers):
    me, url = person_headers(), f"/v1/polls/{poll[0]}/ballot"
    refused(client.put(url, data="{", content_type="application/json", headers=me), 400, "core.malformed-body")
    refused(client.put(url, data="{}", content_type="text/plain", headers=me), 415, "core.unsupported-media-type")
    refused(client.put(url, data=" " * 40_000, content_type="application/json", headers=me), 413, "core.body-too-large")
    refused(client.put(url, json=ballot_body(poll)), 401, "core.sign-in-required")


def test_polls_that_take_no_ballots(ballot_body, cast, make_poll):
    nowhere = (random_id(), "0" * 64)
    refused(cast(nowhere, ballot_body(nowhere)), 404, "voting.poll-not-found")
    for state, status, code in (("draft", 404, "voting.poll-not-found"), ("cancelled", 409, "voting.poll-cancelled")):
        poll = make_poll(state=state)
        refused(cast(poll, ballot_body(poll)), status, code)


def test_a_ballot_that_cannot_be_changed(ballot_body, cast, make_poll, person_headers):
    poll, me = make_poll(changeable=False), person_headers()
    assert cast(poll, ballot_body(poll), me).status_code == 200
    refused(cast(poll, ballot_body(poll, revision=1), me), 409, "voting.ballot-final")


def test_people_outside_the_audience_are_not_admitted(ballot_body, cast, make_poll, db):
    poll = make_poll(audience={"kind": "nobody-knows"})
    refused(cast(poll, ballot_body(poll)), 403, "voting.not-eligible")
    assert ballots_of(db, poll) == []


def test_whether_i_voted_but_never_what(ballot_body, client, cast, poll, person_headers):
    me, url = person_headers(), f"/v1/polls/{poll[0]}/ballot"
    assert client.get(url, headers=me).get_json() == {"revision": 0, "is_withdrawn": False}
    cast(poll, ballot_body(poll), me)
    assert client.get(url, headers=me).get_json() == {"revision": 1, "is_withdrawn": False}


def test_the_waiting_index_is_used(ballot_body, db, cast, poll):
    cast(poll, ballot_body(poll))
    plan = db.ballots.find({"poll": poll[0], "pending": True}).explain()["queryPlanner"]["winningPlan"]
    assert plan["inputStage"]["indexName"] == "waiting"


def test_the_same_ballot_is_no_change_of_itself(cast, poll, ballot_body, person_headers, close):
    me, body = person_headers(), ballot_body(poll)
    first = cast(poll, body, me).get_json()["receipt"]["leaf"]
    again = {**body, "cast_id": secrets.token_hex(16), "revision": 1}
    assert cast(poll, again, me).get_json()["code"] == "voting.duplicate-ballot"
    assert cast(poll, {**again, "revision": 0}, me).get_json()["code"] == "voting.revision-conflict"
    assert cast(poll, ballot_body(poll, "o2", revision=1), me).status_code == 200
    assert cast(poll, {**again, "revision": 2}, me).get_json()["code"] == "voting.duplicate-ballot"
    close(poll)
    on_board = [e["leaf"].hex() for b in sequencer.batches().find({"poll": poll[0]}) for e in b["entries"] if "leaf" in e]
    assert on_board.count(first) == 1


@pytest.mark.parametrize(("language", "said"), [("ko", "글자로 입력해 주세요."), ("en", "Not a valid string.")])
def test_a_wrong_body_is_told_by_field_in_the_person_s_language(client, poll, person_headers, language, said):
    headers = person_headers() | {"Accept-Language": language}
    body = {"definition_hash": 1, "revision": 0, "cast_id": "ab" * 16, "nonce": "ab" * 16, "choices": {"q1": ["o1"]}, "x": 1}
    answer = client.put(f"/v1/polls/{poll[0]}/ballot", json=body, headers=headers)
    assert answer.status_code == 422
    assert set(answer.get_json()["errors"]["json"]) == {"definition_hash", "x"}
    assert answer.get_json()["errors"]["json"]["definition_hash"] == [said]
    assert answer.headers["Content-Language"] == language
    listed = client.put(f"/v1/polls/{poll[0]}/ballot", json=[1], headers=headers)
    assert (listed.status_code, list(listed.get_json()["errors"]["json"])) == (422, ["_schema"])


def test_once_the_closing_is_recorded_no_clock_that_goes_back_opens_the_poll_again(ballot_body, cast, poll, db, person_headers):
    """A primary that is minutes behind takes over after the final head: what it took would stand on no board."""
    me, body = person_headers(), ballot_body(poll)
    first = cast(poll, body, me).get_json()
    db.polls.update_one({"_id": poll[0]}, {"$set": {"state": "closed"}})  # by that primary's clock the end is to come
    polls.forget_facts()
    refused(cast(poll, ballot_body(poll)), 409, "voting.poll-closed")
    refused(cast(poll, ballot_body(poll, "o2", revision=1), me), 409, "voting.poll-closed")
    assert cast(poll, body, me).get_json() == first, "a phone that lost its answer still gets the receipt"
    assert len(ballots_of(db, poll)) == 1


def on_site(make_poll, db, person_id):
    from mvoting.voting.polls import admissions

    poll = make_poll(audience={"kind": "on_site", "by": "code"})
    admissions._admit(poll[0], person_id, now() + timedelta(minutes=1))
    return poll


def test_an_accepted_ballot_gets_its_receipt_also_when_the_admission_ran_out_meanwhile(
    ballot_body, cast, make_poll, db, person_headers
):
    """The answer was lost in the tunnel; after it the person is no longer on site."""
    poll, me = on_site(make_poll, db, "somebody"), person_headers("somebody")
    body = ballot_body(poll)
    first = cast(poll, body, me).get_json()
    db.poll_admissions.delete_many({"poll": poll[0]})
    assert cast(poll, body, me).get_json() == first
    refused(cast(poll, ballot_body(poll, "o2", revision=1), me), 403, "voting.admission-needed")
    refused(cast(poll, {**body, "choices": {"q1": ["o2"]}}, me), 409, "voting.cast-id-reused")
    refused(cast(poll, body, person_headers()), 403, "voting.admission-needed")
    assert [b["content"] for b in ballots_of(db, poll)] == [b'{"q1":["o1"]}']


def test_an_accepted_ballot_of_a_cancelled_poll_gets_its_receipt(ballot_body, cast, poll, db, person_headers):
    me, body = person_headers(), ballot_body(poll)
    first = cast(poll, body, me).get_json()
    db.polls.update_one({"_id": poll[0]}, {"$set": {"state": "cancelled", "cancel_reason": "?"}})
    polls.forget_facts()
    assert cast(poll, body, me).get_json() == first
    refused(cast(poll, ballot_body(poll), me), 409, "voting.poll-cancelled")
    db.polls.update_one({"_id": poll[0]}, {"$unset": {"salt": ""}})
    polls.forget_facts()
    assert cast(poll, body, me).get_json() == first
    refused(cast(poll, ballot_body(poll), me), 409, "voting.poll-cancelled")
