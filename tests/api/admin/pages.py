"""The panel as a reader finds it: every page that a start leads to, and every form on them."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlsplit

LINKS_FOLLOWED = 4
"""Of one kind of page: the forms of the fifth idea are those of the first."""


@dataclass
class Form:
    """A form that posts.

    `fields` is what a browser would send, a list where a name repeats; `shown` are those that people see and that begin with
    something; `buttons` are (name, value).
    """

    action: str
    fields: dict[str, str | list[str]] = field(default_factory=dict)
    shown: dict[str, str] = field(default_factory=dict)
    buttons: list[tuple[str, str]] = field(default_factory=list)


class Page(HTMLParser):
    """The links and the posting forms of a page."""

    def __init__(self, path, html):
        super().__init__()
        self.path, self.html, self.links, self.forms = path, html, [], []
        self._form = self._select = self._area = None
        self._text = ""
        self.feed(html)

    def handle_starttag(self, tag, pairs):
        given = dict(pairs)
        if tag == "a" and given.get("href"):
            self.links.append(given["href"])
        elif tag == "form" and (given.get("method") or "").lower() == "post":
            self._form = Form(given.get("action") or self.path)
            self.forms.append(self._form)
        elif self._form is not None:
            self._field(tag, given)

    def _add(self, name, value):
        known = self._form.fields.get(name)
        self._form.fields[name] = value if known is None else [*([known] if isinstance(known, str) else known), value]

    def _field(self, tag, given):
        name, value = given.get("name"), given.get("value") or ""
        if tag == "button":
            self._form.buttons.append((name or "", value))
        elif tag == "input" and name:
            kind = given.get("type", "text")
            if kind in ("checkbox", "radio"):
                if "checked" in given:
                    self._add(name, value)
                    self._form.shown[name] = value
            elif kind != "file":
                self._add(name, value)
                if value and kind != "hidden":
                    self._form.shown[name] = value
        elif tag == "select" and name:
            self._select = name
        elif tag == "option" and self._select:
            if "selected" in given:
                self._form.fields[self._select] = self._form.shown[self._select] = value
            else:
                self._form.fields.setdefault(self._select, value)
        elif tag == "textarea" and name:
            self._area, self._text = name, ""

    def handle_data(self, data):
        if self._area:
            self._text += data

    def handle_endtag(self, tag):
        if tag == "form":
            self._form = None
        elif tag == "select":
            self._select = None
        elif tag == "textarea" and self._area:
            self._add(self._area, self._text)
            if self._text.strip():
                self._form.shown[self._area] = self._text
            self._area = None


def walk(app, browser, starts):
    """Give every page that `starts` and their links lead to: {path: Page}; of one kind of page a few."""
    urls, found, kinds, waiting = app.url_map.bind("localhost"), {}, {}, list(starts)
    while waiting:
        path = waiting.pop(0)
        if path in found or not urlsplit(path).path.startswith("/admin"):
            continue
        endpoint = urls.match(urlsplit(path).path, method="GET")[0]
        if path not in starts and kinds.get(endpoint, 0) >= LINKS_FOLLOWED:
            continue
        kinds[endpoint] = kinds.get(endpoint, 0) + 1
        answer = browser.get(path)
        assert answer.status_code in (200, 303), (path, answer.status_code)
        if answer.status_code == 303:
            waiting.append(urlsplit(answer.location).path)
        elif answer.mimetype == "text/html":
            found[path] = Page(urlsplit(path).path, answer.text)
            waiting += [link.partition("#")[0] for link in found[path].links]
    return found


def name_of(app, form):
    """Name the page that takes a form."""
    endpoint, _ = app.url_map.bind("localhost").match(urlsplit(form.action).path, method="POST")
    return endpoint.removeprefix("panel.")
