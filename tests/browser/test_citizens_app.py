"""The citizens' web app, driven in a real browser as people use it."""

import os
import re
import secrets
from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe

from mvoting.core.clock import now
from mvoting.core.ids import random_id
from mvoting.voting.board.sequencer import sequence
from mvoting.voting.polls import services as polls
from proposals.debates import services as debates
from proposals.ideas.services import writing as ideas

IDEA = {"title": "놀이터에 그늘막을", "body": "여름이면 너무 뜨겁습니다.", "programme_id": "oasis"}
DEBATE = {"title": "심야버스를 늘려야 할까요?", "body": "배차 간격이 너무 깁니다.", "sides": "sides"}
OPTIONS = ["여의도 한강공원", "월드컵공원", "서울숲"]


@pytest.fixture
def make_poll(app, db):
    """Make an open poll by method."""

    def make(method="plurality", *, is_draft=False, **rules):
        title = {"ko": f"물놀이터를 어디에 만들까요? ({method})", "en": f"Where should the water playground go? ({method})"}
        question = {
            "id": "q1",
            "title": title,
            "method": method,
            "seats": 1,
            "options": [{"id": f"o{n}", "title": {"ko": name}} for n, name in enumerate(OPTIONS, 1)],
        }
        content = {
            "title": title,
            "description": None,
            "secrecy": "open",
            "figures": "after_closing",
            "changeable": True,
            "k": 5,
            "audience": {"kind": "everyone"},
            "questions": [question],
            **rules,
        }
        opens, closes = now() - timedelta(minutes=1), now() + timedelta(hours=1)
        poll = polls.create_poll(content, opens, closes, {"kind": "staff", "id": "test"}, now=now())
        if not is_draft:
            polls.schedule_poll(poll["_id"], now=now(), staff_id="test")
        return poll["_id"]

    return make


@pytest.fixture
def page(chromium, live_url):
    """A phone-sized page in Korean; any script error fails the test."""
    context = chromium.new_context(viewport={"width": 390, "height": 844}, locale="ko-KR", base_url=live_url)
    opened = context.new_page()
    errors = []
    opened.on("pageerror", lambda error: errors.append(str(error)))
    yield opened
    context.close()
    assert errors == []


def enter(page, phone):
    page.goto("/#/sign-in")
    page.fill("#phone", phone)
    page.click("form:has(#phone) button")
    page.wait_for_selector("#code")
    page.fill("#code", re.search(r"\d{6}", page.inner_text("form:has(#code)")).group())
    page.click("form:has(#code) button")
    page.wait_for_selector("form:has(#code)", state="detached")
    if page.is_visible("#join"):  # who has not agreed yet
        page.check("#agree")
        page.click("#join button")
        page.wait_for_selector("#join", state="detached")


def cast_by_others(client, sign_in, poll_id, count):
    definition_hash = client.get(f"/v1/polls/{poll_id}").get_json()["definition_hash"]
    for _ in range(count):
        body = {
            "definition_hash": definition_hash,
            "revision": 0,
            "cast_id": os.urandom(16).hex(),
            "nonce": os.urandom(16).hex(),
            "choices": {"q1": ["o3"]},
        }
        headers = sign_in(f"0103100{secrets.randbelow(10_000):04}")
        assert client.put(f"/v1/polls/{poll_id}/ballot", json=body, headers=headers).status_code == 200


def ballots_of(db, poll_id):
    return list(db.ballots.find({"poll": poll_id}))


def test_three_screens_from_the_list_to_a_counted_vote(page, make_poll, db):
    poll = make_poll()
    enter(page, "010-3000-0001")
    page.goto("/#/polls")
    page.click(f"a[href='#/polls/{poll}']")
    page.click(f"text={OPTIONS[1]}")
    page.click("text=다음")
    page.click("text=투표합니다")
    page.wait_for_selector("text=투표했습니다")
    (ballot,) = ballots_of(db, poll)
    assert ballot["content"] == b'{"q1":["o2"]}'
    receipt = page.inner_text("code.receipt")
    assert receipt == ballot["leaves"][0].hex()
    page.click("text=내 투표 확인하기")
    page.wait_for_selector("text=아직 공개 기록에 오르지 않았습니다")


def test_a_published_ballot_is_proven_in_the_browser_and_a_forged_receipt_is_not(page, make_poll, db, client, sign_in):
    poll = make_poll(k=1)
    enter(page, "010-3000-0009")
    page.goto(f"/#/polls/{poll}")
    page.click(f".option:has-text('{OPTIONS[0]}')")
    page.click("text=다음")
    page.click("text=투표합니다")
    page.wait_for_selector("text=투표했습니다")
    leaf = page.inner_text("code.receipt")
    cast_by_others(client, sign_in, poll, 3)
    while sequence(poll):
        pass
    for _ in range(5):  # which ballots a batch leaves behind is drawn by lot
        if client.get(f"/v1/polls/{poll}/board/leaves/{leaf}").get_json()["inclusion"]:
            break
        cast_by_others(client, sign_in, poll, 2)
        sequence(poll)
    page.click("text=내 투표 확인하기")
    page.wait_for_selector("text=확인했습니다. 공개 기록")
    page.evaluate(
        """id => {
        const place = Object.keys(localStorage).find((key) => key.endsWith(":receipts"));
        const kept = JSON.parse(localStorage.getItem(place));
        kept[id].receipt.signature = kept[id].receipt.signature.replace(/^../, (pair) => (pair === "00" ? "11" : "00"));
        localStorage.setItem(place, JSON.stringify(kept));
    }""",
        poll,
    )
    page.reload()
    page.click("text=내 투표 확인하기")
    page.wait_for_selector("text=확인에 실패했습니다")


def test_nothing_is_cast_before_the_last_yes_and_without_a_choice(page, make_poll, db):
    poll = make_poll()
    enter(page, "010-3000-0002")
    page.goto(f"/#/polls/{poll}")
    page.wait_for_selector(".option")
    assert page.is_disabled("text=다음")
    page.click(f"text={OPTIONS[0]}")
    page.click("text=다음")
    page.click("text=뒤로")
    assert page.get_attribute(f".option:has-text('{OPTIONS[0]}')", "aria-pressed") == "true"
    assert ballots_of(db, poll) == []


def test_a_ranking_is_made_by_tapping_in_order(page, make_poll, db):
    poll = make_poll("irv")
    enter(page, "010-3000-0003")
    page.goto(f"/#/polls/{poll}")
    for name in (OPTIONS[2], OPTIONS[0]):
        page.click(f".option:has-text('{name}')")
    page.click("text=다음")
    page.click("text=투표합니다")
    page.wait_for_selector("text=투표했습니다")
    assert ballots_of(db, poll)[0]["content"] == b'{"q1":[["o3"],["o1"]]}'


def test_an_address_from_a_push_or_a_venues_screen_leads_to_the_poll(page, make_poll, db):
    poll = make_poll(audience={"kind": "on_site", "trust": "member", "by": "code"})
    enter(page, "010-3000-0008")
    page.goto(f"/polls/{poll}?code=000000")
    assert page.input_value("#venue-code") == "000000"
    page.click("text=현장 확인하기")
    page.wait_for_selector("[role=status].card, p[role=status]:not(:empty)")
    page.click(f".option:has-text('{OPTIONS[0]}')")
    page.click("text=다음")
    page.click("text=투표합니다")
    page.wait_for_selector("[role=alert]:not(:empty)")  # the code was wrong, so nobody is let in
    assert ballots_of(db, poll) == []


def test_a_vote_cast_in_a_tunnel_is_sent_once_afterwards(page, make_poll, db):
    poll = make_poll()
    enter(page, "010-3000-0004")
    page.goto(f"/#/polls/{poll}")
    page.click(f".option:has-text('{OPTIONS[0]}')")
    page.click("text=다음")
    page.context.set_offline(True)
    page.click("text=투표합니다")
    page.wait_for_selector("text=투표를 보내기를 기다리고 있습니다")
    assert ballots_of(db, poll) == []
    page.context.set_offline(False)
    page.wait_for_selector("text=기다리던 투표를 보냈습니다")
    (ballot,) = ballots_of(db, poll)
    assert len(ballot["casts"]) == 1


def test_a_lost_answer_does_not_make_a_second_vote(page, make_poll, db):
    poll = make_poll()
    enter(page, "010-3000-0005")
    page.goto(f"/#/polls/{poll}")
    page.click(f".option:has-text('{OPTIONS[0]}')")
    page.click("text=다음")
    lost = []

    def lose_the_answer(route):
        if route.request.method == "PUT" and not lost:
            lost.append(route.fetch())  # the server has it; the phone never hears
            route.abort()
        else:
            route.continue_()

    page.route("**/ballot", lose_the_answer)
    page.click("text=투표합니다")
    page.wait_for_selector("text=투표를 보내기를 기다리고 있습니다")
    page.reload()
    page.wait_for_selector("text=접수증")
    (ballot,) = ballots_of(db, poll)
    assert len(ballot["casts"]) == 1


def test_a_change_of_mind_replaces_the_vote(page, make_poll, db):
    poll = make_poll()
    enter(page, "010-3000-0006")
    for name in OPTIONS[:2]:
        page.goto(f"/#/polls/{poll}")
        page.reload()
        page.wait_for_selector("button:has-text('다시 투표하기'), .option")
        if page.is_visible("button:has-text('다시 투표하기')"):
            page.click("text=다시 투표하기")
        page.click(f".option:has-text('{name}')")
        page.click("text=다음")
        page.click("text=투표합니다")
        page.wait_for_selector("text=투표했습니다")
    (ballot,) = ballots_of(db, poll)
    assert (len(ballot["leaves"]), ballot["content"]) == (2, b'{"q1":["o2"]}')


def test_topics_kinds_and_quiet_hours_are_chosen_and_a_second_phone_overwrites_nothing(page, db):
    db.preferences.delete_many({})
    enter(page, "010-3000-0011")
    page.goto("/#/me")
    page.click("text=알림 설정")
    page.check("text=문화")
    page.set_viewport_size({"width": 320, "height": 700})
    assert [v["id"] for v in Axe().run(page).response["violations"] if v["impact"] in ("serious", "critical")] == []
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    page.uncheck("text=투표 결과")
    assert page.is_disabled("#kinds-alert_extreme"), "an extreme alert cannot be switched off"
    assert not page.is_visible("#start")
    page.check("text=정한 시간에는 울리지 않기")
    page.fill("#start", "23:00")
    page.click("button:has-text('저장')")
    page.wait_for_selector("text=저장했습니다.")
    (stored,) = db.preferences.find()
    assert (stored["topics"], stored["muted"]) == (["culture"], ["poll_result"])
    assert (stored["quiet"]["start"], stored["quiet"]["end"]) == ("23:00", "07:00")
    page.reload()
    page.wait_for_selector("#topics-culture")
    assert page.is_checked("#topics-culture")
    assert page.input_value("#start") == "23:00"
    db.preferences.update_one({}, {"$set": {"topics": ["safety"]}, "$inc": {"version": 1}})  # another phone of the same person
    page.uncheck("#topics-culture")
    page.click("button:has-text('저장')")
    page.wait_for_selector("[role=alert]:not(:empty)")
    assert db.preferences.find_one()["topics"] == ["safety"]
    page.reload()
    page.wait_for_selector("#topics-safety")
    assert page.is_checked("#topics-safety")


def test_an_idea_survives_a_reload_and_is_raised_once(page, db):
    db.ideas.delete_many({})
    enter(page, "010-3000-0007")
    page.goto("/#/ideas/new")
    page.fill("#title", "골목 가로등을 더 밝게 해 주세요")
    page.fill("#body", "퇴근길이 <script>alert(1)</script> 어둡습니다.")
    page.reload()
    assert page.input_value("#title") == "골목 가로등을 더 밝게 해 주세요"
    page.click("text=보내기")
    page.wait_for_selector("h1:has-text('골목 가로등')")
    page.wait_for_selector("text=공감하기")
    assert db.ideas.count_documents({"title": "골목 가로등을 더 밝게 해 주세요"}) == 1
    page.evaluate("localStorage.removeItem('session')")
    enter(page, "010-3000-0008")
    page.goto("/#/ideas")
    page.click("a.card:has-text('골목 가로등')")
    page.click("text=공감하기")
    page.wait_for_selector("text=공감 1")
    page.click("text=공감했습니다")
    page.wait_for_selector("text=공감하기")
    assert db.ideas.distinct("endorsement_count") == [0]


SCREENS = [
    "polls",
    "polls/{poll}",
    "polls/{ranked}",
    "polls/new",
    "polls/mine",
    "ideas",
    "ideas/{idea}",
    "ideas/new",
    "ideas/mine",
    "debates",
    "debates/{debate}",
    "inbox",
    "me",
    "me/notifications",
    "me/receipts",
    "me/texts",
    "me/sign-ins",
    "sign-in",
    "notice",
    "nowhere",
]


@pytest.mark.parametrize(("language", "colours"), [("ko-KR", "light"), ("en-GB", "dark")])
def test_every_screen_is_accessible_and_fits_320_pixels_and_letters_of_twice_the_size(
    chromium, live_url, make_poll, language, colours
):
    author = random_id()
    ids = {"poll": make_poll("score"), "ranked": make_poll("irv"), "idea": ideas.raise_idea(IDEA, author, now=now())["_id"]}
    ids["debate"] = debates.open_debate(DEBATE | {"closes_at": now() + timedelta(days=7)}, now=now(), author_id=author)["_id"]
    debates.add_comment(ids["debate"], {"body": "저는 찬성합니다.", "side": "for"}, now=now(), author_id=author)
    context = chromium.new_context(
        viewport={"width": 320, "height": 700}, locale=language, base_url=live_url, color_scheme=colours, reduced_motion="reduce"
    )
    page = context.new_page()
    enter(page, "010-3000-0020")
    found = []
    for address in SCREENS:
        page.goto(f"/#/{address.format(**ids)}")
        page.wait_for_selector("main h1, main legend")
        page.evaluate("document.querySelectorAll('main details').forEach((one) => (one.open = true))")
        found += [(address, v["id"], v["nodes"][0]["html"]) for v in Axe().run(page).response["violations"]]
        for size in ("", "225%"):  # as it is, and its letters twice as large
            page.evaluate("(size) => (document.documentElement.style.fontSize = size)", size)
            overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert overflow <= 0, (address, size)
        page.evaluate("document.documentElement.style.fontSize = ''")
    context.close()
    assert found == []


def test_a_vote_is_cast_by_the_keyboard_alone(page, make_poll, db):
    poll = make_poll("approval")
    enter(page, "010-3000-0021")
    page.goto(f"/#/polls/{poll}")
    page.wait_for_selector(".option")
    for name, key in ((OPTIONS[0], "Space"), ("다음", "Enter"), ("투표합니다", "Enter")):
        for _ in range(25):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.textContent").startswith(name):
                break
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid", "one sees where one is"
        page.keyboard.press(key)
    page.wait_for_selector("text=투표했습니다")
    assert ballots_of(db, poll)[0]["content"] == b'{"q1":["o1"]}'


def test_the_app_opens_without_a_connection(page):
    page.goto("/")
    page.wait_for_selector("main h1")
    page.evaluate("navigator.serviceWorker.ready")
    page.reload()
    page.wait_for_selector("main h1")
    page.context.set_offline(True)
    page.reload()
    page.wait_for_selector("text=지금은 연결되지 않습니다")
    page.context.set_offline(False)


def test_the_content_security_policy_lets_no_foreign_script_in(client):
    policy = client.get("/").headers["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert client.get("/app/../pages.py").status_code == 404
