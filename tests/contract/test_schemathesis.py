"""Every operation of the OpenAPI document under generated input: without a session, as a citizen, as staff with every role.

The document's own promises are asked: no 5xx, no status, content type or body outside the document, and nothing that is
somebody else's. The examples are few and the same in each run; `schemathesis run` against `make run` looks further.
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

from mvoting.accounts.staff import ROLES
from tests.contract import bystander

WHO = ("nobody", "citizen", "staff")
FEW = settings(
    max_examples=1,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
LIKES = (["$gt"], "$where", {"$ne": None}, [{"$gt": ""}])
METHODS = ("get", "put", "post", "patch", "delete")
ID = "0" * 26


@pytest.fixture
def callers(person_headers, staff_headers):
    """Give headers of a kind of caller; each operation gets its own, because some operations end the session."""
    return {
        "nobody": dict,
        "citizen": lambda: person_headers(trust="resident", district="11440"),
        "staff": lambda: staff_headers(*ROLES),
    }


@pytest.fixture
def somebody(db):
    """Somebody else, with something of everything; it must neither be seen nor changed."""
    return bystander.settle(db)


@pytest.fixture(scope="module")
def document(app):
    """The OpenAPI document as it is served."""
    return app.test_client().get("/v1/openapi.json").get_json()


def tells_nothing_of_others(ctx, response, case):
    """Refuse an answer that holds something of the bystander. A check of schemathesis."""
    assert bystander.MARK not in response.text, "the answer holds somebody else's data"


CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


def caller_of(operation):
    """Name who gets past an operation's guard, so that its input is read at all."""
    return next((scheme for place in operation.get("security", []) for scheme in place if scheme in WHO), "nobody")


def failure_of(operation, mode, callers):
    """Ask one operation generated questions, as nobody and as who may. Gives the first answer not as documented, or nothing."""
    may = caller_of(operation.definition.raw)
    asking, headers = [], {who: callers[who]() for who in dict.fromkeys(("nobody", "citizen" if may == "nobody" else may))}

    @FEW
    @given(case=operation.as_strategy(generation_mode=mode))
    def ask(case):
        for who, sent in headers.items():
            asking[:] = [who]
            more = [] if who == "staff" else [tells_nothing_of_others]
            case.call_and_validate(headers=sent, checks=[*CHECKS, *more])

    try:
        ask()
    except Unsatisfiable:  # nothing about an address without arguments can be wrong
        return None if mode is GenerationMode.NEGATIVE else f"{operation.label}: no question could be generated"
    except (FailureGroup, Exception) as failure:  # every kind of failure belongs into the one list
        return f"{operation.label} as {asking}: {str(failure)[:400]}"
    return None


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=lambda mode: mode.value)
def test_every_operation_answers_as_documented(app, callers, somebody, mode):
    schema = schemathesis.openapi.from_wsgi("/v1/openapi.json", app)
    operations = [found.ok() for found in schema.get_all_operations()]
    failures = [failure_of(operation, mode, callers) for operation in operations]
    assert len(operations) > 200
    found = [failure for failure in failures if failure]
    assert not found, "\n\n".join(found)


def with_operators(value):
    """Give copies of a JSON value, each with another one of its fields replaced by an operator, and once by its likes."""
    places = list(value.items()) if isinstance(value, dict) else list(enumerate(value)) if isinstance(value, list) else []
    for number, (place, inner) in enumerate(places):
        for replacement in ({"$gt": ""}, LIKES[number % len(LIKES)], *with_operators(inner)):
            changed = copy.copy(value)
            changed[place] = replacement
            yield changed


def operations(document, ids=(ID,)):
    """Give (method, path with ids in its places, operation) of everything documented, once for each of the ids."""
    for path, item in document["paths"].items():
        for method in METHODS:
            if method not in item:
                continue
            places = [p for p in [*item.get("parameters", []), *item[method].get("parameters", [])] if p["in"] == "path"]
            addresses = {filled(path, places, one) for one in ids}
            yield from ((method, address, item[method]) for address in sorted(addresses))


def filled(path, places, one):
    """Put an id, or the first of the allowed words, into the places of a path."""
    for place in places:
        path = path.replace(f"{{{place['name']}}}", str(place["schema"].get("enum", [one])[0]))
    return path


def test_an_operator_in_a_body_is_refused_or_harmless(app, callers, document):
    client, asked, failures = app.test_client(), 0, []
    for method, address, operation in operations(document):
        example = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("example")
        headers = callers[caller_of(operation)]() if example else {}
        for body in with_operators(example):
            answer = client.open(address, method=method.upper(), json=body, headers=headers)
            asked += 1
            if answer.status_code >= 500:
                failures.append((method, address, body))
    assert asked > 800
    assert failures == []


def test_an_operator_in_a_query_is_refused_or_harmless(app, callers, document):
    client, asked, failures = app.test_client(), 0, []
    for method, address, operation in operations(document):
        names = [place["name"] for place in operation.get("parameters", []) if place["in"] == "query"]
        headers = callers[caller_of(operation)]() if names else {}
        for name in names:
            for query in ({name: '{"$gt": ""}'}, {f"{name}[$gt]": ""}, {name: "$where"}, {name: "\x00"}):
                answer = client.open(address, method=method.upper(), query_string=query, headers=headers)
                asked += 1
                if answer.status_code >= 500:
                    failures.append((method, address, query))
    assert asked > 100
    assert failures == []


def test_what_is_somebody_elses_is_neither_seen_nor_changed(app, callers, document, somebody):
    """Ask every operation about the bystander's own ids, with a body that its schema accepts, as nobody and as a citizen."""
    client, seen, before = app.test_client(), [], bystander.everything(somebody)
    mine = {who: callers[who]() for who in ("nobody", "citizen")}  # staff may see more: permissions.csv
    for method, address, operation in operations(document, somebody.ids):
        if caller_of(operation) not in mine or not any(one in address for one in somebody.ids):
            continue
        body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("example")
        for who, headers in mine.items():
            answer = client.open(address, method=method.upper(), json=body, headers=headers)
            assert answer.status_code < 500, (method, address, answer.text)
            if bystander.MARK in answer.text:
                seen.append((who, method, address, answer.text[:300]))
    assert seen == []
    assert bystander.everything(somebody) == before


def test_the_bystander_can_be_seen_by_itself(app, somebody):
    """The test above can fail: with the bystander's own session the marks do appear."""
    client = app.test_client()
    for path in ("/v1/me/sessions", "/v1/me/sign-ins", "/v1/inbox", "/v1/ideas/mine", "/v1/devices"):
        answer = client.get(path, headers=somebody.headers)
        assert bystander.MARK in answer.text, (path, answer.text[:300])
