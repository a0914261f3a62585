"""Every screen that lists things offers the list as a file, or stands here with the reason why not."""

import re

import pytest

from mvoting.accounts import staff_sessions
from tests.api.admin.conftest import Browser
from tests.browser import panel_scene as scene

LIST = re.compile(r'<table class="list|class="opinions"|<nav class="pager"')
FILE = re.compile(r'action="/admin/exports"|[?&;]as=csv')
# A screen that shows rows and no file of them: why.
WITHOUT = {
    "audit_entry": "one entry; the trail it stands in is exported with what changed",
    "alert_duty": "one's own phones, five at most",
    "jobs_list": "one's own work of the last seven days; each export stands in the audit trail, which is exported",
    "my_account": "one's own sign-in factors",
    "person": "one citizen's devices, shown on demand and logged; nobody carries them away",
    "poll_trustees": "shares and spoiled ballots of one ceremony: the poll's public archive holds them",
    "poll-result": "the public archive of the poll holds the result and its rounds",
}


@pytest.fixture
def pages(app, db):
    """Give every screen of the city: {name: HTML}."""
    staff_id = scene.officer()[1].staff_id
    browser = Browser(app.test_client(), staff_sessions.begin(staff_id, stage="full"))
    return {name: browser.text(address) for name, address in scene.city(db, staff_id).items()}


def test_every_list_is_exported_or_says_why_not(pages):
    without = {name for name, page in pages.items() if LIST.search(page) and not FILE.search(page)}
    assert without - WITHOUT.keys() == set()
    assert {name for name in WITHOUT if name not in pages or FILE.search(pages[name])} == set(), "these have a file by now"
    assert sum(1 for page in pages.values() if FILE.search(page)) > 20
