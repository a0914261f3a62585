"""Finding polls by words of their titles: by pairs of letters, since Korean words carry endings and are spaced as one likes. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any

KEPT_MAX = 1000
"""Letters and pairs kept of one poll: its own title has at most 800 in both languages, and mostly some sixty."""


def letters_of(content: Mapping[str, Any]) -> list[str]:
    """Give the letters, and pairs of letters, of a definition's titles by which it is found: its own first, then its questions'."""
    titles = [title for part in (content, *content["questions"]) for title in part["title"].values()]
    return list(dict.fromkeys(piece for title in titles for piece in (*_pairs(_tidy(title)), *_tidy(title))))[:KEPT_MAX]


def condition(words: str) -> dict[str, Any]:
    """Give the condition that finds polls whose titles hold every pair of letters of each word; {} where there is no letter."""
    tidied = [_tidy(word) for word in words.split()]
    wanted = list(dict.fromkeys(piece for word in tidied for piece in (list(_pairs(word)) or word)))
    return {"letters": {"$all": wanted}} if wanted else {}


def _pairs(letters: str) -> Iterator[str]:
    return (letters[place : place + 2] for place in range(len(letters) - 1))


def _tidy(text: str) -> str:
    return "".join(letter for letter in text.casefold() if letter.isalnum())
