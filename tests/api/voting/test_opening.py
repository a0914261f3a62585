"""Sealed polls: cast, closed, opened by trustees, counted; and everything refused on the way."""

import base64
import io
import json
import secrets
import threading

import pytest

from mvoting.voting import canonical
from mvoting.voting.board import opening, services, ties
from mvoting.voting.sealing import hpke, opened, trustees

PADDED = 64


class Sealed:
    """A sealed poll with its ceremony."""

    def __init__(self, make_poll, recount):
        self.ceremony, self.shares = trustees.deal("placeholder", 2, 3)
        self.recount = recount
        self.poll = make_poll(secrecy="sealed", figures="after_closing", sealing=self.dealt)

    def dealt(self, poll_id):
        self.ceremony, self.shares = trustees.deal(poll_id, 2, 3)
        return {**self.ceremony.document(), "padded_bytes": PADDED, "recount": self.recount}

    def body(self, content, revision=0, key=None):
        info = hpke.sealing_info(self.poll[0], bytes.fromhex(self.poll[1]))
        ciphertext = hpke.seal_ballot(content, key or self.ceremony.public_key, info, PADDED)
        return {
            "definition_hash": self.poll[1],
            "revision": revision,
            "cast_id": secrets.token_hex(16),
            "nonce": secrets.token_hex(16),
            "sealed": base64.urlsafe_b64encode(ciphertext).decode().rstrip("="),
        }


@pytest.fixture
def sealed(make_poll):
    return Sealed(make_poll, "public")


@pytest.fixture
def trusted(make_poll):
    return Sealed(make_poll, "trustees")


def choice(option):
    return canonical.encode({"q1": [option]})


def post(client, sealed, rest, **body):
    return client.post(f"/v1/polls/{sealed.poll[0]}/board/{rest}", json=body)


def test_from_casting_to_contents(client, cast, sealed, close, person_headers):
    me = person_headers()
    assert cast(sealed.poll, sealed.body(choice("o1")), me).status_code == 200
    assert cast(sealed.poll, sealed.body(choice("o2"), revision=1), me).status_code == 200
    leaves = [cast(sealed.poll, sealed.body(c)).get_json()["receipt"]["leaf"] for c in (choice("o9"), b"{}", b"no json")]
    other_key = trustees.deal("x", 1, 1)[0].public_key
    leaves.append(cast(sealed.poll, sealed.body(choice("o1"), key=other_key)).get_json()["receipt"]["leaf"])
    assert cast(sealed.poll, sealed.body(choice("o3"))).status_code == 200
    share = trustees.share_text(sealed.shares[0])
    assert post(client, sealed, "shares", share=share).get_json()["code"] == "voting.too-early-to-open"
    close(sealed.poll)
    assert not services.can_be_counted(sealed.poll[0])
    state = {"threshold": 2, "trustees": 3, "shares": 1, "handed_in": [1], "is_opened": False}
    assert post(client, sealed, "shares", share=share).get_json() == state
    opening.open_ballots(sealed.poll[0])
    assert list(services.iter_contents(sealed.poll[0])) == []
    assert post(client, sealed, "shares", share=share).get_json()["shares"] == 1
    assert post(client, sealed, "shares", share=trustees.share_text(sealed.shares[2])).get_json()["shares"] == 2
    opening.open_ballots(sealed.poll[0], from_the_end=True)
    opening.open_ballots(sealed.poll[0])
    assert services.can_be_counted(sealed.poll[0])
    assert sorted(services.iter_contents(sealed.poll[0])) == [choice("o2"), choice("o3")]
    record = services.opened_record(sealed.poll[0])
    assert record["spoiled"] == sorted(leaves)
    assert sealed.poll[0] not in opening.polls_to_open()


def test_shares_that_are_refused(client, sealed, trusted, poll, close):
    close(sealed.poll)
    close(trusted.poll)
    good = trustees.share_text(sealed.shares[0])
    foreign = trustees.deal(sealed.poll[0], 2, 3)[1][0]
    elsewhere = trustees.deal("another-poll", 2, 3)[1][0]
    for text in (good.replace("share 1", "share 2"), "hello", trustees.share_text(foreign), trustees.share_text(elsewhere)):
        assert post(client, sealed, "shares", share=text).get_json()["code"] == "voting.share-refused"
    assert opening.opening_state(sealed.poll[0])["shares"] == 0
    assert post(client, trusted, "shares", share=good).get_json()["code"] == "voting.other-recount"
    assert client.post(f"/v1/polls/{poll[0]}/board/shares", json={"share": good}).get_json()["code"] == "voting.not-sealed"


def test_shares_are_not_stored_readably(client, sealed, close, db):
    close(sealed.poll)
    post(client, sealed, "shares", share=trustees.share_text(sealed.shares[0]))
    stored = bytes(db.trustee_shares.find_one({"poll": sealed.poll[0]})["share"])
    assert sealed.shares[0].value not in stored
    assert trustees.share_text(sealed.shares[0]).splitlines()[-1].encode() not in stored


def test_a_copied_or_wrongly_sized_ciphertext_is_refused_at_the_door(cast, sealed):
    body = sealed.body(choice("o1"))
    assert cast(sealed.poll, body).status_code == 200
    copied = cast(sealed.poll, {**body, "cast_id": secrets.token_hex(16)})
    assert copied.get_json()["code"] == "voting.duplicate-ballot"
    for wrong in (body["sealed"][:-4], body["sealed"] + "AAAA", "A"):
        assert cast(sealed.poll, {**body, "sealed": wrong}).get_json()["code"] == "voting.invalid-ballot"
    plain = {k: v for k, v in body.items() if k != "sealed"} | {"choices": {"q1": ["o1"]}}
    assert cast(sealed.poll, plain).get_json()["code"] == "voting.invalid-ballot"


def test_a_copied_ciphertext_under_a_new_nonce_is_refused_too(cast, sealed):
    body = sealed.body(choice("o1"))
    assert cast(sealed.poll, body).status_code == 200
    copied = cast(sealed.poll, {**body, "cast_id": secrets.token_hex(16), "nonce": secrets.token_hex(16)})
    assert copied.get_json()["code"] == "voting.duplicate-ballot"


def test_trustees_hand_in_contents_without_their_shares(client, cast, trusted, close):
    leaves = [cast(trusted.poll, trusted.body(choice(option))).get_json()["receipt"]["leaf"] for option in ("o1", "o1", "o2")]
    close(trusted.poll)
    root = services.final_batch(trusted.poll[0])["head"]["root"]
    patterns = [[choice("o1").decode(), 2], [choice("o2").decode(), 1]]

    def handed_in(patterns, signers, root=root, spoiled=()):
        digest = opened.contents_digest(trusted.poll[1], root, patterns, list(spoiled))
        signatures = {str(s.index): trustees.sign_contents(s, digest).hex() for s in signers}
        return {"patterns": patterns, "spoiled": list(spoiled), "signatures": signatures}

    two = trusted.shares[:2]
    refused = [
        handed_in(patterns, two[:1]),
        handed_in(patterns[:1], two),
        handed_in(patterns, two, root="0" * 64),
        {**handed_in(patterns, two), "patterns": [[choice("o2").decode(), 3]]},
        handed_in([*patterns[:1], [choice("o9").decode(), 1]], two),
        handed_in([*patterns[:1], ["{}", 1]], two),
        handed_in([patterns[1], patterns[1], patterns[1]], two),
        handed_in(patterns[::-1], two),
        handed_in(patterns[:1], two, spoiled=["0" * 64]),
        handed_in([[choice("o1").decode(), 1]], two, spoiled=[leaves[0], leaves[0]]),
    ]
    for body in refused:
        assert post(client, trusted, "contents", **body).get_json()["code"] == "voting.contents-refused"
    half = {**handed_in(patterns, two), "patterns": [["\ud800", 3]]}  # of a letter, which has no canonical form
    sent = {"data": json.dumps(half), "content_type": "application/json"}
    assert client.post(f"/v1/polls/{trusted.poll[0]}/board/contents", **sent).status_code in (400, 422)
    assert post(client, trusted, "contents", **handed_in(patterns, two)).get_json()["is_opened"] is True
    assert sorted(services.iter_contents(trusted.poll[0])) == [choice("o1"), choice("o1"), choice("o2")]


def test_the_seed_for_ties_fits_its_commitment_and_comes_after_the_ballots(client, make_poll, close, staff_headers):
    seed = secrets.token_hex(32)
    poll = make_poll(tie_commitment=ties.tie_commitment(bytes.fromhex(seed)))
    url, officer = f"/v1/polls/{poll[0]}/board/tie-seed", staff_headers("poll_officer")
    assert client.post(url, json={"seed": seed}, headers=officer).get_json()["code"] == "voting.tie-seed-refused"
    close(poll)
    before = services.tie_seed(poll[0])
    assert client.post(url, json={"seed": "00" * 32}, headers=officer).get_json()["code"] == "voting.tie-seed-refused"
    assert client.post(url, json={"seed": seed}, headers=officer).status_code == 204
    assert services.tie_seed(poll[0]) != before


def at_once(work, times=6):
    """Do something at the same moment in several threads, which all find that nobody did it before."""
    start = threading.Barrier(times)
    threads = [threading.Thread(target=lambda: (start.wait(), work())) for _ in range(times)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]


def on_board(db, poll, kind):
    entries = [entry for batch in db.board_batches.find({"poll": poll[0]}) for entry in batch["entries"]]
    return sum(entry.get("record", {}).get("type") == kind for entry in entries)


def test_trustees_who_hand_in_at_the_same_moment_open_the_poll_once(cast, trusted, close, db, monkeypatch):
    cast(trusted.poll, trusted.body(choice("o1")))
    close(trusted.poll)
    patterns = [[choice("o1").decode(), 1]]
    root = services.final_batch(trusted.poll[0])["head"]["root"]
    digest = opened.contents_digest(trusted.poll[1], root, patterns, [])
    signatures = {str(share.index): trustees.sign_contents(share, digest).hex() for share in trusted.shares}
    handed_in = {"patterns": patterns, "spoiled": [], "signatures": signatures}
    monkeypatch.setattr(services, "opened_record", lambda _: None)  # what each of them saw
    at_once(lambda: opening.submit_contents(trusted.poll[0], handed_in))
    assert on_board(db, trusted.poll, "opened") == 1


def test_a_seed_revealed_twice_at_the_same_moment_stands_once(make_poll, close, db, monkeypatch):
    seed = bytes(range(32))
    poll = make_poll(tie_commitment=ties.tie_commitment(seed))
    close(poll)
    monkeypatch.setattr(services, "_record", lambda *_: None)
    at_once(lambda: services.reveal_tie_seed(poll[0], seed, staff_id="s"))
    assert on_board(db, poll, "tie-seed") == 1


def test_megabytes_that_nobody_waits_for_are_refused_unread(client, poll, sealed, trusted):
    class Unread(io.BytesIO):
        def read(self, *_):
            raise AssertionError("the body was read")

    refused = {poll[0]: "voting.not-sealed", sealed.poll[0]: "voting.other-recount", trusted.poll[0]: "voting.too-early-to-open"}
    refused["0" * 26] = "voting.poll-not-found"
    for poll_id, expected in refused.items():
        sent = {"input_stream": Unread(), "content_length": 12_000_000, "content_type": "application/json"}
        answer = client.post(f"/v1/polls/{poll_id}/board/contents", **sent)
        assert answer.get_json()["code"] == expected
