"""Korean or English, as the person asks by Accept-Language."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from flask import g, has_request_context, request

LANGUAGES = ("ko", "en")
_spoken: ContextVar[str] = ContextVar("language", default="ko")


def language() -> str:
    """Give "ko" or "en" for the present request: what the person chose (`g.language`), else asks for, else Korean."""
    if not has_request_context():
        return _spoken.get()
    chosen: str | None = g.get("language")
    return chosen or request.accept_languages.best_match(LANGUAGES, default="ko") or "ko"


@contextmanager
def speaking(code: str) -> Iterator[None]:
    """Write in this language outside a request, as a worker does for the person who asked."""
    before = _spoken.set(code)
    try:
        yield
    finally:
        _spoken.reset(before)
