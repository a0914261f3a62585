"""Citizens' text: a small subset of Markdown, made into HTML that cannot act.

Parsed by markdown-it-py without raw HTML and images, then cleaned by nh3 (ammonia) as the second, independent wall.
"""

import nh3
from markdown_it import MarkdownIt

TAGS = {"p", "br", "strong", "em", "s", "ul", "ol", "li", "blockquote", "a", "code", "pre", "h3", "h4", "hr"}

_parser = MarkdownIt("commonmark", {"html": False, "linkify": False, "breaks": True, "maxNesting": 12})
_parser.disable(["html_block", "html_inline", "image", "lheading", "reference"])

# Headings of a text start below those of the page that shows it.
_LOWERED = {"h1": "h3", "h2": "h4", "h5": "h4", "h6": "h4"}


def render(source: str) -> str:
    """Turn Markdown into clean HTML: no script, style, image, raw tag or address other than http, https and mailto."""
    tokens = _parser.parse(source)
    for token in tokens:
        token.tag = _LOWERED.get(token.tag, token.tag)
    return nh3.clean(
        _parser.renderer.render(tokens, _parser.options, {}),
        tags=TAGS,
        attributes={"a": {"href"}},
        url_schemes={"http", "https", "mailto"},
        link_rel="nofollow ugc noopener noreferrer",
        strip_comments=True,
    )


def has_link(source: str) -> bool:
    """Tell whether a text points elsewhere, written as Markdown or as a bare address."""
    lowered = source.lower()
    return "://" in lowered or "](" in lowered or "www." in lowered
