"""The board from the first batch to the archive."""

import gzip
import hashlib
import json
from contextlib import contextmanager
from datetime import timedelta

import pytest

from mvoting.core import merkle
from mvoting.core.clock import now
from mvoting.voting import statements
from mvoting.voting.board import archives, entries, sequencer, services
from mvoting.voting.board.tasks import keep_archives, sequence_boards
from mvoting.voting.polls import moderated
from mvoting.voting.polls import services as polls


@pytest.fixture
def vote(cast, poll, ballot_body, person_headers):
    """Let some people vote; gives their receipts."""

    def go(count, option="o1"):
        return [cast(poll, ballot_body(poll, option)).get_json()["receipt"] for _ in range(count)]

    return go


def url(poll, rest=""):
    return f"/v1/polls/{poll[0]}/board{rest}"


def keys():
    return {kid: bytes.fromhex(key) for kid, key in services.board_keys().items()}


def check_inclusion(answer):
    inclusion = answer["inclusion"]
    head = statements.check(inclusion["head"], statements.TreeHead, keys())
    leaf = merkle.leaf_hash(entries.entry_bytes(inclusion["entry"]))
    proof = [bytes.fromhex(h) for h in inclusion["proof"]]
    merkle.verify_inclusion(leaf, inclusion["index"], head.size, proof, bytes.fromhex(head.root))


def test_a_batch_needs_2k_and_leaves_k_waiting(client, vote, poll, db):
    vote(39)
    sequencer.sequence(poll[0])
    assert client.get(url(poll)).get_json()["ballots"] == 0
    vote(1)
    sequencer.sequence(poll[0])
    board = client.get(url(poll)).get_json()
    assert (board["ballots"], board["head"]["size"], board["is_final"]) == (20, 21, False)
    assert board["totals"] == {"q1": {"o1": 20, "o2": 0, "o3": 0, "blank": 0}}
    assert db.ballots.count_documents({"poll": poll[0], "pending": True}) == 20


def test_every_leaf_can_be_checked_from_waiting_to_counted(client, vote, poll, close):
    receipts = vote(45)
    sequencer.sequence(poll[0])
    states = [client.get(url(poll, f"/leaves/{r['leaf']}")).get_json() for r in receipts]
    assert sorted(s["state"] for s in states) == ["counted"] * 25 + ["waiting"] * 20
    close(poll)
    for receipt in receipts:
        answer = client.get(url(poll, f"/leaves/{receipt['leaf']}")).get_json()
        assert answer["state"] == "counted"
        assert answer["inclusion"]["entry"]["leaf"] == receipt["leaf"]
        assert answer["inclusion"]["head"]["is_final"] == 1
        check_inclusion(answer)
    for unknown in ("0" * 64, "zz" * 32):
        assert client.get(url(poll, f"/leaves/{unknown}")).status_code == 404


def test_changes_before_and_after_the_first_batch_stand_as_replacements(
    client, cast, vote, poll, ballot_body, person_headers, close
):
    early, late = person_headers(), person_headers()
    vote(38)
    first = [cast(poll, ballot_body(poll, "o1"), me).get_json()["receipt"]["leaf"] for me in (early, late)]
    second = [cast(poll, ballot_body(poll, "o2", revision=1), early).get_json()["receipt"]["leaf"]]
    sequencer.sequence(poll[0])
    vote(60)
    sequencer.sequence(poll[0])
    second += [cast(poll, ballot_body(poll, "o2", revision=1), late).get_json()["receipt"]["leaf"]]
    close(poll)
    for replaced, by in zip(first, second, strict=True):
        answer = client.get(url(poll, f"/leaves/{replaced}")).get_json()
        assert (answer["state"], answer["replaced_by"]) == ("replaced", by)
        check_inclusion(answer)
        assert client.get(url(poll, f"/leaves/{by}")).get_json()["inclusion"]["entry"]["replaces"] == replaced
    board = client.get(url(poll)).get_json()
    assert board["totals"]["q1"] == {"o1": 98, "o2": 2, "o3": 0, "blank": 0}
    assert sorted(services.iter_contents(poll[0])) == [b'{"q1":["o1"]}'] * 98 + [b'{"q1":["o2"]}'] * 2


def test_all_heads_are_consistent_and_batches_fit_them(client, vote, poll, close):
    for _ in range(4):
        vote(45)
        sequencer.sequence(poll[0])
    close(poll)
    heads = client.get(url(poll, "/heads?limit=100")).get_json()["items"]
    assert len(heads) >= 6
    tree = merkle.MemoryTree()
    for document in heads:
        head = statements.check(document, statements.TreeHead, keys())
        batch = client.get(url(poll, f"/batches/{head.number}"))
        assert "immutable" in batch.headers["Cache-Control"]
        tree.extend(merkle.leaf_hash(entries.entry_bytes(e)) for e in batch.get_json()["entries"])
        assert (len(tree), tree.root().hex()) == (head.size, head.root)
    for earlier in heads:
        query = f"/consistency?size1={earlier['size']}"
        answer = client.get(url(poll, query)).get_json()
        proof, last = [bytes.fromhex(h) for h in answer["proof"]], answer["head"]
        merkle.verify_consistency(
            earlier["size"], last["size"], bytes.fromhex(earlier["root"]), bytes.fromhex(last["root"]), proof
        )
    assert client.get(url(poll, "/consistency?size1=2&size2=1")).status_code == 422
    assert client.get(url(poll, "/consistency?size1=0&size2=100000")).status_code == 422
    assert client.get(url(poll, "/batches/999")).status_code == 404
    assert client.get(url(poll, "/tiles/0/0")).status_code == 404 or len(tree) >= 256


def test_full_tiles_are_immutable_and_hold_the_leaf_hashes(client, db, poll, vote, close):
    vote(280)
    close(poll)
    response = client.get(url(poll, "/tiles/0/0"))
    assert (response.status_code, len(response.data)) == (200, 256 * 32)
    assert "immutable" in response.headers["Cache-Control"]
    found = services.batch(poll[0], 0)["entries"][0]
    assert response.data[:32] == merkle.leaf_hash(entries.entry_bytes(found))
    assert client.get(url(poll, "/tiles/0/1")).status_code == 404


def test_closing_takes_everything_and_destroys_the_salt(vote, poll, close, db, client):
    vote(3)
    close(poll)
    assert services.is_final(poll[0])
    assert len(list(services.iter_contents(poll[0]))) == 3
    assert db.ballots.count_documents({"poll": poll[0], "pending": True}) == 0
    assert "salt" not in db.polls.find_one({"_id": poll[0]})
    last = services.batch(poll[0], client.get(url(poll)).get_json()["head"]["number"])["entries"][-1]
    assert last == {"type": "closing", "roll": db.persons.count_documents({}), "roll_of": "members", "ballots": 3}


def test_a_board_is_not_closed_before_the_grace_has_passed(vote, poll, db):
    vote(1)
    db.polls.update_one({"_id": poll[0]}, {"$set": {"closes_at": now() - timedelta(seconds=1)}})
    polls.forget_facts()
    sequencer.sequence(poll[0])
    assert not services.is_final(poll[0])
    assert "salt" in db.polls.find_one({"_id": poll[0]})


def test_withdrawn_ballots_are_named_with_their_reason_and_do_not_count(
    client, cast, vote, poll, ballot_body, person_headers, staff_headers, close
):
    vote(45)
    people = {name: person_headers(name) for name in ("boarded-person", "waiting-person")}
    leaves = [cast(poll, ballot_body(poll, "o3"), people["boarded-person"]).get_json()["receipt"]["leaf"]]
    for _ in range(2):
        vote(60)
        sequencer.sequence(poll[0])
    leaves += [cast(poll, ballot_body(poll, "o3"), people["waiting-person"]).get_json()["receipt"]["leaf"]]
    for name in people:
        body = {"person_id": name, "reason": {"ko": "같은 사람의 계정이 둘이어서"}}
        assert client.post(url(poll, "/withdrawals"), json=body, headers=staff_headers("poll_officer")).status_code == 204
        again = client.post(url(poll, "/withdrawals"), json=body, headers=staff_headers("poll_officer"))
        assert again.get_json()["code"] == "voting.nothing-to-withdraw"
        assert client.post(url(poll, "/withdrawals"), json=body, headers=staff_headers("moderator")).status_code == 403
        changed = cast(poll, ballot_body(poll, revision=1), people[name]).get_json()
        assert changed["code"] == "voting.ballot-withdrawn"
    close(poll)
    for leaf in leaves:
        assert client.get(url(poll, f"/leaves/{leaf}")).get_json()["state"] == "withdrawn"
    assert client.get(url(poll)).get_json()["ballots"] == len(list(services.iter_contents(poll[0]))) == 165
    assert client.get(url(poll)).get_json()["totals"]["q1"]["o3"] == 0


def test_the_archive_comes_after_the_result_and_holds_only_counted_contents(
    client, cast, vote, poll, ballot_body, person_headers, close
):
    me = person_headers()
    cast(poll, ballot_body(poll, "o1"), me)
    cast(poll, ballot_body(poll, "o2", revision=1), me)
    vote(4)
    archive = f"/v1/polls/{poll[0]}/archive"
    assert client.get(f"{archive}.jsonl.gz").status_code == 404
    close(poll)
    assert client.get(f"{archive}.jsonl.gz").get_json()["code"] == "voting.not-published-yet"
    for _ in range(2):
        services.publish_result(poll[0], {"winner": "o1"})
    response = client.get(f"{archive}.jsonl.gz")
    assert response.headers["Cache-Control"] == "no-cache"
    lines = [json.loads(line) for line in gzip.decompress(response.data).splitlines()]
    assert lines[0]["definition_hash"] == poll[1]
    ballots = [line for line in lines if line.get("entry", {}).get("type") == "ballot"]
    assert [len(ballots), sum("choices" in b for b in ballots)] == [6, 5]
    assert [line["entry"]["type"] for line in lines if "entry" in line][-2:] == ["closing", "result"]
    rows = gzip.decompress(client.get(f"{archive}.csv.gz").data).decode().splitlines()
    assert len(rows) == 1 + sum("entry" in line for line in lines)


def test_archives_are_made_once_and_handed_out_as_they_are(client, db, vote, poll, close):
    vote(30)
    close(poll)
    services.publish_result(poll[0], {"winner": "o1"})
    addresses = [f"/v1/polls/{poll[0]}/archive.{kind}.gz" for kind in ("jsonl", "csv")]
    before = [client.get(address).data for address in addresses]
    db["board_archives.chunks"].insert_one({"files_id": f"{poll[0]}:csv", "n": 0, "data": b"of a worker that was killed"})
    db.polls.update_one({"_id": poll[0]}, {"$set": {"state": "published"}})
    assert poll[0] in polls.polls_to_archive()
    keep_archives()
    assert poll[0] not in polls.polls_to_archive()
    made = db["board_archives.files"].find_one({"_id": f"{poll[0]}:jsonl"})
    archives.keep(poll[0])
    assert db["board_archives.files"].find_one({"_id": f"{poll[0]}:jsonl"}) == made
    db.board_batches.update_many({"poll": poll[0]}, {"$unset": {"entries.0.content": ""}})  # nothing is read anew
    for address, data in zip(addresses, before, strict=True):
        response = client.get(address)
        assert (response.data, response.content_length) == (data, len(data))
        assert "immutable" in response.headers["Cache-Control"]
        assert "Authorization" not in response.headers["Vary"]
        assert response.headers["ETag"] == f'"{hashlib.sha256(data).hexdigest()}"'
        again = client.get(address, headers={"If-None-Match": response.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b"")
        part = client.get(address, headers={"Range": "bytes=10-99"})
        assert (part.status_code, part.data) == (206, data[10:100])
        assert part.headers["Content-Range"] == f"bytes 10-99/{len(data)}"
        assert client.get(address, headers={"Range": f"bytes={len(data)}-"}).status_code == 416
        assert client.head(address).content_length == len(data)


def test_acts_of_staff_stand_on_the_board_while_the_poll_is_open(client, vote, poll, close, db):
    def changes():
        return [e for n in range(20) for e in entries_of(n) if e["type"] == "change"]

    def entries_of(number):
        response = client.get(url(poll, f"/batches/{number}"))
        return response.get_json()["entries"] if response.status_code == 200 else []

    vote(1)
    sequencer.sequence(poll[0])
    at = now()
    later, sooner = at + timedelta(days=3), at + timedelta(hours=2)
    polls.move_closing(poll[0], later, "비가 와서", now=at, staff_id="s")
    sequencer.sequence(poll[0])
    assert [(c["kind"], c["reason"]) for c in changes()] == [("extended", "비가 와서")]
    assert not services.is_final(poll[0])
    polls.move_closing(poll[0], sooner, "모두 투표해서", now=at, staff_id="s")
    db.polls.update_one({"_id": poll[0]}, {"$set": {"created_by.kind": "person"}})
    assert moderated.set_visibility(poll[0], ["public"], "hidden")
    assert moderated.set_visibility(poll[0], ["hidden"], "public")
    for _ in range(2):
        sequencer.sequence(poll[0])
    assert [c["kind"] for c in changes()] == ["extended", "closed-early", "hidden", "shown"]
    assert [c.get("closes_at", "")[:16] for c in changes()] == [t.isoformat()[:16] for t in (later, sooner)] + ["", ""]
    vote(2)
    close(poll)
    assert len(changes()) == 4
    assert [c["reason"] for c in services.changes(poll[0])] == [
        "비가 와서",
        "모두 투표해서",
        *[moderated.BOARD_REASON] * 2,
    ]


def test_a_ballot_altered_in_the_database_is_noticed_before_it_is_counted(vote, poll, close, db):
    vote(2)
    close(poll)
    found = db.board_batches.find_one({"poll": poll[0], "entries.content": {"$exists": True}})
    db.board_batches.update_one({"_id": found["_id"]}, {"$set": {"entries.0.content": b'{"q1":["o2"]}'}})
    with pytest.raises(services.BoardDamaged):
        list(services.iter_contents(poll[0]))


def test_polls_that_hide_their_figures_keep_none(client, cast, make_poll, ballot_body, db):
    poll = make_poll(figures="after_closing")
    for _ in range(40):
        cast(poll, ballot_body(poll))
    sequencer.sequence(poll[0])
    assert client.get(url(poll)).get_json()["totals"] is None
    assert db.board_batches.count_documents({"poll": poll[0], "totals.q1": {"$exists": True}}) == 0


def test_unknown_boards(client, poll):
    assert client.get(url(poll)).get_json()["code"] == "voting.no-board-yet"
    assert client.get(f"/v1/polls/{'0' * 26}/board").status_code == 404


def test_the_reads_use_indexes(db, vote, poll, close):
    vote(2)
    close(poll)
    leaf = hashlib.sha256(b"").digest()
    headed = {"poll": poll[0], "head": {"$ne": None}}
    for query in (
        {"entries.leaf": leaf, **headed},
        {"entries.replaces": leaf, **headed},
        {"entries.record.leaf": "00", **headed},
        {"entries.record.type": "result", **headed},
        {"poll": poll[0], "number": 1},
    ):
        explained = db.board_batches.find(query).explain()
        assert "COLLSCAN" not in json.dumps(explained["queryPlanner"]["winningPlan"], default=str)
        assert explained["executionStats"]["totalDocsExamined"] <= 1


def test_a_proof_takes_few_reads_and_each_looks_at_what_it_gives_only(client, db, vote, poll, close):
    leaf = vote(45)[0]["leaf"]
    close(poll)
    services.check_leaf(poll[0], bytes.fromhex(leaf))  # what is known of the poll and the session is known now
    with profiled(db) as commands:
        assert services.check_leaf(poll[0], bytes.fromhex(leaf))["state"] == "counted"
    assert len(commands) == 4
    for command in commands:
        assert command["op"] == "query"
        assert "COLLSCAN" not in command["planSummary"]
        assert command["docsExamined"] <= 2, command  # a proof in a small tree needs two tiles at most


@contextmanager
def profiled(db):
    """Collect what the database did, by its own profiler."""
    db.command("profile", 0)
    db.drop_collection("system.profile")
    db.command("profile", 2)
    commands = []
    try:
        yield commands
    finally:
        db.command("profile", 0)
        commands += [c for c in db["system.profile"].find() if "system.profile" not in c["ns"] and c["op"] == "query"]


def test_a_cancelled_poll_s_board_is_finished_because_receipts_promised_so(vote, poll, db):
    vote(3)
    cancelled = now() - sequencer.GRACE - timedelta(seconds=1)
    db.polls.update_one({"_id": poll[0]}, {"$set": {"state": "cancelled", "ended_at": cancelled, "cancel_reason": "잘못된 질문"}})
    polls.forget_facts()
    assert poll[0] in polls.polls_with_open_board(now=now())
    sequencer.sequence(poll[0])
    assert services.is_final(poll[0])
    number = services.heads(poll[0], after=-1, limit=100)[-1]["number"]
    assert services.batch(poll[0], number)["entries"][-1]["cancelled"] == "잘못된 질문"
    assert poll[0] not in polls.polls_with_open_board(now=now())


def test_a_private_room_s_board_is_for_its_people(client, vote, poll, close, db, person_headers):
    from mvoting.voting.polls import admissions

    vote(2)
    close(poll)
    services.publish_result(poll[0], {"winner": "o1"})
    room = {"room": {"number": "123456"}, "definition.audience": {"kind": "room"}}
    db.polls.update_one({"_id": poll[0]}, {"$set": room})
    polls.forget_facts()
    admissions._admit(poll[0], "an-admitted-person", now() + timedelta(days=1))
    paths = [url(poll, rest) for rest in ("", "/heads", "/batches/1", "/consistency?size1=0", f"/leaves/{'0' * 64}")]
    paths += [f"/v1/polls/{poll[0]}/archive.{kind}.gz" for kind in ("jsonl", "csv")]
    for path in paths:
        assert client.get(path).get_json()["code"] == "voting.poll-not-found"
        assert client.get(path, headers=person_headers()).status_code == 404
        inside = client.get(path, headers=person_headers("an-admitted-person"))
        if "leaves" not in path:
            assert inside.status_code == 200, inside.text
            assert "private" in inside.headers["Cache-Control"]


def test_what_is_handed_out_about_a_person_is_only_where_they_voted(cast, poll, ballot_body, person_headers):
    from mvoting.voting.ballots.services import export_personal_data

    cast(poll, ballot_body(poll, "o2"), person_headers("exported-person"))
    exported = export_personal_data("exported-person")["ballots_in_unfinished_polls"]
    assert {"poll_id": poll[0], "revision": 1} in exported
    assert "o2" not in str(exported)


def test_a_poll_that_cannot_be_sequenced_holds_up_no_other(make_poll, cast, ballot_body, db, caplog):
    broken, sound = make_poll(closes_in=1000), make_poll(closes_in=2000)  # those that close first come first
    for poll in (broken, sound):
        for _ in range(40):
            cast(poll, ballot_body(poll))
    db.polls.update_one({"_id": broken[0]}, {"$set": {"definition.k": "broken"}})
    polls.forget_facts()
    sequence_boards()
    assert db.board_batches.count_documents({"poll": sound[0]}) == 2
    failures = [r.fields for r in caplog.records if r.getMessage() == "voting.sequencing_failed"]
    assert [f["kind"] for f in failures if f["poll_id"] == broken[0]] == ["TypeError"]
    db.polls.delete_one({"_id": broken[0]})
