"""What differs between two texts, word by word: as one marked text, or as two side by side."""

import difflib
import re
from collections.abc import Iterator

from markupsafe import Markup, escape

BREAK = Markup("<br>")


def differences(before: str, after: str) -> Markup:
    """Mark word by word what was taken out of a text and put into it."""
    parts = []
    for is_equal, gone, come in _runs(before, after):
        if is_equal:
            parts.append(gone)
            continue
        if gone:
            parts.append(Markup("<del>{}</del>").format(gone))
        if come:
            parts.append(Markup("<ins>{}</ins>").format(come))
    return _with_lines(parts)


def side_by_side(left: str, right: str) -> tuple[Markup, Markup]:
    """Give two texts, in each of which the words that the other lacks are marked."""
    sides: tuple[list[Markup], list[Markup]] = ([], [])
    for is_equal, *texts in _runs(left, right):
        for parts, text in zip(sides, texts, strict=True):
            if text:
                parts.append(text if is_equal or text.isspace() else Markup("<mark>{}</mark>").format(text))
    return _with_lines(sides[0]), _with_lines(sides[1])


def _runs(left: str, right: str) -> Iterator[tuple[bool, Markup, Markup]]:
    """Give runs of words: whether both texts hold them, what the left one holds, what the right one holds."""
    old, new = (re.findall(r"\s+|\S+", text or "") for text in (left, right))
    for kind, a, b, c, d in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        yield kind == "equal", escape("".join(old[a:b])), escape("".join(new[c:d]))


def _with_lines(parts: list[Markup]) -> Markup:
    return Markup("").join(parts).replace("\n", BREAK)
