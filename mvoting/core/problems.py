"""Problems: what a person or program is told when something is refused (RFC 9457), with one catalogue of stable codes."""

from typing import Any, ClassVar

from mvoting.core.language import language

CATALOGUE: dict[str, type["Problem"]] = {}


class Problem(Exception):
    """A refusal with a stable code, a status and a text in Korean and English.

    Subclasses set `code`, `status`, `ko`, `en`. Texts may hold {fields}, filled from the keyword arguments, which also
    travel as members of the problem document.
    """

    code: ClassVar[str]
    status: ClassVar[int]
    ko: ClassVar[str]
    en: ClassVar[str]
    examples: ClassVar[dict[str, Any]] = {}
    """A value for each field of the texts, for the OpenAPI document."""

    def __init_subclass__(cls) -> None:
        if cls.code in CATALOGUE and CATALOGUE[cls.code].__qualname__ != cls.__qualname__:
            raise TypeError(f"problem code {cls.code} is used twice")
        CATALOGUE[cls.code] = cls

    def __init__(self, *, headers: dict[str, str] | None = None, **members: Any) -> None:
        super().__init__(self.code)
        self.members = members
        self.headers = headers or {}

    def document(self) -> dict[str, Any]:
        """Give the problem document in the present request's language."""
        return self._written(self.ko if language() == "ko" else self.en, self.members)

    @classmethod
    def example(cls) -> dict[str, Any]:
        """Give a problem document in Korean for the OpenAPI document, its fields filled from `examples`."""
        return cls._written(cls.ko, cls.examples)

    @classmethod
    def _written(cls, text: str, members: dict[str, Any]) -> dict[str, Any]:
        return {
            "type": f"/docs/problems#{cls.code}",
            "title": text.format_map(_Members(members)),
            "status": cls.status,
            "code": cls.code,
            **members,
        }


class _Members(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return ""


class InvalidInput(Problem):
    code, status = "core.invalid-input", 422
    ko = "입력한 내용을 확인해 주세요."
    en = "Please check what you entered."


class MalformedBody(Problem):
    code, status = "core.malformed-body", 400
    ko = "요청 본문이 올바른 JSON이 아닙니다."
    en = "The request body is not well-formed JSON."


class UnsupportedMediaType(Problem):
    code, status = "core.unsupported-media-type", 415
    ko = "이 주소는 {expected} 형식만 받습니다."
    en = "This address accepts {expected} only."
    examples = {"expected": "application/json"}


class BodyTooLarge(Problem):
    code, status = "core.body-too-large", 413
    ko = "보낸 내용이 너무 큽니다. 최대 {limit_bytes}바이트까지 보낼 수 있습니다."
    en = "The request is too large. The limit is {limit_bytes} bytes."
    examples = {"limit_bytes": 262_144}


class BodyTooSlow(Problem):
    code, status = "core.body-too-slow", 408
    ko = "보내는 데 너무 오래 걸려 연결을 끊었습니다. 처리된 것은 없으니 다시 보내 주세요."
    en = "Sending took too long, so the connection was closed. Nothing was processed; please send it again."


class NotFound(Problem):
    code, status = "core.not-found", 404
    ko = "찾으시는 항목이 없습니다."
    en = "There is nothing at this address."


class MethodNotAllowed(Problem):
    code, status = "core.method-not-allowed", 405
    ko = "이 주소에서는 쓸 수 없는 요청 방식입니다."
    en = "This address does not support that method."


class SignInRequired(Problem):
    code, status = "core.sign-in-required", 401
    ko = "로그인이 필요합니다."
    en = "Please sign in first."


class Forbidden(Problem):
    code, status = "core.forbidden", 403
    ko = "이 작업을 할 권한이 없습니다."
    en = "You are not allowed to do this."


class PreconditionFailed(Problem):
    code, status = "core.changed-meanwhile", 412
    ko = "그사이 다른 사람이 내용을 바꿨습니다. 새로 불러온 뒤 다시 시도해 주세요."
    en = "Somebody changed this in the meantime. Load it again, then retry."


class RangeNotSatisfiable(Problem):
    code, status = "core.range-not-satisfiable", 416
    ko = "요청한 범위가 파일의 끝을 넘습니다. 범위 없이 다시 받아 주세요."
    en = "The range asked for lies beyond the file's end. Ask again without one."


class PreconditionRequired(Problem):
    code, status = "core.if-match-required", 428
    ko = "If-Match 머리글에 지금 보고 있는 판의 ETag를 넣어 주세요."
    en = "Send an If-Match header with the ETag of the version you saw."


class TooManyRequests(Problem):
    code, status = "core.too-many-requests", 429
    ko = "요청이 너무 잦습니다. {retry_after_s}초 뒤에 다시 시도해 주세요."
    en = "Too many requests. Try again in {retry_after_s} seconds."
    examples = {"retry_after_s": 30}


class BadRequest(Problem):
    code, status = "core.bad-request", 400
    ko = "요청을 이해할 수 없습니다."
    en = "The request could not be understood."


class InternalError(Problem):
    code, status = "core.internal-error", 500
    ko = "서버에 문제가 생겼습니다. 잠시 뒤 다시 시도해 주세요."
    en = "Something went wrong on our side. Please try again in a moment."


class Unavailable(Problem):
    code, status = "core.unavailable", 503
    ko = "지금은 처리할 수 없습니다. 잠시 뒤 다시 시도해 주세요."
    en = "This cannot be done right now. Please try again in a moment."


class TookTooLong(Problem):
    code, status = "core.took-too-long", 503
    ko = "처리하는 데 너무 오래 걸려 멈췄습니다. 일부만 저장된 것은 없습니다. 잠시 뒤 다시 시도해 주세요."
    en = "This took too long and was stopped. Nothing was stored in part. Please try again in a moment."
