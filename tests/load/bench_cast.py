"""Casting beside its floor: a bare Flask view that verifies a token and writes two documents in one transaction.

Both are served by granian with the same workers and threads, on one mongod, with the same tokens and key, in alternating
rounds. While ballots are cast, a real worker with beat puts them on the board. The floor is `../shared/bench/floor_app.py`, run
unchanged; MVOTING_REFERENCE_BENCH names another folder. Where it is absent, `floor_app.py` beside this file does the same.
"""

import base64
import os
import secrets
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import psutil
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from mvoting.core.keys_command import create_keys
from mvoting.stack import servers
from tests.load.runner import Bench
from tests.load.traffic import Outcome, burst, request

ROOT = Path(__file__).resolve().parents[2]
WORKERS, THREADS = 2, 16
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "5"))
CASTS = int(os.environ.get("BENCH_CASTS", "6000"))
GROWN = int(os.environ.get("BENCH_GROWN", "1000000"))
FILL = 10_000


@dataclass
class Place:
    """Where the servers of a measurement run."""

    mongod: servers.Server
    uri: str
    folder: Path
    environment: dict[str, str]


def run(bench: Bench) -> None:
    """Measure ratios to the floor, latencies, and growth."""
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        replica_set = stack.enter_context(servers.mongodb(folder, cache_gb=1.0))
        redis_url = stack.enter_context(servers.redis_server(folder / "redis"))
        place = Place(replica_set.primary(), replica_set.uri, folder, _environment(replica_set.uri, redis_url, folder))
        os.environ.update(place.environment)
        floor_app = _floor_app(bench)
        product = stack.enter_context(_served([sys.executable, "-m", "mvoting", "serve"], ROOT, place))
        floor = stack.enter_context(_served(_granian("floor_app:app"), floor_app, place))
        with _worker(place) as worker:
            _ratios(bench, product, floor, worker)
        _growth(bench, product, place)


def _ratios(bench: Bench, product: "Served", floor: "Served", worker: psutil.Process) -> None:
    figures: dict[str, list[float]] = {}
    casts: dict[str, list[Outcome]] = {"open": [], "sealed": []}
    burst(floor.port, _floor_requests("cast", 300))  # warm
    burst(product.port, _casts(_poll("open"), 300))
    for number in range(ROUNDS):
        bench.say(f"round {number + 1} of {ROUNDS}")
        _pause(worker)
        floor_cast = _measure(floor, _floor_requests("cast", CASTS // 2), {201})
        floor_insert = _measure(floor, _floor_requests("insert", CASTS // 2), {201})
        _resume(worker)
        outcomes = {
            kind: _measure(product, _casts(_poll(kind), CASTS if kind == "open" else CASTS // 2), {200}) for kind in casts
        }
        for kind, outcome in outcomes.items():
            casts[kind].append(outcome)
        rates = {
            "cast.ratio_to_floor": outcomes["open"].per_s / floor_cast.per_s,
            "cast.ratio_to_single_insert": outcomes["open"].per_s / floor_insert.per_s,
            "cast.sealed_ratio_to_floor": outcomes["sealed"].per_s / floor_cast.per_s,
            "cast.per_s": outcomes["open"].per_s,
            "cast.floor_per_s": floor_cast.per_s,
        }
        for name, value in rates.items():
            figures.setdefault(name, []).append(value)
    for name, values in figures.items():
        bench.record_rounds(name, values, "/s" if name.endswith("_s") else "ratio")
    for kind, prefix in (("open", "cast.p"), ("sealed", "cast.sealed_p")):
        for percent in (50, 95, 99):
            values = [outcome.quantile_ms(percent / 100) for outcome in casts[kind]]
            bench.record_rounds(f"{prefix}{percent}", values, "ms")
    _check_sequenced(bench)


def _check_sequenced(bench: Bench) -> None:
    from mvoting.core.database import database

    boarded = database().ballots.count_documents({"boarded": {"$gt": 0}})
    bench.record("cast.boarded_meanwhile", boarded / database().ballots.count_documents({}), "ratio")


def _measure(served: "Served", requests: list[bytes], expected: set[int]) -> Outcome:
    outcome = burst(served.port, requests)
    if set(outcome.statuses) - expected:
        raise RuntimeError(f"unexpected answers: {outcome.statuses}; see {served.log}")
    return outcome


# Growth: CPU per cast, of client, API and database together


def _growth(bench: Bench, product: "Served", place: Place) -> None:
    poll = _poll("open")
    costs = {}
    processes = [psutil.Process(), psutil.Process(place.mongod.pid), *product.family()]
    for size in (1000, GROWN):
        bench.say(f"filling the poll up to {size} ballots")
        _fill(poll, size)
        time.sleep(5)  # a checkpoint of what was filled in
        samples = []
        for _ in range(max(3, ROUNDS)):
            requests = _casts(poll, CASTS // 3)
            before = _cpu(processes)
            _measure(product, requests, {200})
            samples.append((_cpu(processes) - before) / len(requests) * 1e6)
        costs[size] = samples
    small, large = (statistics.median(samples) for samples in costs.values())
    bench.record_rounds("cast.cpu_us_at_1e3", costs[1000], "µs")
    size = f"{GROWN:.0e}".replace("+0", "")
    bench.record_rounds(f"cast.cpu_us_at_{size}", costs[GROWN], "µs")
    lows = min(costs[GROWN]) / max(costs[1000]), max(costs[GROWN]) / min(costs[1000])
    bench.record(f"cast.growth_{size}_over_1e3", large / small, "ratio", *lows, len(costs[GROWN]))


def _cpu(processes: list[psutil.Process]) -> float:
    return sum(sum(p.cpu_times()[:2]) for p in processes)


def _fill(poll: tuple[str, str], size: int) -> None:
    from pymongo import WriteConcern

    from mvoting.core.database import database

    collection = database().get_collection("ballots", write_concern=WriteConcern(w=1))
    present = collection.count_documents({"poll": poll[0]})
    shared = {"poll": poll[0], "content": b'{"q1":["o2"]}', "boarded": 1}
    for start in range(present, size, FILL):
        rows = range(min(FILL, size - start))
        collection.insert_many(
            [
                {"_id": os.urandom(32), "leaves": [os.urandom(32)], "casts": [os.urandom(16)], "nonce": os.urandom(16), **shared}
                for _ in rows
            ],
            ordered=False,
        )


# What is sent


def _floor_requests(what: str, count: int) -> list[bytes]:
    body = {"poll": secrets.token_hex(13), "choices": {"q1": ["o1"]}}
    return [request("POST", f"/floor/{what}", body, token) for token in _tokens(count)]


def _casts(poll: tuple[str, str], count: int) -> list[bytes]:
    poll_id, definition_hash = poll
    filled = _contents(poll)
    return [
        request(
            "PUT",
            f"/v1/polls/{poll_id}/ballot",
            {"definition_hash": definition_hash, "revision": 0, "cast_id": secrets.token_hex(16), **next(filled)},
            token,
        )
        for token in _tokens(count)
    ]


_ceremonies: dict[str, Any] = {}


def _contents(poll: tuple[str, str]) -> Iterator[dict[str, Any]]:
    from mvoting.voting.sealing.hpke import seal_ballot, sealing_info

    ceremony = _ceremonies.get(poll[0])
    while True:
        if ceremony is None:
            yield {"nonce": secrets.token_hex(16), "choices": {"q1": ["o1"]}}
        else:
            sealed = seal_ballot(b'{"q1":["o1"]}', ceremony.public_key, sealing_info(poll[0], bytes.fromhex(poll[1])), 256)
            yield {"sealed": base64.urlsafe_b64encode(sealed).decode().rstrip("=")}


def _tokens(count: int) -> list[str]:
    from mvoting.accounts import tokens
    from mvoting.core.clock import now
    from mvoting.core.ids import random_id

    return [tokens.issue(random_id(), random_id(), "member", None, at=now()) for _ in range(count)]


def _poll(kind: str) -> tuple[str, str]:
    from mvoting.core.clock import now
    from mvoting.core.database import database
    from mvoting.voting.polls import services as polls
    from mvoting.voting.polls.definition import definition_hash
    from mvoting.voting.sealing import trustees

    options = [{"id": f"o{n}", "title": {"ko": f"{n}번"}} for n in (1, 2, 3)]
    question = {"id": "q1", "title": {"ko": "질문"}, "method": "plurality", "seats": 1, "options": options}
    content = {"title": {"ko": "투표"}, "secrecy": kind, "figures": "live" if kind == "open" else "after_closing", "k": 20}
    content |= {"changeable": True, "audience": {"kind": "everyone"}, "questions": [question]}
    at = now()
    poll = polls.create_poll(content, at, at + timedelta(days=1), {"kind": "staff", "id": "bench"}, now=at)
    definition = poll["definition"]
    if kind == "sealed":
        _ceremonies[poll["_id"]], _ = trustees.deal(poll["_id"], 2, 3)
        definition["sealing"] = {**_ceremonies[poll["_id"]].document(), "padded_bytes": 256, "recount": "public"}
    changes = {"state": "open", "opened_at": at, "definition": definition, "definition_hash": definition_hash(definition)}
    database().polls.update_one({"_id": poll["_id"]}, {"$set": changes})
    return poll["_id"], changes["definition_hash"]


# Servers


@dataclass
class Served:
    """A running server."""

    port: int
    process: subprocess.Popen[bytes]
    log: Path

    def family(self) -> list[psutil.Process]:
        """Give its processes."""
        parent = psutil.Process(self.process.pid)
        return [parent, *parent.children(recursive=True)]


def _environment(uri: str, redis_url: str, folder: Path) -> dict[str, str]:
    create_keys(folder / "keys", ["token", "board"])
    from mvoting.core.keys import current_key

    values = {
        "MVOTING_ENV": "test",
        "MVOTING_MONGODB_URI": uri,
        "MVOTING_MONGODB_NAME": "mvoting_bench",
        "MVOTING_REDIS_URL": redis_url,
        "MVOTING_SECRET": base64.b64encode(os.urandom(32)).decode(),
        "MVOTING_KEYS_DIR": str(folder / "keys"),
    }
    os.environ.update(values)
    from mvoting.core import database

    database.connect()
    public = current_key("token").private.public_key()
    (folder / "public.pem").write_bytes(public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    floor = {"FLOOR_MONGODB_URI": uri, "FLOOR_JWT_ALG": "RS256", "FLOOR_JWT_KEY": str(folder / "public.pem"), "FLOOR_POOL": "64"}
    return values | floor


def _floor_app(bench: Bench) -> Path:
    named = os.environ.get("MVOTING_REFERENCE_BENCH")
    for folder in (named, ROOT.parent / "shared/bench", ROOT.parent.parent / "shared/bench"):
        if folder and (Path(folder) / "floor_app.py").is_file():
            return Path(folder)
    bench.say("no ../shared/bench/floor_app.py here: measuring beside tests/load/floor_app.py, which does the same work")
    return Path(__file__).parent


def _granian(target: str) -> list[str]:
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--no-ws", "--log-level", "error"]
    return [*command, "--workers", str(WORKERS), "--blocking-threads", str(THREADS), target]


@contextmanager
def _served(command: list[str], folder: Path, place: Place) -> Iterator[Served]:
    port = servers.free_port()
    log = place.folder / f"served-{port}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*command, "--host", "127.0.0.1", "--port", str(port)],
            cwd=folder,
            env={**os.environ, **place.environment, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"},
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        deadline = time.monotonic() + 120
        while not servers.port_is_taken(port):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{command} did not start: {log.read_text()[-2000:]}")
            time.sleep(0.1)
        time.sleep(3)  # the second worker
        yield Served(port, process, log)
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(20)


@contextmanager
def _worker(place: Place) -> Iterator[psutil.Process]:
    command = [sys.executable, "-m", "celery", "-A", "mvoting.worker", "worker", "-Q", "default", "-c", "1", "--beat"]
    with (place.folder / "worker.log").open("wb") as output:
        process = subprocess.Popen(
            [*command, "--schedule", str(place.folder / "beat"), "--loglevel", "warning"],
            cwd=ROOT,
            env={**os.environ, **place.environment},
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        time.sleep(5)
        yield psutil.Process(process.pid)
    finally:
        os.killpg(process.pid, signal.SIGCONT)
        process.terminate()
        process.wait(30)


def _pause(worker: psutil.Process) -> None:
    for process in [*worker.children(recursive=True), worker]:
        process.suspend()


def _resume(worker: psutil.Process) -> None:
    for process in [worker, *worker.children(recursive=True)]:
        process.resume()
