"""Keyset pages: a cursor names the last item seen, so a page costs the same wherever it is and nothing is shown twice."""

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from marshmallow import Schema, fields, validate
from pymongo.collection import Collection

from mvoting.core.problems import Problem
from mvoting.core.schemas import Input, Output, Text

LIMIT_DEFAULT = 20
LIMIT_MAX = 100


class BadCursor(Problem):
    code, status = "core.bad-cursor", 422
    ko = "목록을 이어서 불러오지 못했습니다. 처음부터 다시 불러와 주세요."
    en = "The list cannot be continued from here. Load it from its beginning."


class PageQuery(Input):
    """The query of every list."""

    after = Text(max=400, metadata={"description": "`next` of the page before"})
    limit = fields.Integer(
        load_default=LIMIT_DEFAULT, validate=validate.Range(1, LIMIT_MAX), metadata={"description": "items a page"}
    )


def page_schema(item: type[Schema], name: str) -> Schema:
    """Give the schema of a page of `item`, called `name` in the OpenAPI document."""
    page = type(
        name,
        (Output,),
        {
            "__module__": item.__module__,
            "items": fields.List(fields.Nested(item), required=True),
            "next": fields.String(allow_none=True, required=True, metadata={"description": "cursor of the next page, or null"}),
        },
    )
    return page()


def keyset_page(
    collection: Collection[dict[str, Any]],
    condition: Mapping[str, Any],
    *,
    sort: Sequence[tuple[str, int]],
    after: str | None,
    limit: int,
    projection: Mapping[str, Any] | None = None,
) -> tuple[list[dict[str, Any]], str | None]:
    """Read one page of `condition` in the order of `sort`, whose last key must be unique.

    Args: projection: the sort keys are read even where it leaves them out, because the cursor is made of them.
    Returns: the documents and the cursor of the next page, None at the end.
    Raises: BadCursor (core.bad-cursor, 422).
    """
    projection = _with_keys(projection, sort) if projection else None
    query = {"$and": [condition, _beyond(sort, _decode(after, len(sort)))]} if after else dict(condition)
    documents = list(collection.find(query, projection).sort(list(sort)).limit(limit + 1))
    if len(documents) <= limit:
        return documents, None
    del documents[limit:]
    return documents, _encode([_value(documents[-1], key) for key, _ in sort])


def _with_keys(projection: Mapping[str, Any], sort: Sequence[tuple[str, int]]) -> dict[str, Any]:
    """Have a projection give the sort keys too, whether it names what to read or what to leave out."""
    if all(projection.get(key) for key, _ in sort):
        return dict(projection)
    covered = {name: [key for key, _ in sort if key == name or key.startswith(f"{name}.")] for name in projection}
    given = {name: part for name, part in projection.items() if part or not covered[name]}
    if not any(projection.values()):
        return given
    known = {key for name in given for key in covered[name]}
    return {**given, **{key: 1 for key, _ in sort if key not in known}}


def _value(document: Mapping[str, Any], path: str) -> Any:
    value: Any = document
    for part in path.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def _beyond(sort: Sequence[tuple[str, int]], values: Sequence[Any]) -> dict[str, Any]:
    alternatives = []
    for position, (key, direction) in enumerate(sort):
        equal = {sort[earlier][0]: values[earlier] for earlier in range(position)}
        alternatives.append({**equal, key: {"$gt" if direction > 0 else "$lt": values[position]}})
    return {"$or": alternatives}


def _encode(values: Sequence[Any]) -> str:
    plain = [{"t": value.isoformat()} if isinstance(value, datetime) else value for value in values]
    return base64.urlsafe_b64encode(json.dumps(plain, ensure_ascii=False).encode()).decode().rstrip("=")


def _decode(cursor: str, length: int) -> list[Any]:
    try:
        plain = json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
        values = [datetime.fromisoformat(v["t"]).astimezone(UTC) if isinstance(v, dict) else v for v in plain]
    except (binascii.Error, ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError):
        raise BadCursor from None
    if len(values) != length or not all(_is_storable(value) for value in values):
        raise BadCursor
    return values


def _is_storable(value: Any) -> bool:
    """Tell whether the database can compare with a value of somebody's own making."""
    if isinstance(value, int):
        return -(2**63) <= value < 2**63
    if isinstance(value, str):
        return value.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in value)
    return isinstance(value, float | datetime)
