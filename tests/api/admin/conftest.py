"""A browser of a staff member: the panel's cookie and its form token."""

import re

import pytest


class Browser:
    """A test client that is signed in to the panel."""

    def __init__(self, client, token):
        self.client = client
        if token:
            client.set_cookie("staff", token)

    def get(self, path, **options):
        return self.client.get(path, **options)

    def text(self, path):
        answer = self.get(path, follow_redirects=True)
        assert answer.status_code == 200, (path, answer.status_code, answer.text[:2000])
        return answer.text

    def post(self, path, form=None, *, token=None, **options):
        return self.client.post(path, data={"csrf_token": self.token if token is None else token, **(form or {})}, **options)

    @property
    def token(self):
        return re.search(r'name="csrf_token" value="(\w+)"', self.text("/admin/me"))[1]


@pytest.fixture(scope="module", autouse=True)
def without_cases_of_others(app):
    """The queue's first page has the longest waiting; every file here begins with an empty queue."""
    from mvoting.core.database import database

    database().moderation_cases.delete_many({})


@pytest.fixture
def browser(app, staff_headers):
    """Give a signed-in browser: `browser("moderator")`."""

    def make(*roles, staff_id=None):
        token = staff_headers(*roles, staff_id=staff_id)["Authorization"].removeprefix("Bearer ")
        return Browser(app.test_client(), token)

    return make
