"""The staff panel in a real Chromium: signing in with both factors, deciding, two people for an alert, keys only, narrow screens.

`SCREENS=docs/screens pytest tests/browser/test_panel.py -k screens` also keeps a small picture of every screen.
"""

import os
from pathlib import Path

import pyotp
import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image

from mvoting.core.clock import now
from notifications.alerts import content
from tests.browser import panel_scene as scene

PICTURE_WIDTH = 900


@pytest.fixture
def open_panel(chromium, live_url):
    """Give a page of a signed-in staff member: `open_panel("moderator")`."""
    contexts = []

    def make(*roles, language="ko-KR", size=(1280, 800), javascript=True, token=None):
        context = chromium.new_context(
            viewport={"width": size[0], "height": size[1]}, locale=language, base_url=live_url, java_script_enabled=javascript
        )
        context.add_cookies([{"name": "staff", "value": token or scene.session_token(*roles), "url": live_url, "httpOnly": True}])
        contexts.append(context)
        page = context.new_page()
        page.problems = []
        page.on("pageerror", lambda error: page.problems.append(str(error)))
        page.on("console", lambda told: page.problems.append(told.text) if told.type == "error" else None)
        return page

    yield make
    for context in contexts:
        context.close()


def serious(page):
    """Give axe-core's serious and critical findings."""
    found = Axe().run(page).response["violations"]
    return [(v["id"], v["nodes"][0]["html"][:200]) for v in found if v["impact"] in ("serious", "critical")]


def keep_picture(page, name):
    """Keep a small picture of the page, when asked to."""
    folder = os.environ.get("SCREENS")
    if not folder:
        return
    Path(folder).mkdir(parents=True, exist_ok=True)
    target = Path(folder) / f"{name}.png"
    page.screenshot(path=target, full_page=True)
    with Image.open(target) as picture:
        small = picture.convert("RGB").resize((PICTURE_WIDTH, picture.height * PICTURE_WIDTH // picture.width))
        small.quantize(96).save(target, optimize=True)


def test_signing_in_takes_both_factors(chromium, live_url):
    address, enrolled = scene.officer("moderator")
    page = chromium.new_context(locale="ko-KR", base_url=live_url).new_page()
    page.goto("/admin/moderation")
    assert "/admin/sign-in" in page.url
    page.fill("#email", address)
    page.fill("#password", "wrong horse battery")
    page.keyboard.press("Enter")
    page.wait_for_selector("[role=alert]")
    page.fill("#password", scene.PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_selector("#code")
    page.goto("/admin/moderation")
    assert "/admin/sign-in" in page.url, "one factor opens nothing"
    page.goto("/admin/sign-in/second")
    page.fill("#code", "000000")
    page.keyboard.press("Enter")
    page.wait_for_selector("[role=alert]")
    page.fill("#code", pyotp.TOTP(enrolled.totp_secret).at(int(now().timestamp())))
    page.keyboard.press("Enter")
    page.wait_for_selector("h1:has-text('신고 처리')")
    cookies = {cookie["name"]: cookie for cookie in page.context.cookies()}
    assert cookies["staff"]["httpOnly"]
    assert cookies["staff"]["sameSite"] == "Lax"
    page.click("text=로그아웃")
    page.wait_for_selector("h1:has-text('직원 로그인')")
    page.goto("/admin/moderation")
    assert "/admin/sign-in" in page.url
    page.context.close()


def test_the_queue_is_worked_with_keys_alone(open_panel, db):
    scene.clear(db)
    ideas = [scene.reported(db, place) for place in range(3)]
    page = open_panel("moderator")
    page.goto("/admin/moderation")
    page.keyboard.press("g")
    page.wait_for_selector("h2:has-text('결정')")
    page.keyboard.press("h")
    page.wait_for_selector("text=되돌리기")
    page.keyboard.press("k")
    page.wait_for_selector("text=그대로 두었습니다")
    states = [db.moderation_cases.find_one({"_id": f"idea:{idea}"}).get("decision", {}).get("action") for idea in reversed(ideas)]
    assert states == ["hide", "keep", None]
    page.keyboard.press("u")
    page.wait_for_selector("text=결정을 바꾸었습니다")
    assert db.ideas.find_one({"_id": ideas[2]})["visibility"] == "public"
    assert page.problems == []


def test_the_queue_is_decided_without_javascript(open_panel, db):
    scene.clear(db)
    idea = scene.reported(db)
    page = open_panel("moderator", javascript=False)
    page.goto("/admin/moderation")
    page.click("tbody a")
    page.fill("#reason", "광고입니다")
    page.click("button[value=hide]")
    assert db.ideas.find_one({"_id": idea})["visibility"] == "hidden"


def test_an_alert_goes_from_one_person_through_another(open_panel, db):
    scene.clear(db)
    author, approver = open_panel("alert_author"), open_panel("alert_approver")
    author.goto("/admin/alerts/new")
    author.fill("#where_ko", "마포구 홍제천")
    author.fill("#what_ko", "물이 빠르게 불어나고 있습니다")
    author.fill("#where_en", "Hongje stream")
    author.fill("#what_en", "the water is rising fast")
    author.fill("#expires_at", (now() + scene.timedelta(hours=12)).strftime("%Y-%m-%dT%H:%M"))
    author.click("[data-district='11440']")
    assert author.is_checked("[name=districts][value='11440']"), "the map and the list say the same"
    author.wait_for_selector("#preview .lock:has-text('홍제천')")
    author.click("button.first:has-text('초안 저장')")
    author.click("button:has-text('승인 요청')")
    author.wait_for_selector("text=직접 쓴 글입니다")
    alert = db.alerts.find_one({})
    approver.goto("/admin")
    approver.click("main a:has-text('홍제천')")
    approver.fill("#typed", "틀린 문구")
    approver.click("text=승인하고 보내기")
    approver.wait_for_selector("[role=alert]")
    assert db.alerts.find_one({})["state"] == "submitted"
    approver.focus("#typed")
    approver.keyboard.type(content.confirmation(alert)["ko"])
    approver.keyboard.press("Enter")
    approver.wait_for_selector("text=승인했습니다")
    assert db.alerts.find_one({})["state"] in ("approved", "sending")
    author.reload()
    author.fill("#note-cancel", "지역이 넓었습니다")
    author.keyboard.press("Enter")
    author.wait_for_selector("text=멈추었습니다")
    assert db.alerts.find_one({})["state"] == "cancelled"
    assert author.problems == approver.problems == []


def test_a_poll_is_composed_with_its_preview_and_scheduled(open_panel, db):
    scene.clear(db)
    page = open_panel("poll_officer")
    page.goto("/admin/polls/new")
    page.fill("#title_ko", "야간버스")
    page.fill("#q1_title_ko", "어느 노선이 필요한가요?")
    page.fill("#q1_options", "강변\n도심")
    assert page.inner_text("#phone .phone-title") == "야간버스"
    assert page.locator("#phone li").count() == 2
    for name, hours in (("opens_at", 12), ("closes_at", 40)):
        page.fill(f"#{name}", (now() + scene.timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M"))
    page.click("button.first:has-text('초안 저장')")
    page.click("button:has-text('이대로 예약')")
    page.wait_for_selector("text=예약했습니다")
    assert db.polls.find_one({})["state"] == "scheduled"
    assert page.problems == []


def test_a_list_is_exported_and_the_trail_is_verified(open_panel):
    page = open_panel("auditor", "administrator")
    page.goto("/admin/audit")
    for kind in ("CSV", "XLSX"):
        with page.expect_download() as waiting:
            page.click(f".actions a:has-text('{kind}')")
        assert Path(waiting.value.path()).stat().st_size > 20
    page.click("summary:has-text('기록 검증')")
    page.click("button:has-text('다시 계산')")
    page.wait_for_selector("text=모두 쓰인 그대로")


@pytest.mark.parametrize("language", ["ko-KR", "en-GB"])
def test_screens_are_accessible_and_fit_320_pixels(open_panel, db, language):
    screens = scene.city(db)
    page = open_panel(language=language)
    found, wide = [], []
    for name, address in screens.items():
        page.set_viewport_size({"width": 1280, "height": 800})
        answer = page.goto(address)
        assert answer.status == 200, (name, answer.status)
        found += [(name, *finding) for finding in serious(page)]
        keep_picture(page, name if language == "ko-KR" else f"{name}.en")
        page.set_viewport_size({"width": 320, "height": 640})
        if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
            wide.append(name)
        if name in ("case", "alert") and language == "ko-KR":
            keep_picture(page, f"{name}.narrow")
    assert found == []
    assert wide == []
    assert page.problems == []
