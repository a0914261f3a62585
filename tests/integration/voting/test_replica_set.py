"""Voters keep voting while the API, the worker and the database's primary are killed, paused and stepped down.

Three mongods, two API processes behind changing ports, one Celery worker with beat: all real. Every acknowledged ballot must be in
the final count, once, and nothing else; the histories of all phones are compared with the board.
"""

import base64
import json
import os
import random
import secrets
import signal
import subprocess
import sys
import threading
import time
from contextlib import ExitStack, suppress
from datetime import timedelta
from itertools import count
from pathlib import Path

import httpx
import pytest
from pymongo import MongoClient
from pymongo.errors import PyMongoError

from mvoting.core.keys_command import create_keys
from mvoting.stack import servers
from mvoting.voting.ballots.leaf import open_leaf
from tests.integration.voting.history import Attempt, Entry, faults

ROOT = Path(__file__).resolve().parents[3]
VOTERS, PHONES = 200, 12
ELECTION_MS = 1000
DATABASE = "mvoting_chaos"
K = 20


class Process:
    """A part of the product that is killed and started again."""

    def __init__(self, command, environment, log):
        self.command, self.environment, self.log = command, environment, log
        self.start()

    def start(self):
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                self.command, cwd=ROOT, env=self.environment, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
            )

    def kill(self):
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


class Phone(threading.Thread):
    """Lets voters vote one after the other and retries each cast until it is answered, or the poll is closed."""

    def __init__(self, voters, poll, ports, deeds):
        super().__init__(daemon=True)
        self.voters, self.poll, self.ports, self.deeds = voters, poll, ports, deeds
        self.history, self.surprises, self.retries = [], [], 0
        self.client = httpx.Client(timeout=6)  # each new one reads the machine's certificates

    def run(self):
        for number, (voter, token) in enumerate(self.voters):
            # Paced by the disturbances, so that people vote during each of them and nobody waits for a clock.
            while len(self.deeds) < (len(DEEDS) + 1) * number // len(self.voters):
                time.sleep(0.02)
            leaf, revision = None, 0
            for option in random.choices(["o1", "o2", "o3"], k=random.choice([1, 1, 2])):
                answer = self.cast(voter, token, option, revision)
                if answer is None:
                    return  # closed
                revision = answer["revision"]
                leaf = answer["receipt"]["leaf"]
            assert leaf

    def cast(self, voter, token, option, revision):
        poll_id, definition_hash, definition_bytes = self.poll
        nonce = secrets.token_bytes(16)
        leaf = open_leaf(definition_bytes, f'{{"q1":["{option}"]}}'.encode(), nonce).hex()
        body = {"definition_hash": definition_hash, "revision": revision, "cast_id": secrets.token_hex(16)}
        body |= {"nonce": nonce.hex(), "choices": {"q1": [option]}}
        at = len(self.history)
        self.history.append(Attempt(voter, leaf, None))
        for tries in count():
            self.retries += bool(tries)
            try:
                url = f"http://127.0.0.1:{random.choice(self.ports)}/v1/polls/{poll_id}/ballot"
                response = self.client.put(url, json=body, headers={"Authorization": f"Bearer {token}"})
            except httpx.TransportError:
                time.sleep(0.1)
                continue
            if response.status_code == 200:
                receipt = response.json()["receipt"]
                self.history[at] = Attempt(voter, leaf, (response.json()["revision"], receipt["replaces"]))
                return response.json()
            if response.status_code == 409 and response.json()["code"] == "voting.poll-closed":
                return None
            if response.status_code not in (500, 502, 503, 504):
                self.surprises.append(response.text)
                return None
            if response.status_code == 500:
                self.surprises.append(response.text)
            time.sleep(0.1)
        return None


def disturb(replica_set, apis, worker, until, done):
    """Kill, pause and step down, one thing after the other, and bring each back."""
    for deed in DEEDS:
        if time.monotonic() > until:
            break
        deed(replica_set, apis, worker)
        done.append(deed.__name__)


def kill_primary(replica_set, apis, worker):
    primary = replica_set.primary()
    primary.kill()
    wait_for_another(replica_set, primary)
    primary.start()


def pause_primary(replica_set, apis, worker):
    primary = replica_set.primary()
    os.kill(primary.pid, signal.SIGSTOP)
    try:
        wait_for_another(replica_set, primary)
    finally:
        os.kill(primary.pid, signal.SIGCONT)


def step_down(replica_set, apis, worker):
    primary = replica_set.primary()
    # The connection may end with the primacy.
    with MongoClient(replica_set.uri, serverSelectionTimeoutMS=10_000) as client, suppress(PyMongoError):
        client.admin.command("replSetStepDown", 5, secondaryCatchUpPeriodSecs=1, force=True)
    wait_for_another(replica_set, primary)


def wait_for_another(replica_set, before):
    """Wait until another member than `before` is elected: as long as people vote against a set without a primary."""
    others = [port for port, member in replica_set.members.items() if member is not before]
    until(lambda: any(is_primary(port) for port in others), 60, before.log_path)


def is_primary(port):
    with MongoClient(servers.HOST, port, directConnection=True, serverSelectionTimeoutMS=500) as client:
        return client.admin.command("hello")["isWritablePrimary"]


def kill_api(replica_set, apis, worker):
    api = random.choice(apis)
    api.kill()
    api.start()


def kill_worker(replica_set, apis, worker):
    worker.kill()
    worker.start()


DEEDS = [kill_primary, kill_api, step_down, kill_worker, pause_primary, kill_api]


@pytest.fixture
def product(tmp_path):
    """Three mongods, Redis, two API processes, a worker with beat; gives what the test needs of them."""
    with ExitStack() as stack:
        replica_set = stack.enter_context(servers.mongodb(tmp_path, members=3, election_timeout_ms=ELECTION_MS))
        redis_url = stack.enter_context(servers.redis_server(tmp_path / "redis"))
        create_keys(tmp_path / "keys", ["token", "board"])
        settings = {
            "MVOTING_ENV": "test",
            "MVOTING_MONGODB_URI": replica_set.uri,
            "MVOTING_MONGODB_NAME": DATABASE,
            "MVOTING_REDIS_URL": redis_url,
            "MVOTING_SECRET": base64.b64encode(os.urandom(32)).decode(),
            "MVOTING_KEYS_DIR": str(tmp_path / "keys"),
        }
        environment = {**os.environ, **settings}
        ports = [servers.free_port(), servers.free_port()]
        log = tmp_path / "product.log"
        serve = [sys.executable, "-m", "mvoting", "serve", "--workers", "1"]
        apis = [Process([*serve, "--port", str(port)], environment, log) for port in ports]
        celery = [sys.executable, "-m", "celery", "-A", "mvoting.worker", "worker", "-Q", "default", "-c", "1", "--beat"]
        worker = Process([*celery, "--schedule", str(tmp_path / "beat"), "--loglevel", "error"], environment, log)
        for process in [*apis, worker]:
            stack.callback(process.kill)
        yield replica_set, settings, ports, apis, worker, log


SETUP = """
import json, sys
from datetime import timedelta
from itertools import count
from mvoting.accounts import tokens
from mvoting.app import create_app
create_app()
from mvoting.core.clock import now
from mvoting.core.database import database
from mvoting.core.ids import random_id
from mvoting.voting.polls import services as polls
at = now()
options = [{"id": f"o{n}", "title": {"ko": str(n)}} for n in (1, 2, 3)]
question = {"id": "q1", "title": {"ko": "?"}, "method": "plurality", "seats": 1, "options": options}
content = {"title": {"ko": "?"}, "secrecy": "open", "figures": "live", "changeable": True, "k": int(sys.argv[2])}
content |= {"audience": {"kind": "everyone"}, "questions": [question]}
poll = polls.create_poll(content, at - timedelta(seconds=1), at + timedelta(days=1), {"kind": "staff", "id": "s"}, now=at)
database().polls.update_one({"_id": poll["_id"]}, {"$set": {"state": "open"}})
people = [random_id() for _ in range(int(sys.argv[1]))]
made = [[p, tokens.issue(p, random_id(), "member", None, at=at)] for p in people]
print(json.dumps({"poll": poll["_id"], "hash": poll["definition_hash"], "people": made}))
"""


@pytest.mark.slow
def test_no_acknowledged_ballot_is_lost_doubled_or_wrong(product):
    replica_set, settings, ports, apis, worker, log = product
    made = subprocess.run(
        [sys.executable, "-c", SETUP, str(VOTERS), str(K)],
        cwd=ROOT,
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    setup = json.loads(made.stdout.splitlines()[-1])
    poll = (setup["poll"], setup["hash"], bytes.fromhex(setup["hash"]))
    for port in ports:
        until(lambda: servers.port_is_taken(port), 60, log)  # noqa: B023
    began, deeds = time.monotonic(), []
    phones = [Phone(setup["people"][n::PHONES], poll, ports, deeds) for n in range(PHONES)]
    chaos = threading.Thread(target=disturb, args=(replica_set, apis, worker, began + 170, deeds), daemon=True)
    chaos.start()
    for phone in phones:
        phone.start()
    chaos.join(200)
    for phone in phones:
        phone.join(120)
    assert not any(phone.is_alive() for phone in phones), log.read_text()[-3000:]
    assert len(deeds) == len(DEEDS)
    assert sum(phone.retries for phone in phones) > 10, "the disturbances disturbed nobody"
    assert [surprise for phone in phones for surprise in phone.surprises] == []

    with MongoClient(replica_set.uri, tz_aware=True, serverSelectionTimeoutMS=15_000) as client:
        db = client[DATABASE]
        now = client.admin.command("hello")["localTime"]
        db.polls.update_one({"_id": poll[0]}, {"$set": {"closes_at": now - timedelta(seconds=6)}})
        # What time does: the lease of a worker that was killed at work runs out. A living one's only saves double work.
        db.leases.update_many({}, {"$set": {"until": now - timedelta(seconds=1)}})
        until(lambda: db.polls.find_one({"_id": poll[0]})["state"] == "published", 120, log)
        entries = [e for b in db.board_batches.find({"poll": poll[0]}).sort("number", 1) for e in b["entries"]]
        result = db.polls.find_one({"_id": poll[0]})["result"]
    board = [Entry(e["leaf"].hex(), e["replaces"].hex() if "replaces" in e else None) for e in entries if "leaf" in e]
    replaced = {entry.replaces for entry in board}
    counted = [e["leaf"].hex() for e in entries if "content" in e and e["leaf"].hex() not in replaced]
    history = [attempt for phone in phones for attempt in phone.history]
    assert faults(history, board, counted) == []
    assert len([a for a in history if a.acknowledged]) >= VOTERS
    assert result["ballots"] == len(counted) == VOTERS


def until(condition, seconds, log):
    deadline = time.monotonic() + seconds
    while True:
        try:
            if condition():
                return
        except PyMongoError:
            pass
        assert time.monotonic() < deadline, log.read_text()[-3000:]
        time.sleep(0.1)
