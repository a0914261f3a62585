"""No choice, ciphertext or receipt stands beside a person anywhere: planted markers are searched in all that a run leaves."""

import base64
import json
import os
import secrets
import signal
import subprocess
import sys
import time
from contextlib import ExitStack, suppress
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from mvoting.core.keys_command import create_keys
from mvoting.stack import servers
from tests.workers import wait_until

ROOT = Path(__file__).resolve().parents[3]
PERSON = "01markedpersonmarkedperson"
CHOICE = "omarkedchoice"

SETUP = """
import json, sys
from datetime import timedelta
from mvoting.accounts import tokens
from mvoting.app import create_app
create_app()
from mvoting.core.clock import now
from mvoting.core.database import database
from mvoting.voting.polls import services as polls
from mvoting.voting.polls.definition import definition_hash
from mvoting.voting.sealing import trustees
at, made = now(), []
for secrecy in ("open", "sealed"):
    options = [{"id": i, "title": {"ko": i}} for i in (sys.argv[2], "o2")]
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
print(json.dumps({"polls": made, "token": tokens.issue(sys.argv[1], "s" * 26, "member", None, at=at)}))
"""


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
        yield replica_set, environment, port, tmp_path


def end(process):
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@pytest.mark.slow
def test_a_full_run_leaves_no_choice_beside_a_person(run):
    from pymongo import MongoClient

    replica_set, environment, port, folder = run
    made = subprocess.run(
        [sys.executable, "-c", SETUP, PERSON, CHOICE],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    setup = json.loads(made.stdout.splitlines()[-1])
    deadline = time.monotonic() + 60
    while not servers.port_is_taken(port):
        assert time.monotonic() < deadline, (folder / "process-0.log").read_text()
        time.sleep(0.2)

    markers, answers = {CHOICE}, []

    def put(poll, body, **more):
        cast = {"definition_hash": poll[1], "revision": 0, "cast_id": secrets.token_hex(16), **body}
        url, headers = f"http://127.0.0.1:{port}/v1/polls/{poll[0]}/ballot", {"Authorization": f"Bearer {setup['token']}"}
        answers.append(httpx.put(url, json=cast, headers={**headers, **more}, timeout=30))
        return answers[-1]

    with MongoClient(replica_set.uri) as client:
        # Accepted, replayed, refused in every way, and failing inside.
        accepted = []
        for poll, body in zip(setup["polls"], ({"choices": {"q1": [CHOICE]}}, {}), strict=True):
            secret = secrets.token_hex(16)
            sealed = base64.urlsafe_b64encode(os.urandom(112)).decode().rstrip("=")
            body = {**body, "nonce": secret} if body else {"sealed": sealed}
            markers |= {secret} if "nonce" in body else {sealed, sealed[:40]}
            answer = put(poll, body)
            assert answer.status_code == 200, answer.text
            accepted.append(answer.json()["receipt"])
            assert put(poll, body).status_code == 409
            assert put(poll, {**body, "definition_hash": "0" * 64}).status_code == 409
            assert put(poll, {**body, "choices": {"q1": [CHOICE, CHOICE]}, "sealed": None}).status_code in (409, 422)
            assert put(poll, {**body, "revision": CHOICE}).status_code == 422
            assert put(poll, {**body, "cast_id": CHOICE}).status_code == 422
        markers |= {r["leaf"] for r in accepted} | {r["signature"] for r in accepted}
        client["mvoting"].polls.update_one({"_id": setup["polls"][0][0]}, {"$set": {"definition.k": "broken"}})
        client["mvoting"].polls.update_one({"_id": setup["polls"][1][0]}, {"$unset": {"definition.sealing": 1}})

        def log_of(number):
            return (folder / f"process-{number}.log").read_text(errors="replace")

        # Both API workers may know the poll as it was for some seconds.
        patience = time.monotonic() + 90
        while (answer := put(setup["polls"][1], {"sealed": sealed, "revision": 1})).status_code != 500:
            assert time.monotonic() < patience, answer.text
            time.sleep(0.5)
        # The worker meets the broken poll, and beat goes on.
        wait_until(lambda: "voting.sequencing_failed" in log_of(1), seconds=90, every=0.5)
        closed = client.admin.command("hello")["localTime"] - timedelta(seconds=8)
        client["mvoting"].polls.update_many({}, {"$set": {"closes_at": closed}})
        sound = {"poll": setup["polls"][1][0], "is_final": 1, "head": {"$ne": None}}
        wait_until(lambda: client["mvoting"].board_batches.find_one(sound), seconds=90, every=0.5)
        beside = [
            name
            for name in client["mvoting"].list_collection_names()
            for document in client["mvoting"][name].find()
            if PERSON in str(document) and any(marker in everything(document) for marker in markers)
        ]
    refusals = [answer.text for answer in answers if answer.status_code != 200]
    assert [text for text in refusals if any(marker in text for marker in markers - {CHOICE})] == []
    assert beside == []
    logs = {path.name: path.read_text(errors="replace") for path in folder.glob("*.log")}
    logs |= {path.name: path.read_text(errors="replace") for path in (folder / "redis").glob("*")}
    assert {"process-0.log", "process-1.log", "mongod-0.log"} <= set(logs)
    assert "core.unexpected_error" in logs["process-0.log"], "the planted failure did not happen"
    encoded = markers | {base64.b64encode(bytes.fromhex(m)).decode() for m in markers if all(c in "0123456789abcdef" for c in m)}
    encoded |= {base64.b64encode(json.dumps({"q1": [CHOICE]}, separators=(",", ":")).encode()).decode()}
    found = {(name, marker[:20]) for name, text in logs.items() for marker in encoded if marker in text}
    assert found == set()


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
