"""`/docs`: the API's own pages, made from the OpenAPI document and the catalogue of problems."""

from typing import Any

from flask import current_app, render_template

from mvoting.core.language import language
from mvoting.core.pages import PublicPages
from mvoting.core.problems import CATALOGUE

blueprint = PublicPages("docs", __name__, url_prefix="/docs", template_folder="templates")


@blueprint.get("")
def get_index() -> str:
    """Show every operation with its guard, input, answers and problems."""
    document = current_app.extensions["flask-smorest"]["apis"][""]["ext_obj"].document
    return render_template("docs/index.html", document=document, groups=_by_tag(document), language=language())


@blueprint.get("/problems")
def get_problems() -> str:
    """Show the catalogue of problems."""
    return render_template("docs/problems.html", problems=sorted(CATALOGUE.items()), language=language())


def _by_tag(document: dict[str, Any]) -> dict[str, list[tuple[str, str, dict[str, Any]]]]:
    groups: dict[str, list[tuple[str, str, dict[str, Any]]]] = {}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            if method in ("get", "post", "put", "patch", "delete"):
                groups.setdefault(operation["tags"][0], []).append((method.upper(), path, operation))
    return groups
