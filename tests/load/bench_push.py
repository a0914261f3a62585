"""Group `push`: the whole path of a campaign beside raw aiohttp and firebase-admin, planning, memory, and an alert beside bulk.

Sizes by environment: PUSH_BENCH_PHONES (a round, default 10,000), PUSH_BENCH_PLANNED (default 100,000),
PUSH_BENCH_BULK (phones of the campaign that an alert overtakes, default 100,000), PUSH_BENCH_ALERT (default 10,000).
"""

import asyncio
import base64
import os
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path

import aiohttp
import psutil
import requests

from mvoting.stack import servers
from tests import workers

PHONES = int(os.environ.get("PUSH_BENCH_PHONES", "10000"))
PLANNED = int(os.environ.get("PUSH_BENCH_PLANNED", "100000"))
BULK = int(os.environ.get("PUSH_BENCH_BULK", "100000"))
ALERT = int(os.environ.get("PUSH_BENCH_ALERT", "10000"))
ROUNDS = 3
SDK_PHONES = 500
MESSAGE = {
    "ko": {"title": "심야버스 투표", "body": "오늘부터 사흘 동안 참여할 수 있습니다."},
    "en": {"title": "Night bus poll", "body": "Open for three days from today."},
}


def run(bench):
    """Measure group `push`."""
    with ExitStack() as stack:
        environment, sandbox, folder = _servers(stack)
        _sender(bench, sandbox)
        _sdk(bench, sandbox)
        _planning(bench)
        _alert_beside_bulk(bench, sandbox, environment, folder)


def _servers(stack):
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="push-bench-")))
    from mvoting.core.keys_command import create_keys

    create_keys(folder / "keys", ["token", "board"])
    sandbox = f"http://{servers.HOST}:{servers.free_port()}"
    environment = {
        "MVOTING_ENV": "test",
        "MVOTING_MONGODB_URI": stack.enter_context(servers.mongodb(folder / "mongodb")).uri,
        "MVOTING_MONGODB_NAME": "push_bench",
        "MVOTING_REDIS_URL": stack.enter_context(servers.redis_server(folder / "redis")),
        "MVOTING_SECRET": base64.b64encode(os.urandom(32)).decode(),
        "MVOTING_KEYS_DIR": str(folder / "keys"),
        "MVOTING_FCM_URL": sandbox,
        "MVOTING_PUSH_RATE": "1000000",
    }
    os.environ.update(environment)
    stack.enter_context(_sandbox(sandbox))
    from mvoting.app import create_app

    create_app()
    return environment, sandbox, folder


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


def _add_devices(count, name, place):
    from mvoting.core.clock import now
    from mvoting.core.ids import new_id
    from notifications.devices.models import Device

    moment = now()
    fields = {"platform": "android", "state": "active", "trust": "member", "places": [place], "muted": [], "quiet": {}}
    fields["alert_mode"] = "test"
    times = {"registered_at": moment, "refreshed_at": moment, "sent_at": None}
    for first in range(0, count, 10_000):
        Device._get_collection().insert_many(
            [
                {
                    "_id": new_id(),
                    "person_id": f"{name}-{n}",
                    "address": {"kind": "fid", "value": f"{name}-{n:08d}-{'x' * 130}"},
                    "language": "ko" if n % 5 else "en",
                    **fields,
                    **times,
                }
                for n in range(first, min(first + 10_000, count))
            ],
            ordered=False,
        )


def _start(kind, place, **options):
    from mvoting.core.clock import now
    from mvoting.core.ids import new_id
    from notifications.campaigns import services
    from notifications.campaigns.audience import Audience

    return services.start_campaign(
        kind,
        Audience(districts=(place,)),
        MESSAGE,
        campaign_id=new_id(),
        expires_at=now() + timedelta(hours=2),
        now=now(),
        **options,
    )


def _campaign_round(place):
    """Run one campaign in this process as one worker does: plan, lease, send, commit. Gives (seconds, CPU seconds)."""
    from notifications.campaigns import sender, services

    began, cpu = time.perf_counter(), time.process_time()
    campaign = _start("poll_opened", place)
    while sender.send_due("default"):
        pass
    taken = time.perf_counter() - began, time.process_time() - cpu
    done = services.get_campaign(campaign["_id"])
    assert done["totals"] == {"sent": PHONES}, done
    return taken


def _aiohttp_round(sandbox, count):
    """Send the same bodies with bare aiohttp and as many connections. Gives (seconds, CPU seconds)."""
    from mvoting.core.clock import now
    from notifications.campaigns import services
    from notifications.channels.fcm.pooled import CONNECTIONS

    campaign = {**_start("poll_opened", "none"), "_id": "floor"}
    payload = services.payload(campaign, "ko", now=now())
    bodies = [payload.addressed("fid", f"floor-{n:08d}-{'x' * 130}") for n in range(count)]
    headers = {"Authorization": "Bearer sandbox", "Content-Type": "application/json"}

    async def send():
        queue = iter(bodies)

        async def work(session):
            for body in queue:
                async with session.post(f"{sandbox}/v1/projects/demo/messages:send", data=body, headers=headers) as answer:
                    await answer.read()

        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=CONNECTIONS)) as session:
            await asyncio.gather(*[work(session) for _ in range(CONNECTIONS)])

    began, cpu = time.perf_counter(), time.process_time()
    asyncio.run(send())
    return time.perf_counter() - began, time.process_time() - cpu


def _sender(bench, sandbox):
    _add_devices(PHONES, "phone", "11110")
    _campaign_round("11110")  # the day's first push also notes the day on each phone: counted on its own below
    memory = [_rss_mb()]
    for delay_ms in (0, 80):
        requests.post(f"{sandbox}/control/delay", json={"ms": delay_ms}, timeout=5).raise_for_status()
        ours, floors = [], []
        for _ in range(ROUNDS):
            floors.append(_aiohttp_round(sandbox, PHONES))
            ours.append(_campaign_round("11110"))
            memory.append(_rss_mb())
        bench.record_rounds(f"push.rate_{delay_ms}ms", [PHONES / seconds for seconds, _ in ours], "/s")
        bench.record_rounds(f"push.per_cpu_second_{delay_ms}ms", [PHONES / cpu for _, cpu in ours], "/s")
        bench.record_rounds(f"push.aiohttp_rate_{delay_ms}ms", [PHONES / seconds for seconds, _ in floors], "/s")
        bench.record_rounds(f"push.aiohttp_per_cpu_second_{delay_ms}ms", [PHONES / cpu for _, cpu in floors], "/s")
        ratios = [floor / own for (own, _), (floor, _) in zip(ours, floors, strict=True)]
        bench.record_rounds("push.ratio_to_aiohttp" + ("" if delay_ms == 0 else f"_{delay_ms}ms"), ratios, "ratio")
    requests.post(f"{sandbox}/control/delay", json={"ms": 0}, timeout=5).raise_for_status()
    bench.record("push.sender_memory", memory[-1], "MB", min(memory), max(memory), len(memory))
    bench.record("push.sender_memory_growth", memory[-1] - memory[len(memory) // 2], "MB")


def _rss_mb():
    return psutil.Process().memory_info().rss / 2**20


def _sdk(bench, sandbox):
    """firebase-admin's own two senders, as it comes, against the same sandbox."""
    import firebase_admin
    from firebase_admin import messaging

    from mvoting.core.clock import now
    from notifications.campaigns import services
    from notifications.channels.fcm.credentials import SandboxCredential

    messaging._MessagingService.FCM_URL = sandbox + "/v1/projects/{0}/messages:send"
    app = firebase_admin.initialize_app(SandboxCredential(), {"projectId": "demo"}, name="bench")
    payload = services.payload({**_start("poll_opened", "none"), "_id": "sdk"}, "ko", now=now())
    messages = [payload.message("fid", f"sdk-{n}") for n in range(SDK_PHONES)]
    each, each_async = [], []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        loop = asyncio.new_event_loop()
        for _ in range(ROUNDS):
            began = time.perf_counter()
            assert messaging.send_each(messages, app=app).success_count == SDK_PHONES
            each.append(SDK_PHONES / (time.perf_counter() - began))
            began = time.perf_counter()
            sent = loop.run_until_complete(messaging.send_each_async(messages, dry_run=False, app=app))
            assert sent.success_count == SDK_PHONES
            each_async.append(SDK_PHONES / (time.perf_counter() - began))
        loop.close()
    bench.record_rounds("push.sdk_send_each_rate", each, "/s")
    bench.record_rounds("push.sdk_send_each_async_rate", each_async, "/s")


def _planning(bench):
    from mvoting.core.clock import now
    from notifications.campaigns import services

    _add_devices(PLANNED, "planned", "11140")
    rates = []
    for _ in range(ROUNDS):
        campaign = _start("poll_opened", "11140")
        began = time.perf_counter()
        services.plan_campaign(campaign["_id"], now=now())
        rates.append(PLANNED / (time.perf_counter() - began))
        services.cancel_campaign(campaign["_id"], "bench", now=now())
    bench.record_rounds("push.planned_ids", rates, "/s")


def _alert_beside_bulk(bench, sandbox, environment, folder):
    """Real workers and the alert watch; an extreme alert is approved while a bulk campaign runs.

    The time runs from before the approval, so it holds the approval's own checks, its audit entry and its writes.
    """
    from notifications.campaigns import services

    _add_devices(BULK, "bulk", "11170")
    _add_devices(ALERT, "alert", "11200")
    arguments = [workers.worker("default", processes=2), workers.worker("alerts", processes=2), workers.beat()]
    firsts, lasts = [], []
    with workers.running(*arguments, environment=environment, log=folder / "workers.log"), ExitStack() as stack:
        stack.enter_context(_watch(environment, folder / "watch.log"))
        for hazard in ("flood", "fire", "typhoon")[:ROUNDS]:
            bulk = _start("poll_opened", "11170")
            workers.wait_until(lambda bulk=bulk: _received(sandbox, bulk) > 2000, seconds=60)
            alert, began = _approved("11200", hazard)
            workers.wait_until(lambda alert=alert: _received(sandbox, alert) == ALERT, seconds=120)
            arrived = _deliveries(sandbox, alert)
            firsts.append(arrived["first_at"] - began)
            lasts.append(arrived["last_at"] - began)
            before = _received(sandbox, bulk)
            workers.wait_until(lambda bulk=bulk, before=before: _received(sandbox, bulk) > before + 1000, seconds=60)
            services.cancel_campaign(bulk["_id"], "bench", now=alert["approved_at"])
    bench.record_rounds("alert.first_push_s", firsts, "s")
    bench.record_rounds(f"alert.last_push_s_{ALERT}", lasts, "s")
    bench.record("alert.rate", ALERT / statistics.median(lasts), "/s")


def _approved(place, hazard):
    """Take an alert through its two people; give it and the moment before its approval."""
    from mvoting.core.clock import now
    from notifications.alerts import content, services
    from tests.alerts import body

    entered = {**body(hazard=hazard, area={"districts": [place]}), "alert_class": "extreme"}
    entered["expires_at"] = now() + timedelta(hours=2)
    draft = services.create_draft(entered, by="author", now=now())
    submitted = services.submit(draft["_id"], draft["version"], repeats_seen=[], by="author", now=now())
    typed = content.confirmation(submitted)["ko"]
    began = time.time()
    facts = {"typed": typed, "repeats_seen": [], "by": "approver", "now": now()}
    return services.approve(draft["_id"], submitted["version"], **facts), began


@contextmanager
def _watch(environment, log):
    with open(log, "ab") as output:
        command = [sys.executable, "-m", "mvoting", "watch-alerts"]
        process = subprocess.Popen(command, env={**os.environ, **environment}, stdout=output, stderr=output)
    try:
        workers.wait_until(lambda: b"alerts.watch_started" in log.read_bytes(), seconds=30)
        yield
    finally:
        process.terminate()
        process.wait(20)


def _deliveries(sandbox, campaign):
    return requests.get(f"{sandbox}/control/deliveries", params={"message_id": f"{campaign['_id']}:1"}, timeout=5).json()


def _received(sandbox, campaign):
    return _deliveries(sandbox, campaign)["phones"]
