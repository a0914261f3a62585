"""No page shows people a bare code: whatever a service calls something is said in the reader's words.

A code may stand beside the words, inside `<code>`; alone it fails, and so does a code that has no name yet.
"""

import re
from html.parser import HTMLParser

import pytest

from admin.words import audit, saying
from mvoting.accounts import staff_sessions
from mvoting.parts import BEAT
from tests.api.admin.browsers import Browser
from tests.browser import panel_scene, panel_states

SNAKE = re.compile(r"(?<![\w@/.{&=-])[a-z][a-z0-9]*(?:_[a-z0-9]+)+(?![\w@}])")
PAIR = re.compile(r"(?<![\w/])[a-z][a-z_-]*:[0-9a-z]+")
DOTTED = re.compile(r"(?<![\w@/.])[a-z_]+\.[a-z_]+(?![\w@.])")
ID = re.compile(r"\b[0-9a-z]{26}\b")
LONE = re.compile(r"[a-z][a-z-]*")
KNOWN = {*audit.LABELS["audit_action"], *audit.LABELS["task"]}
BLOCKS = {"td", "th", "dd", "dt", "li", "p", "h1", "h2", "h3", "summary", "legend", "label", "option", "a", "button"}
UNREAD = {"code", "pre", "textarea", "script", "style", "kbd", "svg", "title"}
VOID = {"input", "img", "br", "hr", "meta", "link", "path", "col"}
# Names of pretended staff and versions of packages, which are no codes of ours.
NAMES = {"test", "colleague", "flask", "flask-smorest", "mongoengine", "pymongo", "celery", "firebase-admin", "pyjwt", "python", "m", "n", "k", "p", "x", "o"}  # fmt: skip


def codes_in(text):
    """Give what looks like a code in a text."""
    dotted = [found for found in DOTTED.findall(text) if found in KNOWN]
    return [*SNAKE.findall(text), *PAIR.findall(text), *dotted, *ID.findall(text)]


class Reader(HTMLParser):
    """Reads a page as people see it and keeps the codes that stand there without words."""

    def __init__(self, html, *, is_korean):
        super().__init__()
        self.is_korean, self.bare = is_korean, []
        self._open, self._blocks = [], [("page", [], [])]
        self.feed(html)

    def handle_starttag(self, tag, _pairs):
        if tag in VOID:
            return
        self._open.append(tag)
        if tag in BLOCKS:
            self._blocks.append((tag, [], []))

    def handle_endtag(self, tag):
        if tag not in self._open:
            return
        while self._open.pop() != tag:
            pass
        if tag in BLOCKS:
            _, said, codes = self._blocks.pop()
            if codes and not any(re.search(r"\w", text) for text in said):
                self.bare += codes
            self._blocks[-1][1].extend(said)

    def handle_data(self, data):
        text = data.strip()
        if not text:
            return
        if "code" in self._open:
            self._blocks[-1][2].extend(found for found in codes_in(text) if not ID.fullmatch(found))
        elif not UNREAD & set(self._open):
            self._blocks[-1][1].append(text)
            self.bare += codes_in(text)
            if self.is_korean and LONE.fullmatch(text) and text not in NAMES:
                self.bare.append(text)


class Noted(dict):
    """The names of one kind of code; notes codes that have none."""

    def __init__(self, kind, pairs, missed):
        super().__init__(pairs)
        self.kind, self.missed = kind, missed

    def get(self, code, default=None):
        if code not in self and re.fullmatch(r"[a-z][a-z0-9_.-]*", code):
            self.missed.add((self.kind, code))
        return super().get(code, default)


class Kinds(dict):
    """All kinds of codes; a kind that there is not has no names, and each is noted."""

    def __init__(self, missed):
        super().__init__({kind: Noted(kind, pairs, missed) for kind, pairs in saying.LABELS.items()})
        self.missed = missed

    def get(self, kind, default=None):
        return self[kind] if kind in self else Noted(kind, {}, self.missed)


@pytest.fixture(scope="module")
def city(app):
    """Fill the city. Gives: ({screen: address}, the staff id of somebody with all roles)."""
    from mvoting.core.database import database

    db, staff_id = database(), panel_scene.officer()[1].staff_id
    return {**panel_scene.city(db, staff_id), **panel_states.more(db, staff_id)}, staff_id


@pytest.mark.parametrize("language", ["ko", "en"])
def test_no_page_shows_a_bare_code(app, city, monkeypatch, language):
    missed = set()
    monkeypatch.setattr(saying, "LABELS", Kinds(missed))
    screens, staff_id = city
    everybody = Browser(app.test_client(), staff_sessions.begin(staff_id, stage="full"))
    found = {}
    for name, address in screens.items():
        answer = everybody.get(address, headers={"Accept-Language": language})
        assert answer.status_code == 200, name
        if bare := Reader(answer.text, is_korean=language == "ko").bare:
            found[name] = sorted(set(bare))
    assert found == {}
    assert missed == set()


def test_the_reader_finds_codes():
    page = """<p>poll_closing:2</p><td><code>voting.tally_polls</code></td><td>투표 집계 <code>voting.tally_polls</code></td>
    <dd>moderation.hide</dd><li>default</li><p>idea:01m3f6</p><p>https://x.kr/a_b 파일 a@b.kr {name} 12:30</p>"""
    assert Reader(page, is_korean=True).bare == ["poll_closing", "poll_closing:2", "voting.tally_polls", "moderation.hide", "default", "idea:01m3f6"]  # fmt: skip


def test_every_task_and_every_area_has_its_words():
    assert {task for task, *_ in BEAT} - audit.LABELS["task"].keys() == set()
    areas = {action.partition(".")[0] for action in audit.LABELS["audit_action"]}
    assert areas == audit.LABELS["audit_area"].keys()
    assert all(ko and en and ko != en for kind in saying.LABELS.values() for ko, en in kind.values())
