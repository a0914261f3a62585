"""Numbers that carriers give out again: whoever gets one gets a number, not the account, the facts or the vote behind it."""

from datetime import timedelta

import pytest

from mvoting.accounts import changing_hands, identifiers, leaving, persons, registers, services, sessions
from mvoting.accounts.errors import NumberResting, PhoneRequired, SecondFactRequired, SessionEnded
from mvoting.accounts.identifiers import Proof
from mvoting.core import clock
from tests.api.accounts.test_races import Meanwhile
from tests.people import entry, google, headers, phone

A, B = "010-1111-1111", "010-2222-2222"
ROW = "phone,district,birth_year,gender\n010-1111-1111,11440,1961,female\n"
IDENTITY = Proof("national", "subject-of-kim", provider="https://id.example")


def upload():
    registers.read_import(registers.receive(ROW.encode(), staff_id="s1", reason="2026"))


@pytest.fixture
def former(enter):
    """A resident by the register whose number was not used to sign in for 91 days."""
    upload()
    me = enter(phone(A))
    assert me.trust == "resident"
    clock.shift(timedelta(days=91))
    return me


def come_as_newcomer(enter, move_horizon):
    move_horizon(hours=1)  # every poll of the former holder's time is counted
    return enter(phone(A), is_newcomer=True)


class TestResidence:
    """What the city knows of the former holder is not the newcomer's."""

    def test_the_register_confirms_no_newcomer(self, enter, former, move_horizon, db):
        newcomer = come_as_newcomer(enter, move_horizon)
        assert newcomer.person_id != former.person_id
        assert newcomer.trust == "member"
        assert "facts_sealed" not in db.persons.find_one({"_id": newcomer.person_id})
        assert "facts_sealed" not in db.persons.find_one({"_id": former.person_id}), "one row, one resident"

    def test_nor_does_a_register_that_is_uploaded_afterwards(self, enter, former, move_horizon):
        come_as_newcomer(enter, move_horizon)
        upload()
        assert enter(phone(A)).trust == "member"
        clock.shift(timedelta(days=91) + registers.KEPT - timedelta(days=1))
        upload()  # the city still names the number
        clock.shift(timedelta(days=91) + registers.KEPT + timedelta(days=1))
        upload()
        move_horizon(days=-1)
        assert enter(phone(A), is_newcomer=True).trust == "member"

    def test_papers_confirm_the_newcomer(self, enter, former, move_horizon):
        newcomer = come_as_newcomer(enter, move_horizon)
        facts = {"district": "11110", "birth_year": 1990}
        services.confirm_residence(newcomer.person_id, facts, staff_id="s1", reason="seen")
        assert enter(phone(A)).trust == "resident"

    def test_a_number_given_up_confirms_nobody_until_its_owner_takes_it_back(self, enter, move_horizon):
        upload()
        me = enter(phone(A))
        persons.connect(me.person_id, phone(B))
        changing_hands.disconnect(me.person_id, phone(A).key)
        persons.connect(me.person_id, phone(A))
        assert enter(phone(A)).trust == "resident", "taken back by the same person"
        changing_hands.disconnect(me.person_id, phone(A).key)
        move_horizon(seconds=1)
        leaving.forget_the_left()
        newcomer = enter(phone(A))
        assert newcomer.person_id != me.person_id
        assert newcomer.trust == "member"

    def test_an_account_forgotten_because_nobody_used_it_leaves_nothing_to_the_next_holder(self, enter, move_horizon):
        upload()
        me = enter(phone(A))
        clock.shift(timedelta(days=731))
        leaving.erase(me.person_id, unused_since=clock.now() - timedelta(days=730))
        upload()
        with pytest.raises(NumberResting):
            enter(phone(A))
        move_horizon(days=732)
        next_holder = enter(phone(A))
        assert (next_holder.person_id == me.person_id, next_holder.trust) == (False, "member")


class TestFormerHolder:
    """Keeps the account by what else makes a person, or loses it: nobody takes part as two."""

    def test_without_another_identifier_the_account_is_closed(self, enter, client, former, move_horizon, db):
        persons.connect(former.person_id, google("kim"))
        mine = enter(google("kim"))
        assert client.get("/v1/me", headers=headers(mine)).status_code == 200
        come_as_newcomer(enter, move_horizon)
        assert client.get("/v1/me", headers=headers(mine)).json["code"] == "accounts.session-ended"
        with pytest.raises(PhoneRequired):
            enter(google("kim"))
        assert identifiers.keys_of(former.person_id) == []
        assert db.sessions.count_documents({"person_id": former.person_id, "ended_at": None}) == 0

    def test_it_is_closed_at_once_although_the_number_rests(self, enter, former, db, move_horizon):
        move_horizon(days=-100)
        with pytest.raises(NumberResting):
            enter(phone(A), is_newcomer=True)
        assert db.sessions.count_documents({"person_id": former.person_id, "ended_at": None}) == 0
        with pytest.raises(NumberResting):
            enter(phone(A))

    @pytest.mark.parametrize("other", [phone(B), IDENTITY])
    def test_with_another_identifier_it_goes_on(self, enter, client, former, move_horizon, other):
        persons.connect(former.person_id, other)
        mine = enter(other)
        services.confirm_residence(former.person_id, {"district": "11110", "birth_year": 1961}, staff_id="s1", reason="seen")
        newcomer = come_as_newcomer(enter, move_horizon)
        assert client.get("/v1/me", headers=headers(mine)).json["trust"] == "resident", "papers said so, not the number"
        assert newcomer.trust == "member"
        assert enter(other).person_id == former.person_id
        assert identifiers.keys_of(former.person_id) == [other.key]

    def test_who_says_not_mine_of_a_number_in_use_changes_nothing(self, enter, client):
        upload()
        me = enter(phone(A))
        assert enter(phone(A), is_newcomer=True).person_id == me.person_id
        assert client.get("/v1/me", headers=headers(me)).json["trust"] == "resident"

    def test_the_former_holder_who_proves_the_account_keeps_it(self, enter, former):
        code, _ = services.approval_code(former.person_id)
        assert enter(phone(A), approval_code=code).trust == "resident"
        clock.shift(timedelta(days=183))
        with pytest.raises(SecondFactRequired):
            enter(phone(A))

    def test_signing_in_while_the_number_is_released_gives_no_session(self, enter, former, client, monkeypatch, move_horizon):
        """Past the door already, when somebody else says that the number is theirs."""
        persons.connect(former.person_id, google("kim"))
        sign_in = Meanwhile(lambda: sessions.begin(former.person_id, entry().device, method="firebase"))
        end_all = sessions.end_all

        def ending(*args, **kwargs):
            if sign_in._thread.ident is None:
                sign_in.begin()
            return end_all(*args, **kwargs)

        monkeypatch.setattr(sessions, "end_all", ending)
        come_as_newcomer(enter, move_horizon)
        grant = sign_in.result()
        assert isinstance(grant, SessionEnded) or client.get("/v1/me", headers=headers(grant)).status_code == 401
