"""Every act of staff on polls stands in the audit log, with who and why; what was refused leaves nothing there."""

import io
import json
from datetime import timedelta
from itertools import pairwise

import pytest

from mvoting.core import audit
from mvoting.core.clock import now
from mvoting.core.ids import random_id
from mvoting.voting.board.ties import tie_commitment
from mvoting.voting.polls import services
from mvoting.voting.sealing import trustees

TITLE = {"ko": "밤 버스"}
OPTIONS = [{"title": {"ko": f"{n}번 노선"}} for n in (1, 2)]


def body(**changes):
    times = {"opens_at": (now() + timedelta(seconds=5)).isoformat(), "closes_at": (now() + timedelta(days=3)).isoformat()}
    return {"title": TITLE, "questions": [{"title": TITLE, "method": "plurality", "options": OPTIONS}], **times, **changes}


def entries(target):
    """Give what the log tells of a target, the oldest first, opened."""
    return audit.entries({"target": target}, after=None, limit=100)[0][::-1]


def acts(target):
    return [entry["action"].removeprefix("polls.") for entry in entries(target)]


@pytest.fixture
def staff_id():
    return random_id()


@pytest.fixture
def officer(staff_headers, staff_id):
    return staff_headers("poll_officer", staff_id=staff_id)


@pytest.fixture
def draft(client, officer):
    def make(**changes):
        answer = client.post("/v1/polls", json=body(**changes), headers=officer)
        assert answer.status_code == 201, answer.text
        return answer.get_json()["id"]

    return make


def test_the_life_of_a_poll(client, officer, staff_id, draft):
    poll_id = draft()
    address = f"/v1/polls/{poll_id}"
    ceremony, _ = trustees.deal(poll_id, 2, 3)
    sealing = {**ceremony.document(), "padded_bytes": 96, "recount": "public"}
    version = {**officer, "If-Match": '"1"'}
    sooner = {"closes_at": (now() + timedelta(days=2)).isoformat(), "reason": "정전"}
    for method, path, sent, headers, status in [
        ("put", "draft", body(min_turnout=7), version, 200),
        ("put", "draft", body(min_turnout=8), version, 412),
        ("put", "sealing", sealing | {"threshold": 4}, officer, 422),
        ("put", "sealing", sealing, officer, 200),
        ("put", "tie-commitment", {"commitment": "ab" * 32}, officer, 200),
        ("post", "schedule", None, officer, 200),
        ("post", "schedule", None, officer, 409),
        ("put", "closing", sooner | {"closes_at": now().isoformat()}, officer, 422),
        ("put", "closing", sooner, officer, 200),
        ("post", "cancel", {"reason": "잘못된 질문"}, officer, 200),
        ("post", "cancel", {"reason": "다시"}, officer, 409),
    ]:
        answer = getattr(client, method)(f"{address}/{path}", json=sent, headers=headers)
        assert answer.status_code == status, answer.text
    told = entries(f"poll:{poll_id}")
    assert acts(f"poll:{poll_id}") == ["create", "edit", "seal", "commit_tie_seed", "schedule", "close_early", "cancel"]
    assert {entry["staff_id"] for entry in told} == {staff_id}
    assert [entry["reason"] for entry in told[-2:]] == ["정전", "잘못된 질문"]
    assert (told[-1]["before"]["state"], told[-1]["after"]["state"]) == ("scheduled", "cancelled")
    assert told[-2]["before"]["closes_at"] > told[-2]["after"]["closes_at"]
    assert all(before["after"] == after["before"] for before, after in pairwise(told))
    assert audit.verify()[1] == []


def test_an_act_whose_entry_cannot_be_written_does_not_happen(client, officer, draft, db, monkeypatch):
    poll_id = draft(closes_at=(now() + timedelta(days=3)).isoformat())
    stored = db.polls.find_one({"_id": poll_id})

    def broken(*_, **__):
        raise ConnectionError

    monkeypatch.setattr(audit, "record", broken)
    by = {"staff_id": "s"}
    for act in (
        lambda: services.schedule_poll(poll_id, now=now(), **by),
        lambda: services.cancel_poll(poll_id, "오류", **by),
        lambda: services.duplicate_poll(
            poll_id, now(), now() + timedelta(days=1), {"kind": "staff", "id": "broken"}, now=now(), room_password=""
        ),
    ):
        with pytest.raises(ConnectionError):
            act()
    assert db.polls.find_one({"_id": poll_id}) == stored
    assert db.polls.count_documents({"created_by.id": "broken"}) == 0


def test_templates_rolls_and_the_policy(client, officer, staff_id, staff_headers, draft):
    poll_id = draft(audience={"kind": "list"})
    kept = client.post(f"/v1/polls/{poll_id}/template", json={"name": "동네 투표"}, headers=officer).get_json()["id"]
    for status in (204, 404):
        assert client.delete(f"/v1/poll-templates/{kept}", headers=officer).status_code == status
    told = entries(f"poll_template:{kept}")
    assert [(e["action"], e["staff_id"]) for e in told] == [
        ("polls.keep_template", staff_id),
        ("polls.delete_template", staff_id),
    ]
    assert told[1]["before"] == {"name": "동네 투표"}

    for data, status in ((b"010-5555-0001\n", 202), (b"", 422)):
        file = {"file": (io.BytesIO(data), "roll.csv")}
        assert client.post(f"/v1/polls/{poll_id}/roll", data=file, headers=officer).status_code == status
    assert acts(f"poll:{poll_id}") == ["create", "upload_roll"]
    assert "5555" not in json.dumps(entries(f"poll:{poll_id}"), default=str)

    policy = {"is_reviewed": True, "daily_limit": 4}
    chief = staff_headers("administrator", staff_id=staff_id)
    assert client.put("/v1/citizen-polls/policy", json=policy, headers=chief).get_json() == policy
    assert client.put("/v1/citizen-polls/policy", json=policy, headers=staff_headers("moderator")).status_code == 403
    decided = [e for e in entries("poll_policy:citizens") if e["staff_id"] == staff_id]
    assert [entry["after"] for entry in decided] == [policy]
    assert set(decided[0]["before"]) == set(policy)


def test_the_look_at_a_citizens_poll_is_sealed_under_the_citizens_key(
    client, person_headers, staff_headers, staff_id, officer, db
):
    policy = {"is_reviewed": True, "daily_limit": 9}
    client.put("/v1/citizen-polls/policy", json=policy, headers=staff_headers("administrator"))
    person_id = random_id()
    author, moderator = person_headers(person_id), staff_headers("moderator", staff_id=staff_id)
    first, second = (client.post("/v1/citizen-polls", json=body(), headers=author).get_json()["id"] for _ in range(2))
    assert entries(f"poll:{first}") == []
    reason = {"reason": "전화번호가 있습니다."}
    for status in (200, 409):
        assert client.put(f"/v1/citizen-polls/{first}/refusal", json=reason, headers=moderator).status_code == status
        assert client.put(f"/v1/citizen-polls/{second}/approval", headers=moderator).status_code == status
    assert client.put(f"/v1/citizen-polls/{first}/approval", headers=moderator).status_code == 409
    assert acts(f"poll:{first}") == ["refuse"]
    assert acts(f"poll:{second}") == ["approve"]
    [told] = entries(f"poll:{first}")
    assert (told["staff_id"], told["reason"], told["after"]["review"]) == (staff_id, reason["reason"], "refused")
    assert "전화번호" not in db.audit_entries.find_one({"target": f"poll:{first}"})["body"]
    audit.destroy_personal_key(person_id)
    assert entries(f"poll:{first}")[0]["is_erased"]


def test_a_withdrawn_ballot_names_neither_its_voter_nor_the_choice(
    client, poll, cast, ballot_body, person_headers, officer, staff_id, db
):
    person_id = random_id()
    assert cast(poll, ballot_body(poll), person_headers(person_id)).status_code == 200
    sent = {"person_id": person_id, "reason": {"ko": "이중 등록"}}
    for status in (204, 409):
        answer = client.post(f"/v1/polls/{poll[0]}/board/withdrawals", json=sent, headers=officer)
        assert answer.status_code == status, answer.text
    told = entries(f"poll:{poll[0]}")[1:]  # the first is the poll's making
    assert [(e["action"], e["staff_id"], e["reason"]) for e in told] == [("polls.withdraw_ballot", staff_id, "이중 등록")]
    assert told[0]["before"] is told[0]["after"] is told[0]["person_id"] is None
    assert person_id not in db.audit_entries.find_one({"target": f"poll:{poll[0]}", "staff_id": staff_id})["body"]


def test_an_extension_tells_both_ends_and_why(client, officer, staff_id, poll):
    later = {"closes_at": (now() + timedelta(days=5)).isoformat(), "reason": "정전"}
    for sent, status in ((later | {"reason": ""}, 422), (later, 200)):
        assert client.put(f"/v1/polls/{poll[0]}/closing", json=sent, headers=officer).status_code == status
    told = entries(f"poll:{poll[0]}")[-1]
    assert (told["action"], told["staff_id"], told["reason"]) == ("polls.extend", staff_id, "정전")
    assert told["before"]["closes_at"] < told["after"]["closes_at"]


def test_a_revealed_seed_stands_in_the_log_once(client, officer, staff_id, make_poll, close):
    seed = bytes(range(32))
    poll = make_poll(tie_commitment=tie_commitment(seed))
    close(poll)
    for sent, status in (((seed + b"x").hex()[:64][::-1], 422), (seed.hex(), 204), (seed.hex(), 204)):
        answer = client.post(f"/v1/polls/{poll[0]}/board/tie-seed", json={"seed": sent}, headers=officer)
        assert answer.status_code == status, answer.text
    told = [entry for entry in entries(f"poll:{poll[0]}") if entry["action"] == "polls.reveal_tie_seed"]
    assert [(entry["staff_id"], entry["after"]) for entry in told] == [(staff_id, {"seed": seed.hex()})]
