"""Clocks that jump: a sender whose machine is hours off follows the database's clock, and so do alerts that such a server releases."""

from datetime import UTC, datetime, timedelta

import pytest

from mvoting import worker
from mvoting.core import clock, database
from mvoting.core.clock import now
from notifications.alerts import watch
from notifications.campaigns import services
from tests.alerts import Desk
from tests.integration.test_campaigns import add_devices, clean, received, run, start  # noqa: F401 - fixtures


@pytest.fixture
def machine(monkeypatch):
    """Set the machine's clock off by so many hours, as a process finds it that is about to look at the database's."""

    def off(hours):
        monkeypatch.setattr(clock, "_machine", lambda: datetime.now(UTC) + timedelta(hours=hours))
        database.forget_time()

    yield off
    monkeypatch.undo()
    clock.follow(datetime.now(UTC))
    database.forget_time()


@pytest.mark.parametrize("hours", [-3, 3])
def test_a_worker_that_is_hours_off_neither_drops_nor_delays(db, sandbox, machine, hours):
    add_devices(20)
    campaign = start()
    machine(hours)
    worker._begin(task_id="x")
    assert abs(now() - datetime.now(UTC)) < timedelta(seconds=2)
    assert run(campaign)["totals"] == {"sent": 20}


@pytest.mark.parametrize("hours", [-3, 3])
def test_the_watch_follows_the_database_too(db, sandbox, machine, hours):
    add_devices(20)
    campaign = start("alert_severe")
    machine(hours)
    watch.look()
    assert services.get_campaign(campaign["_id"])["totals"] == {"sent": 20}


def test_an_alert_that_a_server_ahead_of_its_time_releases_goes_out_at_once(client, staff_headers, db, sandbox, machine):
    db.alerts.delete_many({})
    add_devices(3, places=["11440"], alert_mode="test")
    desk = Desk(client, staff_headers)
    submitted = desk.submitted()
    machine(0.2)
    released = desk.approve(submitted).json
    machine(0)
    watch.look()
    assert services.get_campaign(released["id"])["totals"] == {"sent": 3}


def test_a_small_difference_is_left_and_a_database_that_is_away_changes_nothing(app, machine, monkeypatch):
    machine(0.0003)
    database.keep_time()
    assert clock._correction == timedelta()
    machine(3)
    monkeypatch.setattr(database, "database_now", lambda: (_ for _ in ()).throw(database.PyMongoError()))
    database.keep_time()
    assert now() - datetime.now(UTC) > timedelta(hours=2)
