"""No page of the panel without a guard, and the headers that keep it safe."""

import pytest


def pages(app):
    return [rule for rule in app.url_map.iter_rules() if rule.rule.startswith("/admin") and rule.endpoint != "panel.static"]


def test_every_page_has_a_guard(app):
    assert len(pages(app)) > 30
    assert [rule.rule for rule in pages(app) if not hasattr(app.view_functions[rule.endpoint], "guard")] == []


def test_only_signing_in_is_open_to_everybody(app):
    open_pages = {rule.endpoint for rule in pages(app) if app.view_functions[rule.endpoint].guard.name == "anyone"}
    assert open_pages == {
        "panel.sign_in",
        "panel.second_factor",
        "panel.sign_out",
        "panel.choose_language",
        "panel.first_page",
        "panel.nowhere",
        "panel.join",
    }


@pytest.mark.parametrize("path", ["/admin", "/admin/sign-in", "/admin/nowhere/at/all"])
def test_pages_are_not_cached_and_run_no_foreign_script(client, path):
    headers = client.get(path).headers
    assert headers["Cache-Control"] == "no-store"
    policy = headers["Content-Security-Policy"]
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy


def test_the_address_with_a_slash_leads_to_the_first_page(client):
    answer = client.get("/admin/")
    assert (answer.status_code, answer.location) == (308, "/admin")
