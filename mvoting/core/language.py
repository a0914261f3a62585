"""Korean or English, as the person asks by Accept-Language."""

from flask import g, has_request_context, request

LANGUAGES = ("ko", "en")


def language() -> str:
    """Give "ko" or "en" for the present request: what the person chose (`g.language`), else asks for, else Korean."""
    if not has_request_context():
        return "ko"
    chosen: str | None = g.get("language")
    return chosen or request.accept_languages.best_match(LANGUAGES, default="ko") or "ko"
