"""Every form that an administrator of everything finds on any page, sent by everybody who lacks its right: refused, one and all.

The right to a form is the row of the API's route that does the same, in tests/contract/permissions.csv.
"""

import pytest

from mvoting.accounts.guards import ROLES
from tests.api.admin.browsers import Browser
from tests.api.admin.pages import Form, name_of, walk
from tests.browser import panel_scene, panel_states
from tests.contract.panel_acts import DOORS, OWN, forms_of, holders

SENT_BY_SCRIPTS = ("alerts/preview", "polls/audience", "campaigns/audience", "campaigns/preview", "campaigns/templates/preview")


@pytest.fixture(scope="module")
def found(app):
    """Give every form of every page, as somebody who holds all roles finds it: [(name, form)]."""
    from mvoting.core.database import database

    db = database()
    staff_id = panel_scene.officer()[1].staff_id
    starts = {**panel_scene.city(db, staff_id), **panel_states.more(db, staff_id)}
    everybody = Browser(app.test_client(), panel_scene.staff_sessions.begin(staff_id, stage="full"))
    forms = [Form(f"/admin/{address}") for address in SENT_BY_SCRIPTS]
    forms += [form for page in walk(app, everybody, list(starts.values())).values() for form in page.forms]
    once = {(name_of(app, form), form.action, tuple(form.buttons)): form for form in forms}
    return [(name, form) for (name, *_), form in once.items()]


def test_no_form_is_without_a_page(app, found):
    assert set(forms_of(app)) - {name for name, _ in found} - DOORS == set()


@pytest.mark.parametrize("role", ROLES)
def test_whoever_lacks_the_right_is_refused_the_form_by_address_and_by_sending_it(app, browser, found, role):
    mine, rights, tried = browser(role), holders(app), set()
    token = mine.token
    for name, form in found:
        if name in DOORS | set(OWN) or role in rights[name]:
            continue
        for button in form.buttons or [("", "")]:
            sent = {**form.fields, **dict([button]), "reason": "시험", "csrf_token": token}
            sent.pop("", None)
            answer = mine.client.post(form.action, data=sent)
            assert answer.status_code == 403, (name, form.action, button, role, answer.status_code)
        tried.add(name)
    assert tried == {name for name in rights if role not in rights[name]}


@pytest.mark.parametrize("role", ROLES)
def test_nobody_is_shown_a_form_that_would_be_refused(app, browser, found, role):
    mine, rights = browser(role), holders(app)
    shown = {name_of(app, form) for page in walk(app, mine, ["/admin"]).values() for form in page.forms}
    assert {name for name in shown - DOORS - set(OWN) if role not in rights[name]} == set()
    assert shown & set(rights) or role == "auditor", "who may do anything finds it"
