"""Hints: Celery messages that may be lost. The sweeps find the same work in stored state, only a little later."""

import logging
import time
from typing import Any

from celery import current_app
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from mvoting.core import log

QUEUES = ("default", "alerts")  # an alert never waits behind ordinary work
PAUSE_S = 5.0
_broker_down_until = 0.0


def hint(task: str, *args: Any, queue: str | None = None) -> None:
    """Tell the workers that `task` has something to do; never fails and never waits long when the broker is down."""
    global _broker_down_until
    if time.monotonic() < _broker_down_until:
        return
    try:
        current_app.send_task(task, args=args, queue=queue, retry=False, ignore_result=True)
    except (OperationalError, RedisError, OSError) as error:
        _broker_down_until = time.monotonic() + PAUSE_S
        log.event("core.hint_lost", level=logging.WARNING, task=task, kind=type(error).__name__)


def queue_length(queue: str) -> int:
    """Give how many hints wait in a queue; 0 when the broker does not answer."""
    global _broker_down_until
    if time.monotonic() < _broker_down_until:
        return 0
    try:
        with current_app.pool.acquire(block=True, timeout=1) as connection:
            return int(connection.default_channel.client.llen(queue))
    except (OperationalError, RedisError, OSError) as error:
        _broker_down_until = time.monotonic() + PAUSE_S
        log.event("core.broker_unreachable", level=logging.WARNING, kind=type(error).__name__)
        return 0
