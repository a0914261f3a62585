"""Signed-in browsers."""

import pytest

from tests.api.admin.browsers import Browser


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
