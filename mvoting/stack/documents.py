"""`make map`: write anew what is derived from the code: docs/MAP.md, docs/openapi.json, README's settings, PROPOSALS.md's tables.

The map follows the code itself: from each view through the functions it calls to the rules it asks and the collections it
touches. A test fails when a document is not current.
"""

import ast
import inspect
import json
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

import mongoengine
from flask import Flask

from mvoting.core.settings import Settings
from mvoting.stack.environment import ROOT
from proposals.ideas import pipeline

MAP = ROOT / "docs/MAP.md"
OPENAPI = ROOT / "docs/openapi.json"
README = ROOT / "README.md"
PROPOSALS = ROOT / "docs/PROPOSALS.md"
SETTINGS = ("<!-- settings: written by make map -->", "<!-- end of settings -->")
TRANSITIONS = ("<!-- transitions: written by make map -->", "<!-- end of transitions -->")
OURS = ("mvoting.", "proposals.", "notifications.", "admin.", "app.")
# Manners that every route shares; following them would put the same on every line.
SHARED = ("mvoting.core.", "mvoting.accounts.guards", "mvoting.stack.")
# What a view is made of beside the services that it calls.
VIEW_ROOMS = ("schemas", "rules", "pages", "answers", "presentation")
DEPTH = 7


def documents(app: Flask) -> dict[Path, str]:
    """Give every derived document by its path."""
    return {
        MAP: url_map(app),
        OPENAPI: openapi(app),
        README: _with_part(README, SETTINGS, settings_table()),
        PROPOSALS: _with_part(PROPOSALS, TRANSITIONS, transitions()),
    }


def openapi(app: Flask) -> str:
    """Give the OpenAPI document."""
    document = app.test_client().get("/v1/openapi.json").get_json()
    return json.dumps(document, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def _with_part(path: Path, marks: tuple[str, str], part: str) -> str:
    """Give a page with the part between its two marks written anew."""
    begin, end = marks
    before, _, rest = path.read_text(encoding="utf-8").partition(begin)
    return f"{before}{begin}\n{part}{end}{rest.partition(end)[2]}"


def transitions() -> str:
    """Give the ways of an idea as tables and drawings."""
    drawings = "\n".join(f"```mermaid\n{pipeline.diagram_mermaid(name)}\n```\n" for name in pipeline.MOVES)
    return f"{pipeline.table_markdown()}\n{drawings}"


def settings_table() -> str:
    """Give all settings as a Markdown table."""
    lines = ["| setting | what it is | default |", "|---|---|---|"]
    for setting in fields(Settings):
        facts = setting.metadata
        default = "must be set" if facts["default"] is None else f"`{facts['default']}`" if facts["default"] else ""
        lines.append(f"| `{facts['name']}` | {facts['what']} | {default} |")
    return "\n".join(lines) + "\n"


def url_map(app: Flask) -> str:
    """Give docs/MAP.md."""
    lines = [
        "# Where a request goes",
        "",
        "Written by `make map` from the code. Each line: address, guard, view, the functions it calls, the rules they ask, the "
        "collections they touch.",
    ]
    group = ""
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: (_group(rule.rule), rule.rule, sorted(rule.methods or ()))):
        view = app.view_functions[rule.endpoint]
        function = inspect.unwrap(view)
        if not isinstance(function, FunctionType) or not function.__module__.startswith(OURS):
            continue
        if _group(rule.rule) != group:
            group = _group(rule.rule)
            lines += [
                "",
                f"## {group}",
                "",
                "| address | guard | view | services | rules | collections |",
                "|---|---|---|---|---|---|",
            ]
        trail = Trail(function)
        methods = " ".join(sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}))
        guard = getattr(getattr(view, "guard", None), "name", "")
        cells = [f"{methods} `{rule.rule}`", guard.replace("|", ", "), _name(function)]
        cells += [", ".join(names) for names in (trail.services, trail.rules, trail.collections)]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


class Trail:
    """What a view's code reaches."""

    def __init__(self, view: FunctionType) -> None:
        self.services: list[str] = []
        self.rules: list[str] = []
        self.collections: list[str] = []
        self._seen: set[FunctionType] = set()
        for called in _called(view):
            if isinstance(called, FunctionType) and _is_domain(called) and not _is_of_views(called):
                self._note(self.services, _name(called))
        self._follow(view, DEPTH)

    def _follow(self, function: FunctionType, depth: int) -> None:
        if function in self._seen or not depth:
            return
        self._seen.add(function)
        for called in _called(function):
            if isinstance(called, type) and issubclass(called, mongoengine.Document):
                document: Any = called
                self._note(self.collections, f"`{document._get_collection_name()}`")
            elif isinstance(called, FunctionType) and _is_domain(called):
                if _room(called) == "rules":
                    self._note(self.rules, _name(called))
                self._follow(called, depth - 1)

    @staticmethod
    def _note(names: list[str], name: str) -> None:
        if name not in names:
            names.append(name)


def _called(function: FunctionType) -> Iterator[Any]:
    """Give the functions and classes that a function's code names, in their order."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    except (OSError, SyntaxError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Name | ast.Attribute):
            found = _resolve(node, function.__globals__)
            if isinstance(found, type) or callable(found):
                yield inspect.unwrap(found) if not isinstance(found, type) else found


def _resolve(node: ast.expr, names: dict[str, Any]) -> Any:
    if isinstance(node, ast.Name):
        return names.get(node.id)
    if isinstance(node, ast.Attribute):
        owner = _resolve(node.value, names)
        if isinstance(owner, ModuleType):
            return getattr(owner, node.attr, None)
    return None


def _is_domain(function: FunctionType) -> bool:
    return function.__module__.startswith(OURS) and not function.__module__.startswith(SHARED)


def _is_of_views(function: FunctionType) -> bool:
    return _room(function) in VIEW_ROOMS or _room(function).endswith("api")


def _room(function: FunctionType) -> str:
    return function.__module__.rpartition(".")[2]


def _name(function: FunctionType) -> str:
    return f"{function.__module__.removeprefix('mvoting.')}.{function.__name__}"


def _group(rule: str) -> str:
    parts = rule.strip("/").split("/")
    return "/" + "/".join(parts[: 2 if parts[0] == "v1" else 1])


def main() -> int:
    """Write every document; names those that changed."""
    from mvoting.stack.temporary import temporary_app

    with temporary_app() as app:
        for path, text in documents(app).items():
            if not path.is_file() or path.read_text() != text:
                path.write_text(text)
                print(f"written: {path.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
