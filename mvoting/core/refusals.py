"""Every refusal and every failure of a request answered as a problem document.

Source: RFC 9457.
"""

import logging

from flask import Flask, Response, current_app, json, request
from pymongo.errors import (
    AutoReconnect,
    ExecutionTimeout,
    NetworkTimeout,
    NotPrimaryError,
    PyMongoError,
    ServerSelectionTimeoutError,
    WriteConcernError,
)
from werkzeug.exceptions import HTTPException

from mvoting.core import log, problems
from mvoting.core.language import language
from mvoting.core.problems import Problem

PROBLEM_TYPE = "application/problem+json"


def answer_failures(app: Flask) -> None:
    """Have `app` answer whatever a request ends in with a problem document."""
    app.register_error_handler(Problem, problem_response)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(PyMongoError, _database_error)
    app.register_error_handler(Exception, _unexpected_error)


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
        413: problems.BodyTooLarge(limit_bytes=request.max_content_length),
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
