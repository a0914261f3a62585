"""Examples for the OpenAPI document, made from the schemas, so that every body has one and none can be out of date.

A field's own `metadata={"example": …}` wins, then the first of its choices, then what its name says; what is left gets a
value of its type that the schema accepts. A text without any of these shows UNTOLD, which a contract test refuses.
"""

from typing import Any

from flask_smorest.fields import Upload
from marshmallow import Schema, fields, validate

from mvoting.core.schemas import Id, UtcDateTime

DEPTH_LIMIT = 6
UNTOLD = "…"
A_FILE = "(bytes of the file)"
ID = "01kbn6v3tq8w2y4z6a7c9e0g1h"
HASH = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
TOKEN = "hZ4c0vQ2mB7yT1xW"
TEXT = "퇴근길이 너무 어둡습니다. 가로등을 더 세워 주세요."

# What a name means wherever it stands; where it means something else, the field itself says what.
BY_NAME = {
    "title": "골목 가로등을 더 밝게",
    "body": TEXT,
    "text": "퇴근길이 너무 어둡습니다.",
    "summary": "퇴근길이 너무 어둡습니다.",
    "excerpt": "퇴근길이 너무 어둡습니다.",
    "reason": "같은 내용을 여러 번 올렸습니다.",
    "cancel_reason": "문항에 잘못이 있어 다시 만듭니다.",
    "review_reason": "문항이 한쪽 답으로 이끕니다.",
    "note": "담당 부서의 요청으로 고쳤습니다.",
    "answer": "내년 상반기에 가로등 40개를 더 세우겠습니다.",
    "for": "밤길이 안전해집니다.",
    "against": "빛 공해가 늘어납니다.",
    "other": "밝기를 시간에 따라 바꾸면 좋겠습니다.",
    "body_html": f"<p>{TEXT}</p>",
    "text_html": "<p>퇴근길이 너무 어둡습니다.</p>",
    "answer_html": "<p>내년 상반기에 가로등 40개를 더 세우겠습니다.</p>",
    "name": "김한강",
    "author": "시민 3f9c2a",
    "coauthor": "시민 b81d04",
    "department": "푸른도시여가국",
    "seen": "푸른도시여가국",
    "device_name": "Galaxy S26",
    "app_version": "3.2.0",
    "address": "서울특별시 중구 세종대로 110",
    "station": "홍제천-연희교",
    "unit": "m",
    "tag": "자원봉사자",
    "language": "ko",
    "timezone": "Asia/Seoul",
    "ko": "밤늦게까지 여는 도서관",
    "en": "Libraries open late",
    "district": "11110",
    "position_district": "11440",
    "phone": "010-1234-5678",
    "email": "officer@city.example",
    "sender": "feeds@weather.example",
    "password": "달빛 아래 초록 우산 37",
    "new_password": "초록 우산 위 달빛 73",
    "room_password": "달빛 우산",
    "code": "031415",
    "approval_code": "4K7P2M9Q",
    "recovery_code": "7qk2-m9xw-4tzp",
    "device": TOKEN,
    "challenge": TOKEN,
    "token": TOKEN,
    "key": TOKEN,
    "secret": TOKEN,
    "access_token": f"eyJhbGciOiJSUzI1NiJ9.{TOKEN}.{TOKEN}",
    "id_token": f"eyJhbGciOiJSUzI1NiJ9.{TOKEN}.{TOKEN}",
    "second_id_token": f"eyJhbGciOiJSUzI1NiJ9.{TOKEN}.{TOKEN}",
    "refresh_token": f"{ID}.{TOKEN}",
    "device_id": "b3f1c2d4e5a697887766",
    "next": "W3sidCI6IjIwMjYtMTEtMjJUMDA6MDA6MDArMDA6MDAifSwiMDFrYm42djMiXQ",
    "link": f"/polls/{ID}",
    "url": "https://city.example/notices/12",
    "picture": "5f" * 16,
    "photo": "5f" * 16,
    "definition_hash": HASH,
    "root": HASH,
    "proof": HASH,
    "replaces": HASH,
    "replaced_by": HASH,
    "signature": HASH * 2,
    "kid": "2026-11-22",
    "certificate": "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
    "option": "o1",
    "winner": "o1",
    "elected": "o1",
    "eliminated": "o3",
    "drawn": "o1",
    "between": "o1",
    "ranking": "o1",
    "votes": "1250",
    "quota": "417",
    "exhausted": "12",
    "rounding": "0",
    "who": ID,
    "by": ID,
    "merged_into": ID,
    "merged_from": ID,
}

MOMENTS = {
    "opens_at": "2026-12-01T09:00:00+09:00",
    "starts_at": "2026-12-01T09:00:00+09:00",
    "due_at": "2026-12-22T18:00:00+09:00",
    "next_due_at": "2026-12-22T18:00:00+09:00",
    "closes_at": "2026-12-15T18:00:00+09:00",
    "expires_at": "2026-12-15T18:00:00+09:00",
}


def example_of(schema: Schema, depth: int = 0) -> Any:
    """Give one value that `schema` describes; optional fields are shown too, the better to learn from."""
    one = {name: _example(field, name, depth) for name, field in schema.fields.items() if depth < DEPTH_LIMIT or field.required}
    one = {schema.fields[name].data_key or name: value for name, value in one.items() if value is not None}
    return [one] if schema.many else one


def _example(field: fields.Field[Any], name: str, depth: int) -> Any:
    if "example" in field.metadata:
        return field.metadata["example"]
    chosen = next((check for check in field.validators if isinstance(check, validate.OneOf)), None)
    if chosen is not None:
        return next(iter(chosen.choices))
    match field:
        case Upload():
            return A_FILE
        case fields.Nested():
            inner = example_of(field.schema, depth + 1) if depth < DEPTH_LIMIT else None
            return [inner] if field.many and inner is not None else inner
        case fields.List():
            inner = _example(field.inner, name.removesuffix("s"), depth)
            return [] if inner is None else [inner] * _least(field)
        case Id():
            return ID
        case UtcDateTime():
            return MOMENTS.get(name, "2026-11-22T09:00:00+09:00")
        case fields.Dict():
            return {}
        case fields.Boolean():
            return True
        case fields.Integer() | fields.Float():
            return _number(field)
        case fields.String():
            return _text(field, name)
    return None


def _least(field: fields.Field[Any]) -> int:
    length = next((check for check in field.validators if isinstance(check, validate.Length)), None)
    return max(1, (length.equal or length.min or 1)) if length else 1


def _number(field: fields.Field[Any]) -> int:
    bounds = next((check for check in field.validators if isinstance(check, validate.Range)), None)
    return max(1, int(bounds.min)) if bounds is not None and bounds.min is not None else 1


def _text(field: fields.Field[Any], name: str) -> str | None:
    if any(isinstance(check, validate.Regexp) for check in field.validators):
        return None  # only its author can give one that matches
    length = next((check for check in field.validators if isinstance(check, validate.Length)), None)
    text = BY_NAME.get(name) or (ID if name == "id" or name.endswith(("_id", "_by")) else UNTOLD)
    if length is None:
        return text
    if length.min and len(text) < length.min:
        text = text.ljust(length.min, "0")
    return text[: length.max] if length.max else text
