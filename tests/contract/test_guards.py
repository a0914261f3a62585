"""No route without a guard."""


def test_every_v1_route_has_a_guard(app):
    unguarded = [
        rule.rule
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith(("/v1/", "/health/"))
        and rule.rule != "/v1/openapi.json"
        and not hasattr(app.view_functions[rule.endpoint], "guard")
    ]
    assert unguarded == []


def test_openapi_document_is_valid(app):
    from openapi_spec_validator import validate

    document = app.test_client().get("/v1/openapi.json").get_json()
    validate(document)
    assert document["openapi"].startswith("3.1")
