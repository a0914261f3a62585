"""HTTP manners shared by every route: guards, strict input, body limits, ETags.

Source: RFC 9110 (conditional requests).
"""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from functools import wraps
from typing import Any, NoReturn

import flask_smorest
import msgspec
from flask import Flask, Response, g, request
from marshmallow import ValidationError
from webargs.flaskparser import FlaskParser
from werkzeug.http import generate_etag
from werkzeug.routing import BaseConverter, IntegerConverter, Map

from mvoting.core import openapi, problems
from mvoting.core.ids import ALPHABET, LENGTH
from mvoting.core.problems import Problem
from mvoting.core.validation import in_language

BODY_LIMIT_BYTES = 256 * 1024
QUERIES_KEPT = 2000
MAX_NUMBER = 2**53 - 1
CONDITIONS = {"HTTP_IF_NONE_MATCH", "HTTP_IF_MATCH", "HTTP_IF_MODIFIED_SINCE", "HTTP_IF_UNMODIFIED_SINCE", "HTTP_RANGE"}


@dataclass(frozen=True)
class Guard:
    """Who may use a route. `check` raises a Problem or notes in `flask.g` who asks.

    For the OpenAPI document: `security` names its schemes, `who` says in words whom the route is for.
    """

    name: str
    check: Callable[[], None]
    security: tuple[str, ...] = ()
    who: str = "everybody"


def key_guard(
    name: str, find: Callable[[str], dict[str, Any]], unknown: type[Problem], *, who: str
) -> tuple[Guard, Callable[[], dict[str, Any]]]:
    """Give a guard that lets in machines by a key of their own, and a function that gives who asks, only behind that guard.

    Args: find: gives the holder of a key, a document with `_id`, or raises `unknown`.
    """

    def check() -> None:
        scheme, _, key = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not key.strip():
            raise unknown
        holder = find(key.strip())
        g.machine, g.principal_id, g.signed_in = holder, holder["_id"], True

    def current() -> dict[str, Any]:
        holder: dict[str, Any] = g.machine
        return holder

    return Guard(name, check, ("machine",), who), current


class StrictParser(FlaskParser):
    """Reads input; unknown fields and query arguments, wrong types and malformed JSON are refused, each with its own code."""

    DEFAULT_UNKNOWN_BY_LOCATION: dict[str, str | None] = dict.fromkeys(FlaskParser.DEFAULT_UNKNOWN_BY_LOCATION)

    def __init__(self) -> None:
        super().__init__()
        self._queries: dict[tuple[int, bytes], dict[str, Any]] = {}

    def parse(self, argmap: Any, req: Any = None, *, location: str | None = None, **options: Any) -> Any:
        """Read one part of a request. Query strings repeat (everybody's first page): what one says is worked out once.

        That took a tenth of a list's time. Only what was valid is kept, and every caller gets a copy.
        """
        if location != "query":
            return super().parse(argmap, req, location=location, **options)
        sent = (id(argmap), (req or request).query_string)  # schemas live as long as their routes
        known = self._queries.get(sent)
        if known is None:
            known = super().parse(argmap, req, location=location, **options)
            if len(self._queries) >= QUERIES_KEPT:
                self._queries.clear()
            self._queries[sent] = known
        return dict(known)

    def load_json(self, req: Any, schema: Any) -> Any:
        if req.mimetype != "application/json":
            raise problems.UnsupportedMediaType(expected="application/json")
        try:
            return msgspec.json.decode(req.get_data())
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise problems.MalformedBody from None

    def handle_error(
        self, error: ValidationError, req: Any, schema: Any, *, error_status_code: Any, error_headers: Any
    ) -> NoReturn:
        raise problems.InvalidInput(errors=in_language(error.normalized_messages()))  # type: ignore[no-untyped-call]


class ApiBlueprint(flask_smorest.Blueprint):
    """A blueprint whose every route has a guard, asked before anything of the request is read."""

    ARGUMENTS_PARSER = StrictParser()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._prepare_doc_cbks += openapi.PARTS

    def route(
        self,
        rule: str,
        *,
        guard: Guard,
        body_limit_bytes: int = BODY_LIMIT_BYTES,
        reads_per_minute: int | None = None,
        **options: Any,
    ) -> Any:
        """Register a view function behind `guard`.

        Args: body_limit_bytes: bounds what it accepts. reads_per_minute: how often one network may read what is dear to
        answer (`accounts.limits`); changing requests are counted anyway.
        """

        def decorator(view: Callable[..., Any]) -> Callable[..., Any]:
            @wraps(view)
            def guarded(*args: Any, **kwargs: Any) -> Any:
                request.max_content_length = body_limit_bytes
                guard.check()
                return view(*args, **kwargs)

            guarded.guard = guard  # type: ignore[attr-defined]
            guarded.reads_per_minute = reads_per_minute  # type: ignore[attr-defined]
            guarded._apidoc = deepcopy(getattr(guarded, "_apidoc", {}))  # type: ignore[attr-defined]
            manual = guarded._apidoc.setdefault("manual_doc", {})  # type: ignore[attr-defined]
            manual["security"] = [{scheme: []} for scheme in guard.security]
            manual["x-guard"] = guard.name
            guarded._apidoc["who"] = guard.who  # type: ignore[attr-defined]
            manual["operationId"] = f"{self.name}_{view.__name__}".replace("-", "_")
            self.add_url_rule(rule, options.pop("endpoint", None), guarded, **options)
            return view

        return decorator

    @staticmethod
    def problems(*refusals: type[Problem]) -> Callable[..., Any]:
        """Document the problems that a view answers."""

        def decorator(view: Callable[..., Any]) -> Callable[..., Any]:
            view._apidoc = deepcopy(getattr(view, "_apidoc", {}))  # type: ignore[attr-defined]
            view._apidoc.setdefault("problems", []).extend(refusals)  # type: ignore[attr-defined]
            return view

        return decorator


class IdConverter(BaseConverter):
    """`<id:name>` matches ids of ours and nothing else."""

    regex = f"[{ALPHABET}]{{{LENGTH}}}"


class NumberConverter(IntegerConverter):
    """`<int:name>` matches numbers that MongoDB and JavaScript can hold (RFC 8259 section 6)."""

    def __init__(self, url_map: Map, *args: Any, **options: Any) -> None:
        super().__init__(url_map, *args, **({"max": MAX_NUMBER} | options))


def required_version() -> int:
    """Give the version from If-Match, which edits need.

    Raises: PreconditionRequired (core.if-match-required, 428), PreconditionFailed (core.changed-meanwhile, 412).
    """
    if not request.if_match:
        raise problems.PreconditionRequired
    tag = next(iter(request.if_match.as_set()), "").partition("-")[0]
    if not tag.isdecimal() or len(tag) > 9:
        raise problems.PreconditionFailed
    return int(tag)


def version_sent() -> int | None:
    """Give the version from If-Match where one is sent: an act that may name what it is about.

    Raises: PreconditionFailed (core.changed-meanwhile, 412).
    """
    return required_version() if request.if_match else None


def with_version(document: dict[str, Any]) -> Any:
    """Answer `document` with its `version` as the ETag that an edit hands back; a GET's is told apart by its content as well."""
    return document, {"ETag": f'"{document["version"]}"'}


def _finish(response: Response) -> Response:
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Referrer-Policy", "same-origin")
    if not request.path.startswith("/v1/"):
        return response
    response.headers.setdefault("Cache-Control", "private, no-cache" if g.get("signed_in") else "no-cache")
    response.headers.setdefault("Vary", "Authorization, Accept-Language")
    if request.method == "GET" and response.status_code == 200 and not response.is_streamed:
        version = response.get_etag()[0]
        if version is None:
            response.add_etag()
        elif version.isdecimal():  # counts, phases and languages differ within one version of what can be edited
            response.set_etag(f"{version}-{generate_etag(response.get_data())[:16]}")
        if CONDITIONS & request.environ.keys():  # looking for them all took as long as the answer's own headers
            response.make_conditional(request)
    return response


def configure(app: Flask) -> openapi.Api:
    """Give `app` these manners and return its API, to which blueprints are registered."""
    app.config.update(
        API_TITLE="mVoting",
        API_VERSION="v1",
        OPENAPI_VERSION="3.1.0",
        OPENAPI_URL_PREFIX="/v1",
        OPENAPI_JSON_PATH="openapi.json",
        MAX_CONTENT_LENGTH=BODY_LIMIT_BYTES,
        MAX_FORM_PARTS=200,
        JSON_SORT_KEYS=False,
    )
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.url_map.converters |= {"id": IdConverter, "int": NumberConverter}
    api = openapi.api_of(app)
    api.register_converter(IdConverter, lambda _: {"type": "string", "pattern": f"^{IdConverter.regex}$"})
    app.after_request(_finish)
    return api
