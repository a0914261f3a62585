"""HTTP manners shared by every route: guards, problem documents, strict input, body limits, ETags, OpenAPI.

Sources: RFC 9457 (problems), RFC 9110 (conditional requests), OpenAPI 3.1.
"""

import logging
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from functools import cached_property, wraps
from http import HTTPStatus
from typing import Any, NoReturn

import flask_smorest
import msgspec
from apispec.ext.marshmallow import MarshmallowPlugin
from apispec.ext.marshmallow.common import resolve_schema_cls
from flask import Flask, Response, current_app, g, json, request
from marshmallow import INCLUDE, Schema, ValidationError, fields
from pymongo.errors import (
    AutoReconnect,
    ExecutionTimeout,
    NetworkTimeout,
    NotPrimaryError,
    PyMongoError,
    ServerSelectionTimeoutError,
    WriteConcernError,
)
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import HTTPException
from werkzeug.routing import BaseConverter, IntegerConverter, Map

from mvoting.core import log, problems
from mvoting.core.examples import example_of
from mvoting.core.ids import ALPHABET, LENGTH
from mvoting.core.language import language
from mvoting.core.problems import Problem
from mvoting.core.schemas import Output
from mvoting.core.validation import in_language

BODY_LIMIT_BYTES = 256 * 1024
QUERIES_KEPT = 2000
MAX_NUMBER = 2**53 - 1
CONDITIONS = {"HTTP_IF_NONE_MATCH", "HTTP_IF_MATCH", "HTTP_IF_MODIFIED_SINCE", "HTTP_IF_UNMODIFIED_SINCE", "HTTP_RANGE"}
PROBLEM_TYPE = "application/problem+json"


@dataclass(frozen=True)
class Guard:
    """Who may use a route. `check` raises a Problem or notes in `flask.g` who asks; `security` names OpenAPI schemes."""

    name: str
    check: Callable[[], None]
    security: tuple[str, ...] = ()


def key_guard(
    name: str, find: Callable[[str], dict[str, Any]], unknown: type[Problem]
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

    return Guard(name, check, ("machine",)), current


class ProblemSchema(Output):
    """A refusal (RFC 9457); further members depend on its code."""

    class Meta:
        unknown = INCLUDE

    type = fields.String(required=True)
    title = fields.String(required=True, metadata={"description": "text for the person, Korean or English"})
    status = fields.Integer(required=True)
    code = fields.String(required=True, metadata={"description": "stable code", "example": "voting.poll-closed"})
    errors = fields.Dict(metadata={"description": "what is wrong, by place and field"})


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
        self._prepare_doc_cbks += [self._prepare_examples_doc, self._prepare_problems_doc]

    def route(self, rule: str, *, guard: Guard, body_limit_bytes: int = BODY_LIMIT_BYTES, **options: Any) -> Any:
        """Register a view function behind `guard`; `body_limit_bytes` bounds what it accepts."""

        def decorator(view: Callable[..., Any]) -> Callable[..., Any]:
            @wraps(view)
            def guarded(*args: Any, **kwargs: Any) -> Any:
                request.max_content_length = body_limit_bytes
                guard.check()
                return view(*args, **kwargs)

            guarded.guard = guard  # type: ignore[attr-defined]
            guarded._apidoc = deepcopy(getattr(guarded, "_apidoc", {}))  # type: ignore[attr-defined]
            manual = guarded._apidoc.setdefault("manual_doc", {})  # type: ignore[attr-defined]
            manual["security"] = [{scheme: []} for scheme in guard.security]
            manual["x-guard"] = guard.name
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

    @staticmethod
    def _prepare_examples_doc(doc: dict[str, Any], doc_info: dict[str, Any], **_: Any) -> dict[str, Any]:
        bodies = [doc.get("requestBody"), *doc.get("responses", {}).values()]
        for body in bodies:
            for content in body.get("content", {}).values() if isinstance(body, dict) else ():
                if isinstance(content.get("schema"), Schema) and not {"example", "examples"} & set(content):
                    content["example"] = example_of(content["schema"])
        return doc

    @staticmethod
    def _prepare_problems_doc(doc: dict[str, Any], doc_info: dict[str, Any], **_: Any) -> dict[str, Any]:
        refusals: list[type[Problem]] = [*doc_info.get("problems", []), *_implied_problems(doc, doc_info)]
        responses = doc.setdefault("responses", {})
        for status in sorted({refusal.status for refusal in refusals}):
            codes = {r.code: r for r in refusals if r.status == status}
            responses[str(status)] = {
                "description": "; ".join(f"`{code}` {refusal.en}" for code, refusal in sorted(codes.items())),
                "content": {
                    PROBLEM_TYPE: {
                        "schema": ProblemSchema,
                        "examples": {code: {"$ref": f"#/components/examples/{code}"} for code in sorted(codes)},
                    }
                },
            }
            responses.pop(status, None)
        return doc


def _implied_problems(doc: dict[str, Any], doc_info: dict[str, Any]) -> list[type[Problem]]:
    implied: list[type[Problem]] = [problems.TooManyRequests, problems.BadRequest]
    if doc_info.get("manual_doc", {}).get("security"):
        implied += [problems.SignInRequired, problems.Forbidden]
    if doc_info.get("arguments"):
        implied.append(problems.InvalidInput)
    if "requestBody" in doc:
        implied += [problems.MalformedBody, problems.UnsupportedMediaType, problems.BodyTooLarge]
    return implied


class Api(flask_smorest.Api):
    """The API with problem documents instead of flask-smorest's own error shape."""

    ERROR_SCHEMA = ProblemSchema

    def register_blueprint(self, blp: Any, **options: Any) -> None:
        """Register a blueprint's routes; its part of the document is written when somebody first asks for that.

        Writing the whole document takes as long as the rest of the start, and most processes are never asked.
        """
        self._app.extensions["flask-smorest"]["blp_name_to_api"][blp.name] = self
        self._app.register_blueprint(blp, **options)
        self._blueprints.append(blp)

    @cached_property
    def _blueprints(self) -> list[Any]:
        return []

    @cached_property
    def document(self) -> dict[str, Any]:
        """The OpenAPI document."""
        for blp in self._blueprints:
            blp.register_views_in_doc(self, self._app, self.spec, name=blp.name, parameters=None)
            self.spec.tag({"name": blp.name, "description": blp.description})
        for code, problem in sorted(problems.CATALOGUE.items()):
            self.spec.components.example(code, {"value": problem.example()})
        written: dict[str, Any] = self.spec.to_dict()
        return written

    def _openapi_json(self) -> Response:
        return Response(json.dumps(self.document, indent=2), mimetype="application/json")

    def _register_responses(self) -> None:
        content = {"content": {PROBLEM_TYPE: {"schema": ProblemSchema}}}
        for status in HTTPStatus:
            if status >= 400:
                self.spec.components.response(status.name, {"description": status.phrase, **content}, lazy=True)
        self.spec.components.response("DEFAULT_ERROR", {"description": "A problem (RFC 9457).", **content}, lazy=True)

    def _register_error_handlers(self) -> None:
        self._app.register_error_handler(Problem, problem_response)
        self._app.register_error_handler(HTTPException, _http_error)
        self._app.register_error_handler(PyMongoError, _database_error)
        self._app.register_error_handler(Exception, _unexpected_error)


class IdConverter(BaseConverter):
    """`<id:name>` matches ids of ours and nothing else."""

    regex = f"[{ALPHABET}]{{{LENGTH}}}"


class NumberConverter(IntegerConverter):
    """`<int:name>` matches numbers that MongoDB and JavaScript can hold (RFC 8259 section 6)."""

    def __init__(self, url_map: Map, *args: Any, **options: Any) -> None:
        super().__init__(url_map, *args, **({"max": MAX_NUMBER} | options))


def problem_response(problem: Problem) -> Response:
    """Turn a problem into its document."""
    headers = {"Content-Language": language(), **problem.headers}
    if problem.status == 401:
        headers.setdefault("WWW-Authenticate", "Bearer")
    return Response(written(problem), problem.status, headers, content_type=PROBLEM_TYPE)


def written(problem: Problem) -> str:
    """Give a problem's document as it is sent."""
    return json.dumps(problem.document(), ensure_ascii=False)


def _http_error(error: HTTPException) -> Response:
    if error.response is not None or (error.code or 500) < 400:
        return current_app.make_response(error.get_response())
    refusals: dict[int, Problem] = {
        400: problems.BadRequest(),
        403: problems.Forbidden(),
        404: problems.NotFound(),
        405: problems.MethodNotAllowed(),
        408: problems.BodyTooSlow(),
        412: problems.PreconditionFailed(),
        413: problems.BodyTooLarge(limit_bytes=request.max_content_length or BODY_LIMIT_BYTES),
        415: problems.UnsupportedMediaType(expected="application/json"),
        416: problems.RangeNotSatisfiable(),
        422: problems.InvalidInput(),
        428: problems.PreconditionRequired(),
    }
    code = error.code or 500
    problem = refusals.get(code) or (problems.InternalError() if code >= 500 else problems.BadRequest())
    kept = [(name, value) for name, value in error.get_headers() if name in ("Allow", "Retry-After")]
    response = problem_response(problem)
    response.headers.extend(kept)
    return response


def _database_error(error: PyMongoError) -> Response:
    transient = isinstance(
        error, AutoReconnect | ServerSelectionTimeoutError | NotPrimaryError | ExecutionTimeout | WriteConcernError
    )
    if (
        not transient
        and not error.has_error_label("RetryableWriteError")
        and not error.has_error_label("TransientTransactionError")
    ):
        return _unexpected_error(error)
    return problem_response(database_problem(error))


def database_problem(error: PyMongoError) -> Problem:
    """Say what a database that does not answer in time means for the person who asked."""
    log.event("core.database_unavailable", level=logging.WARNING, kind=type(error).__name__)
    is_slow = isinstance(error, ExecutionTimeout | NetworkTimeout)
    return (problems.TookTooLong if is_slow else problems.Unavailable)(headers={"Retry-After": "2"})


def _unexpected_error(error: Exception) -> Response:
    # The text of an exception may hold what a person sent; the traceback with its values is not logged in production.
    log.event("core.unexpected_error", level=logging.ERROR, kind=type(error).__name__, route=str(request.url_rule), exc_info=True)
    return problem_response(problems.InternalError())


def required_version() -> int:
    """Give the version from If-Match, which edits need.

    Raises: PreconditionRequired (core.if-match-required, 428), PreconditionFailed (core.changed-meanwhile, 412).
    """
    if not request.if_match:
        raise problems.PreconditionRequired
    tag = next(iter(request.if_match.as_set()), "")
    if not tag.isdecimal() or len(tag) > 9:
        raise problems.PreconditionFailed
    return int(tag)


def with_version(document: dict[str, Any]) -> Any:
    """Answer `document` with its `version` as the ETag that an edit hands back."""
    return document, {"ETag": f'"{document["version"]}"'}


def _finish(response: Response) -> Response:
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Referrer-Policy", "same-origin")
    if not request.path.startswith("/v1/"):
        return response
    response.headers.setdefault("Cache-Control", "private, no-cache" if g.get("signed_in") else "no-cache")
    response.headers.setdefault("Vary", "Authorization, Accept-Language")
    if request.method == "GET" and response.status_code == 200 and not response.is_streamed:
        if "ETag" not in response.headers:
            response.add_etag()
        if CONDITIONS & request.environ.keys():  # looking for them all took as long as the answer's own headers
            response.make_conditional(request)
    return response


def _schema_name(schema: Any) -> str:
    """Name a schema in the OpenAPI document: `polls.QuestionIn`; core's own stand without a package."""
    kind = resolve_schema_cls(schema)
    if not isinstance(kind, type):
        return ""
    package = kind.__module__.split(".")[-2] if "." in kind.__module__ else kind.__module__
    return kind.__name__ if package == "core" else f"{package}.{kind.__name__}"


def configure(app: Flask) -> Api:
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
    names = MarshmallowPlugin(schema_name_resolver=_schema_name)
    api = Api(
        app,
        spec_kwargs={
            "marshmallow_plugin": names,
            "info": {"description": "Participation, verifiable voting and disaster alerts for a city."},
        },
    )
    api.register_converter(IdConverter, lambda _: {"type": "string", "pattern": f"^{IdConverter.regex}$"})
    bearer = {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
    api.spec.components.security_scheme("citizen", {**bearer, "description": "access token of a citizen's session"})
    api.spec.components.security_scheme("staff", {**bearer, "description": "access token of a staff session"})
    machine = {"type": "http", "scheme": "bearer", "description": "key of a CAP source or sensor gateway"}
    api.spec.components.security_scheme("machine", machine)
    app.after_request(_finish)
    return api
