"""What staff change about their own sign-in: password, recovery codes, the authenticator; each with the present password."""

from datetime import timedelta

import pyotp
import pytest

from mvoting.accounts import staff, staff_factors, staff_sessions
from mvoting.core import audit, clock

PASSWORD = "violet-kettle-under-the-harbour-9"
NEW = "another-violet-kettle-harbour-8"
EMAIL = "officer@city.example"


@pytest.fixture
def officer(db):
    return staff.create(email=EMAIL, name="Kim", roles=["poll_officer"], password=PASSWORD)


@pytest.fixture
def headers(officer):
    return {"Authorization": f"Bearer {staff_sessions.begin(officer.staff_id, stage='full')}"}


def code(answer):
    return answer.json["code"]


def waiting(client):
    return client.post("/v1/staff/sign-in", json={"email": EMAIL, "password": PASSWORD}).json["challenge"]


def digits(secret):
    return pyotp.TOTP(secret).at(clock.now())


class TestPassword:
    def change(self, client, headers, fact, password=PASSWORD, new=NEW):
        body = {"password": password, "code": fact, "new_password": new}
        return client.put("/v1/staff/me/password", json=body, headers=headers)

    def test_a_new_password_works_and_other_sessions_end(self, client, headers, officer, db):
        other = {"Authorization": f"Bearer {staff_sessions.begin(officer.staff_id, stage='full')}"}
        assert self.change(client, headers, digits(officer.totp_secret)).status_code == 204
        assert client.get("/v1/staff/me", headers=headers).status_code == 200
        assert code(client.get("/v1/staff/me", headers=other)) == "accounts.staff-session-ended"
        old = client.post("/v1/staff/sign-in", json={"email": EMAIL, "password": PASSWORD})
        assert code(old) == "accounts.staff-sign-in-refused"
        assert client.post("/v1/staff/sign-in", json={"email": EMAIL, "password": NEW}).status_code == 200
        (entry,) = audit.entries({"action": "staff.change_password"}, after=None, limit=5)[0]
        assert (entry["staff_id"], entry["after"]) == (officer.staff_id, None)

    def test_a_wrong_or_weak_password_changes_nothing(self, client, headers, officer, db):
        before, fact = db.staff.find_one({"email": EMAIL}), digits(officer.totp_secret)
        assert code(self.change(client, headers, fact, password="not it")) == "accounts.wrong-password"
        assert code(self.change(client, headers, fact, new="password1234")) == "accounts.weak-password"
        assert code(self.change(client, headers, "000000")) == "accounts.wrong-second-factor"
        only = client.put("/v1/staff/me/password", json={"password": PASSWORD, "new_password": NEW}, headers=headers)
        assert code(only) == "core.invalid-input"
        assert db.staff.find_one({"email": EMAIL}) == before

    def test_guessing_at_an_unlocked_desk_waits(self, client, headers, officer):
        fact = digits(officer.totp_secret)
        for _ in range(5):
            assert code(self.change(client, headers, fact, password="not it")) == "accounts.wrong-password"
        assert code(self.change(client, headers, fact)) == "accounts.too-many-tries"


class TestRecoveryCodes:
    """Each is a second factor, so somebody at an unlocked desk who knows only the password must not get them."""

    def renew(self, client, headers, fact, password=PASSWORD):
        return client.post("/v1/staff/me/recovery-codes", json={"password": password, "code": fact}, headers=headers)

    @pytest.mark.parametrize("by", ["authenticator", "recovery code"])
    def test_new_ones_replace_the_old(self, client, headers, officer, by):
        fact = digits(officer.totp_secret) if by == "authenticator" else officer.recovery_codes[0]
        codes = self.renew(client, headers, fact).json["recovery_codes"]
        assert len(set(codes)) == 10
        tried = {"challenge": waiting(client), "code": officer.recovery_codes[1]}
        assert code(client.post("/v1/staff/sign-in/recovery-code", json=tried)) == "accounts.invalid-second-factor"
        assert client.post("/v1/staff/sign-in/recovery-code", json={**tried, "code": codes[0]}).status_code == 200

    def test_neither_the_password_nor_the_second_factor_is_enough(self, client, headers, officer, db):
        before = db.staff.find_one({"email": EMAIL})
        only = client.post("/v1/staff/me/recovery-codes", json={"password": PASSWORD}, headers=headers)
        assert code(only) == "core.invalid-input"
        assert code(self.renew(client, headers, digits(officer.totp_secret), password="not it")) == "accounts.wrong-password"
        assert code(self.renew(client, headers, "000000")) == "accounts.wrong-second-factor"
        assert code(self.renew(client, headers, "not a code")) == "accounts.wrong-second-factor"
        assert db.staff.find_one({"email": EMAIL}) == before
        assert db.audit_entries.count_documents({"action": "staff.renew_recovery_codes"}) == 0

    def test_a_code_seen_over_the_shoulder_is_good_once(self, client, headers, officer):
        fact = digits(officer.totp_secret)
        assert self.renew(client, headers, fact).status_code == 201
        assert code(self.renew(client, headers, fact)) == "accounts.wrong-second-factor"

    def test_guessing_waits(self, client, headers, officer):
        for _ in range(5):
            assert code(self.renew(client, headers, "000000")) == "accounts.wrong-second-factor"
        assert code(self.renew(client, headers, digits(officer.totp_secret))) == "accounts.too-many-tries"


class TestAuthenticator:
    """Another authenticator, for a new phone: nobody else is needed, and the old one works until the new one does."""

    PATH = "/v1/staff/me/authenticator"

    def begin(self, client, headers, value, password=PASSWORD):
        return client.post(self.PATH, json={"password": password, "code": value}, headers=headers)

    def confirm(self, client, headers, value):
        return client.put(self.PATH, json={"totp_code": value}, headers=headers)

    def sign_in(self, client, value):
        return client.post("/v1/staff/sign-in/totp", json={"challenge": waiting(client), "code": value})

    @pytest.mark.parametrize("by", ["authenticator", "recovery code"])
    def test_it_takes_the_place_of_the_old_one(self, client, headers, officer, by):
        other = {"Authorization": f"Bearer {staff_sessions.begin(officer.staff_id, stage='full')}"}
        fact = digits(officer.totp_secret) if by == "authenticator" else officer.recovery_codes[0]
        begun = self.begin(client, headers, fact)
        assert begun.status_code == 201, begun.json
        assert begun.json["totp_secret"] in begun.json["totp_uri"]
        assert self.confirm(client, headers, digits(begun.json["totp_secret"])).status_code == 204
        assert client.get("/v1/staff/me", headers=headers).status_code == 200
        assert code(client.get("/v1/staff/me", headers=other)) == "accounts.staff-session-ended"
        clock.shift(timedelta(minutes=1))
        assert code(self.sign_in(client, digits(officer.totp_secret))) == "accounts.invalid-second-factor"
        assert self.sign_in(client, digits(begun.json["totp_secret"])).status_code == 200
        actions = [entry["action"] for entry in audit.entries({"staff_id": officer.staff_id}, after=None, limit=5)[0]]
        assert actions == ["staff.replace_authenticator", "staff.begin_authenticator"]

    def test_until_the_new_one_shows_a_code_the_old_one_works(self, client, headers, officer):
        begun = self.begin(client, headers, officer.recovery_codes[0]).json
        assert code(self.confirm(client, headers, "000000")) == "accounts.wrong-second-factor"
        assert self.sign_in(client, digits(officer.totp_secret)).status_code == 200
        clock.shift(staff_factors.AUTHENTICATOR_WAITS + timedelta(seconds=1))
        assert code(self.confirm(client, headers, digits(begun["totp_secret"]))) == "accounts.wrong-second-factor"

    def test_neither_the_password_nor_the_second_factor_is_enough(self, client, headers, officer, db):
        before = db.staff.find_one({"email": EMAIL})
        assert code(self.begin(client, headers, "000000")) == "accounts.wrong-second-factor"
        wrong = self.begin(client, headers, officer.recovery_codes[0], password="not it")
        assert code(wrong) == "accounts.wrong-password"
        assert code(self.confirm(client, headers, digits(officer.totp_secret))) == "accounts.wrong-second-factor"
        assert db.staff.find_one({"email": EMAIL}) == before
        assert db.audit_entries.count_documents({"action": {"$regex": "authenticator"}}) == 0

    def test_a_code_is_used_up_and_guessing_waits(self, client, headers, officer):
        fact = digits(officer.totp_secret)
        assert self.begin(client, headers, fact).status_code == 201
        assert code(self.begin(client, headers, fact)) == "accounts.wrong-second-factor"
        for _ in range(4):
            assert code(self.begin(client, headers, "000000")) == "accounts.wrong-second-factor"
        assert code(self.begin(client, headers, officer.recovery_codes[0])) == "accounts.too-many-tries"

    def test_the_secret_lies_sealed_and_belongs_to_its_session(self, client, headers, officer, db):
        begun = self.begin(client, headers, officer.recovery_codes[0]).json
        assert begun["totp_secret"] not in str(list(db.staff_sessions.find()))
        other = {"Authorization": f"Bearer {staff_sessions.begin(officer.staff_id, stage='full')}"}
        assert code(self.confirm(client, other, digits(begun["totp_secret"]))) == "accounts.wrong-second-factor"
