"""What trustees of a sealed poll download is written once, the same for all of them, and gives way to the archive with the result."""

import base64
import gzip
import json
import os
import secrets

import pytest

from mvoting.core.clock import now
from mvoting.voting.board import archives, opening, sequencer, services
from mvoting.voting.board.tasks import keep_archives
from mvoting.voting.board.ties import tie_commitment
from mvoting.voting.polls import services as polls
from mvoting.voting.sealing import hpke, trustees
from mvoting.voting.tally import services as tally

SEED = bytes(range(32))


@pytest.fixture
def sealed(make_poll, cast, close):
    """A closed sealed poll of three ballots and its shares."""
    shares = []

    def dealt(poll_id):
        ceremony, dealt = trustees.deal(poll_id, 2, 3)
        shares.extend(dealt)
        return {**ceremony.document(), "padded_bytes": 64, "recount": "public"}

    poll = make_poll(secrecy="sealed", figures="after_closing", sealing=dealt, tie_commitment=tie_commitment(SEED))
    facts = polls.poll_facts(poll[0])
    key, info = bytes.fromhex(facts.definition["sealing"]["public_key"]), hpke.sealing_info(poll[0], bytes.fromhex(poll[1]))
    for option in ("o1", "o2", "o2"):
        ciphertext = hpke.seal_ballot(b'{"q1":["%s"]}' % option.encode(), key, info, 64)
        body = {"definition_hash": poll[1], "revision": 0, "cast_id": secrets.token_hex(16)}
        body |= {"sealed": base64.urlsafe_b64encode(ciphertext).decode().rstrip("=")}
        assert cast(poll, body).status_code == 200
    close(poll)
    return poll, shares


def addresses(poll):
    return [f"/v1/polls/{poll[0]}/archive.{kind}.gz" for kind in ("jsonl", "csv")]


def test_it_is_written_once_and_never_anew(client, db, sealed):
    poll, _ = sealed
    before = [client.get(address).data for address in addresses(poll)]
    keep_archives()
    made = list(db["board_archives.files"].find({"_id": {"$regex": poll[0]}}))
    assert sorted(file["_id"] for file in made) == sorted(f"{poll[0]}:{kind}:closed" for kind in ("jsonl", "csv"))
    keep_archives()
    assert list(db["board_archives.files"].find({"_id": {"$regex": poll[0]}})) == made
    db.board_batches.update_many({"poll": poll[0]}, {"$unset": {"entries.1.content": ""}})  # nothing is read anew
    for address, data in zip(addresses(poll), before, strict=True):
        response = client.get(address)
        assert (response.data, response.content_length) == (data, len(data))
        assert response.headers["Cache-Control"] == "no-cache", "the one with the result will stand at the same address"
        again = client.get(address, headers={"If-None-Match": response.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b"")
        assert client.get(address, headers={"Range": "bytes=10-19"}).data == data[10:20]


def test_all_trustees_get_the_same_and_later_the_archive_with_the_result(client, db, sealed):
    poll, shares = sealed
    first = client.get(addresses(poll)[0]).data
    services.reveal_tie_seed(poll[0], SEED, staff_id="s")
    for share in shares[:2]:
        opening.submit_share(poll[0], trustees.share_text(share))
    opening.open_ballots(poll[0])
    assert client.get(addresses(poll)[0]).data == first, "what came after the final head is not in it"
    keep_archives()
    assert tally.tally_poll(poll[0], now=now())
    for _ in range(2):
        lines = [json.loads(line) for line in gzip.decompress(client.get(addresses(poll)[0]).data).splitlines()]
        assert [line["entry"]["type"] for line in lines if "entry" in line][-4:] == ["closing", "tie-seed", "opened", "result"]
        keep_archives()
    assert archives.kept(poll[0], "jsonl", archives.CLOSED) is None
    assert "immutable" in client.get(addresses(poll)[0]).headers["Cache-Control"]
    assert db["board_archives.chunks"].count_documents({"files_id": {"$regex": f"{poll[0]}.*closed"}}) == 0


def test_an_open_poll_keeps_nothing_before_its_result(client, poll, cast, ballot_body, close, db):
    assert cast(poll, ballot_body(poll)).status_code == 200
    close(poll)
    keep_archives()
    assert client.get(addresses(poll)[0]).get_json()["code"] == "voting.not-published-yet"
    assert db["board_archives.files"].count_documents({"_id": {"$regex": poll[0]}}) == 0


def test_a_worker_that_died_while_writing_leaves_nothing_that_is_handed_out(client, db, sealed):
    poll, _ = sealed
    data = client.get(addresses(poll)[0]).data
    db["board_archives.chunks"].insert_one({"files_id": f"{poll[0]}:jsonl:closed", "n": 0, "data": os.urandom(20)})
    assert client.get(addresses(poll)[0]).data == data
    keep_archives()
    assert client.get(addresses(poll)[0]).data == data
    assert sequencer.batches().count_documents({"poll": poll[0], "is_final": 1}) == 1
