"""Clean accounts for each test, and a way in."""

from datetime import timedelta

import pytest

from mvoting.accounts import persons, services, sessions
from mvoting.accounts.models import DOCUMENTS
from mvoting.core import audit, clock
from tests import people


@pytest.fixture
def clean_accounts(db):
    """Give a function that empties every collection of accounts."""

    def clean():
        for document in [*DOCUMENTS, *audit.DOCUMENTS]:
            document._get_collection().delete_many({})
        sessions._revocations.forget()

    return clean


@pytest.fixture(autouse=True)
def _clean(clean_accounts):
    clean_accounts()
    yield
    clock.shift(timedelta())


@pytest.fixture
def enter(app):
    """Sign in with a proof: `enter(phone("010…"))` → grant."""

    def make(proof, **more):
        return services.sign_in(proof, people.entry(**more), method="firebase")

    return make


@pytest.fixture
def move_horizon(app):
    """Say that every poll still to be counted opened at or after now + offset."""

    def move(**offset):
        persons.note_poll_horizon(clock.now() + timedelta(**offset))

    return move
