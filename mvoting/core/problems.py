"""Problems: what a person or program is told when something is refused (RFC 9457), with one catalogue of stable codes."""

from typing import Any, ClassVar

from mvoting.core.language import language

WAITS = ((3600, "시간", "hour"), (60, "분", "minute"), (1, "초", "second"))
CATALOGUE: dict[str, type["Problem"]] = {}


class Problem(Exception):
    """A refusal with a stable code, a status and a text in Korean and English.

    Subclasses set `code`, `status`, `ko`, `en`. Texts may hold {fields}, filled from the keyword arguments, which also
    travel as members of the problem document. Where one is `retry_after_s`, {wait_ko} and {wait_en} say it in words.
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
            "title": text.format_map(_Members(_waits(members) | members)),
            "status": cls.status,
            "code": cls.code,
            **members,
        }


class _Members(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return ""


def _waits(members: dict[str, Any]) -> dict[str, str]:
    """Say how long to wait as people would: nobody waits 1,740 seconds."""
    wait_s = members.get("retry_after_s")
    if wait_s is None:
        return {}
    size, korean, english = next((unit for unit in WAITS if wait_s >= unit[0]), WAITS[-1])
    count = -(-wait_s // size)
    return {"wait_ko": f"{count}{korean}", "wait_en": f"{count} {english}{'s' if count != 1 else ''}"}


class InvalidInput(Problem):
    code, status = "core.invalid-input", 422
    ko = "입력한 내용을 확인해 주세요."
    en = "Please check what you entered."


class MalformedBody(Problem):
    code, status = "core.malformed-body", 400
    ko = "보낸 내용을 읽을 수 없습니다. 앱을 새로 고친 뒤 다시 시도해 주세요. (본문이 올바른 JSON이 아닙니다.)"
    en = "What was sent cannot be read: the body is not well-formed JSON. Reload the app and try again."


class UnsupportedMediaType(Problem):
    code, status = "core.unsupported-media-type", 415
    ko = "이 형식은 받을 수 없습니다. {expected} 형식으로 다시 보내 주세요."
    en = "This format cannot be taken. Send it as {expected}."
    examples = {"expected": "application/json"}


class BodyTooLarge(Problem):
    code, status = "core.body-too-large", 413
    ko = "보낸 내용이 너무 큽니다(최대 {limit_bytes}바이트). 글을 줄이거나 더 작은 파일로 다시 보내 주세요."
    en = "This is too large (the limit is {limit_bytes} bytes). Shorten it or choose a smaller file, then send it again."
    examples = {"limit_bytes": 262_144}


class BodyTooSlow(Problem):
    code, status = "core.body-too-slow", 408
    ko = "보내는 데 너무 오래 걸려 연결을 끊었습니다. 처리된 것은 없으니 다시 보내 주세요."
    en = "Sending took too long, so the connection was closed. Nothing was processed; please send it again."


class NotFound(Problem):
    code, status = "core.not-found", 404
    ko = "찾으시는 내용이 없습니다. 주소를 확인하거나 처음 화면에서 다시 찾아 주세요."
    en = "There is nothing at this address. Check it, or start from the first page."


class MethodNotAllowed(Problem):
    code, status = "core.method-not-allowed", 405
    ko = "이 주소에서는 할 수 없는 요청입니다. 화면을 새로 고친 뒤 다시 시도해 주세요."
    en = "This address does not support that request. Reload the page and try again."


class SignInRequired(Problem):
    code, status = "core.sign-in-required", 401
    ko = "로그인한 뒤에 할 수 있습니다. 먼저 로그인해 주세요."
    en = "Please sign in first; this is for people who are signed in."


class Forbidden(Problem):
    code, status = "core.forbidden", 403
    ko = "이 일을 할 권한이 없습니다. 권한이 필요하면 관리자에게 문의해 주세요."
    en = "Your account may not do this. Ask an administrator if it should."


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
    ko = "어느 판을 보고 고쳤는지 알 수 없어 저장하지 않았습니다. 새로 불러온 뒤 다시 시도해 주세요. (If-Match 머리글에 ETag를 넣습니다.)"
    en = "It is not clear which version you changed, so nothing was stored. Load it again and retry. (Send its ETag as If-Match.)"


class TooManyRequests(Problem):
    code, status = "core.too-many-requests", 429
    ko = "지금은 요청이 많습니다. {wait_ko} 뒤에 다시 시도해 주세요."
    en = "There are many requests right now. Please try again in {wait_en}."
    examples = {"retry_after_s": 30}


class BadRequest(Problem):
    code, status = "core.bad-request", 400
    ko = "요청을 이해하지 못했습니다. 화면을 새로 고친 뒤 다시 시도해 주세요."
    en = "The request was not understood. Reload the page and try again."


class InternalError(Problem):
    code, status = "core.internal-error", 500
    ko = "서버에 문제가 생겼습니다. 잠시 뒤 다시 시도해 주세요."
    en = "Something went wrong on our side. Please try again in a moment."


class Unavailable(Problem):
    code, status = "core.unavailable", 503
    ko = "지금은 처리할 수 없습니다. 잠시 뒤 다시 시도해 주세요."
    en = "This cannot be done right now. Please try again in a moment."


class TooManyUploads(Problem):
    code, status = "core.too-many-uploads", 503
    ko = "지금 큰 파일을 여러 개 받고 있어 이 파일은 아직 받지 못했습니다. {wait_ko} 뒤에 다시 보내 주세요."
    en = "Several large files are being received, so this one was not taken in yet. Please send it again in {wait_en}."
    examples = {"retry_after_s": 10}


class TookTooLong(Problem):
    code, status = "core.took-too-long", 503
    ko = "처리하는 데 너무 오래 걸려 멈췄습니다. 일부만 저장된 것은 없습니다. 잠시 뒤 다시 시도해 주세요."
    en = "This took too long and was stopped. Nothing was stored in part. Please try again in a moment."
