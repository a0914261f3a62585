"""Reads pages for codes that stand there without words, and notes codes that have no name yet.

A code may stand beside words inside `<code>`, and in a hint, which quotes what is to be typed.
"""

import re
from html.parser import HTMLParser

from admin.words import audit, saying

SNAKE = re.compile(r"(?<![\w@/.{&=-])[a-z][a-z0-9]*(?:_[a-z0-9]+)+(?![\w@}])")
PAIR = re.compile(r"(?<![\w/])[a-z][a-z_-]*:[0-9a-z]+")
DOTTED = re.compile(r"(?<![\w@/.])[a-z_]+\.[a-z_]+(?![\w@.])")
ID = re.compile(r"\b[0-9a-z]{26}\b(?!@)")
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

    def handle_starttag(self, tag, pairs):
        if tag in VOID:
            return
        quotes = {"hint", "lead"} & set((dict(pairs).get("class") or "").split())
        self._open.append((tag, tag in UNREAD or bool(quotes)))
        if tag in BLOCKS:
            self._blocks.append((tag, [], []))

    def handle_endtag(self, tag):
        if tag not in (name for name, _ in self._open):
            return
        while self._open.pop()[0] != tag:
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
        if "code" in (name for name, _ in self._open):
            self._blocks[-1][2].extend(found for found in codes_in(text) if not ID.fullmatch(found))
        elif not any(is_unread for _, is_unread in self._open):
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
