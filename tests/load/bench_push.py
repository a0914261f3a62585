"""Group `push`: the whole path of a campaign beside raw aiohttp and firebase-admin, planning, alerts beside bulk, the kill run.

Sizes by environment: PUSH_BENCH_PHONES (a round of the sender, default 10,000), PUSH_BENCH_BULK (phones of the city: of the
bulk campaign and of the largest alert, default 1,000,000), PUSH_BENCH_ALERT (the alert beside bulk, default 10,000),
PUSH_BENCH_KILLED (phones of the kill run, default 100,000, at least 12,000: its five kills come after so many).

At full size, on two cores: the sender 1.5 minutes, the kill run 2, registering and planning a million 2, alerts beside bulk 1, and
alone 9, of which the one to a million takes 8. The bulk campaign of a million is planned whole and runs; it is not sent to its
end, but after each alert it is waited for until it goes on.
"""

import asyncio
import os
import time
from contextlib import ExitStack
from datetime import timedelta

import aiohttp
import psutil

from tests import kills, workers
from tests.load import push_city, push_sdk

PHONES = int(os.environ.get("PUSH_BENCH_PHONES", "10000"))
BULK = int(os.environ.get("PUSH_BENCH_BULK", "1000000"))
ALERT = int(os.environ.get("PUSH_BENCH_ALERT", "10000"))
KILLED = int(os.environ.get("PUSH_BENCH_KILLED", "100000"))
ROUNDS, KILLS, DEAD = 3, 5, 100
HAZARDS = ("flood", "fire", "typhoon", "landslide", "earthquake", "heavy_snow", "cold_wave")
SENDER, KILL_RUN, CITY = "11110", "11140", "11170"
# One district for each size of alert: the first so many phones of the city are in it.
SIZES = {"11200": 1_000, "11215": 10_000, "11230": 100_000, "11260": 1_000_000}


def run(bench):
    """Measure group `push`."""
    with push_city.city() as city:
        _sender(bench, city)
        push_sdk.measure(bench, city)
        _kill_run(bench, city)
        bench.say(f"registering {BULK:,} phones")
        push_city.add_devices(BULK, "city", _places)
        _planning(bench)
        _alerts(bench, city)


def _places(n):
    return [CITY, *(district for district, size in SIZES.items() if n < size and size <= BULK), *(["11290"] if n < ALERT else ())]


def _sender(bench, city):
    """Whole campaigns in this process, as one worker sends them, in turn with bare aiohttp."""
    push_city.add_devices(PHONES, "phone", lambda n: [SENDER])
    _campaign_round(SENDER, PHONES)
    for delay_ms in (0, 80):
        city.post("delay", {"ms": delay_ms})
        ours, floors = [], []
        for _ in range(ROUNDS):
            floors.append(_aiohttp_round(city.sandbox, PHONES))
            ours.append(_campaign_round(SENDER, PHONES))
        bench.record_rounds(f"push.rate_{delay_ms}ms", [PHONES / seconds for seconds, _ in ours], "/s")
        bench.record_rounds(f"push.per_cpu_second_{delay_ms}ms", [PHONES / cpu for _, cpu in ours], "/s")
        bench.record_rounds(f"push.aiohttp_rate_{delay_ms}ms", [PHONES / seconds for seconds, _ in floors], "/s")
        bench.record_rounds(f"push.aiohttp_per_cpu_second_{delay_ms}ms", [PHONES / cpu for _, cpu in floors], "/s")
        ratios = [floor / own for (own, _), (floor, _) in zip(ours, floors, strict=True)]
        cpu_ratios = [floor / own for (_, own), (_, floor) in zip(ours, floors, strict=True)]
        at = "" if delay_ms == 0 else f"_{delay_ms}ms"
        bench.record_rounds(f"push.ratio_to_aiohttp{at}", ratios, "ratio")
        bench.record_rounds(f"push.cpu_ratio_to_aiohttp{at}", cpu_ratios, "ratio")
    city.post("delay", {"ms": 0})


def _campaign_round(place, count):
    """Run one campaign as one worker does: plan, lease, send, commit. Gives (seconds, CPU seconds)."""
    from notifications.campaigns import pipeline, services

    began, cpu = time.perf_counter(), time.process_time()
    campaign = push_city.start("poll_opened", place)
    while pipeline.send_due("default"):
        pass
    taken = time.perf_counter() - began, time.process_time() - cpu
    done = services.get_campaign(campaign["_id"])
    assert done["totals"] == {"sent": count}, done
    return taken


def _aiohttp_round(sandbox, count):
    """Send the same bodies with bare aiohttp and as many connections. Gives (seconds, CPU seconds)."""
    from mvoting.core.clock import now
    from notifications.campaigns import composing
    from notifications.channels.fcm.pooled import CONNECTIONS

    campaign = {**push_city.start("poll_opened", "none"), "_id": "floor"}
    payload = composing.payload(campaign, "ko", now=now())
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


def _kill_run(bench, city):
    from notifications.campaigns.audience import Audience

    push_city.add_devices(KILLED - DEAD, "kill", lambda n: [KILL_RUN])
    push_city.add_devices(DEAD, "fail-unregistered_", lambda n: [KILL_RUN])
    with kills.broker(city.folder / "broker") as broker:
        facts = {"address": city.sandbox, "environment": city.environment, "broker": broker, "folder": city.folder}
        outcome = kills.run(Audience(districts=(KILL_RUN,)), kills=KILLS, **facts)
    kills.check(outcome, live=KILLED - DEAD, dead=DEAD, kills=KILLS)
    bench.record("push.kill_run_phones", outcome.phones, "count")
    bench.record("push.kill_run_missed", KILLED - DEAD - outcome.phones, "count")
    bench.record("push.kill_run_repeats_per_kill", outcome.repeats / KILLS, "count")
    bench.record("push.kill_run", outcome.seconds, "s")
    city.post("reset", {})


def _planning(bench):
    from mvoting.core.clock import now
    from notifications.campaigns import services

    rates = []
    for _ in range(ROUNDS):
        campaign = push_city.start("poll_opened", CITY)
        began = time.perf_counter()
        services.plan_campaign(campaign["_id"], now=now())
        rates.append(BULK / (time.perf_counter() - began))
        services.cancel_campaign(campaign["_id"], "bench", now=now())
    bench.record_rounds("push.planned_ids", rates, "/s")


def _alerts(bench, city):
    """Real workers and the alert watch, as `make run` has them; first beside a bulk campaign, then alone in every size."""
    processes = [workers.worker("default", processes=2), workers.worker("alerts", processes=2), workers.beat()]
    hazards = iter(HAZARDS)
    with ExitStack() as stack:
        stack.enter_context(workers.running(*processes, environment=city.environment, log=city.folder / "workers.log"))
        watch = psutil.Process(stack.enter_context(push_city.alert_watch(city)).pid)
        _beside_bulk(bench, city, hazards)
        for district, size in SIZES.items():
            if size <= BULK:
                _alone(bench, city, watch, district, size, next(hazards))


def _beside_bulk(bench, city, hazards):
    """The time runs from before the approval, so it holds the approval's own checks, its audit entry and its writes."""
    from notifications.campaigns import services

    firsts, lasts, resumed = [], [], []
    bulk = push_city.start("poll_opened", CITY)
    enough = min(2000, BULK // 10)
    for _ in range(ROUNDS):
        before = city.received(bulk)
        workers.wait_until(lambda before=before: city.received(bulk) > before + enough, seconds=120)
        alert, began = _approved("11290", next(hazards))
        workers.wait_until(lambda alert=alert: city.received(alert) == min(ALERT, BULK), seconds=120)
        arrived = city.deliveries(alert)
        firsts.append(arrived["first_at"] - began)
        lasts.append(arrived["last_at"] - began)
        over_at = arrived["last_at"]
        workers.wait_until(lambda over_at=over_at: city.deliveries(bulk)["last_at"] > over_at, seconds=120)  # bulk goes on
        resumed.append(time.time() - over_at)
    services.cancel_campaign(bulk["_id"], "bench", now=alert["approved_at"])
    bench.record_rounds("alert.first_push_s", firsts, "s")
    bench.record_rounds("alert.last_push_beside_bulk_s", lasts, "s")
    bench.record_rounds("alert.bulk_resumes_s", resumed, "s")


def _alone(bench, city, watch, district, size, hazard):
    """One alert in one size; at the largest, how the memory of a sender's process goes."""
    alert, began = _approved(district, hazard)
    memory = []

    def is_out():
        received = city.received(alert)
        memory.append((received, watch.memory_info().rss / 2**20))
        return received == size

    workers.wait_until(is_out, seconds=120 + size / 500, every=0.02 if size <= 10_000 else 0.5)
    arrived = city.deliveries(alert)
    bench.record(f"alert.first_push_s_{size}", arrived["first_at"] - began, "s")
    bench.record(f"alert.last_push_s_{size}", arrived["last_at"] - began, "s")
    bench.record(f"alert.rate_{size}", size / (arrived["last_at"] - began), "/s")
    if size == max(size for size in SIZES.values() if size <= BULK):
        early = next(rss for received, rss in memory if received > size / 10)
        used = [rss for _, rss in memory]
        bench.record("push.sender_memory", used[-1], "MB", min(used), max(used), len(used))
        bench.record("push.sender_memory_growth", used[-1] - early, "MB")


def _approved(place, hazard):
    """Take an alert through its two people; give it and the moment before its approval."""
    from mvoting.core.clock import now
    from mvoting.core.database import database
    from notifications.alerts import content, services
    from tests.alerts import body

    # Whose alert is released holds a role for alerts.
    holder = {"email": "author@city.example", "name": "author", "roles": ["alert_author"], "state": "active"}
    database().staff.update_one({"_id": "author"}, {"$set": holder}, upsert=True)
    entered = {**body(hazard=hazard, area={"districts": [place]}), "alert_class": "extreme"}
    entered["expires_at"] = now() + timedelta(hours=2)
    draft = services.create_draft(entered, by="author", now=now())
    submitted = services.submit(draft["_id"], draft["version"], repeats_seen=[], by="author", now=now())
    typed = content.confirmation(submitted)["ko"]
    began = time.time()
    facts = {"typed": typed, "repeats_seen": [], "by": "approver", "now": now()}
    return services.approve(draft["_id"], submitted["version"], **facts), began
