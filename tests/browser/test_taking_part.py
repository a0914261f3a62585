"""Taking part with others, in a real browser: the inbox and where its messages lead, ideas worked on together, ways of signing in."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from mvoting.accounts import services as accounts
from mvoting.core.clock import now
from mvoting.core.ids import new_id, random_id
from notifications.campaigns.audience import Audience
from notifications.campaigns.services import start_campaign
from proposals.debates import services as debates
from proposals.ideas.services import endorsing, joining, writing
from tests.browser.test_citizens_app import enter, page  # noqa: F401
from tests.people import phone

OASIS = {"title": "놀이터에 그늘막을 설치해 주세요", "body": "여름이면 너무 뜨겁습니다.", "programme_id": "oasis"}


@pytest.fixture(autouse=True)
def _clean(db):
    for name in ("ideas", "debates", "comments", "campaigns", "receipts"):
        db[name].delete_many({})


def me(page):  # noqa: F811
    return page.evaluate("JSON.parse(localStorage.session).person.id")


def message(person_id, title, *, link="/polls"):
    texts = {"ko": {"title": title, "body": "내용"}, "en": {"title": title, "body": "text"}}
    expires = now() + timedelta(days=1)
    start_campaign(
        "reply", Audience(people=(person_id,)), texts, campaign_id=new_id(), expires_at=expires, now=now(), link=link, data={}
    )


def test_the_tab_counts_what_nobody_has_seen_and_a_tap_is_told_to_the_city(page, db):  # noqa: F811
    enter(page, "010-3400-0001")
    for number in range(25):
        message(me(page), f"알림 {number}")
    page.reload()
    tab = page.locator(".tabs a[href='#/inbox']")
    expect(tab).to_have_attribute("aria-label", "알림, 새 알림 25개")
    tab.click()
    page.wait_for_selector("h1:has-text('알림')")
    expect(tab).to_have_attribute("aria-label", "알림, 새 알림 5개")  # a page of twenty was shown
    page.click("text=더 보기")
    expect(tab).not_to_have_attribute("aria-label", re.compile("새 알림"))
    assert tab.inner_text() == "알림"
    with page.expect_response("**/v1/inbox/acks") as told:
        page.click("a.card:has-text('알림 24')")
    assert told.value.request.post_data_json["acks"][0]["event"] == "opened"
    page.wait_for_selector("h1:has-text('투표')")
    page.evaluate("localStorage.removeItem('session')")
    page.reload()
    page.wait_for_selector("h1:has-text('투표')")
    assert tab.inner_text() == "알림", "nobody's count is shown to whoever comes next"


def talk(author):
    """Make a debate of sixty opinions with a reply three deep below one of them."""
    content = {
        "title": "심야버스를 늘려야 할까요?",
        "body": "배차 간격이 너무 깁니다.",
        "sides": "none",
        "closes_at": now() + timedelta(days=7),
    }
    debate = debates.open_debate(content, now=now(), author_id=author)["_id"]
    mine = say(debate, "제 의견입니다.", author=author)
    for number in range(60):
        say(debate, f"의견 {number}")
    reply = say(debate, "답글입니다.", parent=mine)
    return debate, mine, reply, say(debate, "답글의 답글입니다.", parent=reply)


def say(debate, body, *, author=None, parent=None):
    return debates.add_comment(debate, {"body": body, "parent_id": parent}, now=now(), author_id=author or random_id())["_id"]


@pytest.mark.parametrize("address", ["/debates/{debate}/comments/{reply}", "/#/debates/{debate}/comments/{reply}"])
def test_a_message_about_a_reply_leads_to_the_reply_in_its_thread(page, address):  # noqa: F811
    enter(page, "010-3400-0002")
    debate, mine, _, deepest = talk(me(page))
    page.goto(address.format(debate=debate, reply=deepest))
    meant = page.locator(f"#comment-{deepest}.meant")
    expect(meant).to_contain_text("답글의 답글입니다.")
    expect(meant).to_be_in_viewport()
    expect(meant).to_be_focused()
    assert page.locator(f"#comment-{mine}").count() == 1, "its thread stands once"
    page.goto(f"/debates/{debate}")  # what messages of earlier releases carry
    page.wait_for_selector("h1:has-text('심야버스')")
    assert page.locator(".meant").count() == 0


def test_a_reply_that_was_hidden_since_is_said_and_the_debate_shown(page, db):  # noqa: F811
    debate, _, reply, _ = talk(random_id())
    db.comments.update_one({"_id": reply}, {"$set": {"visibility": "erased"}})
    page.goto(f"/debates/{debate}/comments/{reply}")
    page.wait_for_selector("text=/가려졌거나 지워졌습니다|운영자가 가린 글입니다/")
    page.goto(f"/debates/{debate}/comments/{new_id()}")
    page.wait_for_selector("text=이 의견은 가려졌거나 지워졌습니다.")
    page.wait_for_selector("h1:has-text('심야버스')")


def test_an_opinion_is_answered_voted_on_and_rewritten(page, db):  # noqa: F811
    enter(page, "010-3400-0003")
    debate, mine, *_ = talk(me(page))
    other = db.comments.find_one({"body": "의견 7"})["_id"]
    page.goto(f"/#/debates/{debate}/comments/{other}")
    page.click(f"#comment-{other} .vote[aria-label='이 의견에 찬성 0']")
    expect(page.locator(f"#comment-{other} .vote").first).to_have_text("▲ 1")
    page.click(f"#comment-{other} .vote >> nth=1")
    expect(page.locator(f"#comment-{other} .vote")).to_have_text(["▲ 0", "▼ 1"])
    page.click(f"#comment-{other} .vote >> nth=1")
    expect(page.locator(f"#comment-{other} .vote")).to_have_text(["▲ 0", "▼ 0"])
    page.click(f"#comment-{other} button:has-text('답글 쓰기')")
    page.fill(f"#text-{other}", "저도 그렇게 생각합니다.")
    page.click(f"form:has(#text-{other}) button")
    page.wait_for_selector(".meant:has-text('저도 그렇게 생각합니다.')")  # where it stands now
    page.goto(f"/#/debates/{debate}/comments/{mine}")
    page.click(f"#comment-{mine} button:has-text('고치기')")
    page.fill(f"#edit-{mine}", "")
    page.click(f"form:has(#edit-{mine}) button")
    expect(page.locator(f"#edit-{mine}-wrong")).to_have_text("입력해 주세요.")
    page.fill(f"#edit-{mine}", "고쳐 쓴 의견입니다.")
    page.click(f"form:has(#edit-{mine}) button")
    page.wait_for_selector(f"#comment-{mine} .body:has-text('고쳐 쓴 의견입니다.')")
    assert db.comments.find_one({"_id": mine})["body"] == "고쳐 쓴 의견입니다."


def test_an_addition_is_offered_by_one_and_accepted_by_the_author(page, db):  # noqa: F811
    enter(page, "010-3400-0004")
    author = me(page)
    idea = writing.raise_idea(OASIS, author, now=now())["_id"]
    enter(page, "010-3400-0005")
    page.goto(f"/#/ideas/{idea}")
    page.click("summary:has-text('이 제안에 더하기')")
    page.fill("#addition", "의자도 함께 놓아 주세요.")
    page.click("form:has(#addition) button")
    page.wait_for_selector("#additions .card:has-text('의자도'):has-text('답을 기다리는 중')")
    assert page.locator("text=받아들이기").count() == 0, "only the author decides"
    enter(page, "010-3400-0004")
    page.goto(f"/#/ideas/{idea}")
    page.click("#additions button:text-is('받아들이기')")
    page.wait_for_selector("#additions .badge:text-is('받아들임')")
    assert db.idea_additions.find_one({"idea_id": idea})["state"] == "accepted"
    page.reload()
    page.wait_for_selector(".steps:has-text('더하기가 받아들여졌습니다')")


def test_a_coauthor_is_invited_joins_and_leaves(page, db):  # noqa: F811
    enter(page, "010-3400-0006")
    idea = writing.raise_idea(OASIS, me(page), now=now())["_id"]
    page.goto(f"/#/ideas/{idea}")
    page.click("summary:has-text('제안자가 할 수 있는 일')")
    page.click("text=초대 주소 만들기")
    address = page.inner_text("#of-author code")
    enter(page, "010-3400-0007")
    page.goto(address)
    page.wait_for_selector("h2:has-text('놀이터에 그늘막')")
    page.click("text=함께 제안합니다")
    page.wait_for_selector("text=함께 제안한 제안입니다.")
    assert db.ideas.find_one({"_id": idea})["coauthor_ids"] == [me(page)]
    page.click("text=함께 제안하기 그만두기")
    page.wait_for_selector("text=함께 제안한 제안입니다.", state="detached")
    page.goto(f"/#/ideas/{idea}/together/{random_id()}")
    page.click("text=함께 제안합니다")
    page.wait_for_selector("[role=alert]:not(:empty)")


def test_a_merge_is_asked_for_accepted_and_an_endorsement_taken_along(page, db):  # noqa: F811
    enter(page, "010-3400-0008")
    endorser = me(page)
    enter(page, "010-3400-0009")
    author = me(page)
    source = writing.raise_idea(OASIS, author, now=now())["_id"]
    target = writing.raise_idea({**OASIS, "title": "놀이터에 그늘막을 만들어 주세요"}, author, now=now())["_id"]
    endorsing.endorse(source, endorser, now=now())
    page.goto(f"/#/ideas/{source}")
    page.click("summary:has-text('제안자가 할 수 있는 일')")
    page.click("text=합치자고 하기")
    page.wait_for_selector("text=그 제안을 올린 사람이 정합니다.")
    page.goto(f"/#/ideas/{target}")
    page.click("#merge button:text-is('합치기')")
    page.wait_for_selector(".steps:has-text('다른 제안이 합쳐졌습니다')")
    enter(page, "010-3400-0008")
    page.goto(f"/#/ideas/{source}")
    page.wait_for_selector("a:has-text('합쳐진 제안 보기')")
    page.click("text=공감 옮기기")
    page.wait_for_selector("h1:has-text('만들어 주세요')")
    assert db.ideas.find_one({"_id": target})["endorsement_count"] == 1


def test_an_idea_is_taken_back_with_a_reason_by_its_author_alone(page, db):  # noqa: F811
    enter(page, "010-3400-0010")
    idea = writing.raise_idea(OASIS, me(page), now=now())["_id"]
    other = writing.raise_idea(OASIS, random_id(), now=now())["_id"]
    joining.offer_addition(idea, random_id(), "물놀이도요.", now=now())
    page.goto("/#/ideas/mine")
    page.click(f"a.card[href='#/ideas/{idea}']")
    page.click("summary:has-text('제안자가 할 수 있는 일')")
    page.click("button:has-text('제안 거두기')")
    expect(page.locator("#reason-wrong")).to_have_text("입력해 주세요.")
    page.fill("#reason", "이미 설치되었습니다.")
    page.click("button:has-text('제안 거두기')")
    page.wait_for_selector(".steps:has-text('이미 설치되었습니다.')")
    page.goto(f"/#/ideas/{other}")
    page.wait_for_selector("text=공감하기")
    assert page.locator("#of-author").count() == 0


def test_ideas_are_ordered_and_searched(page, db):  # noqa: F811
    for title in ("가로등을 더 밝게", "버스를 더 자주", "도서관을 늦게까지"):
        writing.raise_idea({**OASIS, "title": title, "body": f"{title} 해 주세요."}, random_id(), now=now())
    loved = db.ideas.find_one({"title": "가로등을 더 밝게"})["_id"]
    endorsing.endorse(loved, random_id(), now=now())
    endorsing.refresh_ranks(since=now() - timedelta(minutes=1))
    page.goto("/#/ideas")
    page.wait_for_selector("#found .card:has-text('도서관')")
    page.focus("#sort")
    page.select_option("#sort", "most_endorsed")
    expect(page.locator("#found .card").first).to_contain_text("가로등을 더 밝게")
    assert page.evaluate("document.activeElement.id") == "sort", "the keyboard stays where it was"
    page.fill("#search", "버스")
    page.press("#search", "Enter")
    expect(page.locator("#found .card")).to_have_count(1)
    page.fill("#search", "없는낱말")
    page.click("button:text-is('찾기')")
    page.wait_for_selector("#found:has-text('아직 아무것도 없습니다')")


def test_what_is_wrong_stands_beside_its_field_and_is_read_with_it(page, db):  # noqa: F811
    enter(page, "010-3400-0011")
    page.goto("/#/ideas/new")
    page.fill("#title", "골목길 가로등")
    page.click("main form button.main")
    body = page.locator("#body")
    expect(body).to_be_focused()
    expect(body).to_have_attribute("aria-invalid", "true")
    assert page.inner_text(f"#{body.get_attribute('aria-describedby')}") == "입력해 주세요."
    body.fill(" " * 12)
    assert body.get_attribute("aria-invalid") is None, "taken back as soon as it is mended"
    page.click("main form button.main")  # what only the server sees
    expect(page.locator("#body-wrong")).to_have_text("내용을 입력해 주세요.")
    expect(body).to_be_focused()
    page.click("#language")
    page.fill("#body", " " * 11)
    page.click("main form button.main")
    expect(page.locator("#body-wrong")).to_have_text("This must not be blank.")
    assert db.ideas.count_documents({}) == 0


def test_numbers_are_listed_connected_and_given_up(page, db):  # noqa: F811
    enter(page, "010-3400-0012")
    mine = me(page)
    page.goto("/#/me")
    page.click("text=로그인 수단")
    page.wait_for_selector(".card:has-text('***-0012')")
    page.click("text=연결 끊기")
    page.click("[role=group] button.danger")
    page.wait_for_selector("main .card [role=alert]:not(:empty)")  # the last one cannot be given up
    page.click("summary:has-text('다른 번호 연결하기')")
    page.fill("#phone", "1")
    page.click("form:has(#phone) button")
    page.wait_for_selector("#phone-wrong")
    page.fill("#phone", "010-3400-0013")
    page.click("form:has(#phone) button")
    page.fill("#code", re.search(r"\d{6}", page.inner_text("form:has(#code)")).group())
    page.click("form:has(#code) button")
    page.wait_for_selector(".card:has-text('***-0013')")
    page.click(".card:has-text('***-0012') button:has-text('연결 끊기')")
    page.click(".card:has-text('***-0012') button.danger")
    page.wait_for_selector(".card:has-text('***-0012')", state="detached")
    enter(page, "010-3400-0013")
    assert me(page) == mine


def test_one_step_of_signing_in_stands_on_the_screen_and_one_code_is_enough(page, db):  # noqa: F811
    from mvoting.accounts import persons
    from mvoting.core import clock

    owner = accounts.sign_in_with_phone("010-3400-0014").person_id
    clock.shift(timedelta(days=91))
    persons.note_poll_horizon(clock.now())
    asked = []
    page.on("request", lambda request: asked.append(request.url) if request.url.endswith("/v1/sign-in/development") else None)
    try:
        page.goto("/#/sign-in")
        page.fill("#phone", "010-3400-0014")
        page.click("text=인증번호 받기")
        page.fill("#code", "000000")
        page.click("form:has(#code) button")
        expect(page.locator("#code-wrong")).to_contain_text("인증번호가 맞지 않거나")
        assert page.locator("#phone").count() == 0
        page.fill("#code", re.search(r"\d{6}", page.inner_text("form:has(#code)")).group())
        page.click("form:has(#code) button")
        page.wait_for_selector("#second-fact")
        assert page.locator("#phone, #code").count() == 0
        page.fill("#approval", "00000000")
        page.click("text=확인 번호로 계속")
        page.wait_for_selector("#approval-wrong")
        page.fill("#approval", accounts.approval_code(owner)[0])
        page.click("text=확인 번호로 계속")
        page.wait_for_selector("#join, h1:has-text('투표')")
    finally:
        clock.shift(timedelta())
    assert persons.owner(phone("010-3400-0014")) == owner
    assert len(asked) == 1
