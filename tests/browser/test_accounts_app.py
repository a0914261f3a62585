"""Accounts in the citizens' app, in a real browser: text messages, numbers that changed hands, children and their guardians."""

import dataclasses
import re
from datetime import timedelta

import pytest

from mvoting.accounts import consents, national, persons, residents, services, text_messages
from mvoting.core import clock
from mvoting.core.settings import settings
from tests.api.accounts.test_national import Provider, served
from tests.people import phone

CHILD, PARENT, OLD = "010-3100-0001", "010-3100-0002", "010-3100-0003"


@pytest.fixture(autouse=True)
def _clean(db):
    names = ("persons", "identifiers", "sessions", "revoked_sessions", "sign_in_codes", "throttles", "poll_horizon")
    for name in names:
        db[name].delete_many({})
    services.sessions._revocations.forget()
    yield
    clock.shift(timedelta())
    for name in names:
        db[name].delete_many({})


@pytest.fixture
def phone_of(chromium, live_url):
    """Give somebody's phone with the app open: `phone_of()`; any script error fails the test."""
    contexts, errors = [], []

    def make():
        context = chromium.new_context(viewport={"width": 390, "height": 844}, locale="ko-KR", base_url=live_url)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        return page

    yield make
    for context in contexts:
        context.close()
    assert errors == []


def give_number(page, number):
    page.goto("/#/sign-in")
    page.fill("#phone", number)
    page.click("text=인증번호 받기")
    page.wait_for_selector("#code")


def give_code(page, code=None, *, is_child=False):
    page.fill("#code", code or re.search(r"\d{6}", page.inner_text("form:has(#code)")).group())
    page.click("form:has(#code) button")
    page.wait_for_selector("form:has(#code)", state="detached")
    if page.is_visible("#join"):
        join(page, is_child=is_child)


def join(page, *, is_child=False):
    if is_child:
        page.check("#child")
        assert "보호자도 동의해야" in page.inner_text("label[for=agree]")
    page.check("#agree")
    page.click("#join button")
    page.wait_for_selector("#join", state="detached")


def grown_up(number):
    person_id = services.sign_in_with_phone(number).person_id
    residents.confirm(person_id, {"district": "11440", "birth_year": 1980}, source="staff")


def consent(parent, code):
    parent.goto("/#/me")
    parent.wait_for_selector("#sign-out")
    if not parent.is_visible("#guardian-code"):
        parent.click("summary:has-text('보호자로 동의하기')")
    parent.fill("#guardian-code", code)
    parent.check("#guardian-agree")
    parent.click("form:has(#guardian-code) button")


def code_for_guardian(child):
    child.click("text=보호자에게 줄 번호 받기")
    child.wait_for_selector("#guardian-wait code")
    return child.inner_text("#guardian-wait code")


def look(child):
    child.click("text=동의했는지 확인하기")


def test_a_child_joins_a_guardian_consents_and_is_asked_again_when_the_notice_changes(phone_of, db, monkeypatch):
    grown_up(PARENT)
    child, parent = phone_of(), phone_of()
    give_number(child, CHILD)
    give_code(child, is_child=True)
    child.goto("/#/inbox")
    child.click("main a.button[href='#/me']")  # what a child must not do yet leads to the account
    child.wait_for_selector("text=보호자의 동의를 기다리고 있습니다")
    look(child)
    child.wait_for_selector("text=아직 보호자가 동의하지 않았습니다")
    code = code_for_guardian(child)
    give_number(parent, PARENT)
    give_code(parent)
    consent(parent, "0000000000")
    parent.wait_for_selector("#guardian-code-wrong:has-text('인증번호가 맞지 않거나')")
    consent(parent, code)
    parent.wait_for_selector("text=이제 자녀가 참여할 수 있습니다")
    look(child)
    child.wait_for_selector("text=로그인되어 있습니다")

    raised = dataclasses.replace(settings(), privacy_version=2)
    monkeypatch.setattr(consents, "settings", lambda: raised)
    child.reload()
    child.wait_for_selector("text=개인정보 처리방침 2판")
    child.check("#child")
    child.check("#agree")
    child.click("text=바뀐 내용에 동의합니다")
    code = code_for_guardian(child)
    parent.evaluate(
        "session = JSON.parse(localStorage.session); localStorage.session = JSON.stringify({...session, access_token: 'x.x.x'})"
    )
    parent.goto("/#/inbox")  # the next token says what is due
    parent.click("main a.button[href='#/me']")
    parent.wait_for_selector("#consents")
    parent.check("#agree")
    parent.click("text=바뀐 내용에 동의합니다")
    parent.wait_for_selector("h1:has-text('알림')")
    consent(parent, code)
    parent.wait_for_selector("text=이제 자녀가 참여할 수 있습니다")
    look(child)
    child.wait_for_selector("text=로그인되어 있습니다")
    child_id = persons.owner(phone(CHILD))
    assert db.persons.find_one({"_id": child_id})["guardian"]["privacy"] == 2


@pytest.mark.parametrize("who", ["owner", "newcomer"])
def test_an_idle_number_asks_who_holds_it(phone_of, db, who):
    owner = services.sign_in_with_phone(OLD).person_id
    clock.shift(timedelta(days=91))
    persons.note_poll_horizon(clock.now())  # no poll of the former owner's time is still to be counted
    page = phone_of()
    give_number(page, OLD)
    give_code(page)
    page.wait_for_selector("#second-fact")
    if who == "owner":
        page.fill("#approval", services.approval_code(owner)[0])
        page.click("text=확인 번호로 계속")
    else:
        page.click("text=새로 시작하기")
        join(page)
    page.wait_for_selector("h1:has-text('투표')")
    page.goto("/#/me")
    page.wait_for_selector("text=로그인되어 있습니다")
    assert (persons.owner(phone(OLD)) == owner) is (who == "owner")


def test_where_the_city_sends_text_messages_the_page_shows_no_code(phone_of, monkeypatch):
    sent = []
    offered = dataclasses.replace(settings(), sms_url="https://sms.example", sms_key="k")
    monkeypatch.setattr(text_messages, "settings", lambda: offered)
    monkeypatch.setattr(text_messages, "_send", lambda number, text: sent.append((number, text)))
    page = phone_of()
    give_number(page, CHILD)
    ((number, text),) = sent
    assert number == "+821031000001"
    code = re.search(r"\d{6}", text).group()
    assert code not in page.inner_text("main")
    give_code(page, code)
    page.goto("/#/me")
    page.wait_for_selector("text=로그인되어 있습니다")


def test_whoever_has_agreed_is_not_asked_again_until_a_text_changes(phone_of, monkeypatch):
    page = phone_of()
    give_number(page, CHILD)
    page.fill("#code", re.search(r"\d{6}", page.inner_text("form:has(#code)")).group())
    assert page.query_selector("#agree") is None
    page.click("form:has(#code) button")
    page.wait_for_selector("#join")
    page.click("#join button")
    assert page.is_visible("#join"), "nobody joins without agreeing"
    join(page)
    sign_out(page)
    give_number(page, CHILD)
    give_code(page)
    page.wait_for_selector("h1:has-text('투표')")
    assert page.query_selector("#agree") is None

    raised = dataclasses.replace(settings(), terms_version=2)
    monkeypatch.setattr(consents, "settings", lambda: raised)
    sign_out(page)
    give_number(page, CHILD)
    give_code(page)
    page.wait_for_selector("#consents:has-text('이용약관 2판')")
    page.check("#agree")
    page.click("text=바뀐 내용에 동의합니다")
    page.wait_for_selector("h1:has-text('투표')")


def sign_out(page):
    page.goto("/#/me")
    page.click("#sign-out")
    page.wait_for_selector("h1:text-is('투표')")


@pytest.fixture
def provider(app, live_url, monkeypatch):
    """An identity provider that knows one resident and sends whoever comes straight back with a code."""
    national._fetched.cache_clear()
    offered = {"national_client_id": "mvoting-city", "national_client_secret": "hush", "public_url": live_url}
    with served(Provider()) as running:
        running.claims = {"birthdate": "1961-05-16", "district": "11440"}
        offers = dataclasses.replace(settings(), national_issuer=running.url, **offered)
        monkeypatch.setattr(national, "settings", lambda: offers)
        yield running
    national._fetched.cache_clear()


def agree_there(page, provider, live_url, button):
    """Go to the provider, which sends whoever comes straight back, as its redirect would after somebody agreed."""

    def back(route):
        code, state = provider.authorize(route.request.url)
        route.fulfill(status=302, headers={"Location": f"{live_url}/sign-in/national?code={code}&state={state}"})

    page.route(f"{provider.url}/**", back)
    page.click(button)


def test_the_national_identity_opens_an_account_and_leaves_nothing_in_the_address(phone_of, provider, live_url):
    page = phone_of()
    page.goto("/#/ideas")
    page.wait_for_selector("h1")
    page.goto("/#/sign-in")
    agree_there(page, provider, live_url, "#national")
    page.wait_for_selector("#join")
    assert "code" not in page.url
    join(page)
    page.wait_for_selector("h1:has-text('제안')")  # where it began
    page.goto("/#/me")
    page.wait_for_selector("text=주민으로 확인되었습니다")
    assert page.query_selector("#residence") is None


def test_the_national_identity_confirms_the_account_that_is_signed_in(phone_of, provider, live_url):
    page = phone_of()
    give_number(page, CHILD)
    give_code(page)
    page.goto("/#/me")
    agree_there(page, provider, live_url, "#residence #national")
    page.wait_for_selector("text=주민으로 확인되었습니다")
    assert persons.person(persons.owner(phone(CHILD)))["trust"] == "resident"


@pytest.mark.parametrize("how", ["somebody else's answer", "refused there", "no answer"])
def test_an_answer_that_was_not_asked_for_here_signs_nobody_in(phone_of, provider, client, how):
    page = phone_of()
    begun = client.post("/v1/sign-in/national").json
    code, state = provider.authorize(begun["authorization_url"])
    page.goto("/#/sign-in")
    query = {"somebody else's answer": f"code={code}&state={state}", "refused there": "error=access_denied", "no answer": ""}[how]
    page.goto(f"/sign-in/national?{query}")
    page.wait_for_selector("text=본인확인을 마치지 못했습니다")
    assert page.evaluate("localStorage.session") is None
