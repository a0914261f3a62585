"""No choice, ciphertext or receipt stands beside a person anywhere: planted markers are searched in all that a run leaves.

The marked person votes in an open and a sealed poll, from a phone and at a counter, and staff do to the account whatever they
can: residence, facts, sessions, moderation, a withdrawal, a merger, an erasure. The database, the logs, Redis, the answers,
the opened audit log and the person's own export must hold the person and the vote apart.
"""

import base64
import io
import json
import os
import secrets
import signal
import subprocess
import sys
import zipfile
from contextlib import ExitStack, suppress
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
import redis
from pymongo import MongoClient

from mvoting.core.keys_command import create_keys
from mvoting.stack import servers
from tests.workers import wait_until

ROOT = Path(__file__).resolve().parents[3]
CHOICE = "omarkedchoice"
PHONES = {"marked": "010-7777-0001", "twin": "010-7777-0002"}
REASON = "본인이 신분증을 보이고 요청함"
ACTS = {
    "person.confirm_residence",
    "person.show_facts",
    "session.end",
    "counter.open_session",
    "moderation.hide",
    "polls.withdraw_ballot",
    "person.link",
    "person.erase",
}

SETUP = """
import json, sys
from datetime import timedelta
from mvoting.accounts import staff_sessions, tokens
from mvoting.accounts.models import Staff
from mvoting.accounts.services import sign_in_with_phone
from mvoting.app import create_app
create_app()
from mvoting.core.clock import now
from mvoting.core.database import database
from mvoting.core.ids import new_id
from mvoting.voting.polls import services as polls
from mvoting.voting.polls.definition import definition_hash
from mvoting.voting.sealing import trustees
choice, *phones = sys.argv[1:]
at, made, staff = now(), [], {}
for secrecy in ("open", "sealed"):
    options = [{"id": i, "title": {"ko": i}} for i in (choice, "o2")]
    question = {"id": "q1", "title": {"ko": "?"}, "method": "plurality", "seats": 1, "options": options}
    content = {"title": {"ko": "?"}, "secrecy": secrecy, "figures": "live" if secrecy == "open" else "after_closing", "k": 1}
    content |= {"changeable": True, "audience": {"kind": "everyone"}, "questions": [question]}
    poll = polls.create_poll(content, at - timedelta(seconds=1), at + timedelta(days=1), {"kind": "staff", "id": "s"}, now=at)
    definition = poll["definition"]
    if secrecy == "sealed":
        definition["sealing"] = {**trustees.deal(poll["_id"], 1, 1)[0].document(), "padded_bytes": 64, "recount": "public"}
    changes = {"state": "open", "definition": definition, "definition_hash": definition_hash(definition)}
    database().polls.update_one({"_id": poll["_id"]}, {"$set": changes})
    made.append([poll["_id"], changes["definition_hash"]])
for role in ("poll_officer", "moderator", "administrator"):
    member = {"_id": new_id(), "email": f"{role}@city.example", "name": role, "roles": [role], "state": "active"}
    member |= {"password_hash": "", "passkeys": [], "recovery_keys": [], "created_at": at}
    Staff._get_collection().insert_one(member)
    staff[role] = staff_sessions.begin(member["_id"], stage="full")
grants = [sign_in_with_phone(phone) for phone in phones]
people = [[grant.person_id, grant.access_token] for grant in grants]
print(json.dumps({"polls": made, "people": people, "staff": staff}))
"""

AUDIT = """
import json
from mvoting.app import create_app
create_app()
from mvoting.core import audit
found, after = [], None
while True:
    page, after = audit.entries({}, after=after, limit=100)
    found += page
    if not after:
        break
print(json.dumps(found, default=str, ensure_ascii=False))
"""


class Run:
    """A running product and all that it leaves; `markers` grow with each cast."""

    def __init__(self, uri, redis_url, environment, port, folder):
        self.uri, self.redis_url, self.environment, self.port, self.folder = uri, redis_url, environment, port, folder
        self.markers, self.answers = {CHOICE}, []
        setup = self.python(SETUP, CHOICE, *PHONES.values())
        self.open_poll, self.sealed_poll = setup["polls"]
        self.people = {name: person for name, (person, _) in zip(PHONES, setup["people"], strict=True)}
        self.tokens = {name: token for name, (_, token) in zip(PHONES, setup["people"], strict=True)} | setup["staff"]

    def python(self, text, *arguments):
        """Run a script on the product's servers; gives the JSON of its last line."""
        command = [sys.executable, "-c", text, *arguments]
        done = subprocess.run(command, cwd=ROOT, env=self.environment, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1])

    def call(self, who, method, path, body=None, expected=(200, 201, 202, 204)):
        url, headers = f"http://127.0.0.1:{self.port}/v1{path}", {"Authorization": f"Bearer {self.tokens[who]}"}
        answer = httpx.request(method, url, json=body, headers={**headers, "Idempotency-Key": secrets.token_hex(8)}, timeout=30)
        assert answer.status_code in expected, answer.text
        self.answers.append(answer)
        return answer

    def cast(self, who, poll, content, expected=(200,), **changes):
        body = {"definition_hash": poll[1], "revision": 0, "cast_id": secrets.token_hex(16), **content, **changes}
        answer = self.call(who, "PUT", f"/polls/{poll[0]}/ballot", body, expected)
        if answer.status_code == 200:
            receipt = answer.json()["receipt"]
            self.markers |= {body["cast_id"], receipt["leaf"], receipt["signature"]}
        return answer

    def open_content(self):
        nonce = secrets.token_hex(16)
        self.markers.add(nonce)
        return {"choices": {"q1": [CHOICE]}, "nonce": nonce}

    def sealed_content(self):
        sealed = base64.urlsafe_b64encode(os.urandom(112)).decode().rstrip("=")
        self.markers |= {sealed, sealed[:40]}
        return {"sealed": sealed}

    def logs(self):
        files = [*self.folder.glob("*.log"), *(self.folder / "redis").glob("*")]
        return {path.name: path.read_text(errors="replace") for path in files}


@pytest.fixture
def run(tmp_path):
    """The API with two workers and a Celery worker on real servers; everything they write goes to files."""
    with ExitStack() as stack:
        replica_set = stack.enter_context(servers.mongodb(tmp_path))
        redis_url = stack.enter_context(servers.redis_server(tmp_path / "redis"))
        create_keys(tmp_path / "keys", ["token", "board"])
        environment = {
            **os.environ,
            "MVOTING_ENV": "test",
            "MVOTING_MONGODB_URI": replica_set.uri,
            "MVOTING_MONGODB_NAME": "mvoting",
            "MVOTING_REDIS_URL": redis_url,
            "MVOTING_SECRET": base64.b64encode(os.urandom(32)).decode(),
            "MVOTING_KEYS_DIR": str(tmp_path / "keys"),
        }
        port = servers.free_port()
        celery = ["celery", "-A", "mvoting.worker", "worker", "-Q", "default", "-c", "1", "--beat", "--loglevel", "debug"]
        commands = [["mvoting", "serve", "--port", str(port)], [*celery, "--schedule", str(tmp_path / "beat")]]
        for number, command in enumerate(commands):
            output = stack.enter_context((tmp_path / f"process-{number}.log").open("wb"))
            process = subprocess.Popen(
                [sys.executable, "-m", *command], cwd=ROOT, env=environment, stdout=output, stderr=output, start_new_session=True
            )
            stack.callback(end, process)
        running = Run(replica_set.uri, redis_url, environment, port, tmp_path)
        wait_until(lambda: servers.port_is_taken(port), seconds=60, every=0.2)
        yield running


def end(process):
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@pytest.mark.slow
def test_a_full_run_leaves_no_choice_beside_a_person(run):
    for who in PHONES:
        vote_and_be_refused(run, who)
    vote_at_a_counter(run)
    with MongoClient(run.uri) as client:
        db = client["mvoting"]
        fail_inside(run, db)
        be_dealt_with_by_staff(run, db)
        told = run.python(AUDIT)
        exported = export(run)
        run.call("administrator", "POST", f"/people/{run.people['marked']}/erasure", {"reason": REASON})
        told += run.python(AUDIT)
        assert {entry["action"] for entry in told} >= ACTS
        close(run, client)
        ballots = [bytes(ballot["_id"]) for ballot in db.ballots.find()]
        assert len(ballots) == 4
        run.markers |= {key.hex() for key in ballots}
        documents = [(name, d) for name in db.list_collection_names() for d in db[name].find()]
    people = {*run.people.values(), *PHONES.values(), *("82" + n.replace("-", "")[1:] for n in PHONES.values())}
    beside = [name for name, document in documents if holds(str(document), people) and holds(everything(document), run.markers)]
    assert beside == []
    searched = {name: "".join(everything(d) for of, d in documents if of == name) for name in ("ballots", "persons")}
    assert holds(searched["ballots"], run.markers), "what is searched for can be found where it may stand"
    assert holds(searched["persons"], people)
    refusals = [answer.text for answer in run.answers if answer.status_code >= 400]
    assert refusals
    assert [text for text in refusals if holds(text, run.markers - {CHOICE})] == []
    everywhere = {**run.logs(), **of_redis(run.redis_url), "audit": json.dumps(told, ensure_ascii=False), "export": exported}
    assert {"process-0.log", "process-1.log", "mongod-0.log"} <= set(everywhere)
    assert "core.unexpected_error" in everywhere["process-0.log"], "the planted failure did not happen"
    assert run.open_poll[0] in exported, "that they voted is the person's own to know"
    found = {(name, marker[:20]) for name, text in everywhere.items() for marker in spellings(run.markers) if marker in text}
    assert found == set()


def vote_and_be_refused(run, who):
    """Accepted, replayed, refused in every way."""
    for poll, content in ((run.open_poll, run.open_content()), (run.sealed_poll, run.sealed_content())):
        leaf = run.cast(who, poll, content).json()["receipt"]["leaf"]
        run.cast(who, poll, content, (409,))
        run.cast(who, poll, content, (409,), definition_hash="0" * 64)
        run.cast(who, poll, content, (409, 422), choices={"q1": [CHOICE, CHOICE]}, sealed=None)
        run.cast(who, poll, content, (422,), revision=CHOICE)
        run.cast(who, poll, content, (422,), cast_id=CHOICE)
        # Who checks the own ballot names its leaf in the address.
        run.call(who, "GET", f"/polls/{poll[0]}/board/leaves/{leaf}")


def vote_at_a_counter(run):
    """Change the sealed ballot on the counter's screen, in a session that an officer prepared."""
    code = run.call("marked", "POST", "/me/approval-codes").json()["code"]
    consents = {"terms": 1, "privacy": 1, "is_fourteen": True}
    sent = {"document": "M1234-5678", "reason": REASON, "consents": consents, "phone": PHONES["marked"], "approval_code": code}
    prepared = run.call("poll_officer", "POST", "/people/counter-sessions", sent).json()["code"]
    device = {"id": "k" * 32, "name": "counter 3"}
    grant = run.call("marked", "POST", "/sign-in/counter", {"code": prepared, "device": device}).json()
    assert grant["person"]["id"] == run.people["marked"]
    run.tokens["counter"] = grant["access_token"]
    run.cast("counter", run.sealed_poll, run.sealed_content(), revision=1)


def fail_inside(run, db):
    """Let a cast and the sequencer fail with unexpected errors."""
    db.polls.update_one({"_id": run.open_poll[0]}, {"$set": {"definition.k": "broken"}})
    db.polls.update_one({"_id": run.sealed_poll[0]}, {"$unset": {"definition.sealing": 1}})

    def fails():
        # Both API workers may know the poll as it was for some seconds.
        return run.cast("marked", run.sealed_poll, run.sealed_content(), (409, 500), revision=1).status_code == 500

    wait_until(fails, seconds=90, every=0.5)
    # The worker meets the broken poll, and beat goes on.
    wait_until(lambda: "voting.sequencing_failed" in run.logs()["process-1.log"], seconds=90, every=0.5)


def be_dealt_with_by_staff(run, db):
    """Everything that staff can do to somebody who voted, short of the erasure."""
    person, twin = run.people.values()
    facts = {"district": "11440", "birth_year": 1961, "gender": "female", "tags": [], "reason": REASON}
    run.call("poll_officer", "PUT", f"/people/{person}/residence", facts)
    run.call("poll_officer", "POST", f"/people/{person}/facts", {"reason": REASON})
    run.call("moderator", "GET", f"/people/{person}")
    session = run.call("poll_officer", "GET", f"/people/{twin}/sessions").json()["items"][0]["id"]
    idea = run.call("marked", "POST", "/ideas", {"title": "놀이터에 그늘막을", "body": "여름에 뜨겁습니다."}).json()["id"]
    hiding = {"target": {"kind": "idea", "id": idea}, "text": "전화번호가 있습니다."}
    run.call("moderator", "POST", "/reports/hidings", hiding)
    withdrawal = {"person_id": twin, "reason": {"ko": "이중 등록"}}
    run.call("poll_officer", "POST", f"/polls/{run.open_poll[0]}/board/withdrawals", withdrawal)
    run.call("poll_officer", "POST", f"/people/{twin}/sessions/{session}/end", {"reason": REASON})
    run.call("administrator", "POST", "/people/links", {"kept": person, "dropped": twin, "reason": REASON})
    db.mergers.update_many({}, {"$set": {"at": db.mergers.find_one()["at"] - timedelta(seconds=15)}})  # tokens have run out
    sealed = {"poll": run.sealed_poll[0], "withdrawn": {"$exists": True}}
    wait_until(lambda: db.ballots.count_documents(sealed) == 1, seconds=60, every=0.3)


def export(run):
    """Fetch the person's own archive; gives its text."""
    link = run.call("marked", "POST", "/me/exports").json()["link"]
    url = f"http://127.0.0.1:{run.port}/v1/exports/{link.rsplit('/', 1)[1]}"
    wait_until(lambda: httpx.get(url, timeout=30).status_code == 200, seconds=60, every=0.3)
    with zipfile.ZipFile(io.BytesIO(httpx.get(url, timeout=30).content)) as archive:
        return "\n".join(archive.read(name).decode() for name in archive.namelist())


def close(run, client):
    closed = client.admin.command("hello")["localTime"] - timedelta(seconds=8)
    client["mvoting"].polls.update_many({}, {"$set": {"closes_at": closed}})
    sound = {"poll": run.sealed_poll[0], "is_final": 1, "head": {"$ne": None}}
    wait_until(lambda: client["mvoting"].board_batches.find_one(sound), seconds=90, every=0.5)


def of_redis(url):
    """Give everything that Redis holds, by key."""
    broker = redis.Redis.from_url(url)
    return {f"redis {key!r}": repr(broker.dump(key)) for key in broker.scan_iter()}


def holds(text, words):
    return any(word in text for word in words)


def spellings(markers):
    """Give each marker as it may be written: as it is, as bytes in base64, in a message that is itself base64."""
    yield from markers
    for marker in markers:
        if set(marker) <= set("0123456789abcdef"):
            yield base64.b64encode(bytes.fromhex(marker)).decode()
    yield base64.b64encode(json.dumps({"q1": [CHOICE]}, separators=(",", ":")).encode()).decode()


def everything(document):
    """Write a document with its bytes in hex as well."""
    return str(document) + "".join(value.hex() for value in nested_bytes(document))


def nested_bytes(value):
    if isinstance(value, bytes):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from nested_bytes(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from nested_bytes(inner)
