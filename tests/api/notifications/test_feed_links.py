"""Links of feeds: what failed is tried again, within bounds and in sight of staff; what changed is fetched anew."""

from dataclasses import replace
from datetime import timedelta

import pytest

from mvoting.core.clock import now
from notifications.cap.writer import write
from notifications.feeds import links, poller
from tests.api.notifications.test_feeds import SENDER, admin, atom, clean, feed_server, message  # noqa: F401 - fixtures


@pytest.fixture
def feed(client, admin, db, feed_server):  # noqa: F811
    """A registered source whose feed lists one link, and a way to poll it later."""
    address, pages, asked = feed_server
    sent = {"name": "기상청", "sender": SENDER, "url": f"{address}/feed"}
    assert client.post("/v1/cap/sources", json=sent, headers=admin).status_code == 201
    pages["/feed"] = (200, atom("/1.cap"), {"ETag": '"1"'})
    return pages, asked


def later(**by):
    poller.poll(now=now() + timedelta(**by))


@pytest.mark.parametrize("first", [(503, b"", {}), (200, b"<alert", {})])
def test_a_link_that_failed_is_tried_again_and_staff_see_both(client, admin, db, feed, first):  # noqa: F811
    pages, asked = feed
    pages["/1.cap"] = first
    later()
    later(seconds=5)
    assert asked.count("/1.cap") == 1, "not at once"
    (seen,) = client.get("/v1/cap/messages", headers=admin).json["items"]
    assert (seen["outcome"], seen["url"].endswith("/1.cap"), seen["times"]) == (
        "unreachable" if first[0] == 503 else "refused", True, 1
    )  # fmt: skip
    assert db.cap_sources.find_one()["poll_error"] in ("status-503", "not-xml")
    pages["/1.cap"] = (200, write(message("p-1")), {})
    later(seconds=31)
    assert db.alerts.count_documents({}) == 1, "although the feed itself did not change"
    outcomes = [receipt["outcome"] for receipt in client.get("/v1/cap/messages", headers=admin).json["items"]]
    assert outcomes == ["drafted", "recovered"]
    assert db.cap_sources.find_one()["poll_error"] is None


def test_a_dead_link_is_given_up_after_a_bounded_number_of_tries_and_stays_in_sight(db, feed):
    _, asked = feed
    moment = now()
    for _ in range(200):
        poller.poll(now=moment)
        moment += timedelta(minutes=10)
    assert asked.count("/1.cap") == links.TRIES_MAX
    assert moment - now() > timedelta(hours=24), "for longer than an institution's outage"
    (receipt,) = db.cap_receipts.find()
    assert (receipt["outcome"], receipt["reason"], receipt["times"]) == ("unreachable", "status-404", links.TRIES_MAX)


def test_a_link_that_its_feed_says_has_changed_is_fetched_anew_and_no_other(db, feed):
    pages, asked = feed

    def listed(stamp, tag):
        entry = f'<entry><link href="/1.cap"/><updated>{stamp}</updated></entry>'
        return (200, f'<feed xmlns="http://www.w3.org/2005/Atom">{entry}</feed>'.encode(), {"ETag": tag})

    first = message("p-1")
    pages["/feed"], pages["/1.cap"] = listed("2026-11-22T09:00:00+09:00", '"a"'), (200, write(first), {})
    later()
    pages["/feed"] = listed("2026-11-22T09:00:00+09:00", '"b"')
    later(hours=1)
    assert asked.count("/1.cap") == 1
    pages["/feed"] = listed("2026-11-22T09:30:00+09:00", '"c"')
    pages["/1.cap"] = (200, write(replace(first, identifier="p-2")), {})
    later(hours=1, minutes=1)
    assert asked.count("/1.cap") == 2
    assert {receipt["identifier"] for receipt in db.cap_receipts.find()} == {"p-1", "p-2"}


def test_a_link_without_a_time_of_change_is_looked_at_every_five_minutes_and_read_when_it_changed(db, feed):
    pages, asked = feed
    pages["/feed"] = (200, atom("/1.cap"), {})
    pages["/1.cap"] = (200, write(message("p-1")), {"ETag": '"x"'})
    later()
    later(minutes=4)
    assert asked.count("/1.cap") == 1
    later(minutes=6)
    assert (asked.count("/1.cap"), db.cap_receipts.count_documents({})) == (2, 1)
    pages["/1.cap"] = (200, write(message("p-2", info={"event": "산불"})), {"ETag": '"y"'})
    later(minutes=12)
    assert {receipt["identifier"] for receipt in db.cap_receipts.find()} == {"p-1", "p-2"}


def test_a_link_that_its_feed_lists_no_more_is_still_tried(db, feed):
    pages, _ = feed
    pages["/1.cap"] = (503, b"", {})
    later()
    pages["/feed"] = (500, b"", {})
    pages["/1.cap"] = (200, write(message("p-1")), {})
    later(seconds=31)
    assert db.alerts.count_documents({}) == 1


def test_a_poller_that_died_over_a_link_leaves_it_due_and_two_at_once_fetch_it_once(db, feed, monkeypatch):
    pages, asked = feed
    pages["/1.cap"] = (200, write(message("p-1")), {})
    with monkeypatch.context() as dying:
        dying.setattr(poller, "_fetch_link", lambda *_, **__: (_ for _ in ()).throw(SystemExit))
        with pytest.raises(SystemExit):
            later()
    later(seconds=60)
    assert asked.count("/1.cap") == 0, "it may still be at it"
    later(seconds=121)
    assert (asked.count("/1.cap"), db.alerts.count_documents({})) == (1, 1)


def test_what_breaks_the_reader_is_kept_and_the_next_link_is_read(db, feed, monkeypatch):
    pages, _ = feed
    pages["/feed"] = (200, atom("/1.cap", "/2.cap"), {})
    pages["/1.cap"], pages["/2.cap"] = (200, b"boom", {}), (200, write(message("p-2")), {})
    receive = poller.intake.receive

    def breaking(source, data, **options):
        if data == b"boom":
            raise ZeroDivisionError
        return receive(source, data, **options)

    monkeypatch.setattr(poller.intake, "receive", breaking)
    later()
    assert {receipt.get("reason") for receipt in db.cap_receipts.find()} == {"ZeroDivisionError", None}
    assert db.alerts.count_documents({}) == 1
