"""The phone sandbox's page in a real browser: lock screens that fill by themselves, in both languages, accessible."""

import time

import pytest
from axe_playwright_python.sync_playwright import Axe

from notifications.channels.fcm.credentials import AccessTokens
from notifications.channels.fcm.messages import Content, FcmPayload
from notifications.channels.fcm.pooled import PooledGateway
from notifications.channels.gateway import Push


class Open:
    """A throttle that always grants."""

    def take(self, count):
        return 0.0


@pytest.fixture
def push(sandbox, environment):
    from datetime import timedelta

    from mvoting.core.clock import now

    gateway = PooledGateway(sandbox.address, "demo", AccessTokens(None))

    def send(phone, title, body, **changes):
        fields = {"message_id": title, "revision": 1, "kind": "poll_opened", "link": "/", "language": "ko", **changes}
        content = Content(title=title, body=body, expires_at=now() + timedelta(hours=1), **fields)
        payload = FcmPayload(content, now=now())
        gateway.send([Push("token", phone, "android", payload)], lambda *_: True, Open())

    yield send
    gateway.close()


@pytest.fixture
def page(chromium, sandbox):
    context = chromium.new_context(viewport={"width": 1280, "height": 800}, locale="ko-KR")
    page = context.new_page()
    page.problems = []
    page.on("pageerror", lambda error: page.problems.append(str(error)))
    page.on("console", lambda message: message.type == "error" and page.problems.append(message.text))
    page.goto(sandbox.address)
    yield page
    assert page.problems == []
    context.close()


def test_phones_fill_by_themselves_and_speak_both_languages(page, push, sandbox):
    assert page.locator("#empty").inner_text() == "아직 알림을 받은 휴대전화가 없습니다."
    sandbox.phones.name("minji", "민지의 휴대전화")
    push("minji", "투표가 시작됐습니다", "심야버스 노선 · 11월 23일 오후 6시까지 참여할 수 있습니다.")
    push("james", "A poll has opened", "Night bus routes · Vote until 23 Nov 18:00.", language="en")
    push(
        "minji",
        "[위급] 하천 범람",
        "중랑천 범람. 즉시 높은 곳으로 대피하세요. 서울특별시",
        kind="alert_extreme",
        urgency="extreme",
    )
    page.locator(".card.extreme").wait_for(timeout=5000)
    assert page.locator(".phone").count() == 2
    first = page.locator(".phone").first
    assert first.locator("h2").inner_text() == "민지의 휴대전화"
    assert first.locator(".card strong").all_inner_texts() == ["[위급] 하천 범람", "투표가 시작됐습니다"]
    page.locator("#language").click()
    assert page.locator("h1").inner_text() == "Phone sandbox"
    page.locator("#search").fill("james")
    page.locator(".phone").nth(1).wait_for(state="detached", timeout=5000)
    assert page.locator(".phone .card strong").all_inner_texts() == ["A poll has opened"]


def test_a_newer_revision_replaces_the_older_on_the_lock_screen(page, push):
    push("minji", "첫 번째", "하나", message_id="m")
    push("minji", "두 번째", "둘", message_id="m", revision=2)
    page.locator(".card").first.wait_for(timeout=5000)
    time.sleep(1.2)
    assert page.locator(".card strong").all_inner_texts() == ["두 번째"]


def test_what_is_sent_is_shown_as_text_never_as_markup(page, push):
    push("mallory", "<img src=x onerror=alert(1)>", "<script>document.title='x'</script>")
    page.locator(".card").first.wait_for(timeout=5000)
    assert page.locator(".card strong").inner_text() == "<img src=x onerror=alert(1)>"
    assert page.locator(".card img").count() == 0


def test_it_is_accessible_and_fits_a_phone(page, push):
    push("minji", "긴급재난문자", "호우경보. 외출을 삼가세요.", kind="alert_severe", urgency="severe")
    page.locator(".card").first.wait_for(timeout=5000)
    page.wait_for_timeout(600)
    assert Axe().run(page).response["violations"] == []
    page.set_viewport_size({"width": 360, "height": 700})
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
