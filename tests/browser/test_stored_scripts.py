"""The corpus of stored scripts in a real browser: whatever a person or staff member wrote, no page of the app or the panel
runs it, asks for anything elsewhere, or needs its content security policy to refuse it. Many payloads stand on one page."""

from datetime import timedelta
from pathlib import Path

import pytest

from mvoting.core.clock import now
from mvoting.core.ids import new_id, random_id
from mvoting.voting.polls import citizens
from proposals.debates import services as debates
from proposals.ideas.pipeline import Event
from proposals.ideas.services import answering, joining, progress, writing
from proposals.moderation import services as moderation
from proposals.moderation.rules import Reason
from tests.browser import panel_scene as scene

PAYLOADS = (Path(__file__).parents[1] / "data" / "xss_payloads.txt").read_text(encoding="utf-8").splitlines()
EVERYTHING = "\n\n".join(PAYLOADS)
TITLE_MAX = 100
SHOWN = 30  # titles on a page of the app
COORDINATOR = ("administrator",)


def packed(longest):
    """Give the payloads in as few texts of a length as they need; what is too long by itself is cut."""
    texts = [""]
    for payload in (p[:longest] for p in PAYLOADS):
        if len(texts[-1]) + len(payload) < longest:
            texts[-1] += payload
        else:
            texts.append(payload)
    return texts


class Watched:
    """A page on which nothing may act."""

    def __init__(self, context, live_url):
        self.page, self.live_url, self.found = context.new_page(), live_url, []
        self.page.on("dialog", self._dialog)
        self.page.on("request", self._request)
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.found.append(f"error {error}"))

    def _dialog(self, dialog):
        self.found.append(f"dialog {dialog.message}")
        dialog.dismiss()

    def _request(self, request):
        if not request.url.startswith((self.live_url, "data:", "blob:")):
            self.found.append(f"request {request.url}")

    def _console(self, told):
        if "Content Security Policy" in told.text or "Refused to" in told.text:
            self.found.append(told.text)

    def open(self, address, marker):
        """Open a page, see that the payloads stand on it, and list what acted."""
        self.found.clear()
        self.page.goto("about:blank")
        self.page.goto(self.live_url + address)
        self.page.wait_for_function("marker => document.body.innerText.includes(marker)", arg=marker)
        self.page.evaluate("() => new Promise(done => setTimeout(done, 50))")  # what an image's error would take
        if self.page.evaluate("window.__xss"):
            self.found.append("a script ran")
        links = "[...document.querySelectorAll('main a[href], .body a[href]')].map(a => a.protocol)"
        foreign = set(self.page.evaluate(links)) - {"http:", "https:", "mailto:"}
        handlers = "[...document.querySelectorAll('.body *')].flatMap(e => e.getAttributeNames()).filter(n => n.startsWith('on'))"
        return [*self.found, *foreign, *self.page.evaluate(handlers)]


@pytest.fixture(scope="module")
def watched(chromium, live_url):
    context = chromium.new_context(locale="ko-KR", service_workers="block")
    yield Watched(context, live_url)
    context.close()


@pytest.fixture
def panel(chromium, live_url):
    context = chromium.new_context(locale="ko-KR", viewport={"width": 1280, "height": 900})
    context.add_cookies([{"name": "staff", "value": scene.session_token(*COORDINATOR, "moderator"), "url": live_url}])
    yield Watched(context, live_url)
    context.close()


def seen_by_all(db, collection, found_id):
    """A new member's link waits for a moderator; here it has been let through."""
    db[collection].update_one({"_id": found_id}, {"$set": {"visibility": "public"}})


def raise_idea(db, title, body):
    idea = writing.raise_idea({"title": title, "body": body, "programme_id": "oasis"}, random_id(), now=now())
    seen_by_all(db, "ideas", idea["_id"])
    return idea["_id"]


def test_the_watch_sees_what_acts(watched):
    watched.page.goto("about:blank")
    watched.page.set_content("<div class=body><img src='http://127.0.0.1:9/x' onerror='window.__xss=1;alert(1)'></div>")
    watched.page.wait_for_function("window.__xss === 1")
    assert any(one.startswith("request http://127.0.0.1:9") for one in watched.found)
    assert "dialog 1" in watched.found
    watched.page.evaluate("delete window.__xss")


def test_an_idea_with_everything_that_hangs_on_it(watched, panel, db):
    idea, seen = raise_idea(db, "제목입니다 표지", f"표지 내용\n\n{EVERYTHING}"), "표지"
    addition = joining.offer_addition(idea, random_id(), f"표지 더하기 {EVERYTHING[:1900]}", now=now())
    seen_by_all(db, "idea_additions", addition["_id"])
    officer = {"held": set(COORDINATOR), "now": now()}
    reason = EVERYTHING[:500]
    progress.move_by_staff(idea, Event.LIFT, officer["held"], reason, "s", now=now())
    progress.assign_department(idea, PAYLOADS[0][:60], "s", now=now())
    draft = {"text": EVERYTHING, "verdict": "accepted", "reason": reason}
    answering.publish_answer(idea, draft, officer["held"], {"staff_id": "s", "name": PAYLOADS[1]}, now=now())
    progress.move_by_staff(idea, Event.ADOPT_AT_ONCE, officer["held"], reason, "s", now=now())
    answering.add_milestone(idea, {"text": EVERYTHING[:2000], "percent": 5, "photos": []}, officer["held"], "s", now=now())
    assert watched.open(f"/#/ideas/{idea}", seen) == []
    assert panel.open(f"/admin/ideas/{idea}", seen) == []


def test_titles_in_lists(watched, panel, db):
    titles = packed(TITLE_MAX)
    for start in range(0, len(titles), SHOWN):
        mark = random_id()
        for title in titles[start : start + SHOWN]:
            raise_idea(db, title if len(title) >= 5 else title + "     .", f"내용입니다 여러분 {random_id()}")
        raise_idea(db, mark, f"내용입니다 여러분 {mark}")
        assert watched.open("/#/ideas", mark) == []
        assert panel.open("/admin/ideas/list", mark) == []


def test_a_debate_its_opinions_and_its_summary(watched, panel, db):
    content = {"title": "토론 표지", "body": f"표지\n\n{EVERYTHING}", "sides": "none", "closes_at": now() + timedelta(days=1)}
    for start in range(0, len(PAYLOADS), 45):
        debate = debates.open_debate(content, now=now(), staff_id="s")["_id"]
        for payload in PAYLOADS[start : start + 45]:
            said = debates.add_comment(debate, {"body": payload}, now=now(), author_id=random_id())
            seen_by_all(db, "comments", said["_id"])
        official = {"staff_id": "s", "name": PAYLOADS[start][:60]}
        debates.add_comment(debate, {"body": f"시의 말 {EVERYTHING[:1900]}"}, now=now(), official=official)
        assert watched.open(f"/#/debates/{debate}", "시의 말") == []
    db.debates.update_one({"_id": debate}, {"$set": {"closes_at": now()}})
    summary = {"for": EVERYTHING[:5000], "against": EVERYTHING[-5000:], "other": "", "answer": f"맺음 {EVERYTHING}"}
    debates.summarise(debate, summary, 0, "s", now=now())
    assert watched.open(f"/#/debates/{debate}", "맺음") == []
    assert panel.open(f"/admin/debates/{debate}", "표지") == []


def test_a_citizens_poll(watched, panel, db):
    options = [{"id": f"o{n}", "title": {"ko": text}, "description": {"ko": text}} for n, text in enumerate(packed(100)[:20], 1)]
    question = {"id": "q1", "title": {"ko": PAYLOADS[5]}, "method": "approval", "seats": 1, "options": options}
    question |= {"description": {"ko": EVERYTHING[:2000]}, "max_choices": len(options)}
    content = {"title": {"ko": f"표지 {PAYLOADS[6]}"}, "description": {"ko": f"표지 {EVERYTHING}"}, "secrecy": "open", "k": 5}
    content |= {"figures": "live", "changeable": True, "audience": {"kind": "everyone"}, "questions": [question]}
    times = now() - timedelta(minutes=1), now() + timedelta(days=1)
    citizens.set_policy(True, 9, staff_id="s")
    poll = citizens.start_poll(content, *times, random_id(), now=now(), room_password="")["_id"]
    citizens.approve(poll, now=now(), staff_id="s")
    assert watched.open(f"/#/polls/{poll}", "표지") == []
    assert watched.open("/#/polls", "표지") == []
    moderation.report("poll", poll, random_id(), Reason.SPAM, EVERYTHING[:500], now=now())
    assert panel.open(f"/admin/moderation/poll/{poll}", "표지") == []


def test_the_moderators_screens(panel, db):
    debate = debates.open_debate(
        {"title": "토론입니다", "body": "토론합시다 여러분", "sides": "none", "closes_at": now() + timedelta(days=1)},
        now=now(), staff_id="s",
    )["_id"]  # fmt: skip
    author, mark = random_id(), new_id()
    for text in packed(900):
        said = debates.add_comment(debate, {"body": f"{mark} {text}"}, now=now(), author_id=author)
        seen_by_all(db, "comments", said["_id"])
        moderation.report("comment", said["_id"], random_id(), Reason.SPAM, EVERYTHING[:500], now=now())
    moderation.decide(f"comment:{said['_id']}", "hide", EVERYTHING[:500], "s", now=now())
    moderation.appeal("comment", said["_id"], author, EVERYTHING[:2000], now=now())
    assert panel.open(f"/admin/moderation?q={mark}", mark) == []
    assert panel.open("/admin/moderation?view=appeals", mark) == []
    assert panel.open(f"/admin/moderation/comment/{said['_id']}", mark) == []
    assert panel.open(f"/admin/moderation?q={mark}%22%3E%3Cscript%3Ewindow.__xss=1%3C/script%3E", "신고") == []
