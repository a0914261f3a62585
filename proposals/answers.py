"""Answers of read-heavy routes, written as JSON at once; their schemas document them and a test holds both together."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from flask import Response

from mvoting.accounts.guards import person_or_none
from proposals.visibility import Viewer

_encoder = msgspec.json.Encoder()


def json_answer(document: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Answer a document as JSON."""
    return Response(_encoder.encode(document), status, dict(headers or {}), content_type="application/json")


def page_answer(items: Sequence[Any], following: str | None) -> Response:
    """Answer one page of a list."""
    return json_answer({"items": items, "next": following})


def versioned_answer(document: Mapping[str, Any], status: int = 200) -> Response:
    """Answer a document with its version as the ETag that an edit hands back."""
    return json_answer(document, status, {"ETag": f'"{document["version"]}"'})


def current_viewer() -> Viewer:
    """Give who asks, for what they may see; nobody in particular without a session."""
    person = person_or_none()
    return Viewer(person.id) if person else Viewer()
