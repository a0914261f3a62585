"""A person's own data: asked for, fetched once ready by whoever has the link, erased everywhere."""

import io
import json
import zipfile
from datetime import timedelta

from mvoting import parts, personal_data
from mvoting.accounts import exports, leaving, persons, services
from mvoting.core import clock
from tests.people import headers, phone


def test_the_archive_holds_what_every_package_knows(client, enter):
    me = enter(phone("010-8888-0001"))
    services.confirm_residence(me.person_id, {"district": "11440", "birth_year": 1980}, staff_id="s", reason="papers")
    asked = client.post("/v1/me/exports", headers=headers(me)).json
    path = asked["link"].partition("/v1/")[2]
    assert client.get("/v1/" + path).json["code"] == "accounts.export-not-ready"
    personal_data.carry_on()
    assert client.get(f"/v1/me/exports/{asked['id']}", headers=headers(me)).json["state"] == "ready"
    answer = client.get("/v1/" + path)
    assert answer.status_code == 200
    archive = zipfile.ZipFile(io.BytesIO(answer.data))
    assert len(archive.namelist()) == len(parts.PERSONAL_DATA)
    account = json.loads(archive.read("accounts.json"))
    assert account["facts"]["district"] == "11440"
    assert account["sign_ins"][0]["label"] == "***-0001"


def test_nobody_else_gets_it(client, enter, db):
    me, other = enter(phone("010-8888-0001")), enter(phone("010-8888-0002"))
    asked = client.post("/v1/me/exports", headers=headers(me)).json
    personal_data.carry_on()
    assert client.get(f"/v1/me/exports/{asked['id']}", headers=headers(other)).status_code == 404
    assert client.get(f"/v1/exports/{asked['id']}?key=guess").status_code == 404
    assert b"11440" not in bytes(db.personal_exports.find_one()["archive_sealed"])
    again = client.post("/v1/me/exports", headers=headers(me)).json
    assert again["id"] == asked["id"]
    assert client.get("/v1/" + asked["link"].partition("/v1/")[2]).status_code == 404  # the newer link replaces it
    assert client.get("/v1/" + again["link"].partition("/v1/")[2]).status_code == 200


def test_an_erasure_reaches_every_package_and_is_finished_by_the_sweep(client, enter, db):
    me = enter(phone("010-8888-0001"))
    client.post("/v1/me/exports", headers=headers(me))
    assert client.delete("/v1/me", headers=headers(me)).status_code == 204
    assert [erasure["_id"] for erasure in leaving.open_erasures()] == [me.person_id]
    personal_data.carry_on()
    assert len(leaving.open_erasures()) == 1, "for some seconds more another process may honour an old access token"
    clock.shift(persons.SETTLED_AFTER + timedelta(seconds=1))
    personal_data.carry_on()
    assert leaving.open_erasures() == []
    assert db.personal_exports.count_documents({}) == db.sessions.count_documents({"person_id": me.person_id}) == 0
    assert exports.export_personal_data(me.person_id)["sign_ins"] == []
