"""The kill run: a campaign while workers are killed with -9, Redis is restarted and wiped, and FCM fails in every way.

The suite runs it with 20,000 phones, `make bench` with 100,000.
"""

import random
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import redis
import requests

from mvoting.stack import servers
from tests import workers

BATCH = 1000
# Two workers answer for 3,000 a second here; what waits for a time-out must not make the run long.
SETTINGS = {"MVOTING_PUSH_RATE": "3000", "MVOTING_PUSH_TIMEOUT_S": "3"}
FAULTS = (
    {"fault": "unavailable", "share": 0.02},
    {"fault": "internal", "share": 0.01},
    {"fault": "reset", "share": 0.005},
    {"fault": "quota", "count": 60, "retry_after_s": 2},
    {"fault": "drip", "count": 3},
    {"fault": "timeout", "count": 3},
)
MESSAGE = {"ko": {"title": "심야버스 투표", "body": "오늘 시작합니다."}}


class Broker:
    """A Redis of the run's own, which it kills and wipes."""

    def __init__(self, folder):
        folder.mkdir()
        self.port, self.folder = servers.free_port(), folder
        self.url = f"redis://{servers.HOST}:{self.port}/0"
        self.start()

    def start(self):
        self.process = subprocess.Popen(servers.redis_command(self.port, self.folder), stdout=subprocess.DEVNULL)

    def restart(self):
        self.process.kill()
        self.process.wait(10)
        time.sleep(1)
        self.start()

    def wipe(self):
        redis.Redis.from_url(self.url).flushall()

    def stop(self):
        self.process.terminate()
        self.process.wait(10)


@contextmanager
def broker(folder):
    """Run a Redis that may be killed."""
    running = Broker(folder)
    try:
        yield running
    finally:
        running.stop()


@dataclass(frozen=True)
class Outcome:
    """What came of a run. `phones` are those that got the message, `repeats` what they got twice."""

    campaign: dict[str, Any]
    phones: int
    repeats: int
    repeated: str | None
    seconds: float


def run(audience, *, kills, address, environment, broker, folder):
    """Send one campaign to `audience` through it all; gives its outcome once it is done.

    Args: address: of the phone sandbox.
    """
    from mvoting.core.clock import now
    from mvoting.core.ids import new_id
    from notifications.campaigns import services

    for fault in FAULTS:
        requests.post(f"{address}/control/faults", json=fault, timeout=5).raise_for_status()
    settings = {**environment, **SETTINGS, "MVOTING_REDIS_URL": broker.url}
    log, chance = folder / "kills.log", random.Random(7)
    running = [workers.start(*workers.worker("default"), environment=settings, log=log) for _ in range(2)]
    beat = workers.start(*workers.beat(), environment=settings, log=log)
    began = time.monotonic()
    try:
        started = {"campaign_id": new_id(), "expires_at": now() + timedelta(hours=2), "now": now()}
        campaign_id = services.start_campaign("poll_opened", audience, MESSAGE, **started)["_id"]
        for number in range(kills):
            before = _deliveries(address, campaign_id)["received"]
            workers.wait_until(lambda b=before: _deliveries(address, campaign_id)["received"] > b + 1.5 * BATCH, seconds=90)
            workers.kill(running.pop(chance.randrange(len(running))))
            broker.restart() if number % 2 else broker.wipe()
            running.append(workers.start(*workers.worker("default"), environment=settings, log=log))
        over = ("done", "stopped", "cancelled")
        campaign = workers.wait_until(lambda: _when_over(services.get_campaign(campaign_id), over), seconds=600, every=0.2)
    finally:
        for process in (beat, *running):
            workers.stop(process)
    seconds = time.monotonic() - began
    found = _deliveries(address, campaign_id, targets=1)
    repeated = next((target for target, times in found["targets"].items() if times > 1), None)
    return Outcome(campaign, found["phones"], found["repeats"], repeated, seconds)


def _when_over(campaign, states):
    return campaign if campaign["state"] in states else None


def _deliveries(address, campaign_id, **wanted):
    sent = {"message_id": f"{campaign_id}:1", **wanted}
    return requests.get(f"{address}/control/deliveries", params=sent, timeout=30).json()


def check(outcome, *, live, dead, kills):
    """Fail unless every live phone got it, repeats stay below a batch for each kill and the ledger adds up."""
    assert outcome.campaign["state"] == "done"
    assert outcome.campaign["totals"] == {"sent": live, "dead": dead}
    assert outcome.campaign["planned_count"] == live + dead
    assert outcome.phones == live, "every live phone"
    assert outcome.repeats < kills * BATCH, "less than a batch for each kill"
