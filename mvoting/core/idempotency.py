"""`Idempotency-Key` on creating requests: a phone may repeat a request in a tunnel and make one thing only.

Source: IETF draft-ietf-httpapi-idempotency-key-header. Keys are kept for 24 h, scoped to person and route.
"""

import hashlib
import json
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any

from flask import Response, g, make_response, request
from mongoengine import BinaryField, DateTimeField, Document, StringField
from pymongo.errors import DuplicateKeyError

from mvoting.core.clock import now
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
    answer_sealed = BinaryField()
    meta = {
        "collection": "idempotent_requests",
        "auto_create_index": False,
        "indexes": [{"fields": ["started_at"], "expireAfterSeconds": int(KEPT.total_seconds())}],
    }


def idempotent(view: Callable[..., Any]) -> Callable[..., Any]:
    """Make a creating view repeatable; stands directly under `route`.

    Raises: IdempotencyKeyReused (422), RequestInProgress (409), IdempotencyKeyTooLong (400).
    """

    @wraps(view)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        sent = request.headers.get("Idempotency-Key")
        if not sent:
            return view(*args, **kwargs)
        if len(sent) > KEY_MAX:
            raise IdempotencyKeyTooLong
        key = keyed("idempotency", f"{g.get('principal_id', '')}:{request.endpoint}:{request.path}:{sent}")
        earlier = _begin(key)
        if earlier is not None:
            return earlier
        try:
            response = make_response(view(*args, **kwargs))
        except BaseException:
            IdempotentRequest._get_collection().delete_one({"_id": key})
            raise
        IdempotentRequest._get_collection().update_one({"_id": key}, {"$set": {"answer_sealed": _sealed(response, key)}})
        return response

    wrapper._apidoc = {**getattr(view, "_apidoc", {}), "is_idempotent": True}  # type: ignore[attr-defined]
    return wrapper


def _begin(key: str) -> Response | None:
    collection = IdempotentRequest._get_collection()
    # Keyed: what people send can be short enough to be guessed from a bare hash.
    sent = keyed("idempotent request", hashlib.sha256(request.get_data()).hexdigest())
    fresh: dict[str, Any] = {"_id": key, "request_hash": sent, "started_at": now()}
    try:
        collection.insert_one(fresh)
        return None
    except DuplicateKeyError:
        pass
    earlier = collection.find_one({"_id": key}) or fresh
    if earlier["request_hash"] != fresh["request_hash"]:
        raise IdempotencyKeyReused
    if "answer_sealed" in earlier:
        return _opened(bytes(earlier["answer_sealed"]), key)
    # A process that died in the middle must not lock the phone out for a day.
    taken = collection.find_one_and_update(
        {"_id": key, "answer_sealed": {"$exists": False}, "started_at": {"$lte": now() - ABANDONED_AFTER}},
        {"$set": {"started_at": now()}},
    )
    if taken is None:
        raise RequestInProgress(headers={"Retry-After": "2"})
    return None


def _sealed(response: Response, key: str) -> bytes:
    told = {"status": response.status_code, "headers": _kept_headers(response), "body": response.get_data(as_text=True)}
    return seal("idempotent answer", json.dumps(told).encode(), bound_to=key.encode())


def _opened(sealed: bytes, key: str) -> Response:
    told = json.loads(unseal("idempotent answer", sealed, bound_to=key.encode()))
    return Response(told["body"], told["status"], {**told["headers"], "Idempotency-Replayed": "true"})


def _kept_headers(response: Response) -> dict[str, str]:
    return {name: response.headers[name] for name in ("Content-Type", "Location", "ETag") if name in response.headers}
