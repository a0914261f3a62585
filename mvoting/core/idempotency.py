"""`Idempotency-Key` on creating requests: a phone may repeat a request in a tunnel and make one thing only.

The key is stored before the work and the answer after it, so between them a process may die, or the database may not tell
whether it stored what it was asked to. The work is then done again with the very same ids (`ids.repeatable_ids`): where it had
been stored, its id is taken, and that is said; where it had not, it is stored now. Nothing is made twice.
Source: IETF draft-ietf-httpapi-idempotency-key-header. Keys are kept for 24 h, scoped to person and route.
"""

import hashlib
import json
import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from functools import wraps
from typing import Any

from flask import Response, g, make_response, request
from mongoengine import BinaryField, BooleanField, DateTimeField, Document, StringField
from pymongo.errors import DuplicateKeyError, PyMongoError
from werkzeug.exceptions import HTTPException

from mvoting.core import log
from mvoting.core.clock import now
from mvoting.core.ids import repeatable_ids
from mvoting.core.problems import Problem
from mvoting.core.secrets import keyed, seal, unseal

KEPT = timedelta(hours=24)
ABANDONED_AFTER = timedelta(seconds=60)
KEY_MAX = 128


class IdempotencyKeyReused(Problem):
    code, status = "core.idempotency-key-reused", 422
    ko = "앞서 보낸 내용이 이미 접수되어, 바꾼 내용은 저장하지 않았습니다. 화면을 새로 불러와 접수된 내용을 확인해 주세요."
    en = (
        "What you sent before had been received already, so what you changed since was not stored. Reload "
        "the page to see what was received."
    )


class RequestInProgress(Problem):
    code, status = "core.request-in-progress", 409
    ko = "앞서 보낸 요청을 아직 처리하고 있습니다. 잠시 뒤 다시 확인해 주세요."
    en = "Your earlier request is still being processed. Look again in a moment."


class MadeAlready(Problem):
    code, status = "core.made-already", 409
    ko = "앞서 보낸 내용이 이미 저장되어 있어 다시 저장하지 않았습니다. 화면을 새로 불러와 확인해 주세요."
    en = "What you sent before is stored already, so nothing was stored again. Reload the page to see it."
    examples = {"id": "01kbn6v3tq8w2y4z6a7c9e0g1h"}


class IdempotencyKeyTooLong(Problem):
    code, status = "core.idempotency-key-too-long", 400
    ko = "앱이 붙인 요청 번호가 너무 길어 처리하지 않았습니다. 앱을 새로 고친 뒤 다시 시도해 주세요. (Idempotency-Key는 128자까지입니다.)"
    en = (
        "The app numbered this request with too many letters, so nothing was done. Reload it and try again. "
        "(An Idempotency-Key has at most 128.)"
    )


class IdempotentRequest(Document):
    """A request that was answered, or is being answered; the answer is sealed, for it may hold what a person wrote."""

    key = StringField(primary_key=True)
    request_hash = StringField()
    started_at = DateTimeField()
    first_at = DateTimeField()  # of the first try; the ids of what is made say this time
    is_open = BooleanField()  # nobody knows whether the last try stored anything; the next may begin at once
    answer_sealed = BinaryField()
    meta = {
        "collection": "idempotent_requests",
        "auto_create_index": False,
        "indexes": [{"fields": ["started_at"], "expireAfterSeconds": int(KEPT.total_seconds())}],
    }


def idempotent(view: Callable[..., Any]) -> Callable[..., Any]:
    """Make a creating view repeatable; stands directly under `route`.

    Raises: IdempotencyKeyReused (422), RequestInProgress, MadeAlready (409), IdempotencyKeyTooLong (400).
    """

    @wraps(view)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        sent = request.headers.get("Idempotency-Key")
        if not sent:
            return view(*args, **kwargs)
        if len(sent) > KEY_MAX:
            raise IdempotencyKeyTooLong
        key = keyed("idempotency", f"{g.get('principal_id', '')}:{request.endpoint}:{request.path}:{sent}")
        begun = _begin(key)
        if isinstance(begun, Response):
            return begun
        with repeatable_ids(key, begun) as ids:
            try:
                response = make_response(view(*args, **kwargs))
            except (Problem, HTTPException) as refusal:
                _forget(key) if _is_refusal(refusal) else _leave_open(key)
                raise
            except BaseException as failure:
                _leave_open(key)
                raise _explained(failure, ids.made) from None
        _keep(key, response)
        return response

    wrapper._apidoc = {**getattr(view, "_apidoc", {}), "is_idempotent": True}  # type: ignore[attr-defined]
    return wrapper


def _is_refusal(problem: Problem | HTTPException) -> bool:
    """Tell whether it was decided that nothing is stored; what is the server's own failing decides nothing."""
    status = problem.status if isinstance(problem, Problem) else problem.code or 500
    return status < 500


def _explained(failure: BaseException, made: list[str]) -> BaseException:
    """Say of a failure that an earlier try had stored the very thing, if that is why."""
    if isinstance(failure, DuplicateKeyError):
        taken = ((failure.details or {}).get("keyValue") or {}).get("_id")
        if taken in made:
            return MadeAlready(id=taken)
    return failure


def _forget(key: str) -> None:
    IdempotentRequest._get_collection().delete_one({"_id": key})


def _leave_open(key: str) -> None:
    with suppress(PyMongoError):  # then it is open a minute later
        IdempotentRequest._get_collection().update_one({"_id": key}, {"$set": {"is_open": True}})


def _keep(key: str, response: Response) -> None:
    """Keep an answer for repetitions; who asked gets it in any case, for what was asked is done."""
    try:
        IdempotentRequest._get_collection().update_one({"_id": key}, {"$set": {"answer_sealed": _sealed(response, key)}})
    except PyMongoError as error:
        log.event("core.answer_not_kept", level=logging.WARNING, kind=type(error).__name__)


def _begin(key: str) -> Response | datetime:
    """Claim a key. Returns: when it was first sent, or the answer to what was sent with it."""
    collection = IdempotentRequest._get_collection()
    # Keyed: what people send can be short enough to be guessed from a bare hash.
    sent = keyed("idempotent request", hashlib.sha256(request.get_data()).hexdigest())
    at = now()
    fresh: dict[str, Any] = {"_id": key, "request_hash": sent, "started_at": at, "first_at": at}
    try:
        collection.insert_one(fresh)
        return at
    except DuplicateKeyError:
        pass
    earlier = collection.find_one({"_id": key}) or fresh
    if earlier["request_hash"] != fresh["request_hash"]:
        raise IdempotencyKeyReused
    if "answer_sealed" in earlier:
        return _opened(bytes(earlier["answer_sealed"]), key)
    # A process that died in the middle must not lock the phone out for a day.
    is_over = {"$or": [{"is_open": True}, {"started_at": {"$lte": at - ABANDONED_AFTER}}]}
    taken = collection.find_one_and_update(
        {"_id": key, "answer_sealed": {"$exists": False}, **is_over}, {"$set": {"started_at": at}, "$unset": {"is_open": ""}}
    )
    if taken is None:
        raise RequestInProgress(headers={"Retry-After": "2"})
    return taken.get("first_at") or at


def _sealed(response: Response, key: str) -> bytes:
    told = {"status": response.status_code, "headers": _kept_headers(response), "body": response.get_data(as_text=True)}
    return seal("idempotent answer", json.dumps(told).encode(), bound_to=key.encode())


def _opened(sealed: bytes, key: str) -> Response:
    told = json.loads(unseal("idempotent answer", sealed, bound_to=key.encode()))
    return Response(told["body"], told["status"], {**told["headers"], "Idempotency-Replayed": "true"})


def _kept_headers(response: Response) -> dict[str, str]:
    return {name: response.headers[name] for name in ("Content-Type", "Location", "ETag") if name in response.headers}
