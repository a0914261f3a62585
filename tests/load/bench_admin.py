"""The staff panel with a city's data: the slowest list on the server, the heaviest page, how soon a slow office PC can use any.

1,000,000 people, 100,000 reported texts, 100,000 ideas, 20,000 campaigns, 20,000 CAP messages and 2,000 polls are written straight into the collections; every list is
then asked for many times over through the whole application. BENCH_SCALE makes all of it smaller, for trying out.
"""

import base64
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from mvoting.core.keys_command import create_keys
from mvoting.stack import servers
from tests.browser.conftest import CHROMIUM
from tests.load.runner import Bench

SCALE = float(os.environ.get("BENCH_SCALE", "1"))
PEOPLE, REPORTS, IDEAS, POLLS = int(1_000_000 * SCALE), int(100_000 * SCALE), int(100_000 * SCALE), max(20, int(2_000 * SCALE))
MESSAGES = max(100, int(20_000 * SCALE))
REQUESTS = int(os.environ.get("BENCH_REQUESTS", "60"))
LISTS = (
    "/admin",
    "/admin/moderation",
    "/admin/moderation?kind=comment",
    "/admin/moderation?mark=reason:spam",
    "/admin/moderation?kind=idea&mark=because:reports",
    "/admin/moderation?view=decided",
    "/admin/moderation?view=appeals",
    "/admin/ideas",
    "/admin/ideas/list",
    "/admin/ideas/list?sort=overdue",
    "/admin/ideas/list?sort=near_threshold",
    "/admin/ideas/list?sort=most_endorsed&district=11440",
    "/admin/ideas/list?district=11440",
    "/admin/ideas/list?state=reviewing",
    "/admin/debates",
    "/admin/polls",
    "/admin/polls?state=open",
    "/admin/polls?q=야간버스",
    "/admin/alerts",
    "/admin/alerts?state=sent",
    "/admin/campaigns",
    "/admin/campaigns?state=done",
    "/admin/campaigns?state=draft",
    "/admin/campaigns/templates",
    "/admin/campaigns/templates/of/poll_opened",
    "/admin/campaigns/lists",
    "/admin/alerts/sources",
    "/admin/alerts/rules",
    "/admin/alerts/gateways",
    "/admin/alerts/listings",
    "/admin/alerts/duty",
    "/admin/jobs",
    "/admin/people/registers",
    "/admin/reports",
    "/admin/staff",
    "/admin/audit",
)
HEAVY = (*LISTS, "/admin/polls/new", "/admin/alerts/new", "/admin/campaigns/new", "/admin/settings", "/admin/system")
CPU_SLOWER = 4
OPENINGS = 9
SLOWEST = 4
FLOOR = "/health/live"
TIMING = (
    "(() => { const t = performance.getEntriesByType('navigation')[0]; return [t.responseStart, t.domContentLoadedEventEnd] })()"
)
FILL = 10_000


def run(bench: Bench) -> None:
    """Fill a database, ask for every list, weigh every page, open the heaviest in Chromium with its CPU slowed four times."""
    random.seed(1117)
    with tempfile.TemporaryDirectory(prefix="mvoting-bench-admin-") as folder, _application(Path(folder)) as (app, token):
        _fill()
        _settle()
        client = app.test_client()
        client.set_cookie("staff", token)
        p95 = {path: _p95_ms(client, path) for path in LISTS}
        slowest = max(p95, key=p95.__getitem__)
        print(f"  slowest list: {slowest}")
        bench.record("admin.list_p95_ms", p95[slowest], "ms", low=min(p95.values()), high=p95[slowest], rounds=REQUESTS)
        weights = {path: len(client.get(path).data) for path in HEAVY}
        heaviest = max(weights, key=weights.__getitem__)
        statics = sum(
            len(client.get(f"/admin/static/{name}").data) for name in ("panel.css", "panel.js", "alert.js", "live.js", "mark.svg")
        )
        print(f"  heaviest page: {heaviest}")
        bench.record("admin.page_kb", (weights[heaviest] + statics) / 1000, "kB")
        slowest, rounds, floor = _slowest_to_open(token)
        print(f"  slowest to open: {slowest}")
        bench.record_rounds("admin.interactive_s", [whole for whole, _ in rounds], "s")
        bench.record_rounds("admin.interactive_in_browser_s", [in_browser for _, in_browser in rounds], "s")
        bench.record_rounds("admin.interactive_floor_s", [whole for whole, _ in floor], "s")


@contextmanager
def _application(folder: Path) -> Any:
    with servers.mongodb(folder) as replica_set, servers.redis_server(folder) as redis_url:
        create_keys(folder / "keys", ["token", "board"])
        os.environ.update(
            MVOTING_ENV="test",
            MVOTING_MONGODB_URI=replica_set.uri,
            MVOTING_MONGODB_NAME="bench_admin",
            MVOTING_REDIS_URL=redis_url,
            MVOTING_KEYS_DIR=str(folder / "keys"),
            MVOTING_SECRET=base64.b64encode(os.urandom(32)).decode(),
        )
        from mvoting.accounts import staff, staff_sessions
        from mvoting.accounts.guards import ROLES
        from mvoting.app import create_app

        app = create_app()
        member = staff.create(email="bench@city.example", name="Bench", roles=list(ROLES), password="correct horse battery")
        yield app, staff_sessions.begin(member.staff_id, stage="full")


def _fill() -> None:
    from mvoting.accounts.residents import fact_key
    from mvoting.core.database import database
    from mvoting.core.districts import DISTRICTS
    from mvoting.core.ids import new_id, random_id
    from mvoting.voting.polls.searching import letters_of

    db, at, codes = database(), datetime.now(UTC), list(DISTRICTS)
    keys = [fact_key("district", code) for code in codes]

    def person(n: int) -> dict[str, Any]:
        return {"_id": random_id(), "state": "active", "trust": "resident", "created_at": at, "facts_keys": [keys[n % len(keys)]]}

    def idea(n: int) -> dict[str, Any]:
        body = "여름이면 미끄럼틀이 너무 뜨거워서 아이들이 놀 수가 없습니다. " * 4
        published = at - timedelta(minutes=n)
        return {
            "_id": f"{n:026d}",
            "programme_id": "oasis",
            "pipeline": "oasis",
            "state": random.choice(["collecting", "reviewing", "working", "executing", "done"]),
            "visibility": "public",
            "title": f"놀이터에 그늘막을 설치해 주세요 {n}",
            "body": body,
            "district": codes[n % len(codes)],
            "author_id": random_id(),
            "created_at": published,
            "published_at": published,
            "endorsement_count": n % 97,
            "version": 1,
            **({"next_due_at": at - timedelta(hours=n % 500)} if n % 50 == 0 else {}),
        }

    def case(n: int) -> dict[str, Any]:
        kind = "idea" if n % 3 else "comment"
        target = f"{n % max(IDEAS, 1):026d}" if kind == "idea" else new_id()
        state = "open" if n % 2 else "decided"
        decided = {"action": "hide", "by": "x", "reason": "광고", "at": at, "version": 2}
        return {
            "_id": f"{kind}:{target}:{n}",
            "kind": kind,
            "target_id": target,
            "author_id": random_id(),
            "state": state,
            "because": ["reports"],
            "marks": ["because:reports", "reason:spam"],
            "report_count": 1 + n % 3,
            "reasons": {"spam": 1},
            "hints": [],
            "snapshot": {"title": "그늘막", "body": "무료 가입하고 상품권을 받으세요 " * 6, "at": at, "version": 1},
            "opened_at": at - timedelta(seconds=n),
            **({} if state == "open" else {"decision": decided, "history": [decided]}),
            **({"appeal": {"state": "open", "text": "억울합니다", "at": at}} if state == "decided" and n % 100 == 0 else {}),
        }

    def poll(n: int) -> dict[str, Any]:
        options = [{"id": f"o{o}", "title": {"ko": f"{o}번 노선"}} for o in range(1, 9)]
        question = {"id": "q1", "title": {"ko": "노선"}, "method": "irv", "seats": 1, "options": options}
        return {
            "_id": new_id(),
            "state": random.choice(["draft", "scheduled", "open", "published"]),
            "definition": {
                "title": {"ko": f"야간버스 {n}"},
                "secrecy": "open",
                "figures": "after_closing",
                "changeable": True,
                "k": 20,
                "audience": {"kind": "everyone", "trust": "member"},
                "questions": [question],
            },
            "definition_hash": "",
            "opens_at": at - timedelta(hours=n),
            "closes_at": at + timedelta(hours=n + 1),
            "created_at": at,
            "created_by": {"kind": "staff", "id": "x"},
            "is_listed": True,
            "letters": letters_of({"title": {"ko": f"야간버스 {n}"}, "questions": [question]}),
            "version": 1,
        }

    def campaign(n: int) -> dict[str, Any]:
        text = {"title": f"한강공원 축제 {n}", "body": "토요일 오후 2시에 여의도에서 열립니다. " * 4}
        made = at - timedelta(minutes=n)
        return {
            "_id": new_id(),
            "kind": "news",
            "urgency": "normal",
            "lane": "default",
            "audience": {"districts": codes[: 1 + n % 25]},
            "selectors": [f"d:{code}" for code in codes[: 1 + n % 25]],
            "message": {"ko": text, "en": text},
            "link": "/",
            "state": "draft" if n % 10 == 0 else "done",
            "starts_at": made,
            "expires_at": made + timedelta(days=1),
            "created_at": made,
            "created_by": {"kind": "staff", "id": "x"},
            "totals": {"sent": 100_000 + n, "dead": n % 50_000, "failed": n % 3},
            "version": 1,
        }

    def template(n: int) -> dict[str, Any]:
        text = {"title": "투표가 시작됐습니다", "body": "{title} · {closes}까지 참여할 수 있습니다."}
        version = {"_id": f"poll_opened:{n + 2}", "key": "poll_opened", "version": n + 2, "texts": {"ko": text, "en": text}}
        return {**version, "note": "", "state": "draft" if n % 2 else "retired", "written_by": "x", "written_at": at}

    def people_list(n: int) -> dict[str, Any]:
        counts = {"rows": 50_000, "members": 40_000, "strangers": 9_000, "rejected": 1_000}
        return {"_id": new_id(), "name": f"자원봉사자 {n}", **counts, "created_by": "x", "created_at": at}

    def receipt(n: int) -> dict[str, Any]:
        said = {"sender": "kma@example.kr", "identifier": f"KMA-{n}", "sent": at, "event": "호우 경보"}
        return {"_id": new_id(), "source_id": "x", **said, "outcome": "drafted", "received_at": at}

    for collection, count, make in (
        ("persons", PEOPLE, person),
        ("ideas", IDEAS, idea),
        ("moderation_cases", REPORTS, case),
        ("polls", POLLS, poll),
        ("campaigns", MESSAGES, campaign),
        ("push_templates", MESSAGES // 10, template),
        ("people_lists", MESSAGES // 10, people_list),
        ("cap_receipts", MESSAGES, receipt),
    ):
        for start in range(0, count, FILL):
            rows = [make(n) for n in range(start, min(start + FILL, count))]
            db[collection].insert_many(rows, ordered=False)


def _p95_ms(client: Any, path: str) -> float:
    times = []
    for turn in range(REQUESTS + 5):
        began = time.perf_counter()
        answer = client.get(path)
        if answer.status_code != 200:
            raise RuntimeError(f"GET {path}: {answer.status_code}")
        if turn >= 5:
            times.append((time.perf_counter() - began) * 1000)
    return statistics.quantiles(times, n=20)[-1]


def _settle() -> None:
    """Compute the reports' figures, as the sweep would have, and let the database write down what was filled in."""
    from admin import figures
    from mvoting.core.database import database

    figures.refresh(now=datetime.now(UTC))
    database().client.admin.command("fsync")


Openings = list[tuple[float, float]]


def _slowest_to_open(token: str) -> tuple[str, Openings, Openings]:
    """Open every page once, and the slowest few of them many times in turn with one that holds nothing.

    Returns: the page that is slowest by its median; for each of its openings the seconds until its scripts have run and how many
        of them came after the server's first byte; the same of the page that holds nothing, the floor of this browser.
    """
    with _slow_browser(token) as opened:
        opened(HEAVY[0])  # loads the fonts and starts the server's connections
        once = {path: opened(path) for path in HEAVY}
        slow = sorted(once, key=once.__getitem__)[-SLOWEST:]
        rounds: dict[str, Openings] = {path: [] for path in (*slow, FLOOR)}
        for _ in range(OPENINGS):
            for path, times in rounds.items():
                times.append(opened(path))
    slowest = max(slow, key=lambda path: statistics.median(whole for whole, _ in rounds[path]))
    return slowest, rounds[slowest], rounds[FLOOR]


@contextmanager
def _slow_browser(token: str) -> Any:
    """Give a function that opens a page, each time with an empty cache, in a running browser whose CPU is slowed.

    The server is the one that `make run` starts.
    """
    from playwright.sync_api import sync_playwright

    port = servers.free_port()
    server = subprocess.Popen([sys.executable, "-m", "mvoting", "serve", "--port", str(port), "--workers", "1"])
    address = f"http://127.0.0.1:{port}"
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
    try:
        _wait_for(address)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium") or CHROMIUM, args=arguments)

            def opened(path: str) -> tuple[float, float]:
                context = browser.new_context()
                context.add_cookies([{"name": "staff", "value": token, "url": address}])
                page = context.new_page()
                context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": CPU_SLOWER})
                page.goto(address + path, wait_until="load")
                first_byte, done = page.evaluate(TIMING)
                context.close()
                return done / 1000, (done - first_byte) / 1000

            yield opened
            browser.close()
    finally:
        server.terminate()
        server.wait(20)


def _wait_for(address: str) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with suppress(OSError), urllib.request.urlopen(f"{address}/health/live", timeout=2):  # nosec B310
            return
        time.sleep(0.1)
    raise RuntimeError("the server did not start")
