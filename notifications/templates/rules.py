"""Texts with named fields: what they may hold, and how they are filled. Pure."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from string import Formatter

TITLE_MAX, BODY_MAX = 60, 200
FIELD_MAX = 80
# A long value is cut before the sentence is; shorter than this it would say nothing.
FIELD_LENGTHS = (FIELD_MAX, 60, 40, 30, 20, 10)
KEY = re.compile(r"[a-z][a-z0-9_]{2,39}\Z")
FIELD_NAME = re.compile(r"[a-z][a-z0-9_]{0,29}\Z")
PARTS = {"title": TITLE_MAX, "body": BODY_MAX}
LANGUAGES = ("ko", "en")

Texts = Mapping[str, Mapping[str, str]]
"""{"ko": {"title", "body"}, "en": {…}}"""
Value = Mapping[str, str] | str
"""What a field is filled with: one text, or {"ko", "en"}."""


class TemplateError(ValueError):
    """A template or its fields are wrong; the text says what, `fields` those that nothing was given for."""

    def __init__(self, what: str, fields: Collection[str] = ()) -> None:
        super().__init__(what)
        self.fields = sorted(fields)


@dataclass(frozen=True)
class Template:
    """One version of a text."""

    key: str
    version: int
    texts: Texts

    @property
    def name(self) -> str:
        return f"{self.key}:{self.version}"

    def fields(self) -> set[str]:
        """Give the names that the texts use."""
        return {name for text in _all_texts(self.texts) for name in field_names(text)}

    def render(self, values: Mapping[str, Value]) -> dict[str, dict[str, str]]:
        """Fill the fields in each language. Long values are cut, the whole never is.

        Raises: TemplateError naming missing fields.
        """
        missing = self.fields() - set(values)
        if missing:
            raise TemplateError(f"{self.name} needs {', '.join(sorted(missing))}", missing)
        return {
            language: {
                part: _fitted(parts[part], {name: _spoken(value, language) for name, value in values.items()}, longest)
                for part, longest in PARTS.items()
            }
            for language, parts in self.texts.items()
        }


def gaps(texts: Texts, known: Collection[str] | None) -> dict[str, str]:
    """Name what keeps texts from being used: place → `missing`, `bad-field`, `unknown-field` or `too-long`; empty when nothing.

    Args: known: the fields that there are; None where whoever uses the template gives them.
    """
    found = {}
    for language in LANGUAGES:
        for part, longest in PARTS.items():
            word = _gap((texts.get(language) or {}).get(part, ""), known, longest)
            if word:
                found[f"{language}.{part}"] = word
    return found


def _gap(text: str, known: Collection[str] | None, longest: int) -> str | None:
    if not text.strip():
        return "missing"
    try:
        names = field_names(text)
    except TemplateError:
        return "bad-field"
    if known is not None and not names <= set(known):
        return "unknown-field"
    shortest = text.format_map(dict.fromkeys(names, "…" * FIELD_LENGTHS[-1]))
    return "too-long" if len(shortest) > longest else None


def field_names(text: str) -> set[str]:
    """Give the fields of a text.

    Raises: TemplateError for anything but plain names: a format, an index or an attribute could fill memory or read out
    what no push may say.
    """
    names = set()
    try:
        parsed = list(Formatter().parse(text))
    except ValueError:
        raise TemplateError("braces that do not match") from None
    for _, name, form, conversion in parsed:
        if name is None:
            continue
        if form or conversion or not FIELD_NAME.match(name):
            raise TemplateError("a field is a plain name in braces")
        names.add(name)
    return names


def _all_texts(texts: Texts) -> list[str]:
    return [text for parts in texts.values() for text in parts.values()]


def _spoken(value: Value, language: str) -> str:
    text = value if isinstance(value, str) else value.get(language) or value["ko"]
    return " ".join(text.split())


def _fitted(text: str, values: Mapping[str, str], limit: int) -> str:
    """Fill `text`, cutting the values, not the sentence, until it fits."""
    for longest in FIELD_LENGTHS:
        filled = text.format_map({name: _cut(value, longest) for name, value in values.items()})
        if len(filled) <= limit:
            return filled
    raise TemplateError(f"the text alone is longer than {limit} characters")


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "…"
