"""The alert watch: looks at the stored alerts and their ledger and sends what is due, without the broker.

Redis flushed, Redis gone, the Celery workers dead: alerts still go out. It runs as a process of its own
(`python -m mvoting watch-alerts`) beside the alert worker; both claim batches in the ledger, so neither doubles the other.
It looks every second, and at once when the database tells it of a new alert campaign.
"""

import argparse
import logging
import signal
from collections.abc import Sequence
from threading import Event
from typing import Any

from pymongo.change_stream import CollectionChangeStream
from pymongo.errors import PyMongoError

from mvoting import parts
from mvoting.core import database, log, memory
from mvoting.core.clock import now
from notifications.alerts import services
from notifications.alerts.delivery import LANE
from notifications.campaigns import pipeline
from notifications.campaigns import services as campaigns
from notifications.channels import registry

EVERY_S = 1.0


def look() -> int:
    """Look once: plan and send what is due, carry alerts on, send what that began. Give how many batches were sent."""
    database.keep_time()
    sent = pipeline.send_due(LANE)
    services.carry_on(now=now())
    return sent + pipeline.send_due(LANE)


def watch(stopped: Event) -> None:
    """Look until `stopped`; a failure is logged and the next look tries again."""
    news = News()
    while not stopped.is_set():
        try:
            busy = look() > 0
        except PyMongoError as error:
            busy = False
            log.event("alerts.watch_without_database", level=logging.WARNING, kind=type(error).__name__)
            stopped.wait(EVERY_S)
        except Exception:
            # Whatever is wrong with one alert must not end the watch over all others.
            busy = False
            log.event("alerts.watch_failed", level=logging.ERROR, exc_info=True)
            stopped.wait(EVERY_S)
        if not busy:
            news.wait(stopped)
    news.close()


class News:
    """New alert campaigns, as the database's change stream tells them; without it, a second of waiting."""

    def __init__(self) -> None:
        self._stream: CollectionChangeStream[dict[str, Any]] | None = None

    def wait(self, stopped: Event) -> None:
        """Return at a new alert campaign, after a second at the latest."""
        try:
            if self._stream is None:
                stored = {"operationType": "insert", "fullDocument.lane": LANE}
                milliseconds = int(EVERY_S * 1000)
                self._stream = campaigns.campaigns().watch([{"$match": stored}], max_await_time_ms=milliseconds)
            else:
                self._stream.try_next()
        except PyMongoError as error:
            log.event("alerts.watch_without_news", level=logging.WARNING, kind=type(error).__name__)
            self.close()
            stopped.wait(EVERY_S)

    def close(self) -> None:
        """End the stream."""
        if self._stream is not None:
            self._stream.close()
        self._stream = None


def main(arguments: Sequence[str]) -> int:
    """Run the watch until SIGTERM or SIGINT."""
    argparse.ArgumentParser(prog="mvoting watch-alerts", description="send due alerts without the broker").parse_args(arguments)
    stopped = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    log.configure_logging()
    database.connect()
    database.prepare(parts.load(path) for path in parts.DOCUMENTS)
    database.claim_alert_mode()
    parts.load("mvoting.worker:create_worker")()  # so that hints know their broker
    memory.settle()
    log.event("alerts.watch_started")
    watch(stopped)
    registry.gateway().close()
    return 0
