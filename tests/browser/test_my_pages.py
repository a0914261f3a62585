"""A citizen's own pages in a real browser: receipts checked and read back, devices and preferences, decisions and the appeal."""

import json
from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe

from mvoting.core.clock import now
from mvoting.core.ids import new_id, random_id
from mvoting.voting.board.sequencer import sequence
from tests.browser.test_citizens_app import OPTIONS, cast_by_others, enter, make_poll, page  # noqa: F401


def vote(page, poll, option=OPTIONS[0]):  # noqa: F811
    page.goto(f"/#/polls/{poll}")
    page.click(f".option:has-text('{option}')")
    page.click("text=다음")
    page.click("text=투표합니다")
    page.wait_for_selector("text=투표했습니다")
    return page.inner_text("code.receipt")


def put_on_board(client, sign_in, poll, leaf):
    for _ in range(6):  # which ballots a batch leaves behind is drawn by lot
        while sequence(poll):
            pass
        if client.get(f"/v1/polls/{poll}/board/leaves/{leaf}").get_json()["inclusion"]:
            return
        cast_by_others(client, sign_in, poll, 2)
    raise AssertionError("the ballot never came on the board")


def met_keys(page):  # noqa: F811
    for _ in range(100):
        if page.evaluate("localStorage['board-keys'] ?? null"):
            return
        page.wait_for_timeout(50)
    raise AssertionError("the phone never asked for the city's keys")


def change_kept(page, poll, change):  # noqa: F811
    page.evaluate(
        f"""id => {{
        const place = Object.keys(localStorage).find((key) => key.endsWith(":receipts"));
        const kept = JSON.parse(localStorage.getItem(place)), one = kept[id];
        {change};
        localStorage.setItem(place, JSON.stringify(kept));
    }}""",
        poll,
    )


def verdict_of(page, poll, start):  # noqa: F811
    page.goto("/#/me")
    page.goto("/#/me/receipts")
    page.click("text=모두 확인하기")
    page.wait_for_selector(f".card:has(a[href='#/polls/{poll}']) [role=status]:has-text('{start}')")


def clean(page):  # noqa: F811
    violations = [v["id"] for v in Axe().run(page).response["violations"] if v["impact"] in ("serious", "critical")]
    overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return violations == [] and overflow <= 0


def test_receipts_are_checked_saved_and_read_back_also_without_a_connection(page, make_poll, client, sign_in):  # noqa: F811
    page.set_viewport_size({"width": 320, "height": 640})
    poll = make_poll(k=1)
    enter(page, "010-3300-0001")
    page.goto("/#/me/receipts")
    page.wait_for_selector("text=이 기기에 저장된 접수증이 없습니다")
    leaf = vote(page, poll)
    verdict_of(page, poll, "아직 공개 기록에 오르지 않았습니다")
    put_on_board(client, sign_in, poll, leaf)
    page.click("text=모두 확인하기")
    page.wait_for_selector("[role=status].good:has-text('확인했습니다. 공개 기록')")
    assert clean(page)
    with page.expect_download() as saved:
        page.click("text=접수증을 파일로 저장")
    path = saved.value.path()
    assert json.loads(path.read_text())[poll]["receipt"]["leaf"] == leaf

    page.evaluate("navigator.serviceWorker.ready")
    page.context.set_offline(True)
    page.reload()
    page.wait_for_selector("[role=status].good:has-text('확인했습니다')")  # what the last check found
    page.click("text=모두 확인하기")
    page.wait_for_selector("[role=status]:has-text('지금은 연결되지 않습니다')")
    page.context.set_offline(False)

    page.goto("/#/me")
    page.click("#sign-out")
    page.click("#leaving button.danger")
    page.wait_for_selector("h1:text-is('투표')")
    enter(page, "010-3300-0001")
    page.goto("/#/me/receipts")
    page.set_input_files("#receipts-file", path)
    page.wait_for_selector("text=파일에서 불러온 접수증")
    page.click("text=모두 확인하기")
    page.wait_for_selector("[role=status].good:has-text('확인했습니다. 공개 기록')")
    page.wait_for_selector("text=접수증이 없는 투표")  # the city knows that I voted; the receipt is only in the file
    page.reload()
    page.wait_for_selector("text=파일에서 불러온 접수증")


def test_what_is_missing_changed_or_forged_is_said_plainly(page, make_poll, client, sign_in, db):  # noqa: F811
    poll = make_poll(k=1)
    enter(page, "010-3300-0002")
    leaf = vote(page, poll)
    put_on_board(client, sign_in, poll, leaf)
    verdict_of(page, poll, "확인했습니다")

    page.route("**/board/leaves/*", lambda route: route.fulfill(status=404, json={"code": "voting.not-on-board", "title": "-"}))
    verdict_of(page, poll, "공개 기록에 없습니다")
    page.unroute("**/board/leaves/*")

    change_kept(page, poll, "one.checked.head.root = one.checked.head.root.replace(/^../, (p) => (p === '00' ? '11' : '00'))")
    verdict_of(page, poll, "공개 기록이 지난번에 본 것과 이어지지 않습니다")
    change_kept(page, poll, "delete one.checked")
    verdict_of(page, poll, "확인했습니다")

    earlier = page.evaluate("localStorage.getItem(Object.keys(localStorage).find((key) => key.endsWith(':receipts')))")
    page.goto(f"/#/polls/{poll}")
    page.click("text=다시 투표하기")
    page.click(f".option:has-text('{OPTIONS[1]}')")
    page.click("text=다음")
    page.click("text=투표합니다")
    page.wait_for_selector("text=투표했습니다")
    put_on_board(client, sign_in, poll, page.inner_text("code.receipt"))
    page.evaluate(
        "kept => localStorage.setItem(Object.keys(localStorage).find((key) => key.endsWith(':receipts')), kept)", earlier
    )
    verdict_of(page, poll, "공개 기록에 있고, 그 뒤에 바꾼 표가")

    change_kept(page, poll, "delete one.checked; one.receipt.revision += 1")
    verdict_of(page, poll, "확인에 실패했습니다")


def test_the_citys_key_is_kept_from_the_first_vote_and_another_one_is_said(page, make_poll, client, sign_in):  # noqa: F811
    poll = make_poll(k=1)
    enter(page, "010-3300-0010")
    leaf = vote(page, poll)
    put_on_board(client, sign_in, poll, leaf)
    met_keys(page)
    verdict_of(page, poll, "확인했습니다")
    page.click("summary:has-text('시의 서명 열쇠')")
    key = next(iter(json.loads(page.evaluate("localStorage['board-keys']")).values()))
    assert page.inner_text("dd code").replace(" ", "") == key
    with page.expect_download() as saved:
        page.click("text=접수증을 파일로 저장")
    path = saved.value.path()
    assert json.loads(path.read_text())[poll]["key"] == key

    kid = next(iter(json.loads(page.evaluate("localStorage['board-keys']"))))
    for kept, said in (({kid: "00" * 32}, "처음 본 것과 다릅니다"), ({kid: key, "gone": "11" * 32}, "처음 본 것과 다릅니다")):
        page.evaluate("(keys) => (localStorage['board-keys'] = JSON.stringify(keys))", kept)
        page.reload()
        page.click("text=내 투표 확인하기")
        page.wait_for_selector(f"[role=status].bad:has-text('{said}')")
    page.wait_for_selector("details[open] dd")
    assert clean(page)
    page.click("text=이 열쇠를 믿습니다")
    page.wait_for_selector("[role=status].good:has-text('확인했습니다. 공개 기록')")

    page.evaluate("localStorage['board-keys'] = JSON.stringify({other: '11'.repeat(32)})")
    shown = {"keys": {"other": "11" * 32, kid: key}}
    page.route("**/board", lambda route: route.fulfill(json={**route.fetch().json(), **shown}))
    page.reload()
    page.click("text=내 투표 확인하기")
    page.wait_for_selector("[role=status].bad:has-text('새 서명 열쇠')")
    page.click("text=이 열쇠를 믿습니다")
    page.wait_for_selector("[role=status].good:has-text('확인했습니다. 공개 기록')")
    assert json.loads(page.evaluate("localStorage['board-keys']")) == shown["keys"]
    page.unroute("**/board")

    forged = json.loads(path.read_text())
    forged[poll]["key"] = "22" * 32  # the file says that another key signed: one of the two was forged
    file = {"name": "receipts.json", "mimeType": "application/json", "buffer": json.dumps(forged).encode()}
    page.click("a[href='#/me']")
    page.click("#sign-out")
    page.click("#leaving button.danger")
    page.wait_for_selector("h1:text-is('투표')")
    enter(page, "010-3300-0010")
    page.evaluate("localStorage.removeItem('board-keys')")
    page.goto("/#/me/receipts")
    page.set_input_files("#receipts-file", file)
    page.wait_for_selector("text=파일에서 불러온 접수증")
    page.click("text=모두 확인하기")
    page.wait_for_selector("[role=status].bad:has-text('처음 본 것과 다릅니다')")


def test_without_a_connection_a_receipt_is_proven_again_from_what_the_phone_keeps(page, make_poll, client, sign_in):  # noqa: F811
    poll = make_poll(k=1)
    enter(page, "010-3300-0011")
    leaf = vote(page, poll)
    met_keys(page)
    page.route("**/v1/polls/**", lambda route: route.abort())
    page.goto("/#/me/receipts")
    page.click("text=내 투표 확인하기")
    page.wait_for_selector("[role=status].good:has-text('접수증에 있는 시의 서명은 맞습니다')")
    page.unroute("**/v1/polls/**")
    put_on_board(client, sign_in, poll, leaf)
    verdict_of(page, poll, "확인했습니다")
    page.route("**/v1/polls/**", lambda route: route.abort())
    page.click("text=내 투표 확인하기")
    page.wait_for_selector("[role=status].good:has-text('저장해 둔 증명을 다시 계산했습니다')")
    change_kept(page, poll, "one.checked.inclusion.head.root = '00'.repeat(32)")
    page.reload()
    page.click("text=내 투표 확인하기")
    page.wait_for_selector("[role=status].bad:has-text('확인에 실패했습니다')")


def test_a_sealed_vote_leaves_the_phone_sealed_and_its_receipt_is_checked(page, make_poll, db):  # noqa: F811
    from mvoting.voting.polls import services as polls
    from mvoting.voting.sealing import hpke, trustees

    poll = make_poll(k=1, is_draft=True)
    ceremony, shares = trustees.deal(poll, 2, 3)
    polls.seal_draft(poll, {**ceremony.document(), "padded_bytes": 64, "recount": "public"}, staff_id="test")
    polls.schedule_poll(poll, now=now(), staff_id="test")
    page.set_viewport_size({"width": 320, "height": 640})
    enter(page, "010-3300-0009")
    sent = []
    page.on("request", lambda request: sent.append(request.post_data or "") if request.method == "PUT" else None)
    page.goto(f"/#/polls/{poll}")
    page.wait_for_selector("text=봉인 투표입니다")
    vote(page, poll, OPTIONS[1])
    assert clean(page)
    assert sent
    assert not any('"o2"' in body or OPTIONS[1] in body for body in sent)
    (ballot,) = db.ballots.find({"poll": poll})
    info = hpke.sealing_info(poll, bytes.fromhex(polls.poll_facts(poll).definition_hash))
    assert hpke.open_ballot(ballot["content"], trustees.join(shares[:2], ceremony), info) == b'{"q1":["o2"]}'
    verdict_of(page, poll, "아직 공개 기록에 오르지 않았습니다")


@pytest.mark.parametrize(
    "content", ["not json", "[]", '{"x": 1}', '{"01jd5e8x9k3m7q2r4t6v8w0y1z": {"receipt": {"leaf": "<b>"}}}']
)
def test_a_file_that_holds_no_receipts_is_refused(page, content):  # noqa: F811
    enter(page, "010-3300-0003")
    page.goto("/#/me/receipts")
    page.set_input_files("#receipts-file", {"name": "r.json", "mimeType": "application/json", "buffer": content.encode()})
    page.wait_for_selector("text=접수증 파일이 아니어서")
    assert page.is_hidden("text=모두 확인하기")


def add_device(db, person, **facts):
    device_id, at = new_id(), now()
    device = {"_id": device_id, "person_id": person, "state": "active", "platform": "android", "language": "ko", "districts": []}
    device["address"] = {"kind": "token", "value": device_id}
    db.devices.insert_one({**device, "registered_at": at, "refreshed_at": at, **facts})


def test_preferences_tell_the_truth_about_alerts_and_each_device(page, db):  # noqa: F811
    page.set_viewport_size({"width": 320, "height": 640})
    enter(page, "010-3300-0004")
    page.goto("/#/me/notifications")
    page.wait_for_selector("text=푸시 알림을 받는 기기가 없습니다")
    me = page.evaluate("JSON.parse(localStorage.session).person.id")
    add_device(db, me, name="새 휴대전화", reached_at=now() - timedelta(days=3), permission="granted")
    add_device(db, me, name="막힌 휴대전화", permission="denied")
    add_device(db, me, name="잠든 휴대전화", refreshed_at=now() - timedelta(days=40))
    add_device(db, me, name="지운 휴대전화", state="dead")
    page.reload()
    told = {
        "새 휴대전화": ("알림을 받을 수 있습니다", "3일 전"),
        "막힌 휴대전화": ("휴대전화 설정에서 엠보팅 알림이 꺼져 있습니다", "아직 알림이 닿은 적이 없습니다"),
        "잠든 휴대전화": ("한 달 넘게 소식이 없어", "아직"),
        "지운 휴대전화": ("앱이 지워져", "아직"),
    }
    for name, texts in told.items():
        shown = page.inner_text(f"#devices .card:has-text('{name}')")
        assert all(text in shown for text in texts), (name, shown)
    extreme = page.inner_text(".row.agree:has(#kinds-alert_extreme)")
    assert "끌 수 없고 방해 금지 시간에도 울립니다" in extreme
    assert page.is_disabled("#kinds-alert_extreme")
    assert "방해 금지 시간에도 울립니다" in page.inner_text(".row.agree:has(#kinds-alert_severe)")
    assert clean(page)
    page.click(".card:has-text('지운 휴대전화') button")
    page.wait_for_selector("text=지운 휴대전화", state="detached")
    assert db.devices.count_documents({"person_id": me}) == 3


def test_a_hidden_comment_is_appealed_from_the_message_that_tells_of_it(page, db, app):  # noqa: F811
    from notifications.announcements import proposals as announcements
    from proposals import events
    from proposals.debates import services as debates
    from proposals.moderation import services as moderation

    page.set_viewport_size({"width": 320, "height": 640})
    enter(page, "010-3300-0005")
    me = page.evaluate("JSON.parse(localStorage.session).person.id")
    content = {"title": "심야버스를 늘려야 할까요?", "body": "배차 간격", "sides": "none", "closes_at": now() + timedelta(days=7)}
    debate = debates.open_debate(content, now=now(), author_id=random_id())
    comment = debates.add_comment(debate["_id"], {"body": "버스 기사님이 부족합니다."}, now=now(), author_id=me)
    moderation.hide("comment", comment["_id"], "주제와 관계가 없습니다.", "mod-a", now=now())
    events.relay()
    announcements.announce(now=now())

    page.goto("/#/inbox")
    page.click("a.card:has-text('내 글이 가려졌습니다')")
    page.wait_for_selector("text=주제와 관계가 없습니다.")
    page.wait_for_selector("text=버스 기사님이 부족합니다.")
    page.click("summary:has-text('이의 제기')")
    page.fill("textarea", "버스 이야기입니다.")
    assert clean(page)
    page.click("text=이의 제기하기")
    page.wait_for_selector("text=다른 담당자가 살펴보고 있습니다")
    case = f"comment:{comment['_id']}"
    moderation.decide_appeal(case, "reversed", "주제에 맞습니다.", "mod-b", now=now())
    page.reload()
    page.wait_for_selector("text=이의가 받아들여져 글이 다시 공개되었습니다")
    assert page.query_selector("summary:has-text('이의 제기')") is None
    events.relay()
    announcements.announce(now=now())
    page.goto("/#/inbox")
    page.wait_for_selector("a.card:has-text('내 글이 다시 공개되었습니다')")


def test_following_an_idea_is_switched_on_and_off(page, db, app):  # noqa: F811
    from proposals.ideas.services import writing

    idea = writing.raise_idea(
        {"title": "놀이터에 그늘막을", "body": "여름이면 너무 뜨겁습니다.", "programme_id": "oasis"}, random_id(), now=now()
    )
    page.goto(f"/#/ideas/{idea['_id']}")
    page.wait_for_selector("text=공감하기")
    assert page.query_selector("#follow") is None
    enter(page, "010-3300-0006")
    page.goto(f"/#/ideas/{idea['_id']}")
    page.click("#follow")
    page.wait_for_selector("#follow:has-text('소식 받는 중')")
    me = page.evaluate("JSON.parse(localStorage.session).person.id")
    assert db.follows.find_one({"_id": f"{idea['_id']}:{me}"})
    page.reload()
    page.click("#follow:has-text('소식 받는 중')")
    page.wait_for_selector("#follow[aria-pressed=false]")
    assert db.follows.find_one({"_id": f"{idea['_id']}:{me}"}) is None


def test_similar_ideas_are_shown_by_the_title_also_beside_a_long_text(page, app, db):  # noqa: F811
    from proposals.ideas.services import writing

    text = {"title": "놀이터에 그늘막을 설치해 주세요", "body": "여름이면 너무 뜨겁습니다.", "programme_id": "oasis"}
    writing.raise_idea(text, random_id(), now=now())
    enter(page, "010-3300-0007")
    page.goto("/#/ideas/new")
    page.fill("#title", "놀이터에 그늘막을 만들어 주세요")
    page.wait_for_selector("h2:has-text('비슷한 제안이 이미 있어요')")
    page.fill("#body", "여름이면 미끄럼틀이 너무 뜨거워서 아이들이 놀 수 없습니다. " * 5)
    page.reload()
    page.wait_for_selector("a.card:has-text('놀이터에 그늘막을 설치해 주세요')")


@pytest.fixture
def policy(db):
    """Leave the city's policy on citizens' polls as it was before anybody changed it."""
    yield
    db.poll_policies.delete_many({})


@pytest.mark.usefixtures("policy")
def test_a_citizen_starts_a_poll_and_sees_how_it_stands(page, app, db):  # noqa: F811
    from mvoting.voting.polls import citizens
    from proposals.moderation import services as moderation

    page.set_viewport_size({"width": 320, "height": 640})
    citizens.set_policy(True, 3, staff_id="staff-a")
    enter(page, "010-3300-0008")
    page.goto("/#/polls")
    page.click("text=투표 만들기")
    page.fill("#title", "골목 축제는 언제가 좋을까요?")
    page.fill("#option-1", "봄")
    page.fill("#option-2", "가을")
    page.click("text=선택지 더하기")
    page.fill("#option-3", "겨울")
    assert clean(page)
    page.click("text=이대로 만들기")
    page.wait_for_selector(".card:has-text('시의 확인을 기다리는 중'):has-text('골목 축제')")
    me = page.evaluate("JSON.parse(localStorage.session).person.id")
    (poll,) = db.polls.find({"created_by.id": me})
    assert [option["title"]["ko"] for option in poll["definition"]["questions"][0]["options"]] == ["봄", "가을", "겨울"]
    citizens.refuse(poll["_id"], "다른 투표와 같습니다.", staff_id="staff-a")
    page.reload()
    page.wait_for_selector(".card:has-text('시작하지 못함'):has-text('다른 투표와 같습니다.')")

    citizens.set_policy(False, 3, staff_id="staff-a")
    page.goto("/#/polls/new")
    page.fill("#title", "무료 상품권 https://spam.example")
    page.fill("#option-1", "예")
    page.fill("#option-2", "아니요")
    page.click("text=이대로 만들기")
    page.wait_for_selector(".card:has-text('무료 상품권')")
    moderation.look_at_polls(now=now())
    page.reload()
    page.wait_for_selector(".card:has-text('가려짐'):has-text('무료 상품권')")
    page.goto("/#/me/texts")
    page.wait_for_selector("section:has-text('확인 중'):has-text('https://spam.example')")

    page.goto("/#/polls/new")
    page.fill("#title", "우리 동아리 모임 요일은?")
    page.fill("#option-1", "토요일")
    page.fill("#option-2", "일요일")
    page.select_option("#audience", "room")
    page.fill("#poll-password", "동아리방")
    page.click("text=이대로 만들기")
    page.wait_for_selector(".card:has-text('우리 동아리'):has-text('방 번호')")


REPLY = "/debates/01jd5e8x9k3m7q2r4t6v8w0y1z/comments/01jd5e8x9k3m7q2r4t6v8w0y2a"


@pytest.mark.parametrize("path", ["/inbox", "/me", "/moderation/comment:01jd5e8x9k3m7q2r4t6v8w0y1z", REPLY])
def test_addresses_that_messages_carry_lead_into_the_app(client, path):
    answer = client.get(path)
    assert (answer.status_code, answer.headers["Location"]) == (302, f"/#{path}")


def test_the_message_of_a_reply_leads_to_the_reply_among_many(page, db, app):  # noqa: F811
    from notifications.announcements import proposals as announcements
    from proposals import events
    from proposals.debates import services as debates
    from proposals.moderation import services as moderation

    enter(page, "010-3300-0077")
    me = page.evaluate("JSON.parse(localStorage.session).person.id")
    content = {"title": "자전거 도로를 넓힐까요?", "body": "한강변", "sides": "none", "closes_at": now() + timedelta(days=7)}
    debate = debates.open_debate(content, now=now(), author_id=random_id())["_id"]
    mine = debates.add_comment(debate, {"body": "넓혀야 합니다."}, now=now(), author_id=me)["_id"]
    answer = {"body": "어디까지 넓힐까요?", "parent_id": mine}
    reply = debates.add_comment(debate, answer, now=now(), author_id=random_id())["_id"]
    events.relay()
    announcements.announce(now=now())
    page.goto("/#/inbox")
    page.click(f"a.card[href='#/debates/{debate}/comments/{reply}']")
    page.wait_for_selector(".meant:has-text('어디까지 넓힐까요?')")
    assert clean(page)
    moderation.hide("comment", reply, "주제와 관계가 없습니다.", "mod-a", now=now())
    page.reload()
    page.wait_for_selector("h1:has-text('자전거 도로를 넓힐까요?')")
    assert "어디까지 넓힐까요?" not in page.inner_text("main")
