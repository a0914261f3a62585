"""Casting at the very moment at which the account is erased or joined to another: one ballot, whoever is first."""

import threading

import pytest

from mvoting.accounts import joining, leaving, services
from mvoting.accounts.models import DOCUMENTS
from mvoting.core import clock
from mvoting.voting import one_person
from mvoting.voting.polls import services as polls
from tests.people import entry, headers, phone

ROUNDS = 5


@pytest.fixture(autouse=True)
def _clean(db):
    for name in ["polls", "ballots", "board_batches", "board_tiles", *(d._get_collection_name() for d in DOCUMENTS)]:
        db[name].delete_many({})
    polls.forget_facts()
    services.sessions._revocations.forget()
    yield
    clock.shift(one_person.SETTLED_AFTER * 0)


def enter(number):
    return services.sign_in(phone(number), entry(), method="firebase")


def at_once(*acts):
    """Do everything in threads of their own, from the same moment on."""
    start = threading.Barrier(len(acts))

    def run(act):
        start.wait()
        act()

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def put(app, poll, body, grant):
    """Cast with a client of one's own: several threads share none."""
    return app.test_client().put(f"/v1/polls/{poll[0]}/ballot", json=body, headers=headers(grant))


def counted(db, poll):
    return db.ballots.count_documents({"poll": poll[0], "withdrawn": {"$exists": False}})


def test_casting_while_the_account_is_erased_and_coming_back_is_one_ballot(app, poll, ballot_body, db):
    one_person.keep_one_person()
    for turn in range(ROUNDS):
        number = f"010-4000-000{turn}"
        me = enter(number)
        at_once(lambda me=me: put(app, poll, ballot_body(poll), me), lambda me=me: leaving.erase(me.person_id))
        back = enter(number)
        assert back.person_id == me.person_id
        again = put(app, poll, ballot_body(poll, "o2"), back)
        assert again.status_code in (200, 409), again.json
        assert counted(db, poll) == turn + 1


def test_casting_with_both_accounts_while_they_are_joined_is_one_ballot(app, poll, ballot_body, db):
    for turn in range(ROUNDS):
        numbers = [f"010-500{turn}-000{n}" for n in (1, 2)]
        kept, dropped = map(enter, numbers)
        at_once(
            lambda kept=kept: put(app, poll, ballot_body(poll), kept),
            lambda dropped=dropped: put(app, poll, ballot_body(poll), dropped),
            lambda kept=kept, dropped=dropped: joining.merge(
                kept.person_id, dropped.person_id, staff_id="s", reason="both are hers"
            ),
            lambda numbers=numbers: put(app, poll, ballot_body(poll), quietly(numbers[1])),
        )
        clock.shift(one_person.SETTLED_AFTER * 1.5)
        one_person.keep_one_person()
        clock.shift(one_person.SETTLED_AFTER * 0)
        assert counted(db, poll) <= turn + 1
        again = put(app, poll, ballot_body(poll, "o2"), enter(numbers[1]))
        assert again.status_code in (200, 409), again.json
        assert counted(db, poll) == turn + 1


def quietly(number):
    """Sign in while the account is being joined; whoever is told to try again does."""
    while True:
        try:
            return enter(number)
        except services.sessions.SessionEnded:
            continue
