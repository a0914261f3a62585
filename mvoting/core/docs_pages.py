"""`/docs`: the API's own pages, made from the OpenAPI document and the catalogue of problems."""

import shlex
from typing import Any

from flask import current_app, json, render_template, request

from mvoting.core.language import language
from mvoting.core.pages import PublicPages
from mvoting.core.problems import CATALOGUE

blueprint = PublicPages("docs", __name__, url_prefix="/docs", template_folder="templates")


@blueprint.get("")
def get_index() -> str:
    """Show every operation with its guard, input, answers and problems."""
    document = current_app.extensions["flask-smorest"]["apis"][""]["ext_obj"].document
    return render_template("docs/index.html", document=document, groups=_by_tag(document), language=language(), curl=_curl)


@blueprint.get("/problems")
def get_problems() -> str:
    """Show the catalogue of problems."""
    return render_template("docs/problems.html", problems=sorted(CATALOGUE.items()), language=language())


def _curl(method: str, path: str, operation: dict[str, Any]) -> str:
    """Give the command that asks for an operation with its example, ready to be pasted once the `{names}` are filled in."""
    words = ["curl", *(["-X", method] if method not in ("GET", "POST") else [])]
    schemes = [name for one in operation.get("security", []) for name in one]
    words += ["-H", "Authorization: Bearer $TOKEN"] if schemes else []
    for header in operation.get("parameters", []):
        if header["in"] == "header" and header.get("required"):
            words += ["-H", f"{header['name']}: {header['schema'].get('example', '')}"]
    for kind, content in operation.get("requestBody", {}).get("content", {}).items():
        if kind == "multipart/form-data":
            words += [word for name in content["example"] for word in ("-F", f"{name}=@FILE")]
        else:
            sent = content["example"] if isinstance(content["example"], str) else json.dumps(content["example"])
            words += ["-H", f"Content-Type: {kind}", "-d", sent]
    words += ["-X", "POST"] if method == "POST" and "requestBody" not in operation else []
    good: dict[str, Any] = next((answer for status, answer in operation["responses"].items() if status < "300"), {})
    if any(content.get("schema", {}).get("format") == "binary" for content in good.get("content", {}).values()):
        words += ["-O"]
    needed = [one["name"] for one in operation.get("parameters", []) if one["in"] == "query" and one.get("required")]
    query = "?" + "&".join(f"{name}={{{name}}}" for name in needed) if needed else ""
    words.append(f"{request.host_url.rstrip('/')}{path}{query}")
    quoted = " ".join(word if word.startswith("-") or word == "curl" else shlex.quote(word) for word in words)
    return quoted.replace("'Authorization: Bearer $TOKEN'", '"Authorization: Bearer $TOKEN"')


def _by_tag(document: dict[str, Any]) -> dict[str, list[tuple[str, str, dict[str, Any]]]]:
    groups: dict[str, list[tuple[str, str, dict[str, Any]]]] = {}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            if method in ("get", "post", "put", "patch", "delete"):
                groups.setdefault(operation["tags"][0], []).append((method.upper(), path, operation))
    return groups
