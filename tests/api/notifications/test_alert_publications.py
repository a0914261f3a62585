"""What leaves the city's house: CAP messages, the Atom feed and the public page."""

import pytest
from lxml import etree

from mvoting.core.ids import new_id
from notifications.cap.reader import read
from tests.alerts import Desk

ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture(autouse=True)
def clean(db):
    for name in ("alerts", "campaigns", "campaign_batches", "devices"):
        db[name].delete_many({})


@pytest.fixture
def desk(client, staff_headers):
    return Desk(client, staff_headers)


@pytest.fixture(scope="module")
def schema(reference_data):
    return etree.XMLSchema(etree.parse(reference_data("cap/CAP-v1.2.xsd")))


def cap(client, schema, alert_id, name="alert"):
    answer = client.get(f"/v1/alerts/{alert_id}/{name}.cap")
    assert (answer.status_code, answer.mimetype) == (200, "application/cap+xml")
    assert schema.validate(etree.fromstring(answer.data)), schema.error_log
    return read(answer.data)


def test_an_alert_is_valid_cap_in_both_languages(desk, client, schema):
    ring = [[126.905, 37.555], [126.925, 37.555], [126.925, 37.570], [126.905, 37.570]]
    circle = {"lon": 126.978, "lat": 37.5663, "radius_m": 400}
    released = desk.released(area={"districts": ["11740"], "polygons": [ring], "circles": [circle]})
    message = cap(client, schema, released["id"])
    assert (message.status, message.msg_type, message.scope) == ("Test", "Alert", "Public")
    assert [info.language for info in message.infos] == ["ko-KR", "en-US"]
    info = message.infos[0]
    assert (info.severity, info.urgency, info.event, info.response_types) == ("Extreme", "Immediate", "호우·침수", ("Evacuate",))
    assert ("mvoting:broadcastText", released["text"]["ko"]) in info.parameters
    (area,) = info.areas
    assert area.geocodes == (("KR.administrativeDistrictCode", "11740"),)
    assert set(area.polygons[0]) == {tuple(point) for point in ring}
    assert (area.circles[0].centre, area.circles[0].radius_km) == ((126.978, 37.5663), 0.4)


def test_what_follows_refers_to_what_went_before(desk, client, schema):
    released = desk.released()
    original = cap(client, schema, released["id"])
    correction = client.post(f"/v1/alerts/{released['id']}/correction", json={}, headers=desk.author).get_json()
    cancel = cap(client, schema, correction["id"])
    assert (cancel.msg_type, cancel.note) == ("Cancel", "sent in error")
    assert [(r.identifier, r.sent.replace(microsecond=0)) for r in cancel.references] == [(original.identifier, original.sent)]
    cleared = client.post(f"/v1/alerts/{released['id']}/all-clear", json={}, headers=desk.author).get_json()
    over = cap(client, schema, cleared["id"])
    assert (over.msg_type, over.infos[0].urgency, over.infos[0].response_types) == ("Update", "Past", ("AllClear",))
    assert [r.identifier for r in over.references] == [released["id"], correction["id"]]
    assert over.infos[0].severity == original.infos[0].severity  # the same class


def test_a_stopped_alert_is_taken_back_in_the_feed(desk, client, schema):
    released = desk.released()
    assert client.get(f"/v1/alerts/{released['id']}/cancellation.cap").status_code == 404
    client.post(f"/v1/alerts/{released['id']}/cancel", json={"note": "착오"}, headers=desk.author)
    taken_back = cap(client, schema, released["id"], "cancellation")
    assert (taken_back.msg_type, taken_back.references[0].identifier) == ("Cancel", released["id"])
    feed = etree.fromstring(client.get("/v1/alerts/feed.atom").data)
    ids = [entry.findtext(f"{ATOM}id") for entry in feed.iter(f"{ATOM}entry")]
    assert [each.rsplit("/", 1)[1] for each in ids] == ["cancellation.cap", "alert.cap"]


def test_the_feed_names_released_messages_only_and_its_links_work(desk, client):
    desk.submitted()
    released = desk.released(hazard="fire", area={"districts": ["11110"]})
    answer = client.get("/v1/alerts/feed.atom")
    assert answer.mimetype == "application/atom+xml"
    feed = etree.fromstring(answer.data)
    (entry,) = feed.iter(f"{ATOM}entry")
    assert entry.find(f"{ATOM}link").get("href").endswith(f"/v1/alerts/{released['id']}/alert.cap")
    assert released["text"]["ko"] in entry.findtext(f"{ATOM}summary")
    path = entry.find(f"{ATOM}link").get("href").split("/", 3)[3]
    assert client.get(f"/{path}").status_code == 200
    assert client.get("/v1/alerts/feed.atom", headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304


def test_a_draft_has_no_cap(desk, client):
    draft = desk.draft()
    assert client.get(f"/v1/alerts/{draft['id']}/alert.cap").status_code == 404


def test_hostile_words_stay_words(desk, client, schema):
    wording = {
        language: {"issuer": "<b>시</b>", "where": "]]>&amp;", "what": "<script>alert(1)</script>", "action": "\"'>"}
        for language in ("ko", "en")
    }
    released = desk.released(wording=wording)
    assert cap(client, schema, released["id"]).infos[0].sender_name == "<b>시</b>"
    page = client.get(f"/alerts/{released['id']}").text
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_the_page_shows_what_is_in_force_in_the_readers_language(desk, client):
    nothing = client.get("/alerts")
    assert "발효 중인 재난문자가 없습니다" in nothing.text
    released = desk.released(
        shelters=[{"name": {"ko": "홍제초등학교"}, "address": "연희로 1"}],
        links=[{"title": {"ko": "행동 요령"}, "url": "https://example.org/"}],
    )
    page = client.get("/alerts")
    assert released["text"]["ko"] in page.text
    assert "홍제초등학교" in page.text
    assert 'href="https://example.org/"' in page.text
    assert page.headers["Cache-Control"].startswith("public")
    assert "script" not in page.headers["Content-Security-Policy"].replace("default-src 'none'", "")
    english = client.get("/alerts", headers={"Accept-Language": "en"})
    assert "Alerts in force" in english.text
    assert client.get("/alerts", headers={"If-None-Match": page.headers["ETag"]}).status_code == 304


def test_page_and_api_need_no_redis(app, desk, client, monkeypatch):
    """With Redis refusing every connection the public reads answer as before."""
    import redis

    desk.released()

    def refused(*_, **__):
        raise redis.ConnectionError("refused")

    monkeypatch.setattr(redis.connection.AbstractConnection, "connect", refused)
    for path in ("/alerts", "/v1/alerts/active", "/v1/alerts/feed.atom", "/alerts/style.css"):
        assert client.get(path).status_code == 200, path


def test_a_page_of_an_alert_that_was_corrected_says_so(desk, client):
    released = desk.released()
    correction = client.post(f"/v1/alerts/{released['id']}/correction", json={}, headers=desk.author).get_json()
    assert "정정되었거나 해제된" in client.get(f"/alerts/{released['id']}").text
    assert f"/alerts/{released['id']}" in client.get(f"/alerts/{correction['id']}").text
    assert client.get(f"/alerts/{new_id()}").status_code == 404
