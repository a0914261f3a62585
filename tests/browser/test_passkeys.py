"""Passkeys in a real Chromium with a virtual authenticator (CDP, WebAuthn domain): register, sign in, remove."""

import dataclasses

import pytest
from playwright.sync_api import sync_playwright

from mvoting.accounts import passkeys
from mvoting.core.settings import settings
from tests.browser import panel_scene as scene
from tests.browser.conftest import ARGUMENTS, CHROMIUM

VIRTUAL = {"protocol": "ctap2", "transport": "usb", "hasUserVerification": False, "automaticPresenceSimulation": True}


@pytest.fixture(scope="module")
def chromium():
    """A browser that also finds `localhost`: WebAuthn knows no addresses of numbers."""
    arguments = [argument.replace("EXCLUDE 127.0.0.1", "EXCLUDE localhost") for argument in ARGUMENTS]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield browser
        browser.close()


@pytest.fixture
def site(live_url, monkeypatch):
    """Address of the panel by its name."""
    real = dataclasses.replace(settings(), public_url=live_url)
    monkeypatch.setattr(passkeys, "settings", lambda: real)
    return live_url.replace("127.0.0.1", "localhost")


@pytest.fixture
def page(chromium, site):
    """A page with a security key in the computer; `page.key` speaks to it."""
    context = chromium.new_context(locale="ko-KR", base_url=site)
    page = context.new_page()
    page.problems = []
    page.on("pageerror", lambda error: page.problems.append(str(error)))
    devtools = context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    key = devtools.send("WebAuthn.addVirtualAuthenticator", {"options": VIRTUAL})["authenticatorId"]
    page.key = lambda command, **values: devtools.send(f"WebAuthn.{command}", {"authenticatorId": key, **values})
    yield page
    assert page.problems == []
    context.close()


def give_password(page, address):
    page.goto("/admin/sign-in")
    page.fill("#email", address)
    page.fill("#password", scene.PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_selector("#code")


def register(page, enrolled):
    page.fill("#code", enrolled.recovery_codes[0])
    page.keyboard.press("Enter")
    page.wait_for_selector("nav#menu")
    page.goto("/admin/me")
    page.click("text=패스키 등록")
    page.fill("#name", "책상 위 보안 키")
    page.fill("#password", scene.PASSWORD)
    page.fill("#code", enrolled.recovery_codes[1])
    page.click("text=패스키 만들기")
    page.wait_for_selector("text=패스키를 등록했습니다")
    assert page.is_visible("td:has-text('책상 위 보안 키')")
    page.click("text=로그아웃")
    page.wait_for_selector("h1:has-text('직원 로그인')")


def test_a_security_key_is_registered_used_and_removed(page, db):
    address, enrolled = scene.officer("moderator")
    give_password(page, address)
    assert not page.is_visible("#use-passkey"), "nobody without a passkey is offered one"
    register(page, enrolled)
    (credential,) = page.key("getCredentials")["credentials"]
    assert credential["rpId"] == "localhost"
    give_password(page, address)
    page.click("#use-passkey")
    page.wait_for_selector("nav#menu")
    page.goto("/admin/me")
    page.fill("td input[name=password]", scene.PASSWORD)
    page.fill("td input[name=code]", enrolled.recovery_codes[2])
    page.click("button:has-text('지우기')")
    page.wait_for_selector("text=패스키를 지웠습니다")
    assert db.staff.find_one({"email": address})["passkeys"] == []


def test_an_absent_key_and_a_cloned_one_are_told_apart_from_success(page, db):
    address, enrolled = scene.officer("moderator")
    give_password(page, address)
    register(page, enrolled)
    (credential,) = page.key("getCredentials")["credentials"]
    page.key("clearCredentials")
    give_password(page, address)
    page.click("#use-passkey")
    page.wait_for_selector("[data-failed]:not([hidden])")
    page.key("addCredential", credential=credential | {"signCount": 100})
    page.click("#use-passkey")
    page.wait_for_selector("nav#menu")
    page.click("text=로그아웃")
    page.key("clearCredentials")
    page.key("addCredential", credential=credential | {"signCount": 50})  # a copy made before
    give_password(page, address)
    page.click("#use-passkey")
    page.wait_for_selector("[role=alert]:has-text('두 번째 확인에 실패했습니다')")
    assert not page.is_visible("#use-passkey"), "the passkey was set aside"
    assert "set_aside_at" in db.staff.find_one({"email": address})["passkeys"][0]
