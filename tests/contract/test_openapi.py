"""The OpenAPI document says everything that somebody who writes a client must know, and nothing in it is a blank to be filled."""

import json
import re
import shlex
from html import unescape

import jsonschema
import pytest
from openapi_spec_validator import validate
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from mvoting.core.examples import UNTOLD

METHODS = ("get", "post", "put", "patch", "delete")


@pytest.fixture(scope="module")
def document(app):
    return app.test_client().get("/v1/openapi.json").get_json()


@pytest.fixture(scope="module")
def operations(document):
    """Give each operation by its name, `GET /v1/ideas`."""
    return {
        f"{method.upper()} {path}": item[method]
        for path, item in document["paths"].items()
        for method in METHODS
        if method in item
    }


def contents(operation):
    """Give every body of an operation that is no problem: (its media type, its description)."""
    bodies = [operation.get("requestBody", {}), *(r for status, r in operation["responses"].items() if status < "4")]
    return [content for body in bodies for content in body.get("content", {}).items()]


def examples_of(content):
    return [content["example"]] if "example" in content else [e["value"] for e in content.get("examples", {}).values()]


def test_the_document_is_valid(document):
    validate(document)
    assert document["openapi"].startswith("3.1")


def test_every_operation_says_what_it_does(operations):
    assert len(operations) > 200
    assert [name for name, one in operations.items() if len(one.get("summary", "")) < 8 or not one["tags"]] == []
    assert [name for name, one in operations.items() if "For " not in one["description"]] == []


def test_every_query_argument_and_header_says_what_it_means(operations):
    silent = [
        (name, place["name"])
        for name, one in operations.items()
        for place in one.get("parameters", [])
        if place["in"] != "path" and not place.get("description")
    ]
    assert silent == []


def test_every_operation_names_what_it_refuses(operations, document):
    known = document["components"]["examples"]
    for name, one in operations.items():
        refusals = {status: r for status, r in one["responses"].items() if status.startswith("4")}
        assert {"400", "429"} <= set(refusals), name
        assert not one.get("security") or {"401", "403"} <= set(refusals), name
        for status, refusal in refusals.items():
            codes = refusal["content"]["application/problem+json"]["examples"]
            assert codes, (name, status)
            assert all(known[code]["value"]["status"] == int(status) for code in codes), (name, status)


def test_every_body_has_an_example(operations):
    bodies = [(name, kind, content) for name, one in operations.items() for kind, content in contents(one)]
    kinds = {kind for _, kind, _ in bodies}
    assert len(bodies) > 300
    assert kinds >= {"multipart/form-data", "image/webp", "application/gzip", "application/zip", "text/html", "text/csv"}
    assert [(name, kind) for name, kind, content in bodies if not examples_of(content)] == []


def test_every_answer_with_a_body_says_of_what_kind_it_is(operations):
    good = [(name, status, r) for name, one in operations.items() for status, r in one["responses"].items() if status < "3"]
    assert [name for name, status, answer in good if status != "204" and not answer.get("content")] == []


def test_no_example_leaves_a_blank(operations):
    blank = {
        name
        for name, one in operations.items()
        for _, content in contents(one)
        for told in examples_of(content)
        if has_blank(told)
    }
    assert blank == set()


def has_blank(told):
    parts = told.values() if isinstance(told, dict) else told if isinstance(told, list) else ()
    return told == UNTOLD or any(has_blank(part) for part in parts)


def test_the_docs_page_gives_a_command_for_every_operation(app, operations):
    page = app.test_client().get("/docs").get_data(as_text=True)
    shown = [shlex.split(unescape(command)) for command in re.findall(r'<pre class="curl">(.*?)</pre>', page, re.S)]
    assert len(shown) == len(operations)
    by_end = {(words[words.index("-X") + 1] if "-X" in words else "", words[-1]): words for words in shown}
    assert "file=@FILE" in by_end["", "http://localhost/v1/pictures"]
    assert "-O" in by_end["", "http://localhost/v1/polls/{poll_id}/archive.jsonl.gz"]
    cast = by_end["PUT", "http://localhost/v1/polls/{poll_id}/ballot"]
    assert "Authorization: Bearer $TOKEN" in cast
    assert json.loads(cast[cast.index("-d") + 1])["choices"] == {"q1": ["o1"], "q2": None}


def test_a_blank_would_be_found():
    assert has_blank({"items": [{"state": UNTOLD}]})


def test_every_json_example_is_one_that_its_schema_accepts(operations, document):
    registry = Registry().with_resource("urn:api", Resource.from_contents(document, DRAFT202012))
    wrong = []
    for name, one in operations.items():
        for kind, content in contents(one):
            if kind != "application/json":
                continue
            schema = {"$ref": f"urn:api{content['schema']['$ref']}"} if "$ref" in content["schema"] else content["schema"]
            checker = jsonschema.Draft202012Validator(schema, registry=registry)
            wrong += [f"{name}: {error.message}" for told in examples_of(content) for error in checker.iter_errors(told)]
    assert wrong == []


def test_what_can_be_repeated_or_needs_a_version_says_so(operations):
    def headers(name):
        return {p["name"]: p.get("required", False) for p in operations[name].get("parameters", []) if p["in"] == "header"}

    def codes(name, status):
        return set(operations[name]["responses"][status]["content"]["application/problem+json"]["examples"])

    assert headers("POST /v1/ideas") == {"Idempotency-Key": False}
    assert "core.idempotency-key-reused" in codes("POST /v1/ideas", "422")
    assert headers("PUT /v1/polls/{poll_id}/draft") == {"If-Match": True}
    assert codes("PUT /v1/polls/{poll_id}/draft", "428") == {"core.if-match-required"}
    assert headers("POST /v1/polls/{poll_id}/schedule") == {"If-Match": False}
    assert headers("GET /v1/ideas") == {}


def test_no_two_schemas_share_a_name(document):
    assert [name for name in document["components"]["schemas"] if name[-1].isdigit()] == []


def test_every_operation_can_be_named_by_a_generated_client(operations, document):
    ids = [one["operationId"] for one in operations.values()]
    assert len(ids) == len(set(ids)) > 200
    assert all(name.isidentifier() for name in ids)
    assert not [name for name in document["components"]["schemas"] if name.startswith("abc.")]
