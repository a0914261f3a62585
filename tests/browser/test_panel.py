"""The staff panel in a real Chromium, each screen driven as its role: sign-in with both factors, decisions, two people for an alert."""

import json
from pathlib import Path

import pyotp
import pytest
from PIL import Image

from admin.jobs import services as jobs
from admin.words.writing import WEEKDAYS_KO
from mvoting.core.clock import now
from mvoting.voting.board.tasks import open_sealed_polls
from mvoting.voting.sealing import trustees
from mvoting.voting.tally.tasks import tally_polls
from notifications.alerts import content
from tests.browser import panel_messages
from tests.browser import panel_scene as scene


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


def press(page, key):
    """Press a key once the page's scripts are there."""
    page.wait_for_load_state()
    page.keyboard.press(key)


def test_the_queue_is_worked_with_keys_alone(open_panel, db):
    scene.clear(db)
    ideas = [scene.reported(db, place) for place in range(3)]
    page = open_panel("moderator")
    page.goto("/admin/moderation")
    press(page, "g")
    page.wait_for_selector("h2:has-text('결정')")
    press(page, "h")
    page.wait_for_selector("text=되돌리기")
    assert db.ideas.find_one({"_id": ideas[2]})["visibility"] == "hidden"
    press(page, "u")
    page.wait_for_selector("text=결정을 바꾸었습니다")
    assert db.ideas.find_one({"_id": ideas[2]})["visibility"] == "public"
    page.goto("/admin/moderation/next")
    press(page, "k")
    page.wait_for_selector("text=그대로 두었습니다")
    states = [db.moderation_cases.find_one({"_id": f"idea:{idea}"}).get("decision", {}).get("action") for idea in reversed(ideas)]
    assert states == ["keep", "keep", None]
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


def test_an_alert_an_answer_and_a_campaign_are_decided_without_javascript(open_panel, db):
    scene.clear(db)
    author, approver = (open_panel(role, javascript=False) for role in ("alert_author", "alert_approver"))
    author.goto("/admin/alerts/new")
    for name, text in {"where_ko": "홍제천", "what_ko": "물이 넘칩니다", "action_ko": "높은 곳으로 가세요"}.items():
        author.fill(f"#{name}", text)
    for name, text in {"where_en": "Hongje stream", "what_en": "it floods", "action_en": "go to high ground"}.items():
        author.fill(f"#{name}", text)
    author.check("[name=districts][value='11440']")
    author.click("button.first:has-text('초안 저장')")
    author.click("button:has-text('승인 요청')")
    alert = db.alerts.find_one({})
    assert alert["state"] == "submitted", author.inner_text("main")
    approver.goto(f"/admin/alerts/{alert['_id']}")
    approver.fill("#typed", content.confirmation(alert)["ko"])
    approver.click("text=승인하고 보내기")
    assert db.alerts.find_one({})["state"] in ("approved", "sending")
    idea, page = scene.idea_in(db, "reviewing", *scene.TEXTS[0]), open_panel("proposal_officer", javascript=False)
    page.goto(f"/admin/ideas/{idea}")
    page.fill("#text", "내년 봄에 그늘막을 세웁니다.")
    page.select_option("#verdict", "accepted")
    page.click("button[value=publish]")
    assert db.ideas.find_one({"_id": idea})["answers"][0]["verdict"] == "accepted"
    message = panel_messages.drafted("another")
    page = open_panel("poll_officer", javascript=False)
    page.goto(f"/admin/campaigns/{message}")
    page.click("button[value=release]")
    assert db.campaigns.find_one({"_id": message})["state"] != "draft"


def test_an_alert_goes_from_one_person_through_another(open_panel, db):
    scene.clear(db)
    author, approver = open_panel("alert_author"), open_panel("alert_approver")
    author.goto("/admin/alerts/new")
    author.select_option("#hazard", "earthquake")
    author.select_option("#hazard", "flood")
    assert "높은 곳" in author.input_value("#action_ko"), "usual words give way to other usual words"
    author.fill("#what_ko", "홍제천이 넘치려 합니다")
    author.click("#fill")
    assert author.input_value("#what_ko") == "홍제천이 넘치려 합니다", "nobody's own words are overwritten"
    author.fill("#where_ko", "마포구 홍제천")
    author.fill("#where_en", "Hongje stream")
    author.fill("#what_en", "the water is rising fast")
    author.fill("#expires_at", (now() + scene.timedelta(hours=12)).strftime("%Y-%m-%dT%H:%M"))
    author.click("[data-district='11440']")
    assert author.is_checked("[name=districts][value='11440']"), "the map and the list say the same"
    author.wait_for_selector("#preview .lock:has-text('홍제천')")
    author.click("#draw")
    for ring in ([(300, 330), (330, 330), (330, 350)], [(380, 380), (410, 380), (410, 400)]):
        for x, y in ring:
            author.locator("#map").click(position={"x": x * 0.55, "y": y * 0.55})
        author.click("#draw")
        author.click("#draw")
    author.click("#draw")
    assert author.locator("#drawn path").count() == 2
    author.wait_for_selector("#preview b")
    author.click("button.first:has-text('초안 저장')")
    assert len(db.alerts.find_one({})["area"]["polygons"]) == 2
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


@pytest.fixture
def picture(tmp_path):
    """Give the path of a picture to upload."""
    path = tmp_path / "picture.png"
    Image.new("RGB", (64, 48), (20, 90, 160)).save(path)
    return path


def test_a_poll_is_composed_with_its_preview_and_scheduled(open_panel, db, picture):
    scene.clear(db)
    page = open_panel("poll_officer")
    page.goto("/admin/polls/new")
    page.fill("#title_ko", "야간버스")
    page.fill("#q1_title_ko", "어느 노선이 필요한가요?")
    rows = page.locator("[name=q1_option_ko]")
    assert rows.count() == 3
    rows.nth(0).fill("도심")
    rows.nth(1).fill("강변")
    page.click("button[data-add]")
    rows.nth(3).fill("공항")
    page.locator("[data-move='-1']").nth(1).click()
    page.locator(".option").nth(0).locator("summary").click()
    page.locator("[name=q1_option_file]").nth(0).set_input_files(picture)
    assert page.inner_text("#phone .phone-title") == "야간버스"
    page.wait_for_selector("#phone li img")
    assert page.locator("#phone li span").all_inner_texts() == ["강변", "도심", "공항"]
    assert not page.is_visible("#q1_budget"), "a budget belongs to budget polls"
    page.check("[name=audience_kind][value=profile]")
    page.check("[name=districts][value='11440']")
    page.wait_for_selector("#audience-count b")
    page.check("[name=audience_kind][value=everyone]")
    for name, hours in (("opens_at", 12), ("closes_at", 40)):
        at = now() + scene.timedelta(hours=hours)
        page.fill(f"#{name}", f"{at:%Y-%m-%d %H:%M}")
        said = f"{at.year}. {at.month}. {at.day}.({WEEKDAYS_KO[at.weekday()]}) {at:%H:%M}"
        assert page.inner_text(f".moment:has(#{name}) + .count") == said
    page.click("button.first:has-text('초안 저장')")
    page.click("button:has-text('이대로 예약')")
    page.wait_for_selector("text=예약했습니다")
    poll = db.polls.find_one({})
    assert poll["state"] == "scheduled"
    options = poll["definition"]["questions"][0]["options"]
    assert [option["title"]["ko"] for option in options] == ["강변", "도심", "공항"]
    assert "picture" in options[0]
    assert page.problems == []


def test_a_date_reads_the_same_in_every_browser_and_is_typed_or_chosen(open_panel):
    page = open_panel("poll_officer", language="en-US")
    page.goto("/admin/polls/new")
    page.fill("#opens_at", "12/11/2031 09:00")
    page.click("button.first:has-text('Store the draft')")
    assert page.evaluate("document.querySelector('#opens_at').validity.patternMismatch"), (
        "the browser refuses it before it is sent"
    )
    page.fill("#opens_at", "2031. 12. 1. 9:05")
    assert page.evaluate("document.querySelector('#opens_at').validity.valid")
    assert page.inner_text(".moment:has(#opens_at) + .count") == "Mon 1 Dec 2031, 09:05"
    page.focus("#opens_at")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "Calendar: Opens"
    page.keyboard.press("Enter")
    assert page.input_value(".moment:has(#opens_at) .picker") == "2031-12-01T09:05"
    page.keyboard.press("Escape")
    page.evaluate("""() => {
      const picker = document.querySelector(".moment:has(#opens_at) .picker");
      picker.value = "2031-12-02T10:00";
      picker.dispatchEvent(new Event("change"));
    }""")
    assert page.input_value("#opens_at") == "2031-12-02 10:00"
    assert page.inner_text(".moment:has(#opens_at) + .count") == "Tue 2 Dec 2031, 10:00"
    assert page.problems == []


def test_a_poll_is_composed_and_counted_without_javascript(open_panel, db):
    scene.clear(db)
    page = open_panel("poll_officer", javascript=False)
    page.goto("/admin/polls/new")
    page.fill("#title_ko", "야간버스")
    page.fill("#q1_title_ko", "어느 노선이 필요한가요?")
    page.click("text=여러 개를 한꺼번에 붙여 넣기")
    page.fill("#q1_paste", "강변 | River\n도심 | Centre")
    for name, hours in (("opens_at", 12), ("closes_at", 40)):
        page.fill(f"#{name}", (now() + scene.timedelta(hours=hours)).strftime("%Y-%m-%d %H:%M"))
    page.click("button[name=count]")
    assert page.is_visible("#audience-count b")
    page.click("button.first:has-text('초안 저장')")
    assert page.is_visible("text=초안을 저장했습니다")
    assert [o["title"]["en"] for o in db.polls.find_one({})["definition"]["questions"][0]["options"]] == ["River", "Centre"]


def test_the_trustees_open_a_poll_step_by_step(open_panel, db):
    scene.clear(db)
    draft = scene.draft()
    ceremony, _ = trustees.deal(draft, 2, 3)
    page = open_panel("poll_officer")
    page.goto(f"/admin/polls/{draft}")
    page.click("text=봉인과 열쇠")
    assert f"--poll {draft}" in page.inner_text("pre")
    sealing = {**ceremony.document(), "padded_bytes": 512, "recount": "public"}
    file = {"name": "sealing.json", "mimeType": "application/json", "buffer": json.dumps(sealing).encode()}
    page.set_input_files("#sealing_file", file)
    page.click("text=봉인 투표로 바꾸기")
    page.click("button:has-text('이대로 예약')")
    page.wait_for_selector("text=예약했습니다")

    closed, shares = scene.sealed(db)
    page.goto(f"/admin/polls/{closed}/trustees")
    page.wait_for_selector("text=초안에 넣은 것과 같습니다")
    page.fill("#share", shares[0].replace("share 1", "share 2"))
    page.click("text=조각 넣기")
    page.wait_for_selector("[role=alert]")
    for place, share in ((1, shares[0]), (2, shares[2])):
        page.fill("#share", share)
        page.click("button:has-text('조각 넣기')")
        page.wait_for_selector(f"#opening b:has-text('{place} / 2')")
    open_sealed_polls()
    tally_polls()
    page.reload()
    page.wait_for_selector("text=무효표가 없습니다")
    assert page.locator("td:has-text('아직 없음')").count() == 1
    page.click("main a:has-text('결과 보기')")
    page.wait_for_selector("h2:has-text('결과')")
    assert page.problems == []


def test_a_proposal_is_answered_as_draft_and_in_public(open_panel, db):
    scene.clear(db)
    idea = scene.idea_in(db, "reviewing", *scene.TEXTS[0])
    writer, second = open_panel("proposal_officer"), open_panel("proposal_officer")
    for page in (writer, second):
        page.goto(f"/admin/ideas/{idea}")
    writer.fill("#text", "올여름 전에 설치하겠습니다.")
    writer.click("text=초안 저장")
    writer.wait_for_selector("text=처리했습니다")
    assert db.ideas.find_one({"_id": idea})["answers"] == []
    second.fill("#text", "다른 사람의 답변")
    second.click("text=초안 저장")
    second.wait_for_selector("text=올여름 전에 설치하겠습니다.")
    assert second.input_value("#text") == "다른 사람의 답변"
    writer.click("button:has-text('공개하기')")
    writer.wait_for_selector("h2:has-text('공개된 답변')")
    assert db.ideas.find_one({"_id": idea})["answers"][0]["text"] == "올여름 전에 설치하겠습니다."


def walker(page):
    """Give a walk with the Tab key to what a selector names."""

    def walk_to(selector):
        for _ in range(120):
            page.keyboard.press("Tab")
            if page.evaluate("wanted => document.activeElement.matches(wanted)", selector):
                return
        raise AssertionError(f"no key leads to {selector}")

    return walk_to


def test_a_campaign_is_composed_and_released_with_keys_alone(open_panel, db):
    scene.clear(db)
    writer, colleague = open_panel("poll_officer"), open_panel("administrator")
    writer.goto("/admin/campaigns")
    press(writer, "c")
    writer.wait_for_selector("#title_ko")
    walk_to = walker(writer)
    for field, text in (("#title_ko", "한강공원 축제"), ("#body_ko", "토요일 오후 2시에 열립니다.")):
        walk_to(field)
        writer.keyboard.type(text)
    writer.wait_for_selector("#preview .lock:has-text('한강공원 축제')")
    walk_to("[name=districts][value='11440']")
    writer.keyboard.press("Space")
    walk_to("[name=topics][value=culture]")
    writer.keyboard.press("Space")
    writer.wait_for_selector("#audience-count b")
    walk_to("#spread_minutes")
    writer.keyboard.type("15")
    walk_to("#composer button.first")
    writer.keyboard.press("Enter")
    writer.wait_for_selector("text=다른 사람이 내보냅니다")
    campaign = db.campaigns.find_one({})
    assert (campaign["audience"], campaign["spread_s"]) == ({"districts": ["11440"], "topics": ["culture"]}, 900)
    press(writer, "e")
    writer.wait_for_selector("#composer")
    assert writer.is_checked("[name=topics][value=culture]")
    colleague.goto("/admin")
    walk_to = walker(colleague)
    walk_to("main a[href*='/admin/campaigns/']")
    colleague.keyboard.press("Enter")
    colleague.wait_for_selector("text=시민이 보게 될 그대로")
    walk_to("button[value=release]")
    outline = colleague.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid", "one sees where one is"
    colleague.keyboard.press("Enter")
    colleague.wait_for_selector("text=내보냈습니다")
    assert db.campaigns.find_one({})["state"] != "draft"
    walk_to("#why")
    colleague.keyboard.type("날짜가 틀렸습니다")
    colleague.keyboard.press("Enter")
    colleague.wait_for_selector("text=멈추었습니다")
    assert writer.problems == colleague.problems == []


def test_an_alert_is_approved_with_keys_alone(open_panel, db):
    scene.clear(db)
    author = scene.officer("alert_author", name="문태오")[1].staff_id
    scene.submitted(author)
    page = open_panel("alert_approver")
    page.goto("/admin")

    walk_to = walker(page)
    walk_to("main a[href*='/admin/alerts/']")
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid", "one sees where one is"
    page.keyboard.press("Enter")
    page.wait_for_selector("#typed")
    walk_to("#typed")
    page.keyboard.type(content.confirmation(db.alerts.find_one({}))["ko"])
    walk_to("button.danger")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=승인했습니다")
    assert db.alerts.find_one({})["state"] in ("approved", "sending")
    walk_to("#note-cancel")
    page.keyboard.type("훈련이었습니다")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=멈추었습니다")
    assert page.problems == []


def test_a_text_is_written_by_one_and_put_into_use_by_another(open_panel, db):
    scene.clear(db)
    writer, colleague = open_panel("poll_officer"), open_panel("administrator")
    writer.goto("/admin/campaigns/templates")
    writer.click("main a:has-text('투표 마감 임박')")
    writer.fill("#title_ko", "오늘 투표가 끝납니다")
    writer.fill("#body_ko", "{title} 투표가 {closes}에 끝납니다. {winner}")
    writer.wait_for_selector("#preview .wrong:has-text('여기서 쓸 수 없는 빈칸')")
    writer.fill("#body_ko", "{title} 투표가 {closes}에 끝납니다.")
    writer.wait_for_selector("#preview .lock:has-text('심야버스 노선 투표가')")
    writer.wait_for_selector("#preview .count:has-text('제목 11 / 60')")
    writer.fill("#note", "더 짧게")
    writer.click("button.first:has-text('초안 저장')")
    writer.wait_for_selector("text=직접 쓴 문구는 다른 사람이 동의합니다")
    colleague.goto("/admin")
    colleague.click("main a:has-text('오늘 투표가 끝납니다')")
    colleague.click("text=동의하고 쓰기")
    colleague.wait_for_selector("text=이 문구를 쓰기 시작했습니다")
    assert db.push_templates.find_one({})["state"] == "active"
    assert writer.problems == colleague.problems == []


def test_a_message_is_composed_and_counted_without_javascript(open_panel, db):
    scene.clear(db)
    page = open_panel("poll_officer", javascript=False)
    page.goto("/admin/campaigns/new")
    page.fill("#title_ko", "한강공원 축제")
    page.fill("#body_ko", "토요일 오후 2시에 열립니다.")
    page.check("[name=to][value=everyone]")
    page.click("button[name=count]")
    assert page.is_visible("#audience-count b")
    page.click("button[name=preview]")
    assert page.is_visible("#preview .lock:has-text('한강공원 축제')")
    page.click("button.first:has-text('초안 저장')")
    assert page.is_visible("text=초안을 저장했습니다")
    assert db.campaigns.find_one({})["audience"] == {"everyone": True}


def test_an_alert_is_approved_without_javascript(open_panel, db):
    scene.clear(db)
    scene.submitted(scene.officer("alert_author", name="문태오")[1].staff_id)
    page = open_panel("alert_approver", javascript=False)
    page.goto("/admin")
    page.click("main a[href*='/admin/alerts/']")
    page.fill("#typed", content.confirmation(db.alerts.find_one({}))["ko"])
    page.click("text=승인하고 보내기")
    assert page.is_visible("text=승인했습니다")


def test_a_list_is_exported_and_the_trail_is_verified(open_panel):
    page = open_panel("auditor", "administrator")
    page.goto("/admin/audit")
    page.click("button:has-text('CSV')")
    page.wait_for_selector("#job")
    jobs.carry_on()
    with page.expect_download() as waiting:
        page.click("text=파일 받기")
    assert Path(waiting.value.path()).stat().st_size > 20
    page.goto("/admin/audit")
    page.click("summary:has-text('기록 검증')")
    page.click("button:has-text('다시 계산')")
    page.wait_for_selector("#job")
    jobs.carry_on()
    page.wait_for_selector("text=모두 쓰인 그대로")
    assert page.problems == []


def test_the_venue_screen_fills_the_screen_and_takes_the_next_code_by_itself(open_panel, db):
    scene.clear(db)
    page = open_panel("poll_officer")
    page.goto(scene.polls_of_every_kind(db)["poll_venue"])
    page.click("#full")
    page.wait_for_selector("html:fullscreen")
    page.clock.install()
    page.reload()
    page.evaluate("document.querySelector('#screen .big').textContent = 'old'")
    page.clock.run_for(31_000)
    page.wait_for_selector("#screen .big:not(:has-text('old'))")
    assert page.problems == []
