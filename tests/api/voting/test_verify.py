"""`board verify` on real archives: all is well when nothing was done, and each tampering is found and named."""

import base64
import copy
import gzip
import itertools
import json
import secrets
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from mvoting.core import merkle
from mvoting.core.clock import now
from mvoting.core.ids import random_id
from mvoting.core.keys import current_key
from mvoting.voting import canonical, statements
from mvoting.voting.ballots.leaf import open_leaf
from mvoting.voting.board import command as board_command
from mvoting.voting.board import entries, opening, sequencer, trustee_command
from mvoting.voting.board.verify import verify
from mvoting.voting.sealing import hpke, opened, trustees
from mvoting.voting.tally import services as tally

RANKED = {"id": "q2", "title": {"ko": "순서"}, "method": "irv", "seats": 1}
RANKED["options"] = [{"id": f"o{n}", "title": {"ko": f"{n}번"}} for n in (1, 2, 3)]


def archive_of(client, poll):
    response = client.get(f"/v1/polls/{poll[0]}/archive.jsonl.gz")
    assert response.status_code == 200, response.text
    return [json.loads(line) for line in gzip.decompress(response.data).splitlines()]


def report_on(lines, **kept):
    return verify((json.dumps(line, ensure_ascii=False).encode() for line in lines), **kept)


def found(lines, **kept):
    return {code for code, _ in report_on(lines, **kept).wrong}


@pytest.fixture(autouse=True)
def people(db):
    """As many accounts as people vote here by bare tokens."""
    ids = [random_id() for _ in range(60)]
    db.persons.insert_many([{"_id": i, "state": "active", "trust": "member", "created_at": now()} for i in ids])
    yield
    db.persons.delete_many({"_id": {"$in": ids}})


@pytest.fixture
def voted(make_poll, cast, ballot_body, person_headers, close, client):
    """A poll with changed ballots in several batches, counted; gives archive lines, kept receipts and an earlier head."""
    from tests.api.voting.conftest import QUESTION

    poll = make_poll(questions=[QUESTION, RANKED], k=5)
    receipts, me = [], person_headers()

    def vote(option, ranking, headers=None, revision=0):
        body = ballot_body(poll, revision=revision, choices={"q1": [option], "q2": ranking})
        receipts.append(cast(poll, body, headers).get_json()["receipt"])

    vote("o1", [["o1"]], me)
    for n in range(23):
        vote(f"o{n % 2 + 1}", [["o3"], [f"o{n % 3 + 1}"]] if n % 3 != 2 else None)
    sequencer.sequence(poll[0])
    earlier = client.get(f"/v1/polls/{poll[0]}/board").get_json()["head"]
    vote("o2", [["o2"], ["o1"]], me, revision=1)
    for _ in range(12):
        vote("o3", [["o2"]])
    close(poll)
    assert tally.tally_poll(poll[0], now=now())
    return archive_of(client, poll), receipts, earlier


def resigned(lines, key=None, kid=None):
    """Write an archive anew as an operator could: hashes, counts and signatures all fit again."""
    own = current_key("board")
    key, kid = key or own.private, kid or own.kid
    tree, out, number = merkle.MemoryTree(), [], 0
    is_final = 0
    for line in copy.deepcopy(lines):
        if "entry" in line:
            tree.extend([merkle.leaf_hash(entries.entry_bytes(line["entry"]))])
            is_final |= line["entry"]["type"] == "closing"
        elif "head" in line:
            fields = {n: line["head"][n] for n in ("poll_id", "definition_hash")}
            head = statements.TreeHead(**fields, number=number, size=len(tree), root=tree.root().hex(), is_final=int(is_final))
            line = {"head": statements.sign(head, key, kid)}
            number += 1
        out.append(line)
    return out


def counted_ballots(lines):
    return [n for n, line in enumerate(lines) if "choices" in line]


def test_nothing_was_done_and_nothing_is_found(voted):
    lines, receipts, earlier = voted
    report = report_on(lines, receipts=receipts, kept_heads=[earlier])
    assert report.wrong == []
    assert (report.checked["ballots"], report.checked["questions"]) == (36, 2)
    assert (report.checked["receipts_counted"], report.checked["receipts_replaced"]) == (36, 1)
    assert report.checked["kept_heads"] == 1
    assert found(resigned(lines)) == set()


def test_a_changed_ballot(voted):
    lines = voted[0]
    at = counted_ballots(lines)[0]
    lines[at]["choices"] = {**lines[at]["choices"], "q1": ["o3"]}
    assert "changed-ballot" in found(lines)
    content = canonical.encode(lines[at]["choices"])
    leaf = open_leaf(bytes.fromhex(lines[0]["definition_hash"]), content, bytes.fromhex(lines[at]["nonce"])).hex()
    lines[at]["entry"]["leaf"] = leaf
    assert "head-does-not-fit" in found(lines)


def test_an_added_ballot(voted):
    lines, _receipts, earlier = voted
    at = counted_ballots(lines)[0]
    added = copy.deepcopy(lines[at])
    added["nonce"] = secrets.token_hex(16)
    content = canonical.encode(added["choices"])
    definition_hash = bytes.fromhex(lines[0]["definition_hash"])
    added["entry"] = {"type": "ballot", "leaf": open_leaf(definition_hash, content, bytes.fromhex(added["nonce"])).hex()}
    lines.insert(at, added)
    assert "head-does-not-fit" in found(lines)
    assert {"wrong-ballot-count", "wrong-result"} <= found(resigned(lines))
    assert "rewritten-archive" in found(resigned(lines), kept_heads=[earlier])


def test_a_removed_ballot(voted):
    lines, receipts, earlier = voted
    at = counted_ballots(lines)[0]
    blanked = copy.deepcopy(lines)
    del blanked[at]["choices"]
    assert "removed-ballot" in found(blanked)
    gone = lines.pop(at)["entry"]["leaf"]
    assert "head-does-not-fit" in found(lines)
    report = report_on(resigned(lines), receipts=receipts, kept_heads=[earlier])
    assert ("broken-promise", gone) in report.wrong
    assert "rewritten-archive" in {code for code, _ in report.wrong}


def test_swapped_ballots(voted):
    lines, _, earlier = voted
    ballots = [n for n, line in enumerate(lines) if line.get("entry", {}).get("type") == "ballot"][:2]
    a, b = ballots
    lines[a], lines[b] = lines[b], lines[a]
    assert "head-does-not-fit" in found(lines)
    assert found(resigned(lines), kept_heads=[earlier]) == {"rewritten-archive"}


def test_a_duplicated_ballot(voted):
    lines = voted[0]
    at = counted_ballots(lines)[0]
    lines.insert(at, copy.deepcopy(lines[at]))
    assert {"duplicated-ballot", "head-does-not-fit"} <= found(lines)
    assert "duplicated-ballot" in found(resigned(lines))


def test_a_ballot_counted_although_it_was_replaced(voted):
    lines = voted[0]
    changed = next(line for line in lines if "replaces" in line.get("entry", {}))
    del changed["entry"]["replaces"]
    assert {"removed-ballot", "wrong-ballot-count"} <= found(resigned(lines))


def test_a_ballot_replaced_by_a_stranger_s(voted):
    lines, receipts, _ = voted
    victim, other = counted_ballots(lines)[0], counted_ballots(lines)[-1]
    lines[other]["entry"]["replaces"] = lines[victim]["entry"]["leaf"]
    assert "ballot-that-does-not-count" in found(resigned(lines))
    for field in ("choices", "nonce"):
        del lines[victim][field]
    assert "broken-promise" in found(resigned(lines), receipts=receipts)


def test_forged_receipts(voted):
    lines, receipts, _ = voted
    changed = {**receipts[0], "leaf": receipts[1]["leaf"]}
    stranger = Ed25519PrivateKey.generate()
    fields = {n: receipts[0][n] for n in ("poll_id", "definition_hash", "leaf", "replaces")}
    own = statements.sign(statements.Receipt(**fields), stranger, receipts[0]["kid"])
    for forged in (changed, own, {**receipts[0], "kid": "other"}, {}, {**receipts[0], "signature": "zz"}):
        assert found(lines, receipts=[forged]) == {"forged-receipt"}


def test_a_rewritten_archive_under_another_key_is_found_by_a_head_that_was_kept(voted):
    lines, receipts, earlier = voted
    stranger = Ed25519PrivateKey.generate()
    lines[0]["keys"] = {"new": stranger.public_key().public_bytes_raw().hex()}
    again = resigned(lines, stranger, "new")
    assert found(again) == set()
    assert found(again, kept_heads=[earlier], receipts=receipts[:1]) == {"forged-kept-head", "forged-receipt"}


def test_a_head_of_the_future_or_of_another_poll(voted):
    lines, _, earlier = voted
    key = current_key("board")
    fields = {n: earlier[n] for n in ("definition_hash", "number", "root", "is_final")}
    later = statements.sign(statements.TreeHead(poll_id=earlier["poll_id"], size=10_000, **fields), key.private, key.kid)
    other = statements.sign(statements.TreeHead(poll_id="other", size=earlier["size"], **fields), key.private, key.kid)
    assert found(lines, kept_heads=[later]) == {"rewritten-archive"}
    assert found(lines, kept_heads=[other]) == {"kept-head-of-another-poll"}


def test_a_changed_option_text(voted):
    lines, _, _earlier = voted
    lines[0]["definition"]["questions"][0]["options"][0]["title"]["ko"] = "다른 글"
    assert "changed-definition" in found(lines)
    lines[0]["definition_hash"] = __import__("hashlib").sha256(canonical.encode(lines[0]["definition"])).hexdigest()
    assert {"head-does-not-fit", "opening-does-not-fit", "changed-ballot"} <= found(lines)


@pytest.mark.parametrize("what", ["winner", "total", "rounds", "ballots"])
def test_a_wrong_result(voted, what):
    lines = voted[0]
    result = next(line for line in lines if line.get("entry", {}).get("type") == "result")["entry"]["result"]
    question = result["questions"][1]
    match what:
        case "winner":
            question["winners"] = ["o1"] if question["winners"] != ["o1"] else ["o2"]
        case "total":
            question["rounds"][0]["totals"]["o1"] = "999"
        case "rounds":
            question["rounds"].append(question["rounds"][-1])
        case "ballots":
            result["ballots"] += 1
    assert found(lines) >= {"wrong-result", "head-does-not-fit"}
    assert found(resigned(lines)) == {"wrong-result"}


def test_ballots_after_closing_and_cut_off_ends(voted):
    lines = voted[0]
    ballot = counted_ballots(lines)[0]
    moved = [line for n, line in enumerate(lines) if n != ballot]
    moved.insert(len(moved) - 2, lines[ballot])
    assert "ballot-after-closing" in found(resigned(moved))
    closing = next(n for n, line in enumerate(lines) if line.get("entry", {}).get("type") == "closing")
    assert {"no-final-head", "no-result"} <= found(lines[:closing])
    assert "entries-after-last-head" in found(lines[:-1])
    assert found([]) == {"unreadable"}
    assert found([{"hello": 1}]) == {"unreadable"}


def test_more_ballots_than_people(voted):
    lines = voted[0]
    next(line for line in lines if line.get("entry", {}).get("type") == "closing")["entry"]["roll"] = 35
    assert found(resigned(lines)) == {"more-ballots-than-people"}


def entry_of(lines, kind):
    return next(line for line in lines if line.get("entry", {}).get("type") == kind)["entry"]


def test_batches_that_are_too_small(voted):
    lines = voted[0]
    assert report_on(lines).checked["batches"] == 2
    ballot = counted_ballots(lines)[-1]
    heads = [n for n, line in enumerate(lines) if "head" in line and n < ballot]
    between = {"head": copy.deepcopy(lines[heads[-1]]["head"])}
    lines.insert(ballot, between)
    assert found(resigned(lines)) == {"small-batch"}


@pytest.mark.parametrize("record", ["opening", "closing"])
def test_a_roll_that_is_not_stated(voted, record):
    lines = voted[0]
    del entry_of(lines, record)["roll"]
    assert found(resigned(lines)) == {"no-roll"}


def test_a_choice_that_the_poll_does_not_offer(voted):
    lines = voted[0]
    line = lines[counted_ballots(lines)[0]]
    line["choices"]["q1"] = ["o9"]
    committed = bytes.fromhex(lines[0]["definition_hash"]), canonical.encode(line["choices"]), bytes.fromhex(line["nonce"])
    line["entry"]["leaf"] = open_leaf(*committed).hex()
    assert {"invalid-content", "wrong-result"} <= found(resigned(lines))


def test_acts_of_staff_that_are_left_out_or_made_up(voted):
    lines = voted[0]
    change = {
        "kind": "extended",
        "at": "2026-01-01T00:00:00+00:00",
        "reason": "더 오래",
        "closes_at": "2026-01-02T00:00:00+00:00",
    }
    entry_of(lines, "result")["result"]["changes"] = [change]
    assert found(resigned(lines)) == {"wrong-result"}
    closing = next(n for n, line in enumerate(lines) if line.get("entry", {}).get("type") == "closing")
    lines.insert(closing, {"entry": {"type": "change", **change}})
    assert found(resigned(lines)) == set()


def test_several_processes_find_the_same_and_tell_how_far_they_are(voted):
    lines, receipts, earlier = voted
    del lines[counted_ballots(lines)[3]]["choices"]
    told = Counter()
    blocks = b"".join(json.dumps(line).encode() + b"\n" for line in lines)
    pieces = [b"\n".join(blocks.splitlines()[at : at + 7]) for at in range(0, len(lines), 7)]
    kept = {"receipts": receipts, "kept_heads": [earlier]}
    shared = verify(pieces, processes=2, progress=lambda phase, more: told.update({phase: more}), **kept)
    alone = report_on(lines, **kept)
    assert (shared.wrong, shared.checked) == (alone.wrong, alone.checked)
    assert told == {"read": len(lines) - 1}


def test_nothing_that_an_archive_holds_makes_it_fail_with_an_error(voted):
    lines, receipts, earlier = voted
    odd = [None, -1, [], {"type": "ballot"}]
    for line in [lines[0], *[{"entry": line["entry"]} for line in lines if "entry" in line][-2:], lines[2], lines[-1]]:
        for place, value in itertools.product(list(places(line)), odd):
            changed = copy.deepcopy(lines)
            at = next(n for n, one in enumerate(lines) if one == line or one.get("entry") == line.get("entry") is not None)
            put_at(changed[at], place, value)
            assert report_on(changed, receipts=receipts[:1], kept_heads=[earlier]).wrong or changed == lines


def places(value, before=()):
    """Give the way to every member of a document, two deep in lists and objects."""
    if isinstance(value, dict) and len(before) < 3:
        for name, inner in value.items():
            yield (*before, name)
            yield from places(inner, (*before, name))
    elif isinstance(value, list) and value and len(before) < 3:
        yield (*before, 0)
        yield from places(value[0], (*before, 0))


def put_at(document, place, value):
    for name in place[:-1]:
        document = document[name]
    document[place[-1]] = value


# The command, and sealed polls


@pytest.fixture
def sealed_archive(make_poll, cast, close, client, tmp_path):
    """A sealed poll with two spoiled ballots, dealt by the command, opened, counted."""

    def make(recount="public"):
        folder = tmp_path / recount

        def dealt(poll_id):
            options = ["--trustees", "3", "--threshold", "2", "--padded-bytes", "96", "--recount", recount]
            assert trustee_command.main(["deal", "--poll", poll_id, *options, "--out", str(folder)]) == 0
            return json.loads((folder / "sealing.json").read_text())

        poll = make_poll(secrecy="sealed", figures="after_closing", k=5, sealing=dealt)
        public_key = bytes.fromhex(json.loads((folder / "sealing.json").read_text())["public_key"])
        info = hpke.sealing_info(poll[0], bytes.fromhex(poll[1]))
        for content in [*[canonical.encode({"q1": [f"o{n % 3 + 1}"]}) for n in range(11)], b"{}", b"\xff"]:
            sealed = base64.urlsafe_b64encode(hpke.seal_ballot(content, public_key, info, 96)).decode().rstrip("=")
            body = {"definition_hash": poll[1], "revision": 0, "cast_id": secrets.token_hex(16), "sealed": sealed}
            assert cast(poll, body).status_code == 200
        close(poll)
        return poll, folder

    return make


def opened_publicly(client, poll, folder):
    for n in (1, 3):
        share = (folder / f"share-{n}.txt").read_text()
        assert client.post(f"/v1/polls/{poll[0]}/board/shares", json={"share": share}).status_code == 200
    opening.open_ballots(poll[0])
    assert tally.tally_poll(poll[0], now=now())
    return archive_of(client, poll)


def test_a_sealed_poll_is_opened_again_and_recounted(sealed_archive, client):
    lines = opened_publicly(client, *sealed_archive())
    for processes in (1, 2):
        report = report_on(lines, processes=processes)
        assert (report.wrong, report.checked["opened"], report.checked["ballots"]) == ([], 11, 13)


def test_a_share_from_another_poll(sealed_archive, client):
    lines = opened_publicly(client, *sealed_archive())
    assert report_on(lines).checked["shares"] == 2
    record = entry_of(lines, "opened")
    own, foreign = dict(record["shares"]), trustees.deal("another-poll", 2, 3)[1]
    record["shares"] = {**own, "1": foreign[0].value.hex()}
    assert {"foreign-share", "too-few-trustees"} <= found(resigned(lines))
    record["shares"] = {"2": own["1"], "3": own["3"]}  # a good one under another's number
    assert "foreign-share" in found(resigned(lines))
    record["shares"] = {"3": own["3"]}
    assert found(resigned(lines)) == {"too-few-trustees"}
    del record["shares"]
    assert "opening-cannot-be-read" in found(resigned(lines))


def test_a_wrong_spoiled_list_and_a_wrong_key(sealed_archive, client):
    lines = opened_publicly(client, *sealed_archive())
    record = next(line for line in lines if line.get("entry", {}).get("type") == "opened")["entry"]
    kept = record["spoiled"]
    for spoiled in (kept[:1], [*kept, "0" * 64], []):
        record["spoiled"] = spoiled
        assert found(resigned(lines)) == {"wrong-spoiled-list"}
    record["spoiled"], record["private_key"] = kept, "11" * 32
    assert {"wrong-key", "wrong-spoiled-list", "wrong-result"} <= found(resigned(lines))


def test_trustees_who_count_themselves(sealed_archive, client, tmp_path, capsys):
    poll, folder = sealed_archive("trustees")
    before = tmp_path / "before.jsonl.gz"
    before.write_bytes(client.get(f"/v1/polls/{poll[0]}/archive.jsonl.gz").data)
    out = tmp_path / "contents.json"
    shares = ["--share", str(folder / "share-2.txt"), "--share", str(folder / "share-3.txt")]
    assert trustee_command.main(["open", str(before), *shares, "--out", str(out)]) == 0
    assert trustee_command.main(["open", str(before), *shares[:2], "--out", str(out)]) == 1
    assert "2 shares are needed" in capsys.readouterr().err
    handed_in = json.loads(out.read_text())
    assert client.post(f"/v1/polls/{poll[0]}/board/contents", json=handed_in).get_json()["is_opened"] is True
    assert tally.tally_poll(poll[0], now=now())
    lines = archive_of(client, poll)
    assert "private_key" not in json.dumps(lines)
    report = report_on(lines)
    assert (report.wrong, report.checked["contents_signed"]) == ([], 2)
    record = next(line for line in lines if line.get("entry", {}).get("type") == "opened")["entry"]
    foreign = trustees.deal(poll[0], 2, 3)[1][1]  # dealt for the same poll in another ceremony
    root = next(line["head"] for line in lines if line.get("head", {}).get("is_final"))["root"]
    digest = opened.contents_digest(poll[1], root, record["patterns"], record["spoiled"])
    own = record["signatures"]
    record["signatures"] = {**own, "2": trustees.sign_contents(foreign, digest).hex()}
    assert found(resigned(lines)) == {"forged-trustee-signature", "too-few-trustees"}
    record["signatures"] = own
    record["patterns"][0][1] += 1
    assert {"forged-trustee-signature", "too-few-trustees", "wrong-ballot-count"} <= found(resigned(lines))


def test_the_trustee_command_refuses_foreign_and_misread_shares(sealed_archive, tmp_path, capsys):
    poll, folder = sealed_archive()
    public, share = str(folder / "sealing.json"), folder / "share-1.txt"
    assert oct(share.stat().st_mode)[-3:] == "600"
    assert trustee_command.main(["share", str(share), "--public", public]) == 0
    foreign = tmp_path / "foreign.txt"
    foreign.write_text(trustees.share_text(trustees.deal("another", 2, 3)[1][0]))
    misread = tmp_path / "misread.txt"
    misread.write_text(share.read_text().replace("share 1", "share 2"))
    for path, words in ((foreign, "another poll"), (misread, "checksum"), (tmp_path / "absent", "absent")):
        assert trustee_command.main(["share", str(path), "--public", public]) == 1
        assert words in capsys.readouterr().err
    again = ["deal", "--poll", poll[0], "--trustees", "3", "--threshold", "2", "--out", str(folder)]
    assert trustee_command.main(again) == 1
    assert "nothing was written" in capsys.readouterr().err


def test_the_verify_command(voted, tmp_path, capsys):
    lines, receipts, earlier = voted
    archive, receipt, head = (tmp_path / name for name in ("a.jsonl.gz", "receipt.json", "head.json"))
    archive.write_bytes(gzip.compress(b"".join(json.dumps(line).encode() + b"\n" for line in lines)))
    receipt.write_text(json.dumps({"revision": 1, "receipt": receipts[3]}))
    head.write_text(json.dumps(earlier))
    kept = ["--receipt", str(receipt), "--head", str(head)]
    assert board_command.main(["verify", str(archive), *kept, "--language", "en"]) == 0
    printed = capsys.readouterr().out
    assert "Everything fits." in printed
    assert "the ballots of 1 receipts are counted" in printed
    assert board_command.main(["verify", str(archive), *kept, "--language", "ko"]) == 0
    assert "모두 맞습니다." in capsys.readouterr().out
    lines.pop(counted_ballots(lines)[0])
    archive.write_bytes(gzip.compress(b"".join(json.dumps(line).encode() + b"\n" for line in resigned(lines))))
    assert board_command.main(["verify", str(archive), *kept, "--language", "en"]) == 1
    assert "[rewritten-archive]" in capsys.readouterr().out
    archive.write_bytes(b"not gzip")
    assert board_command.main(["verify", str(archive)]) == 2
    assert board_command.main(["verify", str(tmp_path / "absent")]) == 2


def test_the_verify_command_reads_from_an_address(voted, capsys):
    data, asked = gzip.compress(b"".join(json.dumps(line).encode() + b"\n" for line in voted[0])), []

    class Archive(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            is_there = self.path == "/v1/polls/x/archive.jsonl.gz"
            self.send_response(200 if is_there else 404)
            self.end_headers()
            self.wfile.write(data if is_there else b"")

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Archive) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}/v1/polls"
        for place in (f"{address}/x", f"{address}/x/archive.jsonl.gz"):
            assert board_command.main(["verify", place, "--language", "en", "--processes", "2"]) == 0
            printed = capsys.readouterr()
            assert "Everything fits." in printed.out
            assert printed.err.strip() == "", "progress is for a terminal"
        assert board_command.main(["verify", f"{address}/y"]) == 2
        assert asked == ["/v1/polls/x/archive.jsonl.gz"] * 2 + ["/v1/polls/y/archive.jsonl.gz"]
        server.shutdown()
