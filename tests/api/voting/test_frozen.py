"""What is frozen when a poll is scheduled stays: its audience, its roll, its questions; and no two hands undo each other."""

import io
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial

import pytest

from mvoting.core import audit
from mvoting.core.clock import now
from mvoting.core.database import database
from mvoting.voting.polls import errors, rolls, services
from mvoting.voting.sealing import trustees

TITLE = {"ko": "밤 버스"}


def body(audience, **changes):
    times = {"opens_at": (now() + timedelta(hours=1)).isoformat(), "closes_at": (now() + timedelta(days=3)).isoformat()}
    options = [{"title": {"ko": f"{n}번 노선"}} for n in (1, 2)]
    questions = [{"title": TITLE, "method": "plurality", "options": options}]
    return {"title": TITLE, "questions": questions, "audience": audience, **times, **changes}


@pytest.fixture
def officer(staff_headers):
    return staff_headers("poll_officer")


@pytest.fixture
def draft(client, officer):
    def make(audience, **changes):
        answer = client.post("/v1/polls", json=body(audience, **changes), headers=officer)
        assert answer.status_code == 201, answer.text
        return answer.get_json()

    return make


@pytest.fixture
def upload(client, officer):
    def send(poll_id, data=b"010-5555-0001\n"):
        return client.post(f"/v1/polls/{poll_id}/roll", data={"file": (io.BytesIO(data), "roll.csv")}, headers=officer)

    return send


def acts(poll_id):
    told = audit.entries({"target": f"poll:{poll_id}"}, after=None, limit=100)[0]
    return [entry["action"].removeprefix("polls.") for entry in told[::-1]]


AUDIENCES = {
    "everyone": {"kind": "everyone"},
    "profile": {"kind": "profile", "districts": ["11440"]},
    "list": {"kind": "list"},
    "on site": {"kind": "on_site", "by": "code"},
    "room": {"kind": "room"},
}


@pytest.mark.parametrize("kind", AUDIENCES)
def test_an_audience_cannot_be_changed_once_scheduled(client, officer, draft, upload, kind):
    more = {"room_password": "비밀번호"} if kind == "room" else {}
    poll = draft(AUDIENCES[kind], **more)
    address = f"/v1/polls/{poll['id']}"
    if kind == "list":
        rolls.read_upload(upload(poll["id"]).get_json()["id"])
    assert client.post(f"{address}/schedule", headers=officer).status_code == 200
    before = database().polls.find_one({"_id": poll["id"]})
    for other in AUDIENCES.values():
        version = {**officer, "If-Match": f'"{before["version"]}"'}
        answer = client.put(f"{address}/draft", json=body(other, **more), headers=version)
        assert answer.status_code in (409, 422), answer.text
    assert upload(poll["id"]).status_code == 409
    assert client.delete(f"{address}/roll", headers=officer).get_json()["code"] == "voting.poll-state"
    assert client.put(f"{address}/tie-commitment", json={"commitment": "ab" * 32}, headers=officer).status_code == 409
    assert database().polls.find_one({"_id": poll["id"]}) == before
    assert rolls.size(poll["id"]) == (1 if kind == "list" else 0)


def test_a_wrong_roll_is_cleared_and_another_uploaded(client, officer, draft, upload):
    poll = draft({"kind": "list"})
    address = f"/v1/polls/{poll['id']}/roll"
    upload_id = upload(poll["id"], b"010-5555-0001\n010-5555-0002\n").get_json()["id"]
    assert client.delete(address, headers=officer).get_json()["code"] == "voting.roll-busy"
    rolls.read_upload(upload_id)
    assert client.delete(address, headers=officer).status_code == 204
    assert rolls.size(poll["id"]) == 0
    assert client.get(f"{address}/{upload_id}", headers=officer).status_code == 404
    assert client.post(f"/v1/polls/{poll['id']}/schedule", headers=officer).get_json()["code"] == "voting.roll-missing"
    rolls.read_upload(upload(poll["id"], b"010-5555-0003\n").get_json()["id"])
    assert rolls.size(poll["id"]) == 1
    assert acts(poll["id"]) == ["create", "upload_roll", "clear_roll", "upload_roll"]


def test_a_clearing_that_was_broken_off_lets_nothing_through_until_it_is_repeated(client, officer, draft, upload, monkeypatch):
    poll = draft({"kind": "list"})
    rolls.read_upload(upload(poll["id"]).get_json()["id"])

    def dies(poll_id, mark):
        raise SystemExit

    original = rolls._empty
    monkeypatch.setattr(rolls, "_empty", dies)
    with pytest.raises(SystemExit):
        rolls.clear_roll(poll["id"], now=now(), staff_id="s")
    monkeypatch.setattr(rolls, "_empty", original)
    assert upload(poll["id"]).get_json()["code"] == "voting.roll-busy"
    assert client.post(f"/v1/polls/{poll['id']}/schedule", headers=officer).get_json()["code"] == "voting.roll-missing"
    assert client.delete(f"/v1/polls/{poll['id']}/roll", headers=officer).status_code == 204
    assert upload(poll["id"]).status_code == 202


def test_a_roll_that_arrives_while_the_poll_is_frozen_is_refused_or_read_first(app, draft, upload):
    """Eight times: one officer schedules while another uploads. Never is a poll scheduled with a file still to be read."""
    for _ in range(8):
        poll_id = draft({"kind": "list"})["id"]
        rolls.read_upload(upload(poll_id).get_json()["id"])
        outcomes = at_once(
            partial(services.schedule_poll, poll_id, now=now(), staff_id="a"),
            partial(rolls.upload_roll, poll_id, b"010-5555-0002\n", now=now(), staff_id="b"),
        )
        assert sorted(outcomes) == [False, True], outcomes
        waiting = database().poll_roll_uploads.count_documents({"poll": poll_id, "state": "waiting"})
        assert waiting == int(outcomes[1])


def at_once(*acts):
    """Do things at the same moment. Returns: for each whether it was done, or refused by the poll's state."""

    def attempt(act):
        start.wait()
        try:
            act()
            return True
        except (errors.PollStateChanged, errors.RollMissing):
            return False

    start = threading.Barrier(len(acts))
    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(attempt, acts))


def test_two_officers_amend_one_draft_and_neither_is_undone(app, draft):
    """A sealing, a commitment and an edit of the text at once: whichever were accepted all stand in the definition."""
    poll = draft({"kind": "everyone"})
    ceremony, _ = trustees.deal(poll["id"], 2, 3)
    sealing = {**ceremony.document(), "padded_bytes": 96, "recount": "public"}
    outcomes = at_once(
        partial(services.seal_draft, poll["id"], sealing, staff_id="a"),
        partial(services.commit_tie_seed, poll["id"], "ab" * 32, staff_id="b"),
        partial(services.commit_tie_seed, poll["id"], "cd" * 32, staff_id="c"),
    )
    assert outcomes == [True, True, True]
    definition = database().polls.find_one({"_id": poll["id"]})["definition"]
    assert definition["sealing"] == sealing
    assert definition["tie_commitment"] in ("ab" * 32, "cd" * 32)
    assert definition["k"] == 20
    assert sorted(acts(poll["id"])) == ["commit_tie_seed", "commit_tie_seed", "create", "seal"]
    assert audit.verify()[1] == []


def test_a_scheduling_freezes_what_it_looked_at(app, draft, monkeypatch):
    """Between the look at a draft and its freezing somebody sets its end into the past: it is looked at again."""
    poll = draft({"kind": "everyone"})
    original = services.change_poll

    def edited_meanwhile(*args, **kwargs):
        monkeypatch.setattr(services.store, "change_poll", original)
        past = {"$set": {"closes_at": now() - timedelta(hours=1)}, "$inc": {"version": 1}}
        database().polls.update_one({"_id": poll["id"]}, past)
        return original(*args, **kwargs)

    monkeypatch.setattr(services.store, "change_poll", edited_meanwhile)
    with pytest.raises(errors.PollTimesInvalid):
        services.schedule_poll(poll["id"], now=now(), staff_id="s")
    assert database().polls.find_one({"_id": poll["id"]})["state"] == "draft"
