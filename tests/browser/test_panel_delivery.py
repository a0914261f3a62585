"""Deliveries as staff watch them: a real worker sends to the phones' sandbox, and the figures on the page move by themselves."""

import re
from datetime import timedelta

import pytest

from admin import deliveries
from mvoting.core.clock import now
from mvoting.core.ids import new_id
from notifications.alerts import services as alerts
from notifications.devices.models import Device
from tests import workers
from tests.browser import panel_scene as scene
from tests.browser.panel_messages import drafted

UNREGISTERED = 40
# Alerts a second, and 60 % of it other messages, however quick the machine is. Slower would need beat: a sender takes 250 permits
# at once and gives a batch back that waits for longer than a second.
RATE = "500"


@pytest.fixture(scope="module")
def sending(app, environment, tmp_path_factory):
    """A real worker on both lanes."""
    log = tmp_path_factory.mktemp("delivery") / "worker.log"
    slow = {**environment, "MVOTING_PUSH_RATE": RATE}
    with workers.running(workers.worker("default,alerts"), environment=slow, log=log):
        yield log


@pytest.fixture(autouse=True)
def city(db, sandbox, monkeypatch):
    """Nobody has a phone yet, and nothing is going out."""
    scene.clear(db)
    for name in ("devices", "message_acks", "push_platform_stops"):
        db[name].delete_many({})
    monkeypatch.setattr(deliveries, "SETTLES", timedelta(seconds=6))


def phones(count):
    """Register phones of one district, and some more that have dropped the app. Returns: how many in all."""
    at = now()
    facts = {"platform": "android", "language": "ko", "state": "active", "trust": "member", "alert_mode": "test"}
    places = {"districts": ["11440"], "places": ["11440"], "registered_at": at, "refreshed_at": at}
    names = [f"phone-{n}" for n in range(count)] + [f"fail-unregistered_{n}" for n in range(UNREGISTERED)]
    Device._get_collection().insert_many(
        {"_id": new_id(), "person_id": f"watcher-{n}", "address": {"kind": "token", "value": name}, **facts, **places}
        for n, name in enumerate(names)
    )
    return len(names)


def figure(page, name):
    """Read a figure as it stands on the page; 0 where it is not there."""
    found = page.locator(f"#progress [data-result={name}] b")
    return int(found.first.inner_text().replace(",", "")) if found.count() else 0


def acknowledge(client, person_headers, message_id, count, event):
    for n in range(count):
        acks = {"acks": [{"id": message_id, "event": event}]}
        answer = client.post("/v1/inbox/acks", json=acks, headers=person_headers(f"watcher-{n}", district="11440"))
        assert (answer.status_code, answer.json["noted"]) == (200, 1), answer.json


def watched(page, name="sent"):
    """Follow a figure until the page stands still. Returns: every value that was seen, in order."""
    seen = [figure(page, name)]

    def settled():
        if (value := figure(page, name)) != seen[-1]:
            seen.append(value)
        return page.locator("#progress[data-refresh]").count() == 0

    workers.wait_until(settled, seconds=60)
    return seen


def stands_still(page):
    """Tell that nothing is fetched any more, and nothing changes."""
    before, asked = page.inner_text("#progress"), []
    page.on("request", lambda request: asked.append(request.url))
    page.wait_for_timeout(2500)
    return page.inner_text("#progress") == before and asked == []


def marked(page):
    """Leave a mark that a reload would wipe away."""
    page.evaluate("window.stayed = true")
    return lambda: page.evaluate("window.stayed === true")


def test_a_campaigns_figures_move_without_a_reload_and_then_stand_still(open_panel, db, sending, client, person_headers, sandbox):
    total = phones(2500)
    campaign = drafted("somebody else", audience={"districts": ["11440"]})
    page = open_panel("poll_officer")
    page.goto(f"/admin/campaigns/{campaign}")
    assert page.inner_text(".approve .figures b") == f"{total:,}"
    page.click("button:has-text('내보내기')")
    page.wait_for_selector("text=내보냈습니다")
    stayed = marked(page)
    page.fill("#why", "적다 만 사유")
    first = workers.wait_until(lambda: figure(page, "sent"), seconds=30)
    acknowledge(client, person_headers, campaign, 7, "seen")
    workers.wait_until(lambda: figure(page, "seen") == 7)
    workers.wait_until(lambda: figure(page, "sent") > first)
    assert page.locator("#progress[data-refresh]").count() == 1, "it is still under way"
    assert page.input_value("#why") == "적다 만 사유", "what is typed beside it stays"
    seen = watched(page)
    assert seen == sorted(seen)
    assert (seen[-1], figure(page, "dead"), figure(page, "pending")) == (2500, UNREGISTERED, 0)
    assert page.inner_text("#state") == "끝남"
    assert page.locator("#why").count() == 0, "what is through cannot be stopped"
    assert stayed()
    assert stands_still(page)
    assert db.campaigns.find_one({"_id": campaign})["totals"] == {"sent": 2500, "dead": UNREGISTERED}
    assert sandbox.phones.deliveries(f"{campaign}:1").received == 2500
    assert page.problems == []


def test_a_campaign_is_stopped_while_it_runs_and_the_books_agree(open_panel, db, sending, sandbox):
    total = phones(6000)
    campaign = drafted("somebody else", audience={"districts": ["11440"]})
    page = open_panel("poll_officer")
    page.goto(f"/admin/campaigns/{campaign}")
    page.click("button:has-text('내보내기')")
    workers.wait_until(lambda: figure(page, "sent"), seconds=30)
    page.fill("#why", "날짜가 틀렸습니다")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=멈추었습니다")
    seen = watched(page)
    assert page.inner_text("#state") == "취소"
    assert "날짜가 틀렸습니다" in page.inner_text("#progress")
    sent, cancelled = figure(page, "sent"), figure(page, "cancelled")
    assert 0 < sent < total - UNREGISTERED
    assert sent + figure(page, "dead") + cancelled == total, "the books add up to the last phone"
    assert seen == sorted(seen)
    assert sandbox.phones.deliveries(f"{campaign}:1").received == sent, "the page tells what the phones got"
    assert stands_still(page)
    assert page.problems == []


def test_an_alerts_figures_move_and_it_is_stopped_by_one(open_panel, db, sending, client, person_headers, sandbox):
    total = phones(8000)
    author = scene.officer("alert_author", name="문태오")[1].staff_id
    alert = scene.submitted(author)
    page = open_panel("alert_approver")
    page.goto(f"/admin/alerts/{alert}")
    page.fill("#typed", re.sub(r"\s+", " ", page.inner_text(".confirmation")).strip())
    page.click("text=승인하고 보내기")
    page.wait_for_selector("text=승인했습니다")
    stayed = marked(page)
    workers.wait_until(lambda: figure(page, "sent"), seconds=30)
    acknowledge(client, person_headers, alert, 3, "received")
    workers.wait_until(lambda: figure(page, "received") == 3)
    page.fill("#note-cancel", "지역이 넓었습니다")
    assert stayed()
    page.keyboard.press("Enter")
    page.wait_for_selector("text=멈추었습니다")
    watched(page)
    sent = figure(page, "sent")
    assert 0 < sent < total - UNREGISTERED
    assert sent + figure(page, "dead") + figure(page, "cancelled") == total
    assert sandbox.phones.deliveries(f"{alert}:1").received == sent
    assert alerts.get_alert(alert)["state"] == "cancelled"
    assert stands_still(page)
    assert page.problems == []
