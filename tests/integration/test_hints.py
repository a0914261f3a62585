"""Hints to a broker that is gone cost a request next to nothing."""

import time

from celery import Celery

from mvoting.core import hints
from mvoting.worker import create_worker


def test_a_hint_to_a_dead_broker_gives_up_at_once(environment, monkeypatch):
    options = create_worker().conf.broker_transport_options
    nowhere = Celery("nowhere", broker="redis://127.0.0.1:1/0", set_as_current=False)
    nowhere.conf.update(broker_transport_options=options)
    monkeypatch.setattr(hints, "current_app", nowhere)
    monkeypatch.setattr(hints, "_broker_down_until", 0.0)
    began = time.monotonic()
    hints.hint("any.task")
    assert hints._broker_down_until > began
    assert time.monotonic() - began < 3  # it was 6 s and more while kombu's own retries were on
