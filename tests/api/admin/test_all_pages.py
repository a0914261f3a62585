"""Every page as somebody with all roles finds it: no form that others lack the right to and yet may send, no code without words.

The right to a form is the row of the API's route that does the same, in tests/contract/permissions.csv.
"""

import pytest

from admin.words import audit, saying
from mvoting.accounts.guards import ROLES
from mvoting.parts import BEAT
from tests.api.admin.browsers import Browser
from tests.api.admin.pages import Form, name_of, walk
from tests.api.admin.reading import Kinds, Reader
from tests.browser import panel_scene, panel_states
from tests.contract.panel_acts import DOORS, OWN, forms_of, holders

SENT_BY_SCRIPTS = ("alerts/preview", "polls/audience", "campaigns/audience", "campaigns/preview", "campaigns/templates/preview")


@pytest.fixture(scope="module")
def city(app):
    """Fill the city. Gives: ({screen: address}, a browser of somebody who holds all roles)."""
    from mvoting.core.database import database

    db, staff_id = database(), panel_scene.officer()[1].staff_id
    screens = {**panel_scene.city(db, staff_id), **panel_states.more(db, staff_id)}
    return screens, Browser(app.test_client(), panel_scene.staff_sessions.begin(staff_id, stage="full"))


@pytest.fixture(scope="module")
def pages(app, city):
    """Give every page that the screens lead to: {path: Page}."""
    screens, everybody = city
    return walk(app, everybody, list(screens.values()))


@pytest.fixture(scope="module")
def found(app, pages):
    """Give every form of every page: [(name, form)]."""
    forms = [Form(f"/admin/{address}") for address in SENT_BY_SCRIPTS]
    forms += [form for page in pages.values() for form in page.forms]
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


def test_no_page_shows_a_bare_code_in_korean(pages):
    bare = {path: found for path, page in pages.items() if (found := Reader(page.html, is_korean=True).bare)}
    assert bare == {}


def test_no_screen_shows_a_bare_code_in_english_and_every_code_has_a_name(city, monkeypatch):
    missed, (screens, everybody) = set(), city
    monkeypatch.setattr(saying, "LABELS", Kinds(missed))
    texts = {name: everybody.get(address, headers={"Accept-Language": "en"}).text for name, address in screens.items()}
    bare = {name: found for name, text in texts.items() if (found := Reader(text, is_korean=False).bare)}
    assert (bare, missed) == ({}, set())


def test_the_reader_finds_codes():
    page = """<p>poll_closing:2</p><td><code>voting.tally_polls</code></td><td>투표 집계 <code>voting.tally_polls</code></td>
    <dd>moderation.hide</dd><li>default</li><p>idea:01m3f6</p><p>https://x.kr/a_b 파일 a@b.kr {name} 12:30</p>"""
    assert Reader(page, is_korean=True).bare == ["poll_closing", "poll_closing:2", "voting.tally_polls", "moderation.hide", "default", "idea:01m3f6"]  # fmt: skip


def test_every_task_and_every_area_has_its_words():
    assert {task for task, *_ in BEAT} - audit.LABELS["task"].keys() == set()
    areas = {action.partition(".")[0] for action in audit.LABELS["audit_action"]}
    assert areas == audit.LABELS["audit_area"].keys()
    assert all(ko and en and ko != en for kind in saying.LABELS.values() for ko, en in kind.values())
