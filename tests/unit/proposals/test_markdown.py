import time
from pathlib import Path

import lxml.html
import pytest

from proposals import markdown

PAYLOADS = (Path(__file__).parents[2] / "data" / "xss_payloads.txt").read_text(encoding="utf-8").splitlines()


def acts(html):
    """List what in a piece of HTML could act or reach elsewhere."""
    found = []
    for element in lxml.html.fragment_fromstring(html, create_parent="div").iter():
        if not isinstance(element.tag, str):
            found.append(repr(element))
            continue
        if element.tag not in markdown.TAGS | {"div"}:
            found.append(element.tag)
        for name, value in element.attrib.items():
            if (element.tag, name) == ("a", "rel"):
                continue
            if (element.tag, name) != ("a", "href") or not value.lower().startswith(("http://", "https://", "mailto:")):
                found.append(f"{element.tag} {name}={value}")
    return found


def test_the_corpus_is_large_enough():
    assert len(PAYLOADS) == len(set(PAYLOADS)) >= 100


PLACES = ["{}", "글 {} 글", "- {}", "> {}", "[{}](https://x.example)", "**{}**", "```\n{}\n```", '[a](https://x.example "{}")']


@pytest.mark.parametrize("payload", PAYLOADS)
def test_every_payload_is_inert_wherever_it_stands(payload):
    for place in PLACES:
        assert acts(markdown.render(place.replace("{}", payload))) == [], place


def test_the_check_itself_sees_what_acts():
    for html in (
        "<p onclick=x>",
        "<script>1</script>",
        '<a href="javascript:1">x</a>',
        "<img src=x>",
        '<a title="x">x</a>',
        "<!-- x -->",
    ):
        assert acts(html), html


def test_the_allowed_subset_is_kept():
    html = markdown.render("# 제목\n\n**굵게** *기울임*\n\n- 하나\n- 둘\n\n> 인용\n\n[링크](https://seoul.go.kr)\n줄\n바꿈")
    for piece in ("<h3>제목</h3>", "<strong>굵게</strong>", "<em>기울임</em>", "<li>하나</li>", "<blockquote>", "<br"):
        assert piece in html
    assert '<a href="https://seoul.go.kr" rel="nofollow ugc noopener noreferrer">링크</a>' in html


@pytest.mark.parametrize(
    "piece", ["[", "![", "*a", "`", "> ", "- ", "<a", "[a](", "&", "\\", "_*", "1. ", "#", "|", "<!--", "((((", "a*"]
)
def test_a_hostile_text_of_full_length_is_rendered_at_once(piece):
    source = (piece * 10_000)[:10_000]
    began = time.process_time()
    markdown.render(source)
    assert time.process_time() - began < 1.0
