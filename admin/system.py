"""The system on one page: queues, sweeps with their last runs, what waits, database, push, versions."""

import platform
from collections.abc import Iterator
from importlib.metadata import version
from typing import Any

from celery import current_app as worker
from flask import render_template, request
from redis import Redis
from redis.exceptions import RedisError

from admin.export import table_answer
from admin.jobs import services as jobs
from admin.pages import panel
from admin.panel import blueprint
from admin.words import label, say
from mvoting.accounts import leaving, registers
from mvoting.core import runs
from mvoting.core.clock import now
from mvoting.core.database import database
from mvoting.core.hints import QUEUES
from mvoting.core.settings import settings
from notifications.campaigns import holds

OPERATOR = panel("administrator", "auditor")
SWEEP_COLUMNS = (
    ("작업", "sweep"),
    ("작업 코드", "task"),
    ("간격(초)", "every (s)"),
    ("줄", "queue"),
    ("마지막으로 돈 때", "last run at"),
    ("마지막으로 실패한 때", "last failed at"),
    ("늦음", "late"),
    ("실패함", "failed"),
)
PACKAGES = ("flask", "flask-smorest", "mongoengine", "pymongo", "celery", "firebase-admin", "pyjwt")


@blueprint.page("/system", guard=OPERATOR)
def system() -> Any:
    """Show queues, sweeps, database, push and versions on one page."""
    if request.args.get("as"):
        return table_answer("sweeps", [say(*column) for column in SWEEP_COLUMNS], _sweep_rows(), request.args["as"])
    return render_template(
        "admin/office/system.html",
        queues=_queues(),
        sweeps=_sweeps(),
        waiting=_waiting(),
        database=_database(),
        stops=holds.platform_stops(),
        is_bulk_paused=holds.is_bulk_paused(now=now()),
        versions=[(name, version(name)) for name in PACKAGES] + [("python", platform.python_version())],
        alert_mode=settings().alert_mode,
        env=settings().env,
    )


def _queues() -> list[tuple[str, int]] | None:
    try:
        with Redis.from_url(settings().redis_url, socket_connect_timeout=1, socket_timeout=1) as redis:
            return [(name, int(redis.llen(name))) for name in QUEUES]
    except RedisError:
        return None


def _sweeps() -> list[dict[str, Any]]:
    """Give the sweeps with their last runs, those that are late or failed first."""
    last, at, found = runs.last_runs(), now(), []
    since = runs.watched_since(last)
    for name, entry in sorted(worker.conf.beat_schedule.items()):
        run = last.get(name, {})
        failed = run.get("failed_at") is not None and run["failed_at"] >= run.get("at", run["failed_at"])
        facts = {"name": name, "every_s": entry["schedule"], "queue": entry["options"]["queue"], "run": run}
        found.append(
            facts | {"is_late": runs.is_late(last.get(name), entry["schedule"], since=since, now=at), "has_failed": failed}
        )
    return sorted(found, key=lambda sweep: not (sweep["is_late"] or sweep["has_failed"]))


def _sweep_rows() -> Iterator[list[Any]]:
    for sweep in _sweeps():
        run = sweep["run"]
        named = [label("task", sweep["name"]), sweep["name"], sweep["every_s"], label("queue", sweep["queue"])]
        yield [*named, run.get("at"), run.get("failed_at"), sweep["is_late"], sweep["has_failed"]]


def _waiting() -> list[tuple[str, int]]:
    """Count, up to a hundred each, what the sweeps still have to do."""
    return [
        (say("직원의 작업", "Jobs of staff"), jobs.open_count()),
        (say("계정 삭제", "Erasures of accounts"), len(leaving.open_erasures())),
        (say("주민 명부", "Registers to read"), len(registers.waiting_imports())),
    ]


def _database() -> dict[str, Any]:
    hello = database().client.admin.command("hello")
    stats = database().command("dbStats")
    members = hello.get("hosts", [])
    return {"primary": hello.get("primary"), "members": members, "data": stats["dataSize"], "collections": stats["collections"]}
