"""The watch over acts of staff sees what it is there for."""

import pytest
from flask import Flask, g
from pymongo.errors import OperationFailure

from mvoting.core import audit
from mvoting.core.database import database, in_transaction
from tests import audited


@pytest.fixture
def findings_of(app):
    """Run something as a staff request and give what the watch found, which is not this test's failure."""

    def run(act, *, is_staff=True):
        small = Flask("small")
        audited.watch(small)

        @small.post("/act")
        def view():
            if is_staff:
                g.staff = "somebody"
            act()
            return "done"

        assert small.test_client().post("/act").text == "done"
        found, audited.findings[:] = list(audited.findings), []
        return found

    return run


def write(session=None):
    database().persons.update_one({"_id": "watched"}, {"$inc": {"x": 1}}, upsert=True, session=session)


@pytest.fixture(autouse=True)
def _nobody_is_left(db):
    yield
    db.persons.delete_one({"_id": "watched"})


def test_a_bare_write_is_found(findings_of):
    (found,) = findings_of(write)
    assert found == "POST /act: persons written without an audit entry beside it"


def test_an_entry_in_another_transaction_does_not_count(findings_of):
    def act():
        write()
        audit.record("duty.register", "test:1", staff_id="s")

    assert findings_of(act) == ["POST /act: persons written without an audit entry beside it"]


def test_a_write_with_its_entry_is_well_and_citizens_are_not_watched(findings_of):
    def act():
        def both(session):
            write(session)
            audit.record("duty.register", "test:1", staff_id="s", session=session)

        in_transaction(both)

    assert findings_of(act) == []
    assert findings_of(write, is_staff=False) == []


def test_a_write_that_found_nothing_is_none(findings_of):
    assert findings_of(lambda: database().persons.update_one({"_id": "nobody's"}, {"$set": {"x": 1}})) == []
    assert findings_of(lambda: database().persons.find_one_and_update({"_id": "nobody's"}, {"$set": {"x": 1}})) == []


def test_a_transaction_that_is_run_again_counts_once(findings_of):
    tries = []

    def act():
        def both(session):
            write(session)
            tries.append(1)
            if len(tries) == 1:
                raise OperationFailure("conflict", 112, {"errorLabels": ["TransientTransactionError"]})
            audit.record("duty.register", "test:1", staff_id="s", session=session)

        in_transaction(both)

    assert findings_of(act) == []
    assert len(tries) == 2
