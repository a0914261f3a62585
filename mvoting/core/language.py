"""Korean or English, as the person asks by Accept-Language."""

from flask import has_request_context, request

LANGUAGES = ("ko", "en")


def language() -> str:
    """Give "ko" or "en" for the present request; Korean where nothing is asked."""
    if not has_request_context():
        return "ko"
    return request.accept_languages.best_match(LANGUAGES, default="ko") or "ko"
