"""Every operation of the OpenAPI document under generated input: without a session, as a citizen, as staff with every role.

The document's own promises are asked: no 5xx, no status, content type or body outside the document. The examples are few
and the same in each run; `schemathesis run` against `make run` looks further.
"""

import copy

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

ROLES = ("moderator", "poll_officer", "alert_author", "alert_approver", "auditor", "administrator")
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
WHO = ("nobody", "citizen", "staff")
FEW = settings(
    max_examples=2,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
OPERATORS = ({"$gt": ""}, ["$gt"], "$where")
METHODS = ("get", "put", "post", "patch", "delete")
ID = "0" * 26


@pytest.fixture
def callers(person_headers, staff_headers, db):
    """Give headers of a kind of caller, fresh each time, because some routes end the session. Cleans up what callers stored."""
    yield {
        "nobody": dict,
        "citizen": lambda: person_headers(trust="resident", district="11440"),
        "staff": lambda: staff_headers(*ROLES),
    }
    for name in db.list_collection_names():
        if name != "deployment":
            db[name].delete_many({})


@pytest.fixture(scope="module")
def document(app):
    """The OpenAPI document as it is served."""
    return app.test_client().get("/v1/openapi.json").get_json()


def failure_of(operation, mode, callers):
    """Ask one operation a few generated questions as everybody. Gives the first answer that is not as documented, or nothing."""
    asking = []

    @FEW
    @given(case=operation.as_strategy(generation_mode=mode))
    def ask(case):
        for who in WHO:
            asking[:] = [who]
            case.call_and_validate(headers=callers[who](), checks=CHECKS)

    try:
        ask()
    except Unsatisfiable:  # nothing about an address without arguments can be wrong
        return None if mode is GenerationMode.NEGATIVE else f"{operation.label}: no question could be generated"
    except (FailureGroup, Exception) as failure:  # every kind of failure belongs into the one list
        return f"{operation.label} as {asking}: {str(failure)[:400]}"
    return None


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=lambda mode: mode.value)
def test_every_operation_answers_as_documented(app, callers, mode):
    schema = schemathesis.openapi.from_wsgi("/v1/openapi.json", app)
    operations = [found.ok() for found in schema.get_all_operations()]
    failures = [failure_of(operation, mode, callers) for operation in operations]
    assert len(operations) > 200
    found = [failure for failure in failures if failure]
    assert not found, "\n\n".join(found)


def with_operators(value):
    """Give copies of a JSON value, each with another one of its fields replaced by an operator."""
    places = list(value.items()) if isinstance(value, dict) else list(enumerate(value)) if isinstance(value, list) else []
    for place, inner in places:
        for replacement in (*OPERATORS, *with_operators(inner)):
            changed = copy.copy(value)
            changed[place] = replacement
            yield changed


def operations(document):
    """Give (method, path with ids in its places, operation) of everything documented."""
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                places = [*item.get("parameters", []), *item[method].get("parameters", [])]
                address = path
                for place in places:
                    if place["in"] == "path":
                        choice = place["schema"].get("enum", [ID])[0]
                        address = address.replace(f"{{{place['name']}}}", str(choice))
                yield method, address, item[method]


@pytest.mark.parametrize("who", ["citizen", "staff"])
def test_an_operator_in_a_body_is_refused_or_harmless(app, callers, document, who):
    client, asked, failures = app.test_client(), 0, []
    for method, address, operation in operations(document):
        example = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("example")
        headers = callers[who]()
        for body in with_operators(example):
            answer = client.open(address, method=method.upper(), json=body, headers=headers)
            asked += 1
            if answer.status_code >= 500:
                failures.append((method, address, body))
    assert asked > 1000
    assert failures == []


@pytest.mark.parametrize("who", WHO)
def test_an_operator_in_a_query_is_refused_or_harmless(app, callers, document, who):
    client, asked, failures = app.test_client(), 0, []
    for method, address, operation in operations(document):
        names = [place["name"] for place in operation.get("parameters", []) if place["in"] == "query"]
        headers = callers[who]()
        for name in names:
            for query in ({name: '{"$gt": ""}'}, {f"{name}[$gt]": ""}, {name: "$where"}, {name: "\x00"}):
                answer = client.open(address, method=method.upper(), query_string=query, headers=headers)
                asked += 1
                if answer.status_code >= 500:
                    failures.append((method, address, query))
    assert asked > 100
    assert failures == []
