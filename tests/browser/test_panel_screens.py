"""Every screen of the panel in both languages: no barrier that axe-core calls serious, nothing lost at 200 % or at 320 pixels.

`make screens` (SCREENS=docs/screens) also keeps a small picture of every screen and removes those of screens that are gone.
"""

import os
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image

from mvoting.accounts import staff_sessions
from tests.browser import panel_scene as scene
from tests.browser import panel_states

PICTURE_WIDTH = 900
ZOOMED, NARROW = {"width": 640, "height": 400}, {"width": 320, "height": 640}
# No screens of their own: they lead on, answer a file, or need a sign-in that is half done.
OTHERS = {"static", "nowhere", "first_page", "moderation_next", "job_file", "second_factor", "sign_in", "join"}
ALSO_ENGLISH = (
    "today",
    "moderation_queue",
    "poll_edit",
    "poll-result",
    "poll_trustees",
    "alert",
    "alert_new",
    "idea",
    "reports",
    "campaign_new",
)
ALSO_NARROW = ("moderation_case", "alert", "campaign", "poll_edit")
OUTSIDE = """() => [...document.querySelectorAll("header *, main *")].filter((part) => {
  const box = part.getBoundingClientRect();
  if (!box.width || !box.height || (box.right <= innerWidth + 1 && box.left >= -1)) return false;
  for (let at = part; at; at = at.parentElement) {
    const style = getComputedStyle(at);
    if (["auto", "scroll"].includes(style.overflowX) || style.clipPath !== "none" || at.tagName === "svg") return false;
  }
  return true;
}).map((part) => part.outerHTML.slice(0, 140))"""
# Cards below the window are laid out when they are scrolled to: here everything is looked at at once.
ALL_LAID_OUT = """() => document.querySelectorAll("main .card, main .scroll, main figure").forEach((part) => {
  part.style.contentVisibility = "visible";
})"""
CUT = """() => [...document.querySelectorAll("header *, main *")].filter((part) => {
  const style = getComputedStyle(part);
  return style.overflowX === "hidden" && style.clipPath === "none" && part.tagName !== "svg" && part.scrollWidth > part.clientWidth + 1;
}).map((part) => part.outerHTML.slice(0, 140))"""


@pytest.fixture(scope="module")
def pictures():
    """Collect the pictures that are made; once all were, those of screens that are gone are removed."""
    made, folder = set(), os.environ.get("SCREENS")
    yield made
    if folder and {f"{name}.en.png" for name in ALSO_ENGLISH} | {"my_account.png"} <= made:
        for old in Path(folder).glob("*.png"):
            if old.name not in made:
                old.unlink()


def keep_picture(page, name, made):
    """Keep a small picture of the page, when asked to."""
    folder = os.environ.get("SCREENS")
    if not folder:
        return
    target = Path(folder) / f"{name}.png"
    target.parent.mkdir(parents=True, exist_ok=True)
    size = page.viewport_size
    page.set_viewport_size({**size, "height": page.evaluate("document.documentElement.scrollHeight")})
    page.screenshot(path=target, full_page=True)
    page.set_viewport_size(size)
    with Image.open(target) as picture:
        width = min(PICTURE_WIDTH, picture.width)
        small = picture.convert("RGB").resize((width, picture.height * width // picture.width))
        small.quantize(64).save(target, optimize=True)
    made.add(target.name)


def serious(page):
    """Give axe-core's serious and critical findings."""
    found = Axe().run(page).response["violations"]
    return [(v["id"], v["nodes"][0]["html"][:200]) for v in found if v["impact"] in ("serious", "critical")]


def lost(page):
    """Give what does not fit: the page scrolls sideways, something lies outside, something is cut off."""
    is_wide = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    return [*(["scrolls sideways"] if is_wide else []), *page.evaluate(OUTSIDE), *page.evaluate(CUT)][:3]


def test_every_screen_is_looked_at(app, db):
    """A screen that is added has to be added to the scene."""
    shown = set(scene.city(db, scene.officer()[1].staff_id))
    rules = [rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith("panel.") and "GET" in rule.methods]
    assert {rule.endpoint.removeprefix("panel.") for rule in rules} - OTHERS - shown == set()


@pytest.mark.parametrize("language", ["ko-KR", "en-GB"])
def test_screens_are_accessible_and_lose_nothing(open_panel, db, language, pictures):
    staff_id = scene.officer()[1].staff_id
    screens = scene.city(db, staff_id)
    if os.environ.get("SCREENS"):  # also in states of which the suite walks the forms only
        screens |= panel_states.more(db, staff_id)
    page = open_panel(language=language, token=staff_sessions.begin(staff_id, stage="full"))
    barriers, misfits = [], []
    for name, address in screens.items():
        page.set_viewport_size({"width": 1280, "height": 800})
        answer = page.goto(address)
        assert answer.status == 200, (name, answer.status)
        page.evaluate(ALL_LAID_OUT)
        barriers += [(name, *finding) for finding in serious(page)]
        if language == "ko-KR":
            keep_picture(page, name, pictures)
        elif name in ALSO_ENGLISH:
            keep_picture(page, f"{name}.en", pictures)
        for size in (ZOOMED, NARROW):
            page.set_viewport_size(size)
            misfits += [(name, size["width"], what) for what in lost(page)]
        if name in ALSO_NARROW and language == "ko-KR":
            keep_picture(page, f"{name}.narrow", pictures)
    assert [barriers, misfits, page.problems] == [[], [], []]


@pytest.mark.parametrize("language", ["ko-KR", "en-GB"])
def test_the_door_is_accessible(chromium, live_url, language, pictures):
    page = chromium.new_context(locale=language, base_url=live_url).new_page()
    for name in ("sign-in", "join"):
        page.goto(f"/admin/{name}")
        assert serious(page) == []
        page.set_viewport_size(NARROW)
        assert lost(page) == []
        page.set_viewport_size({"width": 1280, "height": 800})
        if language == "ko-KR":
            keep_picture(page, name, pictures)
    page.context.close()


def test_every_screen_can_be_read_without_javascript(open_panel, db):
    staff_id = scene.officer()[1].staff_id
    page = open_panel(javascript=False, token=staff_sessions.begin(staff_id, stage="full"))
    for name, address in scene.city(db, staff_id).items():
        assert page.goto(address).status == 200, name
        assert page.is_visible("h1"), name
        assert not page.is_visible(".js-only"), name
