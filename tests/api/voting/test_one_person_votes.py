"""One person, one vote, with real polls and ballots: linking, erasing, coming back, and a sign-in provider that is gone."""

import contextlib
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from mvoting import personal_data
from mvoting.accounts import changing_hands, firebase, joining, leaving, persons, services
from mvoting.accounts.errors import IdentifierTaken, LastIdentifier, NotTwoPersons, NumberResting
from mvoting.accounts.models import DOCUMENTS
from mvoting.core import clock
from mvoting.core.problems import NotFound
from mvoting.voting import one_person
from mvoting.voting.ballots import services as ballots
from mvoting.voting.board import sequencer
from mvoting.voting.polls import services as polls
from tests.firebase import Certificates, certificate_server, point_verifier_at
from tests.people import entry, headers, phone

A, B = "010-1111-1111", "010-2222-2222"


@pytest.fixture(autouse=True)
def clean(db):
    names = ["polls", "ballots", "board_batches", "board_tiles", *(d._get_collection_name() for d in DOCUMENTS)]

    def empty():
        for name in names:
            db[name].delete_many({})
        polls.forget_facts()
        services.sessions._revocations.forget()

    empty()
    yield empty
    clock.shift(timedelta())


@pytest.fixture
def enter(app):
    return lambda number: services.sign_in(phone(number), entry(), method="firebase")


@pytest.fixture
def settle():
    """Let the sweep run that withdraws ballots, once the dropped person's tokens are refused everywhere."""

    def run():
        clock.shift(one_person.SETTLED_AFTER + timedelta(seconds=1))
        one_person.keep_one_person()
        clock.shift(timedelta())

    return run


def counted(db, poll):
    """Count the ballots of a poll that will be counted."""
    return db.ballots.count_documents({"poll": poll[0], "withdrawn": {"$exists": False}})


def link(kept, dropped):
    joining.merge(kept.person_id, dropped.person_id, staff_id="s", reason="both numbers are hers")


class TestLinking:
    def test_of_two_ballots_one_is_withdrawn_on_the_board(self, enter, poll, cast, ballot_body, settle, db, close, client):
        kept, dropped = enter(A), enter(B)
        for me in (kept, dropped):
            assert cast(poll, ballot_body(poll), headers(me)).status_code == 200
        assert counted(db, poll) == 2
        link(kept, dropped)
        assert cast(poll, ballot_body(poll, "o2", revision=1), headers(dropped)).json["code"] == "accounts.session-ended"
        settle()
        assert counted(db, poll) == 1
        again = enter(B)
        assert again.person_id == kept.person_id
        assert cast(poll, ballot_body(poll), headers(again)).json["code"] != "accounts.session-ended"
        assert counted(db, poll) == 1, "both numbers now lead to the one ballot that stands"
        close(poll)
        sequencer.sequence(poll[0])
        records = [e["record"] for batch in db.board_batches.find({"poll": poll[0]}) for e in batch["entries"] if "record" in e]
        withdrawn = [record for record in records if record["type"] == "withdrawal"]
        assert [record["reason"] for record in withdrawn] == [one_person.REASON]
        assert not {kept.person_id, dropped.person_id, "s"} & set(str(withdrawn).split("'")), "the board names nobody"

    def test_whoever_voted_only_as_the_dropped_one_votes_again_while_it_is_open(self, enter, poll, cast, ballot_body, settle, db):
        kept, dropped = enter(A), enter(B)
        cast(poll, ballot_body(poll), headers(dropped))
        link(kept, dropped)
        settle()
        assert counted(db, poll) == 0
        assert cast(poll, ballot_body(poll), headers(kept)).status_code == 200
        assert counted(db, poll) == 1

    def test_the_only_ballot_stays_in_a_poll_that_has_closed(self, enter, poll, cast, ballot_body, settle, db):
        kept, dropped = enter(A), enter(B)
        cast(poll, ballot_body(poll), headers(dropped))
        closed = {"closes_at": clock.now() - timedelta(minutes=1), "state": "closed"}
        db.polls.update_one({"_id": poll[0]}, {"$set": closed})
        polls.forget_facts()
        link(kept, dropped)
        settle()
        assert counted(db, poll) == 1

    def test_linking_twice_withdraws_once(self, enter, poll, cast, ballot_body, settle, db):
        kept, dropped = enter(A), enter(B)
        for me in (kept, dropped):
            cast(poll, ballot_body(poll), headers(me))
        link(kept, dropped)
        with pytest.raises(NotTwoPersons):
            link(kept, dropped)
        settle()
        settle()
        assert counted(db, poll) == 1


def test_erasing_and_coming_back_is_still_one_ballot(enter, poll, cast, ballot_body, client, db):
    me = enter(A)
    assert cast(poll, ballot_body(poll), headers(me)).status_code == 200
    one_person.keep_one_person()
    assert client.delete("/v1/me", headers=headers(me)).status_code == 204
    personal_data.carry_on()
    personal_data.forget_old()
    back = enter(A)
    assert cast(poll, ballot_body(poll), headers(back)).status_code == 409, "the ballot of before is still there"
    assert cast(poll, ballot_body(poll, "o2", revision=1), headers(back)).status_code == 200
    assert counted(db, poll) == 1


NUMBERS = ["010-5555-0001", "010-5555-0002", "010-5555-0003"]
number = st.sampled_from(NUMBERS)


class RealBallots(RuleBasedStateMachine):
    """Any sequence of joining, voting, changing numbers, linking, erasing and coming back, in polls of the product itself."""

    clean = make_poll = cast = body = ballots = None

    @initialize()
    def begin(self):
        type(self).clean()
        clock.shift(timedelta())
        self.polls, self.used = [], {}
        self.open_poll()

    def enter(self, number):
        """Sign in as the holder of a number would; None when the door stays shut."""
        try:
            return services.sign_in(phone(number), entry(), method="firebase")
        except NumberResting:
            return None

    @rule()
    def open_poll(self):
        if len(self.polls) < 2:
            self.polls.append(type(self).make_poll())
            one_person.keep_one_person()

    @rule(number=number, option=st.sampled_from(["o1", "o2"]))
    def vote_everywhere(self, number, option):
        me = self.enter(number)
        for poll in self.polls if me else ():
            key = ballots.ballot_id(polls.poll_facts(poll[0]), me.person_id)
            stored = type(self).ballots().find_one({"_id": key}, {"casts": 1})
            body = type(self).body(poll, option, revision=len(stored["casts"]) if stored else 0)
            if type(self).cast(poll, body, headers(me)).status_code == 200:
                self.used.setdefault((poll[0], key), set()).add(number)

    @rule(old=number, new=number)
    def change_number(self, old, new):
        me = self.enter(old)
        if me is None or old == new:
            return
        with contextlib.suppress(IdentifierTaken, NumberResting, LastIdentifier, NotFound):
            persons.connect(me.person_id, phone(new))
            changing_hands.disconnect(me.person_id, phone(old).key)

    @rule(number=number)
    def erase(self, number):
        if me := self.enter(number):
            leaving.erase(me.person_id)
            personal_data.carry_on()
            personal_data.forget_old()

    @rule(one=number, two=number)
    def link(self, one, two):
        kept, dropped = self.enter(one), self.enter(two)
        if kept and dropped:
            with contextlib.suppress(NotTwoPersons):
                link(kept, dropped)
        clock.shift(one_person.SETTLED_AFTER + timedelta(seconds=1))
        one_person.keep_one_person()
        clock.shift(timedelta())

    @invariant()
    def each_number_and_each_person_has_one_counted_ballot_at_most(self):
        for poll, _ in self.polls:
            standing = type(self).ballots().find({"poll": poll, "withdrawn": {"$exists": False}}, {"_id": 1})
            used = [self.used[poll, bytes(ballot["_id"])] for ballot in standing]
            assert sum(len(numbers) for numbers in used) == len(set().union(*used)), used


def test_no_sequence_gives_one_person_two_ballots(clean, make_poll, cast, ballot_body, db):
    RealBallots.clean, RealBallots.make_poll, RealBallots.cast = map(staticmethod, (clean, make_poll, cast))
    RealBallots.body, RealBallots.ballots = staticmethod(ballot_body), staticmethod(lambda: db.ballots)
    run_state_machine_as_test(
        RealBallots,
        settings=settings(
            max_examples=8,
            stateful_step_count=15,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            derandomize=True,
            phases=[Phase.generate],
        ),
    )


@pytest.fixture
def no_certificates(app, monkeypatch):
    """Firebase's verifier as at the start of a process: nothing fetched yet."""
    import firebase_admin

    monkeypatch.delenv("FIREBASE_AUTH_EMULATOR_HOST", raising=False)
    firebase_admin._apps.pop(firebase.APP_NAME, None)
    yield
    firebase_admin._apps.pop(firebase.APP_NAME, None)


def test_the_provider_goes_down_in_the_middle_of_a_poll(client, no_certificates, poll, cast, ballot_body, db):
    """Whoever is signed in refreshes, votes and changes the vote; a newcomer is told to wait and gets in once it is back."""
    google, device = Certificates(), {"id": "d" * 32}
    agreed = {"terms": 1, "privacy": 1, "is_fourteen": True}

    def sign_in(number, **more):
        body = {"id_token": google.token(phone_number=number, sub=number, **more), "device": device, "consents": agreed}
        return client.post("/v1/sign-in/firebase", json=body)

    with certificate_server(google) as url:
        point_verifier_at(firebase._app(), url)
        me = sign_in("+821012340001").json
        assert me["person"]["trust"] == "member"
    # Gone, and the certificates that were kept are forgotten as well: the worst case.
    import firebase_admin

    firebase_admin._apps.pop(firebase.APP_NAME, None)
    point_verifier_at(firebase._app(), "http://127.0.0.1:9/")
    waiting = sign_in("+821012340002")
    assert (waiting.status_code, waiting.json["code"]) == (503, "accounts.identity-provider-down")
    assert int(waiting.headers["Retry-After"]) > 0
    clock.shift(timedelta(minutes=9))
    renewed = client.post("/v1/sessions/refresh", json={"refresh_token": me["refresh_token"], "device_id": device["id"]})
    assert renewed.status_code == 200, renewed.json
    mine = {"Authorization": f"Bearer {renewed.json['access_token']}"}
    for revision, option in enumerate(("o1", "o2")):
        answer = cast(poll, ballot_body(poll, option, revision=revision), mine)
        assert answer.status_code == 200, answer.json
    assert counted(db, poll) == 1
    assert client.post("/v1/me/exports", headers=mine).status_code == 202
    assert client.get("/v1/me/sessions", headers=mine).status_code == 200
    clock.shift(timedelta())
    firebase_admin._apps.pop(firebase.APP_NAME, None)
    with certificate_server(google) as url:
        point_verifier_at(firebase._app(), url)
        assert sign_in("+821012340002").status_code == 200


def test_a_machine_whose_clock_is_wrong_by_minutes_gives_no_second_vote(enter, make_poll, cast, ballot_body, db):
    """The sweep's clock is ahead, the API's behind: a number given up just after voting must not be free for a newcomer."""
    clock.shift(timedelta(minutes=2))
    one_person.keep_one_person()
    clock.shift(timedelta())
    poll = make_poll(opens_in=-1)
    mine = enter(A)
    persons.connect(mine.person_id, phone(B))
    assert cast(poll, ballot_body(poll), headers(mine)).status_code == 200
    clock.shift(-timedelta(minutes=2))
    changing_hands.disconnect(mine.person_id, phone(A).key)
    clock.shift(timedelta())
    one_person.keep_one_person()
    with pytest.raises(NumberResting):
        enter(A)
    assert db.ballots.count_documents({}) == 1
