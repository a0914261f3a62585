"""Staff: password, second factor, throttling that strangers cannot use against them."""

from datetime import timedelta

import pyotp
import pytest

from mvoting.accounts import staff, throttle
from mvoting.accounts.errors import StaffExists, WeakPassword
from mvoting.accounts.throttle import Limit
from mvoting.core import clock

PASSWORD = "violet-kettle-under-the-harbour-9"


@pytest.fixture
def officer(db):
    for name in ("staff", "staff_sessions", "throttles"):
        db[name].delete_many({})
    yield staff.create(email="Officer@City.example", name="Kim", roles=["poll_officer"], password=PASSWORD)
    clock.shift(timedelta())


def first_factor(client, password=PASSWORD, device="", address="10.0.0.1"):
    body = {"email": "officer@city.example", "password": password, "device": device}
    return client.post("/v1/staff/sign-in", json=body, environ_base={"REMOTE_ADDR": address})


def code(officer):
    return pyotp.TOTP(officer.totp_secret).at(clock.now())


def second_factor(client, challenge, value, kind="totp"):
    return client.post(f"/v1/staff/sign-in/{kind}", json={"challenge": challenge, "code": value})


def signed_in(client, officer):
    answer = second_factor(client, first_factor(client).json["challenge"], code(officer))
    assert answer.status_code == 200, answer.json
    return answer.json


def test_password_and_code_open_a_session(client, officer):
    grant = signed_in(client, officer)
    headers = {"Authorization": f"Bearer {grant['token']}"}
    assert client.get("/v1/staff/me", headers=headers).json["roles"] == ["poll_officer"]
    assert client.delete("/v1/staff/session", headers=headers).status_code == 204
    assert client.get("/v1/staff/me", headers=headers).json["code"] == "accounts.staff-session-ended"


def test_neither_factor_alone_opens_anything(client, officer):
    assert first_factor(client, "wrong").json["code"] == "accounts.staff-sign-in-refused"
    challenge = first_factor(client).json["challenge"]
    assert client.get("/v1/staff/me", headers={"Authorization": f"Bearer {challenge}"}).status_code == 401
    assert second_factor(client, challenge, "000000").json["code"] == "accounts.invalid-second-factor"
    assert second_factor(client, "x" * 43, code(officer)).json["code"] == "accounts.staff-session-ended"


def test_a_code_works_once(client, officer):
    value = code(officer)
    assert second_factor(client, first_factor(client).json["challenge"], value).status_code == 200
    again = second_factor(client, first_factor(client).json["challenge"], value)
    assert again.json["code"] == "accounts.invalid-second-factor"


def test_a_recovery_code_works_once(client, officer):
    value = officer.recovery_codes[0]
    assert second_factor(client, first_factor(client).json["challenge"], value, "recovery-code").status_code == 200
    assert second_factor(client, first_factor(client).json["challenge"], value, "recovery-code").status_code == 401


def test_guessing_codes_ends_the_challenge(client, officer):
    challenge = first_factor(client).json["challenge"]
    for _ in range(5):
        assert second_factor(client, challenge, "12345x").status_code == 401
    assert second_factor(client, challenge, code(officer)).status_code == 401


def test_strangers_failures_do_not_lock_the_owner_out(client, officer):
    device = signed_in(client, officer)["device"]
    for _ in range(99):  # as if from a hundred places; hashing each would only take time
        throttle.count_failure(Limit("staff:officer@city.example:strangers", 100))
    assert first_factor(client, "wrong", address="10.1.1.7").status_code == 401
    stranger = first_factor(client, address="10.9.9.9")
    assert (stranger.status_code, stranger.json["code"]) == (429, "accounts.too-many-tries")
    assert first_factor(client, device=device, address="10.9.9.9").status_code == 200


def test_whoever_stole_a_password_does_not_lock_its_owner_out_of_the_second_factor(client, officer):
    device = signed_in(client, officer)["device"]
    for _ in range(4):
        challenge = first_factor(client, address="10.9.9.9").json["challenge"]
        for _ in range(5):
            assert second_factor(client, challenge, "12345x").json["code"] == "accounts.invalid-second-factor"
    stolen = first_factor(client, address="10.9.9.9").json["challenge"]
    assert second_factor(client, stolen, "12345x").json["code"] == "accounts.too-many-tries"
    clock.shift(timedelta(seconds=31))
    own = first_factor(client, device=device).json["challenge"]
    assert second_factor(client, own, code(officer)).status_code == 200


def test_five_failures_from_one_place_wait(client, officer):
    for _ in range(5):
        assert first_factor(client, "wrong").status_code == 401
    blocked = first_factor(client)
    assert blocked.status_code == 429
    assert int(blocked.headers["Retry-After"]) <= 61
    clock.shift(timedelta(seconds=62))
    assert first_factor(client).status_code == 200


def test_idle_and_absolute_limits(client, officer):
    grant = signed_in(client, officer)
    headers = {"Authorization": f"Bearer {grant['token']}"}
    clock.shift(timedelta(minutes=29))
    assert client.get("/v1/staff/me", headers=headers).status_code == 200
    clock.shift(timedelta(minutes=60))
    assert client.get("/v1/staff/me", headers=headers).json["code"] == "accounts.staff-session-ended"


def test_a_citizen_is_not_staff_and_staff_are_not_citizens(client, officer, person_headers):
    assert client.get("/v1/staff/me", headers=person_headers()).status_code == 401
    staff_token = {"Authorization": f"Bearer {signed_in(client, officer)['token']}"}
    assert client.get("/v1/me", headers=staff_token).status_code == 401


@pytest.mark.parametrize(
    "password", ["short", "password1234", "qwertyuiop12", "other@city.example", "aaaaaaaaaaaaaaaa", "Seoul2026!!!"]
)
def test_weak_passwords_are_refused(officer, password):
    with pytest.raises(WeakPassword):
        staff.create(email="other@city.example", name="Lee", roles=["auditor"], password=password)


def test_an_address_is_one_staff_member(officer):
    with pytest.raises(StaffExists):
        staff.create(email="officer@city.EXAMPLE", name="Lee", roles=["auditor"], password=PASSWORD)
