"""Who may vote: each audience with those whom it lets in and those whom it does not."""

import io
import zipfile
from datetime import timedelta

import openpyxl
import pytest

from mvoting.accounts.identifiers import phone_key
from mvoting.accounts.services import sign_in_with_phone
from mvoting.core import clock
from mvoting.core.clock import now
from mvoting.voting.polls import roll_files, rolls, services

MAPO, GANGNAM = "11440", "11680"
SQUARE = {"latitude_e6": 37_575_900, "longitude_e6": 126_976_900, "radius_m": 1000}


def refused(answer, status, code):
    assert (answer.status_code, answer.get_json()["code"]) == (status, code), answer.text


@pytest.mark.parametrize(
    ("audience", "claims", "code"),
    [
        ({"kind": "everyone"}, {}, None),
        ({"kind": "everyone", "trust": "resident"}, {}, "voting.residents-only"),
        ({"kind": "everyone", "trust": "resident"}, {"trust": "resident"}, None),
        ({"kind": "profile", "districts": [MAPO]}, {"trust": "resident", "district": MAPO}, None),
        ({"kind": "profile", "districts": [MAPO]}, {"trust": "resident", "district": GANGNAM}, "voting.not-eligible"),
        ({"kind": "profile", "districts": [MAPO]}, {}, "voting.residents-only"),
        ({"kind": "profile", "birth_years": [1990, 1999]}, {"trust": "resident", "birth_year": 1999}, None),
        ({"kind": "profile", "birth_years": [1990, 1999]}, {"trust": "resident", "birth_year": 2000}, "voting.not-eligible"),
        ({"kind": "profile", "birth_years": [1990, 1999]}, {"trust": "resident"}, "voting.not-eligible"),
        ({"kind": "profile", "genders": ["female"]}, {"trust": "resident", "gender": "male"}, "voting.not-eligible"),
        ({"kind": "profile", "tags": ["student"]}, {"trust": "resident", "tags": ["student", "cook"]}, None),
        ({"kind": "profile", "tags": ["student"]}, {"trust": "resident", "tags": []}, "voting.not-eligible"),
        ({"kind": "list"}, {}, "voting.not-eligible"),
        ({"kind": "on_site", "by": "code"}, {}, "voting.admission-needed"),
        ({"kind": "room"}, {}, "voting.admission-needed"),
    ],
)
def test_the_one_rule(make_poll, cast, ballot_body, person_headers, audience, claims, code):
    changes = {"room_password": "비밀번호"} if audience["kind"] == "room" else {}
    poll = make_poll(audience=audience, **changes)
    answer = cast(poll, ballot_body(poll), person_headers(**claims))
    if code is None:
        assert answer.status_code == 200, answer.text
    else:
        refused(answer, 403, code)


@pytest.fixture
def roll_poll(make_poll, db):
    poll = make_poll(audience={"kind": "list"}, state="draft")
    yield poll
    rolls.forget(poll[0])


@pytest.fixture
def upload(client, staff_headers):
    officer = staff_headers("poll_officer")

    def send(poll, data, name="roll.csv"):
        answer = client.post(f"/v1/polls/{poll[0]}/roll", data={"file": (io.BytesIO(data), name)}, headers=officer)
        if answer.status_code != 202:
            return answer.get_json()
        address = f"/v1/polls/{poll[0]}/roll/{answer.get_json()['id']}"
        rolls.read_upload(answer.get_json()["id"])
        report = client.get(address, headers=officer).get_json()
        rejected = client.get(f"{address}/rejected?limit=100", headers=officer).get_json()["items"]
        return report | {"rows_rejected": [(row["row"], row["reason"]) for row in rejected]}

    return send


def test_a_roll_lets_its_people_vote(roll_poll, upload, cast, ballot_body, db):
    listed, other = sign_in_with_phone("010-5555-0001"), sign_in_with_phone("010-5555-0009")
    text = "이름,전화번호\n하나,010-5555-0001\n둘,+82 10 5555 0002\n셋,1055550003\n하나,01055550001\n넷,없음\n다섯,=HYPERLINK(1)\n여섯,\n"
    report = upload(roll_poll, text.encode("cp949"))
    assert (report["state"], report["accepted"], report["repeated"], report["rejected"]) == ("done", 3, 1, 3)
    assert report["rows_rejected"] == [(5, "repeated"), (6, "not-a-number"), (7, "formula"), (8, "empty")]
    stored = str(list(db.poll_rolls.find({"poll": roll_poll[0]}))) + str(list(db.poll_roll_uploads.find({"poll": roll_poll[0]})))
    assert "5555" not in stored
    assert phone_key("010-5555-0001") in stored
    services.schedule_poll(roll_poll[0], now=now(), staff_id="s")
    bearer = {"Authorization": f"Bearer {listed.access_token}"}
    assert cast(roll_poll, ballot_body(roll_poll), bearer).status_code == 200
    refused(
        cast(roll_poll, ballot_body(roll_poll), {"Authorization": f"Bearer {other.access_token}"}), 403, "voting.not-eligible"
    )
    assert services.roll(services.poll_facts(roll_poll[0])) == {"roll": 3, "roll_of": "list"}


@pytest.mark.parametrize(
    ("number", "is_listed"),
    [("010-5555-0031", True), ("+82 10 5555 0032", True), ("1055550033", True), ("010-5555-0039", False), ("member", True)],
)
def test_one_number_is_looked_for_on_a_roll_and_the_log_names_nobody(
    roll_poll, upload, client, staff_headers, db, number, is_listed
):
    listed, other = sign_in_with_phone("010-5555-0031"), sign_in_with_phone("010-5555-0039")
    upload(roll_poll, b"phone\n010-5555-0031\n010-5555-0032\n010-5555-0033\n")
    sent = {"number": listed.person_id if number == "member" else number, "reason": "투표가 열리지 않는다고 함"}
    answer = client.post(f"/v1/polls/{roll_poll[0]}/roll/look-up", json=sent, headers=staff_headers("poll_officer"))
    assert (answer.status_code, answer.json) == (200, {"is_listed": is_listed})
    entry = db.audit_entries.find_one({"action": "polls.look_up_roll"}, sort=[("_id", -1)])
    assert entry["target"] == f"poll_roll:{roll_poll[0]}"
    assert "5555" not in entry["body"], "no number"
    has_account = number in ("010-5555-0031", "010-5555-0039", "member")
    assert ("sealed" in entry["body"]) == has_account, "what is told of a member is sealed under the member's own key"
    assert (other.person_id in entry["body"]) == (number == "010-5555-0039")


def test_a_look_for_what_is_no_number_or_on_no_roll_is_refused_and_needs_a_reason(roll_poll, upload, client, staff_headers, db):
    officer, path = staff_headers("poll_officer"), f"/v1/polls/{roll_poll[0]}/roll/look-up"
    sent, before = {"number": "010-5555-0031", "reason": "문의"}, db.audit_entries.count_documents({})
    assert client.post(path, json=sent, headers=officer).status_code == 422, "a reason of three letters"
    sent["reason"] = "전화로 문의함"
    refused(client.post(path, json=sent, headers=officer), 409, "voting.roll-gone")
    upload(roll_poll, b"phone\n010-5555-0031\n")
    refused(client.post(path, json=sent | {"number": "아무개"}, headers=officer), 422, "voting.not-a-number")
    unknown = "/v1/polls/01m80pg7v1vp6pmjh4n1rbqmzb/roll/look-up"
    refused(client.post(unknown, json=sent, headers=officer), 404, "voting.poll-not-found")
    for role in ("moderator", "administrator", "auditor"):
        assert client.post(path, json=sent, headers=staff_headers(role)).status_code == 403
    assert db.audit_entries.count_documents({"action": "polls.look_up_roll", "_id": {"$gte": before}}) == 0


def test_a_poll_with_a_list_needs_its_roll_first(roll_poll, client, staff_headers):
    answer = client.post(f"/v1/polls/{roll_poll[0]}/schedule", headers=staff_headers("poll_officer"))
    refused(answer, 409, "voting.roll-missing")


def test_spreadsheets(roll_poll, upload):
    book = openpyxl.Workbook()
    for row in (["회원 전화"], [1055550101], ["010-5555-0102"], ["=SUM(1)"], [None], ["010-5555-0102"]):
        book.active.append(row)
    buffer = io.BytesIO()
    book.save(buffer)
    report = upload(roll_poll, buffer.getvalue(), "roll.xlsx")
    assert (report["accepted"], report["repeated"], report["rows_rejected"]) == (2, 1, [(4, "formula"), (6, "repeated")])


def test_hostile_files_are_refused_with_the_reason(roll_poll, upload, monkeypatch):
    monkeypatch.setattr(roll_files, "MAX_UNPACKED_BYTES", 1_000_000)  # unit/voting/test_large_files.py has bombs of real size
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/worksheets/sheet1.xml", b"0" * 1_100_000)
    for data in (bomb.getvalue(), b"PK\x03\x04 broken", b"\xff\xfe\x00\x01", b'"never closed', b"\n\n"):
        report = upload(roll_poll, data)
        assert report["state"] == "failed", report
        assert report["problem"]["ko"]
    assert upload(roll_poll, b"")["code"] in ("voting.roll-refused", "core.invalid-input")


def test_a_roll_read_twice_or_broken_off_counts_the_same(roll_poll, upload, db, monkeypatch):
    text = "".join(f"010-6000-{n:04d}\n" for n in range(5000))
    monkeypatch.setattr(rolls, "CHUNK", 1000)
    original, calls = rolls._store, []

    def dies_in_the_middle(*args):
        calls.append(1)
        if len(calls) == 3:
            raise SystemExit
        return original(*args)

    monkeypatch.setattr(rolls, "_store", dies_in_the_middle)
    with pytest.raises(SystemExit):
        upload(roll_poll, text.encode())
    monkeypatch.setattr(rolls, "_store", original)
    [waiting] = [u for u in rolls.waiting_uploads() if db.poll_roll_uploads.find_one({"_id": u})["poll"] == roll_poll[0]]
    rolls.read_upload(waiting)
    rolls.read_upload(waiting)
    report = rolls.get_upload(roll_poll[0], waiting)
    assert (report["state"], report["rows"], report["accepted"], report["repeated"]) == ("done", 5000, 5000, 0)
    assert rolls.size(roll_poll[0]) == 5000


@pytest.fixture
def moved_clock():
    yield lambda seconds: clock.shift(timedelta(seconds=seconds))
    clock.shift(timedelta())


def test_a_venues_code_admits_and_goes_stale(make_poll, client, cast, ballot_body, person_headers, staff_headers, moved_clock):
    poll = make_poll(audience={"kind": "on_site", "by": "code"})
    screen = client.get(f"/v1/polls/{poll[0]}/venue-screen", headers=staff_headers("poll_officer")).get_json()
    assert 0 < screen["seconds_left"] <= 30
    assert screen["svg"].startswith("<svg")
    here, late = person_headers(), person_headers()
    address = f"/v1/polls/{poll[0]}/admission/code"
    assert client.get(f"/v1/polls/{poll[0]}/venue-screen", headers=here).status_code == 401
    refused(client.post(address, json={"code": "wrongwrong12"}, headers=here), 403, "voting.admission-refused")
    assert client.post(address, json={"code": screen["code"]}, headers=here).status_code == 200
    assert cast(poll, ballot_body(poll), here).status_code == 200
    moved_clock(61)
    refused(client.post(address, json={"code": screen["code"]}, headers=late), 403, "voting.admission-refused")


def test_admission_on_site_ends_after_15_minutes(make_poll, client, cast, ballot_body, person_headers, db):
    poll = make_poll(audience={"kind": "on_site", "by": "distance", **SQUARE})
    person = person_headers()
    address = f"/v1/polls/{poll[0]}/admission/position"
    far = {"latitude": 37.60, "longitude": 126.9769}
    near = {"latitude": 37.5800, "longitude": 126.9769}
    refused(client.post(address, json=far, headers=person), 403, "voting.admission-refused")
    assert client.post(address, json=near, headers=person).status_code == 200
    [stored] = db.poll_admissions.find({"poll": poll[0]})
    assert set(stored) == {"_id", "poll", "until"}  # no position
    assert timedelta(minutes=14) < stored["until"] - now() <= timedelta(minutes=15)
    db.poll_admissions.update_one({"_id": stored["_id"]}, {"$set": {"until": now() - timedelta(seconds=1)}})
    refused(cast(poll, ballot_body(poll), person), 403, "voting.admission-needed")


def test_a_private_room(client, person_headers, cast, ballot_body):
    author, guest, stranger = person_headers(), person_headers(), person_headers()
    options = [{"title": {"ko": "산"}}, {"title": {"ko": "바다"}}]
    body = {
        "title": {"ko": "야유회"},
        "questions": [{"title": {"ko": "어디로"}, "method": "plurality", "options": options}],
        "audience": {"kind": "room"},
        "opens_at": now().isoformat(),
        "closes_at": (now() + timedelta(hours=1)).isoformat(),
        "room_password": "김밥두줄",
    }
    poll = client.post("/v1/citizen-polls", json=body, headers=author).get_json()
    number, address = poll["room_number"], f"/v1/polls/{poll['id']}"
    for headers in (stranger, None):
        refused(client.get(address, headers=headers), 404, "voting.poll-not-found")
    assert poll["id"] not in [p["id"] for p in client.get("/v1/polls?limit=100").get_json()["items"]]
    refused(client.post(f"/v1/rooms/{number}/admission", json={"password": "틀림"}, headers=guest), 404, "voting.room-not-found")
    assert client.post(f"/v1/rooms/{number}/admission", json={"password": "김밥두줄"}, headers=guest).status_code == 200
    seen = client.get(address, headers=guest).get_json()
    assert "password" not in str(seen)
    services.forget_facts()
    assert (
        cast((poll["id"], seen["definition_hash"]), ballot_body((poll["id"], seen["definition_hash"])), guest).status_code == 200
    )
    tries = [client.post(f"/v1/rooms/{number}/admission", json={"password": str(n)}, headers=stranger) for n in range(6)]
    assert [t.status_code for t in tries] == [404] * 5 + [429]
    assert client.post(f"/v1/rooms/{number}/admission", json={"password": "김밥두줄"}, headers=author).status_code == 200
