"""Citizens' text: a small subset of Markdown, made into HTML that cannot act.

Parsed by markdown-it-py without raw HTML and images, then cleaned by nh3 (ammonia) as the second, independent wall.
"""

from collections.abc import Mapping
from typing import Any

import nh3
from markdown_it import MarkdownIt

SUMMARY_LETTERS = 140
TAGS = {"p", "br", "strong", "em", "s", "ul", "ol", "li", "blockquote", "a", "code", "pre", "h3", "h4", "hr"}

_parser = MarkdownIt("commonmark", {"html": False, "linkify": False, "breaks": True, "maxNesting": 12})
_parser.disable(["html_block", "html_inline", "image", "lheading", "reference"])

# Headings of a text start below those of the page that shows it.
_LOWERED = {"h1": "h3", "h2": "h4", "h5": "h4", "h6": "h4"}


# Goes up whenever the rules below change: HTML that was stored under an earlier one is then made anew when read.
VERSION = 1
SCHEMES = ("http", "https", "mailto")


def _absolute_only(_tag: str, name: str, value: str) -> str | None:
    # A relative address would lead somewhere else on every surface that shows the text.
    return None if name == "href" and not value.lower().startswith(tuple(f"{scheme}:" for scheme in SCHEMES)) else value


_cleaner = nh3.Cleaner(
    tags=TAGS,
    attributes={"a": {"href"}, "*": set()},
    attribute_filter=_absolute_only,
    url_schemes=set(SCHEMES),
    link_rel="nofollow ugc noopener noreferrer",
    strip_comments=True,
)


def render(source: str) -> str:
    """Turn Markdown into clean HTML: no script, style, image, raw tag or address other than http, https and mailto."""
    tokens = _parser.parse(source)
    for token in tokens:
        token.tag = _LOWERED.get(token.tag, token.tag)
    return _cleaner.clean(_parser.renderer.render(tokens, _parser.options, {}))


def stored(source: str) -> dict[str, Any]:
    """Render a text once, to be kept beside it: threads are read far more often than written."""
    return {"version": VERSION, "html": render(source)}


def summary_of(source: str) -> str:
    """Shorten a text to its first letters, in one line, for lists."""
    line = " ".join(source.split())
    return line if len(line) <= SUMMARY_LETTERS else line[: SUMMARY_LETTERS - 1] + "…"


def html_of(document: Mapping[str, Any]) -> str:
    """Give the HTML of a document's `body`, as stored, or made anew when it was stored under earlier rules."""
    kept = document.get("body_html")
    return kept["html"] if kept and kept["version"] == VERSION else render(document.get("body") or "")
