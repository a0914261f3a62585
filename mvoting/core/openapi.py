"""The OpenAPI document: examples, the problems and headers of each operation, schemas by package.

Source: OpenAPI 3.1.
"""

from functools import cached_property
from http import HTTPStatus
from typing import Any

import flask_smorest
from apispec.ext.marshmallow import MarshmallowPlugin
from apispec.ext.marshmallow.common import resolve_schema_cls
from flask import Flask, Response, json
from marshmallow import INCLUDE, Schema, fields

from mvoting.core import problems
from mvoting.core.examples import example_of
from mvoting.core.idempotency import KEY_MAX, IdempotencyKeyReused, IdempotencyKeyTooLong, MadeAlready, RequestInProgress
from mvoting.core.problems import Problem
from mvoting.core.refusals import PROBLEM_TYPE, answer_failures
from mvoting.core.schemas import Output

IF_MATCH: dict[str, Any] = {
    "name": "If-Match",
    "in": "header",
    "required": True,
    "description": "ETag of the version that you saw; another one since: 412",
    "schema": {"type": "string", "pattern": '^"[0-9]{1,9}"$', "example": '"3"'},
}
MAY_MATCH: dict[str, Any] = {**IF_MATCH, "required": False}
IDEMPOTENCY_KEY: dict[str, Any] = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "made anew for each decision and sent again with its repeats: within 24 hours they get the first answer",
    "schema": {"type": "string", "maxLength": KEY_MAX, "example": "5f1c2d4e5a6978870102030405060708"},
}
BEARER = {"type": "http", "scheme": "bearer"}
SECURITY = {
    "citizen": {**BEARER, "bearerFormat": "JWT", "description": "access token of a citizen's session"},
    "staff": {**BEARER, "bearerFormat": "JWT", "description": "access token of a staff session"},
    "machine": {**BEARER, "description": "key of a CAP source or sensor gateway"},
}


class ProblemSchema(Output):
    """A refusal (RFC 9457); further members depend on its code."""

    class Meta:
        unknown = INCLUDE

    type = fields.String(required=True)
    title = fields.String(required=True, metadata={"description": "text for the person, Korean or English"})
    status = fields.Integer(required=True)
    code = fields.String(required=True, metadata={"description": "stable code", "example": "voting.poll-closed"})
    errors = fields.Dict(metadata={"description": "what is wrong, by place and field"})


def _with_examples(doc: dict[str, Any], doc_info: dict[str, Any], **_: Any) -> dict[str, Any]:
    bodies = [doc.get("requestBody"), *doc.get("responses", {}).values()]
    for body in bodies:
        for content in body.get("content", {}).values() if isinstance(body, dict) else ():
            is_told = {"example", "examples"} & set(content)
            if isinstance(content.get("schema"), Schema) and not is_told:
                content["example"] = example_of(content["schema"])
    return doc


def _with_problems(doc: dict[str, Any], doc_info: dict[str, Any], **_: Any) -> dict[str, Any]:
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


def _with_headers(doc: dict[str, Any], doc_info: dict[str, Any], **_: Any) -> dict[str, Any]:
    headers: list[dict[str, Any]] = [IF_MATCH] if problems.PreconditionRequired in doc_info.get("problems", []) else []
    headers += [IDEMPOTENCY_KEY] if doc_info.get("is_idempotent") else []
    if headers:
        doc["parameters"] = [*doc.get("parameters", []), *headers]
    return doc


def _with_who(doc: dict[str, Any], doc_info: dict[str, Any], **_: Any) -> dict[str, Any]:
    said = doc_info["docstring"]
    said["description"] = " ".join(filter(None, (said.get("description"), f"For {doc_info['who']}.")))
    return doc


PARTS = [_with_examples, _with_problems, _with_headers, _with_who]  # in which flask-smorest completes each operation


def _implied_problems(doc: dict[str, Any], doc_info: dict[str, Any]) -> list[type[Problem]]:
    implied: list[type[Problem]] = [problems.TooManyRequests, problems.BadRequest]
    if doc_info.get("manual_doc", {}).get("security"):
        implied += [problems.SignInRequired, problems.Forbidden]
    if doc_info.get("arguments"):
        implied.append(problems.InvalidInput)
    if "requestBody" in doc:
        implied += [problems.MalformedBody, problems.UnsupportedMediaType, problems.BodyTooLarge]
    if doc_info.get("is_idempotent"):
        implied += [IdempotencyKeyReused, RequestInProgress, MadeAlready, IdempotencyKeyTooLong]
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
        answer_failures(self._app)


def _schema_name(schema: Any) -> str:
    """Name a schema in the OpenAPI document: `polls.QuestionIn`; core's own stand without a package."""
    kind = resolve_schema_cls(schema)
    if not isinstance(kind, type):
        return ""
    package = kind.__module__.split(".")[-2] if "." in kind.__module__ else kind.__module__
    return kind.__name__ if package == "core" else f"{package}.{kind.__name__}"


def api_of(app: Flask) -> Api:
    """Make the API of `app`, to which blueprints are registered."""
    names = MarshmallowPlugin(schema_name_resolver=_schema_name)
    about = {"description": "Participation, verifiable voting and disaster alerts for a city."}
    api = Api(app, spec_kwargs={"marshmallow_plugin": names, "info": about})
    for name, scheme in SECURITY.items():
        api.spec.components.security_scheme(name, scheme)
    return api
