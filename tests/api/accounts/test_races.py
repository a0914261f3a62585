"""Two things at the same moment: signing in, connecting and refreshing while an account is erased, joined or moved."""

import threading

import pytest

from mvoting.accounts import changing_hands, identifiers, joining, leaving, persons, rules, services, sessions, tokens
from mvoting.accounts.errors import NumberResting, SessionEnded
from mvoting.core.problems import Problem
from tests.people import entry, headers, phone

A, B, C = "010-1111-1111", "010-2222-2222", "010-3333-3333"


class Meanwhile:
    """Does something in another thread, at most half a second of it before the one that called goes on."""

    def __init__(self, act):
        self._act, self.outcome = act, None
        self._thread = threading.Thread(target=self._run)

    def _run(self):
        try:
            self.outcome = self._act()
        except Exception as error:
            self.outcome = error

    def begin(self):
        self._thread.start()
        self._thread.join(0.5)

    def result(self):
        self._thread.join(20)
        assert not self._thread.is_alive()
        return self.outcome


@pytest.fixture
def while_ending(monkeypatch):
    """Begin something in the middle of the transaction that ends a person's sessions."""

    def arrange(act):
        meanwhile, end_all = Meanwhile(act), sessions.end_all

        def ending(*args, **kwargs):
            if kwargs.get("session") is not None and meanwhile._thread.ident is None:
                meanwhile.begin()
            return end_all(*args, **kwargs)

        monkeypatch.setattr(sessions, "end_all", ending)
        return meanwhile

    return arrange


def is_open(client, grant):
    return client.get("/v1/me", headers=headers(grant)).status_code == 200


def test_signing_in_while_the_account_is_joined_gives_no_session_of_the_dropped_one(client, enter, while_ending):
    kept, dropped = enter(phone(A)), enter(phone(B))
    sign_in = while_ending(lambda: sessions.begin(dropped.person_id, entry().device, method="firebase"))  # past the door
    joining.merge(kept.person_id, dropped.person_id, staff_id="s", reason="both are hers")
    grant = sign_in.result()
    assert isinstance(grant, SessionEnded) or not is_open(client, grant)
    assert enter(phone(B)).person_id == kept.person_id


def test_signing_in_while_the_account_is_erased_gives_no_session(client, enter, while_ending, db):
    me = enter(phone(A))
    sign_in = while_ending(lambda: sessions.begin(me.person_id, entry().device, method="firebase"))
    leaving.erase(me.person_id)
    grant = sign_in.result()
    assert isinstance(grant, Problem) or not is_open(client, grant)
    assert db.sessions.count_documents({"person_id": me.person_id, "ended_at": None}) == 0


def test_connecting_a_number_while_the_account_is_erased_leaves_nothing_behind(enter, while_ending, db):
    me = enter(phone(A))
    connect = while_ending(lambda: persons.connect(me.person_id, phone(B)))
    leaving.erase(me.person_id)
    connect.result()
    assert db.identifiers.count_documents({"state": "active"}) == 0
    assert db.identifiers.count_documents({"label_sealed": {"$exists": True}}) == 0


def test_connecting_a_number_while_the_account_is_joined_leads_to_the_kept_one(enter, while_ending):
    kept, dropped = enter(phone(A)), enter(phone(B))
    connect = while_ending(lambda: persons.connect(dropped.person_id, phone(C)))
    joining.merge(kept.person_id, dropped.person_id, staff_id="s", reason="both are hers")
    refused = connect.result()
    assert isinstance(refused, SessionEnded) or persons.owner(phone(C)) == kept.person_id


def test_a_number_given_up_in_the_middle_of_a_sign_in_opens_nothing(enter, monkeypatch):
    me = enter(phone(A))
    persons.connect(me.person_id, phone(B))
    decide = rules.door

    def decided(*args, **kwargs):
        found = decide(*args, **kwargs)
        if found is rules.Door.OPEN:
            changing_hands.disconnect(me.person_id, phone(A).key)
        return found

    monkeypatch.setattr(rules, "door", decided)
    with pytest.raises(NumberResting):
        enter(phone(A))


def at_once(count, act):
    outcomes, start = [], threading.Barrier(count)

    def run(number):
        start.wait()
        try:
            outcomes.append(act(number))
        except Problem as problem:
            outcomes.append(problem)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def test_sixteen_refreshes_of_one_phone_at_once_get_one_successor(enter, client):
    me, mine = enter(phone(A)), entry()
    me = services.sign_in(phone(A), mine, method="firebase")
    grants = at_once(16, lambda _: sessions.refresh(me.refresh_token, mine.device.id))
    assert len({grant.refresh_token for grant in grants}) == 1
    assert is_open(client, grants[0])
    assert sessions.refresh(grants[0].refresh_token, mine.device.id).session_id == me.session_id


def test_the_owner_and_a_thief_at_once_end_the_session(enter, client):
    mine = entry()
    me = services.sign_in(phone(A), mine, method="firebase")
    grants = at_once(
        8, lambda number: sessions.refresh(me.refresh_token, mine.device.id if number % 2 else f"thief-{number:020d}")
    )
    for grant in grants:
        assert isinstance(grant, Problem) or not is_open(client, grant)
    assert not is_open(client, me)


def test_refreshing_while_the_account_is_joined_gives_nothing_that_works(enter, client, while_ending):
    mine = entry()
    kept, dropped = enter(phone(A)), services.sign_in(phone(B), mine, method="firebase")
    refresh = while_ending(lambda: sessions.refresh(dropped.refresh_token, mine.device.id))
    joining.merge(kept.person_id, dropped.person_id, staff_id="s", reason="both are hers")
    grant = refresh.result()
    assert isinstance(grant, Problem) or not is_open(client, grant)


def test_two_numbers_connected_at_once_do_not_pass_the_limit(enter, monkeypatch):
    monkeypatch.setattr(persons, "IDENTIFIERS_MAX", 3)
    me = enter(phone(A))
    at_once(6, lambda number: persons.connect(me.person_id, phone(f"010-5555-000{number}")))
    assert len(identifiers.identifiers_of(me.person_id)) == 3
    assert tokens.verify(me.access_token).person_id == me.person_id
