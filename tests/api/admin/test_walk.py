"""Every screen, as every role: it opens for those whose guard says so, and for nobody else."""

import pytest

from mvoting.accounts.guards import ROLES

SKIPPED = {"panel.static", "panel.nowhere"}


def plain_pages(app):
    """Pages that need no id."""
    return [
        rule
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("panel.") and not rule.arguments and "GET" in rule.methods and rule.endpoint not in SKIPPED
    ]


def roles_of(app, rule):
    name = app.view_functions[rule.endpoint].guard.name
    if name == "anyone":
        return None
    return set(ROLES) if name == "panel" else set(name.removeprefix("panel:").split("|"))


@pytest.mark.parametrize("role", ROLES)
def test_each_role_opens_its_screens_and_no_other(app, browser, role):
    mine = browser(role)
    for rule in plain_pages(app):
        allowed = roles_of(app, rule)
        if allowed is None:
            continue
        for language in ("ko", "en"):
            answer = mine.get(rule.rule, headers={"Accept-Language": language})
            expected = {200, 303} if role in allowed else {403}
            assert answer.status_code in expected, (rule.rule, role, answer.text[-1500:])


@pytest.mark.parametrize("role", ROLES)
def test_each_role_is_refused_the_forms_of_others(app, browser, role):
    mine = browser(role)
    for rule in app.url_map.iter_rules():
        allowed = roles_of(app, rule) if rule.endpoint.startswith("panel.") and rule.endpoint not in SKIPPED else None
        if allowed is None or "POST" not in rule.methods or role in allowed:
            continue
        values = dict.fromkeys(rule.arguments, "0" * 26) | ({"kind": "idea"} if "kind" in rule.arguments else {})
        path = app.url_map.bind("localhost").build(rule.endpoint, values, method="POST")
        answer = mine.post(path, {})
        assert answer.status_code == 403, (rule.rule, role)
