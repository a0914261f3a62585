"""`/`: the citizens' web app for phones and for people without one. No session, no secret and no rule lives here."""

import gzip
import mimetypes
from functools import lru_cache
from io import BytesIO
from pathlib import Path

from flask import Response, redirect, request, send_file, send_from_directory
from werkzeug.security import safe_join
from werkzeug.wrappers import Response as AnyResponse

from mvoting.core.pages import PublicPages
from mvoting.core.problems import NotFound

STATIC = Path(__file__).parent / "static"
CLIENTS = Path(__file__).parents[1] / "docs" / "clients"
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
    "manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

# A phone on a bus loads a third of it.
PACKED = {".js", ".mjs", ".css", ".html", ".json", ".svg"}

blueprint = PublicPages("app", __name__)


def _file(name: str, *, max_age_s: int, folder: Path = STATIC) -> Response:
    if Path(name).suffix in PACKED and request.accept_encodings.quality("gzip") > 0:
        response = _sent_packed(name, max_age_s=max_age_s, folder=folder)
    else:
        response = send_from_directory(folder, name, max_age=max_age_s)
    response.vary.add("Accept-Encoding")
    response.headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
    response.headers["X-Frame-Options"] = "DENY"
    return response


def _sent_packed(name: str, *, max_age_s: int, folder: Path) -> Response:
    path = Path(safe_join(str(folder), name) or "")
    if not path.is_file():
        raise NotFound
    written_ns = path.stat().st_mtime_ns
    kind = mimetypes.guess_type(name)[0] or "text/javascript"
    packed = BytesIO(_packed(path, written_ns))
    response = send_file(packed, kind, max_age=max_age_s, etag=f"{written_ns}-gzip", last_modified=written_ns / 1e9)
    response.headers["Content-Encoding"] = "gzip"
    return response


@lru_cache(maxsize=64)
def _packed(path: Path, _written_ns: int) -> bytes:
    return gzip.compress(path.read_bytes(), mtime=0)


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


@blueprint.get("/app/mvoting.mjs")
def get_client() -> Response:
    """Give the reference client: the app makes and checks ballots with the very code that is published for everybody."""
    return _file("mvoting.mjs", max_age_s=60, folder=CLIENTS)


@blueprint.get("/sign-in/national")
def get_national_return() -> Response:
    """Give the app's page to somebody whom the identity provider sends back; the script reads the answer from the address."""
    return _file("index.html", max_age_s=0)


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
