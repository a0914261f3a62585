"""Examples for the OpenAPI document, made from the schemas, so that every body has one and none can be out of date.

A field's own `metadata={"example": …}` wins; what is left gets a value of its type that the schema accepts.
"""

from typing import Any

from marshmallow import Schema, fields, validate

from mvoting.core.schemas import Id, UtcDateTime

DEPTH_LIMIT = 6
BY_NAME = {
    "title": "골목 가로등을 더 밝게",
    "body": "퇴근길이 너무 어둡습니다. 가로등을 더 세워 주세요.",
    "text": "퇴근길이 너무 어둡습니다.",
    "reason": "같은 내용을 여러 번 올렸습니다.",
    "name": "김한강",
    "ko": "밤늦게까지 여는 도서관",
    "en": "Libraries open late",
    "district": "11110",
    "code": "031415",
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
        case fields.Nested():
            inner = example_of(field.schema, depth + 1) if depth < DEPTH_LIMIT else None
            return [inner] if field.many and inner is not None else inner
        case fields.List():
            inner = _example(field.inner, name.rstrip("s"), depth)
            return [] if inner is None else [inner] * _least(field)
        case Id():
            return "01kbn6v3tq8w2y4z6a7c9e0g1h"
        case UtcDateTime():
            return "2026-11-22T09:00:00+09:00"
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
    text = BY_NAME.get(name, "…")
    if length is None:
        return text
    if length.min and len(text) < length.min:
        text = text.ljust(length.min, "…")
    return text[: length.max] if length.max else text
