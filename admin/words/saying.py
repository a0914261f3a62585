"""Saying things in the reader's language: a text in two languages side by side, and what a code is called."""

from typing import Any

from admin.words import alerts, audit, citizens, messages, office, voting
from mvoting.core.language import language

# What a code of the services is called on the screen; a code that is missing here is shown as it is.
LABELS: dict[str, dict[str, tuple[str, str]]] = {
    **office.LABELS,
    **audit.LABELS,
    **voting.LABELS,
    **citizens.LABELS,
    **alerts.LABELS,
    **messages.LABELS,
}


def say(ko: str, en: str) -> str:
    """Give the text in the language of the person who reads."""
    return en if language() == "en" else ko


def label(kind: str, code: Any) -> str:
    """Give a code's name on the screen."""
    pair = LABELS.get(kind, {}).get(str(code))
    return say(*pair) if pair else str(code)


def choices(kind: str, codes: Any = None) -> list[tuple[str, str]]:
    """Give (code, name) pairs of a kind for a field to choose from."""
    return [(code, label(kind, code)) for code in (codes or LABELS[kind])]


def localized(text: Any) -> str:
    """Give staff's text in the reader's language, in Korean where there is no other."""
    if not text:
        return ""
    if isinstance(text, str):
        return text
    return str((text.get("en") if language() == "en" else None) or text.get("ko") or "")
