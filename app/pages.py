"""`/`: the citizens' web app for phones and for people without one. No session, no secret and no rule lives here."""

from pathlib import Path

from flask import Blueprint, Response, send_from_directory

STATIC = Path(__file__).parent / "static"
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
    "manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

blueprint = Blueprint("app", __name__)


def _file(name: str, *, max_age_s: int) -> Response:
    response = send_from_directory(STATIC, name, max_age=max_age_s)
    response.headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
    response.headers["X-Frame-Options"] = "DENY"
    return response


@blueprint.get("/")
def get_index() -> Response:
    """Give the app's one page."""
    return _file("index.html", max_age_s=0)


@blueprint.get("/sw.js")
def get_service_worker() -> Response:
    """Give the service worker, which must lie at the root to serve every page offline."""
    return _file("sw.js", max_age_s=0)


@blueprint.get("/app/<path:name>")
def get_static(name: str) -> Response:
    """Give a script, style or picture of the app."""
    return _file(name, max_age_s=60)
