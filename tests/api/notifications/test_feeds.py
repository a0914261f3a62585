"""CAP messages that come in: drafts, corrections, withdrawals, duplicates, forgeries, and what two people listed."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from mvoting.core.clock import now
from notifications.alerts import services as alerts
from notifications.cap.message import CapArea, CapInfo, CapMessage, Reference
from notifications.cap.writer import write
from notifications.feeds import effects, poller
from notifications.listings import services as listings
from tests.alerts import Desk

SENDER = "weather.example"
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def clean(db):
    for name in (
        "alerts",
        "campaigns",
        "campaign_batches",
        "devices",
        "cap_sources",
        "cap_receipts",
        "cap_links",
        "alert_listings",
    ):
        db[name].delete_many({})


@pytest.fixture
def desk(client, staff_headers):
    return Desk(client, staff_headers)


@pytest.fixture
def admin(staff_headers):
    return staff_headers("administrator", staff_id="admin-1")


@pytest.fixture
def other_admin(staff_headers):
    return staff_headers("administrator", staff_id="admin-2")


@pytest.fixture
def source(client, admin):
    answer = client.post("/v1/cap/sources", json={"name": "기상청", "sender": SENDER}, headers=admin)
    assert answer.status_code == 201, answer.get_json()
    return answer.get_json()


INFO = CapInfo(
    language="ko-KR",
    categories=("Met",),
    event="호우경보",
    urgency="Immediate",
    severity="Severe",
    certainty="Likely",
    sender_name="기상청",
    headline="호우경보 발효",
    instruction="하천변에 가지 마세요",
    areas=(CapArea("마포구", geocodes=(("법정동코드", "1144000000"),)),),
)


def message(identifier="m-1", **changes):
    info = replace(INFO, expires=now() + timedelta(hours=3), **changes.pop("info", {}))
    facts = {"sender": SENDER, "sent": now().replace(microsecond=0), "status": "Actual", "msg_type": "Alert", "scope": "Public"}
    return CapMessage(**{"identifier": identifier, **facts, "infos": (info,), **changes})


def refer(to):
    return (Reference(to.sender, to.identifier, to.sent),)


def hand_in(client, source, cap, **headers):
    data = cap if isinstance(cap, bytes) else write(cap)
    headers = {"Authorization": f"Bearer {source['key']}", "Content-Type": "application/cap+xml", **headers}
    return client.post("/v1/cap/messages", data=data, headers=headers)


def taken_over(client, source):
    """Have the institution renew its key, so that no administrator knows it."""
    answer = client.post("/v1/cap/key", headers={"Authorization": f"Bearer {source['key']}"})
    assert answer.status_code == 200, answer.get_json()
    return answer.get_json()


def listed(client, admin, other_admin, source, *classes):
    sent = {"kind": "cap_source", "subject_id": source["id"], "classes": list(classes), "reason": "24시간 관측 기관"}
    listing = client.post("/v1/alert-listings", json=sent, headers=admin).get_json()
    answer = client.post(f"/v1/alert-listings/{listing['id']}/agree", headers=other_admin)
    assert answer.status_code == 200, answer.get_json()
    return answer.get_json()


def code(answer):
    return answer.status_code, answer.get_json()["code"]


def test_an_alert_becomes_a_draft_for_two_people(client, source, desk, db):
    answer = hand_in(client, source, message())
    assert (answer.status_code, answer.get_json()["outcome"], answer.get_json()["is_duplicate"]) == (200, "drafted", False)
    alert = db.alerts.find_one({"_id": answer.get_json()["alert_id"]})
    assert (alert["state"], alert["alert_class"], alert["hazard"]) == ("draft", "severe", "flood")
    assert alert["area"]["districts"] == ["11440"]
    assert alert["texts"]["ko"] == "[시험][기상청] 마포구 호우경보 발효. 하천변에 가지 마세요."
    assert alert["texts"]["en"].startswith("[TEST][기상청] Mapo-gu: Flooding warning.")
    assert (alert["author_ids"], alert["origin"]) == ([], {"kind": "cap", "id": source["id"]})
    submitted = desk.act({"id": alert["_id"], "version": alert["version"]}, "submit").get_json()
    assert desk.approve(submitted).status_code == 200


def test_the_same_message_again_changes_nothing_even_at_the_same_moment(app, client, source, db):
    data = write(message())
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: hand_in(app.test_client(), source, data).get_json(), range(8)))
    assert sorted(answer["is_duplicate"] for answer in answers) == [False] + [True] * 7
    assert db.alerts.count_documents({}) == 1
    assert db.cap_receipts.count_documents({}) == 1
    later = hand_in(client, source, replace(message(), sent=now() + timedelta(seconds=5)))
    assert later.get_json()["is_duplicate"] is False  # another time of sending is another message


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"status": "Test"}, "not-actual"),
        ({"status": "Draft"}, "not-actual"),
        ({"scope": "Private", "addresses": "x"}, "not-public"),
        ({"infos": ()}, "no-info"),
        ({"infos": (replace(INFO, expires=LONG_AGO),)}, "expired"),
        ({"info": {"areas": ()}}, "outside-city"),
        ({"info": {"areas": (CapArea("Busan", geocodes=(("법정동코드", "2611000000"),)),)}}, "outside-city"),
        ({"msg_type": "Cancel", "references": (Reference(SENDER, "unknown", LONG_AGO),)}, "nothing-to-withdraw"),
    ],
)
def test_what_concerns_nobody_here_is_kept_and_drafts_nothing(client, source, db, changes, reason):
    answer = hand_in(client, source, message(**changes)).get_json()
    assert (answer["outcome"], answer["reason"]) == ("ignored", reason)
    assert db.alerts.count_documents({}) == 0


def test_an_exercise_is_drafted_as_one(client, source, db):
    answer = hand_in(client, source, message(status="Exercise")).get_json()
    assert db.alerts.find_one({"_id": answer["alert_id"]})["is_exercise"] is True


def test_forgeries_and_broken_messages_are_refused_and_nothing_stored(client, source, db):
    assert code(hand_in(client, {"key": "wrong"}, message())) == (401, "feeds.source-unknown")
    assert code(client.post("/v1/cap/messages", data=b"")) == (401, "feeds.source-unknown")
    assert code(hand_in(client, source, message(sender="somebody.else"))) == (403, "feeds.sender-not-of-source")
    assert code(hand_in(client, source, message(), **{"Content-Type": "application/json"})) == (
        415,
        "core.unsupported-media-type",
    )
    bad = hand_in(client, source, b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><alert>&x;</alert>')
    assert (*code(bad), bad.get_json()["reason"]) == (422, "feeds.message-refused", "document-type")
    assert code(hand_in(client, source, b"x" * 600_000)) == (413, "core.body-too-large")
    assert db.alerts.count_documents({}) == 0
    again = hand_in(client, source, b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><alert>&x;</alert>')
    assert again.status_code == 422
    kept = {receipt["reason"]: (receipt["outcome"], receipt["times"]) for receipt in db.cap_receipts.find()}
    assert kept == {"document-type": ("refused", 2), "feeds.sender-not-of-source": ("refused", 1)}, "staff see them, each once"


def test_every_reference_sample_is_taken_in_or_refused_by_name(client, admin, db, reference_data):
    """Samples of other countries: whole ones are kept and draft nothing here, broken and older ones are refused."""
    outcomes = {}
    for path in sorted(reference_data("cap").iterdir()):
        if path.suffix not in (".cap", ".xml"):
            continue
        data = path.read_bytes()
        sender = data.split(b"sender>")[1].split(b"<")[0].decode()
        source = client.post("/v1/cap/sources", json={"name": path.stem[:60], "sender": sender}, headers=admin).get_json()
        answer = hand_in(client, source, data).get_json()
        outcomes[path.name] = answer.get("outcome", answer.get("code"))
    assert sorted(outcomes.values()) == ["feeds.message-refused"] * 7 + ["ignored"] * 5
    assert db.alerts.count_documents({}) == 0


def test_a_key_is_void_once_renewed_or_its_source_switched_off(client, source, admin):
    renewed = client.post(f"/v1/cap/sources/{source['id']}/key", headers=admin).get_json()
    assert code(hand_in(client, source, message())) == (401, "feeds.source-unknown")
    assert hand_in(client, renewed, message()).status_code == 200
    client.patch(f"/v1/cap/sources/{source['id']}", json={"is_active": False}, headers=admin)
    assert code(hand_in(client, renewed, message("m-2"))) == (401, "feeds.source-unknown")


def test_a_cancel_takes_back_the_sources_own_unsent_draft(client, source, db):
    first = message()
    alert_id = hand_in(client, source, first).get_json()["alert_id"]
    answer = hand_in(client, source, message("m-2", msg_type="Cancel", references=refer(first), infos=()))
    assert answer.get_json()["outcome"] == "withdrawn"
    assert db.alerts.find_one({"_id": alert_id})["state"] == "cancelled"


def test_a_source_cannot_take_back_what_another_sent(client, source, admin, db):
    first = message()
    alert_id = hand_in(client, source, first).get_json()["alert_id"]
    other = client.post("/v1/cap/sources", json={"name": "다른 기관", "sender": "other.example"}, headers=admin).get_json()
    cancel = message("x-1", sender="other.example", msg_type="Cancel", references=refer(first))
    assert hand_in(client, other, cancel).get_json()["reason"] == "nothing-to-withdraw"
    assert db.alerts.find_one({"_id": alert_id})["state"] == "draft"


def test_an_update_replaces_a_draft_and_corrects_what_went_out(client, source, desk, db):
    first = message()
    alert_id = hand_in(client, source, first).get_json()["alert_id"]
    second = message("m-2", msg_type="Update", references=refer(first), info={"severity": "Extreme"})
    new_id = hand_in(client, source, second).get_json()["alert_id"]
    assert db.alerts.find_one({"_id": alert_id})["state"] == "cancelled"
    submitted = desk.act({"id": new_id, "version": 1}, "submit").get_json()
    assert desk.approve(submitted).status_code == 200
    wider = (CapArea("마포구, 서대문구", geocodes=(("code", "11440"), ("code", "11410"))),)
    third = message("m-3", msg_type="Update", references=refer(second), info={"areas": wider, "headline": "호우경보 확대"})
    added = hand_in(client, source, third).get_json()["alert_id"]
    correction = db.alerts.find_one({"original_id": new_id})
    assert (correction["kind"], correction["state"], correction["alert_class"]) == ("correction", "draft", "extreme")
    assert "호우경보 확대" in correction["texts"]["ko"]
    assert db.alerts.find_one({"_id": added})["area"]["districts"] == ["11410"]  # those who had no first alert


def test_the_korean_all_clear_is_an_alert_of_the_past(client, source, desk, db):
    alert_id = hand_in(client, source, message()).get_json()["alert_id"]
    desk.approve(desk.act({"id": alert_id, "version": 1}, "submit").get_json())
    answer = hand_in(client, source, message("m-2", info={"urgency": "Past"})).get_json()
    assert (answer["outcome"], answer["alert_id"]) == ("withdrawn", alert_id)
    follow_up = db.alerts.find_one({"original_id": alert_id})
    assert (follow_up["kind"], follow_up["state"], follow_up["alert_class"]) == ("all_clear", "draft", "severe")


def test_only_what_two_people_listed_goes_out_by_itself(client, source, admin, other_admin, db):
    source = taken_over(client, source)
    sent = {"kind": "cap_source", "subject_id": source["id"], "classes": ["severe"], "reason": "관측 기관"}
    listing = client.post("/v1/alert-listings", json=sent, headers=admin).get_json()
    assert code(client.post(f"/v1/alert-listings/{listing['id']}/agree", headers=admin)) == (403, "listings.own-listing")
    assert hand_in(client, source, message()).get_json()["outcome"] == "drafted"  # proposed is not agreed
    assert client.post(f"/v1/alert-listings/{listing['id']}/agree", headers=other_admin).status_code == 200
    again = client.post(f"/v1/alert-listings/{listing['id']}/agree", headers=other_admin)
    assert code(again) == (409, "listings.state")
    answer = hand_in(client, source, message("m-2", info={"event": "산불", "headline": "산불 발생"})).get_json()
    assert answer["outcome"] == "sent"
    alert = db.alerts.find_one({"_id": answer["alert_id"]})
    assert (alert["state"], alert["approved_by"]) == ("sending", f"listing:{listing['id']}")
    assert alert["trail"][-1]["note"] == "admin-1 + admin-2"
    # a class that is not listed waits for people
    extreme = message("m-3", info={"severity": "Extreme", "event": "지진", "headline": "지진"})
    assert hand_in(client, source, extreme).get_json()["outcome"] == "drafted"
    # the same hazard and area within 24 h waits for people too
    repeated = message("m-4", info={"event": "산불", "headline": "산불 확대"})
    assert hand_in(client, source, repeated).get_json()["outcome"] == "drafted"


@pytest.mark.parametrize("change", ["revoke", "edit", "key", "own key"])
def test_a_listing_ends_when_revoked_or_when_its_source_changes(client, source, admin, other_admin, change):
    source = taken_over(client, source)
    listing = listed(client, admin, other_admin, source, "severe")
    key = source
    if change == "revoke":
        assert client.post(f"/v1/alert-listings/{listing['id']}/revoke", headers=admin).status_code == 200
    elif change == "edit":
        client.patch(f"/v1/cap/sources/{source['id']}", json={"name": "새 이름"}, headers=admin)
    elif change == "own key":
        key = taken_over(client, source)
    else:
        key = client.post(f"/v1/cap/sources/{source['id']}/key", headers=admin).get_json()
    assert hand_in(client, key, message()).get_json()["outcome"] == "drafted"


def test_what_an_administrator_could_send_with_alone_is_not_listed(client, source, admin, other_admin, db):
    """Whoever registers a source sees its key; listed with that key, one hand could send."""
    sent = {"kind": "cap_source", "subject_id": source["id"], "classes": ["severe"], "reason": "관측 기관"}
    assert code(client.post("/v1/alert-listings", json=sent, headers=admin)) == (409, "listings.key-seen")
    new = taken_over(client, source)
    assert hand_in(client, source, message()).status_code == 401, "the key that was seen is void"
    listing = client.post("/v1/alert-listings", json=sent, headers=admin).get_json()
    client.post(f"/v1/cap/sources/{source['id']}/key", headers=admin)
    answer = client.post(f"/v1/alert-listings/{listing['id']}/agree", headers=other_admin)
    assert code(answer) == (409, "listings.key-seen")
    assert hand_in(client, new, message()).status_code == 401
    assert db.alert_listings.find_one()["state"] == "proposed"


def test_a_source_that_is_only_fetched_needs_no_key(client, source, admin, other_admin, staff_headers, db):
    path = f"/v1/cap/sources/{source['id']}/key"
    assert client.delete(path, headers=staff_headers("alert_author")).status_code == 403
    assert client.delete(path, headers=admin).status_code == 200
    assert hand_in(client, source, message()).status_code == 401
    assert listed(client, admin, other_admin, source, "severe")["state"] == "active"
    assert client.post("/v1/cap/key", headers=admin).status_code == 401


def test_what_changed_after_the_proposal_is_not_agreed_to(client, source, admin, other_admin):
    source = taken_over(client, source)
    sent = {"kind": "cap_source", "subject_id": source["id"], "classes": ["severe"], "reason": "관측 기관"}
    listing = client.post("/v1/alert-listings", json=sent, headers=admin).get_json()
    client.patch(f"/v1/cap/sources/{source['id']}", json={"sender": "evil.example"}, headers=admin)
    answer = client.post(f"/v1/alert-listings/{listing['id']}/agree", headers=other_admin)
    assert code(answer) == (409, "listings.subject-changed")


def test_only_administrators_keep_sources_and_listings(client, source, desk):
    for headers in (desk.author, desk.approver):
        assert client.post("/v1/cap/sources", json={"name": "x", "sender": "y"}, headers=headers).status_code == 403
        assert client.post("/v1/alert-listings", json={}, headers=headers).status_code == 403
        assert client.get("/v1/cap/sources", headers=headers).status_code == 200
    assert "key" not in client.get("/v1/cap/sources", headers=desk.author).get_json()["items"][0]


@pytest.fixture
def feed_server():
    """A small web server with a feed; `pages` is what it serves, `asked` what was asked for."""
    pages, asked = {}, []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            status, body, headers = pages.get(self.path, (404, b"", {}))
            if headers.get("ETag") and self.headers.get("If-None-Match") == headers["ETag"]:
                status, body = 304, b""
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", pages, asked
    server.shutdown()
    server.server_close()


def atom(*links):
    entries = "".join(f'<entry><link href="{link}"/></entry>' for link in links)
    return f'<feed xmlns="http://www.w3.org/2005/Atom">{entries}</feed>'.encode()


def test_the_poller_fetches_each_message_once_and_stays_on_its_host(client, admin, db, feed_server):
    address, pages, asked = feed_server
    source = client.post("/v1/cap/sources", json={"name": "기상청", "sender": SENDER, "url": f"{address}/feed"}, headers=admin)
    assert source.status_code == 201
    pages["/1.cap"] = (200, write(message("p-1")), {})
    pages["/2.cap"] = (200, b"<broken", {})
    pages["/moved.cap"] = (302, b"", {"Location": "http://127.0.0.1:1/secret"})
    pages["/feed"] = (200, atom("/1.cap", "2.cap", "http://127.0.0.1:1/other", "file:///etc/passwd"), {"ETag": '"1"'})
    poller.poll(now=now())
    poller.poll(now=now())
    assert asked.count("/1.cap") == asked.count("/2.cap") == 1, "what failed is not asked for again at once"
    assert {r["outcome"] for r in db.cap_receipts.find()} == {"drafted", "refused"}
    assert db.alerts.count_documents({}) == 1
    pages["/feed"] = (200, atom("/1.cap", "/moved.cap"), {"ETag": '"2"'})
    poller.poll(now=now())
    assert db.cap_receipts.find_one({"outcome": "unreachable"})["reason"] == "status-302"
    pages["/feed"] = (200, b'<!DOCTYPE x [<!ENTITY a "b">]><feed/>', {})
    poller.poll(now=now())
    assert db.cap_sources.find_one()["poll_error"] == "not-xml"
    pages["/feed"] = (200, write(message("p-2", info={"event": "산불"})), {})
    poller.poll(now=now())
    assert db.alerts.count_documents({}) == 2


def test_a_feed_that_is_down_does_not_keep_the_others_waiting(client, admin, db, feed_server):
    address, pages, _ = feed_server
    for name, url in (("꺼진 곳", "http://127.0.0.1:1/feed"), ("켜진 곳", f"{address}/feed")):
        client.post("/v1/cap/sources", json={"name": name, "sender": SENDER, "url": url}, headers=admin)
    pages["/feed"] = (200, write(message("p-1")), {})
    poller.poll(now=now())
    assert db.alerts.count_documents({}) == 1
    assert db.cap_sources.find_one({"name": "꺼진 곳"})["poll_error"] == "ConnectError"


def test_a_listed_message_races_its_revocation_and_never_goes_out_after_it(client, source, admin, other_admin, db):
    source = taken_over(client, source)
    listing = listed(client, admin, other_admin, source, "severe")
    listings.revoke(listing["id"], by="admin-1", now=now())
    draft_id = hand_in(client, source, message()).get_json()["alert_id"]
    # a process that had read the listing before it was revoked
    assert alerts.release_listed(draft_id, {**listing, "_id": listing["id"]}, now=now()) is None
    assert db.alerts.find_one({"_id": draft_id})["state"] == "draft"


def test_no_update_is_lost_with_the_draft_that_it_names(client, source, desk, db):
    """An officer stopped the first draft as a duplicate; the second, third and fourth all name the first only."""
    first = message("m-1")
    draft = hand_in(client, source, first).get_json()["alert_id"]
    assert client.post(f"/v1/alerts/{draft}/cancel", json={"note": "중복"}, headers=desk.author).status_code == 200
    for number in (2, 3, 4):
        graver = message(f"m-{number}", msg_type="Update", references=refer(first), info={"severity": "Extreme"})
        answer = hand_in(client, source, graver)
        assert (answer.status_code, answer.get_json().get("outcome")) == (200, "drafted"), answer.get_json()
        assert db.alerts.find_one({"_id": answer.get_json()["alert_id"]})["alert_class"] == "extreme"


def test_an_update_whose_draft_is_stopped_at_that_moment_is_drafted(client, source, db, monkeypatch):
    first = message("m-1")
    draft = hand_in(client, source, first).get_json()["alert_id"]
    stale = alerts.get_alert(draft)
    alerts.cancel(draft, note="중복", by="officer", now=now())
    monkeypatch.setattr(effects, "_earlier", lambda *_, **__: [stale])
    answer = hand_in(client, source, message("m-2", msg_type="Update", references=refer(first)))
    assert (answer.status_code, answer.get_json().get("outcome")) == (200, "drafted"), answer.get_json()


def test_what_one_link_or_one_feed_holds_keeps_no_other_message_waiting(client, admin, db, feed_server, monkeypatch):
    address, pages, _ = feed_server
    for name in ("broken", "feed"):
        sent = {"name": name, "sender": SENDER, "url": f"{address}/{name}"}
        assert client.post("/v1/cap/sources", json=sent, headers=admin).status_code == 201
    pages["/broken"] = (200, b"boom", {})
    pages["/feed"] = (200, atom("http://[", "/gone.cap", "/2.cap"), {"ETag": '"1"'})
    pages["/2.cap"] = (200, write(message("p-2")), {})
    read_feed = poller.fromstring

    def failing(body, **options):
        if body == b"boom":
            raise ZeroDivisionError
        return read_feed(body, **options)

    monkeypatch.setattr(poller, "fromstring", failing)
    poller.poll(now=now())
    assert db.alerts.count_documents({}) == 1
    told = {source["name"]: (source["poll_error"], source["etag"]) for source in db.cap_sources.find()}
    assert told == {"broken": ("ZeroDivisionError", None), "feed": ("status-404", '"1"')}


def test_nobody_agrees_to_what_somebody_proposed_who_is_no_administrator_any_more(client, source, admin, other_admin, db):
    source = taken_over(client, source)
    sent = {"kind": "cap_source", "subject_id": source["id"], "classes": ["extreme"], "reason": "24시간 관측 기관"}
    listing = client.post("/v1/alert-listings", json=sent, headers=admin).get_json()
    db.staff.update_one({"_id": "admin-1"}, {"$set": {"state": "suspended"}})
    answer = client.post(f"/v1/alert-listings/{listing['id']}/agree", headers=other_admin)
    assert code(answer) == (409, "listings.proposer-gone")
    assert db.alert_listings.find_one({})["state"] == "proposed"


def test_the_gravest_part_of_a_message_reaches_its_own_area_and_no_other(client, source, db):
    """CAP 1.2 allows several infos of different gravity: a watch for the whole city, a warning for one district."""
    rest = replace(INFO, severity="Minor", urgency="Future", areas=(CapArea("종로구", geocodes=(("code", "1111000000"),)),))
    over = replace(INFO, urgency="Past", areas=(CapArea("중구", geocodes=(("code", "1114000000"),)),))
    past = replace(INFO, severity="Extreme", expires=LONG_AGO, areas=(CapArea("용산구", geocodes=(("code", "1117000000"),)),))
    grave = replace(INFO, severity="Extreme", expires=now() + timedelta(hours=2))
    answer = hand_in(client, source, message(infos=(rest, past, over, grave))).get_json()
    alert = db.alerts.find_one({"_id": answer["alert_id"]})
    assert (alert["alert_class"], alert["area"]["districts"]) == ("extreme", ["11440"])
    lesser = db.alerts.find_one({"_id": answer["parts"][1]["alert_id"]})
    assert (lesser["alert_class"], lesser["area"]["districts"]) == ("advisory", ["11110"])
    assert alert["expires_at"] > now() + timedelta(hours=1)
    seen = {(note["code"], note["what"]) for note in answer["notes"]}
    assert seen == {("part-over", "호우경보")}
