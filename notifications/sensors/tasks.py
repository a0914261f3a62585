"""Tasks of sensors."""

from celery import shared_task

from mvoting.core.clock import now
from notifications.sensors import services


@shared_task(name="sensors.evaluate")
def evaluate() -> None:
    """See what every rule raises or clears."""
    services.evaluate_all(now=now())
