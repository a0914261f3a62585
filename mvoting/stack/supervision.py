"""The whole product under one supervisor (PyPI `supervisor`), which restarts what dies and ends all in order.

Nothing outlives its parent: every process is started through `child`, so the kernel ends it when the supervisor is gone,
killed or not. The order of ending is beat → workers → API and sandbox → Redis → mongod, each with its own time limit;
together they stay below 30 s.
"""

import configparser
import os
import shlex
import subprocess
import sys
import tempfile
import time
import xmlrpc.client  # only the supervisor answers, through a socket that its owner alone may open  # nosec B411
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil
from supervisor.xmlrpc import SupervisorTransport

from mvoting.stack import servers
from mvoting.stack.environment import ROOT, Ports, development_environment
from mvoting.stack.servers import CHILD, HOST, ServerError

WORKER_PROCESSES = 2
READY_TIMEOUT_S = 180.0  # a slow or busy machine; usually a few seconds
STOP_TIMEOUT_S = 30.0


@dataclass(frozen=True)
class Program:
    """One supervised process. Groups start by rising `order` and end by falling order; members of a group end together."""

    name: str
    group: str
    order: int
    command: list[str]
    stop_timeout_s: int


@dataclass
class Stack:
    """A running stack. `say` is told what happens, `environ` may set any setting, as for production."""

    var: Path
    ports: Ports
    environ: Mapping[str, str]
    say: Callable[[str], None] = lambda _: None
    supervisor: subprocess.Popen[bytes] | None = field(default=None, repr=False)
    _socket_dir: tempfile.TemporaryDirectory[str] | None = field(default=None, repr=False)

    @property
    def env(self) -> dict[str, str]:
        """The environment of all processes."""
        return development_environment(self.environ, self.ports, self.var)

    @property
    def address(self) -> str:
        """Where the API answers."""
        return f"http://{HOST}:{self.ports.api}"

    @property
    def sandbox_address(self) -> str:
        """Where the phone sandbox answers."""
        return f"http://{HOST}:{self.ports.sandbox}"

    def start(self) -> None:
        """Start everything and return when the API is ready.

        Raises: ServerError with the reason; nothing is left running then.
        """
        self.check_ports()
        for folder in ("log", "mongodb", "redis"):
            (self.var / folder).mkdir(parents=True, exist_ok=True)
        self._socket_dir = tempfile.TemporaryDirectory(prefix="mvoting-")
        (self.var / "supervisor.conf").write_text(self._config())
        (self.var / "supervisor.conf").chmod(0o600)
        self._start_supervisor()
        try:
            self._start_servers()
            self.say("starting the API and the phone sandbox")
            self.rpc.startProcessGroup("web", False)
            self._wait_ready()
            self.say("starting the workers and beat")
            for group in ("workers", "beat"):
                self.rpc.startProcessGroup(group, False)
        except BaseException:
            self.stop()
            raise

    def check_ports(self) -> None:
        """Raise ServerError when something else listens where the stack wants to."""
        wanted = {"the API": self.ports.api, "the phone sandbox": self.ports.sandbox}
        if self._runs_mongod:
            wanted["MongoDB"] = self.ports.mongod
        if self._runs_redis:
            wanted["Redis"] = self.ports.redis
        taken = [f"{port} (for {what})" for what, port in wanted.items() if servers.port_is_taken(port)]
        if taken:
            raise ServerError(
                f"these ports of 127.0.0.1 are taken: {', '.join(taken)}. End what uses them, or choose others: make run PORT=9000"
            )

    def stop(self) -> None:
        """End everything in order; whatever is left after 30 s is killed."""
        if self.supervisor is None:
            return
        family = self.family()
        self.supervisor.terminate()
        _wait_gone([psutil.Process(self.supervisor.pid)] if self.supervisor.poll() is None else [], STOP_TIMEOUT_S - 2)
        self.supervisor.poll()
        self.clear(family)

    def clear(self, family: list[psutil.Process], patience_s: float = 0.5) -> None:
        """Kill what is left of the supervisor's processes."""
        for process in _wait_gone(family, patience_s):
            process.kill()
        if self.supervisor is not None:
            self.supervisor.wait()
        if self._socket_dir is not None:
            self._socket_dir.cleanup()
        self.supervisor = self._socket_dir = None

    def family(self) -> list[psutil.Process]:
        """List the supervisor and every process under it."""
        if self.supervisor is None or self.supervisor.poll() is not None:
            return []
        try:
            process = psutil.Process(self.supervisor.pid)
            return [process, *process.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []

    def is_running(self) -> bool:
        """Tell whether the supervisor lives."""
        return self.supervisor is not None and self.supervisor.poll() is None

    def processes(self) -> dict[str, dict[str, Any]]:
        """Give what the supervisor knows of each process, by name: `pid`, `statename`, `exitstatus`, …"""
        return {info["name"]: info for info in self.rpc.getAllProcessInfo()}

    @property
    def rpc(self) -> Any:
        """The supervisor's interface."""
        transport = SupervisorTransport(None, None, f"unix://{self._socket}")
        return xmlrpc.client.ServerProxy("http://localhost", transport=transport).supervisor

    @property
    def _socket(self) -> str:
        # Not under var/: the path of a Unix socket may have about 100 characters.
        if self._socket_dir is None:
            raise ServerError("the stack is not running")
        return f"{self._socket_dir.name}/supervisor.sock"

    @property
    def _runs_mongod(self) -> bool:
        return not self.environ.get("MVOTING_MONGODB_URI")

    @property
    def _runs_redis(self) -> bool:
        return not self.environ.get("MVOTING_REDIS_URL")

    def _programs(self) -> list[Program]:
        python = sys.executable
        celery = [python, "-m", "celery", "-A", "mvoting.worker"]
        quiet = ["--without-gossip", "--without-mingle", "--loglevel", "WARNING"]
        programs = [
            Program("api", "web", 40, [python, "-m", "mvoting", "serve", "--port", str(self.ports.api)], 4),
            Program("sandbox", "web", 40, [python, "-m", "mvoting", "sandbox", "--port", str(self.ports.sandbox)], 4),
            *(
                Program(
                    f"worker-{queue}",
                    "workers",
                    50,
                    [*celery, "worker", "-Q", queue, "-n", f"{queue}@%h", "-c", str(WORKER_PROCESSES), *quiet],
                    8,
                )
                for queue in ("default", "alerts")
            ),
            Program("watch-alerts", "workers", 50, [python, "-m", "mvoting", "watch-alerts"], 8),
            Program("beat", "beat", 60, [*celery, "beat", "--loglevel", "WARNING", "--pidfile="], 2),
        ]
        if self._runs_redis:
            programs.append(Program("redis", "redis", 20, servers.redis_command(self.ports.redis, self.var / "redis"), 2))
        if self._runs_mongod:
            programs.append(Program("mongod", "mongod", 10, servers.mongod_command(self.ports.mongod, self.var / "mongodb"), 8))
        return programs

    def _config(self) -> str:
        config = configparser.RawConfigParser()
        config["supervisord"] = {
            "nodaemon": "true",
            "logfile": str(self.var / "log/supervisor.log"),
            "pidfile": str(self.var / "supervisor.pid"),
            "childlogdir": str(self.var / "log"),
            "loglevel": "info",
            "directory": str(ROOT),
        }
        config["unix_http_server"] = {"file": self._socket, "chmod": "0600"}
        config["rpcinterface:supervisor"] = {"supervisor.rpcinterface_factory": "supervisor.rpcinterface:make_main_rpcinterface"}
        groups: dict[str, list[Program]] = {}
        for program in self._programs():
            groups.setdefault(program.group, []).append(program)
            config[f"program:{program.name}"] = self._section(program)
        for group, members in groups.items():
            config[f"group:{group}"] = {"programs": ",".join(p.name for p in members), "priority": str(members[0].order)}
        with tempfile.TemporaryFile("w+") as file:
            config.write(file)
            file.seek(0)
            return file.read()

    def _section(self, program: Program) -> dict[str, str]:
        return {
            # supervisor reads % as the start of a substitution
            "command": shlex.join([*CHILD, "0", *program.command]).replace("%", "%%"),
            "autostart": "false",
            "autorestart": "true",
            "startsecs": "1",
            "startretries": "100",
            "stopsignal": "TERM",
            "stopwaitsecs": str(program.stop_timeout_s),
            "killasgroup": "true",  # a worker that must be killed takes its pool with it
            "redirect_stderr": "true",
            "stdout_logfile": str(self.var / "log" / f"{program.name}.log").replace("%", "%%"),
            "stdout_logfile_maxbytes": "10MB",
            "stdout_logfile_backups": "2",
        }

    def _start_supervisor(self) -> None:
        # In a session of its own: Ctrl-C and a closed terminal reach the front end alone, which then ends all in order.
        command = [*CHILD, str(os.getpid()), sys.executable, "-m", "supervisor.supervisord", "-c"]
        with (self.var / "log/supervisor.out").open("wb") as output:
            self.supervisor = subprocess.Popen(
                [*command, str(self.var / "supervisor.conf")],
                cwd=ROOT,
                env=self.env,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._wait(self._supervisor_answers, "the supervisor does not answer")

    def _supervisor_answers(self) -> bool:
        try:
            return bool(self.rpc.getState()["statename"] == "RUNNING")
        except (OSError, xmlrpc.client.Error):
            return False

    def _start_servers(self) -> None:
        self.say("starting MongoDB and Redis" if self._runs_mongod else "connecting to MongoDB")
        for name in (["mongod"] if self._runs_mongod else []) + (["redis"] if self._runs_redis else []):
            self.rpc.startProcessGroup(name, False)
        if self._runs_mongod:
            servers.ensure_primary([self.ports.mongod], check=self._check_running)
        else:
            servers.require_replica_set(self.env["MVOTING_MONGODB_URI"])
        servers.wait_for_redis(self.env["MVOTING_REDIS_URL"], 10)

    def _check_running(self) -> None:
        if not self.is_running():
            raise ServerError(f"the supervisor ended; see {self.var}/log/supervisor.log")
        mongod = self.processes().get("mongod")
        if mongod and (reason := servers.MONGOD_EXITS.get(mongod["exitstatus"])):
            raise ServerError(f"mongod ended: {reason}")

    def _wait_ready(self) -> None:
        def answers() -> bool:
            try:
                ready = httpx.get(f"{self.address}/health/ready", timeout=2).status_code == 200
                return ready and httpx.get(f"{self.sandbox_address}/", timeout=2).status_code < 500
            except httpx.HTTPError:
                return False

        self._wait(answers, f"the API does not answer; all logs are in {self.var}/log")

    def _wait(self, condition: Callable[[], bool], failure: str) -> None:
        deadline = time.monotonic() + READY_TIMEOUT_S
        while not condition():
            if not self.is_running():
                raise ServerError(f"the supervisor ended; see {self.var}/log/supervisor.log")
            if time.monotonic() > deadline:
                raise ServerError(f"{failure}{self._last_words()}")
            time.sleep(0.1)

    def _last_words(self) -> str:
        try:
            restless = [n for n, i in self.processes().items() if i["statename"] in ("BACKOFF", "FATAL", "EXITED")]
        except (OSError, xmlrpc.client.Error):
            return ""
        logs = {name: self.var / "log" / f"{name}.log" for name in ("api", *restless)}
        tails = {name: path.read_text(errors="replace")[-1500:] for name, path in logs.items() if path.is_file()}
        return "".join(f"\n--- {name} ---\n{tail}" for name, tail in tails.items())


def _wait_gone(processes: list[psutil.Process], timeout_s: float) -> list[psutil.Process]:
    _, alive = psutil.wait_procs(processes, timeout=timeout_s)
    return list(alive)
