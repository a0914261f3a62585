"""No route without a guard."""

import pytest
from flask import Blueprint, Flask

from mvoting.app import OPEN_FILES, refuse_unguarded
from mvoting.core.pages import PublicPages


def test_every_route_has_a_guard(app):
    """The product refuses to start otherwise; here once more, so that the refusal itself cannot go unnoticed."""
    bare = {rule.rule for rule in app.url_map.iter_rules() if not hasattr(app.view_functions[rule.endpoint], "guard")}
    assert bare == OPEN_FILES


def test_the_product_does_not_start_with_a_route_nobody_guards():
    small, pages = Flask("small", static_folder=None), Blueprint("pages", __name__)
    pages.get("/forgotten")(lambda: "everybody reads this")
    small.register_blueprint(pages)
    with pytest.raises(RuntimeError, match="/forgotten"):
        refuse_unguarded(small)


def test_a_public_page_changes_nothing():
    with pytest.raises(ValueError, match="only answers GET"):
        PublicPages("pages", __name__).post("/changing")


def test_openapi_document_is_valid(app):
    from openapi_spec_validator import validate

    document = app.test_client().get("/v1/openapi.json").get_json()
    validate(document)
    assert document["openapi"].startswith("3.1")


def test_every_json_body_has_an_example_that_its_schema_accepts(app):
    import jsonschema
    from referencing import Registry, Resource
    from referencing.jsonschema import DRAFT202012

    document = app.test_client().get("/v1/openapi.json").get_json()
    registry = Registry().with_resource("urn:api", Resource.from_contents(document, DRAFT202012))
    missing, wrong = [], []
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            content = (
                operation.get("requestBody", {}).get("content", {}).get("application/json") if method != "parameters" else None
            )
            if content is None:
                continue
            examples = (
                [content["example"]] if "example" in content else [e["value"] for e in content.get("examples", {}).values()]
            )
            if not examples:
                missing.append(f"{method} {path}")
            schema = {"$ref": f"urn:api{content['schema']['$ref']}"} if "$ref" in content["schema"] else content["schema"]
            for example in examples:
                errors = jsonschema.Draft202012Validator(schema, registry=registry).iter_errors(example)
                wrong += [f"{method} {path}: {error.message}" for error in errors]
    assert (missing, wrong) == ([], [])


def test_no_two_schemas_share_a_name(app):
    names = app.test_client().get("/v1/openapi.json").get_json()["components"]["schemas"]
    assert [name for name in names if name[-1].isdigit()] == []


def test_every_operation_can_be_named_by_a_generated_client(app):
    document = app.test_client().get("/v1/openapi.json").get_json()
    operations = [
        operation for methods in document["paths"].values() for operation in methods.values() if "responses" in operation
    ]
    ids = [operation["operationId"] for operation in operations]
    assert len(ids) == len(set(ids)) > 200
    assert all(name.isidentifier() for name in ids)
    assert not [name for name in document["components"]["schemas"] if name.startswith("abc.")]
