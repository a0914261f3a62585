"""`/`: the citizens' web app for phones and for people without one. No session, no secret and no rule lives here."""

import gzip
import hashlib
import mimetypes
from functools import cache
from pathlib import Path

from flask import Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from app import assets
from mvoting.core.pages import PublicPages
from mvoting.core.problems import NotFound

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
    "manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

# A phone on a bus loads a third of it.
PACKED = {".js", ".mjs", ".css", ".html", ".json", ".svg"}
YEAR_S = 365 * 24 * 3600

blueprint = PublicPages("app", __name__)


def _file(name: str, cache_control: str) -> Response:
    try:
        content = _content(name)
    except (FileNotFoundError, IsADirectoryError):
        raise NotFound from None
    is_packed = Path(name).suffix in PACKED and request.accept_encodings.quality("gzip") > 0
    kind = mimetypes.guess_type(name)[0] or "text/javascript"
    response = Response(gzipped(name) if is_packed else content, content_type=f"{kind}; charset=utf-8")
    if is_packed:
        response.headers["Content-Encoding"] = "gzip"
    response.set_etag(f"{hashlib.sha256(content).hexdigest()[:16]}{'-gzip' if is_packed else ''}")
    response.vary.add("Accept-Encoding")
    response.headers["Cache-Control"] = cache_control
    response.headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
    response.headers["X-Frame-Options"] = "DENY"
    response.make_conditional(request)
    return response


@cache
def _content(name: str) -> bytes:
    if name in assets.AT_ROOT:
        return assets.at_root(name)
    if name not in assets.names():
        raise FileNotFoundError(name)
    return assets.path_of(name).read_bytes()


@cache
def gzipped(name: str) -> bytes:
    """Give a file packed, as most phones take it."""
    return gzip.compress(_content(name), mtime=0)


@blueprint.get("/")
def get_index() -> Response:
    """Give the app's one page."""
    return _file("index.html", "no-cache")


@blueprint.get("/sw.js")
def get_service_worker() -> Response:
    """Give the service worker, which must lie at the root to serve every page offline."""
    return _file("sw.js", "no-cache")


@blueprint.get("/app/<name>")
def get_static(name: str) -> Response:
    """Give a script, style or picture of the app by its name alone, as others link to it."""
    return _file(name, "public, max-age=60")


@blueprint.get("/app/<string(length=16):version>/<name>")
def get_versioned(version: str, name: str) -> Response:
    """Give a file of the app by its content's version, for ever; a page of another release gets the present file, for now."""
    return _file(name, f"public, max-age={YEAR_S}, immutable" if version == assets.version() else "no-cache")


@blueprint.get("/sign-in/national")
def get_national_return() -> Response:
    """Give the app's page to somebody whom the identity provider sends back; the script reads the answer from the address."""
    return _file("index.html", "no-cache")


@blueprint.get("/<any(inbox, me):page>")
@blueprint.get("/moderation/<string(maxlength=40):page>")
@blueprint.get("/debates/<id:page>/comments/<id:comment_id>")
def get_own_page(page: str, comment_id: str = "") -> AnyResponse:
    """Lead the address of a message in the inbox, or of its push, to its page in the app."""
    return redirect(f"/#{request.path}")


@blueprint.get("/<any(polls, ideas, debates):kind>/<id:thing_id>")
def get_thing(kind: str, thing_id: str) -> AnyResponse:
    """Lead an address that was shared, pushed or shown as a QR code to its page in the app; `?code=` of a venue comes along."""
    query = f"?{request.query_string.decode('ascii', 'ignore')}" if request.query_string else ""
    return redirect(f"/{query}#/{kind}/{thing_id}")
