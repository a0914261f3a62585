"""Readers and clearers of rolls that fall asleep at work: when they wake up, a frozen roll is as it was."""

from datetime import timedelta

import pytest

from mvoting.core.clock import now
from mvoting.voting.polls import errors, rolls, services

WRONG, RIGHT = b"010-5555-0001\n010-5555-0002\n", b"010-5555-0003\n"


@pytest.fixture
def poll(make_poll):
    return make_poll(audience={"kind": "list"}, state="draft", opens_in=3600, closes_in=7200)[0]


def upload(poll, data):
    return rolls.upload_roll(poll, data, now=now(), staff_id="s")["_id"]


def listed(db, poll):
    return sorted(entry["_id"] for entry in db.poll_rolls.find({"poll": poll}))


def test_a_reader_that_slept_adds_nobody_to_a_frozen_roll(app, db, poll, monkeypatch):
    """It read a file, slept; another read it to the end, the list was the wrong one, cleared, the right one frozen."""
    read, frozen = rolls.read_roll, []

    def asleep(data):
        rows = list(read(data))
        monkeypatch.setattr(rolls, "read_roll", read)
        rolls.read_upload(wrong)
        rolls.clear_roll(poll, now=now(), staff_id="s")
        rolls.read_upload(upload(poll, RIGHT))
        services.schedule_poll(poll, now=now(), staff_id="s")
        frozen.extend(listed(db, poll))
        return iter(rows)

    wrong = upload(poll, WRONG)
    monkeypatch.setattr(rolls, "read_roll", asleep)
    rolls.read_upload(wrong)
    assert len(frozen) == 1
    assert listed(db, poll) == frozen
    assert db.poll_roll_rejections.count_documents({"upload": wrong}) == 0
    assert db.poll_roll_uploads.count_documents({"_id": wrong}) == 0


def test_a_clearer_that_slept_takes_nobody_from_a_frozen_roll(app, db, poll, monkeypatch):
    """Two clear at once, one sleeps after its mark is set; the other ends, the right list comes and is frozen."""
    rolls.read_upload(upload(poll, WRONG))
    empty, frozen = rolls._empty, []

    def asleep(*args):
        monkeypatch.setattr(rolls, "_empty", empty)
        rolls.clear_roll(poll, now=now(), staff_id="s")
        rolls.read_upload(upload(poll, RIGHT))
        services.schedule_poll(poll, now=now(), staff_id="s")
        frozen.extend(listed(db, poll))
        return empty(*args)

    monkeypatch.setattr(rolls, "_empty", asleep)
    rolls.clear_roll(poll, now=now(), staff_id="s")
    assert len(frozen) == 1
    assert listed(db, poll) == frozen
    assert rolls.is_ready({"_id": poll})


def test_a_poll_is_not_scheduled_while_a_file_is_read(app, poll):
    upload(poll, RIGHT)
    with pytest.raises(errors.RollMissing):
        services.schedule_poll(poll, now=now(), staff_id="s")
    assert services.poll_document(poll)["closes_at"] > now() + timedelta(minutes=1)
