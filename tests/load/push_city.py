"""A city's phones for the group `push`: servers, devices, campaigns and what the sandbox received."""

import base64
import os
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import requests

from mvoting.stack import servers
from tests import workers

MESSAGE = {
    "ko": {"title": "심야버스 투표", "body": "오늘부터 사흘 동안 참여할 수 있습니다."},
    "en": {"title": "Night bus poll", "body": "Open for three days from today."},
}
AT_ONCE = 10_000


@dataclass(frozen=True)
class City:
    """Where everything of one run is."""

    sandbox: str
    environment: dict[str, str]
    folder: Path

    def post(self, path, body):
        """Turn a knob of the sandbox."""
        requests.post(f"{self.sandbox}/control/{path}", json=body, timeout=10).raise_for_status()

    def deliveries(self, campaign):
        """Tell what the phones received of a campaign."""
        sent = {"message_id": f"{campaign['_id']}:{campaign.get('revision', 1)}"}
        return requests.get(f"{self.sandbox}/control/deliveries", params=sent, timeout=10).json()

    def received(self, campaign):
        """Count the phones that received a campaign."""
        return self.deliveries(campaign)["phones"]


@contextmanager
def city():
    """Start mongod, Redis and the sandbox, and connect this process."""
    with tempfile.TemporaryDirectory(prefix="push-bench-") as name:
        folder = Path(name)
        from mvoting.core.keys_command import create_keys

        create_keys(folder / "keys", ["token", "board"])
        sandbox = f"http://{servers.HOST}:{servers.free_port()}"
        with (
            servers.mongodb(folder / "mongodb") as mongodb,
            servers.redis_server(folder / "redis") as redis_url,
            _sandbox(sandbox),
        ):
            environment = {
                "MVOTING_ENV": "test",
                "MVOTING_MONGODB_URI": mongodb.uri,
                "MVOTING_MONGODB_NAME": "push_bench",
                "MVOTING_REDIS_URL": redis_url,
                "MVOTING_SECRET": base64.b64encode(os.urandom(32)).decode(),
                "MVOTING_KEYS_DIR": str(folder / "keys"),
                "MVOTING_FCM_URL": sandbox,
                "MVOTING_PUSH_RATE": "1000000",
            }
            os.environ.update(environment)
            from mvoting.app import create_app
            from mvoting.core import memory

            create_app()
            memory.settle()  # as a worker does
            yield City(sandbox, environment, folder)


@contextmanager
def _sandbox(address):
    port = address.rsplit(":", 1)[1]
    process = subprocess.Popen([sys.executable, "-m", "mvoting", "sandbox", "--port", port], stdout=subprocess.DEVNULL)
    try:
        workers.wait_until(lambda: _answers(address))
        yield
    finally:
        process.terminate()
        process.wait(10)


def _answers(address):
    try:
        return requests.get(f"{address}/control/state", timeout=1).ok
    except requests.RequestException:
        return False


def add_devices(count, name, places_of):
    """Register phones; `places_of(n)` gives the districts of the n-th."""
    from mvoting.core.clock import now
    from mvoting.core.ids import new_id
    from notifications.devices.models import Device

    moment = now()
    fields = {"platform": "android", "state": "active", "trust": "member", "muted": [], "quiet": {}, "alert_mode": "test"}
    times = {"registered_at": moment, "refreshed_at": moment, "sent_at": moment}
    for first in range(0, count, AT_ONCE):
        Device._get_collection().insert_many(
            [
                {
                    "_id": new_id(),
                    "person_id": f"{name}-{n}",
                    "address": {"kind": "fid", "value": f"{name}-{n:08d}-{'x' * 130}"},
                    "language": "ko" if n % 5 else "en",
                    "places": places_of(n),
                    **fields,
                    **times,
                }
                for n in range(first, min(first + AT_ONCE, count))
            ],
            ordered=False,
        )


def start(kind, place, **options):
    """Start a campaign to a district."""
    from mvoting.core.clock import now
    from mvoting.core.ids import new_id
    from notifications.campaigns import services
    from notifications.campaigns.audience import Audience

    moment = now()
    fixed = {"campaign_id": new_id(), "expires_at": moment + timedelta(hours=2), "now": moment, **options}
    return services.start_campaign(kind, Audience(districts=(place,)), MESSAGE, **fixed)


@contextmanager
def alert_watch(city):
    """Run the alert watch as a process of its own."""
    log = city.folder / "watch.log"
    with open(log, "ab") as output:
        command = [sys.executable, "-m", "mvoting", "watch-alerts"]
        process = subprocess.Popen(command, env={**os.environ, **city.environment}, stdout=output, stderr=output)
    try:
        started = log.read_bytes().count(b"alerts.watch_started")
        workers.wait_until(lambda: log.read_bytes().count(b"alerts.watch_started") > started, seconds=30)
        yield process
    finally:
        process.terminate()
        process.wait(20)
