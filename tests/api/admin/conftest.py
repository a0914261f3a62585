"""Signed-in browsers."""

import pytest

from tests.api.admin.browsers import Browser


@pytest.fixture
def browser(app, staff_headers):
    """Give a signed-in browser: `browser("moderator")`."""

    def make(*roles, staff_id=None):
        token = staff_headers(*roles, staff_id=staff_id)["Authorization"].removeprefix("Bearer ")
        return Browser(app.test_client(), token)

    return make
