"""No form of the panel does for anybody what the API would refuse: each form beside the row of the route that does the same."""

import re

import pytest

from mvoting.accounts.guards import ROLES
from tests.contract.panel_acts import DOORS, OWN, SAME_ACT, forms_of, holders

# Screens that more people may read than send, with what their address takes.
READ_BY_MORE = {"alert_gateways": {}, "alert_sources": {}, "debates": {}, "push_template": {"key": "poll_opened"}}


def guarded(app, form):
    """Give the roles that a form's page lets in."""
    name = app.view_functions[f"panel.{form}"].guard.name.partition(":")[2]
    return set(name.split("|")) if name else set(ROLES)


def wider(app):
    """Give the forms whose page more people may open than may send it: {form: roles that must be refused}."""
    return {form: refused for form, allowed in holders(app).items() if (refused := guarded(app, form) - allowed)}


def test_every_form_has_its_row_or_is_ones_own(app):
    named = [*SAME_ACT, *OWN, *DOORS]
    assert sorted(named) == sorted(set(named)), "a form stands in one place only"
    assert set(forms_of(app)) - set(named) == set(), "name the API's route that does the same in tests/contract/panel_acts.py"
    assert set(named) - set(forms_of(app)) == set(), "these forms are gone"
    assert {route for routes in SAME_ACT.values() for route in routes} - set(app.view_functions) == set()


def test_ones_own_forms_are_for_every_staff_member(app):
    assert {form: guarded(app, form) for form in OWN} == {form: set(ROLES) for form in OWN}


def test_only_lists_with_a_form_on_them_are_open_to_more_than_their_form(app):
    assert set(wider(app)) <= set(READ_BY_MORE)


@pytest.mark.parametrize("form", READ_BY_MORE)
def test_who_may_only_read_such_a_list_is_refused_its_form(app, staff_headers, form):
    path = app.url_map.bind("localhost").build(f"panel.{form}", READ_BY_MORE[form])
    for role in sorted(wider(app).get(form, set())):
        client = app.test_client()
        client.set_cookie("staff", staff_headers(role)["Authorization"].removeprefix("Bearer "))
        token = re.search(r'name="csrf_token" value="(\w+)"', client.get("/admin/me").text)[1]
        assert client.post(path, data={"csrf_token": token}).status_code == 403, role
