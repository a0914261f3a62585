"""The trustees' ceremony in the panel: sealed, scheduled, commitments compared, shares missing and in, spoiled ballots, the lot."""

import io
import json
from datetime import timedelta

import pytest

from mvoting.core.clock import now
from mvoting.voting.board import opening, sequencer, services, ties
from mvoting.voting.polls import services as polls
from mvoting.voting.sealing import trustees
from mvoting.voting.sealing.opened import contents_digest
from tests.api.admin.forms import made, poll_form


@pytest.fixture
def officer(browser):
    return browser("poll_officer")


@pytest.fixture
def draft(officer):
    return made(officer.post("/admin/polls/new", poll_form()))


def dealt(poll_id, recount="public", padded_bytes=512):
    ceremony, shares = trustees.deal(poll_id, 2, 3)
    return {**ceremony.document(), "padded_bytes": padded_bytes, "recount": recount}, shares


def seal(officer, poll_id, document):
    form = {"sealing_file": (io.BytesIO(json.dumps(document).encode()), "sealing.json")}
    return officer.post(f"/admin/polls/{poll_id}/sealing", form, content_type="multipart/form-data")


def close(db, poll_id):
    """Let a poll be long over and its board final."""
    past = now() - timedelta(hours=1)
    over = {"opens_at": past - timedelta(hours=1), "closes_at": past, "ended_at": past, "state": "closed"}
    db.polls.update_one({"_id": poll_id}, {"$set": over})
    polls.forget_facts()
    sequencer.sequence(poll_id)


def test_the_command_to_deal_names_the_poll_and_enough_room(officer, draft):
    page = officer.text(f"/admin/polls/{draft}/trustees")
    assert f"trustee deal --poll {draft}" in page
    assert "--padded-bytes 512" in page


@pytest.mark.parametrize("wrong", ["no json", "[]", "{}", '{"poll_id": "x"}'])
def test_what_is_no_ceremony_seals_nothing(officer, draft, db, wrong):
    assert officer.post(f"/admin/polls/{draft}/sealing", {"sealing": wrong}).status_code == 303
    assert db.polls.find_one({"_id": draft})["definition"]["secrecy"] == "open"


def test_a_ceremony_of_another_poll_or_with_too_little_room_is_refused(officer, db):
    options = "\n".join(f"선택 {number}" for number in range(9))
    draft = made(officer.post("/admin/polls/new", poll_form(q1_method="approval", q1_paste=options)))
    seal(officer, draft, dealt("01ARZ3NDEKTSV4RRFFQ69G5FAV")[0])
    seal(officer, draft, dealt(draft, padded_bytes=32)[0])
    assert db.polls.find_one({"_id": draft})["definition"]["secrecy"] == "open"


def test_the_ceremony_with_a_public_recount(officer, draft, db):
    sealing, shares = dealt(draft)
    seal(officer, draft, sealing)
    page = officer.text(f"/admin/polls/{draft}/trustees")
    assert sealing["public_key"] in page
    assert officer.post(f"/admin/polls/{draft}/schedule").status_code == 303
    early = trustees.share_text(shares[0])
    officer.post(f"/admin/polls/{draft}/shares", {"share": early})
    assert opening.opening_state(draft)["shares"] == 0, "no share before the final head"
    close(db, draft)
    page = officer.text(f"/admin/polls/{draft}/trustees")
    assert "초안에 넣은 것과 같습니다" in page, "the commitments on the board are those of the draft"
    assert page.count("아직 없음") == 3
    officer.post(f"/admin/polls/{draft}/shares", {"share": early.replace("share 1", "share 2")})
    assert opening.opening_state(draft)["shares"] == 0
    officer.post(f"/admin/polls/{draft}/shares", {"share": early})
    page = officer.text(f"/admin/polls/{draft}/trustees")
    assert "1 / 2" in page
    assert page.count("아직 없음") == 2
    assert early.splitlines()[-1] not in page, "a share is never shown"
    officer.post(f"/admin/polls/{draft}/shares", {"share": trustees.share_text(shares[2])})
    opening.open_ballots(draft)
    page = officer.text(f"/admin/polls/{draft}/trustees")
    assert "무효표가 없습니다" in page
    assert "공개된 열쇠" in page


def test_contents_are_taken_where_the_trustees_recount(officer, draft, db):
    sealing, shares = dealt(draft, recount="trustees")
    seal(officer, draft, sealing)
    officer.post(f"/admin/polls/{draft}/schedule")
    close(db, draft)
    officer.post(f"/admin/polls/{draft}/shares", {"share": trustees.share_text(shares[0])})
    assert opening.opening_state(draft)["shares"] == 0, "no share ever comes here"
    assert "trustee open" in officer.text(f"/admin/polls/{draft}/trustees")
    forged = {"patterns": [], "spoiled": [], "signatures": {"1": "00" * 64, "2": "00" * 64}}
    officer.post(f"/admin/polls/{draft}/contents", {"contents": json.dumps(forged)})
    assert not opening.opening_state(draft)["is_opened"]
    head = services.final_batch(draft)["head"]["root"]
    digest = contents_digest(db.polls.find_one({"_id": draft})["definition_hash"], head, [], [])
    signed = {str(share.index): trustees.sign_contents(share, digest).hex() for share in shares[:2]}
    form = {"contents_file": (io.BytesIO(json.dumps({**forged, "signatures": signed}).encode()), "contents.json")}
    officer.post(f"/admin/polls/{draft}/contents", form, content_type="multipart/form-data")
    assert opening.opening_state(draft)["is_opened"]


def test_the_seed_for_ties_is_committed_and_revealed(officer, draft, db):
    seed = b"s" * 16
    officer.post(f"/admin/polls/{draft}/tie", {"commitment": "no hex"})
    assert "tie_commitment" not in db.polls.find_one({"_id": draft})["definition"]
    officer.post(f"/admin/polls/{draft}/tie", {"commitment": ties.tie_commitment(seed)})
    officer.post(f"/admin/polls/{draft}/schedule")
    close(db, draft)
    officer.post(f"/admin/polls/{draft}/tie", {"seed": "00" * 16})
    assert "씨앗 공개" in officer.text(f"/admin/polls/{draft}/trustees")
    officer.post(f"/admin/polls/{draft}/tie", {"seed": seed.hex()})
    assert "씨앗이 공개되었습니다" in officer.text(f"/admin/polls/{draft}/trustees")


def test_a_poll_that_was_never_sealed_says_so(officer, draft):
    officer.post(f"/admin/polls/{draft}/schedule")
    assert "봉인하지 않은 투표" in officer.text(f"/admin/polls/{draft}/trustees")
