"""What goes wrong around the citizens' app: shared computers, lost answers, servers in trouble, double taps, the way back."""

import json
import re
from datetime import timedelta

import pytest

from mvoting.core.clock import now
from mvoting.core.ids import new_id
from mvoting.voting.polls import services as polls
from tests.browser.test_citizens_app import OPTIONS, ballots_of, enter, make_poll  # noqa: F401

TWO_QUESTIONS = [
    {
        "id": f"q{n}",
        "title": {"ko": f"질문 {n}", "en": f"Question {n}"},
        "method": "plurality",
        "seats": 1,
        "options": [{"id": f"o{i}", "title": {"ko": name}} for i, name in enumerate(OPTIONS, 1)],
    }
    for n in (1, 2)
]


@pytest.fixture
def device(chromium, live_url):
    """A phone-sized page; `device.problems` must stay empty."""
    context = chromium.new_context(viewport={"width": 390, "height": 844}, locale="ko-KR", base_url=live_url)
    page = context.new_page()
    problems = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    yield page
    context.close()
    assert problems == []


def choose(page, poll, name=OPTIONS[0]):
    page.goto(f"/#/polls/{poll}")
    page.click(f".option:has-text('{name}')")
    page.click("text=다음")


def sign_out(page):
    page.goto("/#/me")
    page.click("#sign-out")


def personal_keys(page):
    return page.evaluate(
        "Object.keys(localStorage).filter((key) => !['device', 'language', 'alerts', 'board-keys'].includes(key))"
    )


def refuse(page, pattern, method, status=503, headers=None):
    """Answer requests in the server's place until `unroute`."""

    def answer(route):
        if route.request.method != method:
            route.fallback()
            return
        body = json.dumps({"status": status, "code": "core.trouble", "title": "문제"})
        route.fulfill(status=status, headers=headers or {}, content_type="application/problem+json", body=body)

    page.route(pattern, answer)


def lose_answers(page, pattern, method="POST"):
    """Let the server have each request and the phone never hear of it."""

    def lose(route):
        if route.request.method != method:
            route.fallback()
            return
        route.fetch()
        route.abort()

    page.route(pattern, lose)


def test_a_waiting_vote_is_sent_for_the_person_who_cast_it_and_for_nobody_else(device, make_poll, db):  # noqa: F811
    poll = make_poll()
    enter(device, "010-3200-0001")
    refuse(device, "**/ballot", "PUT")
    choose(device, poll)
    device.click("text=투표합니다")
    device.wait_for_selector("#waiting")
    device.evaluate("localStorage.removeItem('session')")  # the server ended it; nobody signed out
    device.unroute("**/ballot")
    device.reload()

    enter(device, "010-3200-0002")
    device.goto(f"/#/polls/{poll}")
    device.wait_for_selector(".option")  # the second person votes for themselves
    assert device.query_selector("#waiting") is None
    assert ballots_of(db, poll) == []
    sign_out(device)
    device.wait_for_selector("h1:text-is('투표')")
    assert device.evaluate("localStorage.getItem('session')") is None

    enter(device, "010-3200-0001")
    device.wait_for_selector("text=기다리던 투표를 보냈습니다")
    assert len(ballots_of(db, poll)) == 1

    # Signing out with a vote that waits: said before, and nothing of it remains.
    refuse(device, "**/ballot", "PUT")
    device.goto(f"/#/polls/{poll}")
    device.click("text=다시 투표하기")
    device.click(f".option:has-text('{OPTIONS[2]}')")
    device.click("text=다음")
    device.click("text=투표합니다")
    device.wait_for_selector("#waiting")
    sign_out(device)
    device.wait_for_selector("dialog >> text=아직 보내지 못한 투표가 있습니다")
    device.click("text=로그인 유지")
    device.goto(f"/#/polls/{poll}")
    device.wait_for_selector("#waiting")
    sign_out(device)
    device.click("text=투표를 버리고 로그아웃")
    device.wait_for_selector("h1:has-text('투표')")
    assert personal_keys(device) == []
    device.unroute("**/ballot")
    enter(device, "010-3200-0002")
    device.goto("/#/polls")
    device.wait_for_selector(f"a[href='#/polls/{poll}']")
    assert [ballot["content"] for ballot in ballots_of(db, poll)] == [b'{"q1":["o1"]}']


def test_after_signing_out_the_next_person_sees_nothing_of_the_first(device, make_poll, db):  # noqa: F811
    poll = make_poll(changeable=False)
    enter(device, "010-3200-0003")
    choose(device, poll)
    device.click("text=투표합니다")
    device.wait_for_selector("text=접수증")
    leaf = device.inner_text("code.receipt")
    device.goto("/#/ideas/new")
    device.fill("#title", "남에게 보이면 안 되는 초안")
    sign_out(device)
    with device.expect_download() as saved:
        device.click("text=접수증을 파일로 저장")
    assert json.loads(saved.value.path().read_text())[poll]["receipt"]["leaf"] == leaf
    device.context.set_offline(True)  # signing out works without a connection
    device.click("dialog >> button.danger")
    device.wait_for_selector("text=접속 권한은 10분 안에 끝납니다")
    assert personal_keys(device) == []
    device.context.set_offline(False)

    enter(device, "010-3200-0004")
    device.goto(f"/#/polls/{poll}")
    device.wait_for_selector(".option")
    device.goto("/#/polls")
    device.wait_for_selector(f"a[href='#/polls/{poll}']")
    assert device.query_selector("text=✓ 투표했습니다") is None
    device.goto("/#/ideas/new")
    device.wait_for_selector("#title")
    assert device.input_value("#title") == ""


def test_a_waiting_vote_goes_out_by_itself_and_when_asked(device, make_poll, db):  # noqa: F811
    poll, other = make_poll(), make_poll()
    enter(device, "010-3200-0005")
    refuse(device, "**/ballot", "PUT")
    choose(device, poll)
    device.click("text=투표합니다")
    device.wait_for_selector("#waiting")
    device.unroute("**/ballot")  # no event says so
    device.wait_for_selector("text=접수증")
    assert len(ballots_of(db, poll)) == 1

    refuse(device, "**/ballot", "PUT", headers={"Retry-After": "300"})
    choose(device, other)
    device.click("text=투표합니다")
    device.click("text=지금 보내기")
    device.wait_for_selector("#waiting [role=alert]:has-text('300초 뒤')")
    device.unroute("**/ballot")
    device.click("text=지금 보내기")
    device.wait_for_selector("text=접수증")
    assert len(ballots_of(db, other)) == 1


def test_an_idea_whose_answer_was_lost_is_found_again_or_sent_as_it_stands_now(device, db):
    db.ideas.delete_many({})
    enter(device, "010-3200-0006")
    device.goto("/#/ideas/new")
    device.fill("#title", "처음에 쓴 제목입니다")
    device.fill("#body", "그늘막이 필요합니다.")
    lose_answers(device, "**/v1/ideas")
    device.click("main >> text=보내기")
    device.wait_for_selector("[role=alert]:has-text('연결되지 않습니다')")
    device.unroute("**/v1/ideas")
    device.reload()
    device.fill("#title", "나중에 고친 제목입니다")
    device.click("main >> text=보내기")
    device.wait_for_selector("h1:has-text('처음에 쓴 제목입니다')")  # it had been posted
    device.wait_for_selector("text=앞서 보낸 글이 이미 올라가 있습니다")
    assert "Idempotency" not in device.inner_text("body")
    assert db.ideas.distinct("title") == ["처음에 쓴 제목입니다"]
    device.goto("/#/ideas/new")
    device.click("main >> text=보내기")  # the changed text waits, and is a new idea now
    device.wait_for_selector("h1:has-text('나중에 고친 제목입니다')")

    device.goto("/#/ideas/new")
    device.fill("#title", "서버에 닿지 않은 제목")
    device.fill("#body", "의자가 필요합니다.")
    refuse(device, "**/v1/ideas", "POST")
    device.click("main >> text=보내기")
    device.wait_for_selector("[role=alert]:not(:empty)")
    device.unroute("**/v1/ideas")
    device.fill("#title", "고쳐서 올린 제목")
    device.click("main >> text=보내기")
    device.wait_for_selector("h1:has-text('고쳐서 올린 제목')")
    assert "서버에 닿지 않은 제목" not in db.ideas.distinct("title")


def test_only_the_servers_word_ends_a_session(device, db):
    enter(device, "010-3200-0007")
    expire = "() => localStorage.setItem('session', JSON.stringify({...JSON.parse(localStorage.session), access_token: 'x'}))"
    device.evaluate(expire)
    for status in (429, 500):
        refuse(device, "**/sessions/refresh", "POST", status, headers={"Retry-After": "1"})
        device.goto("/#/inbox")
        device.reload()
        device.wait_for_selector("[role=alert]:has-text('1초 뒤')")
        assert device.evaluate("localStorage.getItem('session')")
        device.unroute("**/sessions/refresh")
    device.reload()  # the pause of a page that was left does not outlive it
    device.wait_for_selector("h1:has-text('알림')")
    device.evaluate(expire)
    db.sessions.update_many({}, {"$set": {"refresh_key": "gone"}})
    db.sessions.delete_many({})
    device.reload()
    device.wait_for_selector("main >> text=로그인")
    assert device.evaluate("localStorage.getItem('session')") is None


def test_a_double_tap_counts_once_and_the_page_says_what_the_server_says(device, db, sign_in, client):
    db.ideas.delete_many({})
    body = {"title": "그늘막을 더 놓아 주세요", "body": "여름에 너무 덥습니다."}
    made = client.post("/v1/ideas", json=body, headers=sign_in("01032000011")).get_json()
    enter(device, "010-3200-0008")
    device.goto(f"/#/ideas/{made['id']}")
    device.wait_for_selector("text=공감하기")
    device.evaluate("const b = document.querySelector('button[aria-pressed]'); b.click(); b.click(); b.click()")
    device.wait_for_selector("button[aria-pressed=true]:not([disabled])")
    device.wait_for_selector("strong:text-is('공감 1')")
    assert db.ideas.find_one({"_id": made["id"]})["endorsement_count"] == 1
    device.click("#language")
    device.wait_for_selector("strong:text-is('1 endorsement')")
    device.click("#language")

    answer = {
        "id": "a1",
        "verdict": "declined",
        "text": "검토했습니다.",
        "reason": "예산이 없습니다.",
        "by": {"name": "공원과"},
        "at": now(),
    }
    db.ideas.update_one({"_id": made["id"]}, {"$set": {"answers": [answer]}})
    device.reload()
    device.wait_for_selector("text=채택하지 않음")
    device.wait_for_selector("text=예산이 없습니다.")
    me = device.evaluate("JSON.parse(localStorage.session).person.id")
    db.ideas.update_one({"_id": made["id"]}, {"$set": {"visibility": "held", "author_id": me, "answers": []}})
    device.reload()
    device.wait_for_selector("text=운영자가 확인한 뒤 공개됩니다")
    assert device.query_selector("text=공감하기") is None


def test_the_way_back_goes_through_the_questions_and_never_out_of_the_app(device, make_poll, db):  # noqa: F811
    poll = make_poll(questions=TWO_QUESTIONS)
    device.goto("about:blank")
    device.goto("/#/sign-in")  # the first page of the app in this tab
    device.wait_for_selector("#phone")
    enter(device, "010-3200-0009")
    device.wait_for_selector("h1:has-text('투표')")
    device.click(f"a[href='#/polls/{poll}']")
    device.click(f".option:has-text('{OPTIONS[0]}')")
    device.click("text=다음")
    device.wait_for_selector("text=질문 2 / 2")
    device.click(f".option:has-text('{OPTIONS[1]}')")
    device.click("text=다음")
    device.wait_for_selector("text=이대로 투표할까요?")
    device.go_back()
    device.wait_for_selector("text=질문 2 / 2")
    assert device.get_attribute(f".option:has-text('{OPTIONS[1]}')", "aria-pressed") == "true"
    device.go_back()
    device.wait_for_selector("text=질문 1 / 2")
    assert device.get_attribute(f".option:has-text('{OPTIONS[0]}')", "aria-pressed") == "true"
    device.click("text=다음")
    device.click("text=다음")
    device.click("text=투표합니다")
    device.wait_for_selector("text=접수증")
    assert [ballot["content"] for ballot in ballots_of(db, poll)] == [b'{"q1":["o1"],"q2":["o2"]}']
    while device.evaluate("history.state"):
        device.wait_for_timeout(20)
    device.go_back()
    device.wait_for_selector("h1:text-is('투표')")  # out of the poll, not to its questions


def test_languages_alerts_and_addresses(device, make_poll, db):  # noqa: F811
    alerts = [
        {
            "id": new_id(),
            "class": "severe",
            "title": {"ko": f"호우 {n}", "en": f"Rain {n}"},
            "is_exercise": False,
            "issued_at": now().isoformat(),
            "expires_at": now().isoformat(),
            "text": {"ko": "대피하세요. " * 20, "en": "Take shelter. " * 20},
        }
        for n in range(4)
    ]
    device.route("**/v1/alerts/active", lambda route: route.fulfill(json={"items": alerts}))
    device.goto("/#/nowhere")
    device.wait_for_selector("text=찾을 수 없는 화면입니다")
    device.wait_for_selector("summary:has-text('호우 0')")
    assert device.evaluate("document.getElementById('alerts').offsetHeight") < 844 * 0.25
    assert device.evaluate(
        "[...document.querySelectorAll('.emergency>summary')].every((one) => one.scrollWidth <= one.clientWidth)"
    )
    assert not device.is_visible("text=대피하세요")
    device.click("summary:has-text('호우 0')")
    device.wait_for_selector("text=대피하세요")
    device.click("#language")
    device.wait_for_selector("summary:has-text('Rain 0')")
    heights = device.evaluate("[...document.querySelectorAll('.tabs a')].map((tab) => tab.offsetHeight)")
    assert len(set(heights)) == 1
    assert heights[0] < 60
    device.click("text=Go to the start")
    device.wait_for_selector("h1:has-text('Polls')")

    cancelled = make_poll()
    polls.cancel_poll(cancelled, "중복", staff_id="test")
    device.goto(f"/#/polls/{cancelled}")
    device.wait_for_selector("text=This poll was cancelled.")
    assert device.query_selector("text=Results are shown after closing") is None


def test_an_extreme_alert_is_read_at_once_and_what_was_told_last_without_a_connection(device):
    def alert(number, kind, minutes):
        return {
            "id": new_id(),
            "class": kind,
            "title": {"ko": f"지진 {number}", "en": f"Earthquake {number}"},
            "is_exercise": False,
            "is_test": False,
            "issued_at": now().isoformat(),
            "expires_at": (now() + timedelta(minutes=minutes)).isoformat(),
            "text": {"ko": f"탁자 아래로 몸을 숨기세요. {number}", "en": f"Drop, cover and hold on. {number}"},
        }

    alerts = [alert(1, "extreme", 60), alert(2, "extreme", -1)]
    device.route("**/v1/alerts/active", lambda route: route.fulfill(json={"items": alerts}))
    device.goto("/")
    device.wait_for_selector("text=탁자 아래로 몸을 숨기세요. 1")  # without a tap
    assert not device.is_visible("text=탁자 아래로 몸을 숨기세요. 2")
    device.evaluate("navigator.serviceWorker.ready")
    device.unroute("**/v1/alerts/active")
    device.route("**/v1/alerts/active", lambda route: route.abort())
    device.context.set_offline(True)
    device.reload()
    device.wait_for_selector("text=탁자 아래로 몸을 숨기세요. 1")
    device.wait_for_selector(".kept:has-text('연결되지 않아')")
    assert device.locator("summary:has-text('지진 2')").count() == 0, "what has run out is not shown as if it held"
    device.click("summary:has-text('지진 1')")
    device.click("#language")
    device.wait_for_selector("summary:has-text('Earthquake 1')")
    assert not device.is_visible("text=Drop, cover and hold on. 1"), "what somebody has folded stays so"
    device.context.set_offline(False)


def test_polls_are_in_the_order_of_what_can_be_done_and_lists_go_on(device, make_poll, db):  # noqa: F811
    db.polls.delete_many({})
    made = [make_poll() for _ in range(2)]
    db.polls.update_one(
        {"_id": made[0]},
        {"$set": {"state": "published", "opens_at": now() - timedelta(hours=2), "closes_at": now() - timedelta(hours=1)}},
    )
    device.route(re.compile(r"/v1/polls\?limit=30$"), lambda route: route.continue_(url=route.request.url.replace("30", "1")))
    device.goto("/#/polls")
    device.wait_for_selector(f"a[href='#/polls/{made[1]}']")
    assert not device.is_visible("h2:has-text('끝난 투표')")  # the first page had only the newest
    device.click("button:has-text('더 보기'):visible")
    device.wait_for_selector("h2:has-text('끝난 투표')")
    hrefs = device.evaluate("[...document.querySelectorAll('main section a.card')].map((a) => a.getAttribute('href').slice(8))")
    assert hrefs == [made[1], made[0]]


def test_a_venues_address_opens_without_a_connection(device, make_poll):  # noqa: F811
    device.goto("/")
    device.wait_for_selector("main h1")
    device.evaluate("navigator.serviceWorker.ready")
    device.reload()
    device.wait_for_selector("main h1")
    device.context.set_offline(True)
    for address in ("/?code=123456#/polls", f"/polls/{new_id()}?code=123456"):
        device.goto(address)
        device.wait_for_selector("text=지금은 연결되지 않습니다")
        assert "code=123456" in device.url
    device.context.set_offline(False)


def test_ones_archive_and_the_erasure_of_ones_account(device, db):
    enter(device, "010-3200-0010")
    me = device.evaluate("JSON.parse(localStorage.session).person.id")
    device.goto("/#/me")
    device.click("text=내 자료와 계정 삭제")
    device.click("button:has-text('내 자료 내려받기')")
    device.wait_for_selector("text=자료를 모으고 있습니다")
    assert db.personal_exports.count_documents({"person_id": me}) == 1
    device.fill("#erase-word", "네")
    device.click("button:has-text('계정 삭제')")
    device.wait_for_selector("text=라고 입력해야 지워집니다")
    assert db.persons.find_one({"_id": me})["state"] == "active"
    device.fill("#erase-word", "삭제")
    device.click("button:has-text('계정 삭제')")
    device.wait_for_selector("text=계정을 지웠습니다")
    assert db.persons.find_one({"_id": me, "state": "active"}) is None
    assert personal_keys(device) == []
    device.goto("/#/notice")
    device.wait_for_selector("text=한 사람이 한 표를 가집니다")
