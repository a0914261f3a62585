"""Today: what waits for whom, called by its name, each line a way to the thing; nobody is shown what is not theirs to do."""

from datetime import timedelta

import pytest

from admin.today import delivery_failures
from mvoting.core.clock import now
from notifications.alerts import services as alerts
from notifications.feeds import services as feeds
from notifications.listings import services as listings
from notifications.templates import services as templates
from tests.browser import panel_scene as scene
from tests.browser.panel_messages import drafted, finished

TEXTS = {"ko": {"title": "축제 안내문", "body": "열립니다."}, "en": {"title": "Festival note", "body": "Open."}}


@pytest.fixture(autouse=True)
def city(db):
    scene.clear(db)


def test_a_draft_is_called_by_its_title_and_a_stopped_one_stands_apart(browser, db):
    campaign = drafted("somebody")
    stopped = drafted("somebody", message={"ko": {"title": "멈춘 소식", "body": "…"}})
    db.campaigns.update_one({"_id": stopped}, {"$set": {"state": "stopped"}})
    page = browser("poll_officer").text("/admin")
    for shown in (
        "내보내기를 기다리는 소식",
        "심야버스 설문이 열렸습니다",
        "멈춘 발송",
        "멈춘 소식",
        f"/admin/campaigns/{campaign}",
    ):
        assert shown in page, shown
    assert ">news<" not in page
    assert "심야버스 설문이 열렸습니다" not in browser("moderator").text("/admin")


def test_old_drafts_are_not_pushed_out_by_many_newer_campaigns(browser, db):
    drafted("somebody")
    newer = {"kind": "news", "lane": "default", "state": "done", "message": TEXTS, "audience": {}, "created_by": {}, "totals": {}}
    at = now() + timedelta(minutes=1)
    db.campaigns.insert_many({**newer, "_id": f"newer-{n}", "created_at": at, "starts_at": at} for n in range(60))
    assert "심야버스 설문이 열렸습니다" in browser("administrator").text("/admin")


def test_deliveries_that_failed_are_told_with_how_many(browser, db):
    finished(db, "somebody")
    page = browser("poll_officer").text("/admin")
    assert "닿지 못한 휴대폰이 많은 발송" in page
    assert "1,000대 포기함, 14,210대(21%) 주소 없음" in page


@pytest.mark.parametrize(
    ("totals", "said"),
    [
        ({}, ""),
        ({"sent": 1000, "dead": 20}, ""),
        ({"sent": 10, "dead": 19}, ""),
        ({"sent": 80, "dead": 15, "set_aside": 5}, "20대(20%) 주소 없음"),
        ({"sent": 10_000, "failed": 1}, "1대 포기함"),
    ],
)
def test_only_what_stands_out_is_a_failure(totals, said):
    assert delivery_failures(totals) == said


def test_texts_that_wait_for_a_second_person_lead_to_them(browser):
    templates.propose("festival", TEXTS, "", by="somebody", now=now())
    page = browser("administrator").text("/admin")
    assert "축제 안내문" in page
    assert "/admin/campaigns/templates/of/festival" in page
    assert "축제 안내문" not in browser("alert_author").text("/admin")


def test_listings_that_wait_and_sources_that_are_silent_are_told_to_administrators(browser, staff_headers):
    entered = {"name": "기상청", "sender": "kma@example.kr", "url": "https://cap.example.kr/feed"}
    source, _ = feeds.create_source(entered, by="somebody", now=now())
    feeds.note_polled(source["_id"], etag=None, error="timeout", now=now())
    facts = ("cap_source", source["_id"], source["revision"], ["severe"])
    listed = listings.propose(*facts, reason="밤에는 당직이 한 명뿐입니다.", by="somebody", now=now())
    staff_headers("administrator", staff_id="somebody")
    page = browser("administrator").text("/admin")
    for shown in ("동의를 기다리는 자동 발송", "당직이 한 명뿐", "긴급", "읽지 못하는 CAP 기관", "제때 답하지 않음"):
        assert shown in page, shown
    assert "당직이 한 명뿐" not in browser("alert_author", "poll_officer").text("/admin")
    listings.agree(listed["_id"], subject_revision=source["revision"], by="another", now=now())
    assert "당직이 한 명뿐" not in browser("administrator").text("/admin")


def test_alerts_being_written_are_told_to_authors(browser):
    alerts.create_draft(scene.words(), by="somebody", now=now())
    assert "작성 중인 재난 알림" in browser("alert_author").text("/admin")
    assert "작성 중인 재난 알림" not in browser("alert_approver").text("/admin")
