"""The Celery composition root: `celery -A mvoting.worker worker -Q default` and the same with `-Q alerts`."""

import os
import signal
import time
from typing import Any

from celery import Celery
from celery.signals import task_postrun, task_prerun, worker_process_init
from kombu.entity import Queue

from mvoting import parts
from mvoting.core import database, log, memory, runs
from mvoting.core.hints import QUEUES
from mvoting.core.settings import SettingsError, settings
from mvoting.stack.child import die_with_parent

_began: dict[str, float] = {}
_worker = os.getpid()  # imported before it forks


def create_worker() -> Celery:
    """Put the Celery application together; tasks carry ids only and are safe to run twice."""
    app = Celery("mvoting", broker=settings().redis_url)
    app.conf.update(
        task_queues=[Queue(name, routing_key=name) for name in QUEUES],  # type: ignore[no-untyped-call]
        task_default_exchange="mvoting",
        task_default_routing_key="default",
        task_default_queue="default",
        task_ignore_result=True,
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        task_time_limit=600,
        worker_prefetch_multiplier=1,
        worker_hijack_root_logger=False,
        worker_max_tasks_per_child=5000,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        # max_retries: a hint to a broker that is gone gives up at once, instead of keeping a request waiting for 6 s.
        broker_transport_options={"visibility_timeout": 900, "socket_connect_timeout": 1, "socket_timeout": 5, "max_retries": 0},
        beat_scheduler="celery.beat:Scheduler",  # in memory: every entry is a sweep, none needs a past
        beat_schedule={
            name: {"task": name, "schedule": every_s, "options": {"queue": queue, "expires": max(every_s * 3, 10)}}
            for name, every_s, queue in parts.BEAT
        },
        imports=parts.TASKS,
        timezone="UTC",
    )
    app.set_default()
    return app


@task_prerun.connect
def _begin(task_id: str, **_: Any) -> None:
    _began[task_id] = time.monotonic()
    database.keep_time()


@task_postrun.connect
def _note(task_id: str, task: Any, state: str, retval: Any = None, **_: Any) -> None:
    """Note when a task ran, for the staff's page on the system."""
    took_s = time.monotonic() - _began.pop(task_id, time.monotonic())
    runs.note(task.name, took_s=took_s, failure=type(retval).__name__ if state == "FAILURE" else "")


@worker_process_init.connect
def _connect(**_: Any) -> None:
    """Connect after fork: a connection made before it must not be shared."""
    die_with_parent(signal.SIGKILL)  # a pool process must not go on when its worker was killed
    if _worker not in (os.getpid(), os.getppid()):
        os._exit(1)  # the worker was killed before the guard was in place
    log.configure_logging()
    database.disconnect()
    database.connect()
    database.prepare(parts.load(path) for path in parts.DOCUMENTS)
    database.claim_alert_mode()
    memory.settle()


def __getattr__(name: str) -> Celery:
    # `celery -A mvoting.worker` looks for `app`; importing this module for `create_worker` alone makes nothing.
    if name in ("app", "celery"):
        try:
            globals()[name] = create_worker()
        except SettingsError as wrong:
            raise SystemExit(str(wrong)) from None
        with memory.importing():
            for path in parts.TASKS:
                parts.load(path)
        return globals()[name]
    raise AttributeError(name)
