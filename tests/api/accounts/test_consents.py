"""Terms and privacy notice by version: a raised one asks everybody anew, and nobody is shut out of their own account."""

import dataclasses

import pytest

from mvoting.accounts import consents, persons, services
from mvoting.accounts.consents import Consents
from mvoting.core.settings import settings
from tests.people import entry, headers, phone

A, B = "010-1111-1111", "010-2222-2222"
NEW = {"terms": 1, "privacy": 2, "is_fourteen": True}


@pytest.fixture
def raise_privacy(app, monkeypatch):
    """Put a new privacy notice into force."""

    def act():
        raised = dataclasses.replace(settings(), privacy_version=2)
        monkeypatch.setattr(consents, "settings", lambda: raised)

    return act


def refresh(client, grant, device):
    answer = client.post("/v1/sessions/refresh", json={"refresh_token": grant.refresh_token, "device_id": device.id})
    assert answer.status_code == 200, answer.json
    return answer.json


def bearer(answer):
    return {"Authorization": f"Bearer {answer['access_token']}"}


def test_a_changed_notice_is_agreed_to_once_and_the_old_consent_stays_on_record(client, raise_privacy, db):
    mine = entry()
    me = services.sign_in(phone(A), mine, method="firebase")
    assert client.get("/v1/me", headers=headers(me)).json["consents_due"] == []
    raise_privacy()
    assert client.get("/v1/sign-in/consents").json == {"terms": 1, "privacy": 2}
    renewed = refresh(client, me, mine.device)
    assert renewed["person"]["consents_due"] == ["privacy"]
    stopped = client.get("/v1/inbox", headers=bearer(renewed))
    assert (stopped.status_code, stopped.json["code"], stopped.json["privacy"]) == (403, "accounts.consent-due", 2)
    assert client.get("/v1/me", headers=bearer(renewed)).json["consents_due"] == ["privacy"]
    old = client.post("/v1/me/consents", json=NEW | {"privacy": 1}, headers=bearer(renewed))
    assert old.json["code"] == "accounts.consent-required"
    agreed = client.post("/v1/me/consents", json=NEW, headers=bearer(renewed))
    assert agreed.status_code == 200, agreed.json
    assert client.get("/v1/inbox", headers=bearer(agreed.json)).status_code == 200
    assert client.post("/v1/me/consents", json=NEW, headers=bearer(agreed.json)).status_code == 200
    kept = [(c["document"], c["version"]) for c in db.persons.find_one({"_id": me.person_id})["consents"]]
    assert kept == [("terms", 1), ("privacy", 1), ("privacy", 2)]


def test_who_does_not_agree_can_still_take_the_data_along_and_go(client, raise_privacy):
    mine = entry()
    me = services.sign_in(phone(A), mine, method="firebase")
    raise_privacy()
    renewed = bearer(refresh(client, me, mine.device))
    assert client.post("/v1/me/exports", headers=renewed).status_code == 202
    assert client.get("/v1/me/sessions", headers=renewed).status_code == 200
    assert client.delete("/v1/me", headers=renewed).status_code == 204


def test_agreeing_at_sign_in_counts(raise_privacy):
    services.sign_in(phone(A), entry(), method="firebase")
    raise_privacy()
    assert services.sign_in(phone(A), entry(consents=None), method="firebase").consents_due == ("privacy",)
    assert services.sign_in(phone(A), entry(consents=Consents(**NEW)), method="firebase").consents_due == ()


def test_an_outdated_consent_at_sign_in_neither_joins_nor_counts(raise_privacy, db):
    services.sign_in(phone(A), entry(), method="firebase")
    raise_privacy()
    assert services.sign_in(phone(A), entry(), method="firebase").consents_due == ("privacy",)
    with pytest.raises(consents.ConsentRequired):
        services.sign_in(phone(B), entry(), method="firebase")
    assert db.persons.count_documents({}) == 1


def test_a_childs_guardian_agrees_anew_as_well(client, raise_privacy, db):
    mine = entry(consents=Consents(terms=1, privacy=1, is_fourteen=False))
    child = services.sign_in(phone(A), mine, method="firebase")
    db.persons.update_one({"_id": child.person_id}, {"$set": {"state": "active"}})
    raise_privacy()
    answer = client.post("/v1/me/consents", json=NEW | {"is_fourteen": False}, headers=headers(child))
    assert answer.status_code == 200
    assert persons.person(child.person_id)["state"] == "awaiting_guardian"
    assert client.get("/v1/inbox", headers=bearer(answer.json)).json["code"] == "accounts.guardian-required"
