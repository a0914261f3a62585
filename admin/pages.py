"""Pages and who may open them: every page names its guard, every form carries its token, nothing personal is cached."""

from collections.abc import Callable
from functools import wraps
from typing import Any, NoReturn

from flask import Blueprint, Response, flash, g, redirect, request, url_for

from admin import staff_session
from mvoting.accounts.guards import ROLES
from mvoting.core.http import Guard
from mvoting.core.problems import NotFound, Problem

FORM_LIMIT_BYTES = 256 * 1024
# Rows of a list on one page: as many as an old office PC lays out at once and a person reads before filtering.
ROWS = 25
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


class FormExpired(Problem):
    code, status = "admin.form-expired", 403
    ko = "화면을 연 지 오래되었거나 다른 곳에서 온 요청이라 처리하지 않았습니다. 화면을 새로 연 뒤 다시 시도해 주세요."
    en = "This form is too old or came from elsewhere, so nothing was done. Open the page again and retry."


def panel(*roles: str) -> Guard:
    """Let staff in who signed in to the panel and hold any of `roles`; without roles, every staff member.

    Raises: SignInRequired (core.sign-in-required, 401), Forbidden (core.forbidden, 403).
    """
    unknown = set(roles) - set(ROLES)
    if unknown:
        raise ValueError(f"no such role: {', '.join(sorted(unknown))}")

    def check() -> None:
        staff_session.require(*roles)

    return Guard("panel:" + "|".join(roles) if roles else "panel", check)


anyone = Guard("anyone", lambda: None)


class PageBlueprint(Blueprint):
    """A blueprint whose every page has a guard, asked first; then a form's token is checked."""

    def page(
        self, rule: str, *, guard: Guard, methods: tuple[str, ...] = ("GET",), body_limit_bytes: int = FORM_LIMIT_BYTES
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Register a view function behind `guard`."""

        def decorator(view: Callable[..., Any]) -> Callable[..., Any]:
            @wraps(view)
            def guarded(*args: Any, **kwargs: Any) -> Any:
                request.max_content_length = body_limit_bytes
                guard.check()
                if request.method not in ("GET", "HEAD"):
                    _check_form()
                return view(*args, **kwargs)

            guarded.guard = guard  # type: ignore[attr-defined]
            self.add_url_rule(rule, None, guarded, methods=list(methods))
            return guarded

        return decorator


def may(*roles: str) -> bool:
    """Tell whether who asks holds any of `roles`; for showing, the guards decide."""
    who = g.get("staff")
    return bool(who and who.roles & set(roles))


def _check_form() -> None:
    if not staff_session.is_own_form():
        raise FormExpired


def done(text: str, endpoint: str, **values: Any) -> Any:
    """Say that something was done, and go on to another page."""
    flash(text, "done")
    return redirect(url_for(f"panel.{endpoint}", **values), 303)


def refused(problem: Problem, endpoint: str, **values: Any) -> Any:
    """Say why something was not done, and go on to another page."""
    flash(problem_text(problem), "refused")
    return redirect(url_for(f"panel.{endpoint}", **values), 303)


def problem_text(problem: Problem) -> str:
    """Give a problem's text, with what is wrong field by field where it says so."""
    document = problem.document()
    wrong = list(_leaves(document.get("errors"))) if document.get("errors") else []
    return " ".join([document["title"], *dict.fromkeys(wrong)])


def _leaves(errors: Any) -> Any:
    if isinstance(errors, dict):
        for value in errors.values():
            yield from _leaves(value)
    elif isinstance(errors, list):
        for value in errors:
            yield from _leaves(value)
    elif errors:
        yield str(errors)


def no_such_page() -> NoReturn:
    """Refuse an address that leads nowhere.

    Raises: NotFound (core.not-found, 404).
    """
    raise NotFound


def protect(response: Response) -> Response:
    """Set the headers of every page."""
    response.headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
    response.headers["X-Frame-Options"] = "DENY"
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["X-Content-Type-Options"] = "nosniff"
    if request.endpoint == "panel.static":
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if "v" in request.args else "no-cache"
    else:
        response.headers["Cache-Control"] = "no-store"
        response.headers["Vary"] = "Cookie, Accept-Language"
    return response
