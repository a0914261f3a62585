"""Pictures over HTTP."""

import io
from datetime import timedelta

import pytest
from PIL import Image

from mvoting.core import storage
from mvoting.core.clock import now


@pytest.fixture(autouse=True)
def clean(db):
    db.pictures.delete_many({})


def file(kind="PNG", size=(40, 30)):
    buffer = io.BytesIO()
    Image.new("RGB", size, "navy").save(buffer, kind)
    buffer.seek(0)
    return {"file": (buffer, "photo.png")}


def test_upload_and_read(client, person_headers):
    made = client.post("/v1/pictures", data=file(), headers=person_headers())
    assert made.status_code == 201, made.text
    picture = made.get_json()
    assert (picture["width"], picture["height"]) == (40, 30)
    for path in (f"/v1/pictures/{picture['id']}", f"/v1/pictures/{picture['id']}/small"):
        read = client.get(path)
        assert (read.status_code, read.mimetype) == (200, "image/webp")
        assert client.get(path, headers={"If-None-Match": read.headers["ETag"]}).status_code == 304


def test_refusals(client, person_headers, staff_headers):
    assert client.post("/v1/pictures", data=file()).status_code == 401
    assert client.post("/v1/pictures", data=file(), headers=staff_headers()).status_code == 401
    refused = client.post("/v1/pictures", data=file("GIF"), headers=person_headers())
    assert refused.get_json()["code"] == "core.picture-refused"
    assert client.post("/v1/pictures", data={}, headers=person_headers()).status_code == 422
    assert client.get("/v1/pictures/" + "0" * 32).get_json()["code"] == "core.picture-not-found"


def test_only_the_owner_can_use_it_and_a_hidden_one_is_gone(client, person_headers, app):
    with app.app_context():
        picture = client.post("/v1/pictures", data=file(), headers=person_headers("me")).get_json()["id"]
        with pytest.raises(storage.PictureNotFound):
            storage.use_pictures([picture], "somebody else")
        storage.use_pictures([picture], "me")
        storage.hide_pictures([picture], hidden=True)
        assert client.get(f"/v1/pictures/{picture}").status_code == 404
        assert client.get(f"/v1/pictures/{picture}/small").status_code == 404


def test_unused_ones_go_after_a_day(client, person_headers):
    ids = [client.post("/v1/pictures", data=file(size=(n, 9)), headers=person_headers("me")).get_json()["id"] for n in (5, 6)]
    storage.use_pictures(ids[:1], "me")
    assert storage.forget_old(now=now()) == 0
    assert storage.forget_old(now=now() + timedelta(days=2)) == 1
    assert client.get(f"/v1/pictures/{ids[0]}").status_code == 200
