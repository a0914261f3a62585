"""`make run` itself: starts, refusals, Ctrl-C, and kills from which nothing is left and nothing stays down."""

import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil
import pytest

from mvoting.stack.environment import ROOT
from mvoting.stack.servers import Server, ServerError, free_port, mongod_command, require_replica_set
from mvoting.stack.supervision import Stack
from tests.integration.conftest import CLEAN_ENVIRONMENT, free_ports

pytestmark = pytest.mark.slow
READY_S, END_S = 180, 30  # generous: other tests may share the machine; bench_stack measures


class Run:
    """`python -m mvoting run` as a service would start it: no terminal, its own process group."""

    def __init__(self, var, ports, **environ):
        self.var, self.ports = var, ports
        self.log = var.parent / f"{var.name}-{ports.api}.log"
        environ = CLEAN_ENVIRONMENT | {"PORT": str(ports.api), "MVOTING_VAR": str(var)} | environ
        with self.log.open("w") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "mvoting", "run"],
                cwd=ROOT,
                env=environ,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                # A shell's background jobs ignore SIGINT; a terminal's do not.
                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
            )

    @property
    def said(self):
        return self.log.read_text()

    def wait_ready(self):
        deadline = time.monotonic() + READY_S
        while "Ctrl-C ends everything" not in self.said:
            assert self.process.poll() is None, self.said
            assert time.monotonic() < deadline, self.said
            time.sleep(0.2)
        return self.family()

    def family(self):
        try:
            process = psutil.Process(self.process.pid)
            return [process, *process.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []

    def supervisor(self):
        return next(p for p in self.family() if "supervisor.supervisord" in command(p))

    def child(self, *words):
        """Give the oldest process whose command holds all words."""
        found = [p for p in self.supervisor().children(recursive=True) if all(w in command(p) for w in words)]
        return min(found, key=lambda p: p.create_time(), default=None)

    def interrupt(self):
        os.killpg(self.process.pid, signal.SIGINT)

    def ready(self):
        try:
            return httpx.get(f"http://127.0.0.1:{self.ports.api}/health/ready", timeout=2).json()
        except httpx.HTTPError:
            return None


def command(process):
    """Give a process's command line; empty once it has ended."""
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


def assert_all_gone(family, within_s=END_S):
    _, alive = psutil.wait_procs(family, timeout=within_s)
    left = [(p.pid, p.cmdline()) for p in alive if p.is_running() and p.status() != psutil.STATUS_ZOMBIE]
    for process in alive:
        process.kill()
    assert left == []


def until(condition, what, within_s=45):
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.2)


@contextmanager
def running(*args, **environ):
    run = Run(*args, **environ)
    family = []
    try:
        yield run
        family = run.family()
    finally:
        if run.process.poll() is None:
            run.interrupt()
            try:
                run.process.wait(END_S)
            except subprocess.TimeoutExpired:
                for process in [*family, *run.family()]:
                    process.kill()


@pytest.fixture
def var(tmp_path):
    """A folder without data."""
    folder = tmp_path / "var"
    folder.mkdir()
    return folder


@dataclass(frozen=True)
class FirstRun:
    """A run in an empty folder, from its start to Ctrl-C: what it said and served, and how it ended."""

    folder: Path
    said: str
    polls: list
    docs: int
    status: int
    family: list


@pytest.fixture(scope="module")
def first_run(tmp_path_factory):
    """Run the city once; the tests start it warm in the same folder."""
    folder, ports = tmp_path_factory.mktemp("city"), free_ports()
    with running(folder, ports) as run:
        run.wait_ready()
        polls = httpx.get(f"http://127.0.0.1:{ports.api}/v1/polls").json()["items"]
        docs = httpx.get(f"http://127.0.0.1:{ports.api}/docs").status_code
        family = run.family()
        run.interrupt()
        status = run.process.wait(END_S)
        return FirstRun(folder, run.said, polls, docs, status, family)


@pytest.fixture
def city(first_run):
    """A folder with a seeded city."""
    return first_run.folder


def test_it_starts_seeds_and_ends_on_ctrl_c(first_run):
    assert "seeding the demo city" in first_run.said
    assert len(first_run.polls) == 4
    assert first_run.docs == 200
    assert first_run.status == 0
    assert_all_gone(first_run.family, 1)


def test_secrets_are_made_for_each_folder_and_readable_by_their_owner_only(var, tmp_path):
    from mvoting.stack.environment import Ports, development_environment

    other = tmp_path / "other"
    other.mkdir()
    first, second = (development_environment({}, Ports(8000), folder)["MVOTING_SECRET"] for folder in (var, other))
    assert first != second
    assert development_environment({}, Ports(8000), var)["MVOTING_SECRET"] == first
    files = [var / "secret", *(var / "keys").iterdir()]
    assert {oct(path.stat().st_mode & 0o777) for path in files} == {"0o600"}


def test_taken_ports_are_named_and_nothing_is_left_behind(var):
    import socket

    ports = free_ports()
    with socket.socket() as other:
        other.bind(("127.0.0.1", ports.api))
        other.listen()
        run = Run(var, ports)
        assert run.process.wait(30) == 1
    assert f"{ports.api} (for the API)" in run.said
    assert "PORT=9000" in run.said
    assert "Traceback" not in run.said


@pytest.mark.parametrize("port", ["0", "80", "eight", "70000"])
def test_an_unusable_port_is_refused(var, port):
    environ = CLEAN_ENVIRONMENT | {"PORT": port, "MVOTING_VAR": str(var)}
    done = subprocess.run(
        [sys.executable, "-m", "mvoting", "run"], cwd=ROOT, env=environ, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "PORT: must be a number" in done.stderr
    assert "Traceback" not in done.stderr


def test_wrong_settings_are_named_all_at_once(var):
    run = Run(var, free_ports(), MVOTING_ENV="staging", MVOTING_PUBLIC_URL="ftp://x", MVOTING_SECRET="short")
    assert run.process.wait(30) == 1
    for name in ("MVOTING_ENV", "MVOTING_PUBLIC_URL", "MVOTING_SECRET"):
        assert name in run.said
    assert "Traceback" not in run.said


def test_started_warm_it_has_its_data_what_is_killed_comes_back_and_the_data_has_one_user(city, first_run):
    with running(city, free_ports()) as run:  # other ports: the replica set is told so
        run.wait_ready()
        assert "seeding" not in run.said
        second = Run(city, free_ports())
        assert second.process.wait(30) == 1
        assert "already uses" in second.said
        before = httpx.get(f"http://127.0.0.1:{run.ports.api}/v1/polls").json()["items"]
        assert {poll["id"] for poll in before} == {poll["id"] for poll in first_run.polls}
        for words in (("celery", "-Q alerts"), ("celery", "-Q default"), ("celery", "beat"), ("redis-server",)):
            killed = run.child(*words)
            children = killed.children(recursive=True)
            killed.kill()
            assert_all_gone(children, 20)
            until(lambda words=words, killed=killed: run.child(*words) not in (None, killed), f"{words} is restarted")
        worker = next(p for p in run.child("mvoting", "serve").children())
        worker.kill()
        until(lambda: (run.ready() or {}).get("ready"), "the API serves after one of its workers was killed")
        master = run.child("mvoting", "serve")
        workers = master.children()
        master.kill()
        assert_all_gone(workers, 5)
        run.child("mongod").kill()
        until(lambda: run.ready() == {"ready": True, "missing": []}, "all is ready again")
        after = httpx.get(f"http://127.0.0.1:{run.ports.api}/v1/polls").json()["items"]
        assert [p["id"] for p in after] == [p["id"] for p in before]


@pytest.mark.parametrize("victims", ["supervisor", "front end", "both"])
def test_nothing_outlives_a_killed_supervisor(city, victims):
    with running(city, free_ports()) as run:
        family = run.wait_ready()
        supervisor = run.supervisor()
        if victims in ("supervisor", "both"):
            supervisor.kill()
        if victims in ("front end", "both"):
            run.process.kill()
        run.process.wait(END_S)
        assert_all_gone(family)
    if victims == "supervisor":
        assert run.process.returncode == 1
        assert "the supervisor died" in run.said


@pytest.mark.parametrize(
    ("setting", "value", "said"),
    [
        ("MVOTING_MONGODB_URI", "mongodb://127.0.0.1:9/", "MongoDB does not answer there"),
        ("MVOTING_REDIS_URL", "redis://127.0.0.1:9/0", "Redis does not answer"),
    ],
)
def test_servers_of_others_that_do_not_answer_are_named_and_nothing_is_left(tmp_path, setting, value, said):
    stack = Stack(tmp_path, free_ports(), CLEAN_ENVIRONMENT | {setting: value})
    with pytest.raises(ServerError, match=said):
        stack.start()
    assert not stack.is_running()
    assert stack.family() == []


def test_a_mongod_that_is_no_replica_set_is_refused(tmp_path):
    port = free_port()
    lone = Server([part for part in mongod_command(port, tmp_path) if part not in ("--replSet", "rs0")], tmp_path / "log")
    lone.start()
    try:
        with pytest.raises(ServerError, match="a replica set is needed"):
            require_replica_set(f"mongodb://127.0.0.1:{port}/")
    finally:
        lone.stop()
