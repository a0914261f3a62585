"""One person, one vote: numbers that change hands, accounts that are joined, erased and come back."""

import contextlib
import json
import re
import threading
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from mvoting.accounts import changing_hands, joining, leaving, persons, residents, services
from mvoting.accounts.errors import (
    IdentifierTaken,
    LastIdentifier,
    NotTwoPersons,
    NumberResting,
    PhoneRequired,
    SecondFactRequired,
    SessionEnded,
)
from mvoting.core import clock
from mvoting.core.problems import NotFound, Problem
from tests.people import CONSENTS, entry, google, headers, phone

A, B = "010-1111-1111", "010-2222-2222"


def test_a_social_sign_in_opens_a_door_but_makes_nobody(enter, db):
    with pytest.raises(PhoneRequired):
        enter(google("kim"))
    assert db.persons.count_documents({}) == 0
    me = enter(phone(A))
    persons.connect(me.person_id, google("kim"))
    assert enter(google("kim")).person_id == me.person_id


def test_sixteen_phones_at_once_are_one_person(app, db):
    found, failed = [], []

    def join():
        try:
            found.append(services.sign_in(phone(A), entry(), method="firebase").person_id)
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=join) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert len(found) == 16
    assert len(set(found)) == db.persons.count_documents({}) == 1


def test_a_person_whose_making_was_cut_short_is_made_good(enter, db):
    first = enter(phone(A))
    db.persons.delete_one({"_id": first.person_id})
    assert enter(phone(A)).person_id == first.person_id


def test_changing_the_number_keeps_the_person_and_the_old_number_rests(enter, move_horizon):
    me = enter(phone(A))
    with pytest.raises(LastIdentifier):
        changing_hands.disconnect(me.person_id, phone(A).key)
    persons.connect(me.person_id, phone(B))
    changing_hands.disconnect(me.person_id, phone(A).key)
    assert enter(phone(B)).person_id == me.person_id
    with pytest.raises(NumberResting):
        enter(phone(A))
    persons.connect(me.person_id, phone(A))  # its former owner may have it back at once
    changing_hands.disconnect(me.person_id, phone(A).key)
    move_horizon(seconds=1)
    assert enter(phone(A)).person_id != me.person_id


def test_what_a_register_said_of_a_number_goes_with_the_number(enter, db):
    me = enter(phone(A))
    residents.confirm(me.person_id, {"district": "11440", "birth_year": 1980}, source="register")
    persons.connect(me.person_id, google("me"))
    persons.connect(me.person_id, phone(B))
    changing_hands.disconnect(me.person_id, google("me").key)
    assert persons.person(me.person_id)["trust"] == "resident"
    changing_hands.disconnect(me.person_id, phone(A).key)
    stored = persons.person(me.person_id)
    assert stored["trust"] == "member"
    assert not {"facts_sealed", "facts_keys", "facts_source"} & stored.keys()


def test_nobody_takes_another_persons_number(enter):
    me, other = enter(phone(A)), enter(phone(B))
    with pytest.raises(IdentifierTaken):
        persons.connect(me.person_id, phone(B))
    with pytest.raises(NotFound):
        changing_hands.disconnect(me.person_id, phone(B).key)
    assert enter(phone(B)).person_id == other.person_id


def test_two_removals_at_once_leave_one_door(enter):
    me = enter(phone(A))
    persons.connect(me.person_id, phone(B))
    outcomes = []

    def remove(proof):
        try:
            outcomes.append(changing_hands.disconnect(me.person_id, proof.key))
        except LastIdentifier:
            outcomes.append("last")

    threads = [threading.Thread(target=remove, args=(proof,)) for proof in (phone(A), phone(B))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(str, outcomes)) == ["None", "last"]


class TestIdleNumber:
    """A number unused for 90 days may have been given to somebody else."""

    @pytest.fixture
    def owner(self, enter):
        me = enter(phone(A))
        clock.shift(timedelta(days=91))
        return me

    def test_it_alone_opens_nothing(self, enter, owner):
        with pytest.raises(SecondFactRequired):
            enter(phone(A))

    def test_a_device_still_signed_in_confirms_it(self, enter, client):
        me = enter(phone(A))
        clock.shift(timedelta(days=50))
        stay = client.post("/v1/sessions/refresh", json={"refresh_token": me.refresh_token, "device_id": "x" * 32})
        assert stay.json["code"] == "accounts.refresh-token-replayed"  # not this device: the session ends
        clock.shift(timedelta())
        me = enter(phone(A))
        clock.shift(timedelta(days=91))
        code, _ = services.approval_code(me.person_id)
        with pytest.raises(Problem):
            enter(phone(A), approval_code="00000000" if code != "00000000" else "11111111")
        assert enter(phone(A), approval_code=code).person_id == me.person_id
        assert enter(phone(A)).person_id == me.person_id

    def test_an_approval_of_somebody_else_confirms_nothing(self, enter, owner):
        other = enter(phone(B))
        code, _ = services.approval_code(other.person_id)
        with pytest.raises(Problem):
            enter(phone(A), approval_code=code)

    def test_a_newcomer_waits_for_the_polls_of_the_former_owner(self, enter, owner, move_horizon):
        move_horizon(days=-100)  # a poll that opened 100 days ago is still to be counted
        with pytest.raises(NumberResting):
            enter(phone(A), is_newcomer=True)
        move_horizon(days=-80)
        newcomer = enter(phone(A), is_newcomer=True)
        assert newcomer.person_id != owner.person_id

    def test_a_number_in_use_is_not_given_to_a_newcomer(self, enter):
        me = enter(phone(A))
        assert enter(phone(A), is_newcomer=True).person_id == me.person_id


class TestErasure:
    """Erasing and coming back gives no second vote and locks nobody out."""

    def test_coming_back_while_polls_are_open_is_the_same_person(self, enter, db):
        me = enter(phone(A))
        persons.connect(me.person_id, google("kim"))
        services.confirm_residence(me.person_id, {"district": "11440", "birth_year": 1980}, staff_id="s", reason="seen")
        leaving.erase(me.person_id)
        stored = db.persons.find_one({"_id": me.person_id})
        assert set(stored) == {"_id", "state", "erased_at", "trust", "created_at"}
        assert all("label_sealed" not in i for i in db.identifiers.find())
        with pytest.raises(PhoneRequired):
            enter(google("kim"))
        back = enter(phone(A))
        assert (back.person_id, back.trust) == (me.person_id, "member")

    def test_once_the_polls_are_counted_everything_is_forgotten(self, enter, db, move_horizon):
        me = enter(phone(A))
        leaving.erase(me.person_id)
        assert leaving.forget_the_left() == 0
        move_horizon(seconds=1)
        leaving.close_erasure(me.person_id)
        assert leaving.forget_the_left() == 2
        assert db.persons.count_documents({}) == db.identifiers.count_documents({}) == 0
        assert enter(phone(A)).person_id != me.person_id

    def test_sessions_end_with_the_account(self, enter, client):
        me = enter(phone(A))
        assert client.delete("/v1/me", headers=headers(me)).status_code == 204
        assert client.get("/v1/me", headers=headers(me)).json["code"] == "accounts.session-ended"

    def test_consents_are_asked_again(self, enter):
        me = enter(phone(A))
        leaving.erase(me.person_id)
        with pytest.raises(Problem, match="consent-required"):
            enter(phone(A), consents=None)


class TestLinking:
    """Two accounts of one person are joined by staff, with its trace."""

    def test_both_doors_lead_to_the_kept_person(self, enter, db, client):
        kept, dropped = enter(phone(A)), enter(phone(B))
        joining.merge(kept.person_id, dropped.person_id, staff_id="s1", reason="both numbers are hers")
        assert enter(phone(B)).person_id == kept.person_id
        assert client.get("/v1/me", headers=headers(dropped)).json["code"] == "accounts.session-ended"
        (merger,) = joining.open_mergers("voting", before=clock.now() + timedelta(seconds=1))
        assert (merger["kept"], merger["dropped"]) == (kept.person_id, dropped.person_id)
        assert db.audit_entries.count_documents({"action": "person.link", "staff_id": "s1"}) == 1

    def test_nonsense_is_refused_and_changes_nothing(self, enter, db):
        me, other = enter(phone(A)), enter(phone(B))
        for kept, dropped in ((me, me), (me, None), (None, me)):
            with pytest.raises(NotTwoPersons):
                joining.merge(
                    getattr(kept, "person_id", "x" * 26), getattr(dropped, "person_id", "x" * 26), staff_id="s", reason="r"
                )
        joining.merge(me.person_id, other.person_id, staff_id="s", reason="r")
        with pytest.raises(NotTwoPersons):
            joining.merge(other.person_id, me.person_id, staff_id="s", reason="r")
        assert db.mergers.count_documents({}) == db.audit_entries.count_documents({}) == 1

    def test_a_chain_of_links_ends_at_one_person(self, enter):
        one, two, three = enter(phone(A)), enter(phone(B)), enter(phone("010-3333-3333"))
        joining.merge(two.person_id, three.person_id, staff_id="s", reason="r")
        joining.merge(one.person_id, two.person_id, staff_id="s", reason="r")
        assert {enter(phone(number)).person_id for number in (A, B, "010-3333-3333")} == {one.person_id}


def test_a_leaked_database_without_the_secret_names_nobody(enter, db):
    """No number, name of a provider's account, district, code or token stands in the dump in any readable form."""
    before = {name: set(db[name].distinct("_id")) for name in db.list_collection_names()}
    me = enter(phone("010-7391-4628"))
    persons.connect(me.person_id, google("planted-google-subject"))
    facts = {"district": "11440", "birth_year": 1957, "gender": "female", "tags": ["planted-tag"]}
    services.confirm_residence(me.person_id, facts, staff_id="s1", reason="planted-reason")
    code, _ = services.send_development_code("010-7391-4628")
    new = [row for name in db.list_collection_names() for row in db[name].find() if row["_id"] not in before.get(name, ())]
    # Short ones are looked for as words of their own: a random id may well hold 1957.
    dump = json.dumps(new, default=lambda value: str(value) if not isinstance(value, datetime) else "")
    assert len(new) >= 4
    for planted in (
        "73914628",
        "4628",
        "planted-google-subject",
        "11440",
        "1957",
        "planted-tag",
        "planted-reason",
        me.refresh_token,
        code,
    ):
        if planted == code and code in me.person_id:
            continue
        alone = rf"(?<![0-9A-Za-z]){re.escape(planted)}(?![0-9A-Za-z])" if len(planted) < 8 else re.escape(planted)
        assert not re.search(alone, dump), planted
    # Ten million numbers can be hashed in seconds; without the key that leads nowhere.
    import hashlib

    for form in ("+821073914628", "01073914628", "phone::+821073914628"):
        assert hashlib.sha256(form.encode()).hexdigest() not in dump


NUMBERS = ["010-5555-0001", "010-5555-0002", "010-5555-0003"]
number = st.sampled_from(NUMBERS)


class OnePerson(RuleBasedStateMachine):
    """Any sequence of joining, voting, changing numbers, linking, erasing, waiting: each number gives at most one ballot."""

    clean = None

    @initialize()
    def begin(self):
        type(self).clean()
        self.days, self.opened, self.polls, self.cast = 0.0, 0, {}, {}
        clock.shift(timedelta())
        self.open_poll()

    def person_of(self, number):
        """Sign in as the holder of a number would; None when the door stays shut."""
        try:
            return services.sign_in(phone(number), entry(), method="firebase").person_id
        except (NumberResting, SecondFactRequired):
            return None

    def tell_horizon(self):
        persons.note_poll_horizon(min(self.polls.values(), default=clock.now()))
        leaving.forget_the_left()

    @rule()
    def open_poll(self):
        self.wait(0.001)
        self.opened += 1
        self.polls[self.opened] = clock.now()
        self.wait(0.001)
        self.tell_horizon()

    @rule()
    def count_the_oldest_poll(self):
        if len(self.polls) > 1:
            del self.polls[min(self.polls)]
            self.tell_horizon()

    @rule(days=st.sampled_from([0.01, 95.0]))
    def wait(self, days):
        self.days += days
        clock.shift(timedelta(days=self.days))

    @rule(number=number)
    def vote_everywhere(self, number):
        person_id = self.person_of(number)
        for poll in self.polls if person_id else ():
            self.cast.setdefault((poll, person_id), set()).add(number)

    @rule(number=number)
    def come_as_a_newcomer(self, number):
        with contextlib.suppress(NumberResting):
            services.sign_in(phone(number), entry(is_newcomer=True), method="firebase")

    @rule(old=number, new=number)
    def change_number(self, old, new):
        person_id = self.person_of(old)
        if person_id is None or old == new:
            return
        with contextlib.suppress(IdentifierTaken, NumberResting, LastIdentifier, NotFound):
            persons.connect(person_id, phone(new))
            changing_hands.disconnect(person_id, phone(old).key)

    @rule(number=number)
    def erase(self, number):
        person_id = self.person_of(number)
        if person_id:
            leaving.erase(person_id)
            leaving.close_erasure(person_id)

    @rule(one=number, two=number)
    def link(self, one, two):
        kept, dropped = self.person_of(one), self.person_of(two)
        with contextlib.suppress(NotTwoPersons):
            joining.merge(kept, dropped, staff_id="s", reason="property")
        for merger in joining.open_mergers("voting", before=clock.now() + timedelta(seconds=1)):
            self.cast = {key: used for key, used in self.cast.items() if key[1] != merger["dropped"]}
            joining.close_merger(merger["_id"], "voting")

    @invariant()
    def each_number_gives_at_most_one_ballot_in_a_poll(self):
        for poll in self.polls:
            ballots = [used for (where, _), used in self.cast.items() if where == poll]
            assert sum(len(used) for used in ballots) == len(set().union(*ballots)), ballots


def test_no_sequence_gives_one_number_two_ballots(clean_accounts):
    OnePerson.clean = staticmethod(clean_accounts)
    try:
        run_state_machine_as_test(
            OnePerson,
            settings=settings(
                max_examples=40,
                stateful_step_count=20,
                deadline=None,
                suppress_health_check=list(HealthCheck),
                derandomize=True,
                phases=[Phase.generate],
            ),
        )
    finally:
        clock.shift(timedelta())


def test_a_session_of_an_erased_person_cannot_be_opened(enter):
    me = enter(phone(A))
    leaving.erase(me.person_id)
    with pytest.raises(SessionEnded):
        services.sessions.begin(me.person_id, entry().device, method="firebase")
    assert CONSENTS.is_fourteen
