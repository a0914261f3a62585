"""What staff do for citizens: residence, counters, registers, lost phones; and guardians of children."""

import io
from datetime import timedelta

import pytest

from mvoting.accounts import identifiers, persons, registers, residents, services, tokens
from mvoting.core import audit, clock
from tests.people import CONSENTS, Consents, headers, phone

FACTS = {"district": "11440", "birth_year": 1961, "gender": "female", "tags": ["baker"], "reason": "주민등록증 확인"}
AGREED = {"terms": 1, "privacy": 1, "is_fourteen": True}
A, B = "010-1111-1111", "010-2222-2222"


@pytest.fixture
def officer(staff_headers):
    return staff_headers("poll_officer")


class TestResidence:
    def test_a_confirmed_resident_has_the_facts_in_the_session(self, client, enter, officer, db):
        me = enter(phone(A))
        assert client.put(f"/v1/people/{me.person_id}/residence", json=FACTS, headers=officer).status_code == 204
        claims = tokens.verify(enter(phone(A)).access_token)
        assert (claims.trust, claims.facts["district"], claims.facts["tags"]) == ("resident", "11440", ["baker"])
        (entry,) = audit.entries({"action": "person.confirm_residence"}, after=None, limit=5)[0]
        assert (entry["reason"], entry["after"]["birth_year"]) == ("주민등록증 확인", 1961)

    def test_audience_queries_find_people_by_keys_and_use_an_index(self, client, enter, officer, db):
        me = enter(phone(A))
        client.put(f"/v1/people/{me.person_id}/residence", json=FACTS, headers=officer)
        condition = {"facts_keys": residents.fact_key("district", "11440"), "state": "active"}
        assert db.persons.count_documents(condition) == 1
        assert db.persons.count_documents({"facts_keys": residents.fact_key("district", "11110")}) == 0
        assert "COLLSCAN" not in str(db.persons.find(condition).explain()["queryPlanner"]["winningPlan"])

    @pytest.mark.parametrize(
        "wrong",
        [
            {"district": "99999"},
            {"birth_year": 1850},
            {"birth_year": "1961"},
            {"gender": "x"},
            {"reason": ""},
            {"district": {"$gt": ""}},
        ],
    )
    def test_wrong_facts_are_refused(self, client, enter, officer, wrong, db):
        me = enter(phone(A))
        answer = client.put(f"/v1/people/{me.person_id}/residence", json=FACTS | wrong, headers=officer)
        assert answer.json["code"] == "core.invalid-input"
        assert db.audit_entries.count_documents({}) == 0

    def test_facts_are_shown_on_demand_and_logged(self, client, enter, officer, db):
        me = enter(phone(A))
        client.put(f"/v1/people/{me.person_id}/residence", json=FACTS, headers=officer)
        shown = client.get(f"/v1/people/{me.person_id}", headers=officer)
        assert "11440" not in shown.text
        facts = client.post(f"/v1/people/{me.person_id}/facts", json={"reason": "본인 요청"}, headers=officer).json
        assert facts["birth_year"] == 1961
        assert db.audit_entries.count_documents({"action": "person.show_facts"}) == 1

    def test_few_residents_are_not_counted_out(self, client, enter, officer, db):
        me = enter(phone(A))
        client.put(f"/v1/people/{me.person_id}/residence", json=FACTS, headers=officer)
        assert client.get("/v1/people/districts", headers=officer).json["counts"]["11440"] == 0

    def test_a_child_found_out_waits_for_a_guardian(self, client, enter, officer):
        me = enter(phone(A))
        client.put(f"/v1/people/{me.person_id}/residence", json=FACTS | {"birth_year": clock.now().year - 10}, headers=officer)
        assert client.get("/v1/me", headers=headers(enter(phone(A)))).json["state"] == "awaiting_guardian"


class TestGuardian:
    @pytest.fixture
    def child(self, enter):
        return enter(phone(A), consents=Consents(terms=1, privacy=1, is_fourteen=False))

    def adult(self, enter, birth_year):
        grown = enter(phone(B))
        residents.confirm(grown.person_id, {"district": "11440", "birth_year": birth_year}, source="staff")
        return enter(phone(B))

    def test_a_confirmed_adult_opens_the_childs_account(self, client, enter, child, db):
        assert client.post("/v1/ideas", json={}, headers=headers(child)).json["code"] == "accounts.guardian-required"
        code = client.post("/v1/me/guardian-codes", headers=headers(child)).json["code"]
        answer = client.post("/v1/me/guardianships", json={"code": code}, headers=headers(self.adult(enter, 1980)))
        assert answer.status_code == 204
        me = client.get("/v1/me", headers=headers(child)).json
        assert me == {"id": child.person_id, "trust": "member", "state": "active", "consents_due": []}
        assert db.persons.find_one({"_id": child.person_id})["guardian"]["privacy"] == 1

    def test_neither_a_member_nor_a_youth_nor_a_guess_will_do(self, client, enter, child):
        code = client.post("/v1/me/guardian-codes", headers=headers(child)).json["code"]
        assert client.post("/v1/me/guardianships", json={"code": code}, headers=headers(enter(phone(B)))).status_code == 403
        youth = self.adult(enter, clock.now().year - 19)
        refused = client.post("/v1/me/guardianships", json={"code": code}, headers=headers(youth))
        assert refused.json["code"] == "accounts.guardian-not-eligible"
        guesser = headers(self.adult(enter, 1980))
        for guess in range(10):
            assert client.post("/v1/me/guardianships", json={"code": f"{guess:010d}"}, headers=guesser).status_code == 401
        assert client.post("/v1/me/guardianships", json={"code": code}, headers=guesser).json["code"] == "accounts.too-many-tries"
        parent = enter(phone("010-3333-3333"))
        residents.confirm(parent.person_id, {"district": "11440", "birth_year": 1985}, source="staff")
        parent = headers(enter(phone("010-3333-3333")))
        answer = client.post("/v1/me/guardianships", json={"code": code}, headers=parent)
        assert answer.status_code == 204, "a guesser in the same network keeps no parent out"


class TestCounter:
    DEVICE = {"id": "k" * 32, "name": "counter 3"}

    def prepare(self, client, officer, **more):
        body = {"document": "M1234-5678", "reason": "주민센터 창구", "consents": AGREED, **more}
        return client.post("/v1/people/counter-sessions", json=body, headers=officer)

    def test_without_a_phone_one_person_for_one_document(self, client, officer, db):
        grants = []
        for document in ("M1234-5678", "m12345678"):
            code = self.prepare(client, officer, document=document).json["code"]
            grants.append(client.post("/v1/sign-in/counter", json={"code": code, "device": self.DEVICE}).json)
        assert grants[0]["person"] == grants[1]["person"]
        assert grants[0]["refresh_token"] is None
        assert db.audit_entries.count_documents({"action": "counter.open_session"}) == 2
        again = client.post("/v1/sign-in/counter", json={"code": code, "device": self.DEVICE})
        assert again.json["code"] == "accounts.invalid-code"

    def test_somebody_with_an_account_gets_the_same_one(self, client, officer, enter):
        me = enter(phone(A))
        approval, _ = services.approval_code(me.person_id)
        code = self.prepare(client, officer, phone=A, approval_code=approval).json["code"]
        grant = client.post("/v1/sign-in/counter", json={"code": code, "device": self.DEVICE}).json
        assert grant["person"]["id"] == me.person_id
        assert self.prepare(client, officer, phone=A).status_code == 201, "the document was seen before"
        other = enter(phone(B))
        approval, _ = services.approval_code(other.person_id)
        taken = self.prepare(client, officer, phone=B, approval_code=approval)
        assert taken.json["code"] == "accounts.identifier-taken"

    def test_naming_somebody_elses_number_opens_nothing(self, client, officer, enter, db):
        me, thief = enter(phone(A)), enter(phone(B))
        approval, _ = services.approval_code(thief.person_id)
        for fact in ({}, {"approval_code": "00000000"}, {"approval_code": approval}):
            answer = self.prepare(client, officer, phone=A, **fact)
            assert answer.status_code in (401, 403), answer.json
        assert db.identifiers.count_documents({"kind": "document"}) == db.audit_entries.count_documents({}) == 0
        assert [i["kind"] for i in identifiers.identifiers_of(me.person_id)] == ["phone"]

    def test_what_cannot_be_logged_does_not_happen(self, client, officer, db, monkeypatch):
        def broken(*_, **__):
            raise RuntimeError("the log cannot be written")

        monkeypatch.setattr(audit, "_append", broken)
        assert self.prepare(client, officer).status_code == 500
        assert db.sign_in_codes.count_documents({}) == 0
        assert db.identifiers.count_documents({}) == db.persons.count_documents({}) == 0

    def test_the_session_is_short_and_the_staff_member_holds_none(self, client, officer):
        prepared = self.prepare(client, officer).json
        assert set(prepared) == {"code", "expires_at"}
        grant = client.post("/v1/sign-in/counter", json={"code": prepared["code"], "device": self.DEVICE}).json
        clock.shift(timedelta(minutes=16))
        answer = client.get("/v1/me", headers={"Authorization": f"Bearer {grant['access_token']}"})
        assert answer.json["code"] == "accounts.token-expired"

    def test_guesses_from_its_network_do_not_stop_a_counter_that_is_in_use(self, client, officer):
        def enter(code, device, network):
            body = {"code": code, "device": device}
            return client.post("/v1/sign-in/counter", json=body, environ_base={"REMOTE_ADDR": network})

        code = self.prepare(client, officer).json["code"]
        assert enter(code, self.DEVICE, "10.0.0.7").status_code == 200
        guesser = {"id": "g" * 32}
        for guess in range(10):
            assert enter(f"{guess:010d}", guesser, "10.0.0.7").json["code"] == "accounts.invalid-code"
        code = self.prepare(client, officer).json["code"]
        assert enter(code, guesser, "10.0.0.7").json["code"] == "accounts.too-many-tries"
        assert enter(code, self.DEVICE, "10.0.0.7").status_code == 200
        for guess in range(10):
            assert enter(f"{guess:010d}", self.DEVICE, "10.0.0.7").status_code == 401
        assert enter(code, self.DEVICE, "10.0.0.7").json["code"] == "accounts.too-many-tries", "nor does it guess endlessly"

    def test_the_counters_screen_is_found_by_an_index(self, db):
        condition = {"device_key": "k", "kind": "counter"}
        assert "COLLSCAN" not in str(db.sessions.find(condition).explain()["queryPlanner"]["winningPlan"])


class TestRegister:
    TABLE = "phone,district,birth_year,gender\n010-1111-1111,11440,1961,female\n010-2222-2222,99999,1970,\nnot a number,11440,1970,male\n"

    def upload(self, client, staff_headers, table):
        files = {"file": (io.BytesIO(table.encode()), "register.csv")}
        return client.post("/v1/people/registers?reason=2026", data=files, headers=staff_headers("administrator"))

    def test_it_confirms_who_is_there_and_who_comes_later(self, client, enter, staff_headers, db):
        early = enter(phone(A))
        answer = self.upload(client, staff_headers, self.TABLE + "010-4444-4444,11110,1990,male\n")
        assert answer.status_code == 202, answer.json
        assert "1961" not in str(list(db.register_imports.find()))
        registers.read_import(answer.json["id"])
        registers.read_import(answer.json["id"])
        done = client.get(f"/v1/people/registers/{answer.json['id']}", headers=staff_headers("administrator")).json
        assert (done["state"], done["done_count"], done["rejected_count"]) == ("done", 4, 2)
        assert [row["why"] for row in done["rejected"]] == ["district", "phone"]
        assert persons.person(early.person_id)["trust"] == "resident"
        assert enter(phone("010-4444-4444")).trust == "resident"
        assert enter(phone(B)).trust == "member"
        assert "table_sealed" not in db.register_imports.find_one()

    def test_what_staff_saw_outweighs_it(self, client, enter, staff_headers):
        me = enter(phone(A))
        seen = {"district": "11110", "birth_year": 1962}
        services.confirm_residence(me.person_id, seen, staff_id="s", reason="papers")
        registers.read_import(self.upload(client, staff_headers, self.TABLE).json["id"])
        assert residents.facts_of(persons.person(me.person_id))["district"] == "11110"

    def test_another_table_is_refused(self, client, staff_headers, db):
        assert self.upload(client, staff_headers, "name,phone\n").json["code"] == "accounts.register-unreadable"
        assert db.register_imports.count_documents({}) == 0


def test_a_stolen_phone_is_signed_out_by_staff(client, enter, officer, db):
    me = enter(phone(A))
    listed = client.get(f"/v1/people/{me.person_id}/sessions", headers=officer).json["items"]
    path = f"/v1/people/{me.person_id}/sessions/{listed[0]['id']}/end"
    assert client.post(path, json={"reason": "분실 신고"}, headers=officer).status_code == 204
    assert client.get("/v1/me", headers=headers(me)).json["code"] == "accounts.session-ended"
    assert client.post(path, json={"reason": "분실 신고"}, headers=officer).status_code == 404
    assert db.audit_entries.count_documents({"action": "session.end"}) == 1
    from mvoting.accounts import sessions

    assert sessions.ended_among([me.session_id]) == {me.session_id}
    assert CONSENTS.terms == 1
